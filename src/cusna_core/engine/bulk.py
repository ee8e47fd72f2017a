"""How is a whole plan carried out, so that those who ask in the portal meanwhile do not wait for it?"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from cusna_core.api import Clock
from cusna_core.api.keys import BATCH
from cusna_core.engine import watch as watching
from cusna_core.engine.apply import Applied, Applier
from cusna_core.engine.job import Job
from cusna_core.engine.plan import Plan
from cusna_core.engine.proof import Proof
from cusna_core.engine.watch import Progress, Watch
from cusna_core.flow.changes import Step

Tell = Callable[[int, int], None]
"""Of so many changes, how many are done."""
Served = tuple[str, str]
"""A network, and an account whose key on it was tried."""
ServeAsked = Callable[[Collection[Served]], Awaitable[set[Served]]]
"""Serves everybody who waits, but those whose keys are on their way."""


class Bulk:
    """Takes a plan chunk by chunk; whoever asks comes in between, or beside where a chunk is large."""

    def __init__(
        self,
        applier: Applier,
        proof: Proof,
        clock: Clock,
        watch: Watch,
        wake: asyncio.Event,
        serve_asked: ServeAsked,
    ) -> None:
        """`wake` is set when somebody asks."""
        self._applier = applier
        self._proof = proof
        self._clock = clock
        self._watch = watch
        self._wake = wake
        self._serve_asked = serve_asked

    async def carry_out(self, job: Job, plan: Plan, tell: Tell | None) -> Applied:
        topic = watching.network(plan.wifi.id)
        if plan.steps:
            self._watch.under_way(topic, Progress("keys", 0, len(plan.steps)))
        try:
            return await self._chunk_by_chunk(job, plan, tell)
        finally:
            self._watch.over(topic)

    async def _chunk_by_chunk(self, job: Job, plan: Plan, tell: Tell | None) -> Applied:
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
                job.wrote = self._clock.monotonic()
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
            job.left = (*applied.untried, *later)
            if applied.stop is not None:
                total.untried += later
                break
            if number + 1 < len(chunks):
                served |= _here(plan, await self._serve_asked(()))
        await self._proof.settle(plan, served)
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
                    served |= _here(plan, await self._serve_asked(under_way))
            return await applying, served
        finally:
            waking.cancel()
            applying.cancel()
            await asyncio.gather(waking, applying, return_exceptions=True)


def _here(plan: Plan, served: set[Served]) -> set[str]:
    return {account for wifi, account in served if wifi == plan.wifi.id}
