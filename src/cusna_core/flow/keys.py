"""Which keys should each network have?"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import inf
from typing import Final

from cusna_core.api import Feature, Limits
from cusna_core.flow.access import Access
from cusna_core.flow.groups import Group
from cusna_core.flow.world import Account, Because

_ABSENT: Final = -1


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

    `groups` is each account's group on this network (None or absent: default network); `without_vlan` are
    accounts whose company got no number; `present` are the accounts whose keys are there now, each with its
    VLAN (they keep their place and, where `net.broken`, only the VLAN that is right); `foreign` are
    fingerprints of keys that are not ours; `foreign_count` counts such keys against the limit.
    `label_prefix` ends with its hyphen. What is wanted is in order of place.
    """
    wanted: list[Wanted] = []
    waiting: list[Waiting] = []
    room = inf if net.limits.keys is None else net.limits.keys - foreign_count
    for one in _in_order(net, accesses, accounts, present):
        account, group = accounts[one.account_id], groups.get(one.account_id)
        vlan = None if group is None else group.vlan
        exists = account.id in present
        if not exists and net.on_first_visit and account.visited is None:
            continue
        why = _obstacle(net, account, vlan, without_vlan, present, foreign)
        if why is None and not exists and room <= 0:
            why = Wait.FULL  # keys that exist came before: whatever the limit says, the network holds them
        if why is not None:
            waiting.append(Waiting(account.id, net.id, why))
            continue
        room -= 1
        label, because = f"{label_prefix}{account.id}", one.right.because
        found = Wanted(
            account.id, net.id, label, account.fingerprint, vlan, one.ends, because, one.location_id
        )
        wanted.append(found)
    return Should(tuple(wanted), tuple(waiting))


def _obstacle(
    net: Net,
    account: Account,
    vlan: int | None,
    without_vlan: Set[str],
    present: Mapping[str, int | None],
    foreign: Set[str],
) -> Wait | None:
    """Why this account cannot have its key here, whatever the room. A key of such an account is revoked."""
    if account.fingerprint in foreign:
        return Wait.TAKEN
    if account.id in without_vlan:
        # Even a key that is there: it lies in the default network or in the VLAN of a company that the person
        # left. To let it stay would mix their traffic with strangers', and nobody would see it.
        return Wait.NO_VLAN
    if net.broken and present.get(account.id, _ABSENT) != vlan:
        return Wait.CANNOT_VLAN
    return None


def _in_order(
    net: Net,
    accesses: Collection[Access],
    accounts: Mapping[str, Account],
    present: Mapping[str, int | None],
) -> list[Access]:
    """One access for each account, in order of place (rule 7).

    Where several of its locations share the network, a right at one of them is named before a roaming one,
    and the latest of their ends is the end of the key.
    """
    best: dict[str, Access] = {}
    for one in accesses:
        if one.location_id not in net.location_ids:
            continue
        other = best.get(one.account_id)
        if other is not None:
            first, second = sorted(
                (one, other), key=lambda each: (each.roaming, _reversed(each), each.location_id)
            )
            one = replace(first, ends=max(first.ends, second.ends) if first.ends and second.ends else None)
        best[one.account_id] = one

    def place(one: Access) -> tuple[bool, bool, bool, datetime, str]:
        visited = accounts[one.account_id].visited is not None
        return one.account_id not in present, one.roaming, not visited, one.right.starts, one.account_id

    return sorted(best.values(), key=place)


def _reversed(one: Access) -> float:
    """Later ends first, an open one before all."""
    return -inf if one.ends is None else -one.ends.timestamp()
