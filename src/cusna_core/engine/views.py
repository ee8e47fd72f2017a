"""What does a member get to see? The pages' data, without a secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from cusna_core.flow.keys import Wait
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Refused, Right

State = Literal["working", "pending", "delayed", "waiting", "off"]


@dataclass(frozen=True, slots=True)
class Look:
    """What an admin chose for a location's pages and mails; "" is our own."""

    accent: str = ""
    """`#rrggbb`."""
    logo: str = ""
    """The name under which it is served."""
    sides: tuple[int, int] = (0, 0)
    """The logo's width and height."""
    help: str = ""
    privacy: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """A location as its portal shows it."""

    id: str
    name: str
    zone: ZoneInfo
    ssids: tuple[str, ...]
    contact: str = ""
    privacy_url: str = ""
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the mail: the address is the stored one, never the typed one."""

    account_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class NetworkView:
    ssid: str
    state: State
    wait: Wait | None
    settle: float
    vlan_own: bool = False


@dataclass(frozen=True, slots=True)
class BookingView:
    resource: str
    place: str
    starts: datetime


@dataclass(frozen=True, slots=True)
class MemberView:
    """Everything that the WiFi page tells, but for the passphrase."""

    account_id: str
    email: str
    name: str
    door: Door
    access: Access | None
    because_place: Door | None
    refused: Refused | None
    refused_place: Door | None
    claimable: Right | None
    next_booking: BookingView | None
    company: str | None
    vlan_own: bool
    networks: tuple[NetworkView, ...]
    changed: datetime
    replaced: bool
