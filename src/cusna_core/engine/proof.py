"""What works? Only what a controller was seen to have; and who has no key, or waits for one?"""

from collections.abc import Collection, Iterable

from cusna_core.api import Clock, KeyState
from cusna_core.engine.estate import Wifi
from cusna_core.engine.plan import Plan, Planner
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Wanted
from cusna_core.flow.ownership import Memory, own
from cusna_core.store import accounts as account_rows
from cusna_core.store import events
from cusna_core.store import keys as key_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.events import News


class Proof:
    """Writes down how keys stand, by what was read from their network."""

    def __init__(self, db: Database, clock: Clock, planner: Planner) -> None:
        self._db = db
        self._clock = clock
        self._planner = planner

    async def missing(self, wifi: Wifi, done: Iterable[Step]) -> list[Step]:
        """Steps that are done, and whose key is not there (yet), or still is; the other keys work."""
        seen = await self._planner.look(wifi)
        memory: list[Memory] = await self._db.read(lambda tx: key_rows.memory(tx, wifi.id))
        owned = own(seen, memory, wifi.network.features)
        there = {one.state.ref for one in seen}
        good: list[Wanted] = []
        missing: list[Step] = []
        for step in done:
            if step.verb is Verb.REVOKE and Cause.ENDED in step.causes and step.ref in there:
                missing.append(step)
            if step.wanted is None or step.verb is Verb.REVOKE:
                continue
            keys = owned.ours.get(step.wanted.account_id, ())
            if any(_is(one.state, one.fingerprint, step.wanted) for one in keys):
                good.append(step.wanted)
            else:
                missing.append(step)
        await self._verified(wifi, good)
        return missing

    async def settle(self, plan: Plan, besides: Collection[str] = ()) -> None:
        """Record what the plan found in order, who waits, and who has no key any more.

        `besides`: accounts that were served since the plan was made.
        """
        touched = {one.account_id for one in plan.steps} | set(besides)
        await self._verified(plan.wifi, [one for one in plan.should.wanted if one.account_id not in touched])
        waiting = {one.account_id: one.why for one in plan.should.waiting}
        known = {one.account_id for one in plan.should.wanted} | waiting.keys() | plan.owned.ours.keys()
        now = self._clock.now()

        def settle(tx: Tx) -> None:
            key_rows.waiting(tx, plan.wifi.id, waiting, now, only=plan.only)
            if plan.only is None:
                key_rows.closed(tx, plan.wifi.id, known | set(besides), plan.at, now)

        await self._db.run(settle)

    async def _verified(self, wifi: Wifi, good: Iterable[Wanted]) -> None:
        """These work, unless the member has changed the passphrase since."""
        seen = {one.account_id: one.fingerprint for one in good}
        now = self._clock.now()

        def verified(tx: Tx) -> None:
            current = account_rows.fingerprints_of(tx, seen)
            still = [account for account, one in seen.items() if current.get(account) == one]
            news = key_rows.not_yet_working(tx, wifi.id, still) if events.wanted(tx, "key.working") else []
            key_rows.verified(tx, wifi.id, still, now)
            told = [News("key.working", network=wifi.id, account=account) for account in news]
            events.put_many(tx, told, now)

        if seen:
            await self._db.run(verified)


def _is(state: KeyState, fingerprint: str | None, wanted: Wanted) -> bool:
    """Whether a key that was read is the one that was wanted, as far as the vendor shows."""
    return (fingerprint is None or fingerprint == wanted.fingerprint) and state.vlan == wanted.vlan
