"""When does a local day begin and end?"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of what has always been."""
_DAY = timedelta(days=1)


def midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) whose local date is later than `day`. Never a day plus 24 hours.

    Clocks change at midnight in some zones. Where 00:00 is skipped, fold 0 reads it with the offset before
    the change, which is exactly the first instant after; where it comes twice, that is the first.
    """
    return datetime.combine(day + _DAY, time(), tzinfo=zone).astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The half-open span of a local day in UTC: 21 to 27 hours long (or empty, where a day was skipped)."""
    return midnight_after(day - _DAY, zone), midnight_after(day, zone)


class Days:
    """The local days of one instant. Remembers what it reckoned: zones are few, bookings are many."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._today: dict[ZoneInfo, date] = {}
        self._bounds: dict[tuple[date, ZoneInfo], tuple[datetime, datetime]] = {}

    def today(self, zone: ZoneInfo) -> date:
        """The day whose bounds hold now.

        A clock that is put back over midnight shows yesterday once more; that day has ended nevertheless.
        """
        if zone not in self._today:
            day = local_day(self.now, zone)
            self._today[zone] = day if self.now < midnight_after(day, zone) else day + _DAY
        return self._today[zone]

    def bounds(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        if (day, zone) not in self._bounds:
            self._bounds[day, zone] = day_bounds(day, zone)
        return self._bounds[day, zone]
