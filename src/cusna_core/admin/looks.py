"""What can an admin look at? Findings, plans, and why somebody is on."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence, Sized
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from cusna_core.admin.explain import explain
from cusna_core.api import Controller, Finding, Level, NetworkChoice, PluginError, email_key
from cusna_core.engine import troubles
from cusna_core.engine.engine import Engine
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.plan import Plan
from cusna_core.engine.sinks import Sinks, SinkView
from cusna_core.flow.changes import Step
from cusna_core.store import accounts as account_rows
from cusna_core.store import findings as finding_rows
from cusna_core.store.db import Tx

Json = dict[str, Any]
Events = AsyncGenerator[Json, None]

NOBODY = "Nobody with this address is known. Was everything read? `cusna plan` reads it now."


class Looks:
    """Operations that change nothing on any network."""

    def __init__(
        self,
        engine: Engine,
        try_mail: Callable[[str], Awaitable[Json]] | None = None,
        sinks: Sinks | None = None,
    ) -> None:
        self._engine = engine
        self._try_mail = try_mail
        self._sinks = sinks

    async def check(self, values: Json, who: str) -> Events:
        estate = self._engine.estate
        asked = [f"{one.title} ({one.id})" for one in estate.integrations.values()]
        asked += [f"controllers.{name}" for name in estate.controllers]
        yield {"progress": f"Asking {', '.join(asked) or 'nothing: nothing is configured yet'}"}
        await self._engine.check()
        mail: Json | None = None
        to = str(values.get("mail") or "")
        if to and self._try_mail is not None:
            if email_key(to) is None:
                yield {
                    "refused": "This is no e-mail address: --mail takes one, like it@example.com.",
                    "code": 2,
                }
                return
            yield {"progress": "Sending a test mail"}
            mail = await self._try_mail(to)
        yield {
            "result": {
                "findings": await self.findings(),
                "mail": mail,
                "unmapped": [one async for one in self._unmapped()],
                "networks": [one async for one in self._choices()],
                "missing": self._missing(),
                "sinks": [_sink(one) for one in await self._sinks.views()] if self._sinks else [],
            }
        }

    def _missing(self) -> list[str]:
        """Kinds of which nothing is at work."""
        estate = self._engine.estate
        kinds: dict[str, Sized] = {
            "integration": estate.integrations,
            "controller": estate.controllers,
            "network": estate.wifis,
            "location": estate.locations,
        }
        return [kind for kind, some in kinds.items() if not len(some)]

    async def _unmapped(self) -> AsyncIterator[Json]:
        """Places that a source tells of and no location names."""
        estate = self._engine.estate
        mapped = {(one.place.integration, one.place.source_id) for one in estate.locations.values()}
        for integration in estate.integrations.values():
            # Any bug of a plugin has been told by the check.
            with suppress(Exception):
                for one in await integration.source.locations():
                    if (integration.id, one.id) not in mapped:
                        yield {
                            "integration": integration.id,
                            "id": one.id,
                            "title": one.title,
                            "timezone": one.timezone,
                            "names": sorted(estate.locations),
                            "networks": sorted(estate.wifis),
                        }

    async def _choices(self) -> AsyncIterator[Json]:
        """SSIDs that a controller has and no network names."""
        estate = self._engine.estate
        for name, controller in estate.controllers.items():
            used = {one.network.identity() for one in estate.wifis.values() if one.controller_id == name}
            choices: Sequence[NetworkChoice] = ()
            with suppress(Exception):
                choices = await controller.networks()
            for one in choices:
                if _identity(controller, one) not in used:
                    yield {
                        "controller": name,
                        "title": one.title,
                        "ssid": one.ssid,
                        "options": one.options,
                        "note": one.note,
                        "names": sorted(estate.wifis),
                    }

    async def read_everything(self) -> AsyncIterator[Json]:
        """Fresh facts and decisions; failures are told and freeze, as ever."""
        estate = self._engine.estate
        for integration in estate.integrations.values():
            yield {"progress": f"Reading {integration.title} ({integration.id})"}
            try:
                synced = await self._engine.sync.read(integration)
            except PluginError as error:
                yield {"trouble": f"{integration.id}: {error} What is stored counts."}
            except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
                bug = type(error).__name__
                yield {"trouble": f"{integration.id}: its plugin failed ({bug}). What is stored counts."}
            else:
                for one in synced.findings:
                    yield {"trouble": f"{integration.id}: {one.summary}"}
        await self._engine.decide(estate.integrations)

    async def plan(self, values: Json, who: str) -> Events:
        async for event in self.read_everything():
            yield event
        networks = []
        for wifi in self._engine.estate.wifis.values():
            yield {"progress": f"Reading {wifi.ssid} (networks.{wifi.id})"}
            try:
                async with self._engine.busy(wifi):
                    plan = await self._engine.planner.plan(wifi)
            except PluginError as error:
                networks.append({"network": wifi.id, "ssid": wifi.ssid, "trouble": str(error)})
            except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
                told = f"Its plugin failed ({type(error).__name__}): a bug in the plugin."
                networks.append({"network": wifi.id, "ssid": wifi.ssid, "trouble": told})
            else:
                networks.append(await self.told(plan))
        if any(one["code"] in (*troubles.SOURCE, *troubles.CONTROLLER) for one in await self.errors()):
            # Told by an earlier check, and over perhaps.
            await self._engine.check()
        yield {
            "result": {
                "networks": networks,
                "held": await self.held(),
                "findings": await self.errors(),
                "now": _iso(self._engine.now()),
            }
        }

    async def told(self, plan: Plan) -> Json:
        """A plan as data."""
        touched = [one.account_id for one in plan.steps]
        names = await self.names([*touched, *(one.account_id for one in plan.should.waiting)])
        return {
            "network": plan.wifi.id,
            "ssid": plan.wifi.ssid,
            "apply": plan.wifi.apply,
            "digest": plan.digest,
            "foreign": len(plan.owned.foreign),
            "wanted": len(plan.should.wanted),
            "limit": plan.wifi.network.limits.keys,
            "steps": [self._step(one, names) for one in plan.steps],
            "waiting": [
                {"account": one.account_id, "who": names.get(one.account_id, ""), "why": one.why.value}
                for one in plan.should.waiting
            ],
        }

    def _step(self, step: Step, names: dict[str, str]) -> Json:
        wanted = step.wanted
        location = self._engine.estate.locations.get(wanted.location_id) if wanted else None
        return {
            "verb": step.verb.value,
            "causes": [one.value for one in step.causes],
            "account": step.account_id,
            "who": names.get(step.account_id or "", ""),
            "vlan": wanted.vlan if wanted else step.segment.vlan if step.segment else None,
            "until": _iso(wanted.ends if wanted else None),
            "zone": location.place.zone.key if location else None,
            "because": (
                {
                    "kind": wanted.because.kind.value,
                    "name": wanted.because.name,
                    "of_company": wanted.because.company_id is not None,
                }
                if wanted
                else None
            ),
        }

    async def names(self, accounts: Iterable[str | None]) -> dict[str, str]:
        """What to call accounts."""
        wanted = {one for one in accounts if one is not None}

        def load(tx: Tx) -> dict[str, str]:
            rows = (account_rows.get(tx, one) for one in sorted(wanted))
            return {row.id: row.name or row.email or row.id for row in rows if row is not None}

        return await self._engine.db.read(load)

    async def held(self) -> list[Json]:
        """What the brake holds."""
        found = []
        for integration in self._engine.decisions.integrations():
            decision = self._engine.decisions.latest(integration)
            if decision is None or not decision.braked.held:
                continue
            names = await self.names(one.right.account_id for one in decision.braked.held)
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

    async def findings(self) -> list[Json]:
        """All that are known; what several met is told once."""
        stored = await self._engine.db.read(finding_rows.current)
        told = {(one.finding.code, one.finding.path, one.finding.about): one.finding for one in stored[::-1]}
        return [_finding(one) for one in list(told.values())[::-1]]

    async def errors(self) -> list[Json]:
        return [one for one in await self.findings() if one["level"] == Level.ERROR.value]

    async def explain(self, values: Json, who: str) -> Events:
        accounts = await self.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        yield {"result": await self.explained(accounts)}

    async def explained(self, accounts: Sequence[str]) -> Json:
        return {
            "accounts": [await explain(self._engine, one) for one in accounts],
            "now": _iso(self._engine.now()),
        }

    async def find(self, text: str) -> list[str]:
        """Account ids for an address (or an id), over all integrations."""
        key = email_key(text)

        def find(tx: Tx) -> list[str]:
            return account_rows.ids(tx, text, key)

        return await self._engine.db.read(find)


def _identity(controller: Controller[Any, Any], choice: NetworkChoice) -> str:
    """Of the network that a choice would become."""
    try:
        options = controller.network_options_class.model_validate(choice.options)
        return controller.network(options).identity()
    except (ValidationError, PluginError, Fault):
        return ""


def _sink(one: SinkView) -> Json:
    status = one.status
    return {
        "name": one.name,
        "title": one.title,
        "target": one.target,
        "went": _iso(status.went),
        "waiting": status.waiting,
        "trouble": one.trouble or (status.error if status.failing else ""),
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
