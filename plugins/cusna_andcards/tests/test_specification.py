"""Do we ask what the vendor's specification allows, and does the fake answer what it promises?

Every call of every test is held against it by the fixture `fake`; here all kinds of calls are made
once, so that none can be missing from that.
"""

from collections.abc import Callable
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake, Call
from cusna_andcards.source import AndcardsSource
from cusna_core.api import Section, Window

CALLED = {
    "/networks/v1",
    "/locations/v1",
    "/community/companies/v1",
    "/community/companies/v1/{id}",
    "/community/memberships/v1",
    "/community/memberships/v1/{id}",
    "/subscriptions/v1",
    "/subscriptions/v1/{subscriptionId}",
    "/resources/v1",
    "/resources/v1/{resourceId}",
    "/resources/bookings/v1",
    "/resources/bookings/v1/{bookingId}",
    "/registrations/v1",
}


async def test_every_kind_of_call_is_checked(
    specification: Any,
    fake: AndcardsFake,
    source: AndcardsSource,
    berlin: str,
    day: Window,
    record_property: Callable[[str, object], None],
) -> None:
    before = (specification.requests, specification.answers)
    specification.begin()
    state = fake.state
    acme = fake.add_company(berlin, "ACME")
    ann = fake.add_person(berlin, "Ann Lee", "ann@example.com", company=acme)
    [member] = state.memberships
    plan = fake.subscribe(berlin, acme, "Team", starts=day.starts, ends=day.ends)
    state.pause_billing(fake.subscribe(berlin, ann, "Flex", starts=day.starts))
    state.end_subscription_on(plan, day.ends.date())
    desk = state.resource(berlin, "Desk 4")
    state.resource(berlin, "Seat 1", parent=desk)
    elsewhere = fake.add_person(fake.add_location("Ost", "Europe/Kyiv"), "Dee", "dee@example.com")
    [dee] = [one for one, row in state.memberships.items() if row["userRef"] == elsewhere]
    guests = [state.attendee(member), state.attendee(user=state.user(None, "Shy"))]
    one = state.booking(desk, member, day.starts, day.ends, attendees=guests, days=range(3))
    state.bookings[state.booking(desk, dee, day.starts, day.ends)]["_owner_hides"] = True
    old = state.resource(berlin, "Old desk")
    state.booking(old, member, day.starts, day.ends)
    state.delete_resource(old)
    fake.block(ann)
    await source.check()
    await source.find("ann@example.com", [berlin], day)
    await source.snapshot([berlin], day)
    await source.again([(Section.SUBSCRIPTIONS, plan), (Section.BOOKINGS, f"{one}_2026-03-10")])
    requests, answers = specification.requests - before[0], specification.answers - before[1]
    record_property("requests checked", requests)
    record_property("answers checked", answers)
    assert specification.wrong == []
    assert specification.paths == CALLED
    assert requests >= len(CALLED)
    assert answers >= len(CALLED) - 1  # 404 is not in the specification


@pytest.mark.parametrize("table", ["memberships/v1/deleted", "plans/v1"])
async def test_what_the_fake_offers_besides(
    specification: Any, fake: AndcardsFake, source: AndcardsSource, berlin: str, table: str
) -> None:
    fake.add_person(berlin, "Ann", "ann@example.com")
    [member] = fake.state.memberships
    fake.state.delete_membership(member)
    path = f"/community/{table}" if "member" in table else f"/{table}"
    found = await source.api.get(path, query={"locationRef": berlin})
    assert isinstance(found, dict)
    assert specification.wrong == []


@pytest.mark.parametrize(
    ("path", "query", "body", "says"),
    [
        ("/networks/v2", {}, b"{}", "no such path"),
        ("/networks/v1", {"colour": "red"}, b"{}", "no parameter"),
        ("/registrations/v1", {"limit": "many"}, b"{}", "limit"),
        ("/community/companies/v1", {}, b"{}", "locationRef is required"),
        ("/community/companies/v1", {"locationRef": "5"}, b"{}", "uuid"),
        (
            "/community/memberships/v1",
            {"locationRef": "5f6d1c0e-3a52-4b8f-9d43-0c5b7a2e9f11", "types": "member,ghost"},
            b"{}",
            "ghost",
        ),
        ("/networks/v1", {}, b'{"networks": {}}', "networks"),
        ("/locations/v1", {}, b'{"locations": [{"id": 5}]}', "locations.0.id"),
    ],
)
def test_the_check_sees_what_is_wrong(
    specification: Any, path: str, query: dict[str, str], body: bytes, says: str
) -> None:
    specification.wrong.clear()
    specification.check(Call("GET", path, query, frozenset(), 200, body, True))
    assert any(says in one for one in specification.wrong)
    specification.wrong.clear()
