"""What is given to the source suite, and what does it give to its tests?"""

import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from types import ModuleType
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

from cusna_core.api import (
    Clock,
    Context,
    FakeSource,
    Options,
    PluginError,
    Secret,
    Section,
    Snapshot,
    Source,
    Window,
    email_key,
)
from cusna_core.testing import live
from cusna_core.testing.clock import HandClock
from cusna_core.testing.source_suite_story import ANN, Story
from cusna_core.testing.vendor import FakeVendor

BUDGET = 5.0
"""Seconds that the core gives a lookup at a sign-in."""

Ask = Callable[[Source[Any]], Awaitable[Any]]


class Desk:
    """Where a test asks its source: at a fake with the story in it, or (`live`) at a real account."""

    def __init__(self, kind: type[Source[Any]], options: Options, clock: Clock) -> None:
        self.kind = kind
        self.options = options
        self.clock = clock
        self.context = Context("desk", "kit1", clock, lambda text: f"{len(text)}")
        self.places: tuple[str, ...] = ()
        """The locations that snapshots are asked for."""
        now = clock.now()
        self.window = Window(now - timedelta(hours=12), now + timedelta(hours=24))
        self._stack = AsyncExitStack()

    @property
    def live(self) -> bool:
        return True

    async def source(self) -> Source[Any]:
        """One more source, opened; closed after the test."""
        made = self.kind(self.options, self.context)
        self._stack.push_async_callback(made.close)
        await made.open()
        return made

    async def close(self) -> None:
        await self._stack.aclose()

    async def read(self, source: Source[Any]) -> Snapshot:
        return await source.snapshot(self.places, self.window)

    async def find(self, source: Source[Any], email: str) -> Snapshot | None:
        return await source.find(email, self.places, self.window)

    def somebody(self, snapshot: Snapshot) -> str:
        """The address of a person who is told there."""
        told = [one.email for one in snapshot.people if email_key(one.email)]
        if not told:
            pytest.skip("cusna-live: nobody at these locations has an address, so nobody can be looked up.")
        assert told[0] is not None
        return told[0]

    def true(self, snapshot: Snapshot, what: str) -> None:
        """Whether it tells the story (nobody knows the story of a real account)."""

    def secrets(self) -> set[str]:
        """Credentials that may stand nowhere."""
        return set(_secrets(self.options))


class StoryDesk(Desk):
    """The same with the fake behind it."""

    def __init__(self, kind: type[Source[Any]], options: Options, vendor: FakeVendor, story: Story) -> None:
        super().__init__(kind, options, vendor.clock)
        self.vendor = vendor
        self.story = story
        self.places = (story.hall, story.annex)
        self.window = story.window

    @property
    def live(self) -> bool:
        return False

    def somebody(self, snapshot: Snapshot) -> str:
        return ANN

    def true(self, snapshot: Snapshot, what: str) -> None:
        lies = self.story.lies(snapshot, self.window)
        assert not lies, f"{what}: {' '.join(lies)}"

    def whole(self, snapshot: Snapshot, what: str) -> None:
        """True, with every section read to the end."""
        self.true(snapshot, what)
        unread = [scope for scope in self.story.scopes(self.places) if not _covered(snapshot, scope)]
        assert not unread, f"{what}: nothing went wrong, but `complete` lacks {sorted(map(str, unread))}."
        assert not snapshot.failures, f"{what}: nothing went wrong, but `failures` say {snapshot.failures}."

    def secrets(self) -> set[str]:
        return super().secrets() | self.vendor.secrets

    def everything(self) -> dict[str, Ask]:
        """Every question that the core asks, by name."""
        missing = [(Section.SUBSCRIPTIONS, self.story.plan), (Section.BOOKINGS, self.story.desk)]
        return {
            "check": lambda source: source.check(),
            "locations": lambda source: source.locations(),
            "snapshot": self.read,
            "find": lambda source: self.find(source, ANN),
            "again": lambda source: source.again(missing),
        }

    async def calls_of(self, ask: Ask, *, warm: bool) -> list[str]:
        """The paths that a source calls for it when all is well, in order."""
        source = await self.source()
        if warm:
            await self.read(source)
        self.vendor.forget()
        await ask(source)
        return [one.path for one in self.vendor.journal]


class SourceBase:
    """What a plugin says of itself, and the fixtures."""

    pytestmark = pytest.mark.asyncio

    source: ClassVar[type[Source[Any]]]
    """The source class."""
    fake: ClassVar[type[FakeSource] | Callable[[HandClock], FakeSource]]
    """The vendor in a box, made with a clock."""
    options: ClassVar[Mapping[str, Any]] = {}
    """More options for every test, beside those of the fake."""

    def prepare(self, fake: FakeSource) -> None:
        """Turn the fake's own knobs, before it starts."""

    @pytest_asyncio.fixture
    async def desk(self, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
        """The source at a fake with the story in it; with `--cusna-live`, at a real account."""
        if live.wanted(request.config):
            from cusna_core.testing.source_suite_live import account

            async with account(request, self.source) as made:
                yield made
            return
        async with self.at_fake() as boxed:
            yield boxed

    @asynccontextmanager
    async def at_fake(self) -> AsyncIterator[StoryDesk]:
        """What `desk` gives without an account."""
        clock = HandClock()
        fake = type(self).fake(clock)
        self.prepare(fake)
        vendor = FakeVendor(fake, clock)
        await vendor.start()
        try:
            story = Story(fake, clock.now())
            story.begin()
            given = {**vendor.options(), **self.options}
            boxed = StoryDesk(self.source, self.source.options_class.model_validate(given), vendor, story)
            try:
                yield boxed
            finally:
                vendor.clear()
                await boxed.close()
        finally:
            await vendor.stop()

    @pytest.fixture
    def boxed(self, desk: Desk, request: pytest.FixtureRequest) -> StoryDesk:
        """The same where only a fake will do."""
        if not isinstance(desk, StoryDesk):
            live.skip(request, "a real account cannot be made to fail on purpose, and nobody knows its story")
        return desk


@contextmanager
def watched(kind: type) -> Iterator[None]:
    """Whoever blocks the event loop in the plugin's own code gets an error instead."""
    with blockbuster_ctx([_package(kind)]):
        yield


def _package(kind: type) -> ModuleType:
    """The package that a class came in; only its module, where it lives within the core or beside tests."""
    top = importlib.import_module(kind.__module__.partition(".")[0])
    if top.__name__.startswith("cusna_") and top.__name__ != "cusna_core" and hasattr(top, "__path__"):
        return top
    return sys.modules[kind.__module__]


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.get_secret_value()
    elif isinstance(value, Options):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one)


def _covered(snapshot: Snapshot, scope: tuple[Section, str | None]) -> bool:
    return scope in snapshot.complete or (scope[0], None) in snapshot.complete


async def outcome(ask: Awaitable[Any]) -> Any:
    """What is answered, or the PluginError that is raised."""
    try:
        return await ask
    except PluginError as error:
        return error
