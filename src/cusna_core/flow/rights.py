"""Who may be on, where, from when and until when, and because of what?"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cusna_core.api import Booking, BookingKind
from cusna_core.flow.access import Access, access
from cusna_core.flow.days import Days, day_bounds, local_day, midnight_after
from cusna_core.flow.holdings import bookings_of, plans_of, shut_out
from cusna_core.flow.plans import Span, spans
from cusna_core.flow.refusals import Refusals
from cusna_core.flow.world import (
    Account,
    Because,
    Claim,
    Facts,
    Kind,
    Override,
    Place,
    Policy,
    Refused,
    Right,
)

__all__ = [
    "Access", "Rights", "access", "day_bounds", "local_day", "midnight_after", "next_booking", "rights",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of one integration's accounts at `now`."""

    in_force: tuple[Right, ...]
    coming: tuple[Right, ...]
    """Automatic rights that start later."""
    claimable: tuple[Right, ...]
    """Booking rights of today that the account has not claimed; `starts` is the local day's start."""
    refused: Mapping[tuple[str, str], Refused]
    """(account, location) without a right in force, roaming not counted: the best reason to tell."""


def rights(
    facts: Facts,
    places: Sequence[Place],
    accounts: Collection[Account],
    claims: Collection[Claim],
    overrides: Collection[Override],
    policy: Policy,
    now: datetime,
) -> Rights:
    """Rules 1 to 3. `places` and `accounts` are those of one integration."""
    days, fed = Days(now), by_source(places)
    claimed: dict[tuple[str, str], list[date]] = defaultdict(list)
    for claim in claims:
        claimed[claim.account_id, claim.location_id].append(claim.day)
    granted: dict[str, list[Override]] = defaultdict(list)
    for override in overrides:
        granted[override.account_id].append(override)
    reckoned: dict[str, list[tuple[str, Span, Because]]] = {}  # a company's plan once, not for each member

    in_force: dict[str, Right] = {}
    coming: dict[str, Right] = {}
    claimable: dict[str, Right] = {}
    booked = facts.index.bookings
    for account in accounts:
        if account.suspended or shut_out(account, facts):
            continue
        for plan in plans_of(account, facts):
            found = reckoned.get(plan.id)
            if found is None:
                found = spans(plan, fed.get(plan.location_id, ()), policy, days)
                if plan.company_id is not None:
                    reckoned[plan.id] = found
            for location_id, (starts, ends), because in found:
                right_id = f"{account.id}:{location_id}:plan:{plan.id}"
                right = Right(right_id, account.id, location_id, starts, ends, because)
                (in_force if starts <= now else coming)[right_id] = right
        if account.id in granted:
            for right in _granted(granted[account.id], places):
                if right.ends is None or max(right.starts, now) < right.ends:
                    (in_force if right.starts <= now else coming)[right.id] = right
        if booked.keys().isdisjoint(account.person_ids):
            continue
        for place, bookings in _today(account, facts, fed, days):
            taken_days = claimed.get((account.id, place.id), ())
            taken = [one for one in bookings if _is_claimed(one, place, taken_days, days)]
            right = _day_right(account, place, taken or bookings, days)
            (in_force if taken else claimable)[right.id] = right

    made = tuple(in_force.values()), tuple(coming.values()), tuple(claimable.values())
    return Rights(*made, Refusals(facts, places, accounts, *made, policy, days))


def by_source(places: Iterable[Place]) -> Mapping[str | None, list[Place]]:
    """Places by the source's own id of them; None stands for all."""
    fed: dict[str | None, list[Place]] = {None: list(places)}
    for place in fed[None]:
        fed.setdefault(place.source_id, []).append(place)
    return fed


def _granted(overrides: Iterable[Override], places: Sequence[Place]) -> Iterator[Right]:
    for one in overrides:
        for location_id in [place.id for place in places if one.location_id in (None, place.id)]:
            right_id = f"{one.account_id}:{location_id}:override:{one.id}"
            because = Because(Kind.OVERRIDE, one.note, one.id)
            yield Right(right_id, one.account_id, location_id, one.starts, one.ends, because)


def _today(
    account: Account, facts: Facts, fed: Mapping[str | None, list[Place]], days: Days
) -> Iterator[tuple[Place, list[Booking]]]:
    """The day rule, not the hour rule: one over since noon, or due tonight, counts for all of today."""
    found: dict[str, tuple[Place, list[Booking]]] = {}
    for booking in bookings_of(account, facts):
        for place in fed.get(booking.location_id, ()):
            if _overlaps(booking, days.today(place.zone), place, days):
                found.setdefault(place.id, (place, []))[1].append(booking)
    return iter(found.values())


def _overlaps(booking: Booking, day: date, place: Place, days: Days) -> bool:
    """Strictly: one that ends at 00:00 does not touch the day that begins there."""
    starts, ends = days.bounds(day, place.zone)
    return booking.starts < ends and booking.ends > starts


def _is_claimed(booking: Booking, place: Place, claimed: Iterable[date], days: Days) -> bool:
    """A claim is good for all bookings of its day, and for each of them until that booking is over.

    So an overnight booking renews itself at midnight, and one that was moved to another day has to be
    claimed again.
    """
    today = days.today(place.zone)
    return any(day <= today and _overlaps(booking, day, place, days) for day in claimed)


def _day_right(account: Account, place: Place, bookings: Iterable[Booking], days: Days) -> Right:
    """One right for all bookings of today, named after a desk before a room, then the last to end."""
    day = days.today(place.zone)
    named = min(bookings, key=lambda one: (one.kind is not BookingKind.DESK, -one.ends.timestamp(), one.id))
    kind = Kind.DESK if named.kind is BookingKind.DESK else Kind.ROOM
    starts, ends = days.bounds(day, place.zone)
    right_id = f"{account.id}:{place.id}:day:{day.isoformat()}"
    return Right(right_id, account.id, place.id, starts, ends, Because(kind, named.resource, named.id))


def next_booking(facts: Facts, places: Sequence[Place], account: Account, now: datetime) -> Booking | None:
    """The account's earliest confirmed desk or room booking that has not ended its day, for the portal."""
    days, fed = Days(now), by_source(places)
    ahead = [
        booking
        for booking in bookings_of(account, facts)
        for place in fed.get(booking.location_id, ())
        if booking.ends > days.bounds(days.today(place.zone), place.zone)[0]
    ]
    return min(ahead, key=lambda booking: (booking.starts, booking.id), default=None)
