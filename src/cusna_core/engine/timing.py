"""Which instant counts when the machine's clock was just set?"""

from datetime import datetime, timedelta

from cusna_core.api import Clock

STEP = timedelta(hours=1)
HOLD = timedelta(minutes=10)


class StepGuard(Clock):
    """A clock by which rights begin and end.

    Only a step of more than an hour between wall and monotonic clock delays ends, ten minutes at most.

    A clock that was set a day ahead would end every day pass at once, one that was set back would bring
    ended ones to life (design 10). Until the ten minutes are over, time goes on as it did before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._origin = self._base()
        self._stepped: float | None = None

    def _base(self) -> datetime:
        """When the monotonic clock was at zero, by the wall clock."""
        return self._clock.now() - timedelta(seconds=self._clock.monotonic())

    def now(self) -> datetime:
        """The instant by which rights begin and end."""
        monotonic = self._clock.monotonic()
        base = self._base()
        if self._stepped is None:
            if abs(base - self._origin) <= STEP:
                self._origin = base  # ordinary drift and small corrections are followed
                return self._clock.now()
            self._stepped = monotonic
        if monotonic - self._stepped >= HOLD.total_seconds() or abs(base - self._origin) <= STEP:
            self._stepped = None
            self._origin = base
            return self._clock.now()
        return self._origin + timedelta(seconds=monotonic)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    @property
    def holding(self) -> bool:
        return self._stepped is not None
