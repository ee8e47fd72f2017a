"""A receiver on loopback, a clock that a test moves, and a sink that does what a test says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cusna_core.api import Clock, Context, Event, Options, Sink
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault

TURNS = 50
"""Of the loop: more than it takes from one answer of the database to the next question."""
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


class Hand(Clock):
    """Sleepers wake when a test moves the time past them."""

    def __init__(self) -> None:
        self.at = NOON
        self.asking = 0
        """Questions that the database has not answered."""
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._sleepers.append((self.at + timedelta(seconds=seconds), event))
        await event.wait()

    async def move(self, **span: float) -> None:
        self.at += timedelta(**span)
        due = [event for until, event in self._sleepers if until <= self.at]
        self._sleepers = [one for one in self._sleepers if one[0] > self.at]
        for event in due:
            event.set()
        await self.settled()

    async def settled(self) -> None:
        """Let whatever can happen happen: until all wait for this clock, and none for the database."""
        quiet = 0
        while quiet < TURNS:
            quiet = 0 if self.asking else quiet + 1
            await asyncio.sleep(0)


class Watched(Database):
    """Tells the clock when it is asked: it answers from a thread."""

    clock: Hand

    async def _hop(self, connection: Any, begin: str, fn: Any) -> Any:  # type: ignore[override]
        self.clock.asking += 1
        try:
            return await super()._hop(connection, begin, fn)
        finally:
            self.clock.asking -= 1


class Box(Sink[Options]):
    """Keeps what it gets; `answers` are what happens to the next ones."""

    type = "box"
    title = "Box"
    options_class = Options

    def __init__(self, context: Context) -> None:
        super().__init__(Options(), context)
        self.got: list[Event] = []
        self.tried: list[Event] = []
        self.trouble: Any = lambda _: None
        self.hangs: set[str] = set()

    async def deliver(self, event: Event) -> None:
        self.tried.append(event)
        if event.account in self.hangs:
            await asyncio.Event().wait()
        trouble = self.trouble(event)
        if trouble is not None:
            raise trouble
        self.got.append(event)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def context(clock: Hand) -> Context:
    return Context("door", "t3st", clock, lambda text: text)


@pytest.fixture
def box(context: Context) -> Box:
    return Box(context)


@pytest.fixture
async def db(tmp_path: Path, clock: Hand) -> AsyncIterator[Database]:
    made = await Watched.open(tmp_path / "cusna.db", tmp_path / "backups")
    made.clock = clock
    yield made
    await made.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "cusna.key", database=tmp_path / "none.db")


class Receiver:
    """Somebody's web server."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.paths.append(request.raw_path)
        self.got.append(({name.lower(): one for name, one in request.headers.items()}, await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", made.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()
