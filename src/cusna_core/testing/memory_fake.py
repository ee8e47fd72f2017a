"""What does the memory driver talk to? A WiFi that forgives nothing, so that mistakes show early."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi

TOKEN = "memory-token"
Json = dict[str, str]


@dataclass(slots=True)
class Air:
    """One network: its keys by id, and who is on it."""

    most: int
    keys: dict[str, Json] = field(default_factory=dict)
    online: dict[str, str] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)


class MemoryFake(FakeWifi):
    """Refuses labels and passphrases that exist, changes of what does not, and one key too many."""

    type = "memory"

    def __init__(self, clock: Clock, *, most: int = 100) -> None:
        super().__init__(clock)
        self.airs: dict[str, Air] = {}
        self.down = False
        self.hanging = False
        """Nothing is answered, until it is stopped."""
        self.journal: list[str] = []
        """"METHOD /path" of every call, and the label of what was written."""
        self._stopping = asyncio.Event()
        self.address = ""
        self.most = most
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._gate])
        keys, clients = "/networks/{ssid}/keys", "/networks/{ssid}/clients"
        app.router.add_get("/networks", self._networks)
        app.router.add_get(keys, self._read)
        app.router.add_post(keys, self._create)
        app.router.add_put(keys + "/{id}", self._update)
        app.router.add_delete(keys + "/{id}", self._revoke)
        app.router.add_get(clients, self._clients)
        app.router.add_delete(clients + "/{mac}", self._disconnect)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {"url": self.address, "token": TOKEN}

    def network_options(self, ssid: str) -> dict[str, Any]:
        self._air(ssid)
        return {"ssid": ssid, "max_keys": self.most}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        air = self._air(ssid)
        air.online.pop(mac, None)
        for key in air.keys.values():
            if key["passphrase"] == passphrase:
                air.online[mac] = key["id"]
                return 0
        return None

    def online(self, ssid: str) -> dict[str, int]:
        return dict.fromkeys(self._air(ssid).online, 0)

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        made = self._add(self._air(ssid), {"label": name, "passphrase": passphrase})
        self._air(ssid).foreign.add(made["id"])

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        air = self._air(ssid)
        return {key["label"]: key["passphrase"] for key in air.keys.values() if key["id"] in air.foreign}

    def break_down(self, on: bool) -> None:
        self.down = on

    # The API

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.journal.append(f"{request.method} {request.path}{await _label(request)}")
        if self.hanging:
            await self._stopping.wait()
        if self.down or self._stopping.is_set():
            return web.Response(status=503)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if request.match_info.get("ssid", "") not in {"", *self.airs}:
            return web.Response(status=410)
        response: web.StreamResponse = await handler(request)
        return response

    async def _networks(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.airs))

    async def _read(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._asked(request).keys.values()))

    async def _create(self, request: web.Request) -> web.Response:
        air = self._asked(request)
        fields = await request.json()
        status = _refused(air, fields) or (507 if len(air.keys) >= air.most else 201)
        return web.json_response(self._add(air, fields) if status == 201 else None, status=status)

    async def _update(self, request: web.Request) -> web.Response:
        air, ref = self._asked(request), request.match_info["id"]
        fields = await request.json()
        status = _refused(air, fields, but=ref) if ref in air.keys else 404
        if status == 0:
            air.keys[ref] |= fields
        return web.json_response(air.keys.get(ref) if status == 0 else None, status=status or 200)

    async def _revoke(self, request: web.Request) -> web.Response:
        gone = self._asked(request).keys.pop(request.match_info["id"], None)
        return web.Response(status=404 if gone is None else 204)

    async def _clients(self, request: web.Request) -> web.Response:
        online = self._asked(request).online
        return web.json_response([{"mac": mac, "key": ref} for mac, ref in online.items()])

    async def _disconnect(self, request: web.Request) -> web.Response:
        self._asked(request).online.pop(request.match_info["mac"], None)
        return web.Response(status=204)

    def _asked(self, request: web.Request) -> Air:
        return self.airs[request.match_info["ssid"]]

    def _air(self, ssid: str) -> Air:
        return self.airs.setdefault(ssid, Air(self.most))

    def _add(self, air: Air, fields: Json) -> Json:
        made = {"id": f"k{next(self._ids)}", **fields}
        air.keys[made["id"]] = made
        return made


async def _label(request: web.Request) -> str:
    if request.method not in ("POST", "PUT"):
        return ""
    return f" {(await request.json()).get('label', '')}"


def _refused(air: Air, fields: Json, *, but: str = "") -> int:
    """The status with which a key is refused; 0 if it is welcome."""
    if set(fields) != {"label", "passphrase"}:
        return 422
    if not 1 <= len(fields["label"]) <= 64 or not 8 <= len(fields["passphrase"]) <= 63:
        return 422
    others = [key for ref, key in air.keys.items() if ref != but]
    taken = any(key[name] == fields[name] for key in others for name in ("label", "passphrase"))
    return 409 if taken else 0
