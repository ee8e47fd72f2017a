"""What may stand in the configuration file?

These models are the whole of it, but for the options that plugins add: the file is judged by them, the
reference in docs/ and the console's forms are drawn from them. So every field has a title and a description.
"""

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from cusna_core.api import EVENTS, LocalFile, Options, Secret, is_loopback
from cusna_core.api.options import LOCAL
from cusna_core.config.base_url import BaseUrl, base_url
from cusna_core.config.values import (
    Email,
    Interval,
    Listen,
    ListenAddress,
    Proxy,
    Sender,
    Slug,
    Timezone,
    VlanPool,
    WebPage,
    did_you_mean,
)

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Type = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


def _event(value: str) -> str:
    if value not in EVENTS or value == "test":
        near = did_you_mean(value, EVENTS)
        hint = f"Did you mean {near}?" if near else "The events are in the reference."
        raise ValueError(f"there is no event of this name. {hint}")
    return value


EventType = Annotated[str, AfterValidator(_event)]


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
        description="Names as `cusna plugins` lists them. A plugin must be installed as well: "
        "`pip install cusna-NAME`.",
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


class Provision(StrEnum):
    ALL = "all"
    ON_FIRST_VISIT = "on_first_visit"


class Integration(Options):
    """A membership source, such as an Andcards account, and what its members get."""

    type: Type = Field(title="Type", description="Which kind of source it is. A plugin brings it.")
    enabled: bool = Field(
        default=True,
        title="Enabled",
        description="Off: it is not read. Who has access keeps it until that ends; nobody new gets any.",
    )
    manage_vlans: bool = Field(
        default=False,
        title="Manage VLANs",
        description="Give every company a VLAN of its own, at each location whose controller can.",
    )
    roaming: bool = Field(
        default=False,
        title="Roaming",
        description="Who has access at one location has it at all locations of this integration.",
    )
    plans_without_wifi: tuple[Word, ...] = Field(
        default=(),
        title="Plans without WiFi",
        description="Names or ids of plans that give no access, such as a virtual office.",
        examples=[["Virtual Office"]],
    )
    ending_notice: int = Field(
        default=3,
        ge=0,
        le=28,
        title="Tell before access ends",
        description="Days before the end of a plan or an override at which its member gets a mail, in the "
        "daytime and once for each end. 0: nobody is told.",
    )
    passphrase_notice: bool = Field(
        default=True,
        title="Tell of a changed passphrase",
        description="A mail to the member after a change in the portal, so that nobody else does it "
        "unnoticed. What the team or Cusna changes is told in any case.",
    )


class Controller(Options):
    """A WiFi vendor's system: one login."""

    type: Type = Field(title="Type", description="Which vendor's system it is. A plugin brings it.")
    enabled: bool = Field(
        default=True,
        title="Enabled",
        description="Off: its networks get no new keys. Keys that are there keep their promised ends.",
    )


class Network(Options):
    """One WiFi name (SSID) on one controller."""

    controller: Slug = Field(title="Controller", description="Name of the controller that it is on.")
    enabled: bool = Field(
        default=True,
        title="Enabled",
        description="Off: it gets no new keys. Keys that are there keep their promised ends.",
    )
    vlan_pool: VlanPool = Field(
        default=(),
        title="VLAN pool",
        description="The numbers that companies may get, when the integration manages VLANs.",
        examples=["100-199,300"],
    )
    apply: bool = Field(
        default=True,
        title="Apply changes",
        description="Off: Cusna only plans, and `cusna plan` shows what it would do.",
    )
    provision: Provision = Field(
        default=Provision.ALL,
        title="Who gets a key",
        description="all: everybody with access, at once. on_first_visit: who has used the portal; for "
        "networks that hold few keys.",
    )


class Location(Options):
    """A place with a portal of its own, at `{base_url}/portal/NAME`."""

    integration: Slug = Field(
        title="Integration", description="Name of the integration that tells its members."
    )
    source_location: Word = Field(
        title="Location there",
        description="Its title in the source if no other has the same, or its id. `cusna check` lists them.",
    )
    networks: tuple[Slug, ...] = Field(
        min_length=1,
        title="Networks",
        description="Names of the networks that people get there. Locations may share one.",
        examples=[["members"]],
    )
    enabled: bool = Field(
        default=True,
        title="Enabled",
        description="Off: nobody new gets access there. Who has it keeps it until its promised end.",
    )
    name: Word | None = Field(default=None, title="Name", description="Left out: as the source calls it.")
    timezone: Timezone | None = Field(
        default=None,
        title="Time zone",
        description="Left out: as the source says. Days end at midnight there.",
    )
    contact: str = Field(
        default="",
        max_length=500,
        title="Help on site",
        description="Shown where somebody is stuck: who can help, and how to reach them.",
    )
    privacy_url: WebPage | None = Field(
        default=None, title="Privacy page", description="Linked from every page of the portal."
    )

    @field_validator("networks")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))


class Sink(Options):
    """Somewhere that is told what happens here, such as a webhook of yours."""

    type: Type = Field(title="Type", description="Which kind of sink it is. A plugin brings it.")
    events: tuple[EventType, ...] = Field(
        default=(),
        title="Events",
        description="Which types it is told of. Left out: all of them, new ones included.",
        examples=[["access.started", "access.ended"]],
    )
    personal_data: bool = Field(
        default=False,
        title="Personal data",
        description="Tell the e-mail address of the person an event is about, besides the account's id.",
    )


KINDS: dict[str, type[Options]] = {
    "integration": Integration,
    "controller": Controller,
    "network": Network,
    "location": Location,
}
"""What is made by name: one table each, `[integrations.NAME]` and so on."""
