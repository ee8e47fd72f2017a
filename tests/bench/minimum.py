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
    """What one vendor's API asks for, besides the two readings."""

    change: int
    change_why: str
    end: float
    """Calls for each key that ends; below one where several go together."""
    end_why: str
    kick: int = 0
    """Calls to drop one device; 0 where it is off or cannot be done."""
    kick_list: int = 0
    """Calls to learn who is on."""


VENDORS: Mapping[str, Vendor] = {
    "meraki": Vendor(
        1, "one PUT of the identity PSK", 2 / 100, "an action batch takes 100, and is asked once how it went"
    ),
    "unifi": Vendor(
        2,
        "a fresh read of the WiFi and one PUT: the list of keys is one field, and there is no locking",
        0,
        "all of them in one PUT",
        kick=1,
        kick_list=1,
    ),
    "memory": Vendor(1, "one PUT of the key", 1, "one DELETE each", kick=1, kick_list=1),
}


def of_change(vendor: str, reading: int) -> Minimum | None:
    """For a passphrase that a member changes; `reading` is what an unchanged network costs."""
    known = VENDORS.get(vendor)
    if known is None:
        return None
    why = f"{reading} to read, {known.change} to change, {reading} to read back: {known.change_why}"
    return Minimum(2 * reading + known.change, why)


def of_end(vendor: str, reading: int, ended: int, dropped: int) -> Minimum | None:
    """For so many keys that end at once, of which so many devices are dropped."""
    known = VENDORS.get(vendor)
    if known is None:
        return None
    writes = ceil(known.end * ended) or known.change
    kicks = (known.kick_list + known.kick * dropped) if dropped else 0
    why = f"{reading} to read, {writes} to end, {reading} to read back: {known.end_why}"
    if kicks:
        why += f"; {kicks} to see who is on and drop {dropped} devices one by one"
    return Minimum(2 * reading + writes + kicks, why)
