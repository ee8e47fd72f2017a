"""What can a test do with a key, and with which sentence does it fail?"""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Change, Create, Feature, Key, KeyState, Network, Outcome, PluginError, Ref, Revoke
from cusna_core.testing.ground import Ground


class Lab(Ground):
    """Acts as the core does, and holds the driver to what it told."""

    # Acts

    async def apply(self, *changes: Change) -> list[Outcome]:
        """Carry out, as the core does, and hold every outcome against its change."""
        outcomes = [one async for one in self.network.apply(changes)]
        for one in outcomes:
            assert any(one.change is change for change in changes), (
                "apply() yielded an outcome for a change it was not given. Yield Outcome(change, …) with "
                "the object that was handed in: the core finds its own step by it."
            )
            if one.error is None and isinstance(one.change, Create) and one.ref is not None:
                self.refs.add(one.ref)
        return outcomes

    async def try_one(self, change: Change) -> Outcome:
        outcomes = await self.apply(change)
        assert len(outcomes) == 1, (
            f"apply() yielded {len(outcomes)} outcomes for one {type(change).__name__}: it must be one."
        )
        return outcomes[0]

    async def do(self, change: Change) -> Ref:
        """A change that must succeed; "" for segments, which have no reference."""
        outcome = await self.try_one(change)
        assert outcome.error is None, (
            f"A plain {type(change).__name__} was refused: {type(outcome.error).__name__}: {outcome.error}"
        )
        return outcome.ref or Ref("")

    async def create(self, key: Key) -> Ref:
        if key.vlan is not None:
            await self.rounds_ensure(key.vlan)
        ref = await self.do(Create(key))
        assert ref, "create() succeeded without a reference: return what revoke() finds the key by."
        return ref

    async def revoke(self, ref: Ref, key: Key) -> None:
        await self.do(Revoke(ref, key.label if self.has(Feature.LABEL) else ""))

    async def state(self, ref: Ref, network: Network[Any] | None = None) -> KeyState:
        """The one key with this reference, as read."""
        found = [one for one in await (network or self.network).read() if one.ref == ref]
        assert found, (
            "A key that was made is not found in read() by the reference that create() or update() returned. "
            "Both must tell the same one."
        )
        assert len(found) == 1, f"read() shows {len(found)} keys with one reference: it must tell keys apart."
        return found[0]

    # What the air says

    async def works(self, key: Key, why: str, mac: str | None = None) -> None:
        """The passphrase opens the WiFi, and leads to the key's VLAN; live: read() shows it."""
        if self.live:
            shown = self.mine(await self.network.read())
            assert any(self._is(one, key) for one in shown), f"{why} (read() does not show it so.)"
            return
        vlan = await self.fake.join(self.ssid, key.passphrase.get_secret_value(), mac or self.mac())
        assert vlan is not None, f"{why} (A device is refused.)"
        assert vlan == (key.vlan or 0), f"{why} (A device lands in VLAN {vlan} instead of {key.vlan or 0}.)"

    async def refused(self, key: Key, why: str) -> None:
        """No device gets in with this passphrase; live: read() does not show it."""
        if self.live:
            shown = self.mine(await self.network.read())
            same = [one for one in shown if one.passphrase == key.passphrase]
            assert not same, f"{why} (read() still shows it.)"
            return
        vlan = await self.fake.join(self.ssid, key.passphrase.get_secret_value(), self.mac())
        assert vlan is None, f"{why} (A device still gets in.)"

    def _is(self, state: KeyState, key: Key) -> bool:
        label = not self.has(Feature.LABEL) or state.label == key.label
        passphrase = state.passphrase is None or state.passphrase == key.passphrase
        return label and passphrase and state.vlan == key.vlan

    async def settled(self, keys: Sequence[Key], after: str) -> None:
        """The core's next round mends what there is to mend, and the one after it finds nothing to do."""
        self.later()
        for one in await self._round(keys, after):
            assert one.error is None, (
                f"After {after}, the core's next round failed: {type(one.error).__name__}: {one.error}"
            )
        self.later()
        steps = await self.rounds.plan(keys)
        told = ", ".join(f"{one.verb} ({', '.join(one.causes)})" for one in steps)
        assert not steps, (
            f"After {after} and the core's next round, there is still something to change: {told}. Either "
            "something was lost or made twice, or what was written reads back as something else."
        )
        count = len(self.mine(await self.network.read()))
        assert count == len(keys), f"After {after}, there are {count} keys of ours instead of {len(keys)}."
        for key in keys:
            await self.works(key, f"After {after}, {key.label} does not work as it should.")

    async def _round(self, keys: Sequence[Key], after: str) -> list[Outcome]:
        try:
            return await self.rounds.run(keys)
        except PluginError as error:
            raise AssertionError(
                f"After {after}, the core's next round cannot even read: {error!r}"
            ) from error
