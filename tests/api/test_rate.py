"""Does a rate limit let a burst through, and then no more than it says?"""

import asyncio
from typing import Any

import pytest

from cusna_core.api import RateLimit

Clock = Any


async def starts(limit: RateLimit, clock: Clock, calls: int) -> list[float]:
    """When each of so many calls in a row may go, in seconds from now."""
    began = clock.seconds
    found = []
    for _ in range(calls):
        await limit.turn()
        found.append(round(clock.seconds - began, 6))
    return found


@pytest.mark.parametrize("booted", [0.0, 0.01, 1000.0, 1e9], ids="up {} s".format)
@pytest.mark.parametrize(
    ("per_second", "burst", "expected"),
    [
        (10, 1, [0, 0.1, 0.2, 0.3, 0.4]),
        (10, 3, [0, 0, 0, 0.1, 0.2]),
        (0.5, 2, [0, 0, 2, 4, 6]),
    ],
)
async def test_a_burst_goes_at_once_and_then_the_rate_holds(
    clock: Clock, booted: float, per_second: float, burst: int, expected: list[float]
) -> None:
    clock.seconds = booted
    assert await starts(RateLimit(per_second, clock, burst=burst), clock, 5) == expected


async def test_a_pause_fills_the_burst_and_never_more(clock: Clock) -> None:
    limit = RateLimit(10, clock, burst=3)
    await starts(limit, clock, 5)
    clock.seconds += 0.2
    assert await starts(limit, clock, 3) == [0, 0, 0.1]  # two turns came back
    clock.seconds += 3600
    assert await starts(limit, clock, 5) == [0, 0, 0, 0.1, 0.2]


async def test_many_callers_at_once_come_one_after_the_other(clock: Clock) -> None:
    limit = RateLimit(10, clock, burst=2)
    waits: list[float] = []

    class Frozen(type(clock)):  # type: ignore[misc]
        async def sleep(self, seconds: float) -> None:
            waits.append(round(seconds, 6))

    limit = RateLimit(10, Frozen(), burst=2)
    await asyncio.gather(*(limit.turn() for _ in range(6)))
    assert waits == [0.1, 0.2, 0.3, 0.4]
