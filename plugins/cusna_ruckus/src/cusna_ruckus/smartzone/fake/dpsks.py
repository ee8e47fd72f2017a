"""What does the controller say to calls about DPSKs?"""

import csv
import io
import secrets

from aiohttp import BodyPartReader, web

from cusna_ruckus.smartzone.fake.gate import NotThere, Refused
from cusna_ruckus.smartzone.fake.state import Cluster, Json, Wlan
from cusna_ruckus.smartzone.fake.view import body_of, page, search, wlan_of, zone_of

FIELDS = {"amount", "userName", "passphraseList", "vlanId", "groupDpsk", "userRoleId"}
EXPIRED = ("Never", "AfterOneDay", "AfterSixMonths")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Dpsks:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def routes(self) -> list[web.RouteDef]:
        zone, wlan = "/rkszones/{zone}", "/rkszones/{zone}/wlans/{wlan}"
        return [
            web.get(f"{zone}/dpskEnabledWlans", self.enabled),
            web.get(f"{zone}/dpsk", self.of_zone),
            web.get(f"{zone}/deleteExpiredDpsk", self.expired),
            web.put(f"{zone}/deleteExpiredDpsk", self.set_expired),
            web.get(f"{wlan}/dpsk", self.of_wlan),
            web.post(f"{wlan}/dpsk", self.delete),
            web.post(f"{wlan}/dpsk/batchGenUnbound", self.generate),
            web.post(f"{wlan}/dpsk/upload", self.upload),
            web.get(f"{wlan}/dpsk/{{dpsk}}", self.one),
            web.patch(f"{wlan}/dpsk/{{dpsk}}", self.rename),
            web.post("/query/dpsk", self.query),
        ]

    async def enabled(self, request: web.Request) -> web.Response:
        wlans = [
            {"wlanId": one.id, "wlanName": one.doc["name"], "ssid": one.doc["ssid"]}
            for one in zone_of(self.cluster, request).wlans.values()
            if one.doc["dpsk"]["dpskEnabled"]
        ]
        return page(self.cluster, request, wlans)

    async def of_zone(self, request: web.Request) -> web.Response:
        wlans = zone_of(self.cluster, request).wlans.values()
        rows = [self.cluster.shown(wlan, one) for wlan in wlans for one in wlan.dpsks.values()]
        return page(self.cluster, request, rows)

    async def of_wlan(self, request: web.Request) -> web.Response:
        wlan = wlan_of(self.cluster, request)
        return page(self.cluster, request, [self.cluster.shown(wlan, one) for one in wlan.dpsks.values()])

    async def one(self, request: web.Request) -> web.Response:
        wlan = wlan_of(self.cluster, request)
        dpsk = wlan.dpsks.get(request.match_info["dpsk"])
        if dpsk is None:
            raise NotThere
        return page(self.cluster, request, [self.cluster.shown(wlan, dpsk)])

    async def generate(self, request: web.Request) -> web.Response:
        wlan = wlan_of(self.cluster, request)
        body, knobs = await body_of(request), self.cluster.knobs
        if knobs.strict_bodies and body.keys() - FIELDS:
            raise Refused(400, f"Unrecognized field {min(body.keys() - FIELDS)}")
        amount = body.get("amount", 1)
        if not isinstance(amount, int) or not 1 <= amount <= knobs.max_amount:
            raise Refused(422, "amount is out of range")
        phrases = body.get("passphraseList") if knobs.passphrase_list else None
        if phrases is None:
            phrases = [self._phrase(wlan) for _ in range(amount)]
        if len(phrases) != amount:
            raise Refused(422, "passphraseList does not fit amount")
        name, vlan = body.get("userName"), body.get("vlanId") if knobs.vlan_field else None
        if knobs.max_username is not None and len(name or "") > knobs.max_username:
            raise Refused(422, "userName is too long")
        if vlan is not None and not (isinstance(vlan, int) and 1 <= vlan <= 4094):
            raise Refused(422, "vlanId is out of range")
        group = bool(body.get("groupDpsk", False)) and knobs.group_flag
        self._rules(wlan, phrases, groups=amount if group else 0)
        made = [
            self.cluster.add_dpsk(
                wlan, name if amount == 1 else f"{name}_{number}", phrase, vlan=vlan, group=group
            )
            for number, phrase in enumerate(phrases)
        ]
        return self._made(wlan, made)

    async def upload(self, request: web.Request) -> web.Response:
        """CSV with the columns of the controller's own export."""
        wlan = wlan_of(self.cluster, request)
        part = await (await request.multipart()).next()
        if not isinstance(part, BodyPartReader) or part.name != "uploadFile":
            raise Refused(400, "uploadFile is missing")
        text = (await part.read()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        phrases = [row.get("Passphrase") or self._phrase(wlan) for row in rows]
        self._rules(wlan, phrases, groups=sum(row.get("Group DPSK") == "Yes" for row in rows))
        made = [
            self.cluster.add_dpsk(
                wlan,
                row.get("User Name"),
                phrase,
                vlan=int(row["VLAN ID"]) if row.get("VLAN ID") else None,
                group=row.get("Group DPSK") == "Yes",
            )
            for row, phrase in zip(rows, phrases, strict=True)
        ]
        return self._made(wlan, made)

    def _rules(self, wlan: Wlan, phrases: list[str], *, groups: int) -> None:
        knobs = self.cluster.knobs
        if not wlan.doc["dpsk"]["dpskEnabled"]:
            raise Refused(422, "DPSK is not enabled on the WLAN")
        low, high = knobs.passphrase_length
        if not all(low <= len(one) <= high for one in phrases):
            raise Refused(422, f"The passphrase must have {low} to {high} characters")
        there = {one["passphrase"] for one in wlan.dpsks.values()}
        if not knobs.dup_passphrase and (there & set(phrases) or len(set(phrases)) < len(phrases)):
            raise Refused(422, "The passphrase exists already")
        if knobs.group_cap is not None and wlan.groups + groups > knobs.group_cap:
            raise Refused(422, "The WLAN holds no more group DPSKs")
        in_zone = sum(len(one.dpsks) for zone, one in self.cluster.wlans() if wlan.id in zone.wlans)
        if knobs.zone_cap is not None and in_zone + len(phrases) > knobs.zone_cap:
            raise Refused(422, "The zone holds no more DPSKs")

    def _phrase(self, wlan: Wlan) -> str:
        setting = wlan.doc["dpsk"]
        letters = "0123456789" if setting["dpskType"] == "NumbersOnly" else LETTERS
        return "".join(secrets.choice(letters) for _ in range(setting["length"]))

    def _made(self, wlan: Wlan, made: list[Json]) -> web.Response:
        shown = [self.cluster.shown(wlan, one) for one in made]
        return web.json_response({"resultCount": len(made), "dpskInfoList": shown}, status=201)

    async def delete(self, request: web.Request) -> web.Response:
        """Named as if it made something. An empty list is refused here; elsewhere nobody knows."""
        wlan, body = wlan_of(self.cluster, request), await body_of(request)
        ids = body.get("idList")
        if not isinstance(ids, list) or not ids:
            raise Refused(422, "idList is empty")
        known = [one for one in dict.fromkeys(ids) if one in wlan.dpsks]
        if len(known) < len(ids) and self.cluster.knobs.unknown_id_spoils:
            raise NotThere
        for one in known:
            self.cluster.remove(wlan, one)
        return web.json_response({"resultCount": len(known)})

    async def rename(self, request: web.Request) -> web.Response:
        wlan, body, knobs = wlan_of(self.cluster, request), await body_of(request), self.cluster.knobs
        dpsk = wlan.dpsks.get(request.match_info["dpsk"])
        if dpsk is None:
            raise NotThere
        if knobs.patch_unknown is not None and body.keys() - set(knobs.patch_fields):
            raise Refused(knobs.patch_unknown, "Unknown field")
        dpsk.update({name: body[name] for name in knobs.patch_fields if name in body})
        return web.Response(status=204)

    async def expired(self, request: web.Request) -> web.Response:
        return web.json_response({"deleteExpiredDpsk": zone_of(self.cluster, request).delete_expired})

    async def set_expired(self, request: web.Request) -> web.Response:
        chosen = (await body_of(request)).get("deleteExpiredDpsk")
        if chosen not in EXPIRED:
            raise Refused(422, "deleteExpiredDpsk is none of its values")
        zone_of(self.cluster, request).delete_expired = chosen
        return web.Response(status=204)

    async def query(self, request: web.Request) -> web.Response:
        """Other names than in the lists, and no passphrase."""
        rows = [
            {
                "key": one["id"],
                "userName": one["userName"],
                "ueMac": one["macAddress"],
                "group": one["groupDpsk"],
                "vlanId": one["vlanId"],
                "wlanId": wlan.id,
                "zoneId": zone.id,
                "createDateTime": int(one["created"].timestamp()),
                "expired": self.cluster.expired(wlan, one),
            }
            for zone, wlan in self.cluster.wlans()
            for one in wlan.dpsks.values()
        ]
        told = [self.cluster.told(one) for one in rows]
        return search(self.cluster, await body_of(request), told, {"ZONE": "zoneId", "WLAN": "wlanId"})
