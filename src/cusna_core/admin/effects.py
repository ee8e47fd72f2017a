"""Whom does it touch if something is switched off, or removed?"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cusna_core.config.setup import Kind
from cusna_core.engine.engine import Engine
from cusna_core.flow.world import Right
from cusna_core.store import retired


@dataclass(frozen=True, slots=True)
class Effect:
    """Of one integration, controller, network or location."""

    people: int
    """Whose access is there; where it is about keys: who has one."""
    endless: int
    """Of these, whose access has no end."""
    last: datetime | None
    """The last promised end of the others."""
    held: bool
    """Whether so many at once would be held by the brake until an admin accepts it."""
    keys: int
    """Keys of ours that may be there."""
    locations: tuple[str, ...]
    """The names of the locations that it is about."""
    zone: ZoneInfo | None = None
    """Of the location with the last promised end."""


class Effects:
    """Looks, and changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def of(self, kind: Kind, name: str) -> Effect:
        if kind in ("network", "controller"):
            return await self._on_air(kind, name)
        return self._at_places(kind, name)

    async def _on_air(self, kind: Kind, name: str) -> Effect:
        estate = self._engine.estate
        wifis = [
            one
            for one in estate.wifis.values()
            if name in ((one.id,) if kind == "network" else (one.controller_id,))
        ]
        ids = [one.id for one in wifis] or [name]
        keys = await self._engine.db.read(lambda tx: sum(retired.alive(tx, one) for one in ids))
        served = frozenset().union(*(one.location_ids for one in wifis))
        places = tuple(sorted(one.name for one in estate.locations.values() if one.id in served))
        return Effect(keys, 0, None, False, keys, places)

    def _at_places(self, kind: Kind, name: str) -> Effect:
        estate = self._engine.estate
        mine = {
            one.id: one.name
            for one in estate.locations.values()
            if name == (one.id if kind == "location" else one.place.integration)
        }
        rights: list[Right] = []
        held = False
        for integration in {one.place.integration for one in estate.locations.values() if one.id in mine}:
            decision = self._engine.decisions.latest(integration)
            if decision is None:
                continue
            here = [one for one in decision.in_force() if one.location_id in mine]
            rights += here
            held = held or len(here) > max(0, decision.braked.limit - decision.braked.counted)
        people = {one.account_id for one in rights}
        endless = {one.account_id for one in rights if one.ends is None}
        ending = [(one.ends, one.location_id) for one in rights if one.ends and one.account_id not in endless]
        last, where = max(ending, default=(None, ""))
        zone = estate.locations[where].place.zone if where else None
        names = tuple(sorted(mine.values()))
        return Effect(len(people), len(endless), last, held, len(people), names, zone)
