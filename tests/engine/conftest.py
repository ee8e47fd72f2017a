"""A house to test the engine in: a source that says what it is told to, and a real WiFi over HTTP."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_core.admin.operations import Operations
from cusna_core.api import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Context,
    Finding,
    Options,
    Person,
    Plan,
    PluginError,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Subscription,
    SubscriptionState,
    Window,
    email_key,
)
from cusna_core.demo.clock import JumpingClock
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Estate, Integration, Location, Wifi
from cusna_core.engine.members import Members
from cusna_core.flow.world import Place, Policy
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault
from cusna_core.testing.memory import Memory, MemoryNetworkOptions, MemoryOptions
from cusna_core.testing.memory_fake import MemoryFake

HERE = "place-1"
SSID = "Members"
ZONE = ZoneInfo("Europe/Berlin")


class Scripted(Source[Options]):
    """A source that says what its lists hold, or fails as it is told."""

    type = "scripted"
    title = "Scripted"
    options_class = Options

    def __init__(self, context: Context) -> None:
        super().__init__(Options(), context)
        self.people: list[Person] = []
        self.affiliations: list[Affiliation] = []
        self.companies: list[Company] = []
        self.subscriptions: list[Subscription] = []
        self.bookings: list[Booking] = []
        self.blocks: list[Block] = []
        self.fails: PluginError | None = None
        self.unread: set[Section] = set()
        self.held_back: asyncio.Event | None = None
        """A read waits for it."""

    async def check(self) -> Sequence[Finding]:
        if self.fails:
            raise self.fails
        return ()

    async def locations(self) -> Sequence[SourceLocation]:
        if self.fails:
            raise self.fails
        return [SourceLocation(HERE, "Here", ZONE.key)]

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        if self.held_back:
            await self.held_back.wait()
        if self.fails:
            raise self.fails
        scopes: set[tuple[Section, str | None]] = {
            (section, None if section is Section.BLOCKS else one)
            for section in Section
            for one in locations
            if section not in self.unread
        }
        return Snapshot(
            began=self.context.clock.now(),
            people=tuple(self.people),
            affiliations=tuple(self.affiliations),
            companies=tuple(self.companies),
            subscriptions=tuple(self.subscriptions),
            bookings=tuple(self.bookings),
            blocks=tuple(self.blocks),
            complete=frozenset(scopes),
        )

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        if self.fails:
            raise self.fails
        people = [one for one in self.people if email_key(one.email) == email_key(email)]
        ids = {one.id for one in people}
        if not people:
            return None
        return Snapshot(
            began=self.context.clock.now(),
            people=tuple(people),
            affiliations=tuple(one for one in self.affiliations if one.person_id in ids),
            subscriptions=tuple(one for one in self.subscriptions if one.person_id in ids),
            bookings=tuple(one for one in self.bookings if one.person_id in ids),
        )

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        there = {one.id for one in self.subscriptions} | {one.id for one in self.bookings}
        return Snapshot(
            began=self.context.clock.now(), gone=frozenset(one for one in missing if one[1] not in there)
        )

    # Saying things

    def add(
        self, name: str, *, plan: bool = True, ends: datetime | None = None, company: str | None = None
    ) -> str:
        number = len(self.people) + 1
        self.people.append(Person(f"p{number}", f"{name}@example.com", name.title()))
        self.affiliations.append(Affiliation(f"m{number}", f"p{number}", HERE, company))
        if plan:
            self.subscribe(f"p{number}", ends=ends)
        return f"p{number}"

    def subscribe(self, person: str, *, ends: datetime | None = None) -> str:
        name = f"s{len(self.subscriptions) + 1}"
        self.subscriptions.append(
            Subscription(
                name,
                HERE,
                person,
                None,
                SubscriptionState.ACTIVE,
                (Plan("plan", "Hot desk"),),
                starts=self.context.clock.now() - timedelta(days=9),
                ends=ends,
            )
        )
        return name

    def drop(self, person: str) -> None:
        """The person and all that is theirs are not told of any more."""
        self.people = [one for one in self.people if one.id != person]
        self.affiliations = [one for one in self.affiliations if one.person_id != person]
        self.subscriptions = [one for one in self.subscriptions if one.person_id != person]

    def book(self, person: str, *, hours: float = 1) -> None:
        now = self.context.clock.now()
        self.bookings.append(
            Booking(
                f"b{len(self.bookings) + 1}",
                HERE,
                BookingKind.DESK,
                BookingState.CONFIRMED,
                now,
                now + timedelta(hours=hours),
                person,
                "Desk 12",
            )
        )


@dataclass
class House:
    """Everything, with shorthands."""

    clock: JumpingClock
    db: Database
    vault: Vault
    source: Scripted
    fake: MemoryFake
    controller: Memory
    engine: Engine
    members: Members
    operations: Operations
    policy: Policy = field(default_factory=Policy)
    mails: list[int] = field(default_factory=list)

    async def live(self, **wifi: Any) -> None:
        """Take the estate, without loops."""
        await self.engine.take(self.estate(**wifi), loops=False)

    def estate(self, **wifi: Any) -> Estate:
        place = Place("here", "hq", HERE, ZONE)
        network = self.controller.network(MemoryNetworkOptions(ssid=SSID))
        values: dict[str, Any] = {
            "id": "members",
            "controller_id": "rack",
            "network": network,
            "pool": (),
            "apply": True,
            "location_ids": frozenset({"here"}),
        }
        return Estate(
            integrations={"hq": Integration("hq", "Scripted", self.source, self.policy)},
            controllers={"rack": self.controller},
            wifis={"members": Wifi(**{**values, **wifi})},
            locations={"here": Location("here", "Here", place, ("members",))},
        )

    async def run(self, operation: str, **values: Any) -> dict[str, Any]:
        """An operation's last event."""
        events = [one async for one in self.operations.run(operation, values, "tester")]
        return dict(events[-1])

    async def apply(self, **values: Any) -> dict[str, Any]:
        """Read, decide and apply, once."""
        return dict((await self.run("apply", **values))["result"])

    async def labels(self) -> set[str]:
        """Who has a key: by name. Foreign keys by their own label."""
        rows = await self.db.read(lambda tx: tx.execute("SELECT id, name FROM accounts").fetchall())
        names = {row["id"]: row["name"] for row in rows}
        wifi = self.engine.estate.wifis["members"]
        return {
            names.get((one.label or "").rsplit("-", 1)[-1], one.label or "?")
            for one in await wifi.network.read()
        }

    def on_air(self) -> list[str]:
        """The passphrases on the WiFi, those of others left out."""
        air = self.fake.airs[SSID]
        return [key["passphrase"] for ref, key in air.keys.items() if ref not in air.foreign]

    async def passphrase(self, name: str) -> str:
        account = await self.account(name)
        return await self.members.passphrase(account)

    async def account(self, name: str) -> str:
        row = await self.db.read(
            lambda tx: tx.execute(
                "SELECT id FROM accounts WHERE email_key = ?", (f"{name}@example.com",)
            ).fetchone()
        )
        assert row is not None
        return str(row["id"])

    async def later(self, **span: float) -> None:
        await self.clock.jump(self.clock.now() + timedelta(**span))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with built(tmp_path) as house:
        yield house


@asynccontextmanager
async def built(folder: Path, fake_class: type[MemoryFake] = MemoryFake) -> AsyncIterator[House]:
    """A house at noon in Berlin, so that no test crosses midnight by itself."""
    clock = JumpingClock()
    await clock.jump(
        datetime.combine(clock.now().date() + timedelta(days=1), datetime.min.time(), UTC)
        + timedelta(hours=11)
    )
    vault = Vault.ephemeral()
    db = await Database.open(folder / "cusna.db")
    fake = fake_class(clock)
    await fake.start()
    fake.network_options(SSID)
    context = Context("test", "abc123", clock, vault.fingerprint)
    controller = Memory(MemoryOptions.model_validate(fake.options()), context)
    await controller.open()
    numbers = itertools.count(1)
    mails: list[int] = []

    def passphrase() -> str:
        return f"pass-phrase-number-{next(numbers):04d}"

    engine = Engine(
        db=db,
        vault=vault,
        clock=clock,
        admins=["it@example.com"],
        label_prefix=context.label_prefix,
        new_passphrase=passphrase,
        nudge_mail=lambda: mails.append(1),
        sync_every=600.0,
        verify_every=900.0,
    )
    source = Scripted(context)
    operations = Operations(
        engine,
        "https://wifi.example.com",
        new_passphrase=passphrase,
        new_code=lambda: f"{next(numbers):08d}",
        new_token=lambda: f"token-{next(numbers)}",
    )
    try:
        yield House(
            clock, db, vault, source, fake, controller, engine, Members(engine), operations, mails=mails
        )
    finally:
        await engine.stop()
        await controller.close()
        await fake.stop()
        await db.close()
