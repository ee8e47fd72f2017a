"""What does RUCKUS One say to the other calls: activities, pools, networks, identity groups, clients?"""

from typing import Any

from aiohttp import web

from cusna_ruckus.one.fake.gate import HOUSE, Gate, Refused
from cusna_ruckus.one.fake.passphrases import Passphrases
from cusna_ruckus.one.fake.state import Json
from cusna_ruckus.one.fake.view import accepted, body_of, object_of, pool_of

GONE = {"Deprecation": "true", "Sunset": "Mon, 31 Aug 2026 00:00:00 GMT"}
FORMATS = ("MOST_SECURED", "KEYBOARD_FRIENDLY", "NUMBERS_ONLY", "DICTIONARY_WORDS")


class Routes:
    def app(self, gate: Gate) -> web.Application:
        rows = Passphrases()
        pool = "/dpskServices/{pool}"
        row = f"{pool}/passphrases/{{row}}"
        app = web.Application(middlewares=[gate.middleware])
        app.add_routes(
            [
                web.post("/oauth2/token/{tenant}", gate.token),
                web.get("/activities/{activity}", self.activity),
                web.get("/tenants/self", self.tenant),
                web.get("/dpskServices", self.old_pools),
                web.post("/dpskServices", self.old_add_pool),
                web.post("/dpskServices/query", self.pools),
                web.get(pool, self.pool),
                web.patch(pool, self.patch_pool),
                web.delete(pool, self.delete_pool),
                web.post("/identityGroups", self.add_group),
                web.get("/identityGroups", self.groups),
                web.post("/identityGroups/query", self.query_groups),
                web.post("/identityGroups/{group}/dpskServices", self.add_pool),
                web.put(f"/wifiNetworks/{{wlan}}{pool}", self.attach),
                web.get("/wifiNetworks/{wlan}/dpskServices", self.attached),
                web.post("/wifiNetworks/query", self.wlans),
                web.post(f"{pool}/passphrases", rows.create),
                web.post(f"{pool}/identityGroups/{{group}}/passphrases", rows.create),
                web.post(f"{pool}/passphrases/query", rows.query),
                web.get(f"{pool}/passphrases", rows.listed),
                web.patch(f"{pool}/passphrases", rows.update_all),
                web.delete(f"{pool}/passphrases", rows.delete),
                web.get(row, rows.one),
                web.patch(row, rows.update),
                web.get(f"{row}/devices", rows.devices),
                web.post(f"{row}/devices", rows.change_devices),
                web.delete(f"{row}/devices", rows.change_devices),
                web.post(f"{row}/devices/query", rows.query_devices),
                web.get("/venues/aps", self.aps),
                web.post("/venues/aps/query", self.query_aps),
                web.get("/clients", self.old_clients),
                web.post("/venues/aps/clients/query", self.clients),
                web.patch("/venues/{venue}/aps/{ap}/clients/{mac}", self.patch_client),
            ]
        )
        return app

    async def activity(self, request: web.Request) -> web.Response:
        house = request[HOUSE]
        found = house.activities.get(request.match_info["activity"])
        if found is None or found.seen > house.monotonic():
            raise Refused(404, "ACTIVITY-404", "No such activity")
        knobs = house.knobs
        body: Json = {
            "requestId": found.id,
            "tenantId": house.name,
            "useCase": found.use_case,
            "status": found.status or knobs.interim_status,
        }
        if found.status == "SUCCESS" and knobs.stray_errors:
            body |= {"errors": [{"code": "DPSK-10032"}], "totalFailSteps": 0}
        if found.status == "FAIL":
            body["error"] = found.error
        return web.json_response(body)

    async def tenant(self, request: web.Request) -> web.Response:
        name = request[HOUSE].name
        return web.json_response({"id": name, "name": "Members' house", "entitlementId": f"E-{name}"})

    # Pools and identity groups

    async def old_pools(self, request: web.Request) -> web.Response:
        house = request[HOUSE]
        shown = [house.pool_shown(one) for one in house.pools.values()]
        return web.json_response({"content": shown, "totalElements": len(shown)}, headers=GONE)

    async def pools(self, request: web.Request) -> web.Response:
        house = request[HOUSE]
        body = object_of(await body_of(request))
        if house.knobs.services_query_paging_500 and {"page", "pageSize"} & set(body):
            raise Refused(500, "GENERAL-500", "Internal error")
        search = str(body.get("searchString") or "").lower()
        found = [house.pool_shown(one) for one in house.pools.values()]
        shown = [one for one in found if search in one["name"].lower()]
        most = house.knobs.pools_shown
        return web.json_response({"data": shown[:most], "totalCount": len(shown)})

    async def pool(self, request: web.Request) -> web.Response:
        return web.json_response(request[HOUSE].pool_shown(pool_of(request)))

    async def patch_pool(self, request: web.Request) -> web.Response:
        pool, body = pool_of(request), object_of(await body_of(request))

        def work() -> None:
            pool.fields |= body

        return accepted(request[HOUSE].take_on("UPDATE_DPSK_SERVICE", work))

    async def add_group(self, request: web.Request) -> web.Response:
        house, body = request[HOUSE], object_of(await body_of(request))
        name = str(body["name"])
        return accepted(house.take_on("CREATE_IDENTITY_GROUP", lambda: _nothing(house.add_group(name))))

    async def groups(self, request: web.Request) -> web.Response:
        """From page 0 on."""
        found = list(request[HOUSE].groups.values())
        number, size = int(request.query.get("page", "0")), int(request.query.get("size", "20"))
        shown = found[number * size : (number + 1) * size]
        return web.json_response({"content": shown, "totalElements": len(found), "number": number})

    async def query_groups(self, request: web.Request) -> web.Response:
        """Whatever was searched for."""
        found = list(request[HOUSE].groups.values())
        return web.json_response({"data": found, "totalCount": len(found)})

    async def add_pool(self, request: web.Request) -> web.Response:
        house, fields = request[HOUSE], _new_pool(await body_of(request))
        group = house.groups.get(request.match_info["group"])
        if group is None:
            raise Refused(404, "DPSK-10002", "No such identity group")
        if "dpskPoolId" in group:
            raise Refused(409, "DPSK-10032", "The identity group is already associated")

        def work() -> None:
            made = house.add_pool(**fields)
            for one in [one["id"] for one in house.groups.values() if one.get("dpskPoolId") == made.id]:
                del house.groups[one]
            group["dpskPoolId"] = made.id

        return accepted(house.take_on("CREATE_DPSK_SERVICE", work))

    async def old_add_pool(self, request: web.Request) -> web.Response:
        house, fields = request[HOUSE], _new_pool(await body_of(request))
        answer = accepted(house.take_on("CREATE_DPSK_SERVICE", lambda: _nothing(house.add_pool(**fields))))
        answer.headers.update(GONE)
        return answer

    async def delete_pool(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        return accepted(
            house.take_on("DELETE_DPSK_SERVICE", lambda: _nothing(house.pools.pop(pool.id, None)))
        )

    # Networks

    async def attach(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        wlan = house.wlans.get(request.match_info["wlan"])
        if wlan is None:
            raise Refused(404, "WIFI-10001", "No such network")

        def work() -> None:
            wlan["pools"] = [pool.id]

        return accepted(house.take_on("ACTIVATE_DPSK_SERVICE", work))

    async def attached(self, request: web.Request) -> web.Response:
        house = request[HOUSE]
        wlan = house.wlans.get(request.match_info["wlan"], {"pools": []})
        pools = [house.pools[one] for one in wlan["pools"] if one in house.pools]
        return web.json_response([house.pool_shown(one) for one in pools])

    async def wlans(self, request: web.Request) -> web.Response:
        body = object_of(await body_of(request))
        wanted = body.get("filters", {}).get("id")
        found = [
            {name: value for name, value in one.items() if name != "pools"}
            for one in request[HOUSE].wlans.values()
            if wanted is None or one["id"] in wanted
        ]
        knobs = request[HOUSE].knobs
        return _paged(body, found, knobs.page_max, knobs.first_wlan_page)

    # Access points and clients

    async def aps(self, request: web.Request) -> web.Response:
        return web.json_response([request[HOUSE].ap])

    async def query_aps(self, request: web.Request) -> web.Response:
        return _paged(object_of(await body_of(request)), [request[HOUSE].ap])

    async def old_clients(self, request: web.Request) -> web.Response:
        house = request[HOUSE]
        found = [{"mac": c["macAddress"], "apMac": house.ap["macAddress"]} for c in house.listed_clients()]
        return web.json_response(found)

    async def clients(self, request: web.Request) -> web.Response:
        house, body = request[HOUSE], object_of(await body_of(request))
        macs = body.get("filters", {}).get("macAddress")
        found = [
            {
                "macAddress": one["macAddress"],
                "venueInformation": {"id": house.venue, "name": "House"},
                "apInformation": {"serialNumber": house.ap["serialNumber"], "name": house.ap["name"]},
                "networkInformation": {"id": one["wlan"]["id"], "ssid": one["wlan"]["ssid"]},
            }
            for one in house.listed_clients()
            if macs is None or one["macAddress"].lower() in [mac.lower() for mac in macs]
        ]
        return _paged(body, found, house.knobs.page_max)

    async def patch_client(self, request: web.Request) -> web.Response:
        house, body = request[HOUSE], object_of(await body_of(request))
        mac = request.match_info["mac"].lower()
        found = next((one for one in house.clients if one.lower() == mac), None)
        here = (house.venue, house.ap["serialNumber"])
        if found is None or (request.match_info["venue"], request.match_info["ap"]) != here:
            raise Refused(404, "WIFI-10200", "No such client")
        if body != {"status": "DISCONNECTED"}:
            raise Refused(400, "WIFI-10201", "The status must be DISCONNECTED")
        del house.clients[found]
        return accepted(house.take_on("PatchApClient", lambda: None))


def _new_pool(body: Any) -> Json:
    fields = object_of(body)
    name = str(fields.get("name", ""))
    length, form = fields.get("passphraseLength", 12), fields.get("passphraseFormat", "KEYBOARD_FRIENDLY")
    if not 2 <= len(name) <= 32 or not 8 <= length <= 63 or form not in FORMATS:
        raise Refused(400, "DPSK-002", "The pool's name, length or format is wrong")
    return fields


def _paged(body: Json, found: list[Any], most: int = 2000, base: int = 1) -> web.Response:
    number, size = max(body.get("page", base) - base, 0), min(body.get("pageSize", 20), most)
    shown = found[number * size : (number + 1) * size]
    return web.json_response({"data": shown, "page": number, "totalCount": len(found)})


def _nothing(_: object) -> None:
    return None
