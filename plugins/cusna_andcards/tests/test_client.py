"""Does the client speak to the API as it must: signed, in pages, patiently, believing no nonsense?"""

import base64
from datetime import timedelta
from typing import Any

import pytest

from cusna_andcards import client
from cusna_andcards.client import Forbidden, SpacebringApi
from cusna_andcards.fake import AndcardsFake
from cusna_andcards.fake.faults import http_date
from cusna_andcards.options import AndcardsOptions
from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    Clock,
    Context,
    Missing,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
    Window,
)


@pytest.fixture
async def api(source: Any) -> SpacebringApi:
    found = source.api
    assert isinstance(found, SpacebringApi)
    return found


async def ids(pages: Any) -> list[str]:
    return [record.id async for page in pages for record in page.records]


def people(fake: AndcardsFake, location: str, count: int) -> list[str]:
    for number in range(count):
        fake.add_person(location, f"Person {number}", f"p{number}@example.com")
    return list(fake.state.memberships)


# Signing


def test_basic_is_as_documented(clock: Clock) -> None:
    options = AndcardsOptions.model_validate({"client_id": "client id", "client_secret": "client secret"})
    headers: dict[str, str] = {}
    SpacebringApi(options, Context("hq", "t", clock, str)).sign(headers, {})
    assert headers == {"Authorization": "Basic Y2xpZW50IGlkOmNsaWVudCBzZWNyZXQ="}
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"client id:client secret"


async def test_wrong_credentials(fake: AndcardsFake, connect: Any) -> None:
    source = await connect(client_secret="wrong")
    with pytest.raises(AuthFailed, match="Network settings > Developers"):
        await source.check()
    assert len(fake.calls) == 1, "a refusal is not repeated"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"message": "no"}'])
async def test_regenerated_credentials(fake: AndcardsFake, api: SpacebringApi, body: bytes) -> None:
    fake.knobs.unauthorized_body = body
    await api.networks()
    fake.regenerate_credentials()
    with pytest.raises(AuthFailed):
        await api.networks()


async def test_forbidden_is_about_one_call(fake: AndcardsFake, api: SpacebringApi, berlin: str) -> None:
    fake.faults.fail("/registrations", 403)
    with pytest.raises(Forbidden, match="owner"):
        await ids(api.registrations())
    assert await ids(api.memberships(berlin)) == []


async def test_network_id_is_sent(fake: AndcardsFake, connect: Any) -> None:
    source = await connect(network_id=fake.state.network["id"])
    await source.api.networks()
    assert "spacebring-network-id" in fake.calls[-1].headers


async def test_client_credentials(fake: AndcardsFake, connect: Any, clock: Any) -> None:
    fake.knobs.bearer = True
    source = await connect()
    await source.api.networks()
    await source.api.locations()
    assert [call.path for call in fake.calls] == ["/oauth2/token", "/networks/v1", "/locations/v1"]
    clock.passed += fake.knobs.token_lives - 59  # renewed a minute early
    await source.api.networks()
    assert [call.path for call in fake.calls][3:] == ["/oauth2/token", "/networks/v1"]


async def test_a_token_that_died_is_renewed_once(fake: AndcardsFake, connect: Any) -> None:
    fake.knobs.bearer = True
    source = await connect()
    await source.api.networks()
    fake.faults.fail("/networks", 401, times=1)
    await source.api.networks()
    assert [call.status for call in fake.calls] == [200, 200, 401, 200, 200]


async def test_client_credentials_that_are_refused(fake: AndcardsFake, connect: Any) -> None:
    fake.knobs.bearer = True
    source = await connect()
    fake.regenerate_credentials()
    with pytest.raises(AuthFailed, match="token endpoint"):
        await source.api.networks()


async def test_a_token_answer_of_another_shape(fake: AndcardsFake, connect: Any) -> None:
    fake.knobs.bearer = True
    source = await connect()
    fake.faults.answer("/oauth2/token", b'{"access_token": ""}')
    with pytest.raises(BadAnswer, match="access_token"):
        await source.api.networks()


# Pages


async def test_pages(fake: AndcardsFake, api: SpacebringApi, berlin: str) -> None:
    fake.knobs.largest_page = 2
    expected = people(fake, berlin, 7)
    assert await ids(api.memberships(berlin)) == expected
    asked = [call.query for call in fake.calls]
    assert len(asked) == 4
    assert all(query["locationRef"] == berlin and query["types"] == "member,nonmember" for query in asked)
    assert "nextPageToken" not in asked[0]


async def test_a_hundred_at_once(fake: AndcardsFake, api: SpacebringApi, berlin: str) -> None:
    expected = people(fake, berlin, 101)
    assert await ids(api.memberships(berlin)) == expected
    assert len(fake.calls) == 2


async def test_a_token_that_repeats(fake: AndcardsFake, api: SpacebringApi, berlin: str) -> None:
    fake.knobs.largest_page = 2
    people(fake, berlin, 9)
    fake.faults.paging["memberships"] = "repeat_token"
    with pytest.raises(BadAnswer, match="twice"):
        await ids(api.memberships(berlin))


async def test_too_many_pages(
    fake: AndcardsFake, api: SpacebringApi, berlin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGES", 3)
    fake.knobs.largest_page = 1
    people(fake, berlin, 5)
    with pytest.raises(BadAnswer, match="more than 3 pages"):
        await ids(api.memberships(berlin))


@pytest.mark.parametrize(("kind", "says"), [("other_key", "memberships"), ("number_token", "no text")])
async def test_envelopes_that_are_none(
    fake: AndcardsFake, api: SpacebringApi, berlin: str, kind: Any, says: str
) -> None:
    fake.untidy = True
    fake.knobs.largest_page = 1
    people(fake, berlin, 2)
    fake.faults.paging["memberships"] = kind
    with pytest.raises(BadAnswer, match=says):
        await ids(api.memberships(berlin))


@pytest.mark.parametrize("body", [b"[]", b'{"memberships": {}}', b"null", b'{"memberships": null}'])
async def test_lists_that_are_none(fake: AndcardsFake, api: SpacebringApi, berlin: str, body: bytes) -> None:
    fake.faults.answer("/memberships", body)
    with pytest.raises(BadAnswer):
        await ids(api.memberships(berlin))


async def test_records_that_cannot_be_read_are_counted(
    fake: AndcardsFake, api: SpacebringApi, berlin: str
) -> None:
    fake.faults.answer("/memberships", b'{"memberships": [{"id": "a"}, 5, {"id": []}, {"id": "b"}]}')
    pages = [page async for page in api.memberships(berlin)]
    assert [record.id for record in pages[0].records] == ["a", "b"]
    assert pages[0].unreadable == 2


# Single records


async def test_single_records(fake: AndcardsFake, api: SpacebringApi, berlin: str, day: Window) -> None:
    ann = fake.add_person(berlin, "Ann", "ann@example.com")
    company = fake.add_company(berlin, "ACME")
    plan = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    booking = fake.book(berlin, ann, "Desk 4", "desk", starts=day.starts, ends=day.ends)
    [member] = fake.state.memberships
    [desk] = fake.state.resources
    assert (await api.membership(member)).user_ref == ann
    assert (await api.company(company)).title == "ACME"
    assert (await api.subscription(plan)).user == ann
    assert (await api.resource(desk)).title == "Desk 4"
    assert (await api.booking(booking)).owner_membership == member


async def test_a_record_that_is_not_there(fake: AndcardsFake, api: SpacebringApi) -> None:
    with pytest.raises(Missing):
        await api.company(fake.state.new_id())
    fake.knobs.missing_status = 400
    with pytest.raises(Rejected) as caught:
        await api.company(fake.state.new_id())
    assert not isinstance(caught.value, Missing), "400 may mean anything"


@pytest.mark.parametrize("one", ["../networks", "a/b", "a?b", "", "..", "a b"])
async def test_ids_stay_in_their_place(fake: AndcardsFake, api: SpacebringApi, one: str) -> None:
    with pytest.raises(Rejected):
        await api.booking(one)
    assert not fake.calls


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"company": [1]}', b'{"company": {"id": []}}'])
async def test_single_records_in_another_shape(fake: AndcardsFake, api: SpacebringApi, body: bytes) -> None:
    fake.faults.answer("/companies", body)
    with pytest.raises(BadAnswer):
        await api.company(fake.state.new_id())


# Bad days


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_passing_failure_is_repeated(fake: AndcardsFake, api: SpacebringApi, status: int) -> None:
    fake.faults.fail("/networks", status, times=2)
    assert len(await api.networks()) == 1
    assert [call.status for call in fake.calls] == [status, status, 200]


async def test_a_lasting_failure_is_unreachable(fake: AndcardsFake, api: SpacebringApi) -> None:
    fake.faults.fail("/networks", 503)
    with pytest.raises(Unreachable):
        await api.networks()
    assert len(fake.calls) == 3


async def test_a_connection_that_breaks(fake: AndcardsFake, api: SpacebringApi) -> None:
    fake.faults.drop("/networks", times=1)
    assert len(await api.networks()) == 1
    fake.faults.drop("/networks")
    with pytest.raises(Unreachable):
        await api.networks()


async def test_no_answer_at_all(fake: AndcardsFake, clock: Clock) -> None:
    fake.faults.hang("/networks")
    options = AndcardsOptions.model_validate(fake.options())
    api = SpacebringApi(options, Context("hq", "t", clock, str), timeout=0.05)
    await api.open()
    try:
        with pytest.raises(Unreachable, match="TimeoutError"):
            await api.networks()
    finally:
        await api.close()
        await api.close()


async def test_nobody_listens(fake: AndcardsFake, api: SpacebringApi) -> None:
    await fake.stop()
    with pytest.raises(Unreachable):
        await api.networks()


async def test_html_and_broken_json(fake: AndcardsFake, api: SpacebringApi) -> None:
    fake.faults.html("/networks")
    with pytest.raises(BadAnswer, match="not JSON"):
        await api.networks()
    fake.faults.clear()
    fake.faults.truncated = "/networks"
    with pytest.raises(BadAnswer, match="not JSON"):
        await api.networks()


@pytest.mark.parametrize("form", ["seconds", "date", None])
async def test_retry_after(fake: AndcardsFake, api: SpacebringApi, clock: Any, form: str | None) -> None:
    told = {"seconds": "7", "date": http_date(clock.now() + timedelta(0), 7), None: None}[form]
    fake.faults.throttle("/networks", retry_after=told)
    if form == "date":
        fake.faults.planned[0].headers["Date"] = http_date(clock.now(), 0)
    assert len(await api.networks()) == 1
    assert (1.0 if form is None else 7.0) in clock.slept


async def test_a_storm_of_429(fake: AndcardsFake, api: SpacebringApi) -> None:
    fake.faults.throttle("/networks", times=9)
    with pytest.raises(RateLimited):
        await api.networks()


async def test_the_rate_is_kept(fake: AndcardsFake, api: SpacebringApi, clock: Any) -> None:
    for _ in range(30):
        await api.networks()
    assert {call.status for call in fake.calls} == {200}
    assert clock.passed == pytest.approx(29 / 8)


@pytest.mark.parametrize("form", ["seconds", "date", None])
async def test_the_vendors_limit(fake: AndcardsFake, connect: Any, form: Any) -> None:
    fake.knobs.retry_after = form
    fake.knobs.requests_per_second = 4
    source = await connect(requests_per_second=10)
    for _ in range(8):
        await source.api.networks()
    assert 429 in {call.status for call in fake.calls}


async def test_bad_requests_are_rejected(fake: AndcardsFake, api: SpacebringApi, berlin: str) -> None:
    fake.faults.fail("/memberships", 400)
    with pytest.raises(Rejected) as caught:
        await ids(api.memberships(berlin))
    assert not isinstance(caught.value, Transient)
    assert len(fake.calls) == 1
