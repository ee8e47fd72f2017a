"""How does one try the SmartZone driver without a controller? With this one in a box, on loopback."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi
from cusna_ruckus.smartzone.fake.gate import BASE, Entry, Fault, Gate
from cusna_ruckus.smartzone.fake.knobs import Knobs
from cusna_ruckus.smartzone.fake.routes import Routes
from cusna_ruckus.smartzone.fake.state import Cluster, Json, Wlan, Zone
from cusna_ruckus.smartzone.fake.tls import SelfSigned

USERNAME, PASSWORD = "cusna", "Zone-keeper-of-the-house-7"

__all__ = ["BASE", "PASSWORD", "USERNAME", "Entry", "Fault", "Knobs", "SmartZoneFake", "Wlan", "Zone"]


class SmartZoneFake(FakeWifi):
    """One controller with one zone, ready to use; tests add more through `cluster`."""

    type = "smartzone"

    def __init__(self, clock: Clock, *, tls: bool = False, host: str = "127.0.0.1") -> None:
        super().__init__(clock)
        assert host.startswith("127."), "a fake listens on loopback only"
        self.host = host
        self.certificate = SelfSigned(host) if tls else None
        self.cluster = Cluster(clock.now)
        self.zone = self.cluster.add_zone("House")
        self.gate = Gate(self.cluster, clock, {USERNAME: PASSWORD})
        self.address = ""
        self._foreign: set[str] = set()
        self._runner: web.AppRunner | None = None

    @property
    def knobs(self) -> Knobs:
        return self.cluster.knobs

    @property
    def faults(self) -> list[Fault]:
        return self.gate.faults

    @property
    def journal(self) -> list[Entry]:
        return self.gate.journal

    async def start(self, port: int = 0) -> str:
        app = Routes(self.cluster, self.gate).app()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        secure = self.certificate.context if self.certificate else None
        await web.TCPSite(self._runner, self.host, port, ssl_context=secure).start()
        scheme = "https" if secure else "http"
        self.address = f"{scheme}://{self.host}:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        self.gate.stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"url": self.address, "username": USERNAME, "password": PASSWORD}
        if self.certificate is not None:
            options["tls"] = {"fingerprint": self.certificate.fingerprint}
        return options

    def network_options(self, ssid: str) -> dict[str, Any]:
        return {"zone": self.zone.id, "wlan": self.wlan(ssid).id}

    def pages(self, size: int) -> None:
        self.knobs.page = self.knobs.most = size

    # The air

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        station = self.cluster.join(self.zone, self.wlan(ssid), passphrase, mac)
        return None if station is None else station.vlan if station.tagged else 0

    def online(self, ssid: str) -> dict[str, int]:
        wlan = self.wlan(ssid).id
        return {
            one.mac: one.vlan if one.tagged else 0
            for one in self.cluster.stations.values()
            if one.wlan == wlan
        }

    # Other people

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        self._foreign.add(self.cluster.add_dpsk(self.wlan(ssid), name, passphrase)["id"])

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        there = self.wlan(ssid).dpsks.values()
        return {one["userName"]: one["passphrase"] for one in there if one["id"] in self._foreign}

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        """Another WLAN of the zone, in this VLAN."""
        self.wlan(ssid)
        settings = {"accessVlan": vlan, "aaaVlanOverride": False, "vlanPooling": None}
        self.cluster.add_wlan(self.zone, name, vlan=settings)

    def others(self, ssid: str) -> Mapping[str, Any]:
        return {
            "wlans": {one.id: dict(one.doc) for one in self.zone.wlans.values()},
            "dpsks": {
                one["id"]: dict(one)
                for wlan in self.zone.wlans.values()
                for one in wlan.dpsks.values()
                if one["id"] in self._foreign
            },
            "deleteExpiredDpsk": self.zone.delete_expired,
        }

    def break_down(self, on: bool) -> None:
        self.gate.down = on

    def wlan(self, ssid: str) -> Wlan:
        """The WLAN with this SSID; made when it is new."""
        for one in self.zone.wlans.values():
            if one.doc["ssid"] == ssid:
                return one
        return self.cluster.add_wlan(self.zone, ssid)

    def dpsks(self, ssid: str) -> list[Json]:
        """As the controller keeps them."""
        return list(self.wlan(ssid).dpsks.values())

    def calls(self, since: int = 0) -> list[str]:
        """What it was asked, in the vendor's words, without logins."""
        quiet = ("/apiInfo", "/serviceTicket")
        return [one.call for one in self.journal[since:] if one.path not in quiet]
