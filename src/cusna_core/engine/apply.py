"""How does a plan become keys that work, so that a crash or a lost answer makes neither twin nor orphan?

Intent first, then the vendor, then the outcome; `proof` tells what of it works.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from cusna_core.api import (
    AuthFailed,
    Change,
    Clock,
    ConfigError,
    Create,
    EnsureSegment,
    Feature,
    Key,
    KeyState,
    Outcome,
    PluginError,
    Ref,
    Revoke,
    Secret,
    Taken,
    Transient,
    Unreachable,
    Update,
)
from cusna_core.engine.estate import Wifi
from cusna_core.engine.plan import Plan, reference
from cusna_core.engine.proof import Proof
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Wanted
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store import keys as key_rows
from cusna_core.store.db import Database, Tx, Unwritable
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds that one read of a controller, or one write and then some, may take before it counts as hanging."""
A_CHANGE = 2.0
"""Seconds more for each change that is written."""
REMAKES = frozenset({Cause.PASSPHRASE, Cause.VLAN, Cause.END})
"""Why a key is taken away to be made anew, where the vendor cannot change it."""
STOP = (Transient, AuthFailed, ConfigError)
"""Errors that concern the whole network, not the one key at which they showed."""


@dataclass(slots=True)
class Applied:
    """What became of a plan."""

    done: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, PluginError]] = field(default_factory=list)
    untried: list[Step] = field(default_factory=list)
    missing: list[Step] = field(default_factory=list)
    """The vendor said yes, and does not show it (yet), or still shows what ended."""
    stop: Exception | None = None
    """What ended the run before its end: one of `STOP`, or a plugin's bug."""


class Applier:
    """Carries out plans. One at a time for each network: the caller sees to that."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, proof: Proof) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._proof = proof

    def chunks(self, plan: Plan) -> list[tuple[Step, ...]]:
        """The steps as the driver gets them: all at once where a write disturbs, else as many as it likes."""
        limits = plan.wifi.network.limits
        if limits.write_interval > 0:
            return [plan.steps] if plan.steps else []
        size = max(1, limits.batch)
        return [plan.steps[start : start + size] for start in range(0, len(plan.steps), size)]

    async def apply(
        self, plan: Plan, steps: Sequence[Step] | None = None, tell: Callable[[], None] = lambda: None
    ) -> Applied:
        """Carry out a plan (or some of its steps), read back, and disconnect whose right ended.

        `tell` is called after each step that is done.
        """
        applied = Applied()
        wanted = plan.steps if steps is None else steps
        if wanted:
            await self._carry_out(plan, wanted, applied, tell)
        if applied.done:
            # Whatever went wrong meanwhile: who was let go is also dropped.
            await self._disconnect(plan.wifi, applied.done)
            await self._read_back(plan.wifi, applied)
        return applied

    async def _carry_out(
        self, plan: Plan, steps: Sequence[Step], applied: Applied, tell: Callable[[], None]
    ) -> None:
        wifi = plan.wifi
        try:
            changes = await self._intend(plan, steps)
        except Unwritable as error:
            # What could not be remembered as ours is not made. An end needs no memory.
            applied.stop = error
            changes = [(_revoke(one), one) for one in steps if _ends(one)]
            applied.untried += [one for one in steps if not _ends(one)]
        try:
            async with asyncio.timeout(PATIENCE + A_CHANGE * len(steps)):
                # A driver's `apply` is an async generator: closed here, whatever happens.
                outcomes = cast("Any", wifi.network.apply([change for change, _ in changes]))
                async with aclosing(outcomes):
                    async for outcome in outcomes:
                        step = next(one for change, one in changes if change is outcome.change)
                        try:
                            await self._keep(wifi, step, outcome)
                        except Unwritable as error:
                            # What became of it is seen when the network is read; nothing waits for it.
                            applied.stop = error
                        if outcome.error is None:
                            applied.done.append(step)
                            tell()
                            continue
                        applied.failed.append((step, outcome.error))
                        if isinstance(outcome.error, STOP):
                            applied.stop = outcome.error
        except TimeoutError:
            applied.stop = Unreachable("It did not answer in time.")
        except Exception as error:  # noqa: BLE001 - what was done before a plugin's bug is still followed up
            applied.stop = error
        tried = {id(one) for one in applied.done} | {id(one) for one, _ in applied.failed}
        applied.untried.extend(one for _, one in changes if id(one) not in tried)

    async def _intend(self, plan: Plan, steps: Iterable[Step]) -> list[tuple[Change, Step]]:
        """The changes with their passphrases, their intents recorded first, in one transaction."""
        wifi, now = plan.wifi, self._clock.now()

        def intend(tx: Tx) -> list[tuple[Change, Step]]:
            made: list[tuple[Change, Step]] = []
            for step in steps:
                if step.segment is not None:
                    made.append((EnsureSegment(step.segment), step))
                elif step.verb is Verb.REVOKE:
                    made.append((_revoke(step), step))
                elif step.wanted is not None:
                    made.append(self._wanted(tx, wifi, step, step.wanted, now))
            return made

        return await self._db.run(intend)

    def _wanted(self, tx: Tx, wifi: Wifi, step: Step, wanted: Wanted, now: datetime) -> tuple[Change, Step]:
        passphrase = account_rows.passphrase(tx, self._vault, wanted.account_id)
        # The member may have changed it since the plan was made: what is written is what is remembered.
        wanted = replace(wanted, fingerprint=self._vault.fingerprint(passphrase))
        key = Key(wanted.label, Secret(passphrase), wanted.vlan, wanted.ends)
        ref = reference(self._vault, wifi.network.features, passphrase)
        key_rows.intend(
            tx,
            wifi.id,
            wanted.account_id,
            key.label,
            wanted.fingerprint,
            ref if ref is not None else step.ref,
            key.vlan,
            key.ends,
            now,
        )
        change = Create(key) if step.ref is None else Update(step.ref, key)
        return change, replace(step, wanted=wanted)

    async def _keep(self, wifi: Wifi, step: Step, outcome: Outcome) -> None:
        """Record what became of one change before the next one is looked at."""
        now = self._clock.now()

        def keep(tx: Tx) -> None:
            if step.account_id is None:
                return
            error = outcome.error
            if error is not None:
                if not isinstance(error, STOP):
                    key_rows.failed(tx, wifi.id, step.account_id, str(error), now)
                return
            if step.verb is Verb.REVOKE:
                if Cause.TWIN not in step.causes:
                    key_rows.revoked(tx, wifi.id, step.account_id, now)
            elif step.wanted is not None and outcome.ref is not None:
                wanted = step.wanted
                key_rows.made(
                    tx,
                    wifi.id,
                    step.account_id,
                    outcome.ref,
                    wanted.fingerprint,
                    wanted.vlan,
                    wanted.ends,
                    now,
                )
            audit.write(
                tx,
                f"key-{step.verb}",
                now,
                who="cusna",
                account=step.account_id,
                network=wifi.id,
                data={"causes": [one.value for one in step.causes]},
            )

        await self._db.run(keep)

    async def _read_back(self, wifi: Wifi, applied: Applied) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                applied.missing += await self._proof.missing(wifi, applied.done)
        except TimeoutError:
            applied.stop = applied.stop or Unreachable("It did not answer in time.")
        except Exception as error:  # noqa: BLE001 - what was written is looked at again after the trouble
            applied.stop = applied.stop or error

    async def _disconnect(self, wifi: Wifi, done: Iterable[Step]) -> None:
        """Who has no right any more is dropped; a member's own change drops nobody."""
        if Feature.DISCONNECT not in wifi.network.features:
            return
        ended: list[KeyState] = [
            one.was.state
            for one in done
            if one.verb is Verb.REVOKE and one.was is not None and Cause.ENDED in one.causes
        ]
        if not ended:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await wifi.network.disconnect(ended)
        except Exception as error:  # noqa: BLE001 - a driver that cannot must not hide what else was done
            # The keys are gone, so nobody joins again; who is on stays until the next roam.
            log.warning("%s: devices could not be disconnected (%s).", wifi.id, type(error).__name__)


def _revoke(step: Step) -> Revoke:
    label = step.was.state.label if step.was else None
    return Revoke(step.ref or Ref(""), label or "")


def _ends(step: Step) -> bool:
    """Whether a key goes for good, and not to be made anew."""
    return step.verb is Verb.REVOKE and not REMAKES.intersection(step.causes)


def taken(applied: Applied) -> frozenset[str]:
    """Accounts whose passphrase the vendor says is somebody else's."""
    return frozenset(
        step.account_id
        for step, error in applied.failed
        if isinstance(error, Taken) and step.account_id is not None
    )
