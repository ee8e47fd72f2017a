"""How does one controller's share of the work get done, the portal's first and the rest in bulk?

Each controller has a worker of its own, so one that hangs delays nobody else's.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from cusna_core.api import Clock, Finding, PluginError, Transient
from cusna_core.api.keys import BATCH
from cusna_core.engine import troubles
from cusna_core.engine import watch as watching
from cusna_core.engine.apply import PATIENCE, Applied, Applier, taken
from cusna_core.engine.estate import Wifi
from cusna_core.engine.plan import Plan, Planner
from cusna_core.engine.watch import Progress, Watch
from cusna_core.flow.changes import Step

log = logging.getLogger(__name__)

LONGEST_PAUSE = 300.0
PROBE = 10.0
"""Seconds between two tries of a controller in trouble while members wait for it."""
AGAIN = 30.0
"""Seconds until a network is looked at again that did not show what it was given."""

Report = Callable[[str, Sequence[Finding]], Awaitable[None]]
Replace = Callable[[Sequence[str]], Awaitable[None]]
Tell = Callable[[int, int], None]
"""Of so many changes, how many are done."""


@dataclass(slots=True)
class Brought:
    """What became of a network that was looked at as a whole."""

    plan: Plan | None = None
    applied: Applied = field(default_factory=Applied)
    error: Exception | None = None


@dataclass(slots=True)
class _State:
    """What a worker remembers of a network."""

    wifi: Wifi
    due: float | None = 0.0
    """Monotonic seconds when the network is to be looked at; None: not before it is marked."""
    wrote: float = float("-inf")
    failures: int = 0
    stopped: bool = False
    """It refuses us, and asking often would make that worse."""
    tried: float = float("-inf")
    asked: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    """Accounts whose key a member is waiting for."""
    plan: Plan | None = None
    """The latest whole plan: what would change (or did)."""
    left: tuple[Step, ...] = ()
    """Its steps that were not even tried so far."""
    said: str = ""
    """Why it does not go on; empty while it does."""


class Worker:
    """The work on one controller's networks."""

    def __init__(
        self,
        clock: Clock,
        planner: Planner,
        applier: Applier,
        report: Report,
        replace: Replace,
        watch: Watch | None = None,
    ) -> None:
        self._clock = clock
        self._planner = planner
        self._applier = applier
        self._report = report
        self._replace = replace
        self._watch = watch or Watch()
        self._states: dict[str, _State] = {}
        self._wake = asyncio.Event()
        self.busy = asyncio.Lock()
        """Held while the controller's networks are worked on: one at a time, whoever does it."""
        self._random = random.SystemRandom()
        self._over = False
        """Nobody works here any more (or not before a bug's pause is over): do not wait."""

    def take(self, wifis: Sequence[Wifi], before: "Worker | None" = None) -> None:
        """Work on these networks from now on. What a worker `before` wrote is heeded: radios need rest."""
        if before is not None:
            before.leave()
        for wifi in wifis:
            state = _State(wifi)
            known = before._states.get(wifi.id) if before is not None else None
            if known is not None and known.wifi.network.identity() == wifi.network.identity():
                state.wrote = known.wrote
            self._states[wifi.id] = state
        self._wake.set()

    def mark(self, wifi_id: str) -> None:
        """Look at a network soon; several marks are one."""
        state = self._states.get(wifi_id)
        if state is not None:
            # A network that is backing off keeps its pause: marks come from every sync.
            if state.failures == 0 or state.due is None:
                self._sooner(state, self._clock.monotonic())
            self._wake.set()

    def heartened(self, wifi_id: str) -> None:
        """It answered somebody else: a pause that it was given ends."""
        state = self._states.get(wifi_id)
        if state is not None and state.failures:
            self._sooner(state, self._clock.monotonic())
            self._wake.set()

    def _sooner(self, state: _State, at: float) -> None:
        state.due = at if state.due is None else min(state.due, at)

    def in_trouble(self, wifi_id: str) -> bool:
        state = self._states.get(wifi_id)
        return state is not None and state.failures > 0

    def plan(self, wifi_id: str) -> Plan | None:
        state = self._states.get(wifi_id)
        return state.plan if state else None

    def left(self, wifi_id: str) -> tuple[Step, ...]:
        """What the latest whole plan has that was not tried so far: all of it where nothing is applied."""
        state = self._states.get(wifi_id)
        return state.left if state else ()

    def said(self, wifi_id: str) -> str:
        """Why the network is not brought up to date just now; empty where it is."""
        state = self._states.get(wifi_id)
        return state.said if state else ""

    def gathers(self, wifi_id: str) -> float:
        """Seconds until the next disturbing write, where one has to wait; else 0."""
        state = self._states.get(wifi_id)
        if state is None or not state.left or not self._too_soon(state):
            return 0.0
        return state.wrote + state.wifi.network.limits.write_interval - self._clock.monotonic()

    async def look(self, wifi_id: str) -> None:
        """Look at a network now, and bring it to what it should be as a round would."""
        async with self.busy:
            state = self._states.get(wifi_id)
            if state is not None:
                await self._bulk(state)

    async def serve(self, wifi_id: str, account_id: str) -> None:
        """Bring one account's key to a network, ahead of bulk work; returns when it was tried."""
        state = self._states.get(wifi_id)
        if state is None or self._over:
            return
        future = asyncio.get_running_loop().create_future()
        state.asked.setdefault(account_id, []).append(future)
        self._wake.set()
        await future

    async def serve_now(self, wifi_id: str, account_id: str) -> None:
        """The same where no worker runs: a command does it itself."""
        state = self._states.get(wifi_id)
        if state is not None:
            async with self.busy:
                await self._serve_one(state, account_id, alone=True)

    async def bring(self, wifi_id: str, tell: Tell | None = None) -> Brought:
        """Bring a network to what it should be, now: an admin asks for it."""
        async with self.busy:
            return await self._bulk(self._states[wifi_id], tell, now=True)

    async def run(self) -> None:
        """Work until cancelled."""
        self._over = False
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
            self.leave()

    def leave(self) -> None:
        """Nobody waits here any longer: who did is answered."""
        self._over = True
        for state in self._states.values():
            for account in tuple(state.asked):
                _answer(state.asked.pop(account))

    def _is_due(self, state: _State) -> bool:
        return state.due is not None and state.due <= self._clock.monotonic()

    def _next(self) -> _State | None:
        due = [one for one in self._states.values() if self._is_due(one)]
        return min(due, key=lambda one: one.due or 0.0, default=None)

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

    async def _serve_asked(self, but: Collection[tuple[str, str]] = ()) -> set[tuple[str, str]]:
        """Everybody who waits in the portal, one plan for each; returns network and account.

        `but`: whose keys are on their way with a batch.
        """
        served: set[tuple[str, str]] = set()
        for state in list(self._states.values()):
            for account in tuple(state.asked):
                if (state.wifi.id, account) in but:
                    continue
                waiting = state.asked.pop(account)
                try:
                    await self._serve_one(state, account)
                finally:
                    _answer(waiting)
                served.add((state.wifi.id, account))
        return served

    async def _serve_one(self, state: _State, account: str, *, alone: bool = False) -> None:
        """`alone`: whatever else is due on the network is left."""
        wifi = state.wifi
        if not wifi.apply:
            return
        if not alone:
            if state.failures:
                # One try for everybody who waits, and not one for each: it may hang.
                if not state.stopped:
                    self._sooner(state, max(self._clock.monotonic(), state.tried + PROBE))
                return
            if self._too_soon(state):
                self._sooner(state, state.wrote + wifi.network.limits.write_interval)
                return
            if wifi.network.limits.write_interval > 0 and self._is_due(state):
                # One disturbing write for everybody, rather than one for this member and one soon after.
                await self._bulk(state)
                return
        try:
            plan = await self._planned(wifi, account)
            if plan.steps:
                state.wrote = self._clock.monotonic()
            applied = await self._applier.apply(plan)
            await self._applier.settle(plan, [one.account_id or "" for one in plan.steps])
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            await self._trouble(state, error)
            return
        self._watch.changed(watching.network(wifi.id))
        if applied.stop is not None:
            await self._trouble(state, applied.stop)
        elif applied.failed or applied.missing:
            self._sooner(state, self._clock.monotonic() + (0.0 if applied.failed else AGAIN))

    async def _planned(self, wifi: Wifi, only: str | None = None) -> Plan:
        """The plan, after those were given a new passphrase whose old one is somebody else's key."""
        async with asyncio.timeout(PATIENCE):
            plan = await self._planner.plan(wifi, only=only)
        if plan.collided and wifi.apply:
            await self._replace(plan.collided)
            async with asyncio.timeout(PATIENCE):
                plan = await self._planner.plan(wifi, only=only)
        return plan

    def _too_soon(self, state: _State) -> bool:
        """Whether a disturbing write must wait: the first goes at once, later ones gather."""
        interval = state.wifi.network.limits.write_interval
        return interval > 0 and self._clock.monotonic() < state.wrote + interval

    async def _bulk(self, state: _State, tell: Tell | None = None, *, now: bool = False) -> Brought:
        """Bring a whole network to what it should be; `now` also where a write is too soon."""
        state.due = None
        state.tried = self._clock.monotonic()
        wifi = state.wifi
        brought = Brought()
        try:
            brought.plan = plan = await self._planned(wifi)
            state.plan, state.left = plan, plan.steps
            findings = list(troubles.notes(plan))
            if not wifi.apply:
                await self._recovered(state, findings)
                return brought
            if plan.steps and not now and self._too_soon(state):
                state.due = state.wrote + wifi.network.limits.write_interval
                self._watch.changed(watching.network(wifi.id))
                return brought
            brought.applied = applied = await self._carry_out(state, plan, tell)
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            brought.error = error
            await self._trouble(state, error)
            return brought
        if applied.stop is not None:
            brought.error = applied.stop
            await self._trouble(state, applied.stop)
            return brought
        # What writing showed of the driver counts as well: its notes are made anew.
        await self._recovered(state, [*troubles.notes(plan), *troubles.refused(wifi, applied)])
        if taken(applied):
            await self._replace(sorted(taken(applied)))
            self.mark(wifi.id)
        elif applied.missing:
            self._sooner(state, self._clock.monotonic() + AGAIN)
        return brought

    async def _carry_out(self, state: _State, plan: Plan, tell: Tell | None) -> Applied:
        topic = watching.network(state.wifi.id)
        if plan.steps:
            self._watch.under_way(topic, Progress("keys", 0, len(plan.steps)))
        try:
            return await self._chunk_by_chunk(state, plan, tell)
        finally:
            self._watch.over(topic)

    async def _chunk_by_chunk(self, state: _State, plan: Plan, tell: Tell | None) -> Applied:
        total = Applied()
        served: set[str] = set()
        done = 0

        def one_more() -> None:
            nonlocal done
            done += 1
            self._watch.under_way(watching.network(plan.wifi.id), Progress("keys", done, len(plan.steps)))
            if tell is not None:
                tell(done, len(plan.steps))

        chunks = self._applier.chunks(plan)
        limits = plan.wifi.network.limits
        beside = limits.batch > BATCH and not limits.write_interval
        for number, chunk in enumerate(chunks):
            # What a member asked for meanwhile is done, and no longer as this plan saw it.
            steps = [one for one in chunk if one.account_id is None or one.account_id not in served]
            if steps:
                state.wrote = self._clock.monotonic()
            if beside:
                applied, meanwhile = await self._beside(plan, steps, one_more)
                served |= meanwhile
            else:
                applied = await self._applier.apply(plan, steps, one_more)
            total.done += applied.done
            total.failed += applied.failed
            total.untried += applied.untried
            total.missing += applied.missing
            total.stop = applied.stop
            later = [one for rest in chunks[number + 1 :] for one in rest]
            state.left = (*applied.untried, *later)
            if applied.stop is not None:
                total.untried += later
                break
            if number + 1 < len(chunks):
                served |= {account for wifi, account in await self._serve_asked() if wifi == plan.wifi.id}
        await self._applier.settle(plan, served)
        return total

    async def _beside(
        self, plan: Plan, steps: Sequence[Step], tell: Callable[[], None]
    ) -> tuple[Applied, set[str]]:
        """Carry out a large batch; who asks in the portal meanwhile is served beside it.

        Only whose key is part of the batch waits for it. Returns also who was served on this network.
        """
        under_way = {(plan.wifi.id, one.account_id or "") for one in steps}
        served: set[str] = set()
        applying = asyncio.create_task(self._applier.apply(plan, steps, tell))
        waking = asyncio.create_task(self._wake.wait())
        try:
            while not applying.done():
                await asyncio.wait([applying, waking], return_when=asyncio.FIRST_COMPLETED)
                if waking.done() and not applying.done():
                    # Nothing is forgotten: whoever ends the batch looks again at all that is due.
                    self._wake.clear()
                    waking = asyncio.create_task(self._wake.wait())
                    asked = await self._serve_asked(under_way)
                    served |= {account for wifi, account in asked if wifi == plan.wifi.id}
            return await applying, served
        finally:
            waking.cancel()
            applying.cancel()
            await asyncio.gather(waking, applying, return_exceptions=True)

    async def _trouble(self, state: _State, error: Exception) -> None:
        """Wait and try again; say so once."""
        wifi = state.wifi
        state.failures += 1
        state.said = _sentence(error)
        state.tried = now = self._clock.monotonic()
        pause = min(LONGEST_PAUSE, 2.0 ** min(state.failures, 9)) * self._random.uniform(0.5, 1.0)
        passes = isinstance(error, (Transient, TimeoutError))
        state.stopped = not passes
        if state.stopped:
            # Refused credentials, a wrong option, a bug: it is an admin who mends it.
            pause = LONGEST_PAUSE
        if isinstance(error, Transient) and error.after is not None:
            pause = max(pause, error.after)
        state.due = now + pause
        if state.failures == 1:
            log.warning("%s: %s", wifi.id, _said(error))
        if state.failures >= 2 or state.stopped:
            await self._report(f"network:{wifi.id}:run", [troubles.network(wifi, error)])
        self._watch.changed(watching.network(wifi.id))

    async def _recovered(self, state: _State, findings: Sequence[Finding]) -> None:
        if state.failures:
            log.info("%s: works again", state.wifi.id)
        state.failures, state.stopped, state.said = 0, False, ""
        await self._report(f"network:{state.wifi.id}:run", findings)
        self._watch.changed(watching.network(state.wifi.id))


def _answer(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def _said(error: Exception) -> str:
    if isinstance(error, PluginError):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else f"a bug: {troubles.place(error)}"


def _sentence(error: Exception) -> str:
    if isinstance(error, PluginError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The controller did not answer in time."
    return "The plugin met a bug; the log says where it happened."
