"""What happens to a call before its route sees it? Journal, faults, version, ticket, and how errors look."""

import asyncio
import json as jsonlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from cusna_core.api import Clock
from cusna_ruckus.smartzone.fake.state import Cluster, Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BASE = "/wsg/api/public"
NOT_FOUND = 211


class Refused(Exception):
    """An error answer in SmartZone's shape."""

    def __init__(self, status: int, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class NotThere(Exception):
    """An object that is unknown: by `not_found`, 403 with errorCode 211 or 404."""


@dataclass(slots=True)
class Fault:
    """A bad answer to calls whose "METHOD /path" matches: skip some, then spoil so many.

    `applied` makes it a lost answer: the call is carried out, and then the fault is all one hears.
    """

    kind: Literal["status", "body", "hang", "drop", "redirect", "slow"]
    match: str = ""
    status: int = 503
    applied: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/json"
    to: str = ""
    """For a redirect: the other host, such as http://127.0.0.1:4711."""
    seconds: float = 0.0
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
    """A call as it came in: the path without base and version. Query and body never show."""

    method: str
    path: str
    version: str
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)
    status: int = 0

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

    def __init__(self, cluster: Cluster, clock: Clock, users: dict[str, str]) -> None:
        self.cluster = cluster
        self.clock = clock
        self.users = users
        self.faults: list[Fault] = []
        self.journal: list[Entry] = []
        self.tickets: dict[str, float] = {}
        """Each with the instant of its end."""
        self.issued: list[str] = []
        self.down = False
        self.stopping = asyncio.Event()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        tail = request.path.removeprefix(BASE)
        parts = re.fullmatch(r"/(v\d+_\d+)(/.*)", tail)
        version, path = (parts[1], parts[2]) if parts else ("", tail)
        entry = Entry(
            request.method, path, version, dict(request.query), dict(request.headers), await _text(request)
        )
        self.journal.append(entry)
        response = await self._answer(request, handler, entry)
        entry.status = response.status
        return response

    async def _answer(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        if self.down:
            return web.Response(status=503, text="Service Unavailable", content_type="text/plain")
        fault = next((one for one in self.faults if one.hits(entry.call)), None)
        if fault is None:
            return await self._served(request, handler, entry)
        if fault.applied:
            await self._served(request, handler, entry)
        match fault.kind:
            case "slow":
                await self.clock.sleep(fault.seconds)
                return await self._served(request, handler, entry)
            case "body":
                return web.Response(
                    status=fault.status,
                    text=fault.body,
                    content_type=fault.content_type,
                    headers=fault.headers,
                )
            case "hang":
                await self.stopping.wait()
            case "drop":
                if request.transport is not None:
                    request.transport.abort()
            case "redirect":
                return web.Response(status=fault.status, headers={"Location": fault.to + request.path_qs})
            case "status":
                pass
        return self.error(fault.status, "The simulator was told to fail", headers=fault.headers)

    async def _served(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        knobs = self.cluster.knobs
        try:
            self._version(entry)
            if not (entry.path == "/apiInfo" or entry.call == "POST /serviceTicket"):
                self._admit(entry)
            return await handler(request)
        except Refused as refused:
            return self.error(refused.status, refused.message, refused.code)
        except NotThere:
            if knobs.not_found == "404":
                return self.error(404, "Not found")
            return self.error(403, "The object is not found", NOT_FOUND)
        except web.HTTPException as problem:
            return self.error(problem.status, problem.reason)

    def _version(self, entry: Entry) -> None:
        if entry.path != "/apiInfo" and entry.version not in self.cluster.knobs.versions:
            raise Refused(404, "Unknown API version")

    def _admit(self, entry: Entry) -> None:
        knobs = self.cluster.knobs
        ends = self.tickets.get(entry.query.get("serviceTicket", ""))
        if ends is None or ends <= self.clock.monotonic():
            raise Refused(401, "No active session", 201)
        writes = writing(entry)
        if knobs.role == "nobody" or (knobs.role == "reader" and writes):
            raise Refused(403, "Access denied", 4)
        if writes and knobs.busy_writes > 0:
            knobs.busy_writes -= 1
            raise Refused(knobs.busy_status, "The configuration is being updated")

    def issue(self, body: Any) -> str:
        """A ticket for a good login. Only so many at once."""
        knobs, now = self.cluster.knobs, self.clock.monotonic()
        login = body if isinstance(body, dict) else {}
        if (login.get("username"), login.get("password")) not in self.users.items():
            raise Refused(knobs.bad_login[0], "Login failed", knobs.bad_login[1])
        self.tickets = {one: ends for one, ends in self.tickets.items() if ends > now}
        if len(self.tickets) >= knobs.max_tickets:
            raise Refused(503, "Too many sessions")
        ticket = f"ST-{len(self.issued) + 1}-pXbR5cWmQ2"
        self.issued.append(ticket)
        self.tickets[ticket] = now + knobs.ticket_ttl
        return ticket

    def error(
        self, status: int, message: str, code: int = 0, headers: dict[str, str] | None = None
    ) -> web.Response:
        if self.cluster.knobs.plain_errors:
            return web.Response(status=status, text=message, content_type="text/plain", headers=headers)
        body = {"message": message, "errorCode": code, "errorType": message}
        return web.json_response(body, status=status, headers=headers)


def writing(entry: Entry) -> bool:
    """Whether a call changes something: searches are POSTs, too."""
    if entry.method == "GET" or entry.path.startswith("/query/") or entry.path == "/serviceTicket":
        return False
    return not entry.path.endswith("/query")


async def _text(request: web.Request) -> str:
    if request.content_type.startswith("multipart/"):
        return ""
    return await request.text()
