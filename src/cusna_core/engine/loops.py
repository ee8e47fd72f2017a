"""How does work go on beside other work, so that a bug in it ends neither it for good nor the rest?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from cusna_core.api import Clock
from cusna_core.engine.fence.calls import place
from cusna_core.store.db import Unwritable

log = logging.getLogger(__name__)

AFTER_A_BUG = 30.0
"""Seconds until a loop that ended by a bug begins again."""


class Loops:
    """What runs in the background, until it is ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: set[asyncio.Task[None]] = set()
        self._asides: set[asyncio.Task[None]] = set()

    def keep(self, loop: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a loop; whatever it meets, it begins again."""
        task = asyncio.create_task(self._kept(loop, name), name=name)
        self._loops.add(task)
        task.add_done_callback(self._loops.discard)

    async def _kept(self, loop: Callable[[], Awaitable[None]], name: str) -> None:
        while True:
            try:
                await loop()
            except Unwritable:
                await self._clock.sleep(AFTER_A_BUG)  # it was told where it happened
            except Exception as error:  # noqa: BLE001 - told without its text, which may hold anything
                log.error("%s met a bug (%s). It begins again in %s s.", name, place(error), AFTER_A_BUG)  # noqa: TRY400
                await self._clock.sleep(AFTER_A_BUG)

    def aside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something once, beside what is going on."""

        async def told() -> None:
            try:
                await work
            except Unwritable:
                return
            except Exception as error:  # noqa: BLE001 - as above
                log.error("A bug (%s).", place(error))  # noqa: TRY400

        task = asyncio.create_task(told())
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
        # Who is called off before the first step would leave it behind, never awaited.
        task.add_done_callback(lambda _: work.close())
        return task

    async def end(self, *kinds: str) -> None:
        """End the loops whose names begin like that."""
        await _ended(one for one in self._loops if one.get_name().startswith(kinds))

    async def end_all(self) -> None:
        await _ended((*self._loops, *self._asides))


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
