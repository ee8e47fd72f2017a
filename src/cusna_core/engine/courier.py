"""When does an event go to a sink, and what if it cannot?

At least once, those about one account (or one finding, one integration) in their order, one after the other;
several lanes side by side. A lane whose event fails waits by itself. When several lanes fail in a row, or
the sink says so, all wait and one event at a time looks whether it is over.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from cusna_core.api import AuthFailed, Clock, ConfigError, PluginError, Rejected, Sink, Transient
from cusna_core.engine import troubles
from cusna_core.engine.fence.calls import Fault
from cusna_core.store import events
from cusna_core.store.db import Database
from cusna_core.store.events import Delivery

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Events on their way to one sink at a time."""
LIFE: Final = timedelta(days=3)
FIRST: Final = 5.0
LONGEST: Final = 900.0
"""Seconds between tries: 5, 10, 20 … 900, with jitter."""
LOOK: Final = 1.0
"""Seconds between looks at the database: whoever puts an event need not know who delivers it."""
PATIENCE: Final = 3
"""Lanes that fail in a row before the sink as a whole is taken to be down."""
HUSHED: Final = timedelta(minutes=10)
"""A sink that fails for so long is told to admins; wrong credentials and settings at once."""

Told = Callable[[str, PluginError | Fault | None], Awaitable[None]]


class Courier:
    """Delivers to one sink. A sink that hangs or fails delays nobody but itself."""

    def __init__(
        self,
        name: str,
        sink: Sink[Any],
        db: Database,
        clock: Clock,
        random: Random,
        *,
        personal_data: bool,
        told: Told,
    ) -> None:
        self._name, self._sink = name, sink
        self._db, self._clock, self._random = db, clock, random
        self._personal_data, self._told = personal_data, told
        self._wake = asyncio.Event()
        self._going: set[str] = set()
        """Lanes on their way."""
        self._back: set[int] = set()
        """What came back during a look at the database: the look may not know of it yet."""
        self._missed: set[str] = set()
        """Lanes that failed since the last success."""
        self._tries = 0
        """Of the sink as a whole, while it is down."""
        self._until: datetime | None = None
        """While it is down: nothing goes before this instant."""
        self._since: datetime | None = None
        self._trouble: PluginError | Fault | None = None
        """What admins are told of."""

    async def run(self) -> None:
        """Until cancelled. What was on its way then goes again at the next start."""
        status = (await self._db.read(events.statuses)).get(self._name)
        self._since = status.failing if status is not None else None
        if self._since is None:
            await self._told(self._name, None)
        else:
            # What admins were told of it stays, until an event has gone through.
            self._until = self._clock.now()
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                await self._round(group)
                await self._rest()

    async def _round(self, group: asyncio.TaskGroup) -> None:
        now = self._clock.now()
        if self._until is not None and now < self._until:
            return
        most = 1 if self._down else AT_ONCE
        if len(self._going) >= most:
            return
        fetch = len(self._going) + most
        self._back.clear()
        for one in await self._db.read(lambda tx: events.due(tx, self._name, now, fetch)):
            if len(self._going) >= most:
                break
            if one.lane not in self._going and one.seq not in self._back:
                self._going.add(one.lane)
                group.create_task(self._deliver(one))

    async def _rest(self) -> None:
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._clock.sleep(LOOK))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    @property
    def _down(self) -> bool:
        return self._until is not None

    async def _deliver(self, one: Delivery) -> None:
        try:
            await self._try(one)
        except sqlite3.Error as error:
            # It is still due, and goes again.
            log.warning("sinks.%s: an event could not be noted (%s).", self._name, type(error).__name__)
            await self._clock.sleep(FIRST)
        finally:
            self._going.discard(one.lane)
            self._back.add(one.seq)
            self._wake.set()

    async def _try(self, one: Delivery) -> None:
        event = one.event if self._personal_data else replace(one.event, email=None)
        try:
            await self._sink.deliver(event)
        except Rejected as error:
            await self._drop(one, error)
        except (PluginError, Fault) as error:
            await self._again(one, error)
        else:
            now = self._clock.now()
            await self._db.run(lambda tx: events.done(tx, self._name, one, now))
            await self.well()

    async def well(self) -> None:
        """It took an event."""
        was, self._since, self._until, self._tries, self._trouble = self._since, None, None, 0, None
        self._missed.clear()
        if was is not None:
            log.info("sinks.%s: takes events again.", self._name)
            await self._told(self._name, None)
        self._wake.set()

    async def _again(self, one: Delivery, error: PluginError | Fault) -> None:
        now = self._clock.now()
        if now - one.event.time >= LIFE and one.tries > 0:
            await self._drop(one, error)
        else:
            due = now + self._pause(one.tries, error)
            await self._db.run(lambda tx: events.again(tx, self._name, one, due, said(error), now))
        if self._since is None:
            self._since = now
            log.warning("sinks.%s: %s Trying on for three days.", self._name, said(error))
        self._missed.add(one.lane)
        plain = isinstance(error, AuthFailed | ConfigError)
        whole = plain or len(self._missed) >= PATIENCE or self._down
        # Those that were on their way together count once.
        if whole and (self._until is None or now >= self._until):
            self._until = now + self._pause(self._tries, error)
            self._tries += 1
            old = now - LIFE
            given_up = await self._db.run(lambda tx: events.drop_old(tx, self._name, old, now))
            if given_up:
                log.warning(
                    "sinks.%s: %s events are older than three days, and given up.", self._name, given_up
                )
        if plain or isinstance(error, Fault) or now - self._since >= HUSHED:
            self._trouble = error
            await self._told(self._name, error)

    async def _drop(self, one: Delivery, error: PluginError | Fault) -> None:
        now = self._clock.now()
        log.warning("sinks.%s: an event %s is given up. %s", self._name, one.event.type, said(error))
        await self._db.run(lambda tx: events.drop(tx, self._name, one, said(error), now))
        await self._told(self._name, self._trouble)

    def _pause(self, tries: int, error: PluginError | Fault) -> timedelta:
        longest = min(LONGEST, FIRST * 2 ** min(tries, 16))
        seconds = self._random.uniform(longest / 2, longest)
        if isinstance(error, Transient) and error.after is not None:
            seconds = max(seconds, error.after)
        return timedelta(seconds=seconds)


def said(error: PluginError | Fault) -> str:
    """In a sentence for an admin; where a bug is stands in it, its text does not."""
    return str(error) if isinstance(error, PluginError) else f"A bug ({troubles.place(error)})."
