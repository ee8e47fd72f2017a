"""When does what happen? At intervals, when something nudges, and at the next promised end.

Level-triggered: every round looks at what is, so that a round that was missed is made up by the next.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from cusna_core.api import AuthFailed, Clock, PluginError
from cusna_core.engine import troubles
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Integration
from cusna_core.engine.findings import Findings
from cusna_core.engine.sync import Sync
from cusna_core.engine.timing import StepGuard
from cusna_core.store.db import Unwritable

log = logging.getLogger(__name__)

SOON = 30.0
"""Seconds before the first repetition of a failed read; doubled each time, up to the interval."""
GRACE = timedelta(milliseconds=50)
"""Woken by the clock, a round is made just after the instant, never just before."""


class Nudge:
    """An event that several may set and one waits for, with a time-out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float | None) -> bool:
        """Whether it was nudged within so many seconds."""
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(self._event.wait())]
        if seconds is not None:
            tasks.append(asyncio.create_task(self._clock.sleep(max(0.0, seconds))))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return self._event.is_set()
        finally:
            self._event.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Poller:
    """Reads one integration again and again."""

    def __init__(
        self,
        integration: Integration,
        clock: Clock,
        sync: Sync,
        findings: Findings,
        every: float,
        read: Callable[[str], None],
    ) -> None:
        self.integration = integration
        self.nudge = Nudge(clock)
        self._sync = sync
        self._findings = findings
        self._every = every
        self._read = read
        self._failures = 0
        self._random = random.SystemRandom()
        self.tried = asyncio.Event()
        """Set when a first read was decided upon, or failed."""

    async def run(self) -> None:
        while True:
            await self.once()
            pause = self._every
            if self._failures:
                pause = min(self._every, SOON * 2 ** (self._failures - 1))
            await self.nudge.wait(pause * self._random.uniform(0.9, 1.0))

    async def once(self) -> None:
        """One read. A failure freezes: what is stored goes on to count."""
        name = self.integration.id
        try:
            synced = await self._sync.read(self.integration)
        except Unwritable:
            self._failures += 1  # ours and not the source's, and told already
            self.tried.set()
            return
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            self._failures += 1
            meant = isinstance(error, PluginError)
            if self._failures == 1:
                log.warning("%s: %s", name, error if meant else f"a bug: {troubles.place(error)}")
            if self._failures >= 2 or isinstance(error, AuthFailed) or not meant:
                told = [troubles.source(self.integration, error)]
                await self._findings.report(f"integration:{name}:read", told)
            self.tried.set()
            return
        if self._failures:
            log.info("%s: answers again", name)
        self._failures = 0
        await self._findings.report(f"integration:{name}:read", synced.findings)
        self._read(name)


class Timer:
    """Wakes at the next promised end, start or local midnight, and decides anew."""

    def __init__(self, clock: Clock, guard: StepGuard, decisions: Decisions) -> None:
        self.nudge = Nudge(clock)
        self._guard = guard
        self._decisions = decisions

    async def run(self, decide: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        while True:
            now = self._guard.now()
            events = {}
            for name in self._decisions.integrations():
                decision = self._decisions.latest(name)
                event = decision.next_event(self._decisions.estate.places(name)) if decision else None
                if event is not None:
                    events[name] = event
            due = [name for name, event in events.items() if event <= now]
            if due:
                await decide(due)
                continue
            pause = min(((one - now + GRACE).total_seconds() for one in events.values()), default=None)
            # At least every minute, so that a wall clock that was set is noticed.
            await self.nudge.wait(min(pause, 60.0) if pause is not None else 60.0)
