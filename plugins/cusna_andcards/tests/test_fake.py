"""Is the Spacebring in a box like the real one, as far as that is known?"""

import base64
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import aiohttp
import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_core.api import Window


class Caller:
    """A client without manners: whatever a test wants to ask."""

    def __init__(self, fake: AndcardsFake, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.session = session
        pair = base64.b64encode(f"{fake.client_id}:{fake.client_secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}"}

    async def __call__(self, path: str, *, method: str = "GET", **query: Any) -> tuple[int, Any]:
        url = self.fake.address + path
        names = {name.replace("__", "[") + ("]" if "__" in name else ""): one for name, one in query.items()}
        async with self.session.request(method, url, params=names, headers=self.headers) as answer:
            text = await answer.read()
            return answer.status, (await answer.json() if text and answer.status != 401 else None)


@pytest.fixture
async def ask(fake: AndcardsFake) -> AsyncIterator[Caller]:
    fake.watch = None  # these calls are not the client's, some break the specification on purpose
    fake.knobs.requests_per_second = None
    async with aiohttp.ClientSession() as session:
        yield Caller(fake, session)


@pytest.fixture
def desk(fake: AndcardsFake, berlin: str) -> str:
    return fake.state.resource(berlin, "Desk 1")


@pytest.fixture
def member(fake: AndcardsFake, berlin: str) -> str:
    fake.add_person(berlin, "Ann Lee", "Ann@Example.com")
    return next(iter(fake.state.memberships))


def ids(answer: tuple[int, Any], key: str) -> list[str]:
    status, body = answer
    assert status == 200
    return [one["id"] for one in body[key]]


# Signing


@pytest.mark.parametrize("header", ["", "Basic", "Basic ???", "Basic /w==", "Digest YTpi", "Bearer x"])
async def test_only_the_right_credentials(ask: Caller, header: str) -> None:
    url = f"{ask.fake.address}/networks/v1"
    async with ask.session.get(url, headers={"Authorization": header} if header else {}) as answer:
        assert answer.status == 401
        assert await answer.read() == ask.fake.knobs.unauthorized_body


async def test_bearer_needs_the_network(fake: AndcardsFake, ask: Caller, berlin: str) -> None:
    fake.knobs.bearer = True
    form = {
        "grant_type": "client_credentials",
        "client_id": fake.client_id,
        "client_secret": fake.client_secret,
    }
    async with ask.session.post(f"{fake.address}/oauth2/token", data=form) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    named = headers | {"spacebring-network-id": fake.state.network["id"]}
    wrong = headers | {"spacebring-network-id": "another"}
    for path, sent, expected in [
        ("/networks/v1", headers, 200),
        ("/locations/v1", headers, 400),
        ("/locations/v1", named, 200),
        ("/locations/v1", wrong, 400),
    ]:
        async with ask.session.get(fake.address + path, headers=sent) as answer:
            assert answer.status == expected


async def test_nothing_can_be_written(ask: Caller, berlin: str) -> None:
    assert (await ask(f"/locations/v1/{berlin}", method="DELETE"))[0] == 404


# Filters and pages


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/community/memberships/v1", ["locationRef"]),
        ("/community/memberships/v1/deleted", ["locationRef"]),
        ("/community/companies/v1", ["locationRef"]),
        ("/resources/v1", ["locationRef"]),
        ("/subscriptions/v1", []),
        ("/resources/bookings/v1", []),
    ],
)
async def test_required_filters(ask: Caller, path: str, names: list[str]) -> None:
    status, body = await ask(path)
    assert (status, body["type"], body["issues"][0]["path"]) == (400, "validationError", names)


@pytest.mark.parametrize(("limit", "size"), [("7", 7), ("500", 100), ("0", 25), ("x", 25), (None, 25)])
async def test_limits(fake: AndcardsFake, ask: Caller, berlin: str, limit: str | None, size: int) -> None:
    for number in range(101):
        fake.add_company(berlin, f"C{number}")
    query = {"locationRef": berlin} | ({"limit": limit} if limit else {})
    assert len(ids(await ask("/community/companies/v1", **query), "companies")) == size


async def test_a_token_belongs_to_its_filters(fake: AndcardsFake, ask: Caller, berlin: str) -> None:
    for number in range(3):
        fake.add_company(berlin, f"C{number}")
    path = "/community/companies/v1"
    _, first = await ask(path, locationRef=berlin, limit=2)
    token = first["nextPageToken"]
    _, second = await ask(path, locationRef=berlin, limit=2, nextPageToken=token)
    assert len(second["companies"]) == 1
    assert "nextPageToken" not in second
    assert (await ask(path, locationRef=berlin, limit=3, nextPageToken=token))[0] == 400
    assert (await ask(path, locationRef=berlin, limit=2, nextPageToken="made up"))[0] == 400


async def test_memberships(fake: AndcardsFake, ask: Caller, berlin: str, member: str) -> None:
    path = "/community/memberships/v1"
    acme = fake.add_company(berlin, "ACME")
    guest = fake.state.membership(berlin, fake.state.user("g@x.com", "Guest"), kind="nonmember")
    new = fake.state.membership(berlin, fake.state.user("n@x.com", "New"), status="requested", company=acme)
    both = "member,nonmember"
    assert ids(await ask(path, locationRef=berlin), "memberships") == [member, new]
    assert ids(await ask(path, locationRef=berlin, types=both), "memberships") == [member, guest, new]
    assert ids(await ask(path, locationRef=berlin, status="requested"), "memberships") == [new]
    assert ids(await ask(path, locationRef=berlin, companyRef=acme), "memberships") == [new]
    user = fake.state.memberships[guest]["userRef"]
    assert ids(await ask(path, locationRef=berlin, types=both, userRef=user), "memberships") == [guest]
    fake.state.delete_membership(member)
    gone = await ask(path + "/deleted", locationRef=berlin, userEmail="Ann@Example.com")
    assert ids(gone, "memberships") == [member]
    assert ids(await ask(path, locationRef=berlin), "memberships") == [new]


async def test_subscriptions(
    fake: AndcardsFake, ask: Caller, berlin: str, member: str, day: Window, clock: Any
) -> None:
    path = "/subscriptions/v1"
    person = fake.state.memberships[member]["userRef"]
    now = fake.subscribe(berlin, person, "Now", starts=day.starts, ends=day.ends)
    later = fake.subscribe(berlin, person, "Later", starts=day.ends)
    unpaid = fake.subscribe(berlin, person, "Unpaid", starts=day.starts, state="incomplete")
    over = fake.subscribe(berlin, person, "Over", starts=day.starts, state="cancelled")
    assert ids(await ask(path, locationRef=berlin), "subscriptions") == [now, later, unpaid]
    asked = await ask(path, customerRef=member, status="canceled,incompleteExpired")
    assert ids(asked, "subscriptions") == [over]
    clock.passed += 24 * 3600
    assert ids(await ask(path, locationRef=berlin, status="active"), "subscriptions") == [later]
    _, shown = await ask(f"/community/memberships/v1/{member}")
    assert shown["membership"]["subscriptionRef"] == now
    fake.knobs.shows_subscription_ref = False
    _, shown = await ask(f"/community/memberships/v1/{member}")
    assert "subscriptionRef" not in shown["membership"]


async def test_resources(fake: AndcardsFake, ask: Caller, berlin: str, desk: str) -> None:
    seat = fake.state.resource(berlin, "Seat", "room", parent=desk)
    path = "/resources/v1"
    assert ids(await ask(path, locationRef=berlin), "resources") == [desk, seat]
    assert ids(await ask(path, locationRef=berlin, types="room,studio"), "resources") == [seat]
    _, shown = await ask(f"{path}/{desk}")
    assert shown["resource"]["children"] == [{"id": seat, "title": "Seat"}]
    fake.state.delete_resource(desk)
    assert (await ask(f"{path}/{desk}"))[0] == 404


async def test_bookings(
    fake: AndcardsFake, ask: Caller, berlin: str, desk: str, member: str, day: Window
) -> None:
    path, hour, state = "/resources/bookings/v1", timedelta(hours=1), fake.state
    first = state.booking(desk, member, day.starts, day.starts + hour)
    second = state.booking(desk, None, day.starts + hour, day.starts + 2 * hour, status="tentative")
    gone = state.booking(desk, member, day.starts, day.starts + hour)
    fake.cancel(gone)
    query = {"locationRef": berlin}
    assert ids(await ask(path, **query), "bookings") == [first, second]
    assert ids(await ask(path, **query, order="startDate:desc"), "bookings") == [second, first]
    assert ids(await ask(path, resourceRef=desk, status="confirmed"), "bookings") == [first]
    _, body = await ask(path, **query, status="canceled")
    assert body["bookings"][0]["deleteDate"]
    assert "status" not in body["bookings"][0]
    assert ids(await ask(path, **query, customerRef=member), "bookings") == [first]
    assert ids(await ask(path, **query, type="hotDesk,room"), "bookings") == [first, second]
    assert ids(await ask(path, **query, type="room"), "bookings") == []
    assert (await ask(path, **query, type="rocket"))[0] == 400
    fake.knobs.refuses_unknown_types = False
    assert ids(await ask(path, **query, type="rocket"), "bookings") == []
    at = "2026-03-10T00:00:00.000Z"  # where the first ends and the second starts
    both = [first, second]
    ends = {"gt": [second], "gte": both, "lt": [], "lte": [first]}
    starts = {"gt": [], "gte": [second], "lt": [first], "lte": both}
    for field, table in {"endDate": ends, "startDate": starts}.items():
        for word, expected in table.items():
            found = await ask(path, **query, **{f"{field}__{word}": at})
            assert ids(found, "bookings") == expected, (field, word)
    async with ask.session.get(
        f"{fake.address}{path}?locationRef={berlin}&endDate%5Bgt%5D={at}", headers=ask.headers
    ) as answer:
        assert ids((answer.status, await answer.json()), "bookings") == [second]


async def test_bookings_of_a_company(
    fake: AndcardsFake, ask: Caller, berlin: str, desk: str, member: str, day: Window
) -> None:
    acme = fake.add_company(berlin, "ACME")
    fake.state.change_company(member, acme)
    one = fake.state.booking(desk, member, day.starts, day.ends)
    query = {"locationRef": berlin, "customerRef": acme}
    assert ids(await ask("/resources/bookings/v1", **query), "bookings") == []
    fake.knobs.customer_may_be_company = True
    assert ids(await ask("/resources/bookings/v1", **query), "bookings") == [one]


async def test_a_series_is_one_unless_asked_otherwise(
    fake: AndcardsFake, ask: Caller, berlin: str, desk: str, member: str, day: Window
) -> None:
    hour = timedelta(hours=1)
    one = fake.state.booking(desk, member, day.starts + hour, day.ends - hour, days=range(2))
    path = "/resources/bookings/v1"
    assert ids(await ask(path, locationRef=berlin), "bookings") == [one]
    each = await ask(path, locationRef=berlin, singleBookings="true")
    assert ids(each, "bookings") == [f"{one}_2026-03-10", f"{one}_2026-03-11"]


async def test_registrations(fake: AndcardsFake, ask: Caller, member: str) -> None:
    user = fake.state.memberships[member]["userRef"]
    fake.block(user)
    _, body = await ask("/registrations/v1")
    [one] = body["registrations"]
    assert (one["blacklisted"], one["user"]["id"]) == (True, user)
    assert one["customers"][0]["membershipType"] == "member"
    fake.state.delete_membership(member)
    _, body = await ask("/registrations/v1")
    assert body["registrations"][0]["customers"][0]["membershipType"] == "none"


async def test_companies_by_title(fake: AndcardsFake, ask: Caller, berlin: str) -> None:
    fake.add_company(berlin, "ACME")
    other = fake.add_company(berlin, "Other")
    found = await ask("/community/companies/v1", locationRef=berlin, title="Other")
    assert ids(found, "companies") == [other]


@pytest.mark.parametrize("path", ["/nothing", "/nothing/v1/5", "/subscriptions/v1/5", "/"])
async def test_not_there(ask: Caller, path: str) -> None:
    assert (await ask(path))[0] == 404


async def test_a_single_location(ask: Caller, berlin: str) -> None:
    _, body = await ask(f"/locations/v1/{berlin}")
    assert body["location"]["timezoneId"] == "Europe/Berlin"


# The demo's words


async def test_one_account_for_an_address(fake: AndcardsFake, berlin: str) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    first = fake.add_person(berlin, "Ann", "ann@example.com")
    assert fake.add_person(ost, "Ann", "ann@example.com") == first
    assert fake.add_person(ost, "Ann", "ann@example.com") != first


async def test_a_desk_is_made_once_for_each_location(fake: AndcardsFake, berlin: str, day: Window) -> None:
    ost = fake.add_location("Ost", "Europe/Kyiv")
    ann = fake.add_person(berlin, "Ann", "ann@example.com")
    for place in (berlin, berlin, ost):
        fake.book(place, ann, "Desk 1", "desk", starts=day.starts, ends=day.ends)
    assert len(fake.state.resources) == 2
    kinds = {row["locationRef"]: row["type"] for row in fake.state.memberships.values()}
    assert kinds == {berlin: "member", ost: "nonmember"}, "who books somewhere gets a record there"


async def test_a_day_that_is_booked_whole(fake: AndcardsFake, berlin: str, desk: str, member: str) -> None:
    one = fake.state.book_day(desk, member, date(2026, 3, 10))
    assert fake.state.bookings[one]["startDate"] == "2026-03-10T07:00:00.000Z"
    fake.knobs.whole_day = "midnights"
    one = fake.state.book_day(desk, member, date(2026, 3, 10))
    assert fake.state.bookings[one]["endDate"] == "2026-03-10T23:00:00.000Z"


async def test_calls_hold_no_credentials(fake: AndcardsFake, ask: Caller) -> None:
    await ask("/networks/v1")
    assert fake.client_secret not in repr(fake.calls[-1])
    assert "authorization" in fake.calls[-1].headers
