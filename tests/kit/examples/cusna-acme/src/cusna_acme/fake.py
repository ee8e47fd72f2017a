"""How does Acme behave? Its API in a box on loopback, with an air to join.

Write it from the vendor's documents, not from the client: what both get wrong, nobody finds.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Any

from aiohttp import web
from cusna_core.api import Clock, FakeWifi, SystemClock

TOKEN = "acme-token"


class AcmeFake(FakeWifi):
    type = "acme"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.keys: dict[str, dict[str, str]] = {}
        """By SSID: name to passphrase."""
        self.foreign: defaultdict[str, set[str]] = defaultdict(set)
        self.joined: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.address = ""
        self.down = False
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._gate])
        self._routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def options(self) -> dict[str, Any]:
        return {"url": self.address, "token": TOKEN}

    # The air

    def network_options(self, ssid: str) -> dict[str, Any]:
        self.keys.setdefault(ssid, {})
        return {"ssid": ssid}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        self.joined[ssid].pop(mac, None)
        for name, chosen in self.keys[ssid].items():
            if chosen == passphrase:
                self.joined[ssid][mac] = name
                return 0
        return None

    def online(self, ssid: str) -> dict[str, int]:
        return dict.fromkeys(self.joined[ssid], 0)

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        self.keys[ssid][name] = passphrase
        self.foreign[ssid].add(name)

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        return {name: key for name, key in self.keys[ssid].items() if name in self.foreign[ssid]}

    def break_down(self, on: bool) -> None:
        self.down = on

    # The API

    def _routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/wlans", self._wlans)
        router.add_get("/wlans/{ssid}/keys", self._list)
        router.add_post("/wlans/{ssid}/keys", self._add)
        router.add_delete("/wlans/{ssid}/keys/{name}", self._delete)

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is answered before anything else: a bad day, and a login that is missing."""
        if self.down:
            return web.Response(status=503)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if request.match_info.get("ssid") not in {None, *self.keys}:
            return web.Response(status=404)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _wlans(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.keys))

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": self.keys[request.match_info["ssid"]]})

    async def _add(self, request: web.Request) -> web.Response:
        keys, wanted = self.keys[request.match_info["ssid"]], await request.json()
        name, passphrase = wanted["name"], wanted["passphrase"]
        if not 1 <= len(name) <= 64 or not 8 <= len(passphrase) <= 63:
            return web.Response(status=422)
        if name in keys or passphrase in keys.values():
            return web.Response(status=409)
        keys[name] = passphrase
        return web.Response(status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        gone = self.keys[request.match_info["ssid"]].pop(request.match_info["name"], None)
        return web.Response(status=204 if gone else 404)


async def main() -> None:
    fake = AcmeFake(SystemClock())
    fake.network_options("Members")
    print(f"Acme in a box: {await fake.start(8099)}, until Ctrl+C.", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await fake.stop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
