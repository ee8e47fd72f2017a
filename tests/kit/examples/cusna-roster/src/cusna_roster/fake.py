"""How does Roster behave? Its API in a box on loopback, for tests and the demo.

Write it from the vendor's documents, not from the client: what both get wrong, nobody finds.
"""

import asyncio
from contextlib import suppress
from typing import Any

from aiohttp import web
from cusna_core.api import Clock, FakeSource, SystemClock

TOKEN = "roster-token"


class RosterFake(FakeSource):
    type = "roster"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
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
        raise NotImplementedError("Write fake.add_location: a place with its IANA time zone.")

    def add_company(self, location: str, name: str) -> str:
        raise NotImplementedError("Write fake.add_company: a company at that place.")

    def add_person(
        self, location: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        raise NotImplementedError("Write fake.add_person: a person with a record at that place.")

    def subscribe(
        self, location: str, holder: str, plan: str, *, starts: Any, ends: Any = None, state: str = "active"
    ) -> str:
        raise NotImplementedError("Write fake.subscribe: a plan that a person or a company holds.")

    def book(self, location: str, person: str, resource: str, kind: str, *, starts: Any, ends: Any) -> str:
        raise NotImplementedError("Write fake.book: a confirmed booking; `kind` is desk or room.")

    def cancel(self, booking: str) -> None:
        raise NotImplementedError("Write fake.cancel: that booking, as the vendor cancels one.")

    def block(self, person: str) -> None:
        raise NotImplementedError("Write fake.block: the space shuts this person out.")

    def answer_with_nobody(self, on: bool) -> None:
        raise NotImplementedError("Write fake.answer_with_nobody: a bad day on which every list is empty.")

    # The API

    def _routes(self, router: web.UrlDispatcher) -> None:
        """Each call of the vendor's API, as `router.add_get("/path/{ssid}", self._method)`."""

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is answered before anything else: a bad day, and a login that is missing."""
        if self.down:
            return web.Response(status=503)
        raise NotImplementedError("Write fake._gate: 401 without the token, else what `handler` answers.")


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
