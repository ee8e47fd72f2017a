"""Does every limit hold: as much as it says works, and one beyond is refused?"""

from dataclasses import replace

import pytest

from cusna_core.api import (
    Create,
    EnsureSegment,
    FakeWifi,
    Feature,
    Full,
    Key,
    Outcome,
    PluginError,
    Rejected,
    Secret,
)
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.lab import Lab

MOST = 64
"""Keys or segments that a test makes to meet a limit; set `tight` where the real one is larger."""


class Limits(DriverBase):
    async def test_as_many_keys_as_the_limit_says(self, tight_lab: Lab) -> None:
        """limits.keys counts foreign keys too. Up to it keys work; one more raises Full, and is not made."""
        lab = tight_lab
        most = lab.network.limits.keys
        if most is None:
            pytest.skip("limits.keys is None: no limit of keys is known, so none can be met.")
        assert most <= MOST, (
            f"limits.keys is {most}, even with `tight`. Give network options in `tight` with which it is at "
            f"most {MOST} (and override tighten() where the fake has a limit of its own)."
        )
        room = most - len(await lab.network.read())
        keys = [lab.key(f"m{number}") for number in range(room)]
        for key in keys:
            outcome = await lab.try_one(Create(key))
            assert outcome.error is None, (
                f"limits.keys is {most}, and the vendor took {len(lab.mine(await lab.network.read()))} keys "
                f"of ours where {room} were free: {outcome.error!r}."
            )
        outcome = await lab.try_one(Create(lab.key("one-more")))
        assert isinstance(outcome.error, Full), (
            f"One key beyond limits.keys gave {outcome.error!r}, not Full."
        )
        assert len(await lab.network.read()) == most, "A key beyond the limit was refused, and is there."
        first = lab.mine(await lab.network.read())[0]
        gone = next(key for key in keys if self._of(lab, key, first.ref, first.label))
        await lab.revoke(first.ref, gone)
        await lab.create(lab.key("next"))

    @pytest.mark.parametrize("which", ["shortest", "longest"])
    async def test_passphrases_as_long_as_the_limits_say(self, lab: Lab, which: str) -> None:
        """Both ends must work to the letter; beyond them raise Rejected, and never cut a passphrase."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        limits = lab.network.limits
        length = limits.passphrase_min if which == "shortest" else limits.passphrase_max
        beyond = length - 1 if which == "shortest" else length + 1
        key = lab.key(passphrase=lab.passphrase(length))
        await lab.create(key)
        await lab.works(key, f"A passphrase of {length} characters, which the limits allow, does not work.")
        if not lab.live and which == "longest":
            cut = replace(key, passphrase=Secret(key.passphrase.get_secret_value()[:-1]))
            await lab.refused(cut, "The vendor got only a part of the passphrase.")
        await self._refused(lab, lab.key("ben", passphrase=lab.passphrase(beyond)), f"{beyond} characters")

    async def test_labels_as_long_as_the_limit_says(self, lab: Lab) -> None:
        """A label of limits.label_max reads back to the letter; a longer one raises Rejected."""
        lab.require(Feature.LABEL)
        most = lab.network.limits.label_max
        longest = lab.key().label.ljust(most, "x")
        key = replace(lab.key(), label=longest)
        assert len(longest) == most, f"limits.label_max is {most}: a label of ours does not fit."
        shown = (await lab.state(await lab.create(key))).label
        assert shown == longest, (
            f"A label of {most} characters, which the limits allow, reads back otherwise."
        )
        # Another one, so that cutting it down to the limit does not make it the one that is there.
        beyond = lab.key("ben").label.ljust(most + 1, "y")
        await self._refused(lab, replace(lab.key("ben"), label=beyond), "a label one too long")

    async def test_vlans_as_the_limits_say(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """The lowest and the highest VLAN work; one beyond is refused, by ensure_segment() or create()."""
        lab.require(Feature.VLAN)
        limits = lab.network.limits
        for number, vlan in enumerate((limits.vlan_min, limits.vlan_max)):
            key = lab.key(f"m{number}", vlan)
            await lab.create(key)
            await lab.works(key, f"VLAN {vlan}, which the limits allow, does not work.")
        for vlan in (limits.vlan_min - 1, limits.vlan_max + 1):
            segment, key = EnsureSegment(lab.segment_of(vlan)), lab.key("ben", vlan)
            told = [one.error for one in await self._tried(lab, segment, Create(key))]
            assert any(told), f"VLAN {vlan}, beyond the limits, was taken without a word."
            assert isinstance(told[0], (Rejected, type(None))), f"VLAN {vlan} gave {told[0]!r}, not Rejected."
            await lab.refused(key, f"VLAN {vlan}, beyond the limits, was refused, and its key works.")

    async def test_as_many_segments_as_the_limit_says(self, tight_lab: Lab) -> None:
        """limits.segments of ours and others' fit; one more raises Full or Rejected, and is not made."""
        lab = tight_lab
        lab.require(Feature.VLAN)
        most = lab.network.limits.segments
        if most is None:
            pytest.skip("limits.segments is None: no limit of VLANs is known, so none can be met.")
        assert most <= MOST, (
            f"limits.segments is {most}, even with `tight`: make it at most {MOST} there, to be met."
        )
        before = len(await lab.network.segments())
        refused: PluginError | None = None
        made = 0
        for vlan in await lab.vlans(most + 1):
            outcome = await lab.try_one(EnsureSegment(lab.segment_of(vlan)))
            if outcome.error is not None:
                refused = outcome.error
                break
            made += 1
        assert refused is not None, f"limits.segments is {most}, and {made} were made without a word."
        assert isinstance(refused, Rejected), f"One VLAN beyond limits.segments gave {refused!r}, not Full."
        assert made >= most - before, f"limits.segments is {most}; {made} could be made beside {before}."
        assert len(await lab.network.segments()) <= before + made, "A refused VLAN was made all the same."

    async def test_pages_past_the_first(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """Lists come in pages. Follow them to the last, for keys, VLANs and clients alike."""
        keys = [lab.key(f"m{number}") for number in range(7)]
        for key in keys:
            await lab.create(key)
            if lab.has(Feature.CLIENTS):
                await lab.works(key, "A new key does not work.")
        vlans = await lab.vlans(5) if lab.has(Feature.VLAN) else []
        for vlan in vlans:
            await lab.rounds_ensure(vlan)
        lab.vendor.pages(2)
        shown = await lab.network.read()
        assert len(lab.mine(shown)) == 7, (
            f"With two to a page, read() shows {len(lab.mine(shown))} of 7 keys: the rest would be made anew."
        )
        assert len(shown) == 8, f"With two to a page, read() shows {len(shown)} keys instead of 8."
        if lab.has(Feature.VLAN):
            lost = set(vlans) - {one.vlan for one in await lab.network.segments()}
            assert not lost, f"With two to a page, segments() does not show VLANs {sorted(lost)}."
        if lab.has(Feature.CLIENTS):
            devices = await lab.network.clients()
            assert len(devices) == 7, f"With two to a page, clients() lists {len(devices)} of 7 devices."
        outcome = await lab.try_one(Create(replace(lab.key("ben"), passphrase=keys[6].passphrase)))
        assert isinstance(outcome.error, Rejected), "A passphrase on a later page was not found to be taken."
        choices = {one.ssid for one in await lab.controller.networks()}
        for name in ("Studio 1", "Studio 2", "Studio 3"):
            fake_wifi.network_options(name)
            choices.add(name)
        offered = {one.ssid for one in await lab.controller.networks()}
        assert choices <= offered, f"With two to a page, networks() does not offer {choices - offered}."

    async def _tried(self, lab: Lab, *changes: EnsureSegment | Create) -> list[Outcome]:
        """One after the other, as long as they go well."""
        outcomes = []
        for change in changes:
            outcomes.append(await lab.try_one(change))
            if outcomes[-1].error is not None:
                break
        return outcomes

    async def _refused(self, lab: Lab, key: Key, what: str) -> None:
        count = len(await lab.network.read())
        outcome = await lab.try_one(Create(key))
        assert isinstance(outcome.error, Rejected), (
            f"A key with {what}, beyond the limits, gave {outcome.error!r} instead of Rejected."
        )
        assert len(await lab.network.read()) == count, (
            f"A key with {what} was refused, and made all the same."
        )

    def _of(self, lab: Lab, key: Key, ref: str, label: str | None) -> bool:
        if lab.has(Feature.LABEL):
            return key.label == label
        return ref in (lab.context.fingerprint(key.passphrase.get_secret_value()), *lab.refs)
