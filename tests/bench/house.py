"""What plugin stands for a large house? A source and WiFis that answer at once, from memory.

Written as any plugin is; `install` gives it the metadata by which the program finds it.
"""

import itertools
import json
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
    Context,
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
    Secret,
    Section,
    Segment,
    SegmentState,
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
            for one in range(self.options.places + 1)  # one of them is not set up yet
        ]

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        people: list[Person] = []
        records: list[Affiliation] = []
        companies: dict[str, Company] = {}
        plans: list[Subscription] = []
        bookings: list[Booking] = []
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
                {
                    (section, where)
                    for section in Section
                    if section is not Section.BLOCKS
                    for where in locations
                }
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
    folder: str = Field(title="Folder", description="Where it remembers its keys between two runs.")


class SsidOptions(Options):
    ssid: str = Field(title="SSID", description="Its name.")


class Rack(Controller[RackOptions, SsidOptions]):
    """A controller whose keys are there when the program starts again."""

    type = "rack"
    title = "Rack"
    options_class = RackOptions
    network_options_class = SsidOptions

    def __init__(self, options: RackOptions, context: Context) -> None:
        super().__init__(options, context)
        self._ssids: list[Ssid] = []

    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(one.ssid, one.ssid, {"ssid": one.ssid}) for one in self._ssids]

    def network(self, options: SsidOptions) -> "Ssid":
        made = Ssid(Path(self.options.folder) / f"{self.context.name}-{options.ssid}.json", options.ssid)
        self._ssids.append(made)
        return made

    async def close(self) -> None:
        for one in self._ssids:
            one.keep()


class Ssid(Network[SsidOptions]):
    """An SSID in memory, with a VLAN domain of its own."""

    def __init__(self, path: Path, ssid: str) -> None:
        self.ssid = ssid
        self.features = (
            Feature.LABEL
            | Feature.READ_PASSPHRASE
            | Feature.CHOOSE_PASSPHRASE
            | Feature.UPDATE
            | Feature.VLAN
        )
        self.limits = Limits(keys=5000, batch=250)
        self._path = path
        kept = json.loads(path.read_text()) if path.exists() else {"keys": [], "vlans": {}}
        self._keys = {
            Ref(ref): KeyState(Ref(ref), label, Secret(word), vlan) for ref, label, word, vlan in kept["keys"]
        }
        self._vlans = {int(vlan): str(name) for vlan, name in kept["vlans"].items()}
        self._numbers = itertools.count(len(self._keys) + 1)

    def keep(self) -> None:
        """For the next run; the file is of made-up people and goes with the folder."""
        keys = [
            (one.ref, one.label, one.passphrase.get_secret_value() if one.passphrase else "", one.vlan)
            for one in self._keys.values()
        ]
        self._path.write_text(json.dumps({"keys": keys, "vlans": self._vlans}))

    def identity(self) -> str:
        return f"rack:{self._path.name}"

    def segment_domain(self) -> str:
        return self.identity()

    async def read(self) -> Sequence[KeyState]:
        return list(self._keys.values())

    async def segments(self) -> Sequence[SegmentState]:
        return [SegmentState(vlan, name) for vlan, name in self._vlans.items()]

    async def ensure_segment(self, segment: Segment) -> None:
        self._vlans[segment.vlan] = segment.name

    async def create(self, key: Key) -> Ref:
        return await self.update(Ref(f"n{next(self._numbers)}"), key)

    async def update(self, ref: Ref, key: Key) -> Ref:
        # It ends nothing by itself, so it shows no end.
        self._keys[ref] = KeyState(ref, key.label, key.passphrase, key.vlan)
        return ref

    async def revoke(self, ref: Ref) -> None:
        self._keys.pop(ref, None)


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
