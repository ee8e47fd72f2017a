"""What does the controller say to calls about logins, zones, WLANs and devices?"""

import re

from aiohttp import web

from cusna_ruckus.smartzone.fake.dpsks import Dpsks
from cusna_ruckus.smartzone.fake.gate import BASE, Gate, NotThere, Refused
from cusna_ruckus.smartzone.fake.state import AP, Cluster, Json
from cusna_ruckus.smartzone.fake.view import body_of, page, search, wlan_of, zone_of

MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
VERSION = "7.1.1.0.551"
DOMAIN = "8b2081d5-9662-40d9-a3db-2a3cf4dde3f7"
PLANE = "6f0e7c4a-5b7d-4b7e-9a43-0c6e5a0b1d2f"
CATEGORIES = ("SZ_CATEGORY", "AP_CATEGORY", "WLAN_CATEGORY", "USER_DEVICE_APP_CATEGORY", "CLUSTER_CATEGORY")


class Routes:
    def __init__(self, cluster: Cluster, gate: Gate) -> None:
        self.cluster = cluster
        self.gate = gate

    def app(self) -> web.Application:
        """Every version behaves the same: for DPSKs they do."""
        app = web.Application(middlewares=[self.gate.middleware])
        app.add_routes([web.get(f"{BASE}/apiInfo", self.info)])
        routes = [
            web.post("/serviceTicket", self.log_in),
            web.delete("/serviceTicket", self.log_off),
            web.get("/session", self.session),
            web.get("/userGroups/currentUser/permissionCategories", self.permissions),
            web.get("/controlPlanes", self.planes),
            web.get("/rkszones", self.zones),
            web.get("/rkszones/{zone}/wlans", self.wlans),
            web.get("/rkszones/{zone}/wlans/{wlan}", self.wlan),
            web.post("/query/client", self.clients),
            web.post("/query/wlan", self.all_wlans),
            web.post("/clients/{how:disconnect|deauth}", self.drop),
            web.post("/clients/{how:bulkDisconnect|bulkDeauth}", self.drop_all),
            *Dpsks(self.cluster).routes(),
        ]
        for one in routes:
            app.router.add_route(one.method, BASE + r"/{version:v\d+_\d+}" + one.path, one.handler)
        return app

    async def info(self, request: web.Request) -> web.Response:
        return web.json_response({"apiSupportVersions": self.cluster.knobs.versions})

    async def log_in(self, request: web.Request) -> web.Response:
        ticket = self.gate.issue(await body_of(request))
        return web.json_response({"serviceTicket": ticket, "controllerVersion": VERSION})

    async def log_off(self, request: web.Request) -> web.Response:
        del self.gate.tickets[request.query["serviceTicket"]]
        return web.Response(status=self.cluster.knobs.logoff_status)

    async def session(self, request: web.Request) -> web.Response:
        return web.json_response({"domainId": DOMAIN, "cpId": PLANE, "adminRoleId": "admin"})

    async def permissions(self, request: web.Request) -> web.Response:
        if not self.cluster.knobs.permissions:
            raise NotThere
        access = "FULL_ACCESS" if self.cluster.knobs.role == "admin" else "READ"
        rows: list[Json] = [{"resource": one, "access": access} for one in CATEGORIES]
        return page(self.cluster, request, rows)

    async def planes(self, request: web.Request) -> web.Response:
        row = {"id": PLANE, "name": "sz-1", "serialNumber": "000000000001"}
        return page(self.cluster, request, [row])

    async def zones(self, request: web.Request) -> web.Response:
        rows = [{"id": one.id, "name": one.name} for one in self.cluster.zones.values()]
        return page(self.cluster, request, rows)

    async def wlans(self, request: web.Request) -> web.Response:
        rows = [
            {"id": one.id, "name": one.doc["name"], "ssid": one.doc["ssid"]}
            for one in zone_of(self.cluster, request).wlans.values()
        ]
        return page(self.cluster, request, rows)

    async def wlan(self, request: web.Request) -> web.Response:
        return web.json_response(wlan_of(self.cluster, request).doc)

    async def all_wlans(self, request: web.Request) -> web.Response:
        rows = [
            {
                "wlanId": wlan.id,
                "name": wlan.doc["name"],
                "ssid": wlan.doc["ssid"],
                "zoneId": zone.id,
                "zoneName": zone.name,
            }
            for zone, wlan in self.cluster.wlans()
        ]
        return search(self.cluster, await body_of(request), rows, {"ZONE": "zoneId", "WLAN": "wlanId"})

    async def clients(self, request: web.Request) -> web.Response:
        rows: list[Json] = [
            {
                "clientMac": one.mac.upper(),
                "apMac": AP,
                "userName": one.user_name,
                "ssid": one.ssid,
                "zoneId": one.zone,
                "status": "AUTHORIZED",
                "authMethod": "OPEN",
                "ipAddress": f"10.0.0.{number}",
                "hostname": f"device-{number}",
                "vlan": one.vlan,
                "_wlan": one.wlan,
            }
            for number, one in enumerate(self.cluster.stations.values(), 10)
        ]
        return search(self.cluster, await body_of(request), rows, {"ZONE": "zoneId", "WLAN": "_wlan"})

    async def drop(self, request: web.Request) -> web.Response:
        self._drop([await body_of(request)], request.match_info["how"])
        return web.Response(status=204)

    async def drop_all(self, request: web.Request) -> web.Response:
        clients = (await body_of(request)).get("clientList")
        if not isinstance(clients, list) or not clients:
            raise Refused(422, "clientList needs an entry")
        if len({str(one) for one in clients}) < len(clients):
            raise Refused(422, "clientList has duplicates")
        self._drop(clients, "deauth" if "Deauth" in request.path else "disconnect")
        return web.Response(status=204)

    def _drop(self, clients: list[Json], how: str) -> None:
        there = {one.mac.upper() for one in self.cluster.stations.values()}
        for one in clients:
            if not all(MAC.fullmatch(str(one.get(name, ""))) for name in ("mac", "apMac")):
                raise Refused(422, "mac and apMac are required")
            if one["mac"].upper() not in there:
                raise NotThere
        for one in clients:
            self.cluster.drop(one["mac"], how)
