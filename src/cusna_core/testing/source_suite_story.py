"""Who is in the space in the suite's story, and does a snapshot tell it so?

The story goes into the fake through its own words (`FakeSource`), and is kept here in the words of the
facts. There are five of everything at the first location, so that pages of two have a second and a third.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cusna_core.api import (
    Booking,
    BookingKind,
    BookingState,
    FakeSource,
    Scope,
    Section,
    Snapshot,
    SourceLocation,
    Subscription,
    SubscriptionState,
    Window,
    email_key,
)

BERLIN, LISBON = "Europe/Berlin", "Europe/Lisbon"
ANN = "Ann.Lee@story.example"
"""Of a company with a plan, at two locations; her address has capitals."""
CLEO = "cleo@story.example"
"""No member: she only has a booking."""
NOBODY = "nobody@story.example"

Fact = tuple[object, ...]


@dataclass(slots=True)
class Story:
    """What the vendor knows, by scope and id; each fact as `told` writes it."""

    fake: FakeSource
    now: datetime
    locations: dict[str, SourceLocation] = field(default_factory=dict)
    facts: dict[Scope, dict[str, Fact]] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    hall: str = ""
    annex: str = ""
    desk: str = ""
    """Cleo's booking of today."""
    plan: str = ""
    """Ben's subscription."""

    @property
    def window(self) -> Window:
        """Today in Berlin."""
        return self.day(0)

    def day(self, offset: int) -> Window:
        begin = self._midnight(BERLIN, offset)
        return Window(begin, self._midnight(BERLIN, offset + 1))

    def _midnight(self, zone: str, offset: int) -> datetime:
        day = self.now.astimezone(ZoneInfo(zone)).date() + timedelta(days=offset)
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(self.now.tzinfo)

    # Telling it to the fake

    def begin(self) -> None:
        self.hall = hall = self.location("Hall", BERLIN)
        self.annex = annex = self.location("Annex", LISBON)
        self.location("Loft", BERLIN)
        acme, bolt, crux, *_ = (
            self.company(hall, name) for name in ("Acme", "Bolt & Söhne", "Crux", "Dune", "Echo")
        )
        fern = self.company(annex, "Fern")
        ann = self.person(hall, "Ann Lee", ANN, company=acme)
        ben = self.person(hall, "Ben", "ben@story.example")
        cleo = self.person(hall, "Cleo", CLEO, member=False)
        dan = self.person(hall, "Dan", "dan@story.example", company=bolt)
        eve = self.person(hall, "Eve", "eve@story.example", company=crux)
        finn = self.person(annex, "Finn", "finn@story.example", company=fern)
        again = self.person(annex, "Ann Lee", ANN)
        self.subscribe(hall, acme, "Office", -400)
        self.plan = self.subscribe(hall, ben, "Flex", -30, 12)
        self.subscribe(hall, bolt, "Office", -2, 1)
        self.subscribe(hall, eve, "Night", -1, 30)
        self.subscribe(hall, crux, "Office", 7, state="scheduled")
        self.subscribe(annex, finn, "Flex", 0)
        self.desk = self.book(hall, cleo, "Desk 1", "desk", 8, 10)
        self.book(hall, ben, "Blue room", "room", -2, 1)
        self.book(hall, ann, "Desk 2", "desk", 12, 30)
        self.book(hall, eve, "Desk 3", "desk", 0, 24)
        self.book(hall, eve, "Blue room", "room", 13, 14)
        self.book(annex, again, "Desk 4", "desk", 9, 18)
        self.book(hall, dan, "Desk 1", "desk", -10, 0)
        self.book(hall, dan, "Desk 1", "desk", 24, 33)
        for person in (dan, finn):
            self.block(person)

    def location(self, title: str, zone: str) -> str:
        one = self.fake.add_location(title, zone)
        self.locations[one] = SourceLocation(one, title, zone)
        return one

    def company(self, place: str, name: str) -> str:
        one = self.fake.add_company(place, name)
        self._keep(Section.COMPANIES, place, one, (name,))
        return one

    def person(
        self, place: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        one = self.fake.add_person(place, name, email, company=company, member=member)
        self.emails.add(email)
        self._keep(Section.PEOPLE, place, one, (email_key(email), name, company, True, member))
        return one

    def subscribe(
        self, place: str, holder: str, plan: str, begins: int, ends: int | None = None, state: str = "active"
    ) -> str:
        """From the midnight of one day until that of another, counted from today; or open-ended."""
        zone = self.locations[place].timezone
        starts = self._midnight(zone, begins)
        until = None if ends is None else self._midnight(zone, ends)
        one = self.fake.subscribe(place, holder, plan, starts=starts, ends=until, state=state)
        fact = holder, SubscriptionState(state), (plan,), starts, until
        self._keep(Section.SUBSCRIPTIONS, place, one, fact)
        return one

    def book(self, place: str, person: str, resource: str, kind: str, begins: int, ends: int) -> str:
        """Hours after today's midnight in Berlin."""
        midnight = self.window.starts
        span = midnight + timedelta(hours=begins), midnight + timedelta(hours=ends)
        one = self.fake.book(place, person, resource, kind, starts=span[0], ends=span[1])
        confirmed = BookingState.CONFIRMED
        self._keep(Section.BOOKINGS, place, one, (person, BookingKind(kind), confirmed, *span, resource))
        return one

    def cancel(self, booking: str) -> None:
        self.fake.cancel(booking)
        for (section, _), known in self.facts.items():
            if section is Section.BOOKINGS:
                known.pop(booking, None)

    def block(self, person: str) -> None:
        self.fake.block(person)
        self._keep(Section.BLOCKS, None, person, ())

    def _keep(self, section: Section, place: str | None, one: str, fact: Fact) -> None:
        self.facts.setdefault((section, place), {})[one] = fact

    # Holding a snapshot against it

    def scopes(self, places: Iterable[str]) -> set[Scope]:
        """What a read of these locations can be complete in."""
        by_place = [one for one in Section if one is not Section.BLOCKS]
        return {(section, place) for place in places for section in by_place} | {(Section.BLOCKS, None)}

    def told_in(self, scope: Scope, window: Window) -> dict[str, Fact]:
        """What is true there, and concerns the window."""
        known = self.facts.get(scope, {})
        if scope[0] is not Section.BOOKINGS:
            return known
        return {one: fact for one, fact in known.items() if _overlaps(fact, window)}

    def lies(self, snapshot: Snapshot, window: Window | None = None) -> list[str]:
        """Sentences about what the snapshot tells otherwise than it is, or claims to have read and lacks."""
        span = window or self.window
        said = {scope: self._said(snapshot, scope) for scope in self.scopes(self.locations)}
        return [*self._missing(snapshot, said, span), *self._invented(said, span)]

    def _missing(
        self, snapshot: Snapshot, said: dict[Scope, dict[str, Fact]], window: Window
    ) -> Iterator[str]:
        for scope in said:
            missing = self.told_in(scope, window).keys() - said[scope].keys()
            if missing and covers(snapshot, scope):
                yield (
                    f"{self._name(scope)} count as read to the end, but {len(missing)} of "
                    f"{len(self.told_in(scope, window))} are missing: the core would take their access away."
                )

    def _invented(self, said: dict[Scope, dict[str, Fact]], window: Window) -> Iterator[str]:
        for scope, facts in said.items():
            true = self.told_in(scope, window)
            for one, fact in facts.items():
                if one not in true:
                    yield f"{self._name(scope)}: {one} is told, but is not there (or not in the window)."
                elif fact != true[one]:
                    pairs = zip(fact, true[one], strict=True)
                    differences = ", ".join(f"{a!r} instead of {b!r}" for a, b in pairs if a != b)
                    yield f"{self._name(scope)}: {one} is told otherwise than it is: {differences}."

    def _said(self, snapshot: Snapshot, scope: Scope) -> dict[str, Fact]:
        section, place = scope
        match section:
            case Section.PEOPLE:
                people = {one.id: one for one in snapshot.people}
                found: dict[str, Fact] = {}
                for record in snapshot.affiliations:
                    who = people.get(record.person_id)
                    if record.location_id == place and who is not None:
                        rest = record.company_id, record.approved, record.member
                        found[who.id] = (email_key(who.email), who.name, *rest)
                return found
            case Section.COMPANIES:
                mine = self.facts.get(scope, {})
                return {
                    one.id: (one.name,)
                    for one in snapshot.companies
                    if one.location_id == place or (one.location_id is None and one.id in mine)
                }
            case Section.SUBSCRIPTIONS:
                assert place is not None
                mine, zone = self.facts.get(scope, {}), ZoneInfo(self.locations[place].timezone)
                return {
                    one.id: _subscription(one, zone)
                    for one in snapshot.subscriptions
                    if one.state is not SubscriptionState.CANCELLED
                    and (one.location_id == place or (one.location_id is None and one.id in mine))
                }
            case Section.BOOKINGS:
                return {
                    one.id: _booking(one)
                    for one in snapshot.bookings
                    if one.location_id == place and one.state is not BookingState.CANCELLED
                }
            case Section.BLOCKS:
                return {one.person_id: () for one in snapshot.blocks}

    def _name(self, scope: Scope) -> str:
        section, place = scope
        known = self.locations.get(place or "")
        return f"The {section} of {known.title}" if known else f"The {section}"


def covers(snapshot: Snapshot, scope: Scope) -> bool:
    """Whether the scope counts as read to the end, by itself or with the whole integration."""
    return scope in snapshot.complete or (scope[0], None) in snapshot.complete


def _overlaps(fact: Fact, window: Window) -> bool:
    _, _, _, starts, ends, _ = fact
    assert isinstance(starts, datetime)
    assert isinstance(ends, datetime)
    return starts < window.ends and ends > window.starts


def _subscription(one: Subscription, zone: ZoneInfo) -> Fact:
    plans = tuple(plan.name for plan in one.plans)
    return (
        one.person_id or one.company_id,
        one.state,
        plans,
        _instant(one.starts, zone),
        _instant(one.ends, zone, days=1),
    )


def _booking(one: Booking) -> Fact:
    return one.person_id, one.kind, one.state, one.starts, one.ends, one.resource


def _instant(value: datetime | date | None, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """A bare date as the instant it means: the day's begin, or with `days` the end of that day."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value + timedelta(days=days), time.min, tzinfo=zone)
