"""What happens to a call before its route sees it? Journal, faults, login, rate, and how errors look."""

import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from cusna_core.api import Clock
from cusna_ruckus.one.fake.knobs import Knobs
from cusna_ruckus.one.fake.state import House, Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOUSE: web.RequestKey[House] = web.RequestKey("house", House)


class Refused(Exception):
    """An error answer in RUCKUS One's shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Fault:
    """A bad answer to calls whose "METHOD /path" matches: skip some, then spoil so many.

    `applied` makes it a lost answer: the call is carried out, and then the fault is all one hears.
    """

    kind: Literal["status", "html", "drop", "json", "redirect"]
    match: str = ""
    status: int = 502
    body: str = "{}"
    applied: bool = False
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
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)
    status: int = 0

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"


class Gate:
    """The middleware, and what tests ask it afterwards."""

    def __init__(self, tenants: dict[str, House], knobs: Knobs, clock: Clock) -> None:
        self.tenants = tenants
        self.knobs = knobs
        self.clock = clock
        self.credentials: dict[str, tuple[str, str]] = {}
        """Client id and secret, by tenant."""
        self.delegated: dict[str, frozenset[str]] = {}
        """Tenants in whose name a tenant may work."""
        self.faults: list[Fault] = []
        self.journal: list[Entry] = []
        self.down = False
        self._granted: dict[str, tuple[str, float]] = {}
        self._spent: dict[str, tuple[float, float]] = {}

    @property
    def calls(self) -> list[str]:
        """Without ids, to be counted."""
        return [re.sub(r"[0-9a-f]{32}|([0-9a-f]{2}:){5}[0-9a-f]{2}", "*", one.call) for one in self.journal]

    def forget_tokens(self) -> None:
        self._granted.clear()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        entry = Entry(request.method, request.path, dict(request.headers), await request.text())
        self.journal.append(entry)
        response = await self._answer(request, handler, entry)
        entry.status = response.status
        return response

    async def _answer(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        if self.down:
            return _html(503)
        fault = next((fault for fault in self.faults if fault.hits(entry.call)), None)
        if fault is None:
            return await self._served(request, handler)
        if fault.applied:
            await self._served(request, handler)
        match fault.kind:
            case "html":
                return _html(fault.status)
            case "drop":
                if request.transport is not None:
                    request.transport.abort()
            case "json":
                return web.Response(status=fault.status, text=fault.body, content_type="application/json")
            case "redirect":
                return web.Response(status=307, headers={"Location": fault.body})
            case "status":
                pass
        return errors(fault.status, "GENERAL-001", "The simulator was told to fail")

    async def _served(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if not request.path.startswith("/oauth2/"):
                request[HOUSE] = self._house(request)
                self._pay(request[HOUSE].name)
                request[HOUSE].tick()
            return await handler(request)
        except Refused as refused:
            return errors(
                refused.status, refused.code, refused.message, headers=self._headers(refused.status)
            )
        except web.HTTPException as error:
            return _spring(error.status, error.reason, request.path)

    def _house(self, request: web.Request) -> House:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        tenant, until = self._granted.get(token, ("", 0.0))
        if not tenant or until <= self.clock.monotonic():
            raise Refused(401, "GENERAL-401", "Unauthorized")
        chosen = request.headers.get("x-rks-tenantid", tenant)
        if chosen != tenant and chosen not in self.delegated.get(tenant, frozenset()):
            raise Refused(403, "GENERAL-403", "Forbidden")
        return self.tenants[chosen]

    def _pay(self, name: str) -> None:
        """A token bucket per tenant: so many calls a minute, and as many at once."""
        most, now = self.knobs.rate, self.clock.monotonic()
        left, at = self._spent.get(name, (most, now))
        left = min(left + (now - at) * most / 60, most)
        if left < 1:
            self._spent[name] = (left, now)
            raise Refused(429, "GENERAL-429", "Too many requests")
        self._spent[name] = (left - 1, now)

    def _headers(self, status: int) -> dict[str, str]:
        if status == 429 and self.knobs.retry_after is not None:
            return {"Retry-After": self.knobs.retry_after}
        return {}

    async def token(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        form = await request.post()
        asked = (str(form.get("client_id")), str(form.get("client_secret")))
        if tenant not in self.credentials:
            return _html(200)
        if form.get("grant_type") != "client_credentials" or asked != self.credentials[tenant]:
            if self.knobs.html_login:
                return _html(200)
            return web.json_response({"error": "invalid_client"}, status=401)
        token = secrets.token_urlsafe(24)
        lives = 3600 if self.knobs.token_s is None else self.knobs.token_s
        self._granted[token] = (tenant, self.clock.monotonic() + lives)
        answer: Json = {"access_token": token, "token_type": "bearer"}
        if self.knobs.token_s is not None:
            answer["expires_in"] = self.knobs.token_s
        return web.json_response(answer)


def errors(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"requestId": "", "errors": [{"code": code, "message": message, "reason": message}]}
    return web.json_response(body, status=status, headers=headers)


def _spring(status: int, reason: str, path: str) -> web.Response:
    body = {"timestamp": "2026-11-24T09:00:00.000+00:00", "status": status, "error": reason, "path": path}
    return web.json_response(body, status=status)


def _html(status: int) -> web.Response:
    page = "<html><body>RUCKUS One: sign in</body></html>"
    return web.Response(status=status, text=page, content_type="text/html")
