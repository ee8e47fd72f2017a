"""Which sinks are at work, and how does each stand?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from cusna_core import api
from cusna_core.api import ConfigError, Context, Event, Finding, Level, PluginError
from cusna_core.config.setup import Setup, Sink
from cusna_core.engine import troubles
from cusna_core.engine.courier import LIFE, Courier, said
from cusna_core.engine.fence import parts as fenced
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.fence.hush import Hush
from cusna_core.store import events
from cusna_core.store.db import Database
from cusna_core.store.events import Status

log = logging.getLogger(__name__)

Report = Callable[[str, Sequence[Finding]], Awaitable[None]]
EXPIRE_EVERY: Final = 3600.0
TOLD_FOR: Final = timedelta(days=7)
"""How long an admin reads that events were given up."""


@dataclass(frozen=True, slots=True)
class SinkView:
    """One sink, as admins see it."""

    name: str
    title: str
    """What people call its kind; empty where its table is not good."""
    target: str
    events: tuple[str, ...]
    personal_data: bool
    status: Status
    trouble: str = ""
    """Why it is not at work at all."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test event."""

    went: bool
    said: str
    """Why not, in a sentence of the sink's."""


class Sinks:
    """All sinks of the file: opened once, and each with a courier of its own."""

    def __init__(
        self,
        db: Database,
        clock: api.Clock,
        context: Callable[[str], Context],
        hush: Hush,
        report: Report,
        random: Random,
    ) -> None:
        self._db, self._clock, self._context, self._hush = db, clock, context, hush
        self._report, self._random = report, random
        self._configured: Mapping[str, Sink] = {}
        self._bad: frozenset[str] = frozenset()
        self._open: dict[str, api.Sink[Any]] = {}
        self._couriers: dict[str, Courier] = {}
        self._troubles: dict[str, str] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}

    async def take(self, setup: Setup) -> None:
        """Open what is configured, and keep events for it from now on. Raises nothing."""
        await self.close()
        self._configured, self._bad = setup.sinks, setup.bad_sinks
        wants: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(self._bad), ())
        wants |= {name: one.events for name, one in setup.sinks.items()}
        for name in await self._db.run(lambda tx: events.settle(tx, wants)):
            await self._report(f"sink:{name}", ())
        await asyncio.gather(*(self._begin(name, one) for name, one in setup.sinks.items()))

    async def _begin(self, name: str, one: Sink) -> None:
        try:
            made = fenced.sink(one.sink, one.options, self._context(name), self._hush)
            await made.open()
        except (PluginError, Fault) as error:
            log.warning("sinks.%s: could not be opened: %s", name, troubles.place(error))
            self._troubles[name] = said(error)
            return
        self._open[name] = made

    async def close(self) -> None:
        opened, self._open, self._troubles = self._open, {}, {}
        await asyncio.gather(*(one.close() for one in opened.values()), return_exceptions=True)

    async def run(self) -> None:
        """Deliver until cancelled, each sink by itself."""
        async with asyncio.TaskGroup() as group:
            for name, sink in self._open.items():
                courier = self._couriers[name] = Courier(
                    name,
                    sink,
                    self._db,
                    self._clock,
                    self._random,
                    personal_data=self._configured[name].personal_data,
                    told=self.tell,
                )
                group.create_task(courier.run(), name=f"sink:{name}")
            while True:
                await self._expire()
                await self._clock.sleep(EXPIRE_EVERY)

    async def _expire(self) -> None:
        """Nobody delivers to a sink that is not at work: what is too old for it goes."""
        now = self._clock.now()
        for name in sorted({*self._configured, *self._bad} - self._open.keys()):
            await self._db.run(partial(events.drop_old, sink=name, before=now - LIFE, now=now))

    async def tell(self, name: str, trouble: PluginError | Fault | None) -> None:
        """A courier's sink is in trouble, or well again; what was given up is told for a while."""
        status = (await self._db.read(events.statuses)).get(name)
        found = tuple(self._troubled(name, trouble, status))
        if found != self._findings.get(name):
            self._findings[name] = found
            await self._report(f"sink:{name}", found)

    def _troubled(
        self, name: str, trouble: PluginError | Fault | None, status: Status | None
    ) -> list[Finding]:
        path = f"sinks.{name}"
        found: list[Finding] = []
        if trouble is not None:
            where = trouble.path if isinstance(trouble, ConfigError) else ""
            found.append(
                Finding(
                    Level.ERROR,
                    "sink.failing",
                    f"{said(trouble)} Events wait, the oldest for three days; nobody's WiFi depends on it.",
                    "Mend it at the receiver, or in the file. Settings, Outgoing events, sends a test event.",
                    f"{path}.{where}".rstrip("."),
                    name,
                )
            )
        if status is not None and status.gave_up and status.gave_up > self._clock.now() - TOLD_FOR:
            found.append(
                Finding(
                    Level.WARNING,
                    "sink.dropped",
                    f"Events for the sink {name} were given up, because it did not take them.",
                    "Compare what the receiver knows with what is here; later events are delivered as ever.",
                    path,
                    name,
                )
            )
        return found

    async def look(self) -> Sequence[Finding]:
        """What `check` finds, and what could not be opened."""
        found = [
            Finding(
                Level.ERROR,
                "sink.cannot-open",
                f"{trouble} Nothing is delivered to the sink {name}; its events wait for three days.",
                "Correct it in the configuration, and start Cusna again.",
                f"sinks.{name}",
                name,
            )
            for name, trouble in self._troubles.items()
        ]
        for name, sink in self._open.items():
            try:
                told = await sink.check()
            except (PluginError, Fault) as error:
                told = self._troubled(name, error, None)
                found += told
                continue
            found += [
                Finding(
                    one.level, one.code, one.summary, one.fix, f"sinks.{name}.{one.path}".rstrip("."), name
                )
                for one in told
            ]
        return found

    async def views(self) -> list[SinkView]:
        """All sinks of the file, the bad ones too."""
        known = await self._db.read(events.statuses)
        none = Status("", None, "", 0, None, "", 0, None)
        return [self._view(name, known.get(name, none)) for name in sorted({*self._configured, *self._bad})]

    def _view(self, name: str, status: Status) -> SinkView:
        one = self._configured.get(name)
        sink = self._open.get(name)
        if one is None:
            return SinkView(name, "", "", (), False, status)
        trouble, target = self._troubles.get(name, ""), ""
        if sink is not None:
            try:
                target = sink.target
            except (PluginError, Fault) as error:
                trouble = said(error)
        return SinkView(name, one.sink.title, target, one.events, one.personal_data, status, trouble)

    async def test(self, name: str) -> Tried | None:
        """Deliver a test event now, past what waits; None where there is no such sink at work."""
        sink = self._open.get(name)
        if sink is None:
            return None
        try:
            await sink.deliver(test_event(self._clock.now()))
        except (PluginError, Fault) as error:
            return Tried(False, said(error))
        now = self._clock.now()
        await self._db.run(lambda tx: events.recovered(tx, name, now))
        if name in self._couriers:
            await self._couriers[name].well()
        return Tried(True, "")


def test_event(now: datetime) -> Event:
    return Event(events.new_id(), "test", now)
