"""Which nouns do the rules speak of, besides the facts of the sources?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from cusna_core.api import Affiliation, Booking, Company, Person, Subscription
from cusna_core.flow.index import Index, index


@dataclass(frozen=True, slots=True)
class Place:
    """A location: fed by one integration, with a zone in which its days are judged."""

    id: str
    integration: str
    source_id: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Facts:
    """What one integration is known to say now, keyed by the source's ids.

    Only what still counts is here: facts that vanished (rule 9) are gone already. The mappings
    must not change once the facts are made: `index` is reckoned once.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    affiliations: Mapping[str, Affiliation] = field(default_factory=dict)
    companies: Mapping[str, Company] = field(default_factory=dict)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    bookings: Mapping[str, Booking] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    """Person ids that the source shut out."""
    _index: list[Index] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def index(self) -> Index:
        if not self._index:
            made = index(self.affiliations.values(), self.subscriptions.values(), self.bookings.values())
            self._index.append(made)
        return self._index[0]


@dataclass(frozen=True, slots=True)
class Account:
    """One person of one integration (several person records with one e-mail key are one account)."""

    id: str
    integration: str
    email_key: str | None
    person_ids: frozenset[str]
    created: datetime
    fingerprint: str
    """Of the passphrase."""
    visited: datetime | None = None
    """First use of the portal."""
    suspended: bool = False
    """Disabled by an admin."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A member took the booking right of one local day at one location, in the portal."""

    account_id: str
    location_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Override:
    """An admin's grant: at one location or (None) at all of the integration."""

    id: str
    account_id: str
    location_id: str | None
    starts: datetime
    ends: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One integration's choices."""

    roaming: bool = False
    manage_vlans: bool = False
    plans_without_wifi: frozenset[str] = frozenset()
    """Plan ids, or names in lower case."""


class Kind(StrEnum):
    """Why a right exists, in the order in which a reason is named."""

    OVERRIDE = "override"
    PLAN = "plan"
    DESK = "desk"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Because:
    """The reason for a right, as data; `words` makes a sentence of it."""

    kind: Kind
    name: str
    """Of the plan, the desk or the room; an override's note."""
    fact_id: str
    company_id: str | None = None
    """The company that holds the plan, if one does."""


@dataclass(frozen=True, slots=True)
class Right:
    """An account may be on at a location in [starts, ends); ends None is open.

    `id` is stable over reads: the same plan, or the same local day of bookings, keeps it.
    """

    id: str
    account_id: str
    location_id: str
    starts: datetime
    ends: datetime | None
    because: Because


class Refusal(StrEnum):
    """Why an account has no right at a location now."""

    BLOCKED = "blocked"
    SUSPENDED = "suspended"
    UNAPPROVED = "unapproved"
    NOT_STARTED = "not-started"
    """Its plan starts later: `when`."""
    GRANTED_LATER = "granted-later"
    """An admin's grant starts later: `when`. Its note is for admins, and never told."""
    ENDED = "ended"
    """Its last plan ended: `when`."""
    PLAN_WITHOUT_WIFI = "plan-without-wifi"
    INCOMPLETE = "incomplete"
    """The plan's purchase was not finished."""
    BOOKING_LATER = "booking-later"
    """Its next booking is on another day: `when`."""
    UNCLAIMED = "unclaimed"
    """A booking of today waits to be claimed in the portal."""
    ELSEWHERE = "elsewhere"
    """It has a right, at another location: `location_id`; roaming is off."""
    CLOSED = "closed"
    """The location is switched off: nobody new gets in."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Refused:
    code: Refusal
    name: str = ""
    when: datetime | None = None
    location_id: str | None = None
