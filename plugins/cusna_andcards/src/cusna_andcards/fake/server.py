"""Who answers when the driver calls? A server on 127.0.0.1 that asks for credentials, keeps the
vendor's limits, and has bad days on demand."""

import asyncio
import base64
import binascii
import json
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cusna_andcards.fake.faults import Fault, Faults, Knobs, http_date
from cusna_andcards.fake.hooks import Hooks
from cusna_andcards.fake.routes import NotThere, PageTokens, Refused, Rest
from cusna_andcards.fake.state import State
from cusna_core.api import Clock, FakeSource


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer, without credentials. `tidy`: nothing was made to go wrong."""

    method: str
    path: str
    query: dict[str, str]
    headers: frozenset[str]
    """Names only."""
    status: int
    body: bytes = field(repr=False)
    tidy: bool


class AndcardsFake(FakeSource):
    """`state` is what the vendor knows, `knobs` what nobody knows of the vendor, `faults` a bad day."""

    type = "andcards"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.knobs = Knobs()
        self.faults = Faults()
        self.state = State(clock, self.knobs)
        self.hooks = Hooks(self.state, clock)
        self.client_id = "fake-client"
        self.client_secret = secrets.token_urlsafe(18)
        self.untidy = False
        """Set by whoever writes records that the vendor's specification does not allow."""
        self.calls: deque[Call] = deque(maxlen=5000)
        self.watch: Callable[[Call], None] | None = None
        self.address = ""
        self._bearers: dict[str, float] = {}
        self._page_tokens: PageTokens = {}
        self._arrivals: deque[float] = deque()
        self._runner: web.AppRunner | None = None

    # The server

    async def start(self, port: int = 0) -> str:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        await self.hooks.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "base_url": self.address,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if self.hooks.on:
            options["webhook_secret"] = self.hooks.secret
        if self.knobs.bearer:
            options["auth_mode"] = "client_credentials"
            options["token_url"] = f"{self.address}/oauth2/token"
            options["network_id"] = self.state.network["id"]
        return options

    def pages(self, size: int) -> None:
        self.knobs.largest_page = size

    def tell(self, address: str) -> None:
        self.hooks.begin(address)

    def regenerate_credentials(self) -> None:
        """The old pair is refused from now on."""
        self.client_secret = secrets.token_urlsafe(18)
        self._bearers.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        page = 1 if "nextPageToken" not in query else self._page_number(query)
        fault = self.faults.next(request.path_qs, page)
        if fault is not None and fault.hang:
            await asyncio.Event().wait()
        if fault is not None and fault.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        tidy = fault is None and not self.untidy
        response = self._planned(fault) if fault else await self._respond(request, query)
        body = response.body if isinstance(response.body, bytes) else b""
        if fault is None and self.faults.truncated and self.faults.truncated in request.path:
            body, tidy = body[: len(body) // 2], False
            response = web.Response(body=body, content_type="application/json")
        names = frozenset(name.lower() for name in request.headers)
        call = Call(request.method, request.path, query, names, response.status, body, tidy)
        self.calls.append(call)
        if self.watch is not None:
            self.watch(call)
        return response

    def _page_number(self, query: dict[str, str]) -> int:
        _, filters, begin = self._page_tokens.get(query["nextPageToken"], ("", {}, 0))
        size = min(int(filters.get("limit", 25)), self.knobs.largest_page)
        return 1 + -(-begin // size)

    def _planned(self, fault: Fault) -> web.Response:
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)

    async def _respond(self, request: web.Request, query: dict[str, str]) -> web.Response:
        if request.path == "/oauth2/token":
            return await self._token(request)
        if not self._authorised(request):
            return web.Response(status=401, body=self.knobs.unauthorized_body)
        if self._too_many():
            return self._throttled()
        rest = Rest(self.state, self.faults, self._page_tokens)
        try:
            if request.method != "GET":
                raise NotThere
            bearer = request.headers["Authorization"].startswith("Bearer ")
            named = request.headers.get("spacebring-network-id")
            if (bearer and named is None and request.path != "/networks/v1") or (
                named is not None and named != self.state.network["id"]
            ):
                raise Refused("Required", "spacebring-network-id")
            return _json(rest.answer(request.path, query))
        except Refused as error:
            return _json(error.body, 400)
        except NotThere:
            return _json({"message": "Not found", "type": "notFound"}, self.knobs.missing_status)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        right = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if not self.knobs.bearer or dict(form) != right:
            return _json({"error": "invalid_client"}, 400)
        token = secrets.token_urlsafe(24)
        self._bearers[token] = self.clock.monotonic() + self.knobs.token_lives
        return _json({"access_token": token, "expires_in": self.knobs.token_lives, "token_type": "Bearer"})

    def _authorised(self, request: web.Request) -> bool:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            return self._bearers.get(value, 0.0) > self.clock.monotonic()
        try:
            pair = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme == "Basic" and pair == f"{self.client_id}:{self.client_secret}"

    def _too_many(self) -> bool:
        limit = self.knobs.requests_per_second
        if limit is None:
            return False
        now = self.clock.monotonic()
        while self._arrivals and self._arrivals[0] <= now - 1:
            self._arrivals.popleft()
        if len(self._arrivals) >= limit:
            return True
        self._arrivals.append(now)
        return False

    def _throttled(self) -> web.Response:
        headers = {}
        now = self.clock.now()
        if self.knobs.retry_after == "seconds":
            headers["Retry-After"] = "1"
        elif self.knobs.retry_after == "date":
            headers = {"Date": http_date(now, 0), "Retry-After": http_date(now, 1)}
        return web.json_response(
            {"message": "Too many requests", "type": "tooManyRequests"}, status=429, headers=headers
        )

    # The words of the demo; ids of persons are the vendor's user ids

    def add_location(self, title: str, timezone: str) -> str:
        return self.state.location(title, timezone)

    def add_company(self, location: str, name: str) -> str:
        return self.state.company(location, name)

    def add_person(
        self, location: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        """An address has one account at the vendor, with a membership for each location; only
        twice at the same location makes another account."""
        here = self._membership_of
        same = [one for one, user in self.state.users.items() if user.get("email") == email]
        user = next((one for one in same if here(location, one) is None), None)
        user = user or self.state.user(email, name)
        kind = "member" if member else "nonmember"
        self.state.membership(location, user, company=company, kind=kind)
        return user

    def subscribe(
        self, location: str, holder: str, plan: str, *, starts: Any, ends: Any = None, state: str = "active"
    ) -> str:
        customer = holder if holder in self.state.companies else self._customer(location, holder)
        # Whether one is active, scheduled or over is what the clock says.
        status = {"active": None, "scheduled": None, "cancelled": "canceled"}.get(state, state)
        return self.state.subscription(location, customer, [plan], starts=starts, ends=ends, status=status)

    def book(self, location: str, person: str, resource: str, kind: str, *, starts: Any, ends: Any) -> str:
        known = (
            one
            for one, row in self.state.resources.items()
            if row["title"] == resource and row["locationRef"] == location
        )
        vendor_type = {"desk": "hotDesk", "room": "meetingRoom"}.get(kind, "parkingLot")
        desk = next(known, None) or self.state.resource(location, resource, vendor_type)
        return self.state.booking(desk, self._customer(location, person), starts, ends)

    def cancel(self, booking: str) -> None:
        self.state.cancel_booking(booking)

    def block(self, person: str) -> None:
        self.state.blacklist_user(person)

    def answer_with_nobody(self, on: bool) -> None:
        self.faults.nobody = on

    def _membership_of(self, location: str, user: str) -> str | None:
        rows = self.state.memberships
        return next(
            (
                one
                for one in self.state.of_user.get(user, ())
                if one in rows and rows[one]["locationRef"] == location and not rows[one].get("deleteDate")
            ),
            None,
        )

    def _customer(self, location: str, user: str) -> str:
        """Whoever buys or books somewhere gets a record there."""
        known = self._membership_of(location, user)
        return known or self.state.membership(location, user, kind="nonmember")


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")
