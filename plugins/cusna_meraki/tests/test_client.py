"""Is the API spoken as Meraki wants it, and does the key stay where it belongs on a bad day?"""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from yarl import URL

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    Clock,
    Context,
    Key,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Secret,
    Transient,
    Unreachable,
)
from cusna_meraki.client import USER_AGENT, Dashboard, Forbidden
from cusna_meraki.fake import API_KEY, Fault, MerakiFake
from cusna_meraki.models import Psk, Ssid
from cusna_meraki.network import MerakiNetwork

MakeKey = Callable[..., Key]


@pytest.fixture
async def api(fake: MerakiFake, context: Context) -> AsyncIterator[Dashboard]:
    made = Dashboard(fake.options()["base_url"], Secret(API_KEY), context, per_second=9, timeout=5)
    await made.open()
    yield made
    await made.close()


async def test_the_key_goes_as_bearer_and_the_program_gives_its_name(
    fake: MerakiFake, api: Dashboard
) -> None:
    await api.me()
    [entry] = fake.journal
    assert entry.headers["Authorization"] == f"Bearer {API_KEY}"
    assert "X-Cisco-Meraki-API-Key" not in entry.headers
    assert entry.headers["User-Agent"] == USER_AGENT
    form = r"^[A-Za-z0-9]+(?:/[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*(-[a-z]+)?)? [A-Za-z-0-9]+$"
    assert re.match(form, USER_AGENT), "the form that Meraki documents"


# Redirects


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_shard_is_followed_with_method_body_and_key(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, status: int
) -> None:
    shard = await fake.listen("127.0.0.1")
    fake.faults.append(Fault("redirect", match="POST .*identityPsks", status=status, to=shard))
    await network.create(key("mia", "green-river-42"))
    first, second = fake.journal[-2:]
    assert (first.method, second.method) == ("POST", "POST")
    assert first.port != second.port
    assert second.body == first.body
    assert await fake.join("Members", "green-river-42", "02:00:00:00:00:01") == 0


async def test_the_query_goes_along_to_a_shard(fake: MerakiFake, api: Dashboard) -> None:
    shard = await fake.listen("127.0.0.1")
    fake.faults.append(Fault("redirect", status=302, to=shard))
    assert [site.id for site in await api.sites(fake.org)] == [fake.site.id]
    assert fake.journal[1].query == fake.journal[0].query == "perPage=1000"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_other_host_ever_hears_the_key(
    fake: MerakiFake, api: Dashboard, status: int, method: str
) -> None:
    foreign = await fake.listen("127.0.0.2")
    fake.faults.append(Fault("redirect", match=method, status=status, to=foreign, times=9))
    with pytest.raises(BadAnswer):
        await (api.me() if method == "GET" else api.create_policy(fake.site.id, {"name": "x"}))
    assert {entry.port for entry in fake.journal} == {URL(fake.address).port}


async def test_circles_end(fake: MerakiFake, api: Dashboard) -> None:
    fake.faults.append(Fault("redirect", match="POST", status=307, to=fake.address, times=99))
    with pytest.raises(BadAnswer):
        await api.create_policy(fake.site.id, {"name": "x"})
    assert len(fake.journal) == 4, "three hops and no more"


HOSTS = [
    ("https://n149.meraki.com/api/v1/x", True),
    ("https://api.meraki.cn/api/v1/x", True),
    ("https://api.gov-meraki.com/api/v1/x", True),
    ("https://meraki.in/", True),
    ("http://n149.meraki.com/api/v1/x", False),
    ("https://meraki.com.example.org/", False),
    ("https://notmeraki.com/", False),
    ("https://example.org/meraki.com", False),
    ("https://127.0.0.1/", False),
    ("http://127.0.0.1:1/", True),
]


@pytest.mark.parametrize(("url", "allowed"), HOSTS)
def test_only_merakis_hosts_and_its_own_are_followed(context: Context, url: str, allowed: bool) -> None:
    api = Dashboard("http://127.0.0.1:4711/api/v1", Secret(API_KEY), context, per_second=9)
    assert api.may_follow(URL(url)) is allowed


# Errors


@pytest.mark.parametrize(
    ("retry_after", "pause"), [("7", 7.0), ("0", 1.0), (None, 15.0), ("3600", 60.0), ("soon", 15.0)]
)
async def test_429_says_how_long_to_wait(
    fake: MerakiFake, api: Dashboard, clock: Clock, retry_after: str | None, pause: float
) -> None:
    fake.faults.append(Fault("status", match="POST", status=429, retry_after=retry_after))
    with pytest.raises(RateLimited) as caught:
        await api.create_policy(fake.site.id, {"name": "x"})
    assert caught.value.after == pause
    assert len(fake.journal) == 1, "a POST is never repeated here"
    fake.faults.append(Fault("status", match="GET", status=429, retry_after=retry_after, times=2))
    before = clock.monotonic()
    await api.me()
    assert clock.monotonic() - before == pytest.approx(2 * pause, abs=0.5), "a GET waits and is repeated"


ANSWERS: list[tuple[Fault, type[PluginError]]] = [
    (Fault("status", status=400), Rejected),
    (Fault("status", status=401), AuthFailed),
    (Fault("status", status=403), Forbidden),
    (Fault("status", status=404), Missing),
    (Fault("html", status=404), Missing),
    (Fault("status", status=500), Transient),
    (Fault("status", status=502), Unreachable),
    (Fault("html", status=503), Unreachable),
    (Fault("status", status=504), Unreachable),
    (Fault("html", status=200), BadAnswer),
    (Fault("drop"), Unreachable),
]


@pytest.mark.parametrize(("fault", "error"), ANSWERS, ids=lambda one: getattr(one, "kind", None))
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_an_answer_means(
    fake: MerakiFake,
    api: Dashboard,
    told: Callable[[BaseException], str],
    fault: Fault,
    error: type[PluginError],
    method: str,
) -> None:
    fake.faults.append(Fault(fault.kind, status=fault.status, times=9))
    number = fake.cloud.set_up_ssid(fake.site, "Members")
    fields = {"name": "x", "passphrase": "green-river-42", "groupPolicyId": "1"}
    with pytest.raises(PluginError) as caught:
        await (
            api.psks(fake.site.id, number)
            if method == "GET"
            else api.create_psk(fake.site.id, number, fields)
        )
    assert type(caught.value) is error
    text = told(caught.value)
    assert API_KEY not in text
    assert "green-river-42" not in text
    if method == "POST":
        assert len(fake.journal) == 1, "a POST is never repeated"


async def test_an_answer_that_never_comes(fake: MerakiFake, context: Context) -> None:
    api = Dashboard(fake.options()["base_url"], Secret(API_KEY), context, per_second=9, timeout=0.05)
    await api.open()
    fake.faults.append(Fault("hang", match="POST"))
    with pytest.raises(Unreachable):
        await api.create_policy(fake.site.id, {"name": "x"})
    assert len(fake.journal) == 1
    await api.close()


async def test_a_wrong_key_is_said_without_telling_it(
    fake: MerakiFake, make_controller: Callable[..., Any], told: Callable[[BaseException], str]
) -> None:
    controller = await make_controller(api_key="ffff456789abcdef0123456789abcdef01234567")
    with pytest.raises(AuthFailed) as caught:
        await controller.check()
    assert "ffff4567" not in told(caught.value) + repr(controller.options) + repr(controller.api)


@pytest.mark.parametrize(
    "body", ["{}", "null", '[{"name": "x"}]', '[{"id": "1", "expiresAt": "soon"}]', "[1]"]
)
async def test_another_shape_is_never_an_empty_list(
    fake: MerakiFake, api: Dashboard, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    import json

    async def get(path: str, **_: Any) -> Any:
        return json.loads(body)

    monkeypatch.setattr(api, "get", get)
    with pytest.raises(BadAnswer):
        await api.psks(fake.site.id, 0)


async def test_a_page_that_is_no_list(api: Dashboard, fake: MerakiFake) -> None:
    with pytest.raises(BadAnswer):
        await api._pages(f"/networks/{fake.site.id}", {})


# Lists of several pages


async def test_long_lists_are_read_to_their_end(
    fake: MerakiFake, api: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {fake.site.id} | {fake.cloud.add_site(fake.org, f"House {n}").id for n in range(10)}

    def small(path: str, query: Any) -> Any:
        return Dashboard._pages(api, path, query | {"perPage": 3})

    monkeypatch.setattr(api, "_pages", small)
    assert {site.id for site in await api.sites(fake.org)} == wanted
    assert len(fake.journal) == 4
    assert len({entry.query for entry in fake.journal}) == 4


LINKS = [
    ("elsewhere", "<https://example.org{path}?startingAfter=1>; rel=next", 2, None),
    ("another list", "<https://example.org/api/v1/organizations?startingAfter=1>; rel=next", 1, BadAnswer),
    ("the same again", "<http://127.0.0.1{path}?startingAfter=1>; rel=next", 2, BadAnswer),
    ("nonsense", "<http://[::1>; rel=next", 1, BadAnswer),
    ("quoted", '<http://127.0.0.1{path}?startingAfter=1>; rel="next"', 2, BadAnswer),
    ("only others", "<http://127.0.0.1{path}?startingAfter=1>; rel=first, <http://x/>; rel=last", 1, None),
]


@pytest.mark.parametrize(
    ("link", "calls", "error"), [one[1:] for one in LINKS], ids=[one[0] for one in LINKS]
)
async def test_a_next_page_is_not_followed_blindly(
    fake: MerakiFake,
    api: Dashboard,
    monkeypatch: pytest.MonkeyPatch,
    link: str,
    calls: int,
    error: type[PluginError] | None,
) -> None:
    real = api.request
    asked: list[str] = []

    async def request(method: str, path: str, **options: Any) -> Any:
        answer = await real(method, path, **options)
        asked.append(path)
        if error is not None or len(asked) == 1:
            headers = type(answer.headers)(_links(link.format(path="/api/v1" + path)))
            object.__setattr__(answer, "headers", headers)
        return answer

    monkeypatch.setattr(api, "request", request)
    if error is None:
        await api.sites(fake.org)
    else:
        with pytest.raises(error):
            await api.sites(fake.org)
    assert len(asked) == calls
    assert {entry.port for entry in fake.journal} == {URL(fake.address).port}


def _links(text: str) -> Any:
    from multidict import CIMultiDict

    return CIMultiDict({"Link": text})


async def test_a_list_without_an_end(
    fake: MerakiFake, api: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = api.request
    count = 0

    async def request(method: str, path: str, **options: Any) -> Any:
        nonlocal count
        count += 1
        answer = await real(method, path, query={})
        base = fake.options()["base_url"]
        link = _links(f"<{base}{path}?startingAfter={count}>; rel=next")
        object.__setattr__(answer, "headers", type(answer.headers)(link))
        return answer

    monkeypatch.setattr(api, "request", request)
    monkeypatch.setattr("cusna_meraki.client.MOST_PAGES", 5)
    with pytest.raises(BadAnswer):
        await api.organizations()
    assert count == 5


async def test_calls_keep_to_the_rate(fake: MerakiFake, api: Dashboard, clock: Clock) -> None:
    before = clock.monotonic()
    for _ in range(50):
        await api.me()
    assert {entry.status for entry in fake.journal} == {200}, "never once too fast for the cloud"
    assert clock.monotonic() - before == pytest.approx(45 / 9, abs=0.2)


# Shapes


@pytest.mark.parametrize(
    ("shown", "readable"),
    [
        ("green-river-42", True),
        ("********", False),
        ("••••••••••", False),
        ("", False),
        (None, False),
        ("short", False),
    ],
)
def test_a_masked_passphrase_is_none(shown: str | None, readable: bool) -> None:
    psk = Psk.model_validate({"id": "1", "passphrase": shown})
    assert (psk.passphrase is not None) is readable
    assert "green-river-42" not in repr(psk)


@pytest.mark.parametrize("text", ["2026-12-01T00:00:00Z", "2026-12-01T01:00:00+01:00", "2026-12-01T00:00:00"])
def test_instants_are_utc(text: str) -> None:
    expires = Psk.model_validate({"id": "1", "expiresAt": text}).expires
    assert expires is not None
    assert expires.isoformat() == "2026-12-01T00:00:00+00:00"


def test_an_empty_end_is_no_end() -> None:
    assert Psk.model_validate({"id": "1", "expiresAt": ""}).expires is None


def test_the_vlans_of_an_ssid() -> None:
    fields = {"number": 1, "vlanId": 9, "defaultVlanId": 7, "apTagsAndVlanIds": [{"tags": [], "vlanId": 8}]}
    assert Ssid.model_validate(fields | {"useVlanTagging": True}).vlans == {7, 8, 9}
    assert Ssid.model_validate(fields | {"useVlanTagging": False}).vlans == {9}
