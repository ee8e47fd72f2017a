"""How is an event sent to somebody's own web server, so that it can be believed there?

By Standard Webhooks 1.0: the headers `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`,
which is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The address may hold a secret itself:
nothing of it but its host is ever told.
"""

import base64
import binascii
import hmac
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final

import aiohttp
from pydantic import AfterValidator, Field
from yarl import URL

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    Event,
    Options,
    PluginError,
    RateLimited,
    Secret,
    Sink,
    Tls,
    Unreachable,
    is_loopback,
)
from cusna_core.api.trust import no_answer, trust

SECONDS: Final = 15.0
PREFIX: Final = "whsec_"


def _address(value: Secret) -> Secret:
    said = value.get_secret_value().strip()
    try:
        url = URL(said)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or " " in said or not said.isprintable():
        raise ValueError("must be a URL such as https://example.com/hooks/wifi")
    if url.user is not None or url.password is not None or url.fragment:
        raise ValueError("must be an address without user and fragment: the signature proves who sends")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError(
            "must be https: plain http, which anybody on the way can read, is for this machine only"
        )
    return Secret(said)


def key(secret: str) -> bytes:
    """What is signed with. Raises ValueError for what is no secret of this kind."""
    try:
        found = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.strip().startswith(PREFIX) or not 24 <= len(found) <= 64:
        raise ValueError(
            "must be whsec_ and the base64 of 24 to 64 random bytes; this makes one: "
            "echo whsec_$(openssl rand -base64 32)"
        )
    return found


def _secret(value: Secret) -> Secret:
    key(value.get_secret_value())
    return value


class WebhookOptions(Options):
    """The options of `[sinks.NAME]` with `type = "webhook"`."""

    url: Annotated[Secret, AfterValidator(_address)] = Field(
        title="Address",
        description="Where events are sent by POST. https, or plain http to this machine. Redirects are not "
        "followed.",
    )
    secret: Annotated[Secret, AfterValidator(_secret)] = Field(
        title="Secret",
        description="whsec_ and the base64 of at least 24 random bytes. The receiver checks signatures "
        "with it.",
    )
    former_secret: Annotated[Secret, AfterValidator(_secret)] | None = Field(
        default=None,
        title="Former secret",
        description="While you change the secret: each event is signed with both.",
    )
    tls: Tls = Field(default=Tls(), title="TLS")


class Webhook(Sink[WebhookOptions]):
    """A web server of yours."""

    type = "webhook"
    title = "Webhook"
    options_class = WebhookOptions

    def __init__(self, options: WebhookOptions, context: Context) -> None:
        super().__init__(options, context)
        address = options.url.get_secret_value()
        # To the letter where it can be: a signature may stand in it.
        self._url = URL(address, encoded=address.isascii())
        secrets = (options.secret, options.former_secret)
        self._keys = [key(one.get_secret_value()) for one in secrets if one is not None]
        self._session: aiohttp.ClientSession | None = None

    @property
    def target(self) -> str:
        return self._url.authority

    async def open(self) -> None:
        trusted = await trust(self.options.tls)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusted, limit=8),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Cusna", "Content-Type": "application/json"},
                trust_env=False,
            )

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def deliver(self, event: Event) -> None:
        if self._session is None:
            raise Unreachable(f"{self.context.name} is not open.")
        body = json.dumps(event.plain(), ensure_ascii=False, separators=(",", ":")).encode()
        headers = self.signed(event.id, self.context.clock.now(), body)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                # What it says is nobody's business; reading a little lets the connection be used again.
                await answer.content.read(1024)
                problem = self._failure(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            problem = no_answer(error, self._url.host, "an event")
        # Raised outside, so that an error with the address in it does not hang on as its cause.
        if problem is not None:
            raise problem

    def signed(self, id_: str, now: datetime, body: bytes) -> dict[str, str]:
        """The three headers."""
        stamp = str(int(now.timestamp()))
        said = b".".join((id_.encode(), stamp.encode(), body))
        signatures = [base64.b64encode(hmac.digest(one, said, "sha256")).decode() for one in self._keys]
        return {
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
        }

    def _failure(self, answer: aiohttp.ClientResponse) -> PluginError | None:
        host, status = self._url.host, answer.status
        if 200 <= status < 300:
            return None
        if 300 <= status < 400:
            return ConfigError(f"{host} redirects ({status}), which is not followed: give the new address.")
        if status in (401, 403):
            return AuthFailed(f"{host} refuses our events ({status}). Does it check with the same secret?")
        if status == 410:
            return AuthFailed(f"{host} wants no more events there ({status}).")
        if status in (429, 503):
            after = _seconds(answer.headers.get("Retry-After"), self.context.clock.now())
            return RateLimited(f"{host} asks to wait ({status}).", after=after)
        return BadAnswer(f"{host} did not take an event: it answered {status}.")


def _seconds(text: str | None, now: datetime) -> float | None:
    """Of a Retry-After, which is a number or a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None
