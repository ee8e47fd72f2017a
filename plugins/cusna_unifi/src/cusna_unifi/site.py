"""What do the SSIDs of one controller share? Locks, and the knowledge of who has which WLAN."""

import asyncio

from cusna_core.api import Finding, Level


class Shared:
    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._locks: dict[str, asyncio.Lock] = {}
        self._claims: dict[str, str] = {}

    def lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

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
