"""How is a network emptied that was moved, removed, or left by a location?

Nobody is off longer than needed: a key leaves the old network when it has worked for a day on the new one,
and promised ends come there as everywhere. What is to be emptied is kept in the database, so that it goes on
after a restart and when a controller is back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from cusna_core import api
from cusna_core.api import Finding, Level, PluginError
from cusna_core.config import models
from cusna_core.config.judge import judge, own_options
from cusna_core.config.references import Ground
from cusna_core.config.setup import Setup
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Location, Wifi
from cusna_core.engine.fence.calls import Fault
from cusna_core.flow.leaving import Leaving
from cusna_core.store import audit
from cusna_core.store import places as place_rows
from cusna_core.store import retired as rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.retired import Retired
from cusna_core.store.vault import Vault

LOOK_EVERY = 60.0
SCOPE = "retired"


# What is at work


def noted(
    tx: Tx,
    before: Mapping[str, place_rows.Remembered],
    now_there: Mapping[str, Location],
    now: datetime,
) -> None:
    """Locations that leave a network are noted, by comparison with how they last worked."""
    for name, one in now_there.items():
        known = before.get(name)
        for network in set(known.network_ids if known else ()) - set(one.network_ids):
            if rows.alive(tx, network):
                rows.depart(tx, network, name, now)
        rows.arrived(tx, [(network, name) for network in one.network_ids])


async def joined(
    setup: Setup,
    db: Database,
    vault: Vault,
    controllers: Mapping[str, api.Controller[Any, Any]],
    locations: Mapping[str, Location],
    wifis: Mapping[str, Wifi],
    findings: list[Finding],
) -> dict[str, Wifi]:
    """The networks at work, with those that are being emptied, and with who is about to leave which."""
    found = dict(wifis)
    some, departures = await db.read(lambda tx: (rows.all(tx, vault), rows.departures(tx)))
    for one in departures:
        wifi = found.get(one.network)
        if wifi is not None and one.location in locations:
            heirs = _heirs(locations[one.location], wifis, one.network)
            leaving = {**wifi.leaving, one.location: Leaving(one.since, heirs)}
            found[wifi.id] = replace(wifi, leaving=leaving, location_ids=wifi.location_ids | {one.location})
    identities = {one.network.identity(): one.id for one in wifis.values()}
    for old in some:
        network = _network(setup, controllers, old)
        if network is None:
            findings.append(_stuck(old))
            continue
        same = identities.get(network.identity())
        if same is not None:
            # It is in use again: its keys are that network's own.
            await db.run(partial(_taken_back, old=old, name=same))
            continue
        found[old.id] = _wifi(setup, old, network, locations, wifis)
    return found


def _heirs(location: Location | None, wifis: Mapping[str, Wifi], but: str) -> tuple[str, ...]:
    named = location.network_ids if location else ()
    return tuple(one for one in named if one in wifis and one != but and not wifis[one].closed)


def _taken_back(tx: Tx, old: Retired, name: str) -> None:
    rows.rename(tx, old.id, name)
    rows.forget(tx, old.id)


def _network(
    setup: Setup, controllers: Mapping[str, api.Controller[Any, Any]], old: Retired
) -> api.Network[Any] | None:
    controller = controllers.get(old.controller)
    if controller is None:
        return None
    type_ = setup.controllers[old.controller].driver.type
    own = own_options("network", {"type": type_}, setup.plugins)
    judged = judge(models.Network, own, old.values, Ground(setup.general.data_dir, None), old.id)
    if judged.own is None:
        return None
    try:
        return controller.network(judged.own)
    except (PluginError, Fault):
        return None


def _wifi(
    setup: Setup,
    old: Retired,
    network: api.Network[Any],
    locations: Mapping[str, Location],
    wifis: Mapping[str, Wifi],
) -> Wifi:
    judged = judge(models.Network, None, old.values, Ground(setup.general.data_dir, None), old.id)
    leaving = {
        one: Leaving(
            old.since,
            _heirs(locations.get(one), wifis, old.id) if old.how == "moved" else (),
            old.how == "now",
        )
        for one in old.locations
    }
    return Wifi(
        old.id,
        old.controller,
        network,
        judged.core.vlan_pool if judged.core else (),
        apply=True,
        location_ids=frozenset(old.locations),
        leaving=leaving,
        retired=True,
    )


def _stuck(old: Retired) -> Finding:
    return Finding(
        Level.ERROR,
        "network.cannot-empty",
        f"{old.ssid} (it was the network {old.name}) cannot be emptied: its controller {old.controller} is "
        "not at work. The keys that Cusna made there go on working, also for people who have left.",
        f"Mend the controller {old.controller}. If it is gone for good, give up emptying it below Networks.",
        path="networks",
        about=old.id,
    )


# Until it is empty


@dataclass(frozen=True, slots=True)
class Emptying:
    """How far it is."""

    old: Retired
    left: int
    """Keys of ours, as far as is known."""
    stuck: bool
    """Its controller does not answer, or is not at work."""


class Retirements:
    """Looks whether what is to be emptied is empty."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def all(self) -> list[Emptying]:
        engine = self._engine

        def read(tx: Tx) -> list[tuple[Retired, int]]:
            return [(one, rows.alive(tx, one.id)) for one in rows.all(tx, engine.vault)]

        found = []
        for old, left in await engine.db.read(read):
            wifi = engine.estate.wifis.get(old.id)
            plan = engine.standing(wifi).plan if wifi else None
            many = len(plan.owned.ours) if plan is not None and not plan.steps else left
            found.append(Emptying(old, many, wifi is None or engine.standing(wifi).in_trouble))
        return found

    async def look(self) -> bool:
        """Let go of what is empty, and tell about the rest. Whether there is less to look after now."""
        less = await self._departed()
        found: list[Finding] = []
        for one in await self.all():
            if await self._empty(one.old):
                less = True
            elif one.old.id in self._engine.estate.wifis:
                found.append(_under_way(one))
        await self._engine.findings.report(SCOPE, found)
        return less

    async def _empty(self, old: Retired) -> bool:
        engine = self._engine
        wifi = engine.estate.wifis.get(old.id)
        plan = engine.standing(wifi).plan if wifi else None
        if plan is None or plan.at <= old.since or plan.owned.ours or plan.steps:
            return False
        now = engine.clock.now()

        def forget(tx: Tx) -> None:
            rows.forget(tx, old.id)
            told = {"name": old.name, "ssid": old.ssid}
            audit.write(tx, "network-emptied", now, who="cusna", network=old.name, data=told)

        await engine.db.run(forget)
        return True

    async def _departed(self) -> bool:
        """Locations that have left a network for good: nobody has a key there any more because of them."""
        engine = self._engine
        over = []
        for one in await engine.db.read(rows.departures):
            wifi = engine.estate.wifis.get(one.network)
            plan = engine.standing(wifi).plan if wifi else None
            if plan is not None and plan.at > one.since and not plan.leaving and not plan.steps:
                over.append((one.network, one.location))
        if over:
            await engine.db.run(lambda tx: rows.arrived(tx, over))
        return bool(over)


def _under_way(one: Emptying) -> Finding:
    old = one.old
    called = f"{old.ssid} (it was the network {old.name})"
    if one.stuck:
        return Finding(
            Level.WARNING,
            "network.cannot-empty",
            f"{called} cannot be emptied just now: its controller {old.controller} does not answer. "
            f"{one.left} keys that Cusna made are still there.",
            "Nothing, if it comes back: Cusna goes on by itself. If it is gone for good, give up emptying it "
            "below Networks.",
            path="networks",
            about=old.id,
        )
    return Finding(
        Level.INFO,
        "network.emptying",
        f"{called} is being emptied: {one.left} keys that Cusna made are still there.",
        "Nothing: they go by themselves.",
        path="networks",
        about=old.id,
    )
