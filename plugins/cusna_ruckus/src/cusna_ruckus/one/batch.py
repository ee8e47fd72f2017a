"""How are many changes carried out at once, each with its own outcome, in their order?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from cusna_core.api import AuthFailed, Change, ConfigError, Outcome, PluginError, Ref, Transient

STOP = (Transient, AuthFailed, ConfigError)
"""What concerns all changes, not the one at which it showed."""


def runs(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Stretches of one kind, in their order: a revoke frees the passphrase that a create takes."""
    run: list[Change] = []
    for change in changes:
        if run and type(change) is not type(run[0]):
            yield run
            run = []
        run.append(change)
    if run:
        yield run


async def side_by_side(
    changes: Sequence[Change], do: Callable[[Change], Awaitable[Ref | None]], most: int
) -> AsyncIterator[Outcome]:
    """Up to so many in flight. After what concerns all, none is begun; what was begun is told."""
    stop = asyncio.Event()
    room = asyncio.Semaphore(most)

    async def one(change: Change) -> Outcome | None:
        async with room:
            if stop.is_set():
                return None
            try:
                return Outcome(change, ref=await do(change))
            except PluginError as error:
                if isinstance(error, STOP):
                    stop.set()
                return Outcome(change, error=error)

    tasks = [asyncio.create_task(one(change)) for change in changes]
    try:
        for task in tasks:
            outcome = await task
            if outcome is not None:
                yield outcome
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
