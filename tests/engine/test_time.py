"""Which instant counts, and what happens at it? With a clock that is driven by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import Clock
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Estate, Location
from cusna_core.engine.scheduler import Timer
from cusna_core.engine.timing import HOLD, StepGuard
from cusna_core.flow.world import Place
from cusna_core.store.db import Database

from .conftest import SSID, House

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)


class Hands(Clock):
    """Wall and monotonic clock are set apart; a sleep is over when it is said so."""

    def __init__(self) -> None:
        self.wall = NOON
        self.ticks = 1000.0
        self.slept: list[float] = []
        self._sleeping = asyncio.Event()

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._sleeping.wait()

    def passes(self, **span: float) -> None:
        """Time, on both."""
        self.wall += timedelta(**span)
        self.ticks += timedelta(**span).total_seconds()

    def set(self, **span: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += timedelta(**span)

    def ring(self) -> None:
        """Whoever sleeps wakes up."""
        self._sleeping.set()
        self._sleeping = asyncio.Event()


@pytest.mark.parametrize(
    ("step", "passed", "held"),
    [
        # What ntp corrects is followed at once, an hour included.
        (timedelta(seconds=30), timedelta(0), False),
        (timedelta(seconds=-30), timedelta(0), False),
        (timedelta(minutes=60), timedelta(0), False),
        (timedelta(minutes=-60), timedelta(0), False),
        # A step is not believed, for ten minutes.
        (timedelta(hours=2), timedelta(0), True),
        (timedelta(hours=2), timedelta(minutes=9, seconds=59), True),
        (timedelta(hours=2), timedelta(minutes=10), False),
        (timedelta(days=1), timedelta(minutes=5), True),
        (timedelta(days=1), timedelta(minutes=10), False),
        (timedelta(hours=-2), timedelta(0), True),
        (timedelta(days=-365), timedelta(minutes=9), True),
        (timedelta(days=-365), timedelta(minutes=11), False),
    ],
)
def test_a_step_of_the_clock_counts_after_ten_minutes(step: timedelta, passed: timedelta, held: bool) -> None:
    clock = Hands()
    guard = StepGuard(clock)
    clock.passes(hours=3)
    assert guard.now() == clock.now()
    before = clock.now()
    clock.wall += step
    guard.now()  # it is noticed when somebody asks
    clock.passes(seconds=passed.total_seconds())
    assert guard.now() == (before + passed if held else clock.now())
    assert guard.holding is held


def test_drift_is_followed_however_far_it_goes_in_the_end() -> None:
    clock = Hands()
    guard = StepGuard(clock)
    for _ in range(48):
        clock.passes(hours=1)
        clock.set(minutes=10)
        assert guard.now() == clock.now()
        assert not guard.holding


def test_a_clock_that_is_set_right_again_is_believed_at_once() -> None:
    clock = Hands()
    guard = StepGuard(clock)
    clock.set(hours=5)
    assert guard.now() == NOON
    clock.passes(minutes=2)
    clock.set(hours=-5)
    assert guard.now() == clock.now() == NOON + timedelta(minutes=2)
    assert not guard.holding
    # The next step has ten minutes of its own.
    clock.passes(minutes=9)
    clock.set(hours=5)
    assert guard.now() == NOON + timedelta(minutes=11)
    clock.passes(minutes=9)
    assert guard.now() == NOON + timedelta(minutes=20)


def test_one_who_asks_late_holds_no_longer_than_ten_minutes_from_then() -> None:
    clock = Hands()
    guard = StepGuard(clock)
    clock.set(hours=2)
    clock.passes(hours=1)
    guard.now()
    clock.passes(seconds=HOLD.total_seconds())
    assert guard.now() == clock.now()


def test_time_never_goes_back_while_a_step_forward_is_held() -> None:
    clock = Hands()
    guard = StepGuard(clock)
    seen = [guard.now()]
    clock.set(hours=2)
    for _ in range(20):
        clock.passes(minutes=1)
        seen.append(guard.now())
    assert seen == sorted(seen)


# The timer


class Rounds:
    """A timer over real decisions of places without anybody."""

    def __init__(self, clock: Hands, db: Database, zones: dict[str, str]) -> None:
        self.clock = clock
        self.guard = StepGuard(clock)
        self.decisions = Decisions(db, self.guard)
        self.decisions.estate = Estate(
            integrations={},
            controllers={},
            wifis={},
            locations={
                name: Location(name, name, Place(name, name, "x", ZoneInfo(zone)), ())
                for name, zone in zones.items()
            },
        )
        self.timer = Timer(clock, self.guard, self.decisions)
        self.decided: list[tuple[datetime, list[str]]] = []

    async def decide(self, names: Any) -> None:
        for name in names:
            await self.decisions.decide(name)
        self.decided.append((self.clock.now(), sorted(names)))

    async def until(self, end: datetime) -> None:
        """Let time pass as the timer asks for, until then."""
        running = asyncio.create_task(self.timer.run(self.decide))
        try:
            while self.clock.now() < end:
                await settled(lambda: bool(self.clock.slept))
                self.clock.passes(seconds=self.clock.slept.pop())
                self.clock.slept.clear()
                self.clock.ring()
            await settled(lambda: bool(self.clock.slept))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    one = await Database.open(tmp_path / "cusna.db")
    yield one
    await one.close()


async def test_each_place_has_its_own_midnight(db: Database) -> None:
    rounds = Rounds(Hands(), db, {"berlin": "Europe/Berlin", "lisbon": "Europe/Lisbon"})
    for name in ("berlin", "lisbon"):
        await rounds.decisions.decide(name)
    await rounds.until(datetime(2024, 3, 6, 1, tzinfo=UTC))
    assert [names for _, names in rounds.decided] == [["berlin"], ["lisbon"]]
    for (at, _), midnight in zip(rounds.decided, (23, 24), strict=True):
        late = at - (datetime(2024, 3, 5, tzinfo=UTC) + timedelta(hours=midnight))
        assert timedelta(0) <= late < timedelta(seconds=1), at


async def test_a_day_of_23_hours_ends_when_it_ends(db: Database) -> None:
    clock = Hands()
    clock.wall = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)  # the night in which Berlin's clocks go forward
    rounds = Rounds(clock, db, {"berlin": "Europe/Berlin"})
    await rounds.decisions.decide("berlin")
    await rounds.until(datetime(2024, 3, 31, 23, tzinfo=UTC))
    ((at, _),) = rounds.decided
    assert timedelta(0) <= at - datetime(2024, 3, 31, 22, tzinfo=UTC) < timedelta(seconds=1)


async def test_it_never_sleeps_longer_than_a_minute(db: Database) -> None:
    rounds = Rounds(Hands(), db, {"berlin": "Europe/Berlin"})
    await rounds.decisions.decide("berlin")
    running = asyncio.create_task(rounds.timer.run(rounds.decide))
    await settled(lambda: bool(rounds.clock.slept))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert rounds.clock.slept == [60.0]
    assert rounds.decided == []


# Ends


async def test_a_clock_that_is_set_two_hours_ahead_ends_nobody_for_ten_minutes(house: House) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=1))
    house.source.add("bob")
    await house.live()
    await house.apply()
    # Only the wall clock moves: as if `date` had been called.
    house.clock._ahead += timedelta(hours=2)
    ticks = house.clock.monotonic
    behind = timedelta(hours=2).total_seconds()
    house.clock.monotonic = lambda: ticks() - behind  # type: ignore[method-assign]  # one clock, set
    assert house.engine.now() < house.clock.now() - timedelta(hours=1)
    await house.apply()
    assert await house.labels() == {"Ann", "Bob"}
    await house.later(minutes=10, seconds=1)
    await house.apply()
    assert await house.labels() == {"Bob"}


async def test_overdue_ends_come_before_any_grant_at_a_start(house: House) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=1))
    await house.live()
    await house.apply()
    await house.engine.stop()
    house.source.add("bob")
    await house.later(hours=2)
    house.fake.journal.clear()
    await house.engine.take(house.estate(), loops=False)
    await house.engine.sync.read(house.engine.estate.integrations["hq"])
    await house.engine.start(house.estate())
    await settled(lambda: any(one.startswith("POST") for one in house.fake.journal))
    wrote = [one.split()[0] for one in house.fake.journal if not one.startswith("GET")]
    assert wrote == ["DELETE", "POST"]
    assert SSID in house.fake.journal[0]
    assert await house.labels() == {"Bob"}
