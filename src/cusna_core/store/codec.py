"""How does a fact look as a row?"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from cusna_core.api import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Pause,
    Person,
    Plan,
    Section,
    Snapshot,
    Subscription,
    SubscriptionState,
)
from cusna_core.store.instants import ms

SECTION: Final = {
    "person": Section.PEOPLE,
    "affiliation": Section.PEOPLE,
    "company": Section.COMPANIES,
    "subscription": Section.SUBSCRIPTIONS,
    "booking": Section.BOOKINGS,
    "block": Section.BLOCKS,
}
LAST_ZONE: Final = timedelta(hours=12)
"""A date's day ends last in the zone 12 hours behind UTC."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Row(NamedTuple):
    """What of a fact the queries need, and the whole of it as JSON in `data`."""

    kind: str
    id: str
    location: str | None
    person: str | None
    cancelled: int
    starts: int | None
    ends: int | None
    data: str


def rows(snapshot: Snapshot) -> Iterator[Row]:
    for person in snapshot.people:
        yield Row("person", person.id, None, person.id, 0, None, None, _encode([person.email, person.name]))
    for one in snapshot.affiliations:
        data = _encode([one.person_id, one.location_id, one.company_id, one.approved, one.member])
        yield Row("affiliation", one.id, one.location_id, one.person_id, 0, None, None, data)
    for company in snapshot.companies:
        data = _encode([company.name, company.location_id])
        yield Row("company", company.id, company.location_id, None, 0, None, None, data)
    for subscription in snapshot.subscriptions:
        yield _subscription(subscription)
    for booking in snapshot.bookings:
        yield _booking(booking)
    for block in snapshot.blocks:
        yield Row("block", block.person_id, None, block.person_id, 0, None, None, "[]")


def _subscription(one: Subscription) -> Row:
    data = _encode(
        [
            one.location_id,
            one.person_id,
            one.company_id,
            one.state.value,
            [[plan.id, plan.name] for plan in one.plans],
            _text(one.starts),
            _text(one.ends),
            [[_text(pause.starts), _text(pause.ends)] for pause in one.pauses],
        ]
    )
    cancelled = int(one.state is SubscriptionState.CANCELLED)
    return Row("subscription", one.id, one.location_id, one.person_id, cancelled, None, _over(one.ends), data)


def _booking(one: Booking) -> Row:
    data = _encode(
        [
            one.location_id,
            one.kind.value,
            one.state.value,
            _text(one.starts),
            _text(one.ends),
            one.person_id,
            one.resource,
        ]
    )
    cancelled = int(one.state is BookingState.CANCELLED)
    return Row(
        "booking", one.id, one.location_id, one.person_id, cancelled, ms(one.starts), ms(one.ends), data
    )


def _over(ends: datetime | date | None) -> int | None:
    """When it is over everywhere on earth."""
    if ends is None or isinstance(ends, datetime):
        return ms(ends)
    return ms(datetime.combine(ends, time(), UTC) + timedelta(days=1) + LAST_ZONE)


def _text(value: datetime | date | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


def _value(text: str | None) -> Any:
    """A date is ten characters, an instant is more."""
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _to_subscription(fact_id: str, values: list[Any]) -> Subscription:
    location_id, person_id, company_id, state, plans, starts, ends, pauses = values
    return Subscription(
        fact_id,
        location_id,
        person_id,
        company_id,
        SubscriptionState(state),
        tuple(Plan(*plan) for plan in plans),
        _value(starts),
        _value(ends),
        tuple(Pause(_value(pause[0]), _value(pause[1])) for pause in pauses),
    )


def _to_booking(fact_id: str, values: list[Any]) -> Booking:
    location_id, kind, state, starts, ends, person_id, resource = values
    return Booking(
        fact_id,
        location_id,
        BookingKind(kind),
        BookingState(state),
        _value(starts),
        _value(ends),
        person_id,
        resource,
    )


_FACTS: Final[dict[str, Callable[[str, list[Any]], Any]]] = {
    "person": lambda fact_id, values: Person(fact_id, *values),
    "affiliation": lambda fact_id, values: Affiliation(fact_id, *values),
    "company": lambda fact_id, values: Company(fact_id, *values),
    "subscription": _to_subscription,
    "booking": _to_booking,
    "block": lambda fact_id, _: Block(fact_id),
}


def fact(kind: str, fact_id: str, data: str) -> Any:
    """The fact of a row; its class follows from `kind`."""
    return _FACTS[kind](fact_id, json.loads(data))
