"""What is a key on a network, and what can be done to one?"""

from dataclasses import dataclass
from datetime import datetime
from enum import Flag, auto
from typing import NewType

from cusna_core.api.errors import PluginError
from cusna_core.api.options import Secret

Ref = NewType("Ref", str)
"""How a driver finds a key again: the vendor's id, or a keyed fingerprint where keys have none."""


BATCH = 25
"""Changes that a driver gets at once, if it does not say otherwise."""


class Feature(Flag):
    """What a network can do. A claim must hold, and what is not claimed is never asked for."""

    NONE = 0
    VLAN = auto()
    """A key may carry a VLAN."""
    LABEL = auto()
    """A key carries a label of ours and shows it when read."""
    READ_PASSPHRASE = auto()
    """A key's passphrase can be read back."""
    CHOOSE_PASSPHRASE = auto()
    """We say which passphrase a key has (else the vendor makes one up)."""
    UPDATE = auto()
    """A key's passphrase, VLAN and end can be changed without creating another one."""
    EXPIRY = auto()
    """The vendor itself ends a key at an instant."""
    CLIENTS = auto()
    """Connected clients can be listed."""
    DISCONNECT = auto()
    """Clients of a key can be disconnected."""
    DISCONNECT_IS_GROUPWIDE = auto()
    """Disconnecting one key's clients also drops (for a moment) others of the same VLAN."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how fast. None means that no limit is known."""

    keys: int | None = None
    """Keys on the network, foreign ones included."""
    segments: int | None = None
    passphrase_min: int = 8
    passphrase_max: int = 63
    label_max: int = 64
    vlan_min: int = 2
    vlan_max: int = 4094
    write_interval: float = 0.0
    """Seconds between two disturbing writes: the first goes at once, later ones gather."""
    settle: float = 0.0
    """Seconds until a change is good at every access point."""
    batch: int = BATCH
    """How many changes the driver likes to get at once (all there are, where writes disturb). Between two
    batches the portal gets its turn; a driver that asks for more than the default gets single changes of
    members also beside a batch that is on its way, and must bear that."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it should be. `vlan` None means the network's default; `ends` None means open."""

    label: str
    passphrase: Secret
    vlan: int | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key as it is now, ours or not. What the vendor does not show is None.

    `vlan` None means the network's default (or a VLAN that cannot be told).
    """

    ref: Ref
    label: str | None = None
    passphrase: Secret | None = None
    vlan: int | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A company's VLAN as it should be; `name` is a label of ours, free of personal data."""

    vlan: int
    name: str


@dataclass(frozen=True, slots=True)
class SegmentState:
    """A VLAN as it is; `name` is the vendor's name for it.

    `free`: it was made by hand for Cusna to give to a company, and is nobody else's.
    """

    vlan: int
    name: str
    free: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    key: Key


@dataclass(frozen=True, slots=True)
class Update:
    ref: Ref
    key: Key


@dataclass(frozen=True, slots=True)
class Revoke:
    ref: Ref
    label: str


@dataclass(frozen=True, slots=True)
class EnsureSegment:
    segment: Segment


Change = EnsureSegment | Revoke | Update | Create


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change: `error` None means done; `ref` is the key's reference then."""

    change: Change
    ref: Ref | None = None
    error: PluginError | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A connected device. `ref` only where the vendor tells which key it used."""

    mac: str
    vlan: int | None = None
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full or how busy something at the vendor is: a number, and its cap where one is known.

    `name` is a word such as `calls_per_second`; `about` says what it is of, where there are several. No
    names of people, and no secrets: gauges are told to the monitoring.
    """

    name: str
    value: float
    most: float | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """An SSID that could be configured; `options` are those of the network that choose it."""

    title: str
    ssid: str
    options: dict[str, object]
    note: str = ""
    """Why it is (or is not yet) fit, in a few words."""
