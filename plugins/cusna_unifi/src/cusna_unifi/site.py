"""What do the SSIDs of one controller share? Locks, who has which WLAN, and what a list said a moment ago."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cusna_core.api import Finding, Level
from cusna_unifi.client import UnifiApi
from cusna_unifi.wire import NetworkConf, Wlan

A_MOMENT = 5.0
"""Seconds: who reads keys, then VLANs, writes and reads back asks for the site's networks once."""
NO_SECRETS: Mapping[str, Any] = {"private_preshared_keys": (), "x_passphrase": None}


class Shared:
    def __init__(self, api: UnifiApi, domain: str) -> None:
        self.domain = domain
        self._api = api
        self._now = api.context.clock.monotonic
        self._networks: tuple[float, Sequence[NetworkConf]] = (float("-inf"), ())
        self._wlans: tuple[float, Sequence[Wlan]] = (float("-inf"), ())
        self._locks: dict[str, asyncio.Lock] = {}
        self._claims: dict[str, str] = {}

    def lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    async def networks(self, *, lately: float = 0.0) -> Sequence[NetworkConf]:
        """The site's networks as they are, or were at most so many seconds ago."""
        if self._now() - self._networks[0] >= lately:
            found = await self._api.networks()
            self._networks = self._now(), found
        return self._networks[1]

    async def wlans(self) -> Sequence[Wlan]:
        """The site's WLANs as they are, with their keys, which are not kept."""
        found = await self._api.wlans()
        self._wlans = self._now(), [one.model_copy(update=NO_SECRETS) for one in found]
        return found

    async def wlans_without_keys(self, *, lately: float) -> Sequence[Wlan]:
        """The site's WLANs as they are, or were at most so many seconds ago."""
        if self._now() - self._wlans[0] >= lately:
            await self.wlans()
        return self._wlans[1]

    def claim(self, wlan_id: str, identity: str) -> Finding | None:
        """Two networks of the file that turn out to be one WLAN would undo each other's work."""
        self._claims[identity] = wlan_id
        if sorted(self._claims.values()).count(wlan_id) == 1:
            return None
        return Finding(
            Level.ERROR,
            "unifi.ssid-shared",
            "Two networks in Cusna are the same WiFi of this controller, once by its name and once by "
            "its id.",
            "Keep one of them, and let both locations use it.",
            path="wlan_id" if identity.endswith(wlan_id) else "ssid",
        )
