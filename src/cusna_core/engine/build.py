"""How does a setup become an estate that works?

Sources and controllers are made and opened, networks are named, and each location finds its place in its
source. What cannot be had right now (a source that is down at start) is taken from what was last known.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cusna_core import api
from cusna_core.api import Context, Feature, Finding, Level, PluginError, SourceLocation
from cusna_core.config import setup as configured
from cusna_core.config.setup import Setup
from cusna_core.engine import troubles
from cusna_core.engine.estate import Estate, Integration, Location, Wifi
from cusna_core.flow.world import Place, Policy
from cusna_core.store import places as place_rows
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a source has at start to name its locations."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every source and controller is built on."""

    db: Database
    vault: Vault
    clock: api.Clock
    installation: str

    def context(self, name: str) -> Context:
        return Context(name, self.installation, self.clock, self.vault.fingerprint)


async def build(setup: Setup, ground: Ground) -> Estate:
    """Make and open everything that is configured. Call `close` when it is no longer used."""
    findings = list(setup.findings)
    sources = await _sources(setup, ground, findings)
    controllers = await _controllers(setup, ground, findings)
    answers = await asyncio.gather(*(_told(name, source, ground) for name, source in sources.items()))
    told = dict(zip(sources, answers, strict=True))
    locations = await _locations(setup, ground, told, findings)
    ghosts = [one for one in await ground.db.read(place_rows.remembered) if one.id not in locations]
    policies = {name: setup.integrations[name].policy for name in sources}
    for name, policy in policies.items():
        await ground.db.run(partial(place_rows.keep_policy, integration=name, policy=policy))
    last = await ground.db.read(place_rows.policies)
    wifis = _wifis(setup, controllers, locations, ghosts, {**last, **policies}, findings)
    integrations = {
        name: Integration(name, source.title, source, setup.integrations[name].policy)
        for name, source in sources.items()
    }
    return Estate(integrations, controllers, wifis, locations, tuple(findings), last)


async def close(estate: Estate) -> None:
    """Close what `build` opened."""
    opened: list[Any] = [one.source for one in estate.integrations.values()]
    opened += estate.controllers.values()
    await asyncio.gather(*(one.close() for one in opened), return_exceptions=True)


async def _sources(setup: Setup, ground: Ground, findings: list[Finding]) -> dict[str, api.Source[Any]]:
    found: dict[str, api.Source[Any]] = {}
    for name, one in setup.integrations.items():
        source = await _opened(
            f"integrations.{name}",
            lambda one=one, name=name: one.source(one.options, ground.context(name)),
            findings,
        )
        if source is not None:
            found[name] = cast("api.Source[Any]", source)
    return found


async def _controllers(
    setup: Setup, ground: Ground, findings: list[Finding]
) -> dict[str, api.Controller[Any, Any]]:
    found: dict[str, api.Controller[Any, Any]] = {}
    for name, one in setup.controllers.items():
        controller = await _opened(
            f"controllers.{name}",
            lambda one=one, name=name: one.driver(one.options, ground.context(name)),
            findings,
        )
        if controller is not None:
            found[name] = cast("api.Controller[Any, Any]", controller)
    return found


async def _opened(path: str, make: Any, findings: list[Finding]) -> Any:
    """A source or controller, open; None with a finding where it cannot be."""
    try:
        made = make()
        await made.open()
    except PluginError as error:
        where = getattr(error, "path", "")
        findings.append(
            Finding(
                Level.ERROR,
                "setup.cannot-open",
                f"{error} It is switched off; keys that exist keep their promised ends.",
                "Correct it in the configuration.",
                path=f"{path}.{where}".rstrip("."),
            )
        )
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
        log.warning("%s: could not be opened (%s)", path, type(error).__name__)
        findings.append(
            Finding(
                Level.ERROR,
                "setup.bug",
                f"The plugin failed when it was opened ({type(error).__name__}): a bug in the plugin.",
                "Tell the plugin's author.",
                path=path,
            )
        )
    else:
        return made
    return None


async def _told(name: str, source: api.Source[Any], ground: Ground) -> Sequence[SourceLocation] | None:
    """The source's locations now, else as last known; None where it never told any."""
    try:
        async with asyncio.timeout(PATIENCE):
            told = await source.locations()
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
        meant = isinstance(error, (PluginError, TimeoutError))
        why = type(error).__name__ if meant else f"a bug: {troubles.place(error)}"
        log.warning("%s: its locations could not be read (%s)", name, why)
        known = await ground.db.read(lambda tx: place_rows.told(tx, name))
        return known or None
    await ground.db.run(lambda tx: place_rows.keep_told(tx, name, told))
    return told


async def _locations(
    setup: Setup,
    ground: Ground,
    told: Mapping[str, Sequence[SourceLocation] | None],
    findings: list[Finding],
) -> dict[str, Location]:
    remembered = {one.id: one for one in await ground.db.read(place_rows.remembered)}
    found: dict[str, Location] = {}
    for name, one in setup.locations.items():
        place = _place(name, one, told.get(one.integration), findings)
        if place is None:
            continue
        found[name] = Location(
            name, place[1], place[0], tuple(one.networks), one.contact, one.privacy_url or ""
        )
    await ground.db.run(
        lambda tx: place_rows.remember(
            tx,
            [
                place_rows.Remembered(
                    one.id,
                    one.place.integration,
                    one.place.source_id,
                    one.place.zone.key,
                    one.name,
                    one.network_ids,
                )
                for one in found.values()
            ],
        )
    )
    for off in setup.off:
        kept = remembered.get(off.name)
        if off.kind == "location" and kept is not None and off.name not in found:
            found[off.name] = _as_remembered(kept)
    for name in setup.locations:
        kept = remembered.get(name)
        if name not in found and kept is not None:
            found[name] = _as_remembered(kept)
    return found


def _as_remembered(kept: place_rows.Remembered) -> Location:
    """A location that is switched off: its keys keep until their promised ends, so it must still be known."""
    place = Place(kept.id, kept.integration, kept.source_id, ZoneInfo(kept.zone))
    return Location(kept.id, kept.name, place, kept.network_ids)


def _place(
    name: str,
    one: configured.Location,
    told: Sequence[SourceLocation] | None,
    findings: list[Finding],
) -> tuple[Place, str] | None:
    """Where a location stands in its source, and what it is called; None with a finding."""
    path = f"locations.{name}"
    if told is None:
        findings.append(
            Finding(
                Level.ERROR,
                "location.source-silent",
                "Its source did not name its locations, and never has before.",
                "Mend the integration, then start Cusna again: this location begins by itself.",
                path=path,
            )
        )
        return None
    matching = [it for it in told if it.id == one.source_location]
    matching = matching or [it for it in told if it.title.strip() == one.source_location.strip()]
    if len(matching) != 1:
        known = ", ".join(f'"{it.title}" ({it.id})' for it in told) or "none"
        problem = "There is no such location" if not matching else "Several locations have this title"
        findings.append(
            Finding(
                Level.ERROR,
                "location.unknown",
                f'{problem} in the source: "{one.source_location}". The location is switched off.',
                f"Put the id of the right one there. The source has: {known}.",
                path=f"{path}.source_location",
            )
        )
        return None
    (it,) = matching
    zone = one.timezone or _zone(it.timezone)
    if zone is None:
        findings.append(
            Finding(
                Level.ERROR,
                "location.zone",
                f'The source gives no usable time zone for "{it.title}": nobody knows when a day ends there.',
                'Set it: timezone = "Europe/Berlin".',
                path=f"{path}.timezone",
            )
        )
        return None
    return Place(name, one.integration, it.id, zone), one.title or it.title


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


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
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            log.warning("%s: a bug: %s", path, troubles.place(error))
            findings.append(troubles.controller(one.controller, error))
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
        )
    return found
