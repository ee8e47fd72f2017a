"""What may the file say of what is made by name? What is wrong here switches itself off, and nothing else.

With `program` beside it this is the whole file, but for the options that plugins add: the file is judged by
these models, the reference in docs/ and the console's forms are drawn from them. So every field has a title
and a description.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from cusna_core.api import EVENTS, Options
from cusna_core.config.values import Slug, Timezone, VlanPool, WebPage, Word, did_you_mean

Type = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


def _event(value: str) -> str:
    if value not in EVENTS or value == "test":
        near = did_you_mean(value, EVENTS)
        hint = f"Did you mean {near}?" if near else "The events are in the reference."
        raise ValueError(f"there is no event of this name. {hint}")
    return value


EventType = Annotated[str, AfterValidator(_event)]


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
