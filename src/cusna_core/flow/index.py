"""Which facts are about this person, or this company?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cusna_core.api import Affiliation, Booking, BookingKind, BookingState, Subscription

WITH_ACCESS = (BookingKind.DESK, BookingKind.ROOM)


@dataclass(frozen=True, slots=True)
class Index:
    """Made once of facts, so that a hundred thousand accounts do not search them a hundred thousand times."""

    affiliations: Mapping[str, list[Affiliation]]
    """By person."""
    own: Mapping[str, list[Subscription]]
    """Plans by the person who holds them."""
    shared: Mapping[str, list[Subscription]]
    """Plans by the company that holds them."""
    bookings: Mapping[str, list[Booking]]
    """By owner: only what can give access, confirmed desks and rooms."""


def index(
    affiliations: Iterable[Affiliation],
    subscriptions: Iterable[Subscription],
    bookings: Iterable[Booking],
) -> Index:
    people: dict[str, list[Affiliation]] = {}
    own: dict[str, list[Subscription]] = {}
    shared: dict[str, list[Subscription]] = {}
    booked: dict[str, list[Booking]] = {}
    for affiliation in affiliations:
        people.setdefault(affiliation.person_id, []).append(affiliation)
    for subscription in subscriptions:
        if subscription.person_id is not None:
            own.setdefault(subscription.person_id, []).append(subscription)
        elif subscription.company_id is not None:
            shared.setdefault(subscription.company_id, []).append(subscription)
    for booking in bookings:
        confirmed = booking.state is BookingState.CONFIRMED and booking.kind in WITH_ACCESS
        if confirmed and booking.person_id is not None:
            booked.setdefault(booking.person_id, []).append(booking)
    return Index(people, own, shared, booked)
