"""Who works in the demo's locations? Lively, believable people with plans, bookings and troubles."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cusna_core.api import FakeSource
from cusna_core.flow.rights import day_bounds, local_day


@dataclass(frozen=True, slots=True)
class Spot:
    """A location of the demo."""

    slug: str
    title: str
    zone: str
    vendor: str
    """The driver's type that stands there, if its plugin is installed."""


KREUZBERG = Spot("kreuzberg", "Kreuzberg", "Europe/Berlin", "unifi")
HAFEN = Spot("hafen", "Hafen", "Europe/Berlin", "meraki")
BAIXA = Spot("baixa", "Baixa", "Europe/Lisbon", "unifi")
JORDAAN = Spot("jordaan", "Jordaan", "Europe/Amsterdam", "ruckus_one")
KALLIO = Spot("kallio", "Kallio", "Europe/Helsinki", "smartzone")
SPOTS = (KREUZBERG, HAFEN, BAIXA, JORDAAN, KALLIO)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person one can play in the demo, and what to expect."""

    name: str
    email: str
    spot: Spot
    story: str
    person: str
    company: str = ""


class Cast:
    """Fills the fake source; remembers who is who."""

    def __init__(self, source: FakeSource, now: datetime, spots: Sequence[Spot] = SPOTS) -> None:
        self._source = source
        self._now = now
        self.spots = tuple(spots)
        """Where a vendor is that stands in a box here."""
        self.locations: dict[str, str] = {}
        self.people: list[Somebody] = []
        self._companies: dict[tuple[str, str], str] = {}

    def fill(self) -> None:
        for spot in self.spots:
            self.locations[spot.slug] = self._source.add_location(spot.title, spot.zone)
        self._companies_and_members()
        self._people_on_their_own()
        self._troubles()

    def find(self, name: str) -> Somebody:
        return next(one for one in self.people if one.name == name)

    def book(self, who: Somebody, spot: Spot, resource: str, kind: str, day: int = 0, hours: int = 8) -> str:
        """A booking from nine on the local day so many days ahead."""
        starts, _ = self.day(spot, day)
        return self._source.book(
            self.locations[spot.slug],
            who.person,
            resource,
            kind,
            starts=starts + timedelta(hours=9),
            ends=starts + timedelta(hours=9 + hours),
        )

    def day(self, spot: Spot, ahead: int = 0) -> tuple[datetime, datetime]:
        zone = ZoneInfo(spot.zone)
        return day_bounds(local_day(self._now, zone) + timedelta(days=ahead), zone)

    def _add(self, spot: Spot, name: str, story: str, company: str = "", *, member: bool = True) -> Somebody:
        address = f"{_plain(name.split()[0])}@{_domain(company)}"
        person = self._source.add_person(
            self.locations[spot.slug],
            name,
            address,
            company=self._companies.get((spot.slug, company)),
            member=member,
        )
        somebody = Somebody(name, address, spot, story, person, company)
        self.people.append(somebody)
        return somebody

    def _company(self, spot: Spot, name: str, plan: str, ends: datetime | None = None) -> None:
        company = self._source.add_company(self.locations[spot.slug], name)
        self._companies[spot.slug, name] = company
        starts, _ = self.day(spot, -90)
        self._source.subscribe(self.locations[spot.slug], company, plan, starts=starts, ends=ends)

    def _companies_and_members(self) -> None:
        self._company(KREUZBERG, "Nordlicht Studio", "Team office")
        self._company(KREUZBERG, "Kiez Robotics", "Team office", self.day(KREUZBERG, 40)[1])
        self._company(HAFEN, "Elbe Analytics", "Private office")
        self._company(BAIXA, "Azulejo Labs", "Team desks")
        if JORDAAN in self.spots:
            self._company(JORDAAN, "Gracht & Co", "Private office")
        if KALLIO in self.spots:
            self._company(KALLIO, "Sisu Games", "Team office")
        told = "Her company has an open-ended plan: WiFi on the company's own network."
        self._add(KREUZBERG, "Mara Lindqvist", told, "Nordlicht Studio")
        told = "Mara's colleague, on the same company network."
        self._add(KREUZBERG, "Jonas Weber", told, "Nordlicht Studio")
        self._add(KREUZBERG, "Aylin Demir", told, "Nordlicht Studio")
        told = "Another company next door: another network. Its plan ends in 40 days."
        self._add(KREUZBERG, "Theo Brandt", told, "Kiez Robotics")
        self._add(KREUZBERG, "Priya Nair", told, "Kiez Robotics")
        told = "Works in Hamburg; with roaming the same passphrase works at every other location."
        self._add(HAFEN, "Lena Petersen", told, "Elbe Analytics")
        self._add(HAFEN, "Omar Haddad", told, "Elbe Analytics")
        told = "Works in Lisbon, an hour behind Berlin: days end at Lisbon's midnight."
        self._add(BAIXA, "Inês Carvalho", told, "Azulejo Labs")
        self._add(BAIXA, "Rui Fontes", told, "Azulejo Labs")

        if JORDAAN in self.spots:
            told = "Works in Amsterdam, where the WiFi is run from RUCKUS's cloud."
            self._add(JORDAAN, "Saskia de Vries", told, "Gracht & Co")
            self._add(JORDAAN, "Daan Bakker", told, "Gracht & Co")
            joris = self._add(
                JORDAAN, "Joris Visser", "No plan; has a desk in Amsterdam today.", member=False
            )
            self.book(joris, JORDAAN, "Bureau 4", "desk")
        if KALLIO in self.spots:
            told = "Works in Helsinki, an hour ahead of Berlin: midnight comes here first."
            self._add(KALLIO, "Aino Virtanen", told, "Sisu Games")
            self._add(KALLIO, "Eero Laine", told, "Sisu Games")
            kaisa = self._add(KALLIO, "Kaisa Niemi", "No plan; has a room in Helsinki today.", member=False)
            self.book(kaisa, KALLIO, "Room Sauna", "room")

    def _people_on_their_own(self) -> None:
        source, here = self._source, self.locations[KREUZBERG.slug]
        sofia = self._add(KREUZBERG, "Sofia Marek", "A freelancer with an open-ended hot desk.")
        source.subscribe(here, sofia.person, "Hot desk", starts=self.day(KREUZBERG, -200)[0])
        ben = self._add(KREUZBERG, "Ben Okafor", "His plan ends in three days, at local midnight.")
        ends = self.day(KREUZBERG, 3)[1]
        source.subscribe(here, ben.person, "Hot desk", starts=self.day(KREUZBERG, -60)[0], ends=ends)
        yuki = self._add(KREUZBERG, "Yuki Tanaka", "Her plan starts in five days.")
        starts = self.day(KREUZBERG, 5)[0]
        source.subscribe(here, yuki.person, "Dedicated desk", starts=starts, state="scheduled")
        nina = self._add(KREUZBERG, "Nina Rossi", "No plan; books a desk now and then.", member=False)
        paul = self._add(KREUZBERG, "Paul Grün", "No plan; has booked a meeting room today.", member=False)
        self.book(paul, KREUZBERG, "Room Oberbaum", "room")
        noor = self._add(KREUZBERG, "Noor Aziz", "No plan; her booking is tomorrow.", member=False)
        self.book(noor, KREUZBERG, "Desk 7", "desk", day=1)
        self.book(nina, KREUZBERG, "Desk 3", "desk", day=6)
        filipa = self._add(BAIXA, "Filipa Sousa", "No plan; has a desk in Lisbon today.", member=False)
        self.book(filipa, BAIXA, "Mesa 12", "desk")

    def _troubles(self) -> None:
        source, here = self._source, self.locations[KREUZBERG.slug]
        carl = self._add(
            KREUZBERG, "Carl Voss", "Has cancelled today's desk: no WiFi until he books again.", member=False
        )
        source.cancel(self.book(carl, KREUZBERG, "Desk 9", "desk"))
        vera = self._add(KREUZBERG, "Vera Klein", "A virtual-office plan, which comes without WiFi.")
        source.subscribe(here, vera.person, "Virtual Office", starts=self.day(KREUZBERG, -30)[0])
        igor = self._add(KREUZBERG, "Igor Blok", "Blocked by the space: no mail, no WiFi.")
        source.subscribe(here, igor.person, "Hot desk", starts=self.day(KREUZBERG, -10)[0])
        source.block(igor.person)
        emil = self._add(HAFEN, "Emil Krause", "His plan ended last week.")
        starts, ends = self.day(HAFEN, -70)[0], self.day(HAFEN, -7)[1]
        source.subscribe(self.locations[HAFEN.slug], emil.person, "Hot desk", starts=starts, ends=ends)


def _plain(name: str) -> str:
    """Without accents, as most addresses are."""
    letters = unicodedata.normalize("NFD", name.lower())
    return "".join(one for one in letters if one.isascii())


def _domain(company: str) -> str:
    return f"{company.split()[0].lower()}.example" if company else "mail.example"
