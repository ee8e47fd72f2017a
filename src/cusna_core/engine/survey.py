"""How is everything that is set up, right now? What the console's pages show."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cusna_core.api import Feature, NetworkChoice, PluginError, SourceLocation
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Location, Wifi
from cusna_core.engine.fence import Fault
from cusna_core.engine.plan import Plan
from cusna_core.flow.changes import Cause, Verb
from cusna_core.flow.keys import Wanted
from cusna_core.flow.world import Because
from cusna_core.store import accounts as account_rows
from cusna_core.store import facts as fact_rows
from cusna_core.store import findings as finding_rows
from cusna_core.store import keys as key_rows
from cusna_core.store import places as place_rows
from cusna_core.store.db import Tx
from cusna_core.store.findings import Stored

LOOK_SECONDS = 15.0
"""So long a controller may take while somebody waits for a page."""


@dataclass(frozen=True, slots=True)
class NetworkState:
    id: str
    ssid: str
    apply: bool
    looked: datetime | None
    """When it was last read; None: not yet."""
    keys: int
    """On the network, others' included, when it was last read."""
    working: int
    steps: int
    """Changes that are planned or on their way."""
    waiting: int
    refused: int
    """Keys that the controller did not take."""
    trouble: bool
    """The controller does not answer just now."""


@dataclass(frozen=True, slots=True)
class ReadState:
    """How an integration was last read."""

    id: str
    title: str
    read: datetime | None
    failure: str
    people: int
    held: int


@dataclass(frozen=True, slots=True)
class LocationState:
    id: str
    name: str
    zone: ZoneInfo
    source: ReadState
    networks: tuple[NetworkState, ...]
    held: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a source tells of, and the locations here that stand for it."""

    told: SourceLocation
    mapped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Able:
    """Whether companies can get VLANs of their own at a location, and if not: on which network, and why."""

    location: str
    name: str
    cannot: tuple[tuple[str, str], ...]
    """(SSID, why): why is "driver" or "pool"."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan."""

    verb: Verb
    causes: tuple[Cause, ...]
    who: str
    because: Because | None
    company: str
    """The name of the company that holds the plan, where one does."""
    vlan: int | None
    until: datetime | None
    open_end: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What would change on a network."""

    plan: Plan
    changes: tuple[Change, ...]
    waiting: tuple[str, ...]


class Survey:
    """Looks, and changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def findings(self, path: str = "") -> list[Stored]:
        """Errors first; of one part of the configuration, if one is named."""
        found = await self._engine.db.read(finding_rows.current)
        return [one for one in found if not path or f"{one.finding.path}.".startswith(f"{path}.")]

    async def locations(self) -> list[LocationState]:
        found = [await self.location(one) for one in self._engine.estate.locations.values()]
        return sorted(found, key=lambda one: one.name.casefold())

    async def location(self, one: Location) -> LocationState:
        integration = one.place.integration
        decision = self._engine.decisions.latest(integration)
        held = decision.braked.held if decision else ()
        return LocationState(
            one.id,
            one.name,
            one.place.zone,
            await self.integration(integration),
            tuple([await self.network(wifi) for wifi in self._engine.estate.wifis_of(one.id)]),
            sum(1 for each in held if each.right.location_id == one.id),
        )

    async def network(self, wifi: Wifi) -> NetworkState:
        plan = self._engine.latest_plan(wifi)
        counts = await self._engine.db.read(lambda tx: key_rows.counts(tx, wifi.id))
        planned = len(plan.steps) if plan else 0
        under_way = sum(counts.get(one, 0) for one in ("intended", "made"))
        working = counts.get("working", 0)
        return NetworkState(
            id=wifi.id,
            ssid=wifi.ssid,
            apply=wifi.apply,
            looked=plan.at if plan else None,
            keys=max(len(plan.owned.foreign) + working, plan.keys) if plan else working,
            working=working,
            steps=under_way if wifi.apply else planned,
            waiting=len(plan.should.waiting) if plan else counts.get("waiting", 0),
            refused=counts.get("failed", 0),
            trouble=self._engine.in_trouble(wifi),
        )

    async def working(self, network: str) -> int:
        """How many keys of ours are on a network, as far as we know, whether it is at work or not."""
        counts = await self._engine.db.read(lambda tx: key_rows.counts(tx, network))
        return counts.get("working", 0) + counts.get("made", 0)

    async def integration(self, name: str) -> ReadState:
        def read(tx: Tx) -> tuple[datetime | None, str, int]:
            reads = fact_rows.reads(tx, name)
            good = [one.last_good for one in reads if one.last_good]
            failure = next((one.failure for one in reads if one.failure), "")
            return max(good, default=None), failure, len(account_rows.everyone(tx, name))

        good, failure, people = await self._engine.db.read(read)
        known = self._engine.estate.integrations.get(name)
        decision = self._engine.decisions.latest(name)
        held = len(decision.braked.held) if decision else 0
        return ReadState(name, known.title if known else name, good, failure, people, held)

    async def places(self, integration: str) -> list[Place]:
        """What the source told when it was last asked."""
        told = await self._engine.db.read(lambda tx: place_rows.told(tx, integration))
        mapped: dict[str, list[str]] = {}
        for one in self._engine.estate.locations.values():
            if one.place.integration == integration:
                mapped.setdefault(one.place.source_id, []).append(one.id)
        return [Place(one, tuple(mapped.get(one.id, ()))) for one in told]

    async def plans(self, integration: str) -> list[str]:
        """The names of the plans that the source tells of."""
        facts = await self._engine.db.read(lambda tx: fact_rows.load(tx, integration))
        return sorted({plan.name for one in facts.subscriptions.values() for plan in one.plans if plan.name})

    def able(self, integration: str) -> list[Able]:
        """By location, in the order of their names."""
        found = []
        for one in self._engine.estate.locations.values():
            if one.place.integration != integration:
                continue
            cannot = tuple(
                (wifi.ssid, "driver" if Feature.VLAN not in wifi.network.features else "pool")
                for wifi in self._engine.estate.wifis_of(one.id)
                if not wifi.manages_vlans
            )
            found.append(Able(one.id, one.name, cannot))
        return sorted(found, key=lambda one: one.name.casefold())

    async def choices(self, controller: str) -> Sequence[NetworkChoice] | str:
        """The SSIDs that a controller has; a sentence where it does not tell."""
        known = self._engine.estate.controllers.get(controller)
        if known is None:
            return "The controller is switched off."
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await known.networks()
        except PluginError as error:
            return str(error)
        except Fault as error:
            return f"It cannot tell: {error}. That is a bug in the plugin."
        except TimeoutError:
            return "The controller did not answer in time."

    def wifi(self, name: str) -> Wifi | None:
        return self._engine.estate.wifis.get(name)

    async def look(self, wifi: Wifi) -> Sight | str:
        """A fresh plan; a sentence where the controller does not tell."""
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._engine.busy(wifi):
                plan = await self._engine.planner.plan(wifi)
        except PluginError as error:
            return str(error)
        except Fault as error:
            return f"It cannot tell: {error}. That is a bug in the plugin."
        except TimeoutError:
            return "The controller did not answer in time."
        return await self._sight(plan)

    async def _sight(self, plan: Plan) -> Sight:
        waiting = [one.account_id for one in plan.should.waiting]
        wanted = {one.account_id for one in plan.steps if one.account_id} | set(waiting)

        def names(tx: Tx) -> dict[str, str]:
            rows = (account_rows.get(tx, one) for one in sorted(wanted))
            return {row.id: row.name or row.email or row.id for row in rows if row is not None}

        known = await self._engine.db.read(names)
        changes = tuple(
            Change(
                one.verb,
                one.causes,
                known.get(one.account_id or "", ""),
                one.wanted.because if one.wanted else None,
                self._company(one.wanted),
                one.wanted.vlan if one.wanted else one.segment.vlan if one.segment else None,
                one.wanted.ends if one.wanted else None,
                one.wanted is not None and one.wanted.ends is None,
            )
            for one in plan.steps
        )
        return Sight(plan, changes, tuple(known.get(one, one) for one in waiting))

    def _company(self, wanted: Wanted | None) -> str:
        if wanted is None or wanted.because.company_id is None:
            return ""
        location = self._engine.estate.locations.get(wanted.location_id)
        decision = self._engine.decisions.latest(location.place.integration) if location else None
        company = decision.facts.companies.get(wanted.because.company_id) if decision else None
        return company.name if company else ""
