"""How does one try the RUCKUS One driver without RUCKUS? With this cloud in a box, on loopback."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi
from cusna_ruckus.one.fake.gate import Entry, Fault, Gate
from cusna_ruckus.one.fake.knobs import Knobs
from cusna_ruckus.one.fake.routes import Routes
from cusna_ruckus.one.fake.state import House, Json, Pool, new_id

TENANT = "7f3c0d5be2a94c1f8d6e4b7a9c0d1e2f"
CLIENT_ID = "5d1c7a60f2b94e8ea3c4d5e6f7a8b9c0"
CLIENT_SECRET = "c2VjcmV0LW9mLXRoZS1hcHBsaWNhdGlvbi10b2tlbg"

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "TENANT", "Entry", "Fault", "House", "Knobs", "RuckusOneFake"]


class RuckusOneFake(FakeWifi):
    """One tenant, ready to use; a pool for each SSID that is asked for."""

    type = "ruckus_one"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.knobs = Knobs()
        self.tenants: dict[str, House] = {}
        self.gate = Gate(self.tenants, self.knobs, clock)
        self.house = self.add_tenant(TENANT)
        self.gate.credentials[TENANT] = (CLIENT_ID, CLIENT_SECRET)
        self.address = ""
        self._runner: web.AppRunner | None = None

    @property
    def faults(self) -> list[Fault]:
        return self.gate.faults

    @property
    def journal(self) -> list[Entry]:
        return self.gate.journal

    def add_tenant(self, tenant: str) -> House:
        self.tenants[tenant] = House(tenant, self.knobs, self.clock.now, self.clock.monotonic)
        return self.tenants[tenant]

    def add_customer(self) -> House:
        """A tenant in whose name the first one may work (MSP)."""
        house = self.add_tenant(new_id())
        self.gate.delegated[TENANT] = self.gate.delegated.get(TENANT, frozenset()) | {house.name}
        return house

    async def start(self, port: int = 0) -> str:
        self._runner = web.AppRunner(Routes().app(self.gate), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {
            "base_url": self.address,
            "tenant_id": TENANT,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def network_options(self, ssid: str) -> dict[str, Any]:
        return {"pool": self.pool(ssid).id}

    def pool(self, ssid: str) -> Pool:
        """The pool that is attached to this SSID; both are made when they are new."""
        wlan = self.house.wlan(ssid)
        if wlan is None:
            made = self.house.add_pool(f"{ssid} members"[:32])
            wlan = self.house.add_wlan(ssid, [made.id])
        return self.house.pools[wlan["pools"][0]]

    def rows(self, ssid: str) -> list[Json]:
        """The passphrases as the cloud keeps them, revoked ones and all."""
        self.house.tick()
        return list(self.pool(ssid).rows.values())

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        return self.house.join(ssid, passphrase, mac)

    def online(self, ssid: str) -> dict[str, int]:
        self.house.tick()
        return {mac: one["vlan"] for mac, one in self.house.clients.items() if one["wlan"]["ssid"] == ssid}

    def add_row_by_hand(self, ssid: str, **fields: Any) -> Json:
        """A passphrase that somebody made in RUCKUS One's own console."""
        pool = self.pool(ssid)
        row = self.house.add_row(pool, {"username": "", "numberOfDevices": None} | fields)
        self.house.by_hand.add(row["id"])
        self.house.reveal(pool, row["id"])
        return row

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        self.add_row_by_hand(ssid, username=name, passphrase=passphrase)

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        return {
            one["username"]: one["passphrase"] for one in self.rows(ssid) if one["id"] in self.house.by_hand
        }

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        """RUCKUS One knows a VLAN by the networks and passphrases that name it: here it is a network."""
        self.house.add_wlan(name, [], vlan=vlan)

    def others(self, ssid: str) -> Mapping[str, Any]:
        house = self.house
        rows = [one for one in self.rows(ssid) if one["id"] in house.by_hand]
        found = {
            "passphrases": [{n: v for n, v in one.items() if n != "devices"} for one in rows],
            "pools": [house.pool_shown(one) for one in house.pools.values()],
            "networks": list(house.wlans.values()),
            "identity groups": list(house.groups.values()),
        }
        copied = json.loads(json.dumps(found))
        assert isinstance(copied, dict)
        return copied

    def pages(self, size: int) -> None:
        self.knobs.page_max = size

    def break_down(self, on: bool) -> None:
        self.gate.down = on
