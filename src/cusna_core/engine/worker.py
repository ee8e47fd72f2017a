"""How does one controller's share of the work get done, the portal's first and the rest in bulk?

Each controller has a worker of its own, so one that hangs delays nobody else's.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from cusna_core.api import AuthFailed, Clock, Finding, Level, PluginError, Transient
from cusna_core.engine.apply import Applied, Applier, taken
from cusna_core.engine.estate import Wifi
from cusna_core.engine.plan import Plan, Planner

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds that one read or write of a controller may take before it counts as hanging."""
LONGEST_PAUSE = 300.0
AUTH_PAUSE = 300.0

Report = Callable[[str, Sequence[Finding]], Awaitable[None]]
Replace = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(slots=True)
class _State:
    """What a worker remembers of a network."""

    wifi: Wifi
    due: float | None = 0.0
    """Monotonic seconds when the network is to be looked at; None: not before it is marked."""
    wrote: float = float("-inf")
    failures: int = 0
    asked: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    """Accounts whose key a member is waiting for."""
    plan: Plan | None = None
    """The latest whole plan: what would change (or did)."""


class Worker:
    """The work on one controller's networks."""

    def __init__(
        self, clock: Clock, planner: Planner, applier: Applier, report: Report, replace: Replace
    ) -> None:
        self._clock = clock
        self._planner = planner
        self._applier = applier
        self._report = report
        self._replace = replace
        self._states: dict[str, _State] = {}
        self._wake = asyncio.Event()
        self.busy = asyncio.Lock()
        """Held while the controller's networks are worked on: one at a time, whoever does it."""
        self._random = random.SystemRandom()

    def take(self, wifis: Sequence[Wifi]) -> None:
        """Work on these networks from now on."""
        before = self._states
        self._states = {}
        for wifi in wifis:
            known = before.get(wifi.id)
            state = _State(wifi)
            if known is not None:
                state.wrote, state.asked = known.wrote, known.asked
            self._states[wifi.id] = state
        self._wake.set()

    def mark(self, wifi_id: str) -> None:
        """Look at a network soon; several marks are one."""
        state = self._states.get(wifi_id)
        if state is not None:
            # A network that is backing off keeps its pause: marks come from every sync.
            if state.failures == 0 or state.due is None:
                state.due = min(state.due or 0.0, self._clock.monotonic())
            self._wake.set()

    def in_trouble(self, wifi_id: str) -> bool:
        state = self._states.get(wifi_id)
        return state is not None and state.failures > 0

    def plan(self, wifi_id: str) -> Plan | None:
        state = self._states.get(wifi_id)
        return state.plan if state else None

    async def serve(self, wifi_id: str, account_id: str) -> None:
        """Bring one account's key to a network, ahead of bulk work; returns when it was tried."""
        state = self._states.get(wifi_id)
        if state is None:
            return
        future = asyncio.get_running_loop().create_future()
        state.asked.setdefault(account_id, []).append(future)
        self._wake.set()
        await future

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._wake.clear()
                async with self.busy:
                    await self._serve_asked()
                    state = self._next()
                    if state is not None:
                        await self._bulk(state)
                if state is None:
                    await self._rest()
        finally:
            for state in self._states.values():
                self._answer(state, tuple(state.asked))

    def _due(self) -> list[_State]:
        now = self._clock.monotonic()
        return [one for one in self._states.values() if one.due is not None and one.due <= now]

    def _next(self) -> _State | None:
        return min(self._due(), key=lambda one: one.due or 0.0, default=None)

    async def _rest(self) -> None:
        """Sleep until something is due or somebody asks."""
        dues = [one.due for one in self._states.values() if one.due is not None]
        waking = asyncio.create_task(self._wake.wait())
        sleeping = (
            asyncio.create_task(self._clock.sleep(max(0.0, min(dues) - self._clock.monotonic())))
            if dues
            else None
        )
        tasks = [waking] if sleeping is None else [waking, sleeping]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve_asked(self) -> frozenset[str]:
        """Everybody who waits in the portal, one plan for each."""
        served: set[str] = set()
        for state in list(self._states.values()):
            for account in tuple(state.asked):
                await self._serve_one(state, account)
                self._answer(state, (account,))
                served.add(account)
        return frozenset(served)

    def _answer(self, state: _State, accounts: Sequence[str]) -> None:
        for account in accounts:
            for future in state.asked.pop(account, []):
                if not future.done():
                    future.set_result(None)

    async def _serve_one(self, state: _State, account: str) -> None:
        wifi = state.wifi
        if not wifi.apply:
            return
        if self._too_soon(state):
            state.due = state.wrote + wifi.network.limits.write_interval
            return
        if wifi.network.limits.write_interval > 0 and state in self._due():
            # One disturbing write for everybody, rather than one for this member and one soon after.
            await self._bulk(state)
            return
        try:
            async with asyncio.timeout(PATIENCE):
                plan = await self._planner.plan(wifi, only=account)
                if plan.collided:
                    await self._replace(plan.collided)
                    plan = await self._planner.plan(wifi, only=account)
                if plan.steps:
                    state.wrote = self._clock.monotonic()
                applied = await self._applier.apply(plan)
        except (PluginError, TimeoutError) as error:
            await self._trouble(state, error)
            return
        if applied.stop is not None:
            await self._trouble(state, applied.stop)
        elif applied.failed:
            self.mark(wifi.id)

    def _too_soon(self, state: _State) -> bool:
        """Whether a disturbing write must wait: the first goes at once, later ones gather."""
        interval = state.wifi.network.limits.write_interval
        return interval > 0 and self._clock.monotonic() < state.wrote + interval

    async def _bulk(self, state: _State) -> None:
        """Bring a whole network to what it should be."""
        state.due = None
        wifi = state.wifi
        try:
            async with asyncio.timeout(PATIENCE):
                plan = await self._planner.plan(wifi)
            if plan.collided and wifi.apply:
                await self._replace(plan.collided)
                async with asyncio.timeout(PATIENCE):
                    plan = await self._planner.plan(wifi)
            state.plan = plan
            findings = list(notes(plan))
            if not wifi.apply:
                await self._recovered(state, findings)
                return
            if plan.steps and self._too_soon(state):
                state.due = state.wrote + wifi.network.limits.write_interval
                return
            applied = await self._carry_out(state, plan)
        except (PluginError, TimeoutError) as error:
            await self._trouble(state, error)
            return
        if applied.stop is not None:
            await self._trouble(state, applied.stop)
            return
        await self._recovered(state, [*findings, *_failures(wifi, applied)])
        if taken(applied):
            await self._replace(sorted(taken(applied)))
            self.mark(wifi.id)

    async def _carry_out(self, state: _State, plan: Plan) -> Applied:
        total = Applied()
        served: set[str] = set()
        for chunk in self._applier.chunks(plan) or [()]:
            steps = [one for one in chunk if one.account_id not in served or one.account_id is None]
            if steps:
                state.wrote = self._clock.monotonic()
            async with asyncio.timeout(PATIENCE + 2.0 * len(steps)):
                applied = await self._applier.apply(plan, steps)
            total.done += applied.done
            total.failed += applied.failed
            total.stop = applied.stop
            if applied.stop is not None:
                break
            # What a member asked for meanwhile is done, and no longer as this plan saw it.
            served |= await self._serve_asked()
        return total

    async def _trouble(self, state: _State, error: PluginError | TimeoutError) -> None:
        """Wait and try again; say so once."""
        wifi = state.wifi
        state.failures += 1
        pause = min(LONGEST_PAUSE, 2.0 ** min(state.failures, 9)) * self._random.uniform(0.5, 1.0)
        if isinstance(error, AuthFailed):
            pause = AUTH_PAUSE
        if isinstance(error, Transient) and error.after is not None:
            pause = max(pause, error.after)
        state.due = self._clock.monotonic() + pause
        if state.failures == 1:
            log.warning("%s: %s", wifi.id, error if isinstance(error, PluginError) else "no answer in time")
        if state.failures >= 2 or isinstance(error, AuthFailed):
            await self._report(f"network:{wifi.id}:run", [_unreachable(wifi, error)])

    async def _recovered(self, state: _State, findings: Sequence[Finding]) -> None:
        if state.failures:
            log.info("%s: works again", state.wifi.id)
        state.failures = 0
        await self._report(f"network:{state.wifi.id}:run", findings)


def _unreachable(wifi: Wifi, error: PluginError | TimeoutError) -> Finding:
    said = str(error) if isinstance(error, PluginError) else "It did not answer in time."
    if isinstance(error, AuthFailed):
        return Finding(
            Level.ERROR,
            "controller.auth",
            f"The controller of {wifi.ssid} refuses our credentials. {said} Keys that exist go on working.",
            "Check the controller's credentials in the configuration, then run `cusna check`.",
            path=f"controllers.{wifi.controller_id}",
        )
    return Finding(
        Level.ERROR,
        "controller.unreachable",
        f"{wifi.ssid} cannot be brought up to date. {said} Keys that exist go on working; "
        "new ones and ends wait, and go through by themselves when it answers again.",
        "Check that the controller is on and can be reached from here: `cusna check`.",
        path=f"controllers.{wifi.controller_id}",
    )


def notes(plan: Plan) -> Sequence[Finding]:
    """What an admin should know of a network's fill."""
    wifi = plan.wifi
    found: list[Finding] = []
    limit = wifi.network.limits.keys
    where = f"networks.{wifi.id}"
    waiting = {one.why for one in plan.should.waiting}
    wanted = len(plan.should.wanted) + len(plan.owned.foreign)
    if "full" in waiting:
        found.append(
            Finding(
                Level.ERROR,
                "network.full",
                f"{wifi.ssid} is full: {limit} keys, and {len(plan.should.waiting)} people wait for one.",
                "Remove keys that nobody needs, raise max_keys if the vendor allows more, "
                'or set provision = "on_first_visit".',
                path=where,
            )
        )
    elif limit is not None and wanted >= 0.8 * limit:
        found.append(
            Finding(
                Level.WARNING,
                "network.nearly-full",
                f"{wifi.ssid} has {wanted} of at most {limit} keys.",
                "Think about a second SSID, or about who needs a key before they first visit the portal.",
                path=where,
            )
        )
    if "no-vlan" in waiting:
        found.append(
            Finding(
                Level.ERROR,
                "network.pool-empty",
                f"The VLAN pool of {wifi.ssid} is used up: members of new companies wait.",
                "Widen vlan_pool. Numbers of companies that left come free after 30 days.",
                path=f"{where}.vlan_pool",
            )
        )
    if wifi.broken:
        found.append(
            Finding(
                Level.ERROR,
                "network.cannot-vlan",
                f"VLAN management is on, and {wifi.ssid} cannot do VLANs. It gets no new keys, so that "
                "companies' traffic is never mixed.",
                "Set a vlan_pool if the controller can do VLANs; else use another controller here, "
                "or switch manage_vlans off.",
                path=where,
            )
        )
    return found


def _failures(wifi: Wifi, applied: Applied) -> Sequence[Finding]:
    if not applied.failed:
        return ()
    _, error = applied.failed[0]
    return (
        Finding(
            Level.ERROR,
            "network.refused",
            f"{wifi.ssid} refused {len(applied.failed)} of our changes. The first reason: {error}",
            "See `cusna plan`, and the reason above. The other keys went through.",
            path=f"networks.{wifi.id}",
        ),
    )
