"""How few calls could a vendor be asked, and why not fewer?

Two readings stand in every sum: nothing is planned on what was read long ago, and only what was read back
counts as working. The rest is what the vendor's API asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Minimum:
    calls: int
    why: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """What one vendor's API asks for, besides reading."""

    change: int
    change_why: str
    end: int
    """Calls to end as many keys as go together."""
    end_why: str
    together: int = 1
    kick: int = 0
    """Calls to drop as many devices as go together; 0 where it is off or cannot be done."""
    kicked_together: int = 1
    back: int | None = None
    """Calls to read back, where less than a whole reading tells enough."""


ALL = 10**6
VENDORS: Mapping[str, Vendor] = {
    "meraki": Vendor(
        1,
        "one PUT of the identity PSK; the policies read a moment ago still hold",
        2,
        "an action batch takes 100, and is asked once how it went",
        together=100,
        back=1,
    ),
    "unifi": Vendor(
        2,
        "a fresh read of the WiFi and one PUT: the list of keys is one field, and there is no locking; the "
        "networks read a moment ago still hold",
        2,
        "a fresh read, and all of them in one PUT",
        together=ALL,
        kick=1,
        back=1,
    ),
    "ruckus_one": Vendor(
        2,
        "one PATCH, and one look whether it is done: every change is only accepted at first",
        2,
        "up to 200 in one PATCH, and one look whether it is done",
        together=200,
        kick=1,
    ),
    "smartzone": Vendor(
        2,
        "one call to delete and one to make: nothing but the name of a DPSK can be changed",
        1,
        "up to 100 in one call",
        together=100,
        kick=1,
        kicked_together=100,
    ),
    "memory": Vendor(1, "one PUT of the key", 1, "one DELETE each", kick=1),
}


def of_change(vendor: str, reading: int) -> Minimum | None:
    """For a passphrase that a member changes; `reading` is what an unchanged network costs."""
    known = VENDORS.get(vendor)
    if known is None:
        return None
    back = reading if known.back is None else known.back
    why = f"{reading} to read, {known.change} to change, {back} to read back: {known.change_why}"
    return Minimum(reading + known.change + back, why)


def of_end(vendor: str, reading: int, ended: int, dropped: int) -> Minimum | None:
    """For so many keys that end at once, of which so many devices are dropped."""
    known = VENDORS.get(vendor)
    if known is None:
        return None
    back = reading if known.back is None else known.back
    writes = known.end * ceil(ended / known.together)
    # One call to see who is on, and then they are dropped.
    kicks = 1 + known.kick * ceil(dropped / known.kicked_together) if dropped and known.kick else 0
    why = f"{reading} to read, {writes} to end, {back} to read back: {known.end_why}"
    if kicks:
        why += f"; {kicks} to see who is on and to drop {dropped} devices"
    return Minimum(reading + writes + back + kicks, why)
