"""What was decided for an integration, and how does each account and location stand by it?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cusna_core.flow.brake import Braked
from cusna_core.flow.rights import Access, Rights, day_bounds, local_day
from cusna_core.flow.world import Account, Facts, Place, Refused, Right


@dataclass(frozen=True, slots=True)
class Mine:
    """What is known of one account: its own facts, and what they give."""

    account: Account
    facts: Facts
    rights: Rights
    in_force: tuple[Right, ...]
    """After the brake, as the ledger has it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One location in numbers."""

    on: int = 0
    """People with a right in force; who is suspended has none."""
    ends: datetime | None = None
    """The next promised end."""
    held: int = 0
    """Rights that the brake holds."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for an integration at an instant, and for some accounts since."""

    integration: str
    at: datetime
    facts: Facts
    accounts: Mapping[str, Account]
    rights: Rights
    braked: Braked
    by_account: Mapping[str, tuple[Right, ...]]
    """The rights in force, after the brake."""
    counted: Mapping[str, Figure] = field(default_factory=dict)
    """By location, for overviews: reckoned once, beside the event loop."""
    suspended: int = 0
    """Accounts that an admin has disabled."""
    plans: tuple[str, ...] = ()
    """The names of the plans that the source tells of."""
    accesses: tuple[Access, ...] = ()
    """Where everybody works, reckoned once beside the event loop: each of many networks asks for it."""
    placed: Mapping[str, Sequence[Access]] = field(default_factory=dict)
    """The same by location."""
    steady: datetime | None = None
    """`accesses` hold from the decision on until this instant; None: until the next decision."""
    since: Mapping[str, Mine] = field(default_factory=dict)
    """Accounts that were looked at by themselves after this decision."""

    def account(self, account_id: str) -> Account | None:
        own = self.since.get(account_id)
        return own.account if own else self.accounts.get(account_id)

    def facts_of(self, account_id: str) -> Facts:
        """Facts that hold everything about the account, and maybe more."""
        own = self.since.get(account_id)
        return own.facts if own else self.facts

    def rights_of(self, account_id: str) -> tuple[Right, ...]:
        """One account's rights in force."""
        own = self.since.get(account_id)
        return own.in_force if own else self.by_account.get(account_id, ())

    def claimable_of(self, account_id: str) -> tuple[Right, ...]:
        own = self.since.get(account_id)
        some = (own.rights if own else self.rights).claimable
        return tuple(one for one in some if one.account_id == account_id)

    def refused_of(self, account_id: str, location_id: str) -> Refused | None:
        own = self.since.get(account_id)
        return (own.rights if own else self.rights).refused.get((account_id, location_id))

    def in_force(self) -> Iterator[Right]:
        """Everybody's rights in force."""
        for right in self.braked.in_force:
            if right.account_id not in self.since:
                yield right
        for own in self.since.values():
            yield from own.in_force

    def coming(self) -> Iterator[Right]:
        """Everybody's automatic rights that start later."""
        for right in self.rights.coming:
            if right.account_id not in self.since:
                yield right
        for own in self.since.values():
            yield from own.rights.coming

    def figures(self) -> Mapping[str, Figure]:
        """How it stands at each location; who was looked at since counts as they are now."""
        if not self.since:
            return self.counted
        found = dict(self.counted)
        for account, own in self.since.items():
            add(found, self.by_account.get(account, ()), self.at, -1)
            if not own.account.suspended:
                add(found, own.in_force, self.at, 1)
        return found

    def next_event(self, places: Iterable[Place]) -> datetime | None:
        """When the next promised end, start or local midnight changes this decision."""
        ends = (one.ends for one in self.in_force() if one.ends is not None)
        starts = (one.starts for one in self.coming())
        midnights = (day_bounds(local_day(self.at, place.zone), place.zone)[1] for place in places)
        return min((one for one in (*ends, *starts, *midnights) if one > self.at), default=None)


def add(found: dict[str, Figure], some: Iterable[Right], now: datetime, people: int) -> None:
    """Count one account's rights, once for each location; -1 takes it out again (its end stays)."""
    for where in {one.location_id for one in some if _valid(one, now)}:
        before = found.get(where, Figure())
        ends = [one.ends for one in some if one.ends is not None and one.location_id == where]
        ends = [one for one in ends if one > now and people > 0]
        soonest = min((*ends, *([before.ends] if before.ends else ())), default=None)
        found[where] = replace(before, on=before.on + people, ends=soonest)


def _valid(right: Right, now: datetime) -> bool:
    return right.starts <= now and (right.ends is None or right.ends > now)
