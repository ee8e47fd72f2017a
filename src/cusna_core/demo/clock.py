"""How can a demo jump to midnight? With a clock of its own; the shipped program has none such."""

import asyncio
from datetime import UTC, datetime, timedelta

from cusna_core.api import Clock, SystemClock


class JumpingClock(Clock):
    """The machine's clock, plus what was jumped: wall and monotonic together, as if time had passed."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self._ahead = timedelta()
        self._jumped = asyncio.Condition()

    def now(self) -> datetime:
        return self._real.now() + self._ahead

    def monotonic(self) -> float:
        return self._real.monotonic() + self._ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (rest := until - self.monotonic()) > 0:
            try:
                async with asyncio.timeout(rest):
                    async with self._jumped:
                        await self._jumped.wait()
            except TimeoutError:
                return

    async def jump(self, to: datetime) -> None:
        """Go forward to an instant; never back."""
        self._ahead += max(timedelta(), to.astimezone(UTC) - self.now())
        async with self._jumped:
            self._jumped.notify_all()
