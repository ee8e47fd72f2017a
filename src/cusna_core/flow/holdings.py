"""Which plans and bookings of the facts are an account's?"""

from collections.abc import Iterator

from cusna_core.api import Affiliation, Booking, Subscription
from cusna_core.flow.world import Account, Facts


def shut_out(account: Account, facts: Facts) -> bool:
    """One blocked person blocks the whole account: it is one human being with one passphrase."""
    return not facts.blocked.isdisjoint(account.person_ids)


def plans_of(account: Account, facts: Facts) -> Iterator[Subscription]:
    """What the account's persons hold, and what their companies hold.

    Who is no member (only ever booked, or was removed) gets nothing of a plan, not even of one of their own
    that the source forgot to end: edge case 6. Where the source has no affiliation at the plan's location at
    all, the plan speaks for itself. Seats are not counted: a company's plan is for all of its members.
    """
    known = facts.index
    for person_id in account.person_ids:
        if person_id not in facts.people:
            continue  # removed: a plan that was left behind is nobody's
        affiliations = known.affiliations.get(person_id, [])
        for plan in known.own.get(person_id, []):
            if _admitted(affiliations, plan.location_id, member=True):
                yield plan
        for one in affiliations:
            if one.approved and one.member and one.company_id is not None:
                for plan in known.shared.get(one.company_id, []):
                    if plan.location_id in (None, one.location_id):
                        yield plan


def held_by(account: Account, facts: Facts) -> Iterator[Subscription]:
    """All plans that are about the account, whether they give anything or not: for telling why not."""
    known = facts.index
    for person_id in account.person_ids:
        yield from known.own.get(person_id, [])
        for company_id in {one.company_id for one in known.affiliations.get(person_id, [])}:
            yield from known.shared.get(company_id or "", [])


def bookings_of(account: Account, facts: Facts) -> Iterator[Booking]:
    """Confirmed desks and rooms, of members and others, unless the space has yet to approve the person."""
    known = facts.index
    for person_id in account.person_ids:
        if person_id in known.bookings and person_id in facts.people:
            affiliations = known.affiliations.get(person_id, [])
            for booking in known.bookings[person_id]:
                if _admitted(affiliations, booking.location_id, member=False):
                    yield booking


def _admitted(affiliations: list[Affiliation], location_id: str | None, *, member: bool) -> bool:
    """A plain loop: this is asked a hundred thousand times."""
    told = False
    for one in affiliations:
        if location_id is None or one.location_id == location_id:
            if one.approved and (one.member or not member):
                return True
            told = True
    return not told


def at(affiliations: list[Affiliation], location_id: str | None) -> list[Affiliation]:
    """Those at one location of the source, or all for what is good everywhere."""
    return [one for one in affiliations if location_id is None or one.location_id == location_id]
