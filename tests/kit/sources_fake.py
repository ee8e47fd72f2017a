"""What do the source suite's own tests talk to? A club's API: a login, pages, filters, ids."""

import itertools
import secrets
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeSource, email_key

KEY = "club-key-4711"
LIVES = 3600.0
Row = dict[str, Any]


class ClubFake(FakeSource):
    """Tables of rows, and a query for every list."""

    type = "club"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.tables: dict[str, dict[str, Row]] = {
            name: {} for name in ("places", "teams", "people", "records", "plans", "bookings")
        }
        self.blocked: set[str] = set()
        self.nobody = False
        self.size = 50
        self._ids = itertools.count(100)
        self._tokens: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._gate])
        app.router.add_post("/login", self._login)
        app.router.add_get("/{table}", self._list)
        app.router.add_get("/{table}/{id}", self._single)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {"url": self.address, "key": KEY}

    def pages(self, size: int) -> None:
        self.size = size

    # The words of the suite

    def add_location(self, title: str, timezone: str) -> str:
        return self._put("places", {"title": title, "zone": timezone})

    def add_company(self, location: str, name: str) -> str:
        return self._put("teams", {"place": location, "name": name})

    def add_person(
        self, location: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        people = self.tables["people"]
        known = next((one for one, row in people.items() if row["email"] == email), None)
        person = known or self._put("people", {"name": name, "email": email})
        self._put("records", {"place": location, "person": person, "team": company, "member": member})
        return person

    def subscribe(
        self, location: str, holder: str, plan: str, *, starts: Any, ends: Any = None, state: str = "active"
    ) -> str:
        who = "team" if holder in self.tables["teams"] else "person"
        row = {"place": location, who: holder, "plan": plan, "state": state}
        return self._put("plans", row | {"starts": starts.isoformat(), "ends": ends and ends.isoformat()})

    def book(self, location: str, person: str, resource: str, kind: str, *, starts: Any, ends: Any) -> str:
        row = {"place": location, "person": person, "what": resource, "kind": kind}
        return self._put("bookings", row | {"starts": starts.isoformat(), "ends": ends.isoformat()})

    def cancel(self, booking: str) -> None:
        del self.tables["bookings"][booking]

    def block(self, person: str) -> None:
        self.blocked.add(person)

    def answer_with_nobody(self, on: bool) -> None:
        self.nobody = on

    def _put(self, table: str, row: Row) -> str:
        made = str(next(self._ids))
        self.tables[table][made] = {"id": made, **row}
        return made

    # The API

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        alive = self._tokens.get(request.headers.get("X-Token", ""), 0.0) > self.clock.monotonic()
        if request.path != "/login" and not alive:
            return web.json_response({"error": "log in"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def _login(self, request: web.Request) -> web.Response:
        if (await request.json()).get("key") != KEY:
            return web.json_response({"error": "no"}, status=401)
        token = secrets.token_urlsafe(16)
        self._tokens[token] = self.clock.monotonic() + LIVES
        return web.json_response({"token": token})

    async def _list(self, request: web.Request) -> web.Response:
        name, query = request.match_info["table"], request.query
        rows = [] if self.nobody else [row for row in self._rows(name) if _asked(row, query)]
        begin = int(query.get("after", 0))
        more = begin + self.size if begin + self.size < len(rows) else None
        return web.json_response({"items": rows[begin : begin + self.size], "next": more})

    def _rows(self, name: str) -> list[Row]:
        if name == "blocks":
            return [{"person": one} for one in sorted(self.blocked)]
        if name == "records":
            people = self.tables["people"]
            return [{**row, "who": people[row["person"]]} for row in self.tables["records"].values()]
        return list(self.tables[name].values())

    async def _single(self, request: web.Request) -> web.Response:
        row = self.tables[request.match_info["table"]].get(request.match_info["id"])
        return web.json_response(row, status=200 if row else 404)


def _asked(row: Row, query: Any) -> bool:
    for name in ("place", "person", "team"):
        if name in query and row.get(name) != query[name]:
            return False
    if "email" in query and email_key(row["who"]["email"]) != email_key(query["email"]):
        return False
    if "from" in query:
        begin, end = (datetime.fromisoformat(row[name]) for name in ("starts", "ends"))
        span = [datetime.fromisoformat(query[name]) for name in ("from", "until")]
        return begin < span[1] and end > span[0] and end - begin > timedelta()
    return True
