"""Whom does a client believe to be the vendor, and why was there no answer?"""

import asyncio
import ssl

import aiohttp
from yarl import URL

from cusna_core.api.answer import Answer
from cusna_core.api.errors import BadAnswer, ConfigError, PluginError, Unreachable
from cusna_core.api.options import Tls

EXPIRED = 10
OTHER_NAME = frozenset({62, 64})
"""OpenSSL's codes for a certificate that is good, but for another host name or IP address."""


async def trust(tls: Tls) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
    """What aiohttp's connector takes as `ssl`."""
    if tls.fingerprint:
        try:
            return aiohttp.Fingerprint(bytes.fromhex(tls.fingerprint.replace(":", "")))
        except ValueError:
            raise ConfigError(
                "The fingerprint is not a SHA-256 in hex (64 digits, colons allowed).",
                path="tls.fingerprint",
            ) from None
    if tls.ca:
        try:
            return await asyncio.to_thread(_authority, tls.ca)
        except (OSError, ValueError):
            raise ConfigError("The CA file cannot be read as PEM certificates.", path="tls.ca") from None
    return True


def _authority(path: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=path)
    # The file may hold the server's own certificate instead of who signed it, and the certificates that
    # consoles make for themselves lack what Python 3.13 began to insist on.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def next_hop(answer: Answer, url: URL) -> URL:
    """Where a redirect leads, for the plugin's own rule to look at; BadAnswer where no rule can allow it."""
    what = f"{answer.method} {answer.path} redirects to"
    location = answer.headers.get("Location")
    try:
        target = url.join(URL(location)) if location else URL()
    except ValueError:
        target = URL()
    if target.scheme not in ("http", "https") or not target.host or target.user or target.password:
        raise BadAnswer(f"{what} nowhere.")
    if url.scheme == "https" and target.scheme != "https":
        raise BadAnswer(f"{what} {target.host} without TLS, which is never followed.")
    return target


def no_answer(error: Exception, host: str | None, what: str) -> PluginError:
    """What aiohttp's error means. Its own text may hold the URL with a ticket in it, or a credential."""
    match error:
        case aiohttp.ServerFingerprintMismatch():
            return ConfigError(
                f"{host} shows another certificate than the one that is pinned.", path="tls.fingerprint"
            )
        case aiohttp.ClientConnectorCertificateError():
            return ConfigError(f"{host} shows a certificate {_fault(error.certificate_error)}", path="tls")
        case aiohttp.ClientError() | TimeoutError() | OSError():
            return Unreachable(f"No answer from {host} to {what} ({type(error).__name__}).")
        case _:
            return ConfigError(
                f"{host} was not asked {what}: a credential or another option has characters that "
                "HTTP cannot carry, such as a line break."
            )


def _fault(error: Exception) -> str:
    code = getattr(error, "verify_code", None)
    if code == EXPIRED:
        return (
            "that has run out, or this machine's clock is wrong. Renew it there, or pin it with "
            "tls.fingerprint."
        )
    if code in OTHER_NAME:
        return (
            "that is made out to another name. Use the name that stands in it as the address, or pin it "
            "with tls.fingerprint."
        )
    return "that nobody known here signed. Pin it with tls.fingerprint, or name its authority with tls.ca."
