"""A vendor with everything: pages, logins that run out, VLANs, ends, devices. A server on loopback."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cusna_core.api import Clock, FakeWifi

USER, PASSWORD = "cusna", "apples-and-pears-4711"
TOKEN_LIVES = 3600.0
Row = dict[str, Any]


@dataclass(slots=True)
class Ssid:
    keys: dict[str, Row] = field(default_factory=dict)
    """By id."""
    online: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """MAC to key id and VLAN; who is on stays there when the key goes."""
    foreign: set[str] = field(default_factory=set)


class OrchardFake(FakeWifi):
    type = "orchard"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.ssids: dict[str, Ssid] = {}
        self.vlans: dict[int, str] = {}
        self.foreign_vlans: dict[int, str] = {}
        self.most_keys, self.most_vlans = 500, 20
        self.down, self.refused = False, 0
        self.address = ""
        self._size = 100
        self._tokens: dict[str, float] = {}
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._gate])
        keys, clients = "/ssids/{ssid}/keys", "/ssids/{ssid}/clients"
        app.router.add_post("/login", self._login)
        app.router.add_get("/ssids", self._list_ssids)
        app.router.add_get("/vlans", self._list_vlans)
        app.router.add_post("/vlans", self._add_vlan)
        app.router.add_delete("/vlans/{number}", self._delete_vlan)
        app.router.add_get(keys, self._list_keys)
        app.router.add_post(keys, self._add_key)
        app.router.add_put(keys + "/{id}", self._change_key)
        app.router.add_delete(keys + "/{id}", self._delete_key)
        app.router.add_get(clients, self._list_clients)
        app.router.add_delete(clients + "/{mac}", self._drop_client)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> Row:
        return {"url": self.address, "user": USER, "password": PASSWORD}

    def pages(self, size: int) -> None:
        self._size = size

    # The air and other people

    def network_options(self, ssid: str) -> Row:
        self.ssids.setdefault(ssid, Ssid())
        return {"ssid": ssid}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        air = self.ssids[ssid]
        air.online.pop(mac, None)
        for row in self._working(air):
            if row["passphrase"] == passphrase:
                air.online[mac] = (row["id"], row["vlan"])
                return row["vlan"] or 0
        return None

    def online(self, ssid: str) -> dict[str, int]:
        return {mac: vlan or 0 for mac, (_, vlan) in self.ssids[ssid].online.items()}

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        row = self._made(self.ssids[ssid], {"label": name, "passphrase": passphrase, "note": "by hand"})
        self.ssids[ssid].foreign.add(row["id"])

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        air = self.ssids[ssid]
        return {row["label"]: row["passphrase"] for id_, row in air.keys.items() if id_ in air.foreign}

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        self.vlans[vlan] = self.foreign_vlans[vlan] = name

    def others(self, ssid: str) -> Mapping[str, Any]:
        air = self.ssids[ssid]
        keys = [row for id_, row in air.keys.items() if id_ in air.foreign]
        return {"keys": keys, "vlans": {one: self.vlans.get(one) for one in self.foreign_vlans}}

    def break_down(self, on: bool) -> None:
        self.down = on

    # The API

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.down:
            return web.Response(status=503)
        token = request.headers.get("X-Orchard-Token", "")
        if request.path != "/login" and self._tokens.get(token, 0.0) <= self.clock.monotonic():
            return web.Response(status=401)
        if request.match_info.get("ssid") not in {None, *self.ssids}:
            return web.Response(status=404)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _login(self, request: web.Request) -> web.Response:
        said = await request.json()
        if said != {"user": USER, "password": PASSWORD}:
            self.refused += 1
            return web.Response(status=401)
        token = f"orchard-token-{next(self._ids):06d}"
        self._tokens[token] = self.clock.monotonic() + TOKEN_LIVES
        return web.json_response({"token": token})

    def _page(self, request: web.Request, rows: Sequence[Row]) -> web.Response:
        page = int(request.query.get("page", "1"))
        shown = rows[(page - 1) * self._size : page * self._size]
        following = page + 1 if page * self._size < len(rows) else None
        return web.json_response({"items": shown, "next": following})

    async def _list_ssids(self, request: web.Request) -> web.Response:
        return self._page(request, [{"name": name} for name in self.ssids])

    async def _list_vlans(self, request: web.Request) -> web.Response:
        return self._page(request, [{"number": one, "name": name} for one, name in self.vlans.items()])

    async def _list_keys(self, request: web.Request) -> web.Response:
        return self._page(request, list(self._working(self._asked(request))))

    async def _list_clients(self, request: web.Request) -> web.Response:
        online = self._asked(request).online
        rows = [{"mac": mac, "key": key, "vlan": vlan} for mac, (key, vlan) in online.items()]
        return self._page(request, rows)

    async def _add_vlan(self, request: web.Request) -> web.Response:
        said = await request.json()
        if said["number"] in self.vlans:
            return web.Response(status=409)
        if len(self.vlans) >= self.most_vlans:
            return web.Response(status=507)
        self.vlans[said["number"]] = said["name"]
        return web.json_response(said, status=201)

    async def _delete_vlan(self, request: web.Request) -> web.Response:
        gone = self.vlans.pop(int(request.match_info["number"]), None)
        return web.Response(status=204 if gone else 404)

    async def _add_key(self, request: web.Request) -> web.Response:
        air, said = self._asked(request), await request.json()
        status = self._refused(air, said)
        if status == 0 and len(list(self._working(air))) >= self.most_keys:
            status = 507
        return web.json_response(None if status else self._made(air, said), status=status or 201)

    async def _change_key(self, request: web.Request) -> web.Response:
        air, said, id_ = self._asked(request), await request.json(), request.match_info["id"]
        if id_ not in air.keys:
            return web.Response(status=404)
        status = self._refused(air, {**air.keys[id_], **said}, but=id_)
        if status == 0:
            air.keys[id_] |= said
        return web.json_response(None if status else air.keys[id_], status=status or 200)

    async def _delete_key(self, request: web.Request) -> web.Response:
        gone = self._asked(request).keys.pop(request.match_info["id"], None)
        return web.Response(status=204 if gone else 404)

    async def _drop_client(self, request: web.Request) -> web.Response:
        gone = self._asked(request).online.pop(request.match_info["mac"], None)
        return web.Response(status=204 if gone else 404)

    # Its rules

    def _asked(self, request: web.Request) -> Ssid:
        return self.ssids[request.match_info["ssid"]]

    def _made(self, air: Ssid, said: Row) -> Row:
        row = {"vlan": None, "until": None, **said, "id": f"o{next(self._ids)}"}
        air.keys[row["id"]] = row
        return row

    def _working(self, air: Ssid) -> Sequence[Row]:
        now = self.clock.now().timestamp()
        return [row for row in air.keys.values() if row["until"] is None or row["until"] > now]

    def _refused(self, air: Ssid, said: Row, *, but: str = "") -> int:
        if not 1 <= len(said["label"]) <= 48 or not 8 <= len(said["passphrase"]) <= 63:
            return 422
        if said["vlan"] is not None and said["vlan"] not in self.vlans:
            return 422
        others = [row for id_, row in air.keys.items() if id_ != but]
        taken = any(row[name] == said[name] for row in others for name in ("label", "passphrase"))
        return 409 if taken else 0
