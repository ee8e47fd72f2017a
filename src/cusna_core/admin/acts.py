"""What can an admin do to people and networks? Everything here is written to the audit log."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

from cusna_core.admin.looks import NOBODY, Looks
from cusna_core.api import PluginError, email_key
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Location, Wifi
from cusna_core.engine.plan import Plan
from cusna_core.engine.worker import Brought
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Should
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events, outbox, sign_in
from cusna_core.store.db import Tx

Json = dict[str, Any]
Events = AsyncGenerator[Json, None]

PATIENCE = 30.0
"""Seconds that a command waits for a controller to do what was asked for one person."""


class Acts:
    """Operations that change something."""

    def __init__(
        self,
        engine: Engine,
        looks: Looks,
        base_url: str,
        *,
        new_passphrase: Callable[[], str],
        new_code: Callable[[], str],
        new_token: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._looks = looks
        self._base_url = base_url
        self._new_passphrase = new_passphrase
        self._new_code = new_code
        self._new_token = new_token

    # Networks

    async def apply(self, values: Json, who: str) -> Events:
        digest = values.get("accept")
        async for event in self._looks.read_everything():
            yield event
        if digest:
            integrations = self._engine.decisions.integrations()
            taken = [await self._engine.accept(one, str(digest), who) for one in integrations]
            if not any(taken):
                told = "No held set has this digest (any more). `cusna plan` shows what is held now."
                yield {"refused": told, "code": 1}
                return
        networks: list[Json] = []
        for wifi in self._engine.estate.wifis.values():
            result: Json = {"network": wifi.id, "ssid": wifi.ssid}
            networks.append(result)
            if not wifi.apply:
                result["skipped"] = (
                    f"networks.{wifi.id} has apply = false. Set it to true to let changes through."
                )
                continue
            async for event in self._apply_one(wifi, result):
                yield event
        held, errors = await self._looks.held(), await self._looks.errors()
        yield {"result": {"networks": networks, "held": held, "findings": errors}}

    async def _apply_one(self, wifi: Wifi, result: Json) -> AsyncIterator[Json]:
        steps: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        task = asyncio.create_task(
            self._engine.bring(wifi, lambda done, total: steps.put_nowait((done, total)))
        )
        task.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            while (step := await steps.get()) is not None:
                yield {"progress": wifi.ssid, "done": step[0], "of": step[1]}
            result |= await self._brought(task.result())
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _brought(self, brought: Brought) -> Json:
        applied = brought.applied
        names = await self._looks.names(step.account_id for step, _ in applied.failed)
        told: Json = {
            "done": len(applied.done),
            "failed": [
                {"who": _subject(step, names), "why": str(error)}
                for step, error in applied.failed
                if error is not applied.stop
            ],
            "untried": len(applied.untried) + sum(1 for _, error in applied.failed if error is applied.stop),
            "missing": len(applied.missing),
        }
        error = brought.error
        if error is not None:
            passed = isinstance(error, PluginError)
            slow = isinstance(error, TimeoutError)
            bug = f"Its plugin failed ({type(error).__name__}): a bug in the plugin."
            told["trouble"] = str(error) if passed else "It did not answer in time." if slow else bug
        return told

    async def leave(self, values: Json, who: str) -> Events:
        """Remove exactly our keys from the networks that only this location has."""
        location = self._location(values)
        if location is None:
            yield self._no_location()
            return
        agreed = tuple(values.get("digests") or ())
        networks = [await self._leave_one(wifi, location, agreed, who) for wifi in self._wifis(location)]
        yield {"result": {"location": location.name, "networks": networks}}

    def _wifis(self, location: Location) -> Sequence[Wifi]:
        return tuple(self._engine.estate.wifis_of(location.id))

    async def _leave_one(self, wifi: Wifi, location: Location, agreed: Sequence[str], who: str) -> Json:
        here: Json = {"network": wifi.id, "ssid": wifi.ssid}
        if others := sorted(wifi.location_ids - {location.id}):
            told = f"It stays: {', '.join(others)} has this network too."
            return {**here, "skipped": told}
        try:
            async with self._engine.busy(wifi):
                plan = emptied(await self._engine.planner.plan(wifi))
                told_plan = await self._looks.told(plan)
                if plan.digest not in agreed:
                    return told_plan
                if wifi.apply:
                    # Else they would be back within minutes: the people there still have their rights.
                    why = (
                        f"Set apply = false in networks.{wifi.id} and restart Cusna first: "
                        "it would make the keys again."
                    )
                    return {**told_plan, "refused": why}
                applied = await self._engine.applier.apply(plan)
                await self._engine.proof.settle(plan)
        except PluginError as error:
            return {**here, "trouble": str(error)}
        await self._audit(
            "left", who, location=location.id, network=wifi.id, data={"keys": len(applied.done)}
        )
        names = await self._looks.names(step.account_id for step, _ in applied.failed)
        told_plan["done"] = len(applied.done)
        told_plan["failed"] = [{"who": _subject(step, names), "why": str(e)} for step, e in applied.failed]
        told_plan["untried"] = len(applied.untried)
        return told_plan

    # People

    async def disable(self, values: Json, who: str) -> Events:
        async for event in self._suspend(values, who, on=True):
            yield event

    async def restore(self, values: Json, who: str) -> Events:
        async for event in self._suspend(values, who, on=False):
            yield event

    async def _suspend(self, values: Json, who: str, *, on: bool) -> Events:
        accounts = await self._looks.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        now = self._engine.clock.now()

        def suspend(tx: Tx) -> None:
            for account in accounts:
                account_rows.suspend(tx, account, on)
                audit.write(tx, "disabled" if on else "restored", now, who=who, account=account, data={})
                events.put(tx, "account.disabled" if on else "account.restored", now, account=account)

        await self._engine.db.run(suspend)
        yield {"result": await self.done(accounts)}

    async def rotate(self, values: Json, who: str) -> Events:
        accounts = await self._looks.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        now = self._engine.clock.now()

        def rotate(tx: Tx) -> None:
            for account in accounts:
                account_rows.set_passphrase(tx, self._engine.vault, account, self._new_passphrase(), now)
                audit.write(tx, "passphrase-rotated", now, who=who, account=account, data={})
                events.put(tx, "passphrase.changed", now, account=account, data={"by": "admin"})
                key = f"passphrase-changed:{account}:{int(now.timestamp() * 1000)}"
                told = {"account": account, "by": "admin"}
                outbox.put(tx, self._engine.vault, "passphrase-changed", key, told, now)

        await self._engine.db.run(rotate)
        self._engine.nudge_mail()
        yield {"result": await self.done(accounts)}

    async def done(self, accounts: Sequence[str]) -> Json:
        """Bring it to the networks; what could not be done yet is told."""
        for account in accounts:
            await self._engine.refresh_account(account)
        await asyncio.gather(*(self._engine.serve(one, patience=PATIENCE) for one in accounts))
        result = await self._looks.explained(accounts)
        return {**result, "unfinished": [one for it in result["accounts"] for one in _unfinished(it)]}

    async def code(self, values: Json, who: str) -> Events:
        """A sign-in code for somebody who stands at the front desk and gets no mail."""
        location = self._location(values)
        if location is None:
            yield self._no_location()
            return
        key = email_key(str(values.get("email", "")))
        name = location.place.integration
        row = await self._engine.db.read(lambda tx: account_rows.by_email(tx, name, key) if key else None)
        if row is None:
            yield {"refused": f"Nobody with this address is known in {name}.", "code": 1}
            return
        code = self._new_code()
        now = self._engine.clock.now()

        def make(tx: Tx) -> None:
            sign_in.desk_code(tx, self._engine.vault, row.id, code, now, who)
            audit.write(tx, "desk-code", now, who=who, account=row.id, location=location.id, data={})
            if row.email:
                letter = {"account": row.id, "location": location.id, "by": who}
                key = f"desk-code:{row.id}:{int(now.timestamp() * 1000)}"
                outbox.put(tx, self._engine.vault, "desk-code", key, letter, now)

        await self._engine.db.run(make)
        self._engine.nudge_mail()
        told = {
            "code": code,
            "who": row.name or row.email,
            "location": location.name,
            "mailed": bool(row.email),
        }
        yield {"result": told}

    async def admin_link(self, values: Json, who: str) -> Events:
        """A link to the console, for when no mail gets through yet."""
        admins = self._engine.admins
        wanted = email_key(str(values.get("email") or (admins[0] if admins else "")))
        admin = next((one for one in admins if email_key(one) == wanted), None)
        if admin is None:
            known = ", ".join(admins) or "none"
            told = f"This is no admin. Put the address into `admins` at the top of the file; now: {known}."
            yield {"refused": told, "code": 2}
            return
        token, now = self._new_token(), self._engine.clock.now()

        def make(tx: Tx) -> None:
            sign_in.admin_link(tx, self._engine.vault, admin, token, now)
            audit.write(tx, "admin-link", now, who=who, data={"admin": admin})

        await self._engine.db.run(make)
        yield {"result": {"url": f"{self._base_url}/console/link/{token}", "admin": admin}}

    def _location(self, values: Json) -> Location | None:
        return self._engine.estate.locations.get(str(values.get("location", "")))

    def _no_location(self) -> Json:
        known = ", ".join(sorted(self._engine.estate.locations)) or "none"
        return {"refused": f"There is no location of this name. Locations: {known}.", "code": 2}

    async def _audit(self, kind: str, who: str, **values: Any) -> None:
        now = self._engine.clock.now()
        await self._engine.db.run(lambda tx: audit.write(tx, kind, now, who=who, **values))


def emptied(plan: Plan) -> Plan:
    """The plan that takes all of our keys away, and nothing else."""
    steps = tuple(
        Step(Verb.REVOKE, (Cause.ENDED,), account_id=account, ref=one.state.ref, was=one)
        for account, keys in sorted(plan.owned.ours.items())
        for one in keys
    )
    return Plan(plan.wifi, plan.at, steps, Should((), ()), plan.owned, plan.accounts, (), plan.keys)


def _unfinished(account: Json) -> list[Json]:
    """Keys that are not yet as they should be, where we may change them."""
    return [
        {
            "who": account["name"] or account["email"] or account["id"],
            "ssid": one["ssid"],
            "wanted": one["wanted"],
        }
        for one in account["keys"]
        if one["late"]
    ]


def _subject(step: Step, names: dict[str, str]) -> str:
    if step.segment is not None:
        return f"VLAN {step.segment.vlan}"
    return names.get(step.account_id or "", step.account_id or "")
