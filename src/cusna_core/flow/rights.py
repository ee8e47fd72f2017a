"""Who may be on, where, from when and until when, and because of what?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cusna_core.api import Booking
from cusna_core.flow.world import Account, Claim, Facts, Override, Place, Policy, Refused, Right


def midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) whose local date is later than `day`. Never a day plus 24 hours."""
    raise NotImplementedError


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    raise NotImplementedError


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The half-open span of a local day in UTC: 21 to 27 hours long (or empty, where a day was skipped)."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of one integration's accounts at `now`."""

    in_force: tuple[Right, ...]
    coming: tuple[Right, ...]
    """Automatic rights that start later."""
    claimable: tuple[Right, ...]
    """Booking rights of today that the account has not claimed; `starts` is the local day's start."""
    refused: Mapping[tuple[str, str], Refused]
    """(account, location) without a right in force, roaming not counted: the best reason to tell."""


def rights(
    facts: Facts,
    places: Sequence[Place],
    accounts: Collection[Account],
    claims: Collection[Claim],
    overrides: Collection[Override],
    policy: Policy,
    now: datetime,
) -> Rights:
    """Rules 1 to 3. `places` and `accounts` are those of one integration."""
    raise NotImplementedError


def next_booking(facts: Facts, places: Sequence[Place], account: Account, now: datetime) -> Booking | None:
    """The account's earliest confirmed desk or room booking that has not ended its day, for the portal."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Access:
    """An account works at a location until an instant: the latest end of its rights (rules 3 and 6)."""

    account_id: str
    location_id: str
    ends: datetime | None
    right: Right
    """The right that is named: a plan before a booking, then the latest end, then the lowest id."""
    roaming: bool
    """True where the right is at another location."""


def access(in_force: Collection[Right], places: Sequence[Place], policy: Policy) -> tuple[Access, ...]:
    raise NotImplementedError
