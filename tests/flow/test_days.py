"""No right ends early or late, on any day of any zone."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cusna_core.flow.days import Days, day_bounds, local_day, midnight_after

FIRST, LAST = date(2024, 1, 1), date(2037, 12, 31)
ALL_DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
SECOND = timedelta(seconds=1)


def changes_of(zone: ZoneInfo) -> list[datetime]:
    """The instants, to the second, at which the zone's clock was or will be changed."""
    found = []
    step = timedelta(days=1)
    at = datetime.combine(FIRST - step, time(), UTC)
    until = datetime.combine(LAST + 2 * step, time(), UTC)
    before = at.astimezone(zone).utcoffset()
    while at < until:
        after = (at + step).astimezone(zone).utcoffset()
        if after != before:
            low, high = at, at + step
            while high - low > SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            found.append(high)
            before = after
        at += step
    return found


@pytest.fixture(scope="module")
def zones() -> dict[tuple[object, ...], ZoneInfo]:
    """All zones of tzdata, those with the same clock (first offset and changes) from 2024 to 2037 once."""
    found: dict[tuple[object, ...], ZoneInfo] = {}
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    assert len(names) >= 590
    start = datetime.combine(FIRST - timedelta(days=1), time(), UTC)
    for name in names:
        zone = ZoneInfo(name)
        changes = changes_of(zone)
        clock = (
            start.astimezone(zone).utcoffset(),
            *((at, at.astimezone(zone).utcoffset()) for at in changes),
        )
        found.setdefault(clock, zone)
    return found


def test_no_day_of_any_zone_ends_early_or_late(zones: dict[tuple[object, ...], ZoneInfo]) -> None:
    """The end is a later day; the second before it is not. Checked with the zone's own clock, to the second.

    That no earlier instant is a later day: between changes a clock only goes forward, and the instants
    just after each change of these years are looked at one by one in the test below.
    """
    for zone in zones.values():
        previous = midnight_after(FIRST - timedelta(days=1), zone)
        for day in ALL_DAYS:
            end = midnight_after(day, zone)
            assert local_day(end, zone) > day, (zone, day)
            assert local_day(end - SECOND, zone) <= day, (zone, day)
            assert timedelta(0) <= end - previous <= timedelta(hours=27), (zone, day)
            previous = end


def test_no_change_of_a_clock_makes_an_end_late(zones: dict[tuple[object, ...], ZoneInfo]) -> None:
    looked_at = 0
    for clock, zone in zones.items():
        for change in clock[1:]:
            at = change[0]  # type: ignore[index]
            for instant in (at - SECOND, at):
                day = local_day(instant, zone)
                for ended in (day - timedelta(days=1), day, day + timedelta(days=1)):
                    assert (instant >= midnight_after(ended, zone)) == (day > ended), (zone, instant, ended)
                    looked_at += 1
                days = Days(instant)
                starts, ends = days.bounds(days.today(zone), zone)
                assert starts <= instant < ends
    assert looked_at > 5_000


@pytest.mark.parametrize(
    "zone", ["America/St_Johns", "America/Santiago", "Africa/Cairo", "America/Havana", "Asia/Beirut"]
)
def test_today_is_the_day_whose_bounds_hold_now(zone: str) -> None:
    """Every half hour of years in which clocks changed at midnight, also backwards over it."""
    place = ZoneInfo(zone)
    now = datetime(2009, 1, 1, tzinfo=UTC)
    while now.year < 2012:
        days = Days(now)
        starts, ends = days.bounds(days.today(place), place)
        assert starts <= now < ends, now
        assert day_bounds(days.today(place), place) == (starts, ends)
        now += timedelta(minutes=29)
