"""Why has an account no right at a location?"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from cusna_core.api import Subscription, SubscriptionState
from cusna_core.flow.access import latest
from cusna_core.flow.days import EPOCH, Days
from cusna_core.flow.holdings import at, bookings_of, held_by, shut_out
from cusna_core.flow.plans import end, with_wifi
from cusna_core.flow.world import Account, Facts, Kind, Place, Policy, Refusal, Refused, Right


class Refusals(Mapping[tuple[str, str], Refused]):
    """By (account, location). Reasons are found when asked for: a portal asks for one, of many thousands."""

    def __init__(
        self,
        facts: Facts,
        places: Sequence[Place],
        accounts: Collection[Account],
        in_force: Sequence[Right],
        coming: Sequence[Right],
        claimable: Sequence[Right],
        policy: Policy,
        days: Days,
    ) -> None:
        self._facts, self._policy, self._days = facts, policy, days
        self._places, self._accounts, self._in_force = places, accounts, in_force
        self._coming, self._claimable = coming, claimable

    def __getitem__(self, key: tuple[str, str]) -> Refused:
        account_id, location_id = key
        account, place = self._by_account[account_id], self._by_place[location_id]
        elsewhere = self._allowed.get(account_id, {})
        if location_id in elsewhere:
            raise KeyError(key)
        if shut_out(account, self._facts):
            return Refused(Refusal.BLOCKED)
        if account.suspended:
            return Refused(Refusal.SUSPENDED)
        if key in self._to_claim:
            return Refused(Refusal.UNCLAIMED, self._to_claim[key].because.name)
        ahead = self._ahead(account, place)
        if ahead:
            return min(ahead, key=lambda one: (one.when or EPOCH, one.code))
        return self._standing(account, place, elsewhere)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for account in self._accounts:
            elsewhere = self._allowed.get(account.id, {})
            for place in self._places:
                if place.id not in elsewhere:
                    yield account.id, place.id

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _ahead(self, account: Account, place: Place) -> list[Refused]:
        """What the account is waiting for; the soonest is told."""
        midnight = self._days.bounds(self._days.today(place.zone), place.zone)[1]
        found = [
            Refused(Refusal.GRANTED_LATER, when=right.starts)
            if right.because.kind is Kind.OVERRIDE
            else Refused(Refusal.NOT_STARTED, right.because.name, right.starts)
            for right in self._later.get((account.id, place.id), [])
        ]
        found += [
            Refused(Refusal.BOOKING_LATER, booking.resource, booking.starts)
            for booking in bookings_of(account, self._facts)
            if booking.location_id == place.source_id and booking.starts >= midnight
        ]
        return found

    def _standing(self, account: Account, place: Place, elsewhere: Mapping[str, Right]) -> Refused:
        """What somebody could do something about comes first, then where it works, then what is over."""
        known = self._facts.index.affiliations
        there = [one for person in account.person_ids for one in at(known.get(person, []), place.source_id)]
        if there and not any(one.approved for one in there):
            return Refused(Refusal.UNAPPROVED)
        here = (None, place.source_id)
        plans = sorted(
            (one for one in held_by(account, self._facts) if one.location_id in here), key=lambda one: one.id
        )
        for plan in plans:
            if plan.state is SubscriptionState.INCOMPLETE:
                return Refused(Refusal.INCOMPLETE, _name(plan))
        if elsewhere and not self._policy.roaming:
            best = max(elsewhere.values(), key=lambda right: (latest(right), right.location_id))
            return Refused(Refusal.ELSEWHERE, location_id=best.location_id)
        over: list[Refused] = []
        for plan in plans:
            ends = end(plan, place.zone, self._days)
            past = ends is not None and ends <= self._days.now
            if plan.state is SubscriptionState.ACTIVE and not past and with_wifi(plan, self._policy) is None:
                return Refused(Refusal.PLAN_WITHOUT_WIFI, _name(plan))
            # Cancelled at once, paused for good, or the holder was removed: over, and nobody says since when.
            over.append(Refused(Refusal.ENDED, _name(plan), ends if past else None))
        return max(over, key=lambda one: one.when or EPOCH, default=Refused(Refusal.NOTHING))

    @cached_property
    def _by_account(self) -> Mapping[str, Account]:
        return {account.id: account for account in self._accounts}

    @cached_property
    def _by_place(self) -> Mapping[str, Place]:
        return {place.id: place for place in self._places}

    @cached_property
    def _allowed(self) -> Mapping[str, Mapping[str, Right]]:
        found: dict[str, dict[str, Right]] = defaultdict(dict)
        for right in sorted(self._in_force, key=latest):
            found[right.account_id][right.location_id] = right
        return found

    @cached_property
    def _later(self) -> Mapping[tuple[str, str], list[Right]]:
        found: dict[tuple[str, str], list[Right]] = defaultdict(list)
        for right in self._coming:
            found[right.account_id, right.location_id].append(right)
        return found

    @cached_property
    def _to_claim(self) -> Mapping[tuple[str, str], Right]:
        return {(right.account_id, right.location_id): right for right in self._claimable}


def _name(plan: Subscription) -> str:
    return plan.plans[0].name if plan.plans else ""
