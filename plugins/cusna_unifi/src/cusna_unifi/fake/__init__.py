"""A UniFi console in a box: for this plugin's tests, for the conformance kit and for the demo.

It speaks the classic API in both flavours, with API keys, sessions and the cloud connector, and has an air.
Of the newer Integration API it only says whether a key is good: the driver uses nothing else of it.
"""

import copy
import ssl
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi, SystemClock
from cusna_unifi.fake.server import Call, Server
from cusna_unifi.fake.state import BASE, Doc, Knobs, Site, object_ids

__all__ = ["BASE", "Call", "Knobs", "UnifiFake"]


class UnifiFake(FakeWifi):
    type = "unifi"

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        flavour: str = "unifi_os",
        version: str = "10.6.101",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(clock or SystemClock())
        self.flavour = flavour
        self.knobs = Knobs()
        self.sites: dict[str, Site] = {}
        self.site = self.add_site("default", "Default")
        os = flavour == "unifi_os"
        self.server = Server(self.clock, self.knobs, self.sites, os=os, version=version)
        self.url = ""
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._names: dict[tuple[str, str], str] = {}

    def add_site(self, slug: str, desc: str) -> Site:
        series = f"65f0{len(self.sites):04x}"
        self.sites[slug] = site = Site(slug, desc, object_ids(series))
        site.add_ap(f"00:00:5e:00:53:{len(self.sites):02x}")
        return site

    async def start(self, port: int = 0) -> str:
        self._runner = web.AppRunner(self.server.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self._tls)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # How to reach it

    def options(self) -> dict[str, Any]:
        if self.flavour == "network_app":
            return self.session_options()
        return {"url": self.url, "api_key": min(self.server.gate.api_keys)}

    def session_options(self) -> dict[str, Any]:
        (user, password), *_ = self.server.gate.users.items()
        return {"url": self.url, "flavour": self.flavour, "username": user, "password": password}

    def cloud_options(self) -> dict[str, Any]:
        key = min(self.server.gate.cloud_keys)
        return {"console_id": self.server.console_id, "cloud_key": key, "cloud_url": self.url}

    def network_options(self, ssid: str) -> dict[str, Any]:
        self._wlan(ssid)
        return {"ssid": ssid, "vlan_networks": "vlan-only"}

    # The air

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        station = self.server.classic.air(self.site).join(mac, ssid, passphrase)
        return None if station is None else station.vlan

    def online(self, ssid: str) -> dict[str, int]:
        self.server.classic.air(self.site).tick()
        return {one.mac: one.vlan for one in self.site.stations.values() if one.essid == ssid}

    # Other people

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        self.edit(ssid, {"password": passphrase, "networkconf_id": ""})
        # UniFi has no names for keys; this one is written down beside it.
        self._names[ssid, name] = passphrase

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        there = {one["password"] for one in self._wlan(ssid)["private_preshared_keys"]}
        return {name: key for (at, name), key in self._names.items() if at == ssid and key in there}

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        self.site.add_network(name, vlan)

    def others(self, ssid: str) -> Mapping[str, Any]:
        """All networks and WLANs, without what begins with our name and the keys that nobody wrote down."""
        foreign = self.foreign_keys(ssid).values()
        stored = self._wlan(ssid)
        return copy.deepcopy(
            {
                "keys": [one for one in stored["private_preshared_keys"] if one["password"] in foreign],
                "wlan": {name: one for name, one in stored.items() if name != "private_preshared_keys"},
                "wlans": [one for one in self.site.wlans.values() if one is not stored],
                "networks": [
                    one for one in self.site.networks.values() if not one["name"].startswith("cusna-")
                ],
            }
        )

    def edit(self, ssid: str, *entries: Doc, **fields: Any) -> None:
        """Somebody else saves the WLAN: more keys, other fields. Nothing is checked."""
        stored = self._wlan(ssid)
        keys = [*stored["private_preshared_keys"], *entries]
        self.server.classic.store(self.site, stored, {**stored, "private_preshared_keys": keys, **fields})

    def copy(self, ssid: str) -> Doc:
        """What somebody's browser has loaded."""
        return copy.deepcopy(self._wlan(ssid))

    def ui_save(self, stale: Doc) -> None:
        """Somebody saves the whole object that their browser loaded a while ago."""
        self.server.classic.store(self.site, self.site.wlans[stale["_id"]], copy.deepcopy(stale))

    def break_down(self, on: bool) -> None:
        self.knobs.fail = 503 if on else None

    def _wlan(self, ssid: str) -> Doc:
        if all(one["name"] != ssid for one in self.site.wlans.values()):
            self.site.add_wlan(ssid)
        return self.site.wlan(ssid)

    # What it was asked

    @property
    def journal(self) -> list[Call]:
        return self.server.journal

    def calls(self, method: str, ending: str = "") -> list[Call]:
        return [one for one in self.journal if one.method == method and ending in one.path]
