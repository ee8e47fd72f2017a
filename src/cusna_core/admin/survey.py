"""How is everything that is set up, right now? What the console's pages show."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cusna_core.admin.gauges import gauges
from cusna_core.admin.states import Able, LocationState, NetworkState, Place, ReadState
from cusna_core.api import Feature, NetworkChoice, PluginError
from cusna_core.config.setup import Kind
from cusna_core.engine import troubles
from cusna_core.engine import watch as watching
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.plan import Plan
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Wanted
from cusna_core.flow.world import Because
from cusna_core.store import accounts as account_rows
from cusna_core.store import findings as finding_rows
from cusna_core.store import groups as group_rows
from cusna_core.store import keys as key_rows
from cusna_core.store import places as place_rows
from cusna_core.store import scopes
from cusna_core.store.db import Tx
from cusna_core.store.figures import Figures, figures
from cusna_core.store.findings import Stored

LOOK_SECONDS = 15.0
"""So long a controller may take while somebody waits for a page."""
TROUBLE: Mapping[Kind, Sequence[str]] = {"integration": troubles.SOURCE, "controller": troubles.CONTROLLER}


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
    account: str = ""
    zone: ZoneInfo | None = None
    """Of the place that lets them in: days end at midnight there."""


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

    @property
    def watch(self) -> watching.Watch:
        """What changes, as it does."""
        return self._engine.watch

    async def findings(self, path: str = "") -> list[Stored]:
        """Errors first; of one part of the configuration, if one is named."""
        found = await self._engine.db.read(finding_rows.current)
        return [one for one in found if not path or f"{one.finding.path}.".startswith(f"{path}.")]

    async def troubled(self, kind: Kind) -> frozenset[str]:
        """Integrations or controllers that do not do their part, by name."""
        codes = TROUBLE.get(kind, ())
        return frozenset(
            one.finding.path.split(".")[1]
            for one in await self.findings(f"{kind}s")
            if one.finding.code in codes
        )

    async def locations(self) -> list[LocationState]:
        """By name; everything is gathered once for all of them."""
        counted = (await gauges(self._engine)).counted
        reads = {name: self._read_state(name, counted) for name in self._engine.estate.integrations}
        by_network: dict[str, dict[str, int]] = {}
        for (name, state), many in counted.keys.items():
            by_network.setdefault(name, {})[state] = many
        wifis = {
            one.id: self._state(one, by_network.get(one.id, {}), counted.groups.get(one.id, 0))
            for one in self._engine.estate.wifis.values()
        }
        found = []
        for one in self._engine.estate.locations.values():
            name = one.place.integration
            decision = self._engine.decisions.latest(name)
            figure = decision.counted.get(one.id) if decision else None
            found.append(
                LocationState(
                    one.id,
                    one.name,
                    one.place.zone,
                    reads.get(name) or self._read_state(name, counted),
                    tuple(wifis[each] for each in one.network_ids if each in wifis),
                    counted.on.get((name, one.id), 0),
                    counted.next_end.get((name, one.id)),
                    figure.held if figure else 0,
                )
            )
        return sorted(found, key=lambda one: one.name.casefold())

    async def network(self, wifi: Wifi) -> NetworkState:
        return (await self._states([wifi]))[wifi.id]

    async def states(self, names: Collection[str]) -> dict[str, NetworkState]:
        """Of those networks of these names that are at work."""
        wifis = self._engine.estate.wifis
        return await self._states([wifis[one] for one in names if one in wifis])

    async def _states(self, some: Sequence[Wifi]) -> dict[str, NetworkState]:
        def read(tx: Tx) -> dict[str, tuple[dict[str, int], int]]:
            return {one.id: (_counts(tx, one.id), group_rows.many(tx, one.id)) for one in some}

        found = await self._engine.db.read(read)
        return {one.id: self._state(one, *found[one.id]) for one in some}

    async def networks(self) -> list[NetworkState]:
        """All that are at work, by their names; gathered once."""
        counted = await self._engine.db.read(lambda tx: figures(tx, self._engine.now(), people=False))
        by_network: dict[str, dict[str, int]] = {}
        for (name, state), many in counted.keys.items():
            by_network.setdefault(name, {})[state] = many
        found = [
            self._state(one, by_network.get(one.id, {}), counted.groups.get(one.id, 0))
            for one in self._engine.estate.wifis.values()
        ]
        return sorted(found, key=lambda one: (one.ssid.casefold(), one.id))

    def _state(self, wifi: Wifi, counts: Mapping[str, int], vlans: int) -> NetworkState:
        standing = self._engine.standing(wifi)
        plan, left = standing.plan, len(standing.left)
        under_way = sum(counts.get(one, 0) for one in ("intended", "made"))
        working = counts.get("working", 0)
        progress = self._engine.watch.progress(watching.network(wifi.id))
        if progress is not None and progress.of is not None:
            left = progress.of - progress.done
        return NetworkState(
            id=wifi.id,
            ssid=wifi.ssid,
            apply=wifi.apply,
            looked=plan.at if plan else None,
            keys=max(len(plan.owned.foreign) + working, plan.keys) if plan else working,
            most=wifi.network.limits.keys,
            vlans=vlans,
            pool=len(wifi.pool) if wifi.manages_vlans else 0,
            working=working,
            steps=max(under_way, left) if wifi.apply else left,
            waiting=counts.get("waiting", 0) if wifi.apply else len(plan.should.waiting) if plan else 0,
            refused=counts.get("failed", 0),
            trouble=standing.in_trouble,
            progress=progress,
        )

    async def working(self, network: str) -> int:
        """How many keys of ours are on a network, as far as we know, whether it is at work or not."""
        counts = await self._engine.db.read(lambda tx: key_rows.counts(tx, network))
        return counts.get("working", 0) + counts.get("made", 0)

    async def integration(self, name: str) -> ReadState:
        def read(tx: Tx) -> tuple[datetime | None, bool, int]:
            reads = scopes.reads(tx, name)
            good = [one.last_good for one in reads if one.last_good]
            oldest = min(good) if good and len(good) == len(reads) else None
            return oldest, any(one.failure for one in reads), account_rows.many(tx, name)

        good, failing, people = await self._engine.db.read(read)
        known = self._engine.estate.integrations.get(name)
        decision = self._engine.decisions.latest(name)
        held = len(decision.braked.held) if decision else 0
        progress = self._engine.watch.progress(watching.integration(name))
        return ReadState(name, known.title if known else name, good, failing, people, held, progress)

    def _read_state(self, name: str, counted: Figures) -> ReadState:
        known = self._engine.estate.integrations.get(name)
        return ReadState(
            name,
            known.title if known else name,
            counted.read.get(name),
            name in counted.failing,
            counted.accounts.get(name, 0),
            counted.held.get(name, 0),
            self._engine.watch.progress(watching.integration(name)),
        )

    async def places(self, integration: str) -> list[Place]:
        """What the source told when it was last asked."""
        told = await self._engine.db.read(lambda tx: place_rows.told(tx, integration))
        mapped: dict[str, list[str]] = {}
        for one in self._engine.estate.locations.values():
            if one.place.integration == integration:
                mapped.setdefault(one.place.source_id, []).append(one.id)
        return [Place(one, tuple(mapped.get(one.id, ()))) for one in told]

    async def plans(self, integration: str) -> Sequence[str]:
        """The names of the plans that the source tells of."""
        decision = self._engine.decisions.latest(integration)
        return decision.plans if decision else ()

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

        known = await self._engine.db.read(lambda tx: account_rows.called(tx, wanted))
        changes = tuple(self.change(one, known) for one in plan.steps)
        return Sight(plan, changes, tuple(known.get(one, one) for one in waiting))

    def change(self, one: Step, names: Mapping[str, str]) -> Change:
        """A step as one reads it."""
        was = one.was.state if one.was else None
        place = self._engine.estate.locations.get(one.wanted.location_id) if one.wanted else None
        return Change(
            one.verb,
            one.causes,
            names.get(one.account_id or "", ""),
            one.wanted.because if one.wanted else None,
            self._company(one.wanted),
            one.wanted.vlan if one.wanted else one.segment.vlan if one.segment else was.vlan if was else None,
            one.wanted.ends if one.wanted else None,
            one.wanted is not None and one.wanted.ends is None,
            one.account_id or "",
            place.place.zone if place else None,
        )

    def _company(self, wanted: Wanted | None) -> str:
        if wanted is None or wanted.because.company_id is None:
            return ""
        location = self._engine.estate.locations.get(wanted.location_id)
        decision = self._engine.decisions.latest(location.place.integration) if location else None
        company = decision.facts.companies.get(wanted.because.company_id) if decision else None
        return company.name if company else ""


def _counts(tx: Tx, network: str) -> dict[str, int]:
    return {str(state): many for state, many in key_rows.counts(tx, network).items()}
