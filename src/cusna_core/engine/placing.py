"""Where in its source is each location, and what is it called?

A source that is down, or switched off, is not waited for: then it is what was last known.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cusna_core import api
from cusna_core.api import Finding, Level, PluginError, SourceLocation
from cusna_core.config import setup as configured
from cusna_core.config.setup import Setup
from cusna_core.engine import retire, troubles
from cusna_core.engine.estate import Location
from cusna_core.engine.opening import Ground
from cusna_core.flow.world import Place
from cusna_core.store import places as place_rows

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a source has at start to name its locations."""


async def told(name: str, source: api.Source[Any], ground: Ground) -> Sequence[SourceLocation] | None:
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


async def told_before(setup: Setup, ground: Ground) -> dict[str, Sequence[SourceLocation] | None]:
    """What integrations that are switched off told last: they are not asked."""
    asleep = [name for name, one in setup.integrations.items() if not one.enabled]
    return await ground.db.read(lambda tx: {name: place_rows.told(tx, name) or None for name in asleep})


async def locations(
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
