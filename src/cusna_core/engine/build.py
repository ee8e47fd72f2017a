"""How does a setup become an estate that works?

Sources and controllers are opened, each location finds its place in its source, and networks know whom they
serve.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from cusna_core import api
from cusna_core.api import Feature, Finding, Level, PluginError
from cusna_core.config.setup import Setup
from cusna_core.engine import opening, placing, retire, troubles
from cusna_core.engine.estate import Estate, Integration, Location, Wifi
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.opening import Ground
from cusna_core.flow.world import Policy
from cusna_core.store import places as place_rows

log = logging.getLogger(__name__)


async def build(setup: Setup, ground: Ground) -> Estate:
    """Make and open everything that is configured. Call `close` when it is no longer used.

    Called off, or failing, it leaves nothing open.
    """
    opened: list[Any] = []
    try:
        return await _built(setup, ground, opened)
    except BaseException:
        await _closed(opened)
        raise


async def _built(setup: Setup, ground: Ground, opened: list[Any]) -> Estate:
    findings = list(setup.findings)
    sources = await opening.sources(setup, ground, findings, opened)
    controllers = await opening.controllers(setup, ground, findings, opened)
    answers = await asyncio.gather(*(placing.told(name, source, ground) for name, source in sources.items()))
    told = dict(zip(sources, answers, strict=True))
    told |= await placing.told_before(setup, ground)
    locations = await placing.locations(setup, ground, told, findings)
    ghosts = [one for one in await ground.db.read(place_rows.remembered) if one.id not in locations]
    policies = {name: setup.integrations[name].policy for name in sources}
    for name, policy in policies.items():
        await ground.db.run(partial(place_rows.keep_policy, integration=name, policy=policy))
    last = await ground.db.read(place_rows.policies)
    wifis = _wifis(setup, controllers, locations, ghosts, {**last, **policies}, findings)
    wifis = await retire.joined(setup, ground.db, ground.vault, controllers, locations, wifis, findings)
    integrations = {
        name: Integration(
            name,
            source.title,
            source,
            setup.integrations[name].policy,
            notify=setup.integrations[name].notify,
        )
        for name, source in sources.items()
    }
    return Estate(integrations, controllers, wifis, locations, tuple(findings), last)


async def close(estate: Estate) -> None:
    """Close what `build` opened."""
    await _closed([*(one.source for one in estate.integrations.values()), *estate.controllers.values()])


async def _closed(opened: Iterable[Any]) -> None:
    await asyncio.gather(*(one.close() for one in opened), return_exceptions=True)


def _wifis(
    setup: Setup,
    controllers: Mapping[str, api.Controller[Any, Any]],
    locations: Mapping[str, Location],
    ghosts: Sequence[place_rows.Remembered],
    policies: Mapping[str, Policy],
    findings: list[Finding],
) -> dict[str, Wifi]:
    found: dict[str, Wifi] = {}
    identities: dict[str, str] = {}
    for name, one in setup.networks.items():
        controller = controllers.get(one.controller)
        if controller is None:
            continue
        path = f"networks.{name}"
        try:
            network = controller.network(one.options)
            identity = network.identity()
        except PluginError as error:
            findings.append(
                Finding(Level.ERROR, "network.options", str(error), "Correct it there.", path=path)
            )
            continue
        except Fault as error:
            log.warning("%s: a bug: %s", path, troubles.place(error))
            findings.append(troubles.switched_off(path, error))
            continue
        if identity in identities:
            findings.append(
                Finding(
                    Level.ERROR,
                    "network.twice",
                    f"This is the same SSID as networks.{identities[identity]}. It is switched off: "
                    "two would take each other's keys for foreign ones.",
                    "Keep one of the two, and let both locations name it.",
                    path=path,
                )
            )
            continue
        if Feature.CHOOSE_PASSPHRASE not in network.features:
            findings.append(troubles.makes_them_up(name))
            continue
        identities[identity] = name
        mine = frozenset(location.id for location in locations.values() if name in location.network_ids)
        served = {locations[location].place.integration for location in mine}
        managed = [policies[one].manage_vlans for one in served if one in policies]
        mine |= {one.id for one in ghosts if name in one.network_ids}
        able = Feature.VLAN in network.features and bool(one.vlan_pool)
        found[name] = Wifi(
            id=name,
            controller_id=one.controller,
            network=network,
            pool=one.vlan_pool,
            apply=one.apply,
            location_ids=mine,
            on_first_visit=one.on_first_visit,
            broken=any(managed) and not able,
            closed=not (one.enabled and setup.controllers[one.controller].enabled),
        )
    return found
