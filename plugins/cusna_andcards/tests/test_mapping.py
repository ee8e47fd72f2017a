"""Which fact does a record state? Tables, without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_andcards import mapping, records
from cusna_andcards.memory import Memory, known_zone
from cusna_andcards.options import DESKS, ROOMS, AndcardsOptions
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

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def options(**changes: Any) -> AndcardsOptions:
    return AndcardsOptions.model_validate({"client_id": "a", "client_secret": "b", **changes})


def subscription_record(**fields: Any) -> records.Subscription:
    usual = {"id": "s1", "locationRef": "here", "userRef": "u1", "status": "active"}
    return records.Subscription.model_validate({**usual, **fields})


def subscription(record: records.Subscription, **changes: Any) -> Subscription | None:
    usual: dict[str, Any] = {"person_id": "u1", "company_id": None, "now": NOW}
    return mapping.subscription(record, None, BERLIN, options(), **{**usual, **changes})


# People


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"userRef": "u", "user": {"id": "u", "email": "A@b.c", "name": "Ann", "surname": "Lee"}},
            Person("u", "A@b.c", "Ann Lee"),
        ),
        ({"userRef": "u", "user": {"email": "a@b.c", "name": " Ann "}}, Person("u", "a@b.c", "Ann")),
        ({"user": {"id": 7, "surname": "Lee"}}, Person("7", None, "Lee")),
        ({"userRef": "u"}, Person("u", None, "")),
        ({"userRef": "u", "user": {"email": ""}}, Person("u", None, "")),
        ({"user": {"email": "a@b.c"}}, None),
        ({}, None),
    ],
)
def test_person(fields: dict[str, Any], expected: Person | None) -> None:
    assert mapping.person(records.Membership.model_validate(fields)) == expected


@pytest.mark.parametrize(
    ("fields", "approved", "member"),
    [
        ({"type": "member", "status": "approved"}, True, True),
        ({"type": "nonmember", "status": "approved"}, True, False),
        ({"type": "member", "status": "requested"}, False, True),
        ({"type": "ghost", "status": "haunting"}, False, False),
        ({}, True, True),
    ],
)
def test_affiliation_states(fields: dict[str, Any], approved: bool, member: bool) -> None:
    record = records.Membership.model_validate({"id": "m", "userRef": "u", **fields})
    assert mapping.affiliation(record, "here") == Affiliation(
        "m", "u", "here", None, approved=approved, member=member
    )


def test_affiliation_of_a_company_that_was_deleted() -> None:
    record = records.Membership.model_validate({"id": "m", "userRef": "u", "companyRef": "c"})
    kept = mapping.affiliation(record, "here")
    freed = mapping.affiliation(record, "here", deleted_companies={"c"})
    assert (kept and kept.company_id, freed and freed.company_id) == ("c", None)


@pytest.mark.parametrize("fields", [{"id": "m"}, {"userRef": "u"}])
def test_affiliation_without_its_ids_is_none(fields: dict[str, Any]) -> None:
    assert mapping.affiliation(records.Membership.model_validate(fields), "here") is None


def test_companies_and_locations() -> None:
    company = records.Company.model_validate({"id": "c", "legalName": "ACME Ltd", "locationRef": "there"})
    assert mapping.company(company, "here") == Company("c", "ACME Ltd", "there")
    assert mapping.company(records.Company(), "here") is None
    place = records.Location.model_validate({"id": "l", "title": "Ost", "timezoneId": "Europe/Kyiv"})
    assert mapping.location(place) == SourceLocation("l", "Ost", "Europe/Kyiv")
    assert mapping.location(records.Location.model_validate({"id": "l"})) == SourceLocation("l", "", "")
    assert mapping.location(records.Location()) is None


# Subscriptions


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "active"}, SubscriptionState.ACTIVE),
        ({"status": "scheduled"}, SubscriptionState.SCHEDULED),
        ({"status": "incomplete"}, SubscriptionState.INCOMPLETE),
        ({"status": "incompleteExpired"}, SubscriptionState.INCOMPLETE),
        ({"status": "canceled"}, SubscriptionState.CANCELLED),
        ({"status": "active", "deleteDate": "2026-01-01T00:00:00Z"}, SubscriptionState.CANCELLED),
        ({"status": "active", "pausePaymentCollection": {"behavior": "void"}}, SubscriptionState.ACTIVE),
    ],
)
def test_subscription_states(fields: dict[str, Any], state: SubscriptionState) -> None:
    found = subscription(subscription_record(**fields))
    assert found is not None
    assert found.state is state
    assert found.pauses == ()


@pytest.mark.parametrize(
    "record",
    [
        subscription_record(status="dreaming"),
        subscription_record(status=None),
        subscription_record(id=None),
        subscription_record(locationRef=None),
    ],
)
def test_subscription_that_cannot_be_understood_is_none(record: records.Subscription) -> None:
    assert subscription(record) is None


def test_subscription_needs_exactly_one_holder() -> None:
    assert subscription(subscription_record(), person_id=None) is None
    assert subscription(subscription_record(), company_id="c") is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"userRef": "u", "membershipRef": "m"}, ("u", None, None)),
        ({"customer": {"id": "m", "type": "user", "user": {"id": "u"}}}, ("u", None, None)),
        ({"membershipRef": "m"}, (None, None, "m")),
        ({"customerRef": "m", "subscriptionType": "user"}, (None, None, "m")),
        ({"companyRef": "c", "userRef": "whoever made it"}, (None, "c", None)),
        ({"customerRef": "c", "subscriptionType": "company"}, (None, "c", None)),
        ({"customer": {"id": "c", "type": "company"}}, (None, "c", None)),
        ({}, (None, None, None)),
    ],
)
def test_holder(fields: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    assert mapping.holder(records.Subscription.model_validate(fields)) == expected


def item(plan: str | None, **fields: Any) -> dict[str, Any]:
    return {"plan": {"id": plan, "title": plan}, **fields} if plan else fields


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ([item("flex"), item("office")], ["flex", "office"]),
        ([item("flex"), item("flex")], ["flex"]),
        ([item("over", endDate="2026-01-10T00:00:00Z"), item("runs")], ["runs"]),
        ([item("later", startDate="2026-02-01T00:00:00Z"), item("runs")], ["runs"]),
        ([item("later", startDate="2026-02-01T00:00:00Z")], ["later"]),
        ([item(None, title="Setup fee")], []),
        ([item(None, title="Desk", planRef="p")], ["Desk"]),
        ([], []),
    ],
)
def test_plans(items: list[dict[str, Any]], names: list[str]) -> None:
    found = subscription(subscription_record(items=items))
    assert found is not None
    assert [plan.name for plan in found.plans] == names


def test_plan_ids() -> None:
    found = subscription(subscription_record(items=[item("p")]))
    assert found is not None
    assert found.plans == (Plan("p", "p"),)


# Ends. Berlin is one hour ahead of UTC in January.

MONTH = {"startDate": "2025-12-31T23:00:00Z", "endDate": "2026-01-31T23:00:00Z"}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ends", "period", "inclusive", "expected"),
    [
        # an instant is exclusive, as it stands
        ("2026-01-31T15:00:00Z", MONTH, "auto", "2026-01-31T15:00:00Z"),
        ("2026-01-31T15:00:00Z", None, False, "2026-01-31T15:00:00Z"),
        # the period's own end
        ("2026-01-31T23:00:00Z", MONTH, "auto", "2026-01-31T23:00:00Z"),
        # the midnight that begins the period's last day can only name that day
        ("2026-01-30T23:00:00Z", MONTH, "auto", "2026-01-31T23:00:00Z"),
        ("2026-01-30T23:00:00Z", MONTH, False, "2026-01-30T23:00:00Z"),
        # any other midnight is exclusive
        ("2026-02-27T23:00:00Z", MONTH, "auto", "2026-02-27T23:00:00Z"),
        ("2026-01-20T23:00:00Z", MONTH, "auto", "2026-01-20T23:00:00Z"),
        ("2026-01-30T23:00:00Z", None, "auto", "2026-01-30T23:00:00Z"),
        ("2026-01-30T23:00:00Z", {}, "auto", "2026-01-30T23:00:00Z"),
        # the last minute of a day belongs to it
        ("2026-01-31T22:59:59Z", None, "auto", "2026-01-31T23:00:00Z"),
        ("2026-01-31T22:59:00Z", None, "auto", "2026-01-31T23:00:00Z"),
        ("2026-01-31T22:59:59Z", None, False, "2026-01-31T22:59:59Z"),
        # an admin says that the day counts
        ("2026-01-30T23:00:00Z", None, True, "2026-01-31T23:00:00Z"),
        ("2026-01-31T09:00:00Z", None, True, "2026-01-31T23:00:00Z"),
        # the clocks change in the night to 29 March
        ("2026-03-27T23:00:00Z", None, True, "2026-03-28T23:00:00Z"),
        ("2026-03-28T23:00:00Z", None, True, "2026-03-29T22:00:00Z"),
        # never
        (None, MONTH, True, None),
        ("9999-12-31T23:59:59Z", None, True, None),
    ],
)
def test_end(ends: str | None, period: Any, inclusive: Any, expected: str | None) -> None:
    record = subscription_record(endDate=ends, currentInterval=period)
    found = mapping.end(record, BERLIN, options(end_date_is_inclusive=inclusive))
    assert found == (datetime.fromisoformat(expected) if expected else None)


def test_end_without_a_zone_is_never_early() -> None:
    record = subscription_record(endDate="2026-01-31T22:59:59Z")
    assert mapping.end(record, None, options()) == record.ends
    assert record.ends is not None
    late = mapping.end(record, None, options(end_date_is_inclusive=True))
    assert late == record.ends + timedelta(days=1)


def test_end_where_midnight_does_not_exist() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # 00:00 to 00:59 of 29 March 2026 are skipped
    record = subscription_record(endDate="2026-03-28T08:00:00Z")
    found = mapping.end(record, beirut, options(end_date_is_inclusive=True))
    assert found == datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert found.astimezone(beirut).hour == 1


def test_end_with_grace() -> None:
    record = subscription_record(endDate="2026-01-31T23:00:00Z", currentInterval=MONTH)
    found = mapping.end(record, BERLIN, options(end_date_grace_hours=36))
    assert found == datetime(2026, 2, 2, 11, tzinfo=UTC)


def test_zones() -> None:
    memory = Memory(places={"here": SourceLocation("here", "", "Europe/Berlin")})
    assert memory.zone("Europe/Kyiv", "here") == ZoneInfo("Europe/Kyiv")
    assert memory.zone("Mars/Base", "here") == BERLIN
    assert memory.zone(None, "here") == BERLIN
    assert memory.zone(None, None) is None
    assert [known_zone(name) for name in ("", "../etc", "/etc/passwd", "Nowhere")] == [None] * 4


# Bookings


def booking_record(**fields: Any) -> records.Booking:
    usual = {"id": "b", "startDate": "2026-01-15T09:00:00Z", "endDate": "2026-01-15T17:00:00Z"}
    return records.Booking.model_validate({**usual, **fields})


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (DESKS, BookingKind.DESK),
        (ROOMS, BookingKind.ROOM),
        (("office", "parkingLot", "equipment", "station", "rocket", None), BookingKind.OTHER),
    ],
)
def test_kinds(kinds: tuple[str | None, ...], expected: BookingKind) -> None:
    for kind in kinds:
        assert mapping.kind(records.Resource(type=kind), options()) is expected


def test_kinds_by_option() -> None:
    mine = options(desk_types=["station"], room_types=["office"])
    found = [mapping.kind(records.Resource(type=kind), mine) for kind in ("station", "office", "hotDesk")]
    assert found == [BookingKind.DESK, BookingKind.ROOM, BookingKind.OTHER]
    assert mapping.kind(None, mine) is BookingKind.OTHER


def test_booking() -> None:
    desk = records.Resource.model_validate({"id": "d", "title": "Desk 4", "type": "hotDesk"})
    assert mapping.booking(booking_record(), "here", desk, options(), owner="u") == Booking(
        "b",
        "here",
        BookingKind.DESK,
        BookingState.CONFIRMED,
        datetime(2026, 1, 15, 9, tzinfo=UTC),
        datetime(2026, 1, 15, 17, tzinfo=UTC),
        "u",
        "Desk 4",
    )


def test_booking_states_and_places() -> None:
    desk = records.Resource.model_validate({"locationRef": "there"})
    deleted = booking_record(deleteDate="2026-01-01T00:00:00Z")
    found = mapping.booking(deleted, "here", desk, options(), owner=None)
    assert found is not None
    assert (found.state, found.location_id, found.person_id) == (BookingState.CANCELLED, "there", None)
    asked = mapping.booking(
        booking_record(), "here", None, options(), owner=None, state=BookingState.TENTATIVE
    )
    assert asked is not None
    assert (asked.state, asked.kind) == (BookingState.TENTATIVE, BookingKind.OTHER)


@pytest.mark.parametrize("missing", ["id", "startDate", "endDate"])
def test_booking_that_lacks_something_is_none(missing: str) -> None:
    record = booking_record(**{missing: None})
    assert mapping.booking(record, "here", None, options(), owner="u") is None


def test_ids_of_attendees() -> None:
    joined = mapping.attendee_booking_id("b_2026-01-15T09:00:00+00:00", "u")
    assert mapping.booking_and_attendee(joined) == ("b_2026-01-15T09:00:00+00:00", "u")
    assert mapping.booking_and_attendee("b_2026-01-15") == ("b_2026-01-15", None)


# Records


def test_records_ignore_what_they_do_not_know() -> None:
    record = records.Membership.model_validate({"id": 5, "aura": "blue", "type": "wizard"})
    assert (record.id, record.type) == ("5", "wizard")


@pytest.mark.parametrize("bad", ["2026-01-01T00:00:00", "soon", "0001-01-01T00:00:00+14:00"])
def test_instants_are_strict(bad: str) -> None:
    with pytest.raises(ValueError, match="startDate"):
        booking_record(startDate=bad)
