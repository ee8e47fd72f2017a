"""What happens to a call before its route sees it? Journal, faults, login, rate, and how errors look."""

import asyncio
import json as jsonlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from cusna_core.api import Clock
from cusna_meraki.fake.state import Access, Cloud, Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCESS: web.RequestKey[Access] = web.RequestKey("access", Access)


class Refused(Exception):
    """An error answer in Meraki's shape."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(*errors)
        self.status = status
        self.errors = errors


class Invisible(Exception):
    """What the key may not see is not there: 404, and the body says nothing."""


@dataclass(slots=True)
class Fault:
    """A bad answer to calls whose "METHOD /path" matches: skip some, then spoil so many.

    `applied` makes it a lost answer: the call is carried out, and then the fault is all one hears.
    """

    kind: Literal["status", "html", "hang", "drop", "redirect"]
    match: str = ""
    status: int = 502
    applied: bool = False
    retry_after: str | None = None
    to: str = ""
    """For a redirect: the other host, such as http://127.0.0.1:4711."""
    skip: int = 0
    times: int = 1

    def hits(self, call: str) -> bool:
        if self.times == 0 or not re.search(self.match, call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class Entry:
    """A call as it came in. The body and headers are for asserts and never show."""

    method: str
    path: str
    query: str
    port: int
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)
    status: int = 0
    answer: str = field(default="", repr=False)
    spoilt: bool = False
    """Whether a fault was all that the caller heard."""

    @property
    def json(self) -> Json:
        data = jsonlib.loads(self.body)
        assert isinstance(data, dict)
        return data

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"


class Gate:
    """The middleware, and what tests ask it afterwards."""

    def __init__(self, cloud: Cloud, clock: Clock) -> None:
        self.cloud = cloud
        self.clock = clock
        self.faults: list[Fault] = []
        self.journal: list[Entry] = []
        self.down = False
        self.stopping = asyncio.Event()
        self.settle: Callable[[], None] = lambda: None
        """Carries out what is due before anybody looks."""
        self._tokens: dict[str, tuple[float, float]] = {}

    @property
    def calls(self) -> list[str]:
        return [entry.call for entry in self.journal]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        entry = Entry(
            request.method,
            request.path,
            request.query_string,
            request.url.port or 0,
            dict(request.headers),
            await request.text(),
        )
        self.journal.append(entry)
        response = await self._answer(request, handler, entry)
        entry.status = response.status
        entry.answer = (response.text or "") if isinstance(response, web.Response) else ""
        return response

    async def _answer(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        fault = next((fault for fault in self.faults if fault.hits(entry.call)), None)
        entry.spoilt = self.down or fault is not None
        if self.down:
            return _html(502)
        if fault is None:
            return await self._served(request, handler)
        if fault.applied:
            await self._served(request, handler)
        return await self._spoilt(fault, request)

    async def _spoilt(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        match fault.kind:
            case "html":
                return _html(fault.status)
            case "hang":
                await self.stopping.wait()
            case "drop":
                if request.transport is not None:
                    request.transport.abort()
            case "redirect":
                return web.Response(status=fault.status, headers={"Location": fault.to + request.path_qs})
            case "status":
                headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                return errors(fault.status, "The simulator was told to fail", headers=headers)
        return errors(504, "The simulator is stopping")

    async def _served(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.settle()
        try:
            access = self._login(request)
            request[ACCESS] = access
            self._pay(self._org(request, access))
            return await handler(request)
        except Refused as refused:
            return errors(refused.status, *refused.errors, headers=_retry(refused.status))
        except Invisible:
            return web.Response(
                status=404, text=self.cloud.knobs.invisible_404_body, content_type="text/plain"
            )
        except web.HTTPException as error:
            return errors(error.status, "Not found" if error.status == 404 else error.reason)

    def _login(self, request: web.Request) -> Access:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            key = request.headers.get("X-Cisco-Meraki-API-Key", "")
        access = self.cloud.access.get(key)
        if access is None:
            raise Refused(401, "No valid authentication method found")
        return access

    def _org(self, request: web.Request, access: Access) -> str:
        """Whose budget a call is paid from; calls about none are from that of the key's own."""
        site = self.cloud.sites.get(request.match_info.get("network", ""))
        named = site.org if site is not None else request.match_info.get("org", "")
        return named if named in access.orgs else ",".join(sorted(access.orgs))

    def _pay(self, org: str) -> None:
        """A token bucket per organisation, whichever program or key calls."""
        knobs = self.cloud.knobs
        now = self.clock.monotonic()
        tokens, at = self._tokens.get(org, (knobs.burst, now))
        tokens = min(tokens + (now - at) * knobs.rate, knobs.burst)
        if tokens < 1:
            self._tokens[org] = (tokens, now)
            raise Refused(429, "API rate limit exceeded for organization")
        self._tokens[org] = (tokens - 1, now)


def errors(status: int, *texts: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"errors": list(texts)}, status=status, headers=headers)


def _retry(status: int) -> dict[str, str]:
    return {"Retry-After": "1"} if status == 429 else {}


def _html(status: int) -> web.Response:
    return web.Response(status=status, text="<html><body>Bad gateway</body></html>", content_type="text/html")
