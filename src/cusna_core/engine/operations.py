"""What can an admin have done, from the command line or the console?

Each operation tells its progress and its result as plain data (JSON), so that it reads the same whether
the program that runs does it or the command itself.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any

from cusna_core.api import Finding, Level, PluginError, email_key
from cusna_core.engine.apply import Applied
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.engine.explain import explain
from cusna_core.engine.plan import Plan
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Should
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, outbox, sign_in
from cusna_core.store import findings as finding_rows
from cusna_core.store.db import Tx

Json = dict[str, Any]
Events = AsyncIterator[Json]
"""Any number of `{"progress": …}`, then one `{"result": …}` or `{"refused": sentence}`."""


class Operations:
    """The admin's verbs. `who` is written to the audit log."""

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        *,
        new_passphrase: Callable[[], str],
        new_code: Callable[[], str],
        new_token: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._base_url = base_url
        self._new_passphrase = new_passphrase
        self._new_code = new_code
        self._new_token = new_token

    async def run(self, name: str, values: Json, who: str) -> Events:
        """Run one operation by its name."""
        operation = {
            "check": self._check,
            "plan": self._plan,
            "apply": self._apply,
            "explain": self._explain,
            "disable": self._disable,
            "restore-access": self._restore,
            "rotate": self._rotate,
            "sign-in-code": self._code,
            "leave": self._leave,
            "admin-link": self._admin_link,
        }.get(name)
        if operation is None:
            yield {"refused": f"There is no operation {name}."}
            return
        async for event in operation(values, who):
            yield event

    # Looking

    async def _check(self, values: Json, who: str) -> Events:
        await self._engine.check()
        if values.get("mail"):
            await self._test_mail(str(values["mail"]))
        stored = await self._engine.db.read(finding_rows.current)
        unmapped = [one async for one in self._unmapped()]
        yield {
            "result": {
                "findings": [_finding(one.finding) for one in stored],
                "unmapped": unmapped,
                "networks": [one async for one in self._choices()],
            }
        }

    async def _test_mail(self, to: str) -> None:
        now = self._engine.clock.now()
        key = f"test:{int(now.timestamp() * 1000)}"
        await self._engine.db.run(lambda tx: outbox.put(tx, self._engine.vault, "test", key, {"to": to}, now))
        self._engine.nudge_mail()

    async def _admin_link(self, values: Json, who: str) -> Events:
        """A link to the console, for when no mail gets through yet."""
        admins = self._engine.admins
        wanted = email_key(str(values.get("email") or (admins[0] if admins else "")))
        admin = next((one for one in admins if email_key(one) == wanted), None)
        if admin is None:
            yield {
                "refused": "This is no admin. Put the address into `admins` at the top of the file; "
                f"admins are: {', '.join(admins) or 'none'}."
            }
            return
        token, now = self._new_token(), self._engine.clock.now()

        def make(tx: Tx) -> None:
            sign_in.admin_link(tx, self._engine.vault, admin, token, now)
            audit.write(tx, "admin-link", now, who=who, data={"admin": admin})

        await self._engine.db.run(make)
        yield {"result": {"url": f"{self._base_url}/console/link/{token}", "admin": admin}}

    async def _unmapped(self) -> AsyncIterator[Json]:
        """Places that a source tells of and no location names."""
        estate = self._engine.estate
        mapped = {(one.place.integration, one.place.source_id) for one in estate.locations.values()}
        for integration in estate.integrations.values():
            try:
                told = await integration.source.locations()
            except PluginError:
                continue
            for one in told:
                if (integration.id, one.id) not in mapped:
                    yield {
                        "integration": integration.id,
                        "id": one.id,
                        "title": one.title,
                        "timezone": one.timezone,
                    }

    async def _choices(self) -> AsyncIterator[Json]:
        """SSIDs that a controller has and no network names."""
        estate = self._engine.estate
        for name, controller in estate.controllers.items():
            used = {one.ssid for one in estate.wifis.values() if one.controller_id == name}
            try:
                choices = await controller.networks()
            except PluginError:
                continue
            for one in choices:
                if one.ssid not in used:
                    yield {
                        "controller": name,
                        "title": one.title,
                        "ssid": one.ssid,
                        "options": one.options,
                        "note": one.note,
                    }

    async def _read_everything(self) -> AsyncIterator[Json]:
        """Fresh facts and decisions; failures are told and freeze, as ever."""
        estate = self._engine.estate
        for integration in estate.integrations.values():
            yield {"progress": f"Reading {integration.title} ({integration.id})"}
            try:
                synced = await self._engine.sync.read(integration)
            except PluginError as error:
                yield {"trouble": f"{integration.id}: {error} What is stored counts."}
                continue
            for one in synced.findings:
                yield {"trouble": f"{integration.id}: {one.summary}"}
        await self._engine.decide(estate.integrations)

    async def _plan(self, values: Json, who: str) -> Events:
        async for event in self._read_everything():
            yield event
        networks = []
        for wifi in self._engine.estate.wifis.values():
            yield {"progress": f"Reading {wifi.ssid} ({wifi.id})"}
            try:
                async with self._engine.busy(wifi):
                    plan = await self._engine.planner.plan(wifi)
            except PluginError as error:
                networks.append({"network": wifi.id, "ssid": wifi.ssid, "trouble": str(error)})
                continue
            networks.append(await self._told(plan))
        yield {"result": {"networks": networks, "held": await self._held(), "findings": await self._errors()}}

    async def _told(self, plan: Plan) -> Json:
        touched = [one.account_id for one in plan.steps]
        names = await self._names([*touched, *(one.account_id for one in plan.should.waiting)])
        return {
            "network": plan.wifi.id,
            "ssid": plan.wifi.ssid,
            "apply": plan.wifi.apply,
            "digest": plan.digest,
            "foreign": len(plan.owned.foreign),
            "wanted": len(plan.should.wanted),
            "limit": plan.wifi.network.limits.keys,
            "steps": [_step(one, names) for one in plan.steps],
            "waiting": [
                {"account": one.account_id, "who": names.get(one.account_id, ""), "why": one.why.value}
                for one in plan.should.waiting
            ],
        }

    async def _names(self, accounts: Iterable[str | None]) -> dict[str, str]:
        wanted = {one for one in accounts if one is not None}

        def load(tx: Tx) -> dict[str, str]:
            rows = (account_rows.get(tx, one) for one in sorted(wanted))
            return {row.id: row.name or row.email or row.id for row in rows if row is not None}

        return await self._engine.db.read(load)

    async def _held(self) -> list[Json]:
        found = []
        for integration in self._engine.decisions.integrations():
            decision = self._engine.decisions.latest(integration)
            if decision is None or not decision.braked.held:
                continue
            names = await self._names(one.right.account_id for one in decision.braked.held)
            found.append(
                {
                    "integration": integration,
                    "digest": decision.braked.digest,
                    "limit": decision.braked.limit,
                    "counted": decision.braked.counted,
                    "people": sorted({names.get(one.right.account_id, "") for one in decision.braked.held}),
                }
            )
        return found

    async def _errors(self) -> list[Json]:
        stored = await self._engine.db.read(finding_rows.current)
        return [_finding(one.finding) for one in stored if one.finding.level is Level.ERROR]

    async def _explain(self, values: Json, who: str) -> Events:
        accounts = await self._find(str(values.get("email", "")))
        if not accounts:
            yield {
                "refused": "Nobody with this address is known. Was the integration read? Try `cusna plan`."
            }
            return
        yield {"result": {"accounts": [await explain(self._engine, one) for one in accounts]}}

    # Doing

    async def _apply(self, values: Json, who: str) -> Events:
        digest = values.get("accept")
        async for event in self._read_everything():
            yield event
        if digest:
            taken = [
                await self._engine.accept(one, str(digest), who)
                for one in self._engine.decisions.integrations()
            ]
            if not any(taken):
                yield {
                    "refused": "No held set has this digest (any more). `cusna plan` shows what is held now."
                }
                return
        networks = []
        for wifi in self._engine.estate.wifis.values():
            if not wifi.apply:
                networks.append(
                    {
                        "network": wifi.id,
                        "ssid": wifi.ssid,
                        "skipped": f"networks.{wifi.id} has apply = false. Set it to true to let "
                        "changes through.",
                    }
                )
                continue
            result: Json = {}
            async for event in self._apply_one(wifi, result):
                yield event
            networks.append(result)
        yield {"result": {"networks": networks, "held": await self._held(), "findings": await self._errors()}}

    async def _apply_one(self, wifi: Wifi, result: Json) -> AsyncIterator[Json]:
        result |= {"network": wifi.id, "ssid": wifi.ssid, "done": 0, "failed": [], "untried": 0}
        try:
            async with self._engine.busy(wifi):
                plan = await self._engine.planner.plan(wifi)
                if plan.collided:
                    await self._engine.replace(plan.collided)
                    plan = await self._engine.planner.plan(wifi)
                for chunk in self._engine.applier.chunks(plan) or [()]:
                    applied = Applied()
                    async for _ in self._engine.applier.run(plan, chunk, applied):
                        result["done"] += 1
                        yield {"progress": wifi.ssid, "done": result["done"], "of": len(plan.steps)}
                    names = await self._names(step.account_id for step, _ in applied.failed)
                    result["failed"] += [
                        {"who": names.get(step.account_id or "", ""), "why": str(error)}
                        for step, error in applied.failed
                    ]
                    result["untried"] += len(applied.untried)
                    if applied.stop is not None:
                        result["trouble"] = str(applied.stop)
                        break
        except PluginError as error:
            result["trouble"] = str(error)

    async def _disable(self, values: Json, who: str) -> Events:
        async for event in self._suspend(values, who, on=True):
            yield event

    async def _restore(self, values: Json, who: str) -> Events:
        async for event in self._suspend(values, who, on=False):
            yield event

    async def _suspend(self, values: Json, who: str, *, on: bool) -> Events:
        accounts = await self._find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": "Nobody with this address is known."}
            return
        now = self._engine.clock.now()

        def suspend(tx: Tx) -> None:
            for account in accounts:
                account_rows.suspend(tx, account, on)
                audit.write(tx, "disabled" if on else "restored", now, who=who, account=account, data={})

        await self._engine.db.run(suspend)
        for account in accounts:
            await self._engine.refresh_account(account)
            await self._engine.serve(account, patience=30.0)
        yield {"result": {"accounts": [await explain(self._engine, one) for one in accounts]}}

    async def _rotate(self, values: Json, who: str) -> Events:
        accounts = await self._find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": "Nobody with this address is known."}
            return
        now = self._engine.clock.now()

        def rotate(tx: Tx) -> None:
            for account in accounts:
                account_rows.set_passphrase(tx, self._engine.vault, account, self._new_passphrase(), now)
                audit.write(tx, "passphrase-rotated", now, who=who, account=account, data={})
                outbox.put(
                    tx,
                    self._engine.vault,
                    "passphrase-changed",
                    f"passphrase-changed:{account}:{int(now.timestamp() * 1000)}",
                    {"account": account, "by": "admin"},
                    now,
                )

        await self._engine.db.run(rotate)
        self._engine.nudge_mail()
        for account in accounts:
            await self._engine.refresh_account(account)
            await self._engine.serve(account, patience=30.0)
        yield {"result": {"accounts": [await explain(self._engine, one) for one in accounts]}}

    async def _code(self, values: Json, who: str) -> Events:
        """A sign-in code for somebody who stands at the front desk and gets no mail."""
        location = self._engine.estate.locations.get(str(values.get("location", "")))
        if location is None:
            known = ", ".join(sorted(self._engine.estate.locations)) or "none"
            yield {"refused": f"There is no location of this name. Locations: {known}."}
            return
        key = email_key(str(values.get("email", "")))
        name = location.place.integration
        row = await self._engine.db.read(lambda tx: account_rows.by_email(tx, name, key) if key else None)
        if row is None:
            yield {"refused": f"Nobody with this address is known in {name}."}
            return
        code = self._new_code()
        now = self._engine.clock.now()

        def make(tx: Tx) -> None:
            sign_in.desk_code(tx, self._engine.vault, row.id, code, now, who)
            audit.write(tx, "desk-code", now, who=who, account=row.id, location=location.id, data={})
            if row.email:
                outbox.put(
                    tx,
                    self._engine.vault,
                    "desk-code",
                    f"desk-code:{row.id}:{int(now.timestamp() * 1000)}",
                    {"account": row.id, "location": location.id, "by": who},
                    now,
                )

        await self._engine.db.run(make)
        self._engine.nudge_mail()
        yield {"result": {"code": code, "who": row.name or row.email, "location": location.name}}

    async def _leave(self, values: Json, who: str) -> Events:
        """Remove exactly our keys from the networks that only this location has."""
        location = self._engine.estate.locations.get(str(values.get("location", "")))
        if location is None:
            known = ", ".join(sorted(self._engine.estate.locations)) or "none"
            yield {"refused": f"There is no location of this name. Locations: {known}."}
            return
        networks = []
        for wifi in self._engine.estate.wifis_of(location.id):
            if wifi.location_ids != {location.id}:
                networks.append(
                    {
                        "network": wifi.id,
                        "ssid": wifi.ssid,
                        "skipped": "Another location has this network too.",
                    }
                )
                continue
            try:
                async with self._engine.busy(wifi):
                    plan = emptied(await self._engine.planner.plan(wifi))
                    told = await self._told(plan)
                    if plan.digest in (values.get("digests") or ()):
                        applied = await self._engine.applier.apply(plan)
                        told["done"] = len(applied.done)
                        told["failed"] = [str(error) for _, error in applied.failed]
                        await self._left(who, location.id, wifi.id, len(applied.done))
            except PluginError as error:
                told = {"network": wifi.id, "ssid": wifi.ssid, "trouble": str(error)}
            networks.append(told)
        yield {"result": {"location": location.name, "networks": networks}}

    async def _left(self, who: str, location: str, network: str, keys: int) -> None:
        now = self._engine.clock.now()

        def write(tx: Tx) -> None:
            audit.write(tx, "left", now, who=who, location=location, network=network, data={"keys": keys})

        await self._engine.db.run(write)

    async def _find(self, text: str) -> list[str]:
        """Account ids for an address (or an id), over all integrations."""
        key = email_key(text)

        def find(tx: Tx) -> list[str]:
            rows = account_rows.rows(tx)
            return [one.id for one in rows if one.id == text or (key is not None and one.email_key == key)]

        return await self._engine.db.read(find)


def emptied(plan: Plan) -> Plan:
    """The plan that takes all of our keys away, and nothing else."""
    steps = tuple(
        Step(Verb.REVOKE, (Cause.ENDED,), account_id=account, ref=one.state.ref, was=one)
        for account, keys in sorted(plan.owned.ours.items())
        for one in keys
    )
    return Plan(plan.wifi, plan.at, steps, Should((), ()), plan.owned, plan.accounts, (), plan.keys)


def _step(step: Step, names: dict[str, str]) -> Json:
    wanted = step.wanted
    return {
        "verb": step.verb.value,
        "causes": [one.value for one in step.causes],
        "account": step.account_id,
        "who": names.get(step.account_id or "", ""),
        "vlan": wanted.vlan if wanted else step.segment.vlan if step.segment else None,
        "until": _iso(wanted.ends if wanted else None),
        "because": (
            {"kind": wanted.because.kind.value, "name": wanted.because.name, "location": wanted.location_id}
            if wanted
            else None
        ),
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _finding(one: Finding) -> Json:
    return {
        "level": one.level.value,
        "code": one.code,
        "summary": one.summary,
        "fix": one.fix,
        "path": one.path,
    }
