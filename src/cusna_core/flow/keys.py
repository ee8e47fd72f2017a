"""Which keys should each network have?"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cusna_core.api import Feature, Limits
from cusna_core.flow.groups import Group
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account, Because


@dataclass(frozen=True, slots=True)
class Net:
    """A network, as the rules need it."""

    id: str
    location_ids: frozenset[str]
    features: Feature
    limits: Limits
    on_first_visit: bool = False
    """provision = "on_first_visit": only accounts that have used the portal get a key."""
    broken: bool = False
    """VLAN management is on and this network cannot: no new keys (rule 5)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key that should work."""

    account_id: str
    network_id: str
    label: str
    fingerprint: str
    vlan: int | None
    ends: datetime | None
    because: Because
    location_id: str
    """The location of the network whose access is named."""


class Wait(StrEnum):
    FULL = "full"
    NO_VLAN = "no-vlan"
    CANNOT_VLAN = "cannot-vlan"
    TAKEN = "taken"
    """The passphrase is also a key that somebody else made: it is about to be replaced."""


@dataclass(frozen=True, slots=True)
class Waiting:
    account_id: str
    network_id: str
    why: Wait


@dataclass(frozen=True, slots=True)
class Should:
    wanted: tuple[Wanted, ...]
    waiting: tuple[Waiting, ...]


def should(
    net: Net,
    accesses: Collection[Access],
    accounts: Mapping[str, Account],
    groups: Mapping[str, Group | None],
    without_vlan: Set[str],
    present: Mapping[str, int | None],
    foreign: Set[str],
    foreign_count: int,
    label_prefix: str,
) -> Should:
    """Rules 5, 6 and 7 for one network, over all integrations.

    `groups` is each account's group on this network (None or absent: default network);
    `without_vlan` are accounts whose company got no number; `present` are the accounts whose keys are there now,
    each with its VLAN (they keep their place and, where `net.broken` or without a number, their VLAN only if it is right);
    `foreign` are fingerprints of keys that are not ours; `foreign_count` counts such keys against the limit.
    """
    raise NotImplementedError
