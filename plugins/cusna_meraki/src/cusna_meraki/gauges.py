"""How full is what has a cap? Plain numbers, for findings and for whoever measures."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from cusna_core.api import Clock

MOST_UNFINISHED = 5
"""Action batches that may be under way in an organisation, all programs together."""
WINDOW = 10.0
"""Seconds over which the rate of calls is taken."""
AN_HOUR = 3600.0


class Meter:
    """Counts calls as they are answered, and those that came too fast."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[float] = deque()
        self._limited: deque[float] = deque()

    def count(self, status: int) -> None:
        now = self._clock.monotonic()
        self._calls.append(now)
        if status == 429:
            self._limited.append(now)
        self._forget(now)

    @property
    def per_second(self) -> float:
        """Calls a second, lately."""
        self._forget(self._clock.monotonic())
        return len(self._calls) / WINDOW

    @property
    def limited(self) -> int:
        """How often Meraki said "too fast" within the last hour."""
        self._forget(self._clock.monotonic())
        return len(self._limited)

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - WINDOW:
            self._calls.popleft()
        while self._limited and self._limited[0] <= now - AN_HOUR:
            self._limited.popleft()


@dataclass(slots=True)
class Counts:
    """How many of a thing there were when they were last read, by where."""

    psks: dict[tuple[str, int], int] = field(default_factory=dict)
    """By Meraki network and SSID number."""
    policies: dict[str, int] = field(default_factory=dict)
    """By Meraki network."""

    def of_site(self, site: str) -> Mapping[int, int]:
        """Keys of a Meraki network by SSID number."""
        return {number: count for (name, number), count in self.psks.items() if name == site}
