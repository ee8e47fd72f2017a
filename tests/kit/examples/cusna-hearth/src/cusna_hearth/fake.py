"""How does Hearth behave? Its API in a box on loopback, with an air to join.

Write it from the vendor's documents, not from the client: what both get wrong, nobody finds.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from cusna_core.api import Clock, FakeWifi, SystemClock

USER, PASSWORD = "cusna", "hearth-password"
GOOD_FOR = timedelta(minutes=10)
MOST = 128
Profile = dict[str, Any]


class HearthFake(FakeWifi):
    type = "hearth"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.profiles: dict[str, Profile] = {}
        self.foreign: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.joined: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.tokens: dict[str, datetime] = {}
        """Until when each is good."""
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
        return {"url": self.address, "user": USER, "password": PASSWORD}

    # The air

    def network_options(self, ssid: str) -> dict[str, Any]:
        self.profiles.setdefault(ssid, {"revision": 1, "band": "2.4+5", "hidden": False, "passphrases": []})
        return {"ssid": ssid}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        good = passphrase in (one["secret"] for one in self.profiles[ssid]["passphrases"])
        self.joined[ssid].pop(mac, None)
        if good:
            self.joined[ssid][mac] = passphrase
        return 0 if good else None

    def online(self, ssid: str) -> dict[str, int]:
        return dict.fromkeys(self.joined[ssid], 0)

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        self.profiles[ssid]["passphrases"].append({"secret": passphrase, "comment": name})
        self.profiles[ssid]["revision"] += 1
        self.foreign[ssid][name] = passphrase

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        there = {one["secret"] for one in self.profiles[ssid]["passphrases"]}
        return {name: key for name, key in self.foreign[ssid].items() if key in there}

    def others(self, ssid: str) -> Mapping[str, Any]:
        profile = {name: value for name, value in self.profiles[ssid].items() if name != "revision"}
        theirs = set(self.foreign[ssid].values())
        return profile | {"passphrases": [one for one in profile["passphrases"] if one["secret"] in theirs]}

    def break_down(self, on: bool) -> None:
        self.down = on

    # The API

    def _routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/login", self._log_in)
        router.add_get("/profiles", self._list)
        router.add_get("/profiles/{ssid}", self._get)
        router.add_put("/profiles/{ssid}", self._put)

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is answered before anything else: a bad day, and a login that is missing."""
        if self.down:
            return web.Response(status=503)
        until = self.tokens.get(request.headers.get("X-Token", ""))
        if request.path != "/login" and (until is None or self.clock.now() >= until):
            return web.Response(status=401)
        if request.match_info.get("ssid") not in {None, *self.profiles}:
            return web.Response(status=404)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _log_in(self, request: web.Request) -> web.Response:
        if await request.json() != {"user": USER, "password": PASSWORD}:
            return web.Response(status=401)
        token = secrets.token_urlsafe()
        self.tokens[token] = self.clock.now() + GOOD_FOR
        return web.json_response({"token": token})

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.profiles))

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self.profiles[request.match_info["ssid"]])

    async def _put(self, request: web.Request) -> web.Response:
        ssid, wanted = request.match_info["ssid"], await request.json()
        if wanted["revision"] != self.profiles[ssid]["revision"]:
            return web.Response(status=409)
        chosen = [one["secret"] for one in wanted["passphrases"]]
        good = len(set(chosen)) == len(chosen) and all(8 <= len(one) <= 63 for one in chosen)
        if not good or len(chosen) > MOST:
            return web.Response(status=422)
        self.profiles[ssid] = {**wanted, "revision": wanted["revision"] + 1}
        return web.Response(status=204)


async def main() -> None:
    fake = HearthFake(SystemClock())
    fake.network_options("Members")
    print(f"Hearth in a box: {await fake.start(8099)}, until Ctrl+C.", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await fake.stop()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
