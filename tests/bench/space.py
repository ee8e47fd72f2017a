"""What stands around the real engine when calls are counted? Vendors in a box, and a clock moved by hand."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cusna_core.api import FakeSource, FakeWifi
from cusna_core.config import plugins
from cusna_core.config.plugins import Registry
from cusna_core.core import Core
from cusna_core.store import accounts as account_rows
from cusna_core.store.db import Tx
from cusna_core.testing.clock import HandClock
from cusna_core.testing.vendor import FakeVendor

SSID = "Members"
A_ROUND = timedelta(minutes=15)
"""How often every network is looked at (`verify_every`)."""
Table = dict[str, Any]
NUMBERED = re.compile(r"(?<=/)(?=[^/]*\d)(?!v\d)[^/?]+")
"""A part of a path that is an id: it has a digit and is no version of an API."""
Calls = Counter[tuple[str, str]]
"""How often each method and path template."""


def midnight() -> datetime:
    """In Berlin, the evening after the morning on which everything begins."""
    return datetime(2026, 6, 16, 22, tzinfo=UTC)


@dataclass(slots=True)
class Space:
    """One location with one network on one controller, all real but the vendor and the clock."""

    clock: HandClock
    core: Core
    source: FakeSource
    wifi: FakeWifi
    vendor: FakeVendor
    place: str

    def members(
        self, count: int, *, ends: datetime | None = None, name: str = "member", companies: int = 0
    ) -> None:
        """So many people with a plan, in so many companies by turns."""
        firms = [self.source.add_company(self.place, f"Company {number}") for number in range(companies)]
        for number in range(count):
            title = f"{name}-{number}"
            person = self.source.add_person(
                self.place,
                title,
                f"{title}@example.com",
                company=firms[number % companies] if firms else None,
            )
            self.source.subscribe(
                self.place, person, "Hot desk", starts=self.clock.now() - timedelta(days=9), ends=ends
            )

    async def read(self) -> None:
        """Read the source and decide."""
        engine = self.core.engine
        for integration in engine.estate.integrations.values():
            await engine.sync.read(integration)
        await engine.decide(engine.estate.integrations)

    def take(self) -> Calls:
        """What the vendor was asked since the last time."""
        calls = Counter((one.method, template(one.path)) for one in self.vendor.journal)
        self.vendor.forget()
        return calls

    async def bring(self, later: timedelta = A_ROUND) -> Calls:
        """Bring the network to what it should be, as a verification does; the calls that it took.

        It is not told at once what was told a moment ago: the last look was a quarter of an hour before.
        """
        (wifi,) = self.core.engine.estate.wifis.values()
        self.clock.advance(later)
        self.take()
        brought = await self.core.engine.bring(wifi)
        calls = self.take()
        if brought.error is not None or brought.applied.failed or brought.applied.missing:
            said = {str(error) for _, error in brought.applied.failed} | {str(brought.error)}
            raise AssertionError(f"The vendor did not do its part: {' '.join(sorted(said))}")
        return calls

    async def end_of_day(self) -> Calls:
        """Midnight comes: decide from what is stored, as the timer does, and bring the network to it."""
        self.clock.advance(midnight() - self.clock.now())
        await self.core.engine.decide(self.core.engine.estate.integrations)
        return await self.bring(timedelta())

    async def change(self, name: str) -> Calls:
        """A member takes another passphrase in the portal; the calls that it took."""
        account = await self.core.db.read(lambda tx: account_rows.by_email(tx, "hq", f"{name}@example.com"))
        assert account is not None
        self.clock.advance(A_ROUND)
        self.take()
        await self.core.members.change(account.id, "here", self.core.new_passphrase())
        return self.take()

    async def passphrases(self) -> list[str]:
        """What those who are on the network type."""

        def known(tx: Tx) -> list[str]:
            return [account_rows.passphrase(tx, self.core.vault, one.id) for one in account_rows.rows(tx)]

        return await self.core.db.read(known)


def vendors() -> tuple[Registry, list[str]]:
    """The plugins that work, and those of their driver types that have a fake."""
    shipped = sorted(
        path.parent.name.removeprefix("cusna_")
        for path in (Path(__file__).parents[2] / "plugins").glob("*/pyproject.toml")
    )
    good = [one.name for one in plugins.load(shipped).installed if one.enabled and not one.problem]
    registry = plugins.load(good, fakes=True)
    return registry, sorted(registry.drivers.keys() & registry.fakes.keys())


def template(path: str) -> str:
    """A path with its ids left out: /networks/{}/wireless/ssids/{}/identityPsks."""
    return NUMBERED.sub("{}", path.partition("?")[0])


@asynccontextmanager
async def space(
    folder: Path, registry: Registry, kind: str, options: Mapping[str, Any], *, vlans: bool = False
) -> AsyncIterator[Space]:
    """Everything made, open and empty; `options` are added to the network's.

    `vlans`: each company gets one.
    """
    async with AsyncExitStack() as stack:
        clock = HandClock(midnight() - timedelta(hours=13))
        source: Any = registry.fakes["andcards"](clock)
        await source.start()
        stack.push_async_callback(source.stop)
        place = source.add_location("Here", "Europe/Berlin")
        wifi: Any = registry.fakes[kind](clock)
        if hasattr(getattr(wifi, "knobs", None), "group_cap"):
            wifi.knobs.group_cap = None  # SmartZone: nobody knows how many it really holds
        vendor = FakeVendor(wifi, clock)
        await vendor.start()
        stack.push_async_callback(vendor.stop)
        tables: dict[str, Table] = {
            "": {"base_url": "http://localhost:8080", "data_dir": "data", "admins": ["it@example.com"]},
            "plugins": {"enable": sorted(one.name for one in registry.installed if one.enabled)},
            "mail": {"host": "127.0.0.1", "security": "none", "sender": "wifi@example.com"},
            "integrations.hq": {"type": source.type, **source.options(), "manage_vlans": vlans},
            "controllers.rack": {"type": kind, **vendor.options()},
            "networks.members": {
                "controller": "rack",
                "vlan_pool": "100-199",
                **wifi.network_options(SSID),
                **options,
            },
            "locations.here": {"integration": "hq", "source_location": place, "networks": ["members"]},
        }
        path = folder / "cusna.toml"
        path.write_text(_toml(tables), encoding="utf-8")
        path.chmod(0o600)
        core = await Core.open(path, env={}, clock=clock)
        stack.push_async_callback(core.close)
        await core.prepare()
        if not core.engine.estate.wifis:
            raise AssertionError(f"The network was not made: {core.engine.estate.findings}")
        yield Space(clock, core, source, wifi, vendor, place)


def _toml(tables: Mapping[str, Table]) -> str:
    lines: list[str] = []
    for name, values in tables.items():
        within = {key: one for key, one in values.items() if isinstance(one, dict)}
        lines += [f"[{name}]"] if name else []
        lines += [f"{key} = {json.dumps(one)}" for key, one in values.items() if key not in within]
        lines += ["", _toml({f"{name}.{key}": one for key, one in within.items()})]
    return "\n".join(lines)
