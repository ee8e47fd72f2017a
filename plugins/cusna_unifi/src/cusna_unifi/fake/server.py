"""How does the fake controller take a request? Bad days, doors, the journal, and both flavours' paths."""

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cusna_core.api import Clock
from cusna_unifi.fake import auth, rules
from cusna_unifi.fake.classic import Classic
from cusna_unifi.fake.state import Knobs, Site

BOOT = "<html><head><title>UniFi Network - Server status</title></head><body>starting</body></html>"
SECRET = re.compile(r"password|passphrase|psk|^x_", re.IGNORECASE)
CONNECTOR = re.compile(r"/v1/connector/consoles/(?P<console>[^/]+)(?P<rest>/proxy/network/.*)")


@dataclass(frozen=True, slots=True)
class Call:
    """A request in the journal; `body` has no secrets."""

    method: str
    path: str
    auth: auth.AuthKind
    body: Any = None


def redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "•" if SECRET.search(name) and isinstance(inner, str) else redacted(inner)
            for name, inner in value.items()
        }
    return [redacted(one) for one in value] if isinstance(value, list) else value


class Server:
    """One console and its sites."""

    def __init__(self, clock: Clock, knobs: Knobs, sites: dict[str, Site], *, os: bool, version: str) -> None:
        self.clock, self.knobs, self.sites, self.os, self.version = clock, knobs, sites, os, version
        self.classic = Classic(clock, knobs, sites, version)
        self.gate = auth.Gate(clock, knobs, os=os)
        self.console_id = "9C05D6123456000000000612345600000000066B1234:1234567890"
        self.journal: list[Call] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.knobs.latency:
            await self.clock.sleep(self.knobs.latency)
        try:
            body = await request.json() if request.can_read_body else None
        except ValueError:
            body = None
        path, cloud = request.path, False
        if match := CONNECTOR.fullmatch(path):
            path, cloud = match["rest"], True
        kind = self.gate.kind(request, cloud=cloud)
        self.journal.append(Call(request.method, path, kind, redacted(body)))
        trouble = self._trouble(path)
        if trouble is not None:
            return trouble
        if cloud and match and match["console"] != self.console_id:
            return web.json_response({"code": "NOT_FOUND", "httpStatusCode": 404}, status=404)
        if path == "/":
            return self._root()
        if request.method == "POST" and path == ("/api/auth/login" if self.os else "/api/login"):
            return self.gate.login(body)
        response = self._behind_the_gate(request, path, kind, body)
        self.gate.stamp(request, response)
        return response

    def _trouble(self, path: str) -> web.Response | None:
        knobs = self.knobs
        if knobs.booting > 0:
            knobs.booting -= 1
            return web.Response(text=BOOT, content_type="text/html")
        status = knobs.fail if knobs.fail is not None or path.endswith("/login") else knobs.fail_data
        if status is not None:
            headers = {"Retry-After": knobs.retry_after} if knobs.retry_after else {}
            return web.Response(
                status=status, text="<html>Bad day</html>", content_type="text/html", headers=headers
            )
        if knobs.redirect is not None:
            return web.Response(status=302, headers={"Location": knobs.redirect + path})
        return None

    def _root(self) -> web.Response:
        if not self.os or self.knobs.root_302:
            return web.Response(status=302, headers={"Location": "/manage" if not self.os else "/login"})
        headers = {"X-CSRF-Token": self.gate.new_csrf()}
        return web.Response(text="<html>UniFi OS</html>", content_type="text/html", headers=headers)

    def _behind_the_gate(
        self, request: web.Request, path: str, kind: auth.AuthKind, body: Any
    ) -> web.Response:
        if self.os:
            if not path.startswith("/proxy/network/"):
                return web.Response(status=404, text="<html>404</html>", content_type="text/html")
            path = path.removeprefix("/proxy/network")
        integration = path.startswith("/integration/")
        if kind == "none" or (kind == "key" and not self.knobs.api_key_classic and not integration):
            return auth.unauthorized(self.knobs, os=self.os)
        if integration:
            # The driver asks only whether its key is good there; the rest of that API is not built.
            return (
                web.json_response({"applicationVersion": self.version})
                if self.os
                else self._error("NotFound", 404)
            )
        writes = request.method in ("POST", "PUT", "DELETE")
        if writes and kind == "session" and not self.gate.csrf_is_good(request):
            return web.json_response({"message": "Invalid CSRF Token"}, status=403)
        if writes and self.knobs.role != "admin":
            return self._error("NoPermission", 403)
        try:
            return self.classic.answer(request, path, body)
        except rules.Refusal as refusal:
            status = 200 if self.knobs.old_errors else refusal.status
            return web.json_response({"meta": refusal.meta, "data": refusal.data}, status=status)

    def _error(self, code: str, status: int) -> web.Response:
        body = {"meta": {"rc": "error", "msg": f"api.err.{code}"}, "data": []}
        return web.json_response(body, status=200 if self.knobs.old_errors else status)
