"""Whom should we tell that their access ends soon, so that nobody is surprised on the day?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cusna_core.flow.world import Kind, Right

DECENT = range(8, 19)
"""Local hours in which a mail disturbs nobody."""
WORTH_IT = 3
"""A right that is not longer than so many times the notice is too short to be surprised by."""
MENDED = timedelta(hours=36)
"""A right that follows within this time goes on: renewals begin on the next day."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Which mails an integration's members get without asking."""

    ending_days: int = 3
    """So long before access ends; 0: never."""
    passphrase: bool = True
    """After a change in the portal; what the team or Cusna changes is told in any case."""


def ending(
    rights: Collection[Right], coming: Collection[Right], now: datetime, zone: ZoneInfo, days: int
) -> Right | None:
    """The right whose end is the end of somebody's access at one location, if it is time to tell of it.

    `rights` are the account's rights in force at the location, `coming` those that start later there. A day's
    booking is never told of: whoever booked knows when it ends. `days` 0: nobody is told.
    """
    if days <= 0 or not rights or now.astimezone(zone).hour not in DECENT:
        return None
    if any(one.ends is None for one in rights):
        return None
    last = max(rights, key=lambda one: (_end(one), one.id))
    end, notice = _end(last), timedelta(days=days)
    if last.because.kind not in (Kind.PLAN, Kind.OVERRIDE) or not now < end <= now + notice:
        return None
    if end - min(one.starts for one in rights) <= WORTH_IT * notice:
        return None
    follows = any(one.starts <= end + MENDED and (one.ends is None or one.ends > end) for one in coming)
    return None if follows else last


def _end(right: Right) -> datetime:
    assert right.ends is not None
    return right.ends
