"""Does a snapshot tell everything, and say honestly how far it came?"""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import (
    AuthFailed,
    BookingKind,
    ConfigError,
    Level,
    Section,
    Snapshot,
    SourceLocation,
    SubscriptionState,
    Unreachable,
    Window,
)

HERE = (Section.COMPANIES, Section.PEOPLE, Section.SUBSCRIPTIONS, Section.BOOKINGS)
PATHS = {
    Section.COMPANIES: "/community/companies/v1",
    Section.PEOPLE: "/community/memberships/v1",
    Section.SUBSCRIPTIONS: "/subscriptions/v1",
    Section.BOOKINGS: "/resources/bookings/v1",
    Section.BLOCKS: "/registrations/v1",
}


def all_of(*places: str) -> set[tuple[Section, str | None]]:
    scopes: set[tuple[Section, str | None]] = {(section, place) for section in HERE for place in places}
    return scopes | {(Section.BLOCKS, None)}


@pytest.fixture
def house(fake: AndcardsFake, berlin: str, day: Window) -> str:
    """A small house: Ann in a company with a plan, Bob with his own, Cy who only books."""
    acme = fake.add_company(berlin, "ACME")
    fake.add_person(berlin, "Ann Lee", "ann@example.com", company=acme)
    bob = fake.add_person(berlin, "Bob", "bob@example.com")
    cy = fake.add_person(berlin, "Cy", "cy@example.com", member=False)
    fake.subscribe(berlin, acme, "Team", starts=day.starts - timedelta(days=9))
    fake.subscribe(berlin, bob, "Flex", starts=day.starts, ends=day.ends)
    fake.book(berlin, cy, "Desk 4", "desk", starts=day.starts, ends=day.ends)
    return berlin


# What it tells


async def test_everything(fake: AndcardsFake, source: AndcardsSource, house: str, day: Window) -> None:
    read = await source.snapshot([house], day)
    assert sorted(one.name for one in read.people) == ["Ann Lee", "Bob", "Cy"]
    assert [one.name for one in read.companies] == ["ACME"]
    assert [one.member for one in read.affiliations] == [True, True, False]
    team, flex = read.subscriptions
    assert (team.company_id, team.person_id) == (read.companies[0].id, None)
    assert (flex.ends, flex.plans[0].name) == (day.ends, "Flex")
    [booking] = read.bookings
    assert (booking.kind, booking.resource) == (BookingKind.DESK, "Desk 4")
    assert booking.person_id in {one.id for one in read.people}
    assert read.complete == all_of(house)
    assert read.failures == ()


async def test_several_locations(fake: AndcardsFake, source: AndcardsSource, house: str, day: Window) -> None:
    other = fake.add_location("Ost", "Europe/Kyiv")
    ann = fake.add_person(other, "Ann Lee", "ann@example.com")
    read = await source.snapshot([house, other], day)
    assert len(read.people) == 3, "one person, two records"
    assert {one.location_id for one in read.affiliations if one.person_id == ann} == {house, other}
    assert read.complete == all_of(house, other)


async def test_other_locations_are_not_read(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    other = fake.add_location("Ost", "Europe/Kyiv")
    fake.add_person(other, "Dee", "dee@example.com")
    read = await source.snapshot([house], day)
    assert "Dee" not in {one.name for one in read.people}


async def test_scheduled_and_incomplete_plans_are_told(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    ann = fake.add_person(house, "Dee", "dee@example.com")
    later = fake.subscribe(house, ann, "Later", starts=day.ends)
    unpaid = fake.subscribe(house, ann, "Unpaid", starts=day.starts, state="incomplete")
    fake.subscribe(house, ann, "Over", starts=day.starts, state="cancelled")
    states = {one.id: one.state for one in (await source.snapshot([house], day)).subscriptions}
    assert states[later] is SubscriptionState.SCHEDULED
    assert states[unpaid] is SubscriptionState.INCOMPLETE
    assert len(states) == 4, "cancelled ones are not listed"


async def test_the_limit_is_kept_with_many_locations(
    fake: AndcardsFake, source: AndcardsSource, day: Window
) -> None:
    places = [fake.add_location(f"House {number}", "Europe/Berlin") for number in range(9)]
    read = await source.snapshot(places, day)
    assert read.complete == all_of(*places)
    assert {call.status for call in fake.calls} == {200}


async def test_nobody_is_told_as_read(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    """Whether to believe it is the core's business."""
    fake.answer_with_nobody(True)
    read = await source.snapshot([house], day)
    assert (read.people, read.bookings) == ((), ())
    assert read.complete == all_of(house)
    fake.answer_with_nobody(False)
    assert len((await source.snapshot([house], day)).people) == 3


async def test_half_of_the_people(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.faults.half_the_people = True
    assert len((await source.snapshot([house], day)).affiliations) == 2


# How far it came


@pytest.mark.parametrize("section", list(PATHS))
async def test_a_section_that_fails_is_alone(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window, section: Section
) -> None:
    fake.faults.fail(PATHS[section])
    read = await source.snapshot([house], day)
    place = None if section is Section.BLOCKS else house
    assert read.complete == all_of(house) - {(section, place)}
    [failure] = read.failures
    assert "503" in failure
    assert ("Kreuzberg" in failure) is (section is not Section.BLOCKS)


async def test_a_section_fails_at_one_location_only(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    other = fake.add_location("Ost", "Europe/Kyiv")
    fake.knobs.largest_page = 1
    fake.faults.fail(PATHS[Section.PEOPLE], page=2)
    fake.add_person(other, "Dee", "dee@example.com")
    read = await source.snapshot([house, other], day)
    assert read.complete == all_of(house, other) - {(Section.PEOPLE, house)}
    names = {one.id: one.name for one in read.people}
    assert {names[one.person_id] for one in read.affiliations} == {"Ann Lee", "Dee"}, "page 1 is kept"
    assert "Cy" in names.values(), "known by his booking"


@pytest.mark.parametrize("kind", ["repeat_token", "other_key"])
async def test_a_section_that_makes_no_sense(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window, kind: Any
) -> None:
    fake.untidy = True
    fake.knobs.largest_page = 1
    fake.faults.paging["memberships"] = kind
    read = await source.snapshot([house], day)
    assert read.complete == all_of(house) - {(Section.PEOPLE, house)}


@pytest.mark.parametrize(
    ("table", "section"),
    [
        ("memberships", Section.PEOPLE),
        ("companies", Section.COMPANIES),
        ("subscriptions", Section.SUBSCRIPTIONS),
        ("bookings", Section.BOOKINGS),
        ("resources", Section.BOOKINGS),
    ],
)
async def test_a_record_that_cannot_be_used_is_nobody_gone(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window, table: str, section: Section
) -> None:
    fake.untidy = True
    records = getattr(fake.state, table)
    next(iter(records.values()))["id"] = ""
    read = await source.snapshot([house], day)
    assert read.complete == all_of(house) - {(section, house)}
    assert any("cannot be understood" in failure for failure in read.failures)


@pytest.mark.parametrize(
    ("table", "field", "section"),
    [
        ("subscriptions", "endDate", Section.SUBSCRIPTIONS),
        ("companies", "title", Section.COMPANIES),
        ("memberships", "companyRef", Section.PEOPLE),
        ("bookings", "updateDate", None),
    ],
)
async def test_a_record_with_a_field_of_another_shape(
    fake: AndcardsFake,
    source: AndcardsSource,
    house: str,
    day: Window,
    table: str,
    field: str,
    section: Section | None,
) -> None:
    fake.untidy = True
    before = await source.snapshot([house], day)
    next(iter(getattr(fake.state, table).values()))[field] = ["?"]
    read = await source.snapshot([house], day)
    assert before.complete - read.complete == ({(section, house)} if section else set())


async def test_a_registration_that_does_not_say_blocked_or_not(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.faults.answer("/registrations", b'{"registrations": [{"user": {"id": "u"}}]}')
    read = await source.snapshot([house], day)
    assert read.complete == all_of(house) - {(Section.BLOCKS, None)}


async def test_without_the_resources_no_booking_changes_its_kind(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.faults.fail("/resources/v1")
    first = await source.snapshot([house], day)
    assert first.bookings == (), "left out, not told as OTHER"
    fake.faults.clear()
    await source.snapshot([house], day)
    fake.faults.fail("/resources/v1")
    again = await source.snapshot([house], day)
    assert [one.kind for one in again.bookings] == [BookingKind.DESK], "as it was known"
    assert (Section.BOOKINGS, house) not in first.complete | again.complete


async def test_an_owner_who_cannot_be_asked_for_leaves_the_booking_out(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.knobs.shows_owner = False
    fake.faults.fail(PATHS[Section.PEOPLE])
    read = await source.snapshot([house], day)
    assert read.bookings == ()
    assert (Section.BOOKINGS, house) not in read.complete


async def test_a_location_that_is_no_longer_there(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    lost = fake.state.new_id()
    read = await source.snapshot([house, lost], day)
    assert read.complete == all_of(house)
    assert lost in read.failures[0]


async def test_refused_at_once_raises(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.regenerate_credentials()
    with pytest.raises(AuthFailed):
        await source.snapshot([house], day)
    assert len(fake.calls) == 1


async def test_down_at_once_raises(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.faults.fail()
    with pytest.raises(Unreachable):
        await source.snapshot([house], day)


@pytest.mark.parametrize("path", [PATHS[Section.PEOPLE], "/resources/v1"])
async def test_refused_in_the_middle_stops_asking(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window, path: str
) -> None:
    fake.faults.fail(path, 401, times=1)
    read = await source.snapshot([house], day)
    assert (Section.COMPANIES, house) in read.complete
    assert (Section.BLOCKS, None) not in read.complete
    assert (Section.BOOKINGS, house) not in read.complete
    assert fake.calls[-1].status == 401, "nothing was asked after it"


async def test_forbidden_in_the_middle_goes_on(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.faults.fail(PATHS[Section.COMPANIES], 403)
    read = await source.snapshot([house], day)
    assert read.complete == all_of(house) - {(Section.COMPANIES, house)}


async def test_an_owner_asked_for_when_credentials_die(
    fake: AndcardsFake, source: AndcardsSource, house: str, day: Window
) -> None:
    fake.knobs.shows_owner = False
    fake.faults.fail("/memberships/v1", 503, times=3)
    fake.faults.fail("/memberships/v1/", 401)
    read = await source.snapshot([house], day)
    assert read.complete == {(Section.COMPANIES, house), (Section.SUBSCRIPTIONS, house)}


async def test_an_empty_snapshot_has_every_field(source: AndcardsSource, day: Window) -> None:
    read = await source.snapshot([], day)
    assert read.complete == {(Section.BLOCKS, None)}
    assert {field.name for field in fields(Snapshot)} >= {"gone", "failures"}


# Check and locations


async def test_locations(fake: AndcardsFake, source: AndcardsSource, berlin: str) -> None:
    nowhere = fake.state.location("Nowhere", None)
    assert list(await source.locations()) == [
        SourceLocation(berlin, "Kreuzberg", "Europe/Berlin"),
        SourceLocation(nowhere, "Nowhere", ""),
    ]


@pytest.mark.parametrize("zone", [None, "Mars/Base"])
async def test_check_finds_a_location_without_a_zone(
    fake: AndcardsFake, source: AndcardsSource, zone: str | None
) -> None:
    place = fake.state.location("Nowhere", zone)
    [finding] = await source.check()
    assert (finding.level, finding.code, finding.about) == (Level.WARNING, "andcards.timezone", place)
    assert "Nowhere" in finding.summary


async def test_check_finds_a_wrong_network(fake: AndcardsFake, connect: Any) -> None:
    fake.untidy = True
    source = await connect(network_id="another")
    fake.faults.answer("/networks", b'{"networks": [{"id": "n1", "title": "Cusna"}]}')
    [finding] = await source.check()
    assert (finding.code, finding.path) == ("andcards.network-unknown", "network_id")
    assert "n1 (Cusna)" in finding.fix


async def test_check_wants_a_network_with_client_credentials(fake: AndcardsFake, connect: Any) -> None:
    fake.knobs.bearer = True
    source = await connect(network_id=None)
    [finding] = await source.check()
    assert (finding.code, finding.path) == ("andcards.network-needed", "network_id")
    assert fake.state.network["id"] in finding.fix


async def test_check_of_a_wrong_address(fake: AndcardsFake, connect: Any) -> None:
    source = await connect(base_url=fake.address + "/somewhere")
    fake.watch = None  # no path of the specification, on purpose
    with pytest.raises(ConfigError) as caught:
        await source.check()
    assert caught.value.path == "base_url"
