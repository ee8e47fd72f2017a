"""How does Roster behave? Its API in a box on loopback, for tests and the demo.

Write it from the vendor's documents, not from the client: what both get wrong, nobody finds.
"""

import asyncio
import itertools
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web
from cusna_core.api import Clock, FakeSource, SystemClock

TOKEN = "roster-token"
TABLES = ("places", "teams", "members", "passes", "bookings")
Row = dict[str, Any]


class RosterFake(FakeSource):
    type = "roster"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        """Each list's records by id."""
        self.banned: set[str] = set()
        self.nobody = False
        self._ids = itertools.count(1)
        self.address = ""
        self.down = False
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._gate])
        self._routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {"url": self.address, "token": TOKEN}

    # The space: each returns the new record's id

    def add_location(self, title: str, timezone: str) -> str:
        return self._put("places", name=title, zone=timezone)

    def add_company(self, location: str, name: str) -> str:
        return self._put("teams", place=location, name=name)

    def add_person(
        self, location: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        """An address is one person with a record at each place; twice at one place, it is two."""
        rows = [one for one in self.tables["members"].values() if one["email"] == email]
        here = {one["person"] for one in rows if one["place"] == location}
        person = next((one["person"] for one in rows if one["person"] not in here), f"u{next(self._ids)}")
        row = {"place": location, "person": person, "email": email, "name": name}
        self._put("members", **row, team=company, guest=not member)
        return str(person)

    def subscribe(
        self, location: str, holder: str, plan: str, *, starts: Any, ends: Any = None, state: str = "active"
    ) -> str:
        team = holder in self.tables["teams"]
        held_by = {"person": None if team else holder, "team": holder if team else None}
        span = {"starts": _text(starts), "ends": _text(ends)}
        return self._put("passes", place=location, **held_by, plan=plan, state=state, **span)

    def book(self, location: str, person: str, resource: str, kind: str, *, starts: Any, ends: Any) -> str:
        what = {"resource": resource, "kind": kind if kind in ("desk", "room") else "other"}
        span = {"starts": _text(starts), "ends": _text(ends)}
        return self._put("bookings", place=location, person=person, **what, state="confirmed", **span)

    def cancel(self, booking: str) -> None:
        self.tables["bookings"][booking]["state"] = "cancelled"

    def block(self, person: str) -> None:
        self.banned.add(person)

    def answer_with_nobody(self, on: bool) -> None:
        self.nobody = on

    def _put(self, table: str, **row: Any) -> str:
        id_ = f"{table[0]}{next(self._ids)}"
        self.tables[table][id_] = {"id": id_, **row}
        return id_

    # The API

    def _routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/banned", self._banned)
        router.add_get(f"/{{table:{'|'.join(TABLES)}}}", self._list)
        router.add_get(f"/{{table:{'|'.join(TABLES)}}}/{{id}}", self._one)

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is answered before anything else: a bad day, and a login that is missing."""
        if self.down:
            return web.Response(status=503)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _banned(self, request: web.Request) -> web.Response:
        return web.json_response([] if self.nobody else sorted(self.banned))

    async def _list(self, request: web.Request) -> web.Response:
        """Records whose fields are as the query says, whatever their case; `from` and `to`: who overlaps."""
        asked = dict(request.query)
        starts, ends = asked.pop("from", None), asked.pop("to", None)
        rows = [] if self.nobody else list(self.tables[request.match_info["table"]].values())
        rows = [one for one in rows if all(_same(one[name], value) for name, value in asked.items())]
        if starts and ends:
            since, until = _when(starts), _when(ends)
            rows = [one for one in rows if _when(one["starts"]) < until and _when(one["ends"]) > since]
        return web.json_response(rows)

    async def _one(self, request: web.Request) -> web.Response:
        found = self.tables[request.match_info["table"]].get(request.match_info["id"])
        return web.json_response(found, status=200 if found else 404)


def _same(field: str | None, asked: str) -> bool:
    return field is not None and field.lower() == asked.lower()


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def main() -> None:
    fake = RosterFake(SystemClock())
    fake.add_location("Kreuzberg", "Europe/Berlin")
    print(f"Roster in a box: {await fake.start(8099)}, until Ctrl+C.", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await fake.stop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
