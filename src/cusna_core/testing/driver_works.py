"""Does a key work from its first day to its last, whatever else is on the network?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from cusna_core.api import Change, Create, FakeWifi, Feature, Rejected, Revoke, Secret, Update
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.ground import PRINTER_PASSPHRASE
from cusna_core.testing.lab import Lab

MANY = 40


class Works(DriverBase):
    async def test_a_new_key_works(self, lab: Lab) -> None:
        """create() must have made the key when it returns: a device joins, and read() shows it.

        A vendor that works in the background is waited for, by polling and `clock.sleep`.
        """
        key = lab.key()
        ref = await lab.create(key)
        await lab.works(key, "A new key does not work.")
        await lab.state(ref)

    async def test_a_new_key_works_in_its_vlan(self, lab: Lab) -> None:
        """The key's VLAN must be told to the vendor, not only kept: a device lands in it."""
        lab.require(Feature.VLAN)
        key = lab.key(vlan=await lab.segment())
        ref = await lab.create(key)
        await lab.works(key, "A new key with a VLAN does not lead there.")
        shown = (await lab.state(ref)).vlan
        assert shown == key.vlan, f"read() shows VLAN {shown} for a key of VLAN {key.vlan}."
        plain = lab.key("ben")
        ref = await lab.create(plain)
        await lab.works(plain, "A key without a VLAN does not lead to the default network.")
        shown = (await lab.state(ref)).vlan
        assert shown is None, f"read() shows VLAN {shown} for a key on the default network: it must be None."

    async def test_references_are_stable(self, lab: Lab) -> None:
        """A reference is how the core finds a key again: the same in every read and every process.

        Use the vendor's own id; or `context.fingerprint(passphrase)` where keys have none.
        """
        keys = [lab.key(one) for one in ("mia", "ben", "eve")]
        refs = [await lab.create(one) for one in keys]
        assert len(set(refs)) == 3, "Three keys were made, and do not have three references."
        _, other = await lab.instance()
        for network in (lab.network, lab.network, other):
            shown = {one.ref for one in await network.read()}
            lost = [ref for ref in refs if ref not in shown]
            assert not lost, (
                "A reference from create() is not the one that read() shows (a second time, or to a second "
                "controller). References must not depend on positions, on time or on the process."
            )

    async def test_a_revoked_key_stops(self, lab: Lab) -> None:
        """revoke() must end the key for good, and only this one."""
        mia, ben = lab.key("mia"), lab.key("ben")
        first, second = await lab.create(mia), await lab.create(ben)
        await lab.revoke(first, mia)
        await lab.refused(mia, "A revoked key still works.")
        shown = {one.ref for one in await lab.network.read()}
        assert first not in shown, "read() still shows a key that was revoked."
        assert second in shown, "Revoking one key took another one with it."
        await lab.works(ben, "Revoking one key broke another one.")

    async def test_revoking_twice_is_no_error(self, lab: Lab) -> None:
        """What is gone is gone: catch the vendor's 404 (only that) in revoke()."""
        key = lab.key()
        ref = await lab.create(key)
        for time in ("first", "second"):
            outcome = await lab.try_one(Revoke(ref, key.label))
            assert outcome.error is None, f"revoke() failed the {time} time: {outcome.error!r}."
        await lab.network.revoke(ref)

    async def test_a_key_comes_back_with_the_same_passphrase(self, lab: Lab) -> None:
        """A member who books again tomorrow gets the key of yesterday: nothing of it may linger."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        key = lab.key()
        for _ in range(2):
            ref = await lab.create(key)
            await lab.works(key, "A key does not work (again) after it was revoked before.")
            await lab.revoke(ref, key)
            await lab.refused(key, "A key that came back does not stop when it is revoked.")

    async def test_what_others_made_stays_to_the_letter(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """Keys and VLANs that Cusna did not make may be read, never written, moved or deleted.

        Vendors that write whole objects must write back every field and entry they do not know.
        """
        before = repr(lab.others())
        foreign = [one for one in await lab.network.read() if one not in lab.mine([one])]
        assert foreign, "read() must show every key that works, also those that others made."
        ends = lab.clock.now() + timedelta(days=2) if lab.has(Feature.EXPIRY) else None
        vlan = await lab.segment() if lab.has(Feature.VLAN) else None
        keys = [lab.key("mia", vlan, ends), lab.key("ben")]
        await lab.settled(keys, "two new keys")
        assert repr(lab.others()) == before, "Making keys changed something that Cusna did not make."
        await lab.settled([lab.key("mia"), lab.key("ben", vlan)], "changing both keys")
        assert repr(lab.others()) == before, "Changing keys changed something that Cusna did not make."
        if lab.has(Feature.DISCONNECT):
            await lab.network.disconnect(lab.mine(await lab.network.read()))
        await lab.settled([], "ending all keys")
        assert repr(lab.others()) == before, "Ending keys changed something that Cusna did not make."
        after = [one for one in await lab.network.read() if one not in lab.mine([one])]
        assert {one.ref for one in after} == {one.ref for one in foreign}, (
            "A key that others made is not the same in read() as before."
        )
        vlan_of = await fake_wifi.join(lab.ssid, PRINTER_PASSPHRASE, lab.mac())
        assert vlan_of is not None, "The printer's key, which others made, does not work any more."

    async def test_a_foreign_passphrase_cannot_be_taken(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """A key with the printer's passphrase must raise Taken: it would make the printer's key ours."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        before = repr(lab.others())
        outcome = await lab.try_one(Create(lab.key(passphrase=PRINTER_PASSPHRASE)))
        assert isinstance(outcome.error, Rejected), (
            f"create() with the passphrase of somebody else's key gave {outcome.error!r} instead of Taken."
        )
        assert repr(lab.others()) == before, "A refused key changed what others made."

    async def test_the_same_passphrase_makes_no_twin(self, lab: Lab) -> None:
        """A passphrase is one person's: a second key with it must raise Taken."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        key = lab.key("mia")
        await lab.create(key)
        outcome = await lab.try_one(Create(replace(key, label=lab.key("ben").label)))
        assert isinstance(outcome.error, Rejected), (
            f"A second key with the same passphrase gave {outcome.error!r} instead of Taken."
        )
        assert len(lab.mine(await lab.network.read())) == 1, "A refused key was made all the same."

    async def test_the_same_label_makes_no_twin(self, lab: Lab) -> None:
        """A label is one account's: a second key with it must raise Taken."""
        lab.require(Feature.LABEL)
        key = lab.key("mia")
        await lab.create(key)
        outcome = await lab.try_one(Create(replace(key, passphrase=Secret(lab.passphrase()))))
        assert isinstance(outcome.error, Rejected), (
            f"A second key with the same label gave {outcome.error!r} instead of Taken."
        )
        assert len(lab.mine(await lab.network.read())) == 1, "A refused key was made all the same."

    @pytest.mark.parametrize("what", ["passphrase", "vlan", "end"])
    async def test_a_changed_key_converges(self, lab: Lab, what: str) -> None:
        """Whatever changes of a key, the core's next round must bring it there, by update() or anew."""
        needs = {"passphrase": Feature.CHOOSE_PASSPHRASE, "vlan": Feature.VLAN, "end": Feature.EXPIRY}
        lab.require(needs[what])
        old = lab.key()
        await lab.settled([old], "making a key")
        if what == "passphrase":
            changes = [replace(old, passphrase=Secret(lab.passphrase()))]
        elif what == "vlan":
            one, two = await lab.vlans(2)
            changes = [replace(old, vlan=one), replace(old, vlan=two), old]
        else:
            ends = lab.clock.now() + timedelta(days=3)
            changes = [replace(old, ends=ends), replace(old, ends=ends + timedelta(hours=5)), old]
        for key in changes:
            await lab.settled([key], f"a changed {what}")
        if what == "passphrase":
            await lab.refused(old, "The old passphrase of a changed key still works.")

    async def test_a_second_round_changes_nothing(self, lab: Lab) -> None:
        """What was written must read back the same, or the core would write it again for ever."""
        vlans: list[int | None] = [None, None]
        if lab.has(Feature.VLAN):
            vlans = [await lab.segment(), None]
        day = lab.clock.now().replace(microsecond=0)
        keys = [lab.key("mia", vlans[0], day + timedelta(days=1, seconds=1)), lab.key("ben", vlans[1])]
        await lab.settled(keys, "making keys")
        if not lab.live:
            lab.vendor.forget()
            await lab.rounds.run(keys)
            writes = lab.vendor.calls("PUT", "PATCH", "DELETE")
            assert writes == 0, f"A round without any change wrote {writes} times."

    async def test_many_changes_at_once(self, lab: Lab) -> None:
        """A first round brings everybody's key in one apply(): batches must keep every one of them."""
        room = lab.network.limits.keys
        there = len(await lab.network.read())
        count = MANY if room is None else min(MANY, room - there)
        keys = [lab.key(f"m{number}") for number in range(count)]
        await lab.settled(keys, f"{count} new keys at once")
        fewer = [lab.key(f"m{number}") if number % 2 else keys[number] for number in range(count - 5)]
        await lab.settled(fewer, "ending some keys and changing others at once")
        await lab.settled([], "ending all keys at once")

    async def test_one_refused_key_lets_the_others_go_on(self, lab: Lab) -> None:
        """Rejected, Taken and Full concern one key. apply() must go on with the next one."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        bad = lab.key("bad", passphrase="x" * (lab.network.limits.passphrase_max + 1))
        good = [lab.key("mia"), lab.key("ben")]
        changes = [Create(good[0]), Create(bad), Create(good[1])]
        outcomes = await lab.apply(*changes)
        told = [None if one.error is None else type(one.error).__name__ for one in outcomes]
        assert len(outcomes) == 3, f"Three changes, one of them refused, gave {len(outcomes)} outcomes."
        assert [one.change is change for one, change in zip(outcomes, changes, strict=True)] == [True] * 3, (
            "The outcomes are not in the order of their changes."
        )
        assert told[0] is told[2] is None, f"One refused key stopped the others: {told}."
        assert isinstance(outcomes[1].error, Rejected), f"A key that cannot be made gave {told[1]}."
        for key in good:
            await lab.works(key, "A key beside a refused one does not work.")

    async def test_every_change_has_its_outcome(self, lab: Lab) -> None:
        """apply() yields exactly one outcome for each change it tried, in their order."""
        keys = [lab.key(f"m{number}") for number in range(4)]
        refs = [await lab.create(one) for one in keys[:2]]
        changes: list[Change] = [
            Revoke(refs[0], keys[0].label),
            *([Update(refs[1], lab.key("m1"))] if lab.has(Feature.UPDATE) else []),
            Create(keys[2]),
            Create(keys[3]),
        ]
        outcomes = await lab.apply(*changes)
        assert len(outcomes) == len(changes), (
            f"apply() was given {len(changes)} changes and told of {len(outcomes)}."
        )
        in_order = all(one.change is change for one, change in zip(outcomes, changes, strict=True))
        assert in_order, "The outcomes are not in the order of their changes."
        shown = {one.ref for one in await lab.network.read()}
        for one in outcomes[1:]:
            assert one.error is None, f"A plain change was refused: {one.error!r}."
            assert one.ref in shown, "An outcome names a reference that read() does not show."
