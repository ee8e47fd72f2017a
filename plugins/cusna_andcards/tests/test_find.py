"""Does a sign-in find its person, wherever the record is, and nobody else?"""

import json
from datetime import timedelta
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import AuthFailed, Snapshot, Unreachable, Window


@pytest.fixture
def ost(fake: AndcardsFake) -> str:
    return fake.add_location("Ost", "Europe/Kyiv")


@pytest.fixture
def ann(fake: AndcardsFake, berlin: str, day: Window) -> str:
    acme = fake.add_company(berlin, "ACME")
    ann = fake.add_person(berlin, "Ann Lee", "Ann@Example.com", company=acme)
    bob = fake.add_person(berlin, "Bob", "bob@example.com")
    fake.subscribe(berlin, acme, "Team", starts=day.starts)
    fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    fake.subscribe(berlin, bob, "Flex", starts=day.starts)
    fake.book(berlin, ann, "Desk 4", "desk", starts=day.starts, ends=day.ends)
    fake.book(berlin, bob, "Desk 5", "desk", starts=day.starts, ends=day.ends)
    return ann


def about(found: Snapshot | None, person: str) -> Snapshot:
    assert found is not None
    assert [one.id for one in found.people] == [person]
    assert {one.person_id for one in found.affiliations} <= {person}
    assert {one.person_id for one in found.bookings} <= {person}
    assert found.complete == frozenset()
    return found


async def test_everything_about_one(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, ann: str, day: Window
) -> None:
    found = about(await source.find("Ann@Example.com", [berlin, ost], day), ann)
    assert {plan.name for one in found.subscriptions for plan in one.plans} == {"Team", "Flex"}
    assert len(found.subscriptions) == 2
    assert [one.resource for one in found.bookings] == ["Desk 4"]
    assert [one.name for one in found.companies] == ["ACME"]
    assert found.failures == ()


async def test_few_calls_once_the_house_is_known(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, ann: str, day: Window
) -> None:
    await source.snapshot([berlin, ost], day)
    fake.calls.clear()
    about(await source.find("ann@example.com", [berlin, ost], day), ann)
    assert len(fake.calls) <= 6
    assert [call.path for call in fake.calls].count("/community/memberships/v1") >= 2


@pytest.mark.parametrize("typed", ["Ann@Example.com", " ann@example.COM ", "ANN@EXAMPLE.COM"])
@pytest.mark.parametrize("heeds_case", [True, False])
async def test_edge_01_email_in_another_case(
    fake: AndcardsFake,
    source: AndcardsSource,
    berlin: str,
    ann: str,
    day: Window,
    typed: str,
    heeds_case: bool,
) -> None:
    """The address is told as it is stored; the filter's case rule is not documented."""
    fake.knobs.email_heeds_case = heeds_case
    await source.snapshot([berlin], day)
    found = about(await source.find(typed, [berlin], day), ann)
    assert found.people[0].email == "Ann@Example.com"


async def test_lower_case_is_asked_for_too(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, day: Window
) -> None:
    cy = fake.add_person(berlin, "Cy", "cy@example.com")
    about(await source.find("CY@example.com", [berlin], day), cy)
    assert [call.query.get("userEmail") for call in fake.calls][:2] == ["CY@example.com", "cy@example.com"]


async def test_nobody(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, ann: str, day: Window
) -> None:
    assert await source.find("who@example.com", [berlin, ost], day) is None
    assert len(fake.calls) == 2


@pytest.mark.parametrize("typed", ["", "ann", "ann@", "a b@example.com", "a@b@example.com"])
async def test_what_is_no_address_is_not_asked_for(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, day: Window, typed: str
) -> None:
    assert await source.find(typed, [berlin], day) is None
    assert not fake.calls


async def test_a_filter_that_the_vendor_ignores_tells_nobody_else(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    rows = fake.state
    everybody = [
        {"id": one, **rows.memberships[one], "user": rows.users[rows.memberships[one]["userRef"]]}
        for one in rows.memberships
    ]
    fake.faults.answer("/memberships", json.dumps({"memberships": everybody}).encode())
    found = about(await source.find("ann@example.com", [berlin], day), ann)
    assert {one.person_id for one in found.subscriptions} <= {ann, None}
    [hers] = [one for one, row in fake.state.memberships.items() if row["userRef"] == ann]
    asked = {call.query["customerRef"] for call in fake.calls if "customerRef" in call.query}
    assert asked == {hers, fake.state.memberships[hers]["companyRef"]}
    assert await source.find("who@example.com", [berlin], day) is None


async def test_a_person_with_records_at_two_locations(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, ann: str, day: Window
) -> None:
    fake.add_person(ost, "Ann Lee", "Ann@Example.com")
    found = about(await source.find("Ann@Example.com", [berlin, ost], day), ann)
    assert {one.location_id for one in found.affiliations} == {berlin, ost}


async def test_edge_02_two_persons_with_one_address(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, day: Window
) -> None:
    first = fake.add_person(berlin, "Ann", "ann@example.com")
    second = fake.add_person(berlin, "Ann", "ann@example.com")
    found = await source.find("ann@example.com", [berlin], day)
    assert found is not None
    assert {one.id for one in found.people} == {first, second}
    assert first != second


async def test_edge_03_reinvited_with_another_id(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    old = next(one for one, row in fake.state.memberships.items() if row["userRef"] == ann)
    new = fake.state.memberships[fake.state.reinvite(old)]["userRef"]
    assert new != ann
    about(await source.find("Ann@Example.com", [berlin], day), new)


async def test_edge_04_address_changed(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    await source.snapshot([berlin], day)
    fake.state.change_email(ann, "lee@example.com")
    about(await source.find("lee@example.com", [berlin], day), ann)
    assert await source.find("Ann@Example.com", [berlin], day) is None


@pytest.mark.parametrize("finds", [True, False])
async def test_waiting_for_approval(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, day: Window, finds: bool
) -> None:
    fake.knobs.finds_requested = finds
    user = fake.state.user("new@example.com", "New")
    fake.state.membership(berlin, user, status="requested")
    found = await source.find("new@example.com", [berlin], day)
    if finds:
        assert [one.approved for one in about(found, user).affiliations] == [False]
    else:
        assert found is None


async def test_a_deleted_record_is_nobody(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    for one, row in list(fake.state.memberships.items()):
        if row["userRef"] == ann:
            fake.state.delete_membership(one)
    assert await source.find("Ann@Example.com", [berlin], day) is None


async def test_a_company_that_is_new(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    await source.snapshot([berlin], day)
    new = fake.add_company(berlin, "Newcomers")
    member = next(one for one, row in fake.state.memberships.items() if row["userRef"] == ann)
    fake.state.change_company(member, new)
    found = about(await source.find("Ann@Example.com", [berlin], day), ann)
    assert [one.name for one in found.companies] == ["Newcomers"]
    assert {one.company_id for one in found.subscriptions} == {None}


# Attendees


async def test_a_guest_is_found_by_the_booking(
    fake: AndcardsFake, connect: Any, berlin: str, ann: str, day: Window
) -> None:
    source = await connect(include_attendees=True)
    guest = fake.state.user("guest@example.com", "Guest")
    fake.state.bookings[next(iter(fake.state.bookings))]["attendees"] = [fake.state.attendee(user=guest)]
    found = about(await source.find("guest@example.com", [berlin], day), guest)
    assert [one.resource for one in found.bookings] == ["Desk 4"]
    assert len(about(await source.find("ann@example.com", [berlin], day), ann).bookings) == 1


# Bad days


async def test_one_location_that_fails_hides_nobody_at_another(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, ann: str, day: Window
) -> None:
    fake.faults.fail(f"/memberships/v1?locationRef={ost}")
    about(await source.find("Ann@Example.com", [ost, berlin], day), ann)


async def test_nobody_is_only_said_when_all_answered(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ost: str, day: Window
) -> None:
    fake.faults.fail(f"/memberships/v1?locationRef={ost}")
    with pytest.raises(Unreachable):
        await source.find("who@example.com", [berlin, ost], day)


async def test_refused(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window
) -> None:
    fake.regenerate_credentials()
    with pytest.raises(AuthFailed):
        await source.find("Ann@Example.com", [berlin], day)


@pytest.mark.parametrize("path", ["/subscriptions", "/bookings", "/companies"])
async def test_what_else_fails_leaves_the_person(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window, path: str
) -> None:
    fake.faults.fail(path)
    found = about(await source.find("Ann@Example.com", [berlin], day), ann)
    assert found.failures


async def test_a_record_without_its_user_is_not_used(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, day: Window
) -> None:
    body = b'{"memberships": [{"id": "m", "user": {"email": "ann@example.com"}}]}'
    fake.faults.answer("/memberships", body)
    assert await source.find("ann@example.com", [berlin], day) is None
    assert {call.path for call in fake.calls} == {"/community/memberships/v1"}, "nor asked further"


async def test_five_seconds_are_enough_for_ten_locations(
    fake: AndcardsFake, source: AndcardsSource, berlin: str, ann: str, day: Window, clock: Any
) -> None:
    places = [berlin, *(fake.add_location(f"House {number}", "Europe/Berlin") for number in range(9))]
    begin = clock.monotonic()
    about(await source.find("Ann@Example.com", places, day), ann)
    assert clock.monotonic() - begin < 5
    assert timedelta(seconds=clock.monotonic() - begin) > timedelta(seconds=1), "the rate is kept"
