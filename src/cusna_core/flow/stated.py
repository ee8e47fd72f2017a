"""Of which rights does a present fact state the end, for that very person?"""

from collections.abc import Collection, Mapping, Sequence, Set
from zoneinfo import ZoneInfo

from cusna_core.api import BookingState, Subscription, SubscriptionState
from cusna_core.flow.access import latest
from cusna_core.flow.days import EPOCH, Days
from cusna_core.flow.holdings import at, shut_out
from cusna_core.flow.plans import end
from cusna_core.flow.world import Account, Facts, Kind, Place, Right

WESTMOST = ZoneInfo("Etc/GMT+12")
"""Where a day ends last: an end that was moved by its reckoning was moved in every zone."""


def stated_ends(
    ledger: Collection[Right],
    facts: Facts,
    accounts: Mapping[str, Account],
    gone: Set[str],
    places: Sequence[Place] = (),
) -> frozenset[str]:
    """Ids of rights. Absence states nothing.

    `gone` are ids of facts of which the source said that they are no more, and of overrides that an admin has
    ended. `places` tell the zones in which date-only ends are judged.
    """
    known = {place.id: place for place in places}
    return frozenset(
        right.id
        for right in ledger
        if right.account_id in accounts
        and _stated(right, accounts[right.account_id], facts, gone, known.get(right.location_id))
    )


def _stated(right: Right, account: Account, facts: Facts, gone: Set[str], place: Place | None) -> bool:
    if account.suspended or shut_out(account, facts):
        return True
    if right.because.kind is Kind.OVERRIDE:
        # Only an admin ends one; but one of a location that was taken out of the file is gone as well.
        return right.because.fact_id in gone
    if right.because.kind is Kind.PLAN:
        return _plan(right, account, facts, gone, place.zone if place else WESTMOST)
    return _booking(right, account, facts, gone, place)


def _plan(right: Right, account: Account, facts: Facts, gone: Set[str], zone: ZoneInfo) -> bool:
    plan, company_id = facts.subscriptions.get(right.because.fact_id), right.because.company_id
    if plan is not None:
        known = facts.index.affiliations
        there = at([one for person in account.person_ids for one in known.get(person, [])], plan.location_id)
        # Removed from the members; or, of a company's plan, with another company now or with none. Only where
        # the source tells of the person there at all.
        if there and not any(one.member and company_id in (None, one.company_id) for one in there):
            return True
    if company_id is not None:
        return (
            False  # what happens to a company's plan happens to all of its people: nobody said it of this one
        )
    if plan is None or right.because.fact_id in gone:
        return right.because.fact_id in gone
    return plan.state is SubscriptionState.CANCELLED or _shortened(plan, right, zone)


def _shortened(plan: Subscription, right: Right, zone: ZoneInfo) -> bool:
    ends = end(plan, zone, Days(EPOCH))
    return (ends is not None and ends < latest(right)) or any(
        one.starts < latest(right) for one in plan.pauses
    )


def _booking(right: Right, account: Account, facts: Facts, gone: Set[str], place: Place | None) -> bool:
    """Cancelled, given to somebody else, or moved to another day or place."""
    booking = facts.bookings.get(right.because.fact_id)
    if booking is None or booking.id in gone:
        return right.because.fact_id in gone
    same_day = booking.starts < latest(right) and booking.ends > right.starts
    same_place = place is None or place.source_id == booking.location_id
    same_person = booking.person_id in account.person_ids
    return booking.state is BookingState.CANCELLED or not (same_day and same_place and same_person)
