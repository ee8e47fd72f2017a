"""What does the cloud do with action batches? All of a batch or nothing of it, in the order given.

An asynchronous batch is carried out by the first look at the cloud after it is due.
"""

import copy
import itertools
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from cusna_meraki.fake.gate import ACCESS, Refused
from cusna_meraki.fake.policies import Policies
from cusna_meraki.fake.psks import Psks
from cusna_meraki.fake.ssids import change_ssid
from cusna_meraki.fake.state import Access, Cloud, Json, Site
from cusna_meraki.fake.view import body_of, org_of

MOST_ACTIONS, MOST_AT_ONCE, MOST_UNFINISHED = 100, 20, 5
TOO_MANY = "Too many concurrently executing batches. Maximum is 5 confirmed but not yet executed batches."
A_WEEK = timedelta(days=7)
SSID = r"/networks/(?P<network>\w+)/wireless/ssids/(?P<number>\d|1[0-4])"
POLICIES = r"/networks/(?P<network>\w+)/groupPolicies"
ACTIONS = {
    (kind, operation): re.compile(pattern + end)
    for kind, pattern, operations in (
        (
            "psk",
            SSID + "/identityPsks",
            {"create": "/?", "update": r"/(?P<id>\w+)", "destroy": r"/(?P<id>\w+)"},
        ),
        ("policy", POLICIES, {"create": "/?", "update": r"/(?P<id>\w+)", "destroy": r"/(?P<id>\w+)"}),
        ("ssid", SSID, {"update": ""}),
    )
    for operation, end in operations.items()
}


@dataclass(slots=True)
class Batch:
    id: str
    org: str
    access: Access
    actions: list[Json]
    synchronous: bool
    made: datetime
    confirmed: bool = False
    due: datetime | None = None
    completed: bool = False
    failed: bool = False
    errors: list[str] = field(default_factory=list)
    created: list[Json] = field(default_factory=list)

    @property
    def unfinished(self) -> bool:
        return self.confirmed and not self.completed and not self.failed

    @property
    def state(self) -> str:
        return "failed" if self.failed else "completed" if self.completed else "pending"

    def shown(self) -> Json:
        return {
            "id": self.id,
            "organizationId": self.org,
            "confirmed": self.confirmed,
            "synchronous": self.synchronous,
            "status": {
                "completed": self.completed,
                "failed": self.failed,
                "errors": self.errors,
                "createdResources": self.created,
            },
            "actions": self.actions,
        }


class Batches:
    def __init__(self, cloud: Cloud, psks: Psks, policies: Policies) -> None:
        self.cloud = cloud
        self.psks = psks
        self.policies = policies
        self.all: dict[str, Batch] = {}
        self._ids = itertools.count(1)

    # Calls

    async def create(self, request: web.Request) -> web.Response:
        org = self._org(request)
        body = await body_of(request)
        actions = body.get("actions")
        if not isinstance(actions, list) or not actions:
            raise Refused(400, "'actions' is required")
        most = MOST_AT_ONCE if body.get("synchronous") else MOST_ACTIONS
        if len(actions) > most:
            raise Refused(400, f"There can be at most {most} actions in this batch")
        for action in actions:
            if not isinstance(action, dict) or _kind(action) is None:
                raise Refused(400, "Unsupported operation")
        batch = self._add(org, request[ACCESS], actions, synchronous=bool(body.get("synchronous")))
        try:
            if body.get("confirmed"):
                self._confirm(batch)
        except Refused:
            del self.all[batch.id]
            raise
        return web.json_response(batch.shown(), status=201)

    async def listed(self, request: web.Request) -> web.Response:
        org, status = self._org(request, write=False), request.query.get("status")
        if status not in (None, "pending", "completed", "failed"):
            raise Refused(400, "'status' must be one of: pending, completed, failed")
        shown = [one.shown() for one in self.all.values() if one.org == org and status in (None, one.state)]
        return web.json_response(shown)

    async def one(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request, write=False).shown())

    async def update(self, request: web.Request) -> web.Response:
        batch, body = self._found(request), await body_of(request)
        if batch.confirmed:
            raise Refused(400, "A confirmed batch cannot be changed")
        batch.synchronous = bool(body.get("synchronous", batch.synchronous))
        if batch.synchronous and len(batch.actions) > MOST_AT_ONCE:
            raise Refused(400, f"There can be at most {MOST_AT_ONCE} actions in this batch")
        if body.get("confirmed"):
            self._confirm(batch)
        return web.json_response(batch.shown())

    async def delete(self, request: web.Request) -> web.Response:
        batch = self._found(request)
        if batch.confirmed:
            raise Refused(400, "A confirmed batch cannot be deleted")
        del self.all[batch.id]
        return web.Response(status=204)

    def _org(self, request: web.Request, *, write: bool = True) -> str:
        org = org_of(self.cloud, request, write=write)
        if self.cloud.knobs.batches_need_organization and request[ACCESS].networks is not None:
            raise Refused(403, "You do not have permission to do this")
        return org

    def _found(self, request: web.Request, *, write: bool = True) -> Batch:
        batch = self.all.get(request.match_info["batch"])
        if batch is None or batch.org != self._org(request, write=write):
            raise Refused(404, "Not found")
        return batch

    # What they do

    def occupy(self, org: str, count: int, seconds: float) -> None:
        """Other programs of the organisation have so many batches under way for so long."""
        access = Access(frozenset({org}))
        for _ in range(count):
            batch = self._add(
                org, access, [{"resource": "/networks/N_0/groupPolicies", "operation": "create"}]
            )
            batch.confirmed = True
            batch.due = self.cloud.now() + timedelta(seconds=seconds)

    def unfinished(self, org: str) -> int:
        return sum(1 for one in self.all.values() if one.org == org and one.unfinished)

    def settle(self) -> None:
        """Carry out what is due, and drop what nobody confirmed."""
        now = self.cloud.now()
        dropped = [one.id for one in self.all.values() if not one.confirmed and now - one.made > A_WEEK]
        for batch_id in dropped:
            del self.all[batch_id]
        due = [one for one in self.all.values() if one.unfinished and one.due is not None and one.due <= now]
        for batch in sorted(due, key=lambda one: one.due or now):
            self._run(batch)

    def _add(self, org: str, access: Access, actions: list[Json], *, synchronous: bool = False) -> Batch:
        batch = Batch(f"{880000 + next(self._ids)}", org, access, actions, synchronous, self.cloud.now())
        self.all[batch.id] = batch
        return batch

    def _confirm(self, batch: Batch) -> None:
        knobs = self.cloud.knobs
        if self.unfinished(batch.org) >= MOST_UNFINISHED:
            raise Refused(400, TOO_MANY)
        batch.confirmed = True
        if batch.synchronous:
            self._run(batch)
            if batch.failed and knobs.sync_failure == "400":
                raise Refused(400, *batch.errors)
        elif not knobs.batches_stay_pending:
            seconds = knobs.batch_seconds + knobs.action_seconds * len(batch.actions)
            batch.due = self.cloud.now() + timedelta(seconds=seconds)

    def _run(self, batch: Batch) -> None:
        named = {str(action["resource"]).split("/")[2] for action in batch.actions} & self.cloud.sites.keys()
        before = {network: copy.copy(self.cloud.sites[network]) for network in named}
        for site in before.values():
            site.psks = {number: {k: dict(v) for k, v in psks.items()} for number, psks in site.psks.items()}
            site.policies = {k: dict(v) for k, v in site.policies.items()}
            site.clients = {k: dict(v) for k, v in site.clients.items()}
            site.ssids = [dict(one) for one in site.ssids]
        if self.cloud.knobs.failing_batches > 0:
            self.cloud.knobs.failing_batches -= 1
            batch.failed, batch.errors = True, ["Something went wrong"]
            return
        for action in batch.actions:
            try:
                created = self._do(batch.access, action)
            except Refused as refused:
                what = f"{action['operation']} {action['resource']} with {json.dumps(action.get('body', {}))}"
                why = f"Error occurred while executing {what}: Validation failed: {', '.join(refused.errors)}"
                batch.failed, batch.errors, batch.created = True, [why], []
                for network, site in before.items():
                    _restore(self.cloud.sites[network], site)
                return
            if created is not None:
                uri = f"{action['resource'].rstrip('/')}/{created}"
                batch.created.append({"id": created, "uri": uri})
        batch.completed = True

    def _do(self, access: Access, action: Json) -> str | None:
        """Carry out one action; returns the id of what it created."""
        found = _kind(action)
        assert found is not None
        kind, operation, names = found
        site = self.cloud.sites.get(names["network"])
        if (
            site is None
            or site.org not in access.orgs
            or names["network"] not in (access.networks or {site.id})
        ):
            raise Refused(404, "Not found")
        if not access.writes:
            raise Refused(403, "You do not have permission to do this")
        body = action.get("body") or {}
        match kind, operation:
            case "psk", "create":
                return str(self.psks.add(site, int(names["number"]), body)["id"])
            case "psk", "update":
                self.psks.change(site, int(names["number"]), names["id"], body)
            case "psk", _:
                self.psks.remove(site, int(names["number"]), names["id"])
            case "policy", "create":
                return str(self.policies.add(site, body)["groupPolicyId"])
            case "policy", "update":
                self.policies.change(site, names["id"], body)
            case "policy", _:
                self.policies.remove(site, names["id"])
            case _:
                change_ssid(site, int(names["number"]), body)
        return None


def _kind(action: Json) -> tuple[str, str, dict[str, Any]] | None:
    for (kind, operation), pattern in ACTIONS.items():
        match = pattern.fullmatch(str(action.get("resource")))
        if operation == action.get("operation") and match:
            return kind, operation, match.groupdict()
    return None


def _restore(site: Site, before: Site) -> None:
    site.psks, site.policies = before.psks, before.policies
    site.clients, site.ssids = before.clients, before.ssids
