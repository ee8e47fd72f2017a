"""What may the file say of the program itself? What is wrong here refuses the start."""

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from cusna_core.api import LocalFile, Options, Secret, is_loopback
from cusna_core.api.options import LOCAL
from cusna_core.config.base_url import BaseUrl, base_url
from cusna_core.config.values import Email, Interval, Listen, ListenAddress, Proxy, Sender, Word


class General(Options):
    """The top of the file, before the first table."""

    # Judged before base_url, whose sentence for plain http names it.
    listen: ListenAddress = Field(
        default=Listen("127.0.0.1", 8080),
        title="Listen",
        description="Where this program takes requests, for the proxy in front of it.",
    )
    base_url: BaseUrl = Field(
        title="Address of the portal",
        description="Every link in a mail, a page or a poster begins with it. https, or plain http on this "
        "machine only (http://localhost:8080). Phones on mobile data must be able to open it.",
        examples=["https://wifi.example.com"],
    )
    data_dir: Annotated[Path, LOCAL] = Field(
        default=Path("data"),
        title="Data folder",
        description="Database, key file, backups and control socket. Relative to the folder of this file. "
        "Keep the key file's copy apart from the database's copies.",
    )
    admins: tuple[Email, ...] = Field(
        default=(),
        title="Admins",
        description="Who may sign in to the console, and gets a mail when something needs attention.",
        examples=[["it@example.com"]],
    )
    trusted_proxies: tuple[Proxy, ...] = Field(
        default=(ip_network("127.0.0.1"), ip_network("::1")),
        title="Trusted proxies",
        description="Whose X-Forwarded-For tells the client's address (and nothing else).",
    )
    sync_every: Interval = Field(
        default=timedelta(minutes=10),
        title="Read memberships every",
        description="How often plans and bookings are read. Sign-ins and promised ends do not wait for it.",
    )
    verify_every: Interval = Field(
        default=timedelta(minutes=15),
        title="Check controllers every",
        description="How often the keys on the controllers are read back and mended.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        title="Log level",
        description="How much is logged. No level ever logs a passphrase or a body.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        title="Log format",
        description="text for people; json is one object a line, for a log collector.",
    )

    @field_validator("base_url")
    @classmethod
    def _safe(cls, value: str, info: ValidationInfo) -> str:
        return base_url(value, info.data.get("listen", Listen("127.0.0.1", 8080)))


class Plugins(Options):
    """Which plugins are switched on. Nothing else is even imported."""

    enable: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")], ...] = Field(
        default=(),
        title="Enabled plugins",
        description="Names as `cusna plugins` lists them. A plugin must be installed as well; "
        "`script/install` brings those that come with Cusna.",
        examples=[["andcards", "unifi"]],
    )


class Metrics(Options):
    """Numbers for Prometheus. Without this table nothing is served."""

    token: Secret | None = Field(
        default=None,
        min_length=16,
        title="Token",
        description="With it, `/metrics` answers beside the portal to `Authorization: Bearer TOKEN`.",
    )
    listen: ListenAddress | None = Field(
        default=None,
        title="Listen",
        description="A listener of its own instead, which only the monitoring can reach. If there is a "
        "token, it is asked for there too.",
        examples=["127.0.0.1:9464"],
    )

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and self.listen is None:
            raise ValueError("needs a token, a listener of its own (listen), or both")
        return self


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Mail(Options):
    """The mail server through which sign-in links and notes to admins go."""

    host: Word = Field(
        title="Host", description="Name of the mail server (SMTP).", examples=["smtp.example.com"]
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        title="Port",
        description="Left out: 587 with starttls, 465 with tls, 25 without.",
    )
    security: Security = Field(
        default=Security.STARTTLS,
        title="Security",
        description="starttls, tls, or none (to this machine only).",
    )
    username: Secret | None = Field(default=None, title="User name", description="If the server wants one.")
    password: Secret | None = Field(default=None, title="Password", description="Of that user.")
    sender: Sender = Field(
        title="Sender",
        description="Who the mails come from.",
        examples=["WiFi <wifi@example.com>"],
    )
    ca: LocalFile | None = Field(
        default=None,
        title="CA file",
        description="Only for a server whose certificate no public authority signed: a PEM file with its "
        "authority, or with the certificate itself.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together: give both or neither")
        if self.security is Security.NONE and not is_loopback(self.host):
            raise ValueError('security = "none" would send sign-in links in clear: use starttls or tls')
        return self

    @property
    def effective_port(self) -> int:
        if self.port is not None:
            return self.port
        return {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self.security]
