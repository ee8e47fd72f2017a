"""Which instant counts when the machine's clock is set, and when does the scheduler wake?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import Clock, Unreachable
from cusna_core.demo.stage import until
from cusna_core.engine.timing import StepGuard

from .conftest import SSID, House

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class HandClock(Clock):
    """Both clocks are moved by hand, each by itself."""

    def __init__(self) -> None:
        self.wall, self.seconds = START, 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def go(self, span: timedelta) -> None:
        """Time passes."""
        self.wall += span
        self.seconds += span.total_seconds()

    def step(self, span: timedelta) -> None:
        """Somebody sets the wall clock."""
        self.wall += span


@pytest.mark.parametrize(
    ("step", "held"),
    [
        (timedelta(0), False),
        (timedelta(seconds=2), False),
        (timedelta(minutes=59), False),
        (timedelta(minutes=-59), False),
        (HOUR, False),
        (HOUR + timedelta(seconds=1), True),
        (-HOUR - timedelta(seconds=1), True),
        (timedelta(days=1), True),
        (timedelta(days=-1), True),
        (timedelta(days=3650), True),
    ],
)
def test_a_step_of_more_than_an_hour_is_not_believed_for_ten_minutes(step: timedelta, held: bool) -> None:
    clock = HandClock()
    guard = StepGuard(clock)
    clock.go(MINUTE)
    clock.step(step)
    assert guard.now() == (START + MINUTE if held else START + MINUTE + step)
    assert guard.holding is held
    clock.go(timedelta(minutes=9, seconds=59))
    assert guard.now() == clock.now() - (step if held else timedelta())
    clock.go(timedelta(seconds=1))
    assert guard.now() == clock.now()
    assert not guard.holding


def test_a_step_that_is_taken_back_is_as_if_it_never_was() -> None:
    clock = HandClock()
    guard = StepGuard(clock)
    clock.step(timedelta(days=1))
    assert guard.now() == START
    clock.go(MINUTE)
    clock.step(timedelta(days=-1))
    assert guard.now() == START + MINUTE
    assert not guard.holding


def test_a_second_step_meanwhile_does_not_hold_for_longer() -> None:
    clock = HandClock()
    guard = StepGuard(clock)
    clock.step(timedelta(days=1))
    guard.now()
    clock.go(5 * MINUTE)
    clock.step(timedelta(days=1))
    assert guard.now() == START + 5 * MINUTE
    clock.go(5 * MINUTE)
    assert guard.now() == clock.now()


def test_drift_is_followed() -> None:
    """A clock that is slewed by a minute a day is never a step, however far it gets."""
    clock = HandClock()
    guard = StepGuard(clock)
    for _ in range(365):
        clock.go(timedelta(days=1))
        clock.step(MINUTE)
        assert guard.now() == clock.now()


async def test_a_clock_that_is_set_a_day_ahead_ends_nobodys_day(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the decision, and not by the plan that is made of it."""
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=8))
    await house.live()
    await house.apply()
    assert await house.labels() == {"Ann"}
    real = house.clock.now
    monkeypatch.setattr(house.clock, "now", lambda: real() + timedelta(days=1))
    await house.apply()
    assert await house.labels() == {"Ann"}
    told = (await house.run("explain", email="ann@example.com"))["result"]["accounts"][0]
    assert told["locations"][0]["access"]
    await house.later(minutes=11)
    await house.apply()
    assert await house.labels() == set()


async def test_the_next_event_is_the_first_end_start_or_midnight(house: House) -> None:
    now = house.clock.now()
    house.source.add("ann", ends=now + timedelta(hours=2))
    house.source.add("ben", ends=now + timedelta(hours=1))
    house.source.add("cleo")
    await house.live()
    await house.apply()
    decision = house.engine.decisions.latest("hq")
    assert decision is not None
    places = house.engine.estate.places("hq")
    assert decision.next_event(places) == now + timedelta(hours=1)
    await house.later(hours=1, seconds=1)
    decision = await house.engine.decisions.decide("hq")
    assert decision.next_event(places) == now + timedelta(hours=2)
    await house.later(hours=1)
    decision = await house.engine.decisions.decide("hq")
    midnight = datetime.combine(
        now.date() + timedelta(days=1), datetime.min.time(), ZoneInfo("Europe/Berlin")
    )
    assert decision.next_event(places) == midnight.astimezone(UTC)


async def test_each_zone_has_a_midnight_of_its_own(house: House) -> None:
    await house.live()
    here = house.engine.estate.places("hq")[0]
    places = [here, replace(here, id="there", zone=ZoneInfo("Europe/Lisbon"))]
    berlin = datetime.combine(house.clock.now().date() + timedelta(days=1), datetime.min.time(), here.zone)
    decision = await house.engine.decisions.decide("hq")
    assert decision.next_event(places) == berlin
    await house.clock.jump(berlin + timedelta(milliseconds=50))
    decision = await house.engine.decisions.decide("hq")
    assert decision.next_event(places) == berlin + timedelta(hours=1)


async def test_an_end_comes_by_itself_and_to_the_minute(house: House) -> None:
    """Sooner than anything else would look: no read, no verification is due in these minutes."""
    house.source.add("ann", ends=house.clock.now() + timedelta(minutes=5))
    house.source.add("ben")
    await house.engine.start(house.estate())
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 2)
    house.source.fails = Unreachable("What is stored goes on to count.")
    await house.later(minutes=4, seconds=30)
    assert len(house.fake.airs[SSID].keys) == 2
    await house.later(seconds=31)
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 1)
    assert await house.labels() == {"Ben"}


async def test_overdue_ends_are_first_at_the_start(house: House) -> None:
    """Before the source was asked, and before anybody is let in."""
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=1))
    await house.live()
    await house.apply()
    await house.later(hours=2)
    house.source.add("ben")
    journal = house.fake.journal
    journal.clear()
    await house.engine.start(house.estate())
    assert await until(lambda: any(one.startswith("POST") for one in journal))
    writes = [one.split()[0] for one in journal if not one.startswith("GET")]
    assert writes == ["DELETE", "POST"]
