"""Does the server in front of a fake pass everything on to the letter, and is it bad on demand?"""

import asyncio
import json
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from cusna_core.api import Context, Fake, JsonApi, PluginError, RateLimited, Unreachable
from cusna_core.testing.clock import HandClock
from cusna_core.testing.faults import BAD_ANSWERS, WAIT, Bad, Fault
from cusna_core.testing.journal import Exchange
from cusna_core.testing.vendor import FakeVendor


class Echo(Fake):
    """Answers what it was asked."""

    type = "echo"
    paged = 0

    async def start(self, port: int = 0) -> str:
        self.heard: list[tuple[str, str, bytes]] = []
        self.headers: list[tuple[str, str]] = []
        self.running = True
        self._runner = web.ServerRunner(web.Server(self._serve))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        await self._runner.cleanup()
        self.running = False

    def options(self) -> dict[str, Any]:
        return {
            "url": f"http://127.0.0.1:{self.port}/api/v1",
            "token": {"url": [f"http://localhost:{self.port}/token"], "secret": "hush"},
            "port": self.port,
            "verify": True,
            "pages": (1, None),
        }

    def pages(self, size: int) -> None:
        self.paged = size

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.heard.append((request.method, request.raw_path, body))
        self.headers = [(name, value) for name, value in request.headers.items()]
        match request.path:
            case "/nothing":
                return web.Response(status=204)
            case "/same":
                return web.Response(status=304, headers={"ETag": '"7"'})
            case "/list":
                return web.json_response([])
            case "/moved":
                return web.Response(status=302, headers={"Location": "/list"})
            case "/abort":
                assert request.transport is not None
                request.transport.abort()
            case "/cookies":
                headers = CIMultiDict([("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("X-Odd", "ü")])
                return web.Response(status=418, reason="Teapot indeed", headers=headers, body=b"\x00\xff")
        return web.json_response({"host": request.host, "body": body.decode("latin-1")})


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def vendor(clock: HandClock) -> AsyncIterator[FakeVendor]:
    made = FakeVendor(Echo(clock), clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as made:
        yield made


def echo(vendor: FakeVendor) -> Echo:
    assert isinstance(vendor.fake, Echo)
    return vendor.fake


async def test_a_call_arrives_to_the_letter(vendor: FakeVendor, session: aiohttp.ClientSession) -> None:
    path = "/a%2Fb//c?x=%20+&x=2&y"
    headers = CIMultiDict(
        [
            ("X-Two", "1"),
            ("X-Two", "2"),
            ("Cookie", "s=1; t=2"),
            ("Authorization", "Basic Zm9v"),
            ("Host", "me:1"),
        ]
    )
    url = URL(vendor.address + path, encoded=True)
    async with session.post(url, data=b"\x00\xffraw", headers=headers) as response:
        assert await response.json() == {"host": "me:1", "body": "\x00\xffraw"}
    assert echo(vendor).heard == [("POST", path, b"\x00\xffraw")]
    arrived = echo(vendor).headers
    for one in (("X-Two", "1"), ("X-Two", "2"), ("Cookie", "s=1; t=2"), ("Authorization", "Basic Zm9v")):
        assert one in arrived
    assert [value for name, value in arrived if name == "Content-Length"] == ["5"]
    assert vendor.journal == [Exchange("POST", "/a/b//c", 200)]


async def test_the_host_is_the_one_that_was_called(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    async with session.get(vendor.address + "/") as response:
        assert "http://" + (await response.json())["host"] == vendor.address


async def test_an_answer_arrives_to_the_letter(vendor: FakeVendor, session: aiohttp.ClientSession) -> None:
    async with session.get(vendor.address + "/cookies") as response:
        assert (response.status, response.reason, await response.read()) == (
            418,
            "Teapot indeed",
            b"\x00\xff",
        )
        assert response.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2"]
        assert response.headers["X-Odd"] == "ü"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("HEAD", "/", 200), ("GET", "/nothing", 204), ("DELETE", "/nothing", 204), ("GET", "/same", 304)],
)
async def test_answers_without_a_body(
    vendor: FakeVendor, session: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    for _ in range(2):  # on one connection: a wrong length would garble the second answer
        async with session.request(method, vendor.address + path) as response:
            assert (response.status, await response.read()) == (status, b"")
            if method == "HEAD":
                assert int(response.headers["Content-Length"]) > 0
            if status == 304:
                assert response.headers["ETag"] == '"7"'


async def test_redirects_are_handed_on(vendor: FakeVendor, session: aiohttp.ClientSession) -> None:
    async with session.get(vendor.address + "/moved", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/list")
    assert vendor.calls() == 1


def test_options_lead_to_the_vendor_not_to_the_fake(vendor: FakeVendor) -> None:
    port = URL(vendor.address).port
    assert vendor.options() == {
        "url": f"{vendor.address}/api/v1",
        "token": {"url": [f"{vendor.address}/token"], "secret": "hush"},
        "port": port,
        "verify": True,
        "pages": (1, None),
    }


async def test_the_journal(vendor: FakeVendor, session: aiohttp.ClientSession) -> None:
    for method in ("GET", "GET", "POST"):
        async with session.request(method, f"{vendor.address}/x?secret=1", data=b"secret"):
            pass
    assert (vendor.calls(), vendor.calls("GET"), vendor.calls("PUT", "POST")) == (3, 2, 1)
    assert "secret" not in repr(vendor.journal)
    vendor.forget()
    assert vendor.calls() == 0


async def test_a_planned_answer_for_some_calls(vendor: FakeVendor, session: aiohttp.ClientSession) -> None:
    fault = vendor.plan(
        Fault(
            frozenset({"GET"}), "^/keys", after=1, times=2, status=503, body=b"no", headers={"X-Why": "bad"}
        )
    )
    statuses = []
    for call in ("GET /keys", "POST /keys", "GET /x/keys", "GET /keys/1", "GET /keys", "GET /keys"):
        method, path = call.split()
        async with session.request(method, vendor.address + path) as response:
            statuses.append(response.status)
            if response.status == 503:
                assert (await response.read(), response.headers["X-Why"]) == (b"no", "bad")
    assert statuses == [200, 200, 200, 503, 503, 200]
    assert fault.hits == 2
    assert len(echo(vendor).heard) == 4
    fault = vendor.plan(Fault())
    vendor.clear()
    async with session.get(vendor.address) as response:
        assert (response.status, fault.hits) == (200, 0)


async def test_where_bare_lists_are_usual_an_empty_one_is_no_lie(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    fault = vendor.plan(
        Fault(status=200, body=b"[]", headers={"Content-Type": "application/json"}, spare=list)
    )
    async with session.get(vendor.address + "/list") as response:
        assert (await response.json(), fault.hits) == ([], 0)
    async with session.get(vendor.address + "/other") as response:
        assert (await response.json(), fault.hits) == ([], 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
async def test_a_connection_cut_before_the_vendor_heard(
    vendor: FakeVendor, session: aiohttp.ClientSession, method: str, kept: bool
) -> None:
    if kept:
        async with session.get(vendor.address + "/"):
            pass
    before = len(echo(vendor).heard)
    fault = vendor.plan(Fault(drop="before", times=1))
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        async with session.request(method, vendor.address + "/", data=b"x"):
            pass
    assert (len(echo(vendor).heard), fault.hits) == (before, 1)
    assert vendor.journal[-1] == Exchange(method, "/", 0, lost=True)
    async with session.request(method, vendor.address + "/", data=b"y") as response:
        assert response.status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
async def test_a_lost_answer(
    vendor: FakeVendor, session: aiohttp.ClientSession, method: str, kept: bool
) -> None:
    if kept:
        async with session.get(vendor.address + "/"):
            pass
        echo(vendor).heard.clear()
    fault = vendor.plan(Fault(drop="after", times=1))
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        async with session.request(method, vendor.address + "/", data=b"x"):
            pass
    assert (set(echo(vendor).heard), fault.hits) == ({(method, "/", b"x")}, 1)
    assert vendor.journal[-1] == Exchange(method, "/", 200, lost=True)
    assert len(echo(vendor).heard) == (1 if method == "POST" else 2)  # aiohttp asks twice where it may


async def test_a_plugins_own_second_try_is_another_call(vendor: FakeVendor, clock: HandClock) -> None:
    api = JsonApi(vendor.address, Context("x", "x", clock, str), read_retries=1)
    await api.open()
    fault = vendor.plan(Fault(drop="before", times=1))
    assert await api.get("/") is not None
    assert (fault.hits, clock.monotonic()) == (1, 1.0)
    vendor.plan(Fault(drop="after"))
    with pytest.raises(Unreachable):
        await api.send("PUT", "/", {})
    await api.close()


async def test_what_the_fake_itself_drops_is_dropped(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await session.post(vendor.address + "/abort")
    assert vendor.journal == [Exchange("POST", "/abort", 0, lost=True)]


async def test_an_impostor_shows_a_certificate_of_nobodys(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    options = await vendor.impostor()
    url = options["url"]
    assert url.startswith("https://127.0.0.1:")
    assert url != vendor.options()["url"]
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await session.get(url)
    assert vendor.strays == []
    await session.get(f"{url}/secret", ssl=False)
    assert [one.target for one in vendor.strays] == ["/api/v1/secret"]
    assert vendor.calls() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_host_writes_down_what_it_gets(
    vendor: FakeVendor, session: aiohttp.ClientSession, status: int
) -> None:
    assert vendor.elsewhere.startswith("http://127.0.0.2:")
    vendor.plan(Fault(redirect=status))
    url = vendor.address + "/a/b?token=in-the-query"
    headers = {"X-Key": "in-a-header"}
    async with session.post(url, data=b"in-the-body", headers=headers, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (
            status,
            vendor.elsewhere + "/a/b?token=in-the-query",
        )
    assert vendor.strays == []
    async with session.post(url, data=b"in-the-body", headers=headers):
        pass
    [stray] = vendor.strays
    assert all(text in stray for text in ("in-the-query", "in-a-header"))
    assert ("in-the-body" in stray) is (status in (307, 308))
    assert "in-" not in repr(stray)
    assert echo(vendor).heard == []


async def test_latency_passes_on_the_clock(
    vendor: FakeVendor, session: aiohttp.ClientSession, clock: HandClock
) -> None:
    vendor.latency = 0.5
    for _ in range(3):
        async with session.get(vendor.address):
            pass
    assert clock.monotonic() == 1.5


async def test_what_hangs_hangs_until_it_is_cleared(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    fault = vendor.plan(Fault(hang=True))

    async def ask() -> None:
        async with session.post(vendor.address):
            pass

    task = asyncio.create_task(ask())
    while not fault.hits:
        await asyncio.sleep(0)
    assert not task.done()
    vendor.clear()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await task
    assert echo(vendor).heard == []


def test_pages_are_the_fakes_matter(vendor: FakeVendor) -> None:
    vendor.pages(2)
    assert echo(vendor).paged == 2


async def test_stop_leaves_nothing_open(clock: HandClock) -> None:
    vendor = FakeVendor(Echo(clock), clock)
    await vendor.start()
    vendor.plan(Fault(hang=True))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        task = asyncio.ensure_future(session.get(vendor.address))
        while not vendor._faults[0].hits:
            await asyncio.sleep(0)
        await vendor.stop()
        await vendor.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await task
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(vendor.address)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(vendor.elsewhere)
    assert not echo(vendor).running


@pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
async def test_every_bad_answer_has_a_right_error(vendor: FakeVendor, clock: HandClock, bad: Bad) -> None:
    """HttpApi already makes them of it, where the shape is checked."""
    api = JsonApi(vendor.address, Context("x", "x", clock, str))
    await api.open()
    fault = vendor.plan(bad.fault(clock.now()))
    error: PluginError | None = None
    try:
        answer = await api.get("/")
        assert not (isinstance(answer, dict) and answer), "this is what a plugin must look at itself"
    except PluginError as raised:
        error = raised
    assert fault.hits == 1
    if bad.status != 200 or bad.name in ("HTML", "empty", "truncated"):
        assert isinstance(error, bad.right)
        if isinstance(error, RateLimited):
            assert error.after == bad.after
    await api.close()


def test_the_two_ways_to_say_when() -> None:
    clock = HandClock()
    by_name = {bad.name: bad.headers(clock.now()) for bad in BAD_ANSWERS}
    assert by_name["429 with seconds"]["Retry-After"] == str(WAIT)
    dates = by_name["429 with a date"]
    span = parsedate_to_datetime(dates["Retry-After"]) - parsedate_to_datetime(dates["Date"])
    assert span.total_seconds() == WAIT
    assert "Retry-After" not in by_name["429"]
    assert json.loads(BAD_ANSWERS[0].body) == {"message": "no"}


async def test_it_knows_the_credentials_that_went_through(
    vendor: FakeVendor, session: aiohttp.ClientSession
) -> None:
    headers = {
        "Authorization": "Basic YW5uOmh1c2gtaHVzaA==",
        "Cookie": "sid=cookie-1; x=y",
        "X-Api-Key": "key-123",
        "X-Other": "harmless",
    }
    async with session.get(vendor.address + "/cookies?serviceTicket=ticket-1&page=2000000", headers=headers):
        pass
    assert vendor.secrets == {"YW5uOmh1c2gtaHVzaA==", "ann:hush-hush", "cookie-1", "key-123", "ticket-1"}
    assert vendor.connections() == 1
    await session.close()
    while vendor.connections():
        await asyncio.sleep(0)
