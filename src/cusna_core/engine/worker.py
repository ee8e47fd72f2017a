"""How does one controller's share of the work get done, the portal's first and the rest in bulk?

Each controller has a worker of its own, so one that hangs delays nobody else's.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from cusna_core.api import Clock, Finding, PluginError
from cusna_core.engine import troubles
from cusna_core.engine import watch as watching
from cusna_core.engine.apply import PATIENCE, Applied, Applier, taken
from cusna_core.engine.bulk import Bulk, Served, Tell
from cusna_core.engine.estate import Wifi
from cusna_core.engine.job import AGAIN, PROBE, Job, Standing, answer
from cusna_core.engine.plan import Plan, Planner
from cusna_core.engine.proof import Proof
from cusna_core.engine.watch import Watch
from cusna_core.store.db import Unwritable

log = logging.getLogger(__name__)

Report = Callable[[str, Sequence[Finding]], Awaitable[None]]
Replace = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(slots=True)
class Brought:
    """What became of a network that was looked at as a whole."""

    plan: Plan | None = None
    applied: Applied = field(default_factory=Applied)
    error: Exception | None = None


class Worker:
    """The work on one controller's networks."""

    def __init__(
        self,
        clock: Clock,
        planner: Planner,
        applier: Applier,
        proof: Proof,
        report: Report,
        replace: Replace,
        watch: Watch,
    ) -> None:
        self._clock = clock
        self._planner = planner
        self._applier = applier
        self._proof = proof
        self._report = report
        self._replace = replace
        self._watch = watch
        self._jobs: dict[str, Job] = {}
        self._wake = asyncio.Event()
        self.busy = asyncio.Lock()
        """Held while the controller's networks are worked on: one at a time, whoever does it."""
        self._bulk = Bulk(applier, proof, clock, self._watch, self._wake, self._serve_asked)
        self._random = random.SystemRandom()
        self._over = False
        """Nobody works here any more (or not before a bug's pause is over): do not wait."""

    def take(self, wifis: Sequence[Wifi], before: "Worker | None" = None) -> None:
        """Work on these networks from now on. What a worker `before` wrote is heeded: radios need rest.

        An admin's command may still work there with `before`: then this one waits for its end.
        """
        if before is not None:
            before.leave()
            self.busy = before.busy
        for wifi in wifis:
            job = Job(wifi)
            known = before._jobs.get(wifi.id) if before is not None else None
            if known is not None and known.wifi.network.identity() == wifi.network.identity():
                job.wrote = known.wrote
            self._jobs[wifi.id] = job
        self._wake.set()

    def mark(self, wifi_id: str) -> None:
        """Look at a network soon; several marks are one."""
        job = self._jobs.get(wifi_id)
        if job is not None:
            # A network that is backing off keeps its pause: marks come from every sync.
            if job.failures == 0 or job.due is None:
                job.sooner(self._clock.monotonic())
            self._wake.set()

    def heartened(self, wifi_id: str) -> None:
        """It answered somebody else: a pause that it was given ends."""
        job = self._jobs.get(wifi_id)
        if job is not None and job.failures:
            job.sooner(self._clock.monotonic())
            self._wake.set()

    def standing(self, wifi_id: str) -> Standing:
        job = self._jobs.get(wifi_id)
        return job.standing(self._clock.monotonic()) if job else Standing()

    async def look(self, wifi_id: str) -> None:
        """Look at a network now, and bring it to what it should be as a round would."""
        async with self.busy:
            job = self._jobs.get(wifi_id)
            if job is not None:
                await self._whole(job)

    async def serve(self, wifi_id: str, account_id: str) -> None:
        """Bring one account's key to a network, ahead of bulk work; returns when it was tried."""
        job = self._jobs.get(wifi_id)
        if job is None or self._over:
            return
        tried = job.ask(account_id)
        self._wake.set()
        await tried

    async def serve_now(self, wifi_id: str, account_id: str) -> None:
        """The same where no worker runs: a command does it itself."""
        job = self._jobs.get(wifi_id)
        if job is not None:
            async with self.busy:
                await self._serve_one(job, account_id, alone=True)

    async def bring(self, wifi_id: str, tell: Tell | None = None) -> Brought:
        """Bring a network to what it should be, now: an admin asks for it."""
        async with self.busy:
            job = self._jobs.get(wifi_id)
            return await self._whole(job, tell, now=True) if job else Brought()

    async def run(self) -> None:
        """Work until cancelled."""
        self._over = False
        try:
            while True:
                self._wake.clear()
                async with self.busy:
                    await self._serve_asked()
                    job = self._next()
                    if job is not None:
                        await self._whole(job)
                if job is None:
                    await self._rest()
        finally:
            self.leave()

    def leave(self) -> None:
        """Nobody waits here any longer: who did is answered."""
        self._over = True
        for job in self._jobs.values():
            job.answer_all()

    def _next(self) -> Job | None:
        now = self._clock.monotonic()
        due = [one for one in self._jobs.values() if one.is_due(now)]
        return min(due, key=lambda one: one.due or 0.0, default=None)

    async def _rest(self) -> None:
        """Sleep until something is due or somebody asks."""
        dues = [one.due for one in self._jobs.values() if one.due is not None]
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

    async def _serve_asked(self, but: Collection[Served] = ()) -> set[Served]:
        """Everybody who waits in the portal, one plan for each; returns network and account.

        `but`: whose keys are on their way with a batch.
        """
        served: set[Served] = set()
        for job in list(self._jobs.values()):
            for account in tuple(job.asked):
                if (job.wifi.id, account) in but:
                    continue
                waiting = job.asked.pop(account, ())
                try:
                    await self._serve_one(job, account)
                finally:
                    answer(waiting)
                served.add((job.wifi.id, account))
        return served

    async def _serve_one(self, job: Job, account: str, *, alone: bool = False) -> None:
        """`alone`: whatever else is due on the network is left."""
        wifi = job.wifi
        if not wifi.apply:
            return
        if not alone:
            if job.failures:
                # One try for everybody who waits, and not one for each: it may hang.
                if not job.stopped:
                    job.sooner(max(self._clock.monotonic(), job.tried + PROBE))
                return
            if job.too_soon(self._clock.monotonic()):
                job.sooner(job.rested)
                return
            if job.disturbs and job.is_due(self._clock.monotonic()):
                # One disturbing write for everybody, rather than one for this member and one soon after.
                await self._whole(job)
                return
        try:
            plan = await self._planned(wifi, account)
            if plan.steps:
                job.wrote = self._clock.monotonic()
            applied = await self._applier.apply(plan)
            await self._proof.settle(plan, [one.account_id or "" for one in plan.steps])
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            await self._trouble(job, error)
            return
        self._watch.changed(watching.network(wifi.id))
        if applied.stop is not None:
            await self._trouble(job, applied.stop)
        elif applied.failed or applied.missing:
            job.sooner(self._clock.monotonic() + (0.0 if applied.failed else AGAIN))

    async def _planned(self, wifi: Wifi, only: str | None = None) -> Plan:
        """The plan, after those were given a new passphrase whose old one is somebody else's key."""
        async with asyncio.timeout(PATIENCE):
            plan = await self._planner.plan(wifi, only=only)
        if plan.collided and wifi.apply:
            await self._replace(plan.collided)
            async with asyncio.timeout(PATIENCE):
                plan = await self._planner.plan(wifi, only=only)
        return plan

    async def _whole(self, job: Job, tell: Tell | None = None, *, now: bool = False) -> Brought:
        """Bring a whole network to what it should be; `now` also where a write is too soon."""
        job.due = None
        job.tried = self._clock.monotonic()
        wifi = job.wifi
        brought = Brought()
        try:
            brought.plan = plan = await self._planned(wifi)
            job.plan, job.left = plan, plan.steps
            findings = list(troubles.notes(plan))
            if not wifi.apply:
                await self._recovered(job, findings)
                return brought
            if plan.steps and not now and job.too_soon(self._clock.monotonic()):
                job.due = job.rested
                self._watch.changed(watching.network(wifi.id))
                return brought
            brought.applied = applied = await self._bulk.carry_out(job, plan, tell)
        except asyncio.CancelledError:
            # Who asked has gone away in the middle of it: what is left goes on in its turn.
            job.sooner(self._clock.monotonic())
            self._wake.set()
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
            brought.error = error
            await self._trouble(job, error)
            return brought
        if applied.stop is not None:
            brought.error = applied.stop
            await self._trouble(job, applied.stop)
            return brought
        written = self._clock.monotonic()
        job.showed(not applied.missing, written)
        broken = troubles.unkept(wifi, applied) if job.breaks_its_word(written) else ()
        # What writing showed of the driver counts as well: its notes are made anew.
        await self._recovered(job, [*troubles.notes(plan), *troubles.refused(wifi, applied), *broken])
        if taken(applied):
            await self._replace(sorted(taken(applied)))
            self.mark(wifi.id)
        return brought

    async def _trouble(self, job: Job, error: Exception) -> None:
        """Wait and try again; say so once."""
        wifi = job.wifi
        job.failed(error, self._clock.monotonic(), self._random.uniform(0.5, 1.0))
        if isinstance(error, Unwritable):
            return  # ours and no controller's, and told already; findings cannot be written either
        if job.failures == 1:
            log.warning("%s: %s", wifi.id, _said(error))
        if job.failures >= 2 or job.stopped:
            await self._report(f"network:{wifi.id}:run", [troubles.network(wifi, error)])
        self._watch.changed(watching.network(wifi.id))

    async def _recovered(self, job: Job, findings: Sequence[Finding]) -> None:
        if job.recovered():
            log.info("%s: works again", job.wifi.id)
        await self._report(f"network:{job.wifi.id}:run", findings)
        self._watch.changed(watching.network(job.wifi.id))


def _said(error: Exception) -> str:
    if isinstance(error, PluginError):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else f"a bug: {troubles.place(error)}"
