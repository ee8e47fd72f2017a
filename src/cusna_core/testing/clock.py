"""What time is it in a test? Whatever the test says: nobody waits."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cusna_core.api import Clock

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""


class HandClock(Clock):
    """Moved by hand. Whoever sleeps wakes at once, and that much later.

    Who sleeps at the same time sleeps side by side: two seconds and ten are ten.
    """

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.passed = 0.0
        self.slept: list[float] = []
        """How long each sleep was, in order."""

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        until = self.passed + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.passed = max(self.passed, until)

    def advance(self, by: float | timedelta) -> None:
        """Go on by so many seconds, or by this span; never back."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise ValueError("Time does not go back.")
        self.passed += seconds


@contextmanager
def abroad(zone: str = "Pacific/Chatham") -> Iterator[None]:
    """This machine stands somewhere else: who takes local time for UTC is wrong by hours, and by minutes."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
