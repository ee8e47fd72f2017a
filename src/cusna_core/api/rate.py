"""When may the next call go?"""

from cusna_core.api.clock import Clock


class RateLimit:
    """A token bucket: `per_second` calls on average, `burst` at once. First come, first served."""

    def __init__(self, per_second: float, clock: Clock, *, burst: int = 1) -> None:
        self._interval = 1 / per_second
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        # The bucket begins full, however short the machine (and so its monotonic clock) is up.
        self._next = clock.monotonic() - self._slack

    async def turn(self) -> None:
        """Wait until the next call may go."""
        now = self._clock.monotonic()
        due = max(self._next, now - self._slack)
        self._next = due + self._interval
        if due > now:
            await self._clock.sleep(due - now)
