"""How does a plugin declare its options, and what may they be?

A plugin's options are a pydantic model derived from `Options`. Fields of type `Secret` may be given
as `env:NAME` or `file:/path`; the core resolves the reference before the model sees it.
The console draws its forms from these models: `title` is the label, `description` the help line.
"""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from yarl import URL

Secret = SecretStr


class Options(BaseModel):
    """The base of every options model: unknown names are refused, inputs never show in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(value: str) -> str:
    value = value.strip()
    try:
        url = URL(value)
    except ValueError:
        raise ValueError("must be a URL such as https://192.168.1.1") from None
    # The parser forgives spaces and line breaks, and drops them: what is checked must be what is called.
    if url.scheme not in ("http", "https") or not url.host or " " in value or not value.isprintable():
        raise ValueError("must be a URL such as https://192.168.1.1")
    if any(sign in value for sign in "@?#"):
        raise ValueError("must be a plain address without user, query or fragment")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("must be https: plain http would send the credentials in clear")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""An https address (plain http is accepted to this machine only), without a trailing slash."""

LOCAL = "local path"
LocalFile = Annotated[str, LOCAL]
"""A path on this machine; a relative one is meant from the configuration file, and arrives absolute."""


class Tls(Options):
    """How to trust a server whose certificate no public authority signed."""

    ca: LocalFile | None = Field(
        default=None,
        title="CA file",
        description="Path of a PEM file with the authority (or the certificate itself).",
    )
    fingerprint: str | None = Field(
        default=None,
        title="Fingerprint",
        description="SHA-256 of the server's certificate, hex, colons allowed.",
    )
