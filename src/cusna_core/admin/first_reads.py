"""Whom does a plan not know yet, because nobody has read so far who they are?"""

from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.store import scopes


async def unread(engine: Engine, wifi: Wifi) -> tuple[str, ...]:
    """What people call the integrations of which a location of this network was never read to the end."""
    estate = engine.estate
    read = await engine.db.read(scopes.places)
    found = set[str]()
    for location_id in wifi.location_ids & estate.locations.keys():
        place = estate.locations[location_id].place
        known = estate.integrations.get(place.integration)
        # Some sources tell of all their locations at once.
        if known is not None and not {place.source_id, None} & read.get(place.integration, set()):
            found.add(known.title)
    return tuple(sorted(found))
