"""Does the machine's own clock tell what the rest believes?"""

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from cusna_core.api import Clock, SystemClock


async def test_the_machines_clock_is_in_utc_and_waits() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert 0.005 < clock.monotonic() - before < 60


def test_a_clock_must_do_all_three() -> None:
    assert inspect.isabstract(Clock)
    assert Clock.__abstractmethods__ == {"now", "monotonic", "sleep"}
    with pytest.raises(TypeError):
        Clock()  # type: ignore[abstract]
