"""Which WLAN of which zone is meant, can it be seen, and does it heed VLANs?"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from cusna_core.api import Clock, ConfigError, Finding, Missing
from cusna_ruckus.smartzone import checks
from cusna_ruckus.smartzone.client import SmartZoneApi
from cusna_ruckus.smartzone.models import Wlan
from cusna_ruckus.smartzone.options import SmartZoneNetworkOptions

ZONE_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NAMED_FOR = 3600.0
"""Seconds that the ids behind names are believed, and VLANs of other WLANs: people change neither often."""
TAGS_FOR = 60.0
"""Seconds that "this WLAN heeds VLANs" is believed before the next key with a VLAN."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A WLAN that was found."""

    zone: str
    zone_name: str
    wlan: str
    name: str
    ssid: str


class Shared:
    """What the WLANs of one controller share. Its configuration takes one write at a time."""

    def __init__(self, controller: str) -> None:
        self.controller = controller
        self.writing = asyncio.Lock()
        self.owners: WeakValueDictionary[tuple[str, str], Place] = WeakValueDictionary()
        """Who works on which WLAN. A place that a new configuration replaced leaves by itself."""
        self.ready: dict[str, dict[int, str]] = {}
        """By zone, the VLANs that the core had prepared here, with their names."""
        self.details: dict[tuple[str, str], tuple[float, Wlan]] = {}


class Place:
    """One WLAN, as the options name it."""

    def __init__(
        self, api: SmartZoneApi, options: SmartZoneNetworkOptions, shared: Shared, clock: Clock
    ) -> None:
        self._api = api
        self._options = options
        self._shared = shared
        self._clock = clock
        self._spot: tuple[float, Spot] | None = None
        zone = options.zone.lower() if ZONE_ID.fullmatch(options.zone) else f"name:{options.zone}"
        wlan = options.wlan if options.wlan.isdecimal() else f"name:{options.wlan}"
        self.domain = f"smartzone/{shared.controller}/{zone}"
        found = (one.identity for one in list(shared.owners.values()) if one.is_called(options))
        self.identity: str = next(found, f"{self.domain}/{wlan}")

    @contextmanager
    def visible(self) -> Iterator[None]:
        """In here "not there" means that zone or WLAN are gone or out of sight, which is never "no keys"."""
        try:
            yield
        except Missing:
            self.forget()
            raise ConfigError(
                f'Zone "{self._options.zone}" or its WLAN "{self._options.wlan}" is not there any more, or '
                "this administrator may not see it. Nothing is known about its keys, and nothing is changed.",
                path="wlan",
            ) from None

    def is_called(self, options: SmartZoneNetworkOptions) -> bool:
        """Whether these options name this WLAN, as far as is known without a call."""
        if self._spot is None:
            return False
        spot = self._spot[1]
        zone = options.zone.lower() == spot.zone.lower() or options.zone == spot.zone_name
        return zone and options.wlan == (spot.wlan if options.wlan.isdecimal() else spot.name)

    def forget(self) -> None:
        self._spot = None

    async def spot(self) -> Spot:
        """The WLAN; ConfigError where there is none, or not just one."""
        now = self._clock.monotonic()
        if self._spot is None or now - self._spot[0] >= NAMED_FOR:
            found = await self.look()
            if isinstance(found, Finding):
                raise ConfigError(f"{found.summary} {found.fix}", path=found.path)
        assert self._spot is not None
        return self._spot[1]

    async def look(self) -> Spot | Finding:
        """The same, looked up afresh."""
        self.forget()
        zones = await self._api.zones()
        zone = checks.zone_of(zones, self._options.zone)
        if isinstance(zone, Finding):
            return zone
        try:
            wlans = await self._api.wlans(zone.id)
        except Missing:
            return checks.no_zone(self._options.zone, zones)
        wlan = checks.wlan_of(wlans, self._options.wlan, zone)
        if isinstance(wlan, Finding):
            return wlan
        owner = self._shared.owners.setdefault((zone.id, wlan.id), self)
        if owner.identity != self.identity:
            return checks.shared()
        name = wlan.name or wlan.ssid or wlan.id
        spot = Spot(zone.id, zone.name or zone.id, wlan.id, name, wlan.ssid or name)
        self._spot = (self._clock.monotonic(), spot)
        return spot

    async def need_one_spelling(self) -> None:
        """Refuse VLANs where another network writes this zone otherwise: each would give the same numbers."""
        spot = await self.spot()
        for (zone, _), other in list(self._shared.owners.items()):
            if zone == spot.zone and other.domain != self.domain:
                raise ConfigError(
                    f'Zone "{spot.zone_name}" is written in two ways, by name here and by id there: '
                    "two companies could get one VLAN. Write it the same way in all of them.",
                    path="zone",
                )

    async def settings(self, wlan: str | None = None, *, within: float = 0.0) -> Wlan:
        """A WLAN of the zone (this one) with its settings, as they were at most so many seconds ago."""
        spot = await self.spot()
        name = (spot.zone, wlan or spot.wlan)
        now = self._clock.monotonic()
        at, known = self._shared.details.get(name, (now, None))
        if known is None or now - at >= within:
            known = await self._api.wlan(*name)
            self._shared.details[name] = (now, known)
        return known

    async def need_tags(self, vlan: int | None) -> None:
        """Refuse a VLAN where the WLAN would ignore it: companies would mix without anybody noticing."""
        if vlan is None:
            return
        with self.visible():
            settings = await self.settings(within=TAGS_FOR)
        if not settings.tags:
            raise ConfigError(
                f'WLAN "{(await self.spot()).name}" does not let a key choose its VLAN: companies would mix. '
                f"No key with a VLAN is made until it does. {checks.SWITCH_ON_TAGS}",
                path="wlan",
            )
