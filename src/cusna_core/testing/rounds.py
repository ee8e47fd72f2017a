"""What would the core do next with these keys? Its own rounds, in small: read, own, compare, intend, apply.

The decisions are those of `flow/`, so that a twin is what the core takes for a twin, and "nothing to do" is
what the core takes for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cusna_core.api import (
    Change,
    Context,
    Create,
    EnsureSegment,
    Feature,
    Key,
    KeyState,
    Network,
    Outcome,
    Ref,
    Revoke,
    Segment,
    Update,
)
from cusna_core.flow.changes import Cause, Step, Verb, changes
from cusna_core.flow.keys import Should, Wanted
from cusna_core.flow.ownership import Memory, Seen, own
from cusna_core.flow.world import Because, Kind


class Rounds:
    """Keys of a scratch installation on one network, and the memory of them."""

    def __init__(self, network: Network[Any], context: Context) -> None:
        self.network = network
        self.context = context
        self.memory: dict[tuple[str, str], Memory] = {}
        """By account and fingerprint, the latest intent last."""

    async def look(self) -> tuple[Seen, ...]:
        return tuple(Seen(one, self._fingerprint(one)) for one in await self.network.read())

    async def plan(self, keys: Sequence[Key]) -> tuple[Step, ...]:
        """What has to be changed so that exactly these keys of ours work."""
        features = self.network.features
        memory = tuple(self.memory.values())
        owned = own(await self.look(), memory, features)
        with_vlans = Feature.VLAN in features
        needed = {one.vlan: self.segment(one.vlan) for one in keys if one.vlan is not None}
        segments = await self.network.segments() if with_vlans else ()
        should = Should(tuple(self._wanted(one) for one in keys), ())
        return changes(should, owned, segments, needed if with_vlans else {}, memory, features)

    async def run(self, keys: Sequence[Key]) -> list[Outcome]:
        """One round; nothing that a driver says is believed before the next one has read."""
        by_label = {one.label: one for one in keys}
        steps = await self.plan(keys)
        work = [(self._intended(step, by_label), step) for step in steps]
        outcomes = []
        if work:
            async for outcome in self.network.apply([change for change, _ in work]):
                outcomes.append(outcome)
                self._keep(next(step for change, step in work if change is outcome.change), outcome)
        return outcomes

    def segment(self, vlan: int) -> Segment:
        return Segment(vlan, f"{self.context.label_prefix}v{vlan}")

    def account(self, key: Key) -> str:
        return key.label.removeprefix(self.context.label_prefix)

    def _wanted(self, key: Key) -> Wanted:
        fingerprint = self.context.fingerprint(key.passphrase.get_secret_value())
        because = Because(Kind.PLAN, "Scratch", "scratch")
        return Wanted(
            self.account(key), "network", key.label, fingerprint, key.vlan, key.ends, because, "location"
        )

    def _intended(self, step: Step, by_label: dict[str, Key]) -> Change:
        """The change, its intent recorded first."""
        if step.segment is not None:
            return EnsureSegment(step.segment)
        if step.verb is Verb.REVOKE:
            assert step.ref is not None
            return Revoke(step.ref, (step.was.state.label if step.was else None) or "")
        assert step.wanted is not None
        wanted = step.wanted
        known = self.memory.pop((wanted.account_id, wanted.fingerprint), None)
        ref = step.ref
        if Feature.LABEL not in self.network.features:
            ref = Ref(wanted.fingerprint)
        if ref is None and known is not None:
            ref = known.ref
        self.memory[wanted.account_id, wanted.fingerprint] = Memory(
            wanted.account_id, wanted.label, ref, wanted.fingerprint
        )
        key = by_label[wanted.label]
        return Create(key) if step.ref is None else Update(step.ref, key)

    def _keep(self, step: Step, outcome: Outcome) -> None:
        if outcome.error is not None or step.account_id is None or Cause.TWIN in step.causes:
            return
        made = None
        if step.verb is not Verb.REVOKE:
            assert step.wanted is not None
            assert outcome.ref is not None, "A key was made without a reference: outcomes of keys need a ref."
            made = step.wanted.fingerprint
        for place, one in self.memory.items():
            if place[0] != step.account_id:
                continue
            if one.fingerprint == made:
                self.memory[place] = replace(one, ref=outcome.ref, revoked=False)
            else:
                self.memory[place] = replace(one, revoked=True)

    def _fingerprint(self, state: KeyState) -> str | None:
        if state.passphrase is None:
            return None
        return self.context.fingerprint(state.passphrase.get_secret_value())
