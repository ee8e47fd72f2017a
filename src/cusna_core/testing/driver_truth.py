"""Does every flag tell the truth, both ways? What is claimed works; what is not claimed is absent."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cusna_core.api import Create, FakeWifi, Feature, Outcome, PluginError, Secret, Unsupported, Update
from cusna_core.testing.clock import abroad
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.ground import FOREIGN_SEGMENT, FOREIGN_VLAN
from cusna_core.testing.lab import Lab

LATE = timedelta(hours=48)
"""So much later than its end a vendor may end a key by itself: the core revokes it in time."""


class Truth(DriverBase):
    async def test_features_and_limits_make_sense(self, lab: Lab) -> None:
        """Set `features` and `limits` in the network's __init__; the core reads them before any call."""
        features, limits = lab.network.features, lab.network.limits
        assert Feature.DISCONNECT in features or Feature.DISCONNECT_IS_GROUPWIDE not in features, (
            "DISCONNECT_IS_GROUPWIDE says how DISCONNECT works: claim it with that only."
        )
        assert Feature.CHOOSE_PASSPHRASE in features or Feature.READ_PASSPHRASE in features, (
            "Where nobody chooses a passphrase and nobody can read it, no member can be told one."
        )
        assert Feature.LABEL in features or Feature.CHOOSE_PASSPHRASE in features, (
            "Where keys have no label, the passphrase that we choose is how they are known."
        )
        assert 8 <= limits.passphrase_min <= limits.passphrase_max <= 63, "WPA2 takes 8 to 63 characters."
        assert 1 <= limits.vlan_min <= limits.vlan_max <= 4094, "VLANs are 1 to 4094."
        assert limits.keys is None or limits.keys > 0, "A network without room for a key is none."

    async def test_it_can_vlans_or_says_so(self, lab: Lab) -> None:
        """Not claimed: segments() and ensure_segment() raise Unsupported, and a key with a VLAN is refused.

        Never put such a key on the default network: it would mix a company's traffic with strangers'.
        """
        if not lab.has(Feature.VLAN):
            await self._absent(lab.network.segments(), "segments()", "VLAN")
            await self._absent(lab.network.ensure_segment(lab.segment_of(120)), "ensure_segment()", "VLAN")
            key = lab.key(vlan=120)
            try:
                outcome = await lab.try_one(Create(key))
            except PluginError as error:
                outcome = Outcome(Create(key), error=error)
            assert outcome.error is not None, "A key with a VLAN was made on a network that claims none."
            assert not lab.mine(await lab.network.read()), "A key with a VLAN was refused, and is there."
            await lab.refused(key, "A key with a VLAN, which the network cannot do, works all the same.")
            return
        if not lab.live:
            segments = {one.vlan: one for one in await lab.network.segments()}
            assert FOREIGN_VLAN in segments, (
                f"segments() does not show VLAN {FOREIGN_VLAN}, which somebody made by hand. The core would "
                "give its number to a company."
            )
            assert segments[FOREIGN_VLAN].name == FOREIGN_SEGMENT, (
                f"segments() calls a VLAN {segments[FOREIGN_VLAN].name!r} that the vendor calls "
                f"{FOREIGN_SEGMENT!r}: the core must see whose it is."
            )
        vlan = await lab.segment()
        assert vlan in {one.vlan for one in await lab.network.segments()}, (
            "ensure_segment() succeeded, and segments() does not show the VLAN."
        )
        await lab.network.ensure_segment(lab.segment_of(vlan))
        same = [one for one in await lab.network.segments() if one.vlan == vlan]
        assert len(same) == 1, f"Ensuring a VLAN twice made {len(same)} of it."

    async def test_it_shows_labels_or_says_so(self, lab: Lab) -> None:
        """Claimed: read() shows the label to the letter. Not claimed: None, for the core would own by it."""
        key = lab.key()
        shown = (await lab.state(await lab.create(key))).label
        if lab.has(Feature.LABEL):
            assert shown == key.label, "read() does not show the label that the key was made with."
        else:
            assert shown is None, "read() shows a label, and the network does not claim LABEL."

    async def test_it_shows_passphrases_or_says_so(self, lab: Lab) -> None:
        """Claimed: read() shows the passphrase to the letter, as a Secret. Not claimed: None."""
        key = lab.key()
        shown = (await lab.state(await lab.create(key))).passphrase
        if not lab.has(Feature.READ_PASSPHRASE):
            assert shown is None, "read() shows a passphrase, and the network does not claim READ_PASSPHRASE."
            return
        assert isinstance(shown, Secret), (
            f"The network claims READ_PASSPHRASE, and read() shows {type(shown).__name__} for it: a Secret."
        )
        if lab.has(Feature.CHOOSE_PASSPHRASE):
            same = shown.get_secret_value() == key.passphrase.get_secret_value()
            assert same, "read() shows another passphrase than the key was made with."

    async def test_it_takes_our_passphrase_or_says_so(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """Claimed: the passphrase that we chose opens the WiFi. Not claimed: the vendor makes one up."""
        key = lab.key()
        await lab.create(key)
        vlan = await fake_wifi.join(lab.ssid, key.passphrase.get_secret_value(), lab.mac())
        if lab.has(Feature.CHOOSE_PASSPHRASE):
            assert vlan is not None, "The passphrase that we chose does not open the WiFi."
        else:
            assert vlan is None, "The passphrase that we chose works: claim CHOOSE_PASSPHRASE."

    async def test_it_updates_or_says_so(self, lab: Lab) -> None:
        """Claimed: update() changes the key that is there. Not claimed: it raises Unsupported."""
        key = lab.key()
        ref = await lab.create(key)
        new = replace(key, passphrase=Secret(lab.passphrase()))
        if not lab.has(Feature.UPDATE):
            await self._absent(lab.network.update(ref, new), "update()", "UPDATE")
            await lab.works(key, "A key was broken by an update() that is not claimed.")
            return
        count = len(await lab.network.read())
        again = await lab.do(Update(ref, new))
        after = len(await lab.network.read())
        assert after == count, f"update() turned {count} keys into {after}."
        shown = await lab.state(again)
        if lab.has(Feature.LABEL):
            assert shown.label == key.label, "update() lost the key's label."
        await lab.works(new, "An updated key does not work with its new passphrase.")
        await lab.refused(key, "An updated key still works with its old passphrase.")
        other = lab.key("ben")
        await lab.create(other)
        outcome = await lab.try_one(Update(again, replace(new, passphrase=other.passphrase)))
        assert outcome.error is not None, "update() gave two keys the same passphrase: it must raise Taken."
        await lab.works(new, "A key was broken by an update() that was refused.")

    async def test_it_ends_keys_or_says_so(self, lab: Lab) -> None:
        """Claimed: the vendor keeps the end, shows it and ends the key. Not claimed: it knows no ends."""
        ends = lab.clock.now().replace(microsecond=0) + timedelta(hours=3, seconds=7)
        key = lab.key(ends=ends)
        with abroad():
            ref = await lab.create(key)
            await lab.works(key, "A key with an end does not work before it.")
            shown = (await lab.state(ref)).ends
        if lab.has(Feature.EXPIRY):
            assert shown is not None, "The network claims EXPIRY, and read() shows no end for a key with one."
            assert shown.tzinfo is not None, "read() shows an end without a zone: say UTC."
            assert abs(shown - ends) < timedelta(seconds=1), (
                f"read() shows {shown} for a key's end at {ends}, on a machine in another zone than UTC."
            )
        else:
            assert shown is None, "read() shows an end, and the network does not claim EXPIRY."
        if lab.live:
            return
        lab.advance(3 * 3600 - 60)
        await lab.works(key, "A key stopped before its end.")
        lab.advance(60 + 7 + LATE.total_seconds())
        if lab.has(Feature.EXPIRY):
            await lab.refused(key, "The network claims EXPIRY, and a key works two days after its end.")
        else:
            await lab.works(key, "The vendor ends keys by itself: claim EXPIRY, or do not tell it the end.")

    async def test_a_key_without_an_end_has_none(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """A plan without an end is open: say "never" to the vendor, also when the key had an end before."""
        open_ended = lab.key("mia")
        day = lab.clock.now() + timedelta(days=1)
        had_one = lab.key("ben", ends=day)
        await lab.settled([open_ended, had_one], "making two keys")
        had_one = replace(had_one, ends=None)
        await lab.settled([open_ended, had_one], "opening the end of one")
        for state in lab.mine(await lab.network.read()):
            assert state.ends is None, f"read() shows the end {state.ends} for a key that has none."
        lab.advance(timedelta(days=400).total_seconds())
        await lab.works(open_ended, "A key without an end stopped within 400 days.")
        await lab.works(had_one, "A key whose end was taken away stopped within 400 days.")

    async def test_it_lists_clients_or_says_so(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """Claimed: who is connected is listed, with the VLAN or the key. Not claimed: Unsupported."""
        if not lab.has(Feature.CLIENTS):
            await self._absent(lab.network.clients(), "clients()", "CLIENTS")
            return
        assert not await lab.network.clients(), "clients() lists somebody where nobody is."
        key = lab.key(vlan=await lab.segment() if lab.has(Feature.VLAN) else None)
        ref, mac = await lab.create(key), lab.mac()
        await lab.works(key, "A new key does not work.", mac)
        shown = {one.mac.lower(): one for one in await lab.network.clients()}
        assert set(shown) == {mac}, f"clients() lists {len(shown)} devices where one is connected."
        assert shown[mac].ref in (None, ref), "clients() says that a device uses another key than it does."
        assert shown[mac].vlan in (None, key.vlan), (
            f"clients() says VLAN {shown[mac].vlan} of a device in VLAN {key.vlan}."
        )

    async def test_it_disconnects_or_says_so(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """Claimed: whose key was revoked is dropped, and nobody else, except as GROUPWIDE says."""
        states = [await lab.state(await lab.create(lab.key("old")))]
        if not lab.has(Feature.DISCONNECT):
            await self._absent(lab.network.disconnect(states), "disconnect()", "DISCONNECT")
            return
        vlans: list[int | None] = [None, None]
        if lab.has(Feature.VLAN):
            vlans = list(await lab.vlans(2))
        mia, neighbour, far = (lab.key("mia", vlans[0]), lab.key("ben", vlans[0]), lab.key("eve", vlans[1]))
        macs = [lab.mac() for _ in range(3)]
        refs = []
        for key, mac in zip((mia, neighbour, far), macs, strict=True):
            refs.append(await lab.create(key))
            await lab.works(key, "A new key does not work.", mac)
        ended = [await lab.state(refs[0])]
        await lab.revoke(refs[0], mia)
        dropped = await lab.network.disconnect(ended)
        online = fake_wifi.online(lab.ssid)
        assert macs[0] not in online, "disconnect() left the device of a revoked key connected."
        assert dropped >= 1, "disconnect() must say how many devices it dropped."
        if lab.has(Feature.DISCONNECT_IS_GROUPWIDE):
            # It may be back already: its own key works on.
            assert macs[1] not in online or dropped > 1, (
                "Nobody else was dropped: do not claim DISCONNECT_IS_GROUPWIDE."
            )
        else:
            assert macs[1] in online, "A neighbour of the same VLAN was dropped: claim ..._IS_GROUPWIDE."
        if vlans[0] != vlans[1] or not lab.has(Feature.DISCONNECT_IS_GROUPWIDE):
            assert macs[2] in online, "disconnect() dropped somebody of another VLAN."
        assert await lab.network.disconnect([]) == 0, "disconnect() of nobody dropped somebody."

    async def _absent(self, call: Awaitable[Any], what: str, flag: str) -> None:
        try:
            await call
        except Unsupported:
            return
        except PluginError as error:
            pytest.fail(f"{what} raised {type(error).__name__}. {flag} is not claimed: raise Unsupported.")
        pytest.fail(f"{what} works, and the network does not claim {flag}: claim it, or raise Unsupported.")
