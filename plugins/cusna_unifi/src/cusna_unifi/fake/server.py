"""How does the fake controller answer? The classic API of a UniFi Network application, both flavours."""

import copy
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cusna_core.api import Clock
from cusna_unifi.fake import auth, rules
from cusna_unifi.fake.air import Air
from cusna_unifi.fake.state import PROVISIONING, Doc, Knobs, Site

BOOT = "<html><head><title>UniFi Network - Server status</title></head><body>starting</body></html>"
SECRET = re.compile(r"password|passphrase|psk|^x_", re.IGNORECASE)
OBJECT_ID = re.compile(r"[0-9a-f]{24}")
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


def ok(data: list[Any]) -> web.Response:
    return web.json_response({"meta": {"rc": "ok"}, "data": data})


class Server:
    """One console and its sites."""

    def __init__(self, clock: Clock, knobs: Knobs, sites: dict[str, Site], *, os: bool, version: str) -> None:
        self.clock, self.knobs, self.sites, self.os, self.version = clock, knobs, sites, os, version
        self.gate = auth.Gate(clock, knobs, os=os)
        self.console_id = "9C05D6123456000000000612345600000000066B1234:1234567890"
        self.journal: list[Call] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        return app

    def air(self, site: Site) -> Air:
        return Air(site, self.knobs, self.clock)

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
            return self._classic(request, path, body)
        except rules.Refusal as refusal:
            status = 200 if self.knobs.old_errors else refusal.status
            return web.json_response({"meta": refusal.meta, "data": refusal.data}, status=status)

    def _error(self, code: str, status: int) -> web.Response:
        body = {"meta": {"rc": "error", "msg": f"api.err.{code}"}, "data": []}
        return web.json_response(body, status=200 if self.knobs.old_errors else status)

    def _classic(self, request: web.Request, path: str, body: Any) -> web.Response:
        if path == "/status":
            return web.json_response({"meta": {"rc": "ok", "up": True, "uuid": self.console_id}, "data": []})
        if path == "/api/self/sites":
            return ok([
                {"_id": one.id, "name": one.slug, "desc": one.desc, "role": self.knobs.role}
                for one in self.sites.values()
            ])  # fmt: skip
        match = re.fullmatch(r"/api/s/([^/]+)/(.+)", path) or re.fullmatch(r"/v2/api/site/([^/]+)/(.+)", path)
        if match is None:
            raise rules.Refusal("NotFound", status=404)
        site = self.sites.get(match[1])
        if site is None:
            raise rules.Refusal("NoSiteContext")
        air = self.air(site)
        air.tick()
        kind, _, name = match[2].partition("/")
        name, _, item = name.partition("/")
        fields = body if isinstance(body, dict) else {}
        match request.method, kind, name:
            case "GET", "self", "":
                return ok([{"name": "cusna", "role": self.knobs.role}])
            case "GET", "apgroups", "":
                return web.json_response([{"_id": site.id, "name": "All APs", "device_macs": list(site.aps)}])
            case "GET", "stat", _:
                return self._stat(site, name, item)
            case _, "rest", "wlanconf":
                return self._wlanconf(request, site, item, fields)
            case _, "rest", "networkconf":
                return self._networkconf(request.method, site, item, fields, request)
            case "POST", "cmd", _:
                return self._command(site, name, fields)
        raise rules.Refusal("NotFound", status=404)

    def _stat(self, site: Site, name: str, item: str) -> web.Response:
        if name == "sysinfo":
            return ok([{"version": self.version, "name": "fake", "timezone": "UTC"}])
        if name == "sta":
            if item and self._newer(10, 6):
                raise rules.Refusal("InvalidObject")
            docs = [one.doc(place) for place, one in enumerate(site.stations.values(), 1)]
            return ok(self._out([one for one in docs if item in ("", one["mac"])]))
        if name in ("device", "device-basic"):
            devices = [
                {"mac": one.mac, "type": "uap", "model": "U7PRO", "state": one.state}
                for one in site.aps.values()
            ]
            return ok(
                self._out([*devices, {"mac": "00:00:5e:00:53:fe", "type": "usw", "model": "USW", "state": 1}])
            )
        raise rules.Refusal("NotFound", status=404)

    def _newer(self, *version: int) -> bool:
        return tuple(int(part) for part in self.version.split(".")[:2]) >= version

    def _known(self, there: dict[str, Doc], item: str) -> Doc:
        if not OBJECT_ID.fullmatch(item) or item not in there:
            raise rules.Refusal("IdInvalid")
        return there[item]

    def _wlanconf(self, request: web.Request, site: Site, item: str, fields: Doc) -> web.Response:
        if request.method == "GET":
            found = [self._known(site.wlans, item)] if item else list(site.wlans.values())
            return ok(self._out([self._shown(one) for one in found]))
        if request.method != "PUT":
            raise rules.Refusal("NotFound", status=404)
        stored = self._known(site.wlans, item)
        drop = self.knobs.drop_puts.pop(0) if self.knobs.drop_puts else ""
        if drop == "before":
            return self._gone(request)
        merged = rules.wlan_put(site, stored, fields, self.knobs)
        moved = merged["networkconf_id"] != stored["networkconf_id"]
        if self.knobs.swallow > 0 or (moved and merged["private_preshared_keys_enabled"]):
            self.knobs.swallow = max(0, self.knobs.swallow - 1)
            return ok([])
        self.store(site, stored, merged)
        return self._gone(request) if drop else ok(self._out([self._shown(merged)]))

    def store(self, site: Site, stored: Doc, merged: Doc) -> None:
        """Save a WLAN; a change makes its access points reload."""
        if merged == stored:
            return
        if self.knobs.revert > 0:
            self.knobs.revert -= 1
            due = self.clock.monotonic() + self.knobs.revert_after
            site.reverts.append((due, stored["_id"], copy.deepcopy(stored)))
        site.wlans[stored["_id"]] = copy.deepcopy(merged)
        self.air(site).changed()

    def _gone(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _shown(self, wlan: Doc) -> Doc:
        shown = copy.deepcopy(wlan)
        entries = shown["private_preshared_keys"]
        if self.knobs.shuffle:
            entries.reverse()
        hide = self.knobs.hide if self.knobs.role != "admin" or self.knobs.hide_from_all else ""
        for entry in entries:
            if hide == "omit":
                del entry["password"]
            elif hide == "mask":
                entry["password"] = "********"
        return shown

    def _out(self, data: list[Doc]) -> list[Doc]:
        return [_stringly(one) for one in data] if self.knobs.strings else data

    def _networkconf(
        self, method: str, site: Site, item: str, fields: Doc, request: web.Request
    ) -> web.Response:
        if method == "GET":
            return ok(self._out([self._known(site.networks, item)] if item else list(site.networks.values())))
        if method == "POST" and not item:
            drop = self.knobs.drop_posts.pop(0) if self.knobs.drop_posts else ""
            if drop == "before":
                return self._gone(request)
            checked = rules.network(site, fields)
            made = site.networks[site.add_network(**checked)]
            return self._gone(request) if drop else ok([made])
        stored = self._known(site.networks, item)
        if method == "PUT":
            stored |= rules.network(site, {**stored, **fields}, but=item)
            return ok([stored])
        if method == "DELETE":
            rules.network_delete(site, item)
            del site.networks[item]
            return ok([])
        raise rules.Refusal("NotFound", status=404)

    def _command(self, site: Site, name: str, fields: Doc) -> web.Response:
        mac = str(fields.get("mac", ""))
        match name, fields.get("cmd"):
            case "stamgr", "kick-sta":
                if not self.air(site).kick(mac):
                    raise rules.Refusal("UnknownStation", mac=mac)
                return ok([])
            case "devmgr", "force-provision":
                ap = site.aps.get(mac)
                if ap is None:
                    raise rules.Refusal("UnknownDevice", mac=mac)
                if ap.state != PROVISIONING:
                    self.air(site).force(ap)
                return ok([])
        raise rules.Refusal("InvalidObject")


def _stringly(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {name: _stringly(inner) for name, inner in value.items()}
    return [_stringly(one) for one in value] if isinstance(value, list) else value
