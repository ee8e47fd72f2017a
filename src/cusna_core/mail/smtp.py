"""How is a mail handed to the configured server, and what does its answer mean?

The class of an error says what happens next. No text holds an address, a credential or a piece of the
server's answer (which likes to repeat both).
"""

import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib
from aiosmtplib import SMTPException

from cusna_core.api import ConfigError, Secret, is_loopback

Security = Literal["starttls", "tls", "none"]
FAREWELL: Final = 3.0
"""Seconds."""
PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}


class MailError(Exception):
    """The root."""


class Temporary(MailError):
    """Not now. Try again later."""


class Deferred(Temporary):
    """Not now this letter (a full mailbox, greylisting). The others may well go."""


class Undeliverable(MailError):
    """Never this letter to this address. The others go on."""


class Misconfigured(MailError):
    """No letter can go until an admin mends something."""


class Smtp:
    """One mail server. Each mail has a connection of its own, so that none waits for another."""

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        security: Security = "starttls",
        username: Secret | None = None,
        password: Secret | None = None,
        timeout: float = 20.0,
        ca: str | None = None,
    ) -> None:
        """`ca` is a PEM file for a server whose certificate no public authority signed."""
        if security == "none" and not is_loopback(host):
            raise ConfigError(
                'security = "none" would send sign-in links in clear. It is for a server on this machine.',
                path="mail.security",
            )
        self._host, self._port = host, port or PORTS[security]
        self._security = security
        self._username, self._password = username, password
        self._timeout = timeout
        try:
            self._context = ssl.create_default_context(cafile=ca)
        except OSError:
            raise ConfigError(f"{ca} cannot be read as a certificate (PEM).", path="mail.tls.ca") from None

    def __repr__(self) -> str:
        return f"Smtp({self._host}:{self._port}, {self._security})"

    async def send(self, mail: EmailMessage) -> None:
        """Done when the server has accepted it."""
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            tls_context=None if self._security == "none" else self._context,
            username=self._username.get_secret_value() if self._username else None,
            password=self._password.get_secret_value() if self._password else None,
        )
        connected = False
        try:
            await client.connect()
            connected = True
            await client.send_message(mail)
            # Once a letter is accepted, a farewell that fails must not send it again.
            with suppress(SMTPException, OSError):
                await client.quit(timeout=FAREWELL)
        except (SMTPException, OSError, ValueError) as error:
            raise self._meaning(error, connected) from None
        finally:
            client.close()

    def _meaning(self, error: Exception, connected: bool) -> MailError:
        server = f"The mail server {self._host}:{self._port}"
        code = _code(error)
        if _certificate(error):
            return Misconfigured(f"{server} shows a certificate that is not trusted, so nothing was sent.")
        match error:
            case aiosmtplib.SMTPAuthenticationError() if code >= 500:
                return Misconfigured(f"{server} refuses the user name and password ({code}).")
            case aiosmtplib.SMTPSenderRefused() if code >= 500:
                return Misconfigured(f"{server} does not let us send as the configured sender ({code}).")
            case aiosmtplib.SMTPRecipientsRefused() | aiosmtplib.SMTPDataError() if code >= 500:
                return Undeliverable(f"{server} does not take this letter ({code}).")
            case aiosmtplib.SMTPResponseException() if code >= 500:
                return Misconfigured(f"{server} refuses us ({code}).")
            case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPTimeoutError() | OSError() if not connected:
                return Temporary(f"{server} cannot be reached.")
            case aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError() | OSError():
                return Temporary(f"{server} does not answer any more.")
            case aiosmtplib.SMTPRecipientsRefused() | aiosmtplib.SMTPDataError():
                return Deferred(f"{server} does not take this letter yet ({code}).")
            case _ if code:
                return Temporary(f"{server} is not ready ({code}).")
            case SMTPException() if not connected:
                return Misconfigured(f"{server} does not offer the {self._wanted} that is configured.")
        return Undeliverable(f"{server} cannot handle this letter.")

    @property
    def _wanted(self) -> str:
        return "STARTTLS or login" if self._security == "starttls" else "login"


def _code(error: Exception) -> int:
    """The server's three digits, or 0."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return max((one.code for one in error.recipients), default=0)
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0


def _certificate(error: BaseException | None) -> bool:
    """Whether a certificate is at the bottom of it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
