"""What does the cloud say to calls about group policies, alone or in a batch?"""

import asyncio
from typing import Any

from aiohttp import web

from cusna_meraki.fake.gate import Refused
from cusna_meraki.fake.state import Cloud, Json, Site
from cusna_meraki.fake.view import body_of, named, require_writable, site_of


class Policies:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._creating: set[str] = set()

    # Calls

    async def listed(self, request: web.Request) -> web.Response:
        return web.json_response(list(site_of(self.cloud, request).policies.values()))

    async def one(self, request: web.Request) -> web.Response:
        return web.json_response(_found(site_of(self.cloud, request), request.match_info["policy"]))

    async def create(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        body = await body_of(request)
        if self.cloud.knobs.parallel_policy_400:
            if site.id in self._creating:
                raise Refused(400, "Group policy could not be created")
            self._creating.add(site.id)
            for _ in range(200):  # a window in which a second call can come in
                await asyncio.sleep(0)
            self._creating.remove(site.id)
        return web.json_response(self.add(site, body), status=201)

    async def update(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        _found(site, request.match_info["policy"])
        return web.json_response(self.change(site, request.match_info["policy"], await body_of(request)))

    async def delete(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        self.remove(site, request.match_info["policy"], force=request.query.get("force") == "true")
        return web.Response(status=204)

    # What they do

    def add(self, site: Site, body: Json) -> Json:
        named(body, "name", required=True)
        self._check(site, body)
        most = self.cloud.knobs.max_group_policies
        if most is not None and len(site.policies) >= most:
            raise Refused(400, "Maximum number of group policies reached")
        policy = self.cloud.add_policy(site, _fields(body))
        self.cloud.made.add(policy["groupPolicyId"])
        return policy

    def change(self, site: Site, policy_id: str, body: Json) -> Json:
        policy = _found(site, policy_id)
        named(body, "name")
        self._check(site, body, policy)
        policy |= _fields(body)
        return policy

    def remove(self, site: Site, policy_id: str, *, force: bool = False) -> None:
        policy = _found(site, policy_id)
        require_writable(site)
        in_use = {psk["groupPolicyId"] for keys in site.psks.values() for psk in keys.values()}
        in_use |= {client["policy"] for client in site.clients.values() if client["status"] == "Online"}
        refuse = self.cloud.knobs.policy_delete_in_use == "refuse" and not force
        if policy["groupPolicyId"] in in_use and refuse:
            raise Refused(400, "Group policy is in use")
        del site.policies[policy["groupPolicyId"]]

    def _check(self, site: Site, body: Json, policy: Json | None = None) -> None:
        tagging = body.get("vlanTagging", {"settings": "network default"})
        if tagging.get("settings") not in ("network default", "ignore", "custom"):
            raise Refused(400, "'vlanTagging.settings' must be one of: network default, ignore, custom")
        if "vlanId" in tagging and not isinstance(tagging["vlanId"], str):
            raise Refused(400, "'vlanTagging.vlanId' must be a string")
        if tagging["settings"] == "custom":
            vlan = tagging.get("vlanId", "")
            if not vlan.isdigit() or not 1 <= int(vlan) <= 4094:
                raise Refused(400, "'vlanTagging.vlanId' must be 1 to 4094")
        require_writable(site)
        names = {other["name"] for other in site.policies.values() if other is not policy}
        if self.cloud.knobs.unique_policy_name and body.get("name") in names:
            raise Refused(400, "Name has already been taken")


def _found(site: Site, policy_id: str) -> Json:
    policy = site.policies.get(policy_id)
    if policy is None:
        raise Refused(404, "Not found")
    return policy


def _fields(body: Json) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "groupPolicyId"}
