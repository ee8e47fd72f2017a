"""Does the clock of the tests only move when it is told to?"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from cusna_core.testing.clock import START, HandClock, abroad


async def test_it_stands_until_it_is_moved() -> None:
    clock = HandClock()
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), 0.0)
    clock.advance(90)
    clock.advance(timedelta(hours=1))
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 11, 23, 10, 1, 30, tzinfo=UTC), 3690.0)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


async def test_who_sleeps_moves_it_and_lets_others_run() -> None:
    clock, ran = HandClock(), []

    async def other() -> None:
        ran.append(clock.monotonic())

    task = asyncio.create_task(other())
    await clock.sleep(86400)
    await task
    assert (clock.monotonic(), ran, clock.slept) == (86400.0, [0.0], [86400])


async def test_sleepers_sleep_side_by_side() -> None:
    clock = HandClock()
    await asyncio.gather(clock.sleep(2), clock.sleep(10), clock.sleep(3))
    assert clock.monotonic() == 10.0


def test_abroad_the_machine_has_another_time() -> None:
    noon = START.timestamp()
    here = time.localtime(noon)
    with abroad():
        assert time.localtime(noon).tm_gmtoff == (13 * 60 + 45) * 60
    assert time.localtime(noon) == here
