"""How does the fake controller answer? The classic API of a UniFi Network application."""

import copy
import re
from typing import Any

from aiohttp import web

from cusna_core.api import Clock
from cusna_unifi.fake import rules
from cusna_unifi.fake.air import Air
from cusna_unifi.fake.state import PROVISIONING, Doc, Knobs, Site

OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def ok(data: list[Any]) -> web.Response:
    return web.json_response({"meta": {"rc": "ok"}, "data": data})


class Classic:
    """Everything below `api/`, for those who came through the gate."""

    def __init__(self, clock: Clock, knobs: Knobs, sites: dict[str, Site], version: str) -> None:
        self.clock, self.knobs, self.sites, self.version = clock, knobs, sites, version

    def air(self, site: Site) -> Air:
        return Air(site, self.knobs, self.clock)

    def answer(self, request: web.Request, path: str, body: Any) -> web.Response:
        if path == "/status":
            return web.json_response(
                {"meta": {"rc": "ok", "up": True, "uuid": self.sites["default"].id}, "data": []}
            )
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
