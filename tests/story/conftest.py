"""The demo's stage for stories: the real program, at nine in the morning in Berlin."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import web

from cusna_core.config import plugins
from cusna_core.config.plugins import Registry
from cusna_core.demo import panel
from cusna_core.demo.clock import JumpingClock
from cusna_core.demo.people import KREUZBERG, Spot
from cusna_core.demo.stage import Stage, until
from cusna_core.demo.visitor import Page, Visitor
from cusna_core.flow.rights import day_bounds, local_day
from cusna_core.store import accounts, findings, outbox

from ..ports import free

T = TypeVar("T")


class Space:
    """A co-working space with five locations, and what a story needs to see of it."""

    def __init__(self, stage: Stage, portal: str, own: str, *, hurried: bool = False) -> None:
        self.stage = stage
        self.portal = portal
        self.panel = own
        self.hurried = hurried
        """Whether time may pass: pauses between calls are over as quickly as the clock is told."""
        self._visitors: list[Visitor] = []

    @property
    def now(self) -> datetime:
        return self.stage.clock.now()

    def visitor(self, name: str) -> Visitor:
        """A browser and an inbox for somebody of the demo's cast."""
        return self.stranger(self.stage.cast.find(name).email)

    def stranger(self, email: str) -> Visitor:
        visitor = Visitor(self.portal, self.panel, email)
        self._visitors.append(visitor)
        return visitor

    async def inside(self, name: str, location: str = "kreuzberg") -> Visitor:
        """Somebody who is signed in, and whose passphrase works."""
        visitor = self.visitor(name)
        await self.soon(visitor.sign_in(location))
        await self.working_at(visitor, location)
        return visitor

    async def working_at(self, visitor: Visitor, location: str) -> None:
        page = await self.soon(visitor.until_working(location))
        assert page.field("state") == "working", (location, page.fields)

    async def soon(self, waited_for: Coroutine[Any, Any, T]) -> T:
        """What comes by itself, sooner where time may pass."""
        waiting = asyncio.ensure_future(waited_for)
        while self.hurried and not waiting.done():
            await self.jump(self.now + timedelta(seconds=1))
            await asyncio.wait([waiting], timeout=0.02)
        return await waiting

    async def close(self) -> None:
        for one in self._visitors:
            await one.session.close()

    async def explain(self, name: str) -> dict[str, Any]:
        """What `cusna explain` says of somebody."""
        values = {"email": self.stage.cast.find(name).email}
        told: dict[str, Any] = {}
        async for event in self.stage.app.core.operations.run("explain", values, "a test"):
            told |= event
        accounts_ = told.get("result", {}).get("accounts") or [{"keys": [], "id": None}]
        return dict(accounts_[0])

    async def key_state(self, name: str, network: str = "members-unifi") -> str | None:
        keys = (await self.explain(name))["keys"]
        return next((one["state"] for one in keys if one["network"] == network), None)

    async def passphrase(self, name: str) -> str:
        """What is stored for somebody, whether or not they ever looked."""
        account = (await self.explain(name))["id"]
        core = self.stage.app.core
        return await core.db.read(lambda tx: accounts.passphrase(tx, core.vault, account))

    async def findings(self) -> set[str]:
        stored = await self.stage.app.core.db.read(findings.current)
        return {one.finding.code for one in stored}

    async def mail(self, visitor: Visitor) -> dict[str, Any]:
        mail = await visitor.mail()
        assert mail is not None, "no mail came"
        return mail

    async def no_mail_waits(self) -> bool:
        """Every letter is delivered or dropped."""
        return await self.stage.app.core.db.read(outbox.next_due) is None

    async def mails_to(self, email: str) -> list[str]:
        """Subjects, once the mail worker has nothing left to do."""
        assert await until(self.no_mail_waits)
        return [one.subject for one in self.stage.inbox.mails if one.to == email]

    async def jump(self, to: datetime) -> None:
        await self.stage.jump(to)

    def said(self, page: Page, field: str = "until") -> datetime:
        """An instant that a page states."""
        return datetime.fromisoformat(page.field(field) or "")

    def day_end(self, spot: Spot = KREUZBERG, ahead: int = 0) -> datetime:
        """The local midnight at which that day ends there: by the calendar, not by our own rules."""
        zone = ZoneInfo(spot.zone)
        day = self.now.astimezone(zone).date() + timedelta(days=ahead + 1)
        return datetime.combine(day, time(), tzinfo=zone)

    async def reads_of_the_source(self, many: int) -> None:
        """Let ten minutes pass so many times, each with a finished read of the source."""
        sync = self.stage.app.core.engine.sync
        for _ in range(many):
            await self.jump(self.now + timedelta(minutes=10))
            for integration in sync.estate.integrations.values():
                reading = asyncio.ensure_future(sync.read(integration))
                while not reading.done():
                    # Pauses between requests pass as quickly as the clock is told.
                    await self.jump(self.now + timedelta(seconds=1))
                    await asyncio.wait([reading], timeout=0.01)
                await reading
            await self.stage.app.core.engine.decide(list(sync.estate.integrations))


Eventually = Callable[[Callable[[], Awaitable[Any] | Any]], Awaitable[bool]]
Together = Callable[..., Awaitable[list[Any]]]


@asynccontextmanager
async def opened(
    folder: Path, registry: Registry, *, given: bool = False, hooks: bool = False, hurried: bool = False
) -> AsyncIterator[Space]:
    clock = JumpingClock()
    berlin = ZoneInfo(KREUZBERG.zone)
    starts, ends = day_bounds(local_day(clock.now(), berlin), berlin)
    nine = timedelta(hours=9)
    # Stories of "today" need a day that is not over in the middle of a test.
    await clock.jump(starts + nine if starts + nine > clock.now() else ends + nine)
    port = free(2)
    stage = await Stage.build(folder, registry, port, clock=clock, given=given, hooks=hooks)
    portal, own = f"http://localhost:{port}", f"http://localhost:{port + 1}"
    runner = web.AppRunner(panel.build(stage, portal), access_log=None)
    space = Space(stage, portal, own, hurried=hurried)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port + 1).start()
        yield space
    finally:
        await space.close()
        await runner.cleanup()
        await stage.stop()


@pytest.fixture(scope="session")
def registry() -> Registry:
    names = [point.name for point in entry_points(group="cusna")]
    missing = {"andcards", "unifi", "meraki", "ruckus"} - set(names)
    if missing:
        pytest.skip(f"The plugins {', '.join(sorted(missing))} are not installed: run script/setup")
    return plugins.load(names, fakes=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def space(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> AsyncIterator[Space]:
    """Shared by a file's stories: each takes people of its own, and nobody jumps or breaks anything."""
    async with opened(tmp_path_factory.mktemp("space"), registry) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path, registry: Registry) -> AsyncIterator[Space]:
    """For one story alone: time may pass, and things may break."""
    async with opened(tmp_path / "space", registry, hurried=True) as one:
        yield one


@pytest.fixture
def eventually() -> Eventually:
    async def wait(condition: Callable[[], Awaitable[Any] | Any]) -> bool:
        return await until(condition, 15.0)

    return wait


@pytest.fixture
def together() -> Together:
    async def gather(*what: Awaitable[Any]) -> list[Any]:
        return list(await asyncio.gather(*what))

    return gather
