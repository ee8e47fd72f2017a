"""The edge cases of membership systems that concern a source, by their numbers. (Those of time and
of the decisions are the core's; 1 to 4 are with the sign-in's tests, most of 47 with the snapshot's.)
"""

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import (
    Affiliation,
    Booking,
    BookingKind,
    Section,
    Snapshot,
    Subscription,
    SubscriptionState,
    Window,
    email_key,
)

HOUR = timedelta(hours=1)
Read = Callable[..., Awaitable[Snapshot]]


@pytest.fixture
def read(source: AndcardsSource, berlin: str, day: Window) -> Read:
    async def read(*places: str, by: AndcardsSource | None = None) -> Snapshot:
        return await (by or source).snapshot(places or [berlin], day)

    return read


def affiliation(read: Snapshot, person: str) -> Affiliation:
    [found] = [one for one in read.affiliations if one.person_id == person]
    return found


def plan(read: Snapshot) -> Subscription:
    [found] = read.subscriptions
    return found


def booking(read: Snapshot) -> Booking:
    [found] = read.bookings
    return found


def membership(fake: AndcardsFake, person: str) -> str:
    return next(one for one, row in fake.state.memberships.items() if row["userRef"] == person)


@pytest.fixture
def ann(fake: AndcardsFake, berlin: str) -> str:
    return fake.add_person(berlin, "Ann", "ann@example.com")


@pytest.fixture
def bob(fake: AndcardsFake, berlin: str) -> str:
    return fake.add_person(berlin, "Bob", "bob@example.com")


# People and e-mail


async def test_edge_01_the_address_is_told_as_stored(fake: AndcardsFake, berlin: str, read: Read) -> None:
    fake.add_person(berlin, "Ann", "Ann@X.com ")
    [person] = (await read()).people
    assert person.email == "Ann@X.com "
    assert email_key(person.email) == "ann@x.com"


async def test_edge_03_reinvited(fake: AndcardsFake, ann: str, read: Read) -> None:
    again = fake.state.reinvite(membership(fake, ann))
    [person] = (await read()).people
    assert person.id == fake.state.memberships[again]["userRef"] != ann
    assert person.email == "ann@example.com"


async def test_edge_04_address_changed(fake: AndcardsFake, ann: str, read: Read) -> None:
    await read()
    fake.state.change_email(ann, "lee@example.com")
    [person] = (await read()).people
    assert (person.id, person.email) == (ann, "lee@example.com")


@pytest.mark.parametrize("email", [None, ""])
async def test_edge_05_email_missing(
    fake: AndcardsFake, berlin: str, bob: str, read: Read, email: str | None
) -> None:
    user = fake.state.user(email, "No Mail")
    fake.state.membership(berlin, user)
    found = await read()
    assert {one.id: one.email for one in found.people} == {bob: "bob@example.com", user: None}
    assert (Section.PEOPLE, berlin) in found.complete


async def test_edge_05_email_hidden_in_a_booking_replaces_none(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    one = fake.book(berlin, ann, "Desk", "desk", starts=day.starts, ends=day.ends)
    fake.state.bookings[one]["userOwner"] = {"id": ann, "email": None, "name": None}
    [person] = (await read()).people
    assert (person.email, person.name) == ("ann@example.com", "Ann")


async def test_edge_05_email_missing_at_one_of_two_locations(
    fake: AndcardsFake, berlin: str, ann: str, read: Read
) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    row = fake.state.membership(ost, ann)
    fake.state.memberships[row]["user"] = {"id": ann}
    [person] = (await read(berlin, ost)).people
    assert (person.email, person.name) == ("ann@example.com", "Ann")


async def test_edge_06_removed_member_is_a_nonmember(
    fake: AndcardsFake, ann: str, bob: str, read: Read
) -> None:
    fake.state.remove_member(membership(fake, ann))
    found = await read()
    assert not affiliation(found, ann).member
    assert affiliation(found, ann).company_id is None
    assert affiliation(found, bob).member


async def test_edge_06_deleted_member_is_absent(
    fake: AndcardsFake, berlin: str, ann: str, bob: str, read: Read
) -> None:
    fake.state.delete_membership(membership(fake, ann))
    assert [one.person_id for one in (await read()).affiliations] == [bob]
    fake.untidy = True  # and if the list showed it
    deleted = {**fake.state.memberships[membership(fake, ann)], "user": {"id": ann}}
    fake.faults.answer("/memberships", json.dumps({"memberships": [deleted]}).encode())
    found = await read()
    assert (found.affiliations, (Section.PEOPLE, berlin) in found.complete) == ((), True)


async def test_edge_07_blocked(fake: AndcardsFake, berlin: str, ann: str, bob: str, read: Read) -> None:
    fake.block(ann)
    found = await read()
    assert [one.person_id for one in found.blocks] == [ann]
    assert (Section.BLOCKS, None) in found.complete


async def test_waiting_for_approval(fake: AndcardsFake, berlin: str, read: Read) -> None:
    user = fake.state.user("new@example.com", "New")
    fake.state.membership(berlin, user, status="requested")
    assert not affiliation(await read(), user).approved


# Companies


async def test_edge_09_companies_of_two_locations(fake: AndcardsFake, berlin: str, read: Read) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    first, second = fake.add_company(berlin, "ACME"), fake.add_company(ost, "Other")
    ann = fake.add_person(berlin, "Ann", "ann@example.com", company=first)
    fake.add_person(ost, "Ann", "ann@example.com", company=second)
    found = await read(berlin, ost)
    pairs = {(one.location_id, one.company_id) for one in found.affiliations if one.person_id == ann}
    assert pairs == {(berlin, first), (ost, second)}


async def test_edge_10_more_people_than_seats(
    fake: AndcardsFake, berlin: str, day: Window, read: Read
) -> None:
    acme = fake.add_company(berlin, "ACME")
    five = [fake.add_person(berlin, f"P{n}", f"p{n}@example.com", company=acme) for n in range(5)]
    fake.state.subscription(berlin, acme, ["Team"], starts=day.starts, quantity=3)
    found = await read()
    assert (plan(found).company_id, plan(found).person_id) == (acme, None)
    assert {one.person_id for one in found.affiliations if one.company_id == acme} == set(five)


async def test_edge_11_company_changed(fake: AndcardsFake, berlin: str, ann: str, read: Read) -> None:
    acme = fake.add_company(berlin, "ACME")
    fake.state.change_company(membership(fake, ann), acme)
    assert affiliation(await read(), ann).company_id == acme
    fake.state.change_company(membership(fake, ann), None)
    assert affiliation(await read(), ann).company_id is None


async def test_edge_12_company_renamed_and_names_twice(fake: AndcardsFake, berlin: str, read: Read) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    here, there = fake.add_company(berlin, "ACME"), fake.add_company(ost, "ACME")
    fake.state.rename_company(here, "ACME AG")
    found = {one.id: (one.name, one.location_id) for one in (await read(berlin, ost)).companies}
    assert found == {here: ("ACME AG", berlin), there: ("ACME", ost)}


@pytest.mark.parametrize("listed", [True, False])
async def test_edge_13_company_deleted(
    fake: AndcardsFake, berlin: str, ann: str, read: Read, listed: bool
) -> None:
    acme = fake.add_company(berlin, "ACME")
    fake.state.change_company(membership(fake, ann), acme)
    await read()
    fake.state.delete_company(acme)
    fake.state.companies[acme]["_listed"] = listed
    found = await read()
    assert found.companies == ()
    # Where the vendor does not say "deleted", it is the core that knows what absence means.
    assert affiliation(found, ann).company_id == (None if listed else acme)


async def test_edge_14_no_company(ann: str, read: Read) -> None:
    assert affiliation(await read(), ann).company_id is None


# Plans


async def test_edge_15_no_end(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    assert plan(await read()).ends is None


@pytest.mark.parametrize("stored", ["exclusive", "inclusive", "last_second"])
async def test_edge_16_end_set_and_withdrawn(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read, stored: Any
) -> None:
    """Whatever the vendor stores for "ends on 31 March", the 31st counts, if that is the period's end."""
    zone = ZoneInfo("Europe/Berlin")
    month = (datetime(2026, 3, 1, tzinfo=zone), datetime(2026, 4, 1, tzinfo=zone))
    fake.knobs.end_of_day = stored
    one = fake.state.subscription(berlin, membership(fake, ann), ["Flex"], starts=month[0], period=month)
    fake.state.end_subscription_on(one, date(2026, 3, 31))
    assert plan(await read()).ends == month[1]
    fake.state.end_subscription_on(one, None)
    assert plan(await read()).ends is None


async def test_edge_17_cancelled_at_once(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window, read: Read
) -> None:
    one = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    fake.state.cancel_subscription(one)
    assert (await read()).subscriptions == ()
    again = await source.again([(Section.SUBSCRIPTIONS, one)])
    assert plan(again).state is SubscriptionState.CANCELLED


async def test_edge_18_starts_in_the_future(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read, clock: Any
) -> None:
    fake.subscribe(berlin, ann, "Flex", starts=day.ends)
    found = plan(await read())
    assert (found.state, found.starts) == (SubscriptionState.SCHEDULED, day.ends)
    clock.passed += 24 * 3600
    assert plan(await read()).state is SubscriptionState.ACTIVE


async def test_edge_19_overlapping_plans(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    fake.subscribe(berlin, ann, "Old", starts=day.starts, ends=day.ends)
    fake.subscribe(berlin, ann, "New", starts=day.ends - HOUR)
    assert {one.plans[0].name for one in (await read()).subscriptions} == {"Old", "New"}


async def test_edge_22_billing_paused(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    one = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    fake.state.pause_billing(one)
    found = plan(await read())
    assert (found.state, found.pauses) == (SubscriptionState.ACTIVE, ())


async def test_edge_23_incomplete(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    fake.subscribe(berlin, ann, "Flex", starts=day.starts, state="incomplete")
    assert plan(await read()).state is SubscriptionState.INCOMPLETE


async def test_edge_23_several_plans_in_one(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    fake.state.subscription(berlin, membership(fake, ann), ["Mail address", "Flex"], starts=day.starts)
    assert [one.name for one in plan(await read()).plans] == ["Mail address", "Flex"]


async def test_edge_24_end_of_a_day_west_of_utc(fake: AndcardsFake, day: Window, read: Read) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    west = fake.add_location("West", "America/Los_Angeles")
    ann = fake.add_person(west, "Ann", "ann@example.com")
    fake.knobs.end_of_day = "last_second"
    one = fake.subscribe(west, ann, "Flex", starts=day.starts)
    fake.state.end_subscription_on(one, date(2026, 3, 31))
    assert plan(await read(west)).ends == datetime(2026, 4, 1, tzinfo=zone)


async def test_edge_25_dates_that_contradict(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    """The dates are told as they are; that an active plan is over is for the core to see."""
    past = day.starts - HOUR
    one = fake.subscribe(berlin, ann, "Flex", starts=day.ends, ends=past, state="active")
    fake.state.subscriptions[one]["_status"] = "active"
    found = plan(await read())
    assert (found.state, found.starts, found.ends) == (SubscriptionState.ACTIVE, day.ends, past)


async def test_a_plan_whose_holder_must_be_asked_for(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    fake.untidy = True
    one = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    fake.state.subscriptions[one].update(userRef=None, customer=None)
    fake.faults.fail("/memberships/v1?", 503)
    found = await read()
    assert plan(found).person_id == ann
    assert (Section.SUBSCRIPTIONS, berlin) in found.complete


@pytest.mark.parametrize(("status", "complete"), [(404, True), (400, False), (503, False)])
async def test_a_plan_whose_holder_is_not_told(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read, status: int, complete: bool
) -> None:
    fake.untidy = True
    one = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    lost = fake.state.new_id()
    fake.state.subscriptions[one].update(userRef=None, customer=None, membershipRef=lost)
    fake.faults.fail(lost, status)
    found = await read()
    assert found.subscriptions == ()
    assert ((Section.SUBSCRIPTIONS, berlin) in found.complete) is complete


# Bookings


@pytest.mark.parametrize("stored", ["opening_hours", "midnights"])
async def test_edge_27_a_desk_for_a_day(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read, stored: Any
) -> None:
    fake.knobs.whole_day = stored
    desk = fake.state.resource(berlin, "Desk 1")
    fake.state.book_day(desk, membership(fake, ann), date(2026, 3, 10))
    fake.state.book_day(desk, membership(fake, ann), date(2026, 3, 11))
    found = booking(await read())
    assert day.starts <= found.starts < found.ends <= day.ends


async def test_edge_28_to_30_over_midnight_and_longer(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    night = fake.book(berlin, ann, "D", "desk", starts=day.starts - 2 * HOUR, ends=day.starts + 2 * HOUR)
    week = fake.book(berlin, ann, "D", "desk", starts=day.starts - 72 * HOUR, ends=day.ends + 72 * HOUR)
    fake.book(berlin, ann, "D", "desk", starts=day.starts - HOUR, ends=day.starts)
    fake.book(berlin, ann, "D", "desk", starts=day.ends, ends=day.ends + HOUR)
    assert {one.id for one in (await read()).bookings} == {night, week}


async def test_edge_33_cancelled(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    one = fake.book(berlin, ann, "D", "desk", starts=day.starts, ends=day.ends)
    fake.cancel(one)
    assert (await read()).bookings == ()


async def test_edge_34_moved_to_another_desk_and_time(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    one = fake.book(berlin, ann, "D", "desk", starts=day.starts, ends=day.ends)
    room = fake.state.resource(berlin, "Blue room", "meetingRoom")
    fake.state.move_booking(one, day.starts + HOUR, day.starts + 2 * HOUR, resource=room)
    found = booking(await read())
    assert (found.id, found.kind, found.resource) == (one, BookingKind.ROOM, "Blue room")
    assert found.starts == day.starts + HOUR


async def test_edge_36_tentative(
    fake: AndcardsFake, connect: Any, berlin: str, ann: str, day: Window, read: Read
) -> None:
    desk = fake.state.resource(berlin, "Desk 1")
    fake.state.booking(desk, membership(fake, ann), day.starts, day.ends, status="tentative")
    assert (await read()).bookings == ()
    generous = await connect(tentative_counts=True)
    assert booking(await read(by=generous)).person_id == ann


async def test_edge_37_without_a_person(fake: AndcardsFake, berlin: str, day: Window, read: Read) -> None:
    acme = fake.add_company(berlin, "ACME")
    desk = fake.state.resource(berlin, "Desk 1")
    nobody = fake.state.booking(desk, None, day.starts, day.ends)
    company = fake.state.booking(desk, acme, day.starts, day.ends)
    unknown = fake.state.booking(desk, fake.state.new_id(), day.starts, day.ends)
    found = await read()
    assert {one.id: one.person_id for one in found.bookings} == dict.fromkeys((nobody, company, unknown))
    assert not [call for call in fake.calls if call.path.endswith(acme)], (
        "a company is asked for as no member"
    )
    assert (Section.BOOKINGS, berlin) in found.complete


async def test_an_owner_who_hides(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    one = fake.book(berlin, ann, "D", "desk", starts=day.starts, ends=day.ends)
    fake.state.bookings[one]["_owner_hides"] = True
    assert booking(await read()).person_id == ann


@pytest.mark.parametrize("hides", [True, False])
async def test_an_owner_from_a_location_that_is_not_read(
    fake: AndcardsFake, berlin: str, day: Window, read: Read, hides: bool
) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    dee = fake.add_person(ost, "Dee", "dee@example.com")
    desk = fake.state.resource(berlin, "Desk 1")
    one = fake.state.booking(desk, membership(fake, dee), day.starts, day.ends)
    fake.state.bookings[one]["_owner_hides"] = hides
    found = await read()
    assert booking(found).person_id == dee
    assert [(one.id, one.email) for one in found.people] == [(dee, "dee@example.com")]
    assert found.affiliations == ()


async def test_an_owner_whose_membership_names_nobody(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    fake.untidy = True
    lost = fake.state.new_id()
    fake.state.booking(fake.state.resource(berlin, "D"), lost, day.starts, day.ends)
    fake.faults.answer(f"/memberships/v1/{lost}", b'{"membership": {}}')
    found = await read()
    assert (found.bookings, (Section.BOOKINGS, berlin) in found.complete) == ((), False)


async def test_edge_38_attendees(
    fake: AndcardsFake, connect: Any, berlin: str, ann: str, bob: str, day: Window, read: Read
) -> None:
    state = fake.state
    guest, shy = state.user("guest@example.com", "Guest"), state.user(None, "Shy")
    bare = {"membershipRef": membership(fake, bob)}
    there = [
        state.attendee(membership(fake, ann)),
        state.attendee(membership(fake, bob)),
        state.attendee(user=guest),
        state.attendee(user=shy),
        bare,
        {},
    ]
    desk = state.resource(berlin, "Blue room", "room")
    one = state.booking(desk, membership(fake, ann), day.starts, day.ends, attendees=there)
    assert {found.id for found in (await read()).bookings} == {one}, "off by default"
    source = await connect(include_attendees=True)
    found = await read(by=source)
    assert {row.id: row.person_id for row in found.bookings} == {
        one: ann,
        f"{one}|{bob}": bob,
        f"{one}|{guest}": guest,
    }
    assert {row.id for row in found.people} == {ann, bob, guest}
    fake.knobs.shows_attendees = False
    assert {row.id for row in (await read(by=source)).bookings} == {one}


async def test_edge_39_child_deleted_and_unknown_resources(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    state = fake.state
    hall = state.resource(berlin, "Hall", "office")
    child = state.resource(berlin, "Desk in the hall", parent=hall)
    gone = state.resource(berlin, "Old desk")
    state.delete_resource(gone)
    other = state.resource(berlin, "Rocket", "rocket")
    fake.untidy = True  # an unknown type
    kinds = {
        state.booking(child, membership(fake, ann), day.starts, day.ends): BookingKind.DESK,
        state.booking(hall, membership(fake, ann), day.starts, day.ends): BookingKind.OTHER,
        state.booking(other, membership(fake, ann), day.starts, day.ends): BookingKind.OTHER,
    }
    deleted = state.booking(gone, membership(fake, ann), day.starts, day.ends)
    found = await read()
    assert {one.id: one.kind for one in found.bookings} == kinds | {deleted: BookingKind.OTHER}
    assert (Section.BOOKINGS, berlin) in found.complete


async def test_edge_39_a_booking_of_nothing(
    fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read
) -> None:
    fake.untidy = True
    one = fake.book(berlin, ann, "D", "desk", starts=day.starts, ends=day.ends)
    fake.state.bookings[one].update(resourceRef=None, _location=berlin)
    assert booking(await read()).kind is BookingKind.OTHER


async def test_edge_40_parking(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    fake.book(berlin, ann, "P1", "parking", starts=day.starts, ends=day.ends)
    assert booking(await read()).kind is BookingKind.OTHER


async def test_edge_41_series(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    begin = day.starts + 9 * HOUR
    desk = fake.state.resource(berlin, "Desk 1")
    one = fake.state.booking(desk, membership(fake, ann), begin - 48 * HOUR, begin - 47 * HOUR, days=range(9))
    today = f"{one}_2026-03-10"
    assert (booking(await read()).id, booking(await read()).starts) == (today, begin)
    fake.cancel(today)
    assert (await read()).bookings == ()


# Time, sync


async def test_edge_45_unknown_zone(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window, read: Read
) -> None:
    mars = fake.state.location("Mars", "Mars/Base")
    fake.subscribe(mars, ann, "Flex", starts=day.starts, ends=day.ends)
    found = await read(berlin, mars)
    assert plan(found).ends == day.ends, "an instant needs no zone"
    assert [one.about for one in await source.check()] == [mars]


async def test_edge_47_page_2_of_3(fake: AndcardsFake, berlin: str, read: Read) -> None:
    for number in range(3):
        fake.add_person(berlin, f"P{number}", f"p{number}@example.com")
    fake.knobs.largest_page = 1
    fake.faults.fail("/memberships", page=2)
    found = await read()
    assert len(found.people) == 1
    assert (Section.PEOPLE, berlin) not in found.complete


@pytest.mark.parametrize(("kind", "told"), [("seen_twice", 4), ("skipped", 3)])
async def test_edge_52_pages_that_shift(
    fake: AndcardsFake, berlin: str, read: Read, kind: Any, told: int
) -> None:
    """Nobody is told twice; that one is missing nobody can see here, so the core waits for two reads."""
    for number in range(4):
        fake.add_person(berlin, f"P{number}", f"p{number}@example.com")
    fake.knobs.largest_page = 2
    fake.faults.paging["memberships"] = kind
    found = await read()
    assert len(found.affiliations) == len({one.id for one in found.affiliations}) == told


async def test_looseness(fake: AndcardsFake, berlin: str, ann: str, day: Window, read: Read) -> None:
    """Missing fields, unknown fields, unknown values: whatever is not needed is not asked for."""
    fake.untidy = True
    one = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    fake.state.subscriptions[one].update(period="fortnight", aura="blue", price="free", items=[])
    fake.state.subscriptions[one]["timezoneId"] = None
    fake.state.users[ann].update(name=None, mood="good")
    found = await read()
    assert (plan(found).plans, found.people[0].name) == ((), "")
    assert not found.failures
