"""What happens between a plugin and its vendor? A server in front of any fake: it passes every call on
to the letter, and knows how to be late, to lose an answer, to answer nonsense and to lead astray.

    vendor = FakeVendor(MyFake(clock), clock)
    await vendor.start()
    options = MyOptions.model_validate(vendor.options())    # the fake's own, but they lead here
    lost = vendor.plan(Fault(methods=frozenset({"POST"}), drop="after", times=1))
    ...                                                     # call; the vendor applies it, nobody hears
    assert lost.hits == 1 and vendor.calls("POST") == 2
    await vendor.stop()
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from cusna_core.api import Fake
from cusna_core.testing.clock import HandClock
from cusna_core.testing.faults import READS, Fault
from cusna_core.testing.journal import Exchange as Exchange
from cusna_core.testing.journal import Stray, credentials

HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""What one connection's ends tell each other (RFC 9110, 7.6.1)."""
SENT_AGAIN = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Idempotent methods: aiohttp sends them again by itself, at once, when a connection is cut."""
AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


@dataclass(frozen=True, slots=True)
class _Cut:
    """The call whose connection was cut last: sent again at the same instant, it is cut again."""

    call: tuple[str, str, bytes]
    at: float
    fault: Fault


@dataclass(slots=True)
class _Reply:
    status: int
    reason: str | None
    headers: CIMultiDict[str]
    body: bytes = field(repr=False)


class FakeVendor:
    """Any fake, with faults, a journal, pages and latency; HTTP on 127.0.0.1, another host on 127.0.0.2."""

    def __init__(self, fake: Fake, clock: HandClock) -> None:
        self.fake = fake
        self.clock = clock
        self.address = ""
        self.elsewhere = ""
        """The other host's address, to which redirects lead."""
        self.journal: list[Exchange] = []
        self.strays: list[Stray] = []
        self.secrets: set[str] = set()
        """Every credential that callers have sent or were given, to look for where none may be."""
        self.latency = 0.0
        """Seconds that pass on the clock before a call reaches the vendor."""
        self._behind = ""
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()
        self._cut: _Cut | None = None
        self._client: aiohttp.ClientSession | None = None
        self._runners: list[web.ServerRunner] = []

    async def start(self) -> None:
        self._behind = await self.fake.start()
        if URL(self._behind).scheme != "http":
            await self.fake.stop()
            raise ValueError(f"{type(self.fake).__name__} starts at {self._behind}: start it without TLS.")
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=AUTOMATIC,
            auto_decompress=False,
            trust_env=False,
        )
        self.address = await self._listen("127.0.0.1", self._serve)
        self.elsewhere = await self._listen("127.0.0.2", self._stray)

    async def stop(self) -> None:
        self.clear()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self.fake.stop()

    def options(self) -> dict[str, Any]:
        """The fake's options, leading here."""
        led: dict[str, Any] = self.led_here(self.fake.options())
        return led

    def led_here(self, value: Any) -> Any:
        """The same with the fake's address replaced by this one's, wherever it stands in it."""
        return _led(value, URL(self._behind), URL(self.address))

    async def impostor(self) -> dict[str, Any]:
        """Options that lead to somebody else at the vendor's place: https, with a certificate that nobody
        vouches for. What reaches it is written down in `strays`."""
        import trustme  # only here, so that faults can be had without it

        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(trusted)
        address = await self._listen("127.0.0.1", self._stray, trusted)
        led: dict[str, Any] = _led(self.fake.options(), URL(self._behind), URL(address))
        return led

    def pages(self, size: int) -> None:
        """Answer lists in pages of this many, where the vendor's API has pages."""
        self.fake.pages(size)

    # The journal

    def calls(self, *methods: str) -> int:
        """How many calls came in with these methods (none named: with any)."""
        return sum(1 for one in self.journal if not methods or one.method in methods)

    def connections(self) -> int:
        """How many callers' connections are open."""
        return sum(len(runner.server.connections) for runner in self._runners if runner.server)

    def forget(self) -> None:
        """Begin a new journal."""
        self.journal.clear()
        self.strays.clear()

    # Faults

    def plan(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """No faults from now on; what hangs is cut."""
        self._faults.clear()
        self._cut = None
        self._cleared.set()
        self._cleared = asyncio.Event()

    def _next(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if not fault.fits(method, path) or fault.spent():
                continue
            if fault.passed < fault.after:
                fault.passed += 1
                continue
            return fault
        return None

    # The server

    async def _listen(self, host: str, handler: Any, secure: ssl.SSLContext | None = None) -> str:
        server = web.Server(handler, auto_decompress=False, access_log=None, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, 0, ssl_context=secure).start()
        return f"http{'s' if secure else ''}://{host}:{runner.addresses[0][1]}"

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        self.secrets.update(credentials(request.headers.items(), request.rel_url.raw_query_string))
        call, cut = (request.method, request.raw_path, body), self._cut
        self._cut = None
        if self.latency:
            await self.clock.sleep(self.latency)
        if cut is not None and cut.call == call and cut.at == self.clock.monotonic():
            return await self._dropped(request, body, cut.fault)
        try:
            return await self._met(request, body, self._next(request.method, request.path))
        except aiohttp.ClientConnectionError:
            return self._severed(request, 0)  # the fake has a bad day of its own

    async def _met(self, request: web.BaseRequest, body: bytes, fault: Fault | None) -> web.StreamResponse:
        if fault is None:
            return self._answered(request, await self._forwarded(request, body))
        if fault.spare is not None and request.method in READS:
            true = await self._forwarded(request, body)
            if _is(true.body, fault.spare):
                return self._answered(request, true)
        fault.hits += 1
        if fault.hang:
            await self._cleared.wait()
            return self._severed(request, 0)
        if fault.drop is not None:
            if request.method in SENT_AGAIN:
                call = request.method, request.raw_path, body
                self._cut = _Cut(call, self.clock.monotonic(), fault)
            return await self._dropped(request, body, fault)
        if fault.redirect is not None:
            headers = CIMultiDict({hdrs.LOCATION: self.elsewhere + request.raw_path})
            return self._answered(request, _Reply(fault.redirect, None, headers, b""))
        return self._answered(request, _Reply(fault.status, None, CIMultiDict(fault.headers), fault.body))

    async def _forwarded(self, request: web.BaseRequest, body: bytes) -> _Reply:
        assert self._client is not None
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in HOP
        )
        headers.popall(hdrs.CONTENT_LENGTH, None)
        async with self._client.request(
            request.method,
            URL(self._behind + request.raw_path, encoded=True),
            data=body or None,
            headers=headers,
            allow_redirects=False,
        ) as response:
            self.secrets.update(credentials(response.headers.items()))
            kept = CIMultiDict((n, v) for n, v in response.headers.items() if n.lower() not in HOP)
            return _Reply(response.status, response.reason, kept, await response.read())

    def _answered(self, request: web.BaseRequest, reply: _Reply) -> web.Response:
        self.journal.append(Exchange(request.method, request.path, reply.status))
        if request.method != hdrs.METH_HEAD:
            reply.headers.popall(hdrs.CONTENT_LENGTH, None)
        return web.Response(
            status=reply.status, reason=reply.reason, headers=reply.headers, body=reply.body or None
        )

    async def _dropped(self, request: web.BaseRequest, body: bytes, fault: Fault) -> web.Response:
        status = 0
        if fault.drop == "after":
            status = (await self._forwarded(request, body)).status
        return self._severed(request, status)

    def _severed(self, request: web.BaseRequest, status: int) -> web.Response:
        self.journal.append(Exchange(request.method, request.path, status, lost=True))
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _stray(self, request: web.BaseRequest) -> web.StreamResponse:
        body = (await request.content.read()).decode(errors="replace")
        headers = tuple((name, value) for name, value in request.headers.items())
        self.strays.append(Stray(request.method, request.raw_path, headers, body))
        return web.json_response({})


def _led(value: Any, there: URL, here: URL) -> Any:
    match value:
        case str():
            for host in (there.authority, f"localhost:{there.port}"):
                value = value.replace(f"{there.scheme}://{host}", f"{here.scheme}://{here.authority}")
                value = value.replace(host, here.authority)
            return value
        case bool():
            return value
        case int() if value == there.port:
            return here.port
        case Mapping():
            return {name: _led(one, there, here) for name, one in value.items()}
        case list() | tuple():
            return type(value)(_led(one, there, here) for one in value)
        case _:
            return value


def _is(body: bytes, kind: type) -> bool:
    try:
        return isinstance(json.loads(body), kind)
    except ValueError:
        return False
