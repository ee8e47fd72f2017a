"""How does one try the Meraki driver without Cisco? With this cloud in a box, on loopback."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi
from cusna_meraki.fake.batches import Batches
from cusna_meraki.fake.gate import Entry, Fault, Gate
from cusna_meraki.fake.routes import BASE, Routes
from cusna_meraki.fake.state import Access, Association, Cloud, Json, Knobs, Site

API_KEY = "0123456789abcdef0123456789abcdef01234567"

__all__ = ["API_KEY", "Access", "Entry", "Fault", "MerakiFake", "Site"]


class MerakiFake(FakeWifi):
    """One organisation with one network, ready to use; tests add more through `cloud`."""

    type = "meraki"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.cloud = Cloud(clock.now)
        self.org = self.cloud.add_org("Members' house")
        self.site = self.cloud.add_site(self.org, "House")
        self.house_policy = self.cloud.add_policy(self.site, {"name": "House devices"})
        self.cloud.access[API_KEY] = Access(frozenset({self.org}))
        self.gate = Gate(self.cloud, clock)
        self.routes = Routes(self.cloud)
        self.address = ""
        self._foreign: set[str] = set()
        self._runner: web.AppRunner | None = None

    @property
    def knobs(self) -> Knobs:
        return self.cloud.knobs

    @property
    def batches(self) -> Batches:
        return self.routes.batches

    @property
    def faults(self) -> list[Fault]:
        return self.gate.faults

    @property
    def journal(self) -> list[Entry]:
        return self.gate.journal

    async def start(self, port: int = 0) -> str:
        self._runner = web.AppRunner(self.routes.app(self.gate), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        self.address = await self.listen("127.0.0.1", port)
        return self.address

    async def listen(self, host: str, port: int = 0) -> str:
        """One more door to the same cloud: a shard, to be redirected to. Loopback only."""
        assert self._runner is not None, "start the fake first"
        assert host.startswith("127."), "a fake listens on loopback only"
        await web.TCPSite(self._runner, host, port).start()
        return f"http://{host}:{self._runner.addresses[-1][1]}"

    async def stop(self) -> None:
        self.gate.stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {"base_url": self.address + BASE, "api_key": API_KEY, "organization_id": self.org}

    def network_options(self, ssid: str) -> dict[str, Any]:
        return {"network_id": self.site.id, "ssid_number": self._number(ssid)}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        association = self.associate(ssid, passphrase, mac)
        return None if association is None else association.vlan

    def associate(self, ssid: str, passphrase: str, mac: str) -> Association | None:
        """Like `join`, and which key and group policy it was."""
        self.batches.settle()
        return self.cloud.associate(self.site, self._number(ssid), passphrase, mac)

    def online(self, ssid: str) -> dict[str, int]:
        self.batches.settle()
        return self.cloud.online(self.site, ssid)

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        policy = self.house_policy["groupPolicyId"]
        fields = {"name": name, "passphrase": passphrase, "groupPolicyId": policy}
        self._foreign.add(self.cloud.add_psk(self.site, self._number(ssid), fields)["id"])

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        psks = self.site.psks[self._number(ssid)]
        return {psk["name"]: psk["passphrase"] for psk in psks.values() if psk["id"] in self._foreign}

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        tagging = {"settings": "custom", "vlanId": str(vlan)}
        self.cloud.add_policy(self.site, {"name": name, "vlanTagging": tagging})

    def others(self, ssid: str) -> Mapping[str, Any]:
        """Keys, policies and SSIDs of the network that nobody made by the API."""
        self._number(ssid)
        self.batches.settle()
        return self.cloud.by_hand(self.site)

    def pages(self, size: int) -> None:
        self.cloud.page_size = size

    def psks(self, ssid: str) -> list[Json]:
        """The keys as the cloud keeps them."""
        self.batches.settle()
        return list(self.site.psks[self._number(ssid)].values())

    def break_down(self, on: bool) -> None:
        self.gate.down = on

    def _number(self, name: str) -> int:
        for ssid in self.site.ssids:
            if ssid["enabled"] and ssid["name"] == name:
                return int(ssid["number"])
        return self.cloud.set_up_ssid(self.site, name)
