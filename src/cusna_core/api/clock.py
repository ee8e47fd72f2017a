"""What time is it, and how does one wait?

The clock is handed to everything that needs one, so that tests and the demo can bring their own.
The shipped program only ever uses `SystemClock`.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime


class Clock(ABC):
    """A wall clock in UTC, a monotonic clock in seconds, and a way to sleep on the latter."""

    @abstractmethod
    def now(self) -> datetime:
        """The instant, aware and in UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the monotonic clock."""


class SystemClock(Clock):
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
