"""What plugin stands for a large house? A source and WiFis that answer at once, from memory.

Written as any plugin is; `install` gives it the metadata by which the program finds it.
"""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from cusna_core.api import (
    Affiliation,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Controller,
    Feature,
    Finding,
    Key,
    KeyState,
    Limits,
    Network,
    NetworkChoice,
    Options,
    Person,
    Plan,
    Ref,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Subscription,
    SubscriptionState,
    Window,
    hookimpl,
)

PLANS = ("Hot desk", "Fixed desk", "Private office", "Day pass", "Evenings", "Virtual office")
EACH = 12
"""People of one company."""
SHARE = 3
"""One person in so many is of a company; the others have a plan of their own."""
BOOKED = 20
"""One person in so many has booked a desk today."""
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Europe/Lisbon", "America/New_York", "Asia/Tokyo")


def place(number: int) -> str:
    return f"place-{number:03}"


class HouseOptions(Options):
    people: int = Field(title="People", description="How many it tells of.")
    places: int = Field(title="Places", description="In how many places.")


class House(Source[HouseOptions]):
    """Everybody is somewhere, one in three by a company."""

    type = "house"
    title = "House"
    options_class = HouseOptions

    async def check(self) -> Sequence[Finding]:
        return []

    async def locations(self) -> Sequence[SourceLocation]:
        return [
            SourceLocation(place(one), f"House {one:03}", ZONES[one % len(ZONES)])
            for one in range(self.options.places)
        ]

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        people, records, companies, plans, bookings = [], [], {}, [], []
        # Of the day, so that who reads twice is told the same.
        day = self.context.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(self.options.people):
            where, within = place(number % self.options.places), number // self.options.places
            person = f"p{number}"
            people.append(Person(person, f"person{number}@example.com", f"{_name(number)} {number}"))
            company = None
            if within % SHARE == 0:
                company = f"c{number % self.options.places}-{within // SHARE // EACH}"
                if company not in companies:
                    companies[company] = Company(company, f"Company {company[1:]}", where)
                    plans.append(_plan(f"s{company}", where, None, company, len(plans)))
            else:
                plans.append(_plan(f"s{number}", where, person, None, number))
            records.append(Affiliation(f"a{number}", person, where, company))
            if number % BOOKED == 0:
                bookings.append(
                    Booking(
                        f"b{number}", where, BookingKind.DESK, BookingState.CONFIRMED,
                        day, day.replace(hour=23), person, f"Desk {within}",
                    )
                )  # fmt: skip
        return Snapshot(
            self.context.clock.now(),
            tuple(people),
            tuple(records),
            tuple(companies.values()),
            tuple(plans),
            tuple(bookings),
            complete=frozenset(
                {(section, where) for section in Section if section is not Section.BLOCKS for where in locations}
                | {(section, None) for section in Section}
            ),
        )

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        return None

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        return Snapshot(self.context.clock.now())


def _name(number: int) -> str:
    first = ("Anna", "Ben", "Chiara", "Deniz", "Émile", "Fatma", "Gustav", "Hana", "Ivan", "Jördis")
    last = ("Schmidt", "Okafor", "Silva", "Yılmaz", "Nguyen", "Kowalski", "Müller", "Rossi", "Sato", "Berg")
    return f"{first[number % 10]} {last[number // 10 % 10]}"


def _plan(name: str, where: str, person: str | None, company: str | None, number: int) -> Subscription:
    kind = number % len(PLANS)
    plans = (Plan(f"plan-{kind}", PLANS[kind]),)
    return Subscription(name, where, person, company, SubscriptionState.ACTIVE, plans, BEGAN)


class RackOptions(Options):
    site: str = Field(title="Site", description="Which of them it is.")


class SsidOptions(Options):
    ssid: str = Field(title="SSID", description="Its name.")


class Rack(Controller[RackOptions, SsidOptions]):
    """A controller that remembers its keys as long as it runs."""

    type = "rack"
    title = "Rack"
    options_class = RackOptions
    network_options_class = SsidOptions

    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice("Members", "Members", {"ssid": "Members"})]

    def network(self, options: SsidOptions) -> "Ssid":
        return Ssid(self.options.site, options)


class Ssid(Network[SsidOptions]):
    def __init__(self, site: str, options: SsidOptions) -> None:
        self.ssid = options.ssid
        self.features = Feature.LABEL | Feature.READ_PASSPHRASE | Feature.CHOOSE_PASSPHRASE | Feature.UPDATE
        self.limits = Limits(keys=5000, batch=1000)
        self.keys: dict[Ref, KeyState] = {}
        self._numbers = itertools.count(1)
        self._site = site

    def identity(self) -> str:
        return f"rack:{self._site}:{self.ssid}"

    def segment_domain(self) -> str:
        return f"rack:{self._site}"

    async def read(self) -> Sequence[KeyState]:
        return list(self.keys.values())

    def remember(self, ref: Ref, key: Key) -> None:
        self.keys[ref] = KeyState(ref, key.label, key.passphrase, key.vlan, key.ends)

    async def create(self, key: Key) -> Ref:
        ref = Ref(f"n{next(self._numbers)}")
        self.remember(ref, key)
        return ref

    async def update(self, ref: Ref, key: Key) -> Ref:
        self.remember(ref, key)
        return ref

    async def revoke(self, ref: Ref) -> None:
        self.keys.pop(ref, None)


@hookimpl
def cusna_sources() -> Sequence[type[Source[Any]]]:
    return [House]


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    return [Rack]


def install(folder: Path) -> str:
    """As pip would, in a folder that is on the path; returns the plugin's name."""
    about = folder / "cusna_house-1.0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    lines: Mapping[str, str] = {
        "METADATA": "Metadata-Version: 2.1\nName: cusna-house\nVersion: 1.0\nRequires-Dist: cusna-core\n",
        "entry_points.txt": f"[cusna]\nhouse = {__name__}\n",
    }
    for name, text in lines.items():
        (about / name).write_text(text)
    return "house"
