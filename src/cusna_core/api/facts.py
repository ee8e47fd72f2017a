"""What can a membership source tell, in words that belong to no vendor?

Instants are aware and in UTC; intervals are half-open, so an end is the first instant after.
Ids are the source's own strings; the core keeps the ids of two integrations apart by itself.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

NEVER = frozenset(' \t\r\n,;:"<>()[]\\')
"""What no address has that is not written to be read in two ways."""
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
LONGEST = 254


def email_key(address: str | None) -> str | None:
    """The form in which two addresses are compared, or None for what is no address.

    Trimmed, NFC, lower case, domain in Punycode. Nothing else is folded, neither by NFKC nor by
    casefold nor by IDNA 2003 (which takes straße.de for strasse.de): whoever owns a look-alike would
    own its account (Auth.js GHSA-7rqj-j65f-68wh). Never send mail to this form.
    """
    if address is None:
        return None
    trimmed = address.strip()
    if len(trimmed) > LONGEST:
        return None
    text = _folded(trimmed)
    if not text.isprintable():
        return None
    if any(not c.isascii() and _folded(c).isascii() for c in trimmed):  # the Kelvin sign is no k
        return None
    # What others may read into it: a full-width @ or comma splits an address somewhere later.
    read = unicodedata.normalize("NFKC", text)
    if read.count("@") != 1 or not NEVER.isdisjoint(read):
        return None
    local, _, domain = text.partition("@")
    labels = [_ascii(label) for label in domain.split(".")]
    if not local or not all(LABEL.fullmatch(label) for label in labels):
        return None
    if len(labels) == 1 and domain != "localhost":
        return None
    key = f"{local}@{'.'.join(labels)}"
    return key if len(key.encode()) <= LONGEST else None


def _folded(text: str) -> str:
    # Twice: some small letters exist as one character whose capitals do not.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


class Section(StrEnum):
    """A kind of fact; a read says for each section and location whether it came to the end."""

    PEOPLE = "people"
    """Persons and their affiliations."""
    COMPANIES = "companies"
    SUBSCRIPTIONS = "subscriptions"
    BOOKINGS = "bookings"
    BLOCKS = "blocks"
    """For the whole integration: its location is None."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A place as the source knows it; `timezone` is an IANA name, or empty if it has none."""

    id: str
    title: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the source. `email` is as the source stores it."""

    id: str
    email: str | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Affiliation:
    """One person's record at one location. Its mere existence proves nothing."""

    id: str
    person_id: str
    location_id: str
    company_id: str | None = None
    approved: bool = True
    """False while it waits for an admin of the space: no access."""
    member: bool = True
    """False for who only ever booked, or was removed: no plan access, bookings count."""


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str
    location_id: str | None = None


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    SCHEDULED = "scheduled"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subscription is to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a subscription gives no access: [starts, ends), None for open."""

    starts: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A plan held by a person or by a company: exactly one of the two ids is given."""

    id: str
    location_id: str | None
    """None: good at all locations of the integration."""
    person_id: str | None
    company_id: str | None
    state: SubscriptionState
    plans: tuple[Plan, ...] = ()
    starts: datetime | date | None = None
    """An instant means its local day; access starts at that day's local 00:00."""
    ends: datetime | date | None = None
    """An instant is exclusive; a date is the last day, so the local midnight after it."""
    pauses: tuple[Pause, ...] = ()


class BookingKind(StrEnum):
    DESK = "desk"
    ROOM = "room"
    OTHER = "other"
    """Parking, equipment, unknown: gives no access."""


class BookingState(StrEnum):
    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    id: str
    location_id: str
    kind: BookingKind
    state: BookingState
    starts: datetime
    ends: datetime
    person_id: str | None
    """The owner; None for a booking without a person, which gives nobody access."""
    resource: str = ""
    """The desk's or room's name, for "until midnight, because of Desk 12"."""


@dataclass(frozen=True, slots=True)
class Block:
    """The space shut this person out: never access, whatever else is known."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span of instants for which bookings are asked."""

    starts: datetime
    ends: datetime


Scope = tuple[Section, str | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read told.

    `began` is when the read began: it may only remove facts last seen before. `complete` names the
    sections that were read to the end, each with its location (None for the whole integration);
    absence means something only there. `gone` are ids of which the source itself said, when asked
    for exactly them, that they are no more. `failures` are sentences for an admin, one for each
    section that was not read to the end.
    """

    began: datetime
    people: tuple[Person, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()
    companies: tuple[Company, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    bookings: tuple[Booking, ...] = ()
    blocks: tuple[Block, ...] = ()
    complete: frozenset[Scope] = frozenset()
    gone: frozenset[tuple[Section, str]] = frozenset()
    failures: tuple[str, ...] = field(default=())


def merged(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Several reads as one; of facts told twice the later one counts."""
    parts = list(snapshots)
    return Snapshot(
        began=min(part.began for part in parts),
        people=tuple({one.id: one for part in parts for one in part.people}.values()),
        affiliations=tuple({one.id: one for part in parts for one in part.affiliations}.values()),
        companies=tuple({one.id: one for part in parts for one in part.companies}.values()),
        subscriptions=tuple({one.id: one for part in parts for one in part.subscriptions}.values()),
        bookings=tuple({one.id: one for part in parts for one in part.bookings}.values()),
        blocks=tuple({one.person_id: one for part in parts for one in part.blocks}.values()),
        complete=frozenset().union(*(part.complete for part in parts)),
        gone=frozenset().union(*(part.gone for part in parts)),
        failures=tuple(failure for part in parts for failure in part.failures),
    )
