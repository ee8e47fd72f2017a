"""What does the cloud say to the other calls: organisations, networks, SSIDs, clients?"""

from aiohttp import web

from cusna_meraki.fake.batches import Batches
from cusna_meraki.fake.gate import ACCESS, Gate, Refused
from cusna_meraki.fake.policies import Policies
from cusna_meraki.fake.psks import Psks
from cusna_meraki.fake.ssids import change_ssid
from cusna_meraki.fake.state import TAGGED_MODES, Cloud, Json, Site
from cusna_meraki.fake.view import body_of, named, org_of, page, sees, site_of, ssid_of

BASE = "/api/v1"


class Routes:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.psks = Psks(cloud)
        self.policies = Policies(cloud)
        self.batches = Batches(cloud, self.psks, self.policies)

    def app(self, gate: Gate) -> web.Application:
        psks, policies, batches = self.psks, self.policies, self.batches
        gate.settle = batches.settle
        batch = f"{BASE}/organizations/{{org}}/actionBatches"
        network = f"{BASE}/networks/{{network}}"
        policy = f"{network}/groupPolicies/{{policy}}"
        ssid = f"{network}/wireless/ssids/{{number}}"
        psk = f"{ssid}/identityPsks/{{psk}}"
        device = f"{network}/clients/{{client}}/policy"
        tools = f"{BASE}/organizations/{{org}}/wireless/devices/liveTools"
        app = web.Application(middlewares=[gate.middleware])
        app.add_routes(
            [
                web.get(f"{BASE}/administered/identities/me", self.me),
                web.get(f"{BASE}/organizations", self.orgs),
                web.get(f"{BASE}/organizations/{{org}}/networks", self.networks),
                web.get(network, self.network),
                web.get(f"{network}/firmwareUpgrades", self.firmware),
                web.get(f"{network}/wireless/ssids", self.ssids),
                web.get(ssid, self.ssid),
                web.put(ssid, self.put_ssid),
                web.get(f"{ssid}/identityPsks", psks.listed),
                web.post(f"{ssid}/identityPsks", psks.create),
                web.get(psk, psks.one),
                web.put(psk, psks.update),
                web.delete(psk, psks.delete),
                web.get(f"{network}/groupPolicies", policies.listed),
                web.post(f"{network}/groupPolicies", policies.create),
                web.get(policy, policies.one),
                web.put(policy, policies.update),
                web.delete(policy, policies.delete),
                web.get(batch, batches.listed),
                web.post(batch, batches.create),
                web.get(f"{batch}/{{batch}}", batches.one),
                web.put(f"{batch}/{{batch}}", batches.update),
                web.delete(f"{batch}/{{batch}}", batches.delete),
                web.get(f"{network}/clients", self.clients),
                web.get(device, self.device_policy),
                web.put(device, self.put_device_policy),
                web.post(f"{tools}/clients/{{client}}/disconnect", self.disconnect),
            ]
        )
        return app

    async def me(self, request: web.Request) -> web.Response:
        authentication = {"mode": "email", "api": {"key": {"created": True}}, "twoFactor": {"enabled": True}}
        return web.json_response(
            {"name": "Service admin", "email": "wifi@example.com", "authentication": authentication}
        )

    async def orgs(self, request: web.Request) -> web.Response:
        shown: list[Json] = [
            {
                "id": org,
                "name": name,
                "url": f"https://dashboard.meraki.com/o/{org}/manage/organization/overview",
                "api": {"enabled": True},
                "licensing": {"model": "co-term"},
                "cloud": {"region": {"name": "Europe"}},
            }
            for org, name in self.cloud.orgs.items()
            if org in request[ACCESS].orgs
        ]
        return page(request, shown, least=3, most=9000, default=9000, cap=self.cloud.page_size)

    async def networks(self, request: web.Request) -> web.Response:
        org = org_of(self.cloud, request)
        sites = self.cloud.sites.values()
        shown = [site.shown() for site in sites if site.org == org and sees(request, site)]
        return page(request, shown, least=3, most=100_000, default=1000, cap=self.cloud.page_size)

    async def network(self, request: web.Request) -> web.Response:
        return web.json_response(site_of(self.cloud, request).shown())

    async def firmware(self, request: web.Request) -> web.Response:
        name = site_of(self.cloud, request).firmware
        version = {
            "firmware": name.replace("MR ", "wireless-").replace(".", "-"),
            "shortName": name,
            "releaseType": "stable",
        }
        return web.json_response({"products": {"wireless": {"currentVersion": version}}})

    async def ssids(self, request: web.Request) -> web.Response:
        return web.json_response([_shown_ssid(ssid) for ssid in site_of(self.cloud, request).ssids])

    async def ssid(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request)
        return web.json_response(_shown_ssid(site.ssids[ssid_of(request)]))

    async def put_ssid(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        ssid = change_ssid(site, ssid_of(request), await body_of(request))
        return web.json_response(_shown_ssid(ssid))

    # Clients

    async def clients(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request)
        if int(request.query.get("timespan", "86400")) > 2_678_400:
            raise Refused(400, "'timespan' must be at most 31 days")
        group = request.query.get("pskGroup", "")
        statuses = request.query.getall("statuses[]", ["Online", "Offline"])
        shown = [
            {name: value for name, value in client.items() if name not in ("psk", "policy")}
            for client in site.clients.values()
            if group in client["pskGroup"] and client["status"] in statuses  # a part is enough
        ]
        return page(request, shown, least=3, most=5000, default=10, cap=self.cloud.page_size)

    async def device_policy(self, request: web.Request) -> web.Response:
        site, client = self._client(request)
        return web.json_response(
            site.device_policies.get(client["id"], {"mac": client["mac"], "devicePolicy": "Normal"})
        )

    async def put_device_policy(self, request: web.Request) -> web.Response:
        site, client = self._client(request, write=True)
        body = await body_of(request)
        named(body, "devicePolicy", required=True)
        fields = {name: body[name] for name in ("devicePolicy", "groupPolicyId") if name in body}
        site.device_policies[client["id"]] = {"mac": client["mac"]} | fields
        return web.json_response(site.device_policies[client["id"]])

    def _client(self, request: web.Request, *, write: bool = False) -> tuple[Site, Json]:
        site = site_of(self.cloud, request, write=write)
        client = _by_id(site, request.match_info["client"])
        if client is None:
            raise Refused(404, "Not found")
        return site, client

    async def disconnect(self, request: web.Request) -> web.Response:
        """Beta at the vendor; its answer is our guess."""
        org = org_of(self.cloud, request)
        for site in self.cloud.sites.values():
            client = _by_id(site, request.match_info["client"])
            if site.org == org and sees(request, site) and client is not None:
                client["status"] = "Offline"
                return web.json_response({"disconnectId": client["id"], "status": "complete"}, status=201)
        raise Refused(404, "Not found")


def _by_id(site: Site, client_id: str) -> Json | None:
    return next((client for client in site.clients.values() if client["id"] == client_id), None)


def _shown_ssid(ssid: Json) -> Json:
    """Only the fields of the mode that the SSID is in."""
    shown = dict(ssid)
    if ssid["ipAssignmentMode"] not in TAGGED_MODES:
        for name in ("useVlanTagging", "defaultVlanId", "apTagsAndVlanIds"):
            shown.pop(name, None)
    return shown
