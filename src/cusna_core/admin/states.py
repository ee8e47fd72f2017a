"""How do integrations, networks and locations stand? The shapes in which pages are told."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

from cusna_core.api import SourceLocation
from cusna_core.engine.watch import Progress


@dataclass(frozen=True, slots=True)
class NetworkState:
    id: str
    ssid: str
    apply: bool
    looked: datetime | None
    """When it was last read; None: not yet."""
    keys: int
    """On the network, others' included, when it was last read."""
    most: int | None
    """The most it can hold; None where no limit is known."""
    vlans: int
    """Given to companies."""
    pool: int
    working: int
    steps: int
    """Changes that are planned or on their way."""
    waiting: int
    refused: int
    """Keys that the controller did not take."""
    trouble: bool
    """The controller does not answer just now."""
    progress: Progress | None
    """How far it is with its changes, while it makes them."""

    @property
    def nearly_full(self) -> bool:
        return self.most is not None and self.keys >= 0.8 * self.most


@dataclass(frozen=True, slots=True)
class ReadState:
    """How an integration was last read."""

    id: str
    title: str
    read: datetime | None
    """What is known is as old as that: the oldest of its sections; None: not yet read to the end."""
    failing: bool
    """Something could not be read the last time."""
    people: int
    held: int
    progress: Progress | None
    """How far a read is, while it goes on."""


class Standing(IntEnum):
    """How much a location needs somebody, most first."""

    TROUBLE = 0
    NOTICE = 1
    PLANNED = 2
    GOOD = 3


@dataclass(frozen=True, slots=True)
class LocationState:
    id: str
    name: str
    zone: ZoneInfo
    source: ReadState
    networks: tuple[NetworkState, ...]
    on: int
    """People who may be on the WiFi now."""
    next_end: datetime | None
    """The next promised end."""
    held: int

    @property
    def standing(self) -> Standing:
        nets = self.networks
        if self.held or self.source.failing or not nets or any(one.trouble or one.refused for one in nets):
            return Standing.TROUBLE
        if any(one.waiting and one.apply for one in nets) or any(one.nearly_full for one in nets):
            return Standing.NOTICE
        return Standing.GOOD if all(one.apply for one in nets) else Standing.PLANNED


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a source tells of, and the locations here that stand for it."""

    told: SourceLocation
    mapped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Able:
    """Whether companies can get VLANs of their own at a location, and if not: on which network, and why."""

    location: str
    name: str
    cannot: tuple[tuple[str, str], ...]
    """(SSID, why): why is "driver" or "pool"."""
