"""Which facts does a record of Spacebring state? Pure: records in, facts out, None for a record
that lacks what the fact cannot do without.

The caller counts those None: a section with one was not read to the end, since a record that
cannot be understood is not a person who is gone.
"""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cusna_andcards import records
from cusna_andcards.options import AndcardsOptions
from cusna_core.api import (
    Affiliation,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Person,
    Plan,
    SourceLocation,
    Subscription,
    SubscriptionState,
)

STATES = {
    "active": SubscriptionState.ACTIVE,
    "scheduled": SubscriptionState.SCHEDULED,
    "incomplete": SubscriptionState.INCOMPLETE,
    "incompleteExpired": SubscriptionState.INCOMPLETE,
    "canceled": SubscriptionState.CANCELLED,
}
JOINT = "|"
"""Between a booking's id and an attendee's: the vendor itself joins occurrences with `_` and a date."""
FOREVER = 9000
"""An end in this year or later is a way to write "never"; adding a day to it may not even be possible."""


def location(record: records.Location) -> SourceLocation | None:
    if not record.id:
        return None
    return SourceLocation(record.id, record.title or "", record.timezone or "")


def user_id(record: records.Membership) -> str | None:
    return record.user_ref or (record.user.id if record.user else None)


def person(record: records.Membership) -> Person | None:
    """The account behind a membership; its id outlives a changed address."""
    who = user_id(record)
    return somebody(record.user or records.User(), who) if who else None


def somebody(user: records.User, who: str) -> Person:
    name = " ".join(part.strip() for part in (user.name, user.surname) if part and part.strip())
    return Person(who, user.email or None, name)


def affiliation(
    record: records.Membership, place: str, *, deleted_companies: Collection[str] = ()
) -> Affiliation | None:
    """A membership as it counts: an unknown type is no member, an unknown status not approved."""
    who = user_id(record)
    if not record.id or not who:
        return None
    return Affiliation(
        id=record.id,
        person_id=who,
        location_id=record.location or place,
        company_id=None if record.company in deleted_companies else record.company or None,
        # An absent field is the loose API's usual case, and is no reason to shut a member out.
        approved=record.status in ("approved", None),
        member=record.type in ("member", None),
    )


def company(record: records.Company, place: str) -> Company | None:
    if not record.id:
        return None
    return Company(record.id, record.title or record.legal_name or "", record.location or place)


def is_of_company(record: records.Subscription) -> bool:
    kinds = (record.type, record.customer.type if record.customer else None)
    return bool(record.company) or "company" in kinds


def holder(record: records.Subscription) -> tuple[str | None, str | None, str | None]:
    """Who holds it: (user, company, membership). At most one is given, a membership only where
    the user stands nowhere in the record."""
    customer = record.customer or records.Customer()
    customer_id = record.customer_ref or customer.id
    if is_of_company(record):
        return None, record.company or customer_id, None
    user = record.user or (customer.user.id if customer.user else None)
    return (user, None, None) if user else (None, None, record.membership or customer_id)


def subscription(
    record: records.Subscription,
    place: str | None,
    zone: ZoneInfo | None,
    options: AndcardsOptions,
    *,
    person_id: str | None,
    company_id: str | None,
    now: datetime,
) -> Subscription | None:
    """`pausePaymentCollection` is about billing only, so it is not looked at."""
    state = SubscriptionState.CANCELLED if record.deleted else STATES.get(record.status or "")
    where = record.location or place
    if not record.id or not where or state is None or (person_id is None) == (company_id is None):
        return None
    return Subscription(
        id=record.id,
        location_id=where,
        person_id=person_id,
        company_id=company_id,
        state=state,
        plans=plans(record.items or (), now),
        starts=record.starts,
        ends=end(record, zone, options),
    )


def plans(items: tuple[records.Item, ...], now: datetime) -> tuple[Plan, ...]:
    """The plans of the items that run now, or of all where none does (not begun, or over)."""
    running = [
        item
        for item in items
        if (item.starts is None or item.starts <= now) and (item.ends is None or item.ends > now)
    ]
    found: dict[str, Plan] = {}
    for item in running or items:
        plan = item.plan or records.Plan()
        if plan_id := plan.id or item.plan_ref:
            found.setdefault(plan_id, Plan(plan_id, plan.title or item.title or ""))
    return tuple(found.values())


def end(record: records.Subscription, zone: ZoneInfo | None, options: AndcardsOptions) -> datetime | None:
    """The first instant without the plan.

    The vendor does not say which instant "ends on 31 January" is stored as. The rule, with
    `end_date_is_inclusive = "auto"`: an instant is exclusive, as it stands, except where it can
    only mean a whole last day. That is 23:59 of a day (its last minute belongs to it), and the
    local midnight with which the last day of the current billing period begins: an end cannot lie
    within the running period, so that midnight names the day. A midnight that is the period's own
    end is exclusive, and so is one without a period to compare with.
    """
    if record.ends is None or record.ends.year >= FOREVER:
        return None
    ends = record.ends
    if options.end_date_is_inclusive is True:
        ends = _day_after(ends, zone) if zone else ends + timedelta(days=1)
    elif options.end_date_is_inclusive == "auto" and zone and _names_a_day(record, zone):
        ends = _day_after(ends, zone)
    return ends + timedelta(hours=options.end_date_grace_hours)


def _names_a_day(record: records.Subscription, zone: ZoneInfo) -> bool:
    assert record.ends is not None
    local = record.ends.astimezone(zone)
    if (local.hour, local.minute) == (23, 59):
        return True
    period_end = record.current.ends if record.current else None
    return (
        period_end is not None
        and record.ends < period_end
        and record.ends == _midnight(local, zone)
        and period_end == _day_after(record.ends, zone)
    )


def _midnight(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, also where the clock skips 00:00."""
    midnight = datetime.combine(local.date(), time.min, tzinfo=zone)
    return midnight.astimezone(UTC)


def _day_after(instant: datetime, zone: ZoneInfo) -> datetime:
    return _midnight(instant.astimezone(zone) + timedelta(days=1), zone)


def kind(resource: records.Resource | None, options: AndcardsOptions) -> BookingKind:
    """By the booked resource itself, never by its parent; unknown types give no access."""
    if resource is None:
        return BookingKind.OTHER
    if resource.type in options.desk_types:
        return BookingKind.DESK
    return BookingKind.ROOM if resource.type in options.room_types else BookingKind.OTHER


def booking(
    record: records.Booking,
    place: str,
    resource: records.Resource | None,
    options: AndcardsOptions,
    *,
    owner: str | None,
    state: BookingState = BookingState.CONFIRMED,
) -> Booking | None:
    """`state` is what was asked for, since the record does not tell it; a deletion always counts."""
    if not record.id or record.starts is None or record.ends is None:
        return None
    return Booking(
        id=record.id,
        location_id=(resource.location if resource else None) or place,
        kind=kind(resource, options),
        state=BookingState.CANCELLED if record.deleted else state,
        starts=record.starts,
        ends=record.ends,
        person_id=owner,
        resource=(resource.title if resource else None) or "",
    )


def attendee_booking_id(booking_id: str, person_id: str) -> str:
    return f"{booking_id}{JOINT}{person_id}"


def booking_and_attendee(booking_id: str) -> tuple[str, str | None]:
    """The vendor's own id of a booking, and whose part of it is meant (None: the owner's)."""
    vendor_id, _, attendee = booking_id.partition(JOINT)
    return vendor_id, attendee or None
