"""How does a setup become an estate that works?

Sources and controllers are made and opened, networks are named, and each location finds its place in its
source. What cannot be had right now (a source that is down at start) is taken from what was last known.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cusna_core import api
from cusna_core.api import Context, Feature, Finding, Level, PluginError, SourceLocation
from cusna_core.config import setup as configured
from cusna_core.config.setup import Setup
from cusna_core.engine import retire, troubles
from cusna_core.engine.estate import Estate, Integration, Location, Wifi
from cusna_core.engine.fence import parts as fenced
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.ring import Ring
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
    hush: Hush = field(default_factory=Hush)
    ring: Ring = field(default_factory=Ring)
    so_far: Callable[[str, int], None] = lambda _name, _records: None
    """An integration got so many more records while it reads."""

    def context(self, name: str) -> Context:
        def progress(records: int) -> None:
            self.so_far(name, records)

        return Context(name, self.installation, self.clock, self.vault.fingerprint, progress)


async def build(setup: Setup, ground: Ground) -> Estate:
    """Make and open everything that is configured. Call `close` when it is no longer used."""
    findings = list(setup.findings)
    sources = await _sources(setup, ground, findings)
    controllers = await _controllers(setup, ground, findings)
    answers = await asyncio.gather(*(_told(name, source, ground) for name, source in sources.items()))
    told = dict(zip(sources, answers, strict=True))
    told |= await _told_before(setup, ground)
    locations = await _locations(setup, ground, told, findings)
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
    opened: list[Any] = [one.source for one in estate.integrations.values()]
    opened += estate.controllers.values()
    await asyncio.gather(*(one.close() for one in opened), return_exceptions=True)


async def _sources(setup: Setup, ground: Ground, findings: list[Finding]) -> dict[str, api.Source[Any]]:
    made = {
        name: partial(fenced.source, one.source, one.options, ground.context(name), ground.hush)
        for name, one in setup.integrations.items()
        if one.enabled
    }
    return await _all_opened("integrations", made, findings)


async def _controllers(
    setup: Setup, ground: Ground, findings: list[Finding]
) -> dict[str, api.Controller[Any, Any]]:
    made = {
        name: partial(fenced.controller, one.driver, one.options, ground.context(name), ground.hush)
        for name, one in setup.controllers.items()
    }
    return await _all_opened("controllers", made, findings)


async def _all_opened(kind: str, made: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    """Side by side: one that hangs does not keep the others waiting."""
    opened = await asyncio.gather(*(_opened(f"{kind}.{name}", make, findings) for name, make in made.items()))
    return {name: one for name, one in zip(made, opened, strict=True) if one is not None}


async def _opened(path: str, make: Any, findings: list[Finding]) -> Any:
    """A source or controller, open; None with a finding where it cannot be."""
    try:
        made = make()
        try:
            await made.open()
        except BaseException:
            await made.close()
            raise
    except PluginError as error:
        where = getattr(error, "path", "")
        findings.append(
            Finding(
                Level.ERROR,
                "setup.cannot-open",
                f"{error} It is switched off; keys that exist keep their promised ends.",
                "Correct it in the configuration.",
                path=f"{path}.{where}".rstrip("."),
                about=path,
            )
        )
    except Fault as error:
        log.warning("%s: could not be opened: %s", path, troubles.place(error))
        findings.append(troubles.switched_off(path, error))
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


async def _told_before(setup: Setup, ground: Ground) -> dict[str, Sequence[SourceLocation] | None]:
    """What integrations that are switched off told last: they are not asked."""
    asleep = [name for name, one in setup.integrations.items() if not one.enabled]
    return await ground.db.read(lambda tx: {name: place_rows.told(tx, name) or None for name in asleep})


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
            name,
            place[1],
            place[0],
            tuple(one.networks),
            one.contact,
            one.privacy_url or "",
            closed=not (one.enabled and setup.integrations[one.integration].enabled),
        )
    now = ground.clock.now()
    await ground.db.run(lambda tx: retire.noted(tx, remembered, found, now))
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
