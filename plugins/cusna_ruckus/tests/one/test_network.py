"""Do keys come, change and go in a pool as the driver says, whatever RUCKUS One turns out to do?"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cusna_core.api import (
    ConfigError,
    Create,
    Full,
    Key,
    KeyState,
    Missing,
    Rejected,
    Secret,
    Segment,
    Taken,
    Transient,
    Unreachable,
    Update,
)
from cusna_core.testing import HandClock
from cusna_ruckus.one.driver import RuckusOne
from cusna_ruckus.one.fake import Fault, RuckusOneFake
from cusna_ruckus.one.network import RuckusOneNetwork

SSID = "Members"
QUERY = "POST /dpskServices/*/passphrases/query"
Make = Callable[..., RuckusOneNetwork]
Keys = Callable[..., Key]


def row(fake: RuckusOneFake, label: str = "cusna-ab12-mia") -> dict[str, Any]:
    [found] = [one for one in fake.rows(SSID) if one["username"] == label]
    return found


async def state(network: RuckusOneNetwork, label: str = "cusna-ab12-mia") -> KeyState:
    [found] = [one for one in await network.read() if one.label == label]
    return found


class TestCreate:
    async def test_it_says_everything_in_so_many_words(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clock: HandClock
    ) -> None:
        ends = clock.now() + timedelta(hours=15)
        ref = await network.create(key(vlan=120, ends=ends))
        body = next(one.body for one in fake.journal if one.path.endswith("/passphrases"))
        assert '"numberOfDevicesType": "UNLIMITED"' in body
        assert "email" not in body
        assert "phone" not in body
        made = row(fake)
        assert made["expirationDate"] == "2026-11-24T01:00:00Z"  # an hour of grace
        assert made["vlanId"] == 120
        assert "numberOfDevices" not in made
        shown = await state(network)
        assert (shown.ref, shown.vlan, shown.ends) == (ref, 120, ends)

    async def test_a_device_limit(self, make_network: Make, fake: RuckusOneFake, key: Keys) -> None:
        network = make_network(device_limit=2)
        await network.create(key())
        assert row(fake)["numberOfDevices"] == 2
        joined = [await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", f"02:00:00:00:00:0{n}") for n in range(3)]
        assert joined == [0, 0, None]

    async def test_a_device_limit_follows_at_the_next_change(
        self, make_network: Make, fake: RuckusOneFake, key: Keys
    ) -> None:
        ref = await make_network().create(key())
        network = make_network(device_limit=3)
        await network.read()
        await network.update(ref, key(vlan=7))
        assert row(fake)["numberOfDevices"] == 3

    async def test_several_identity_groups(self, make_network: Make, fake: RuckusOneFake, key: Keys) -> None:
        group = fake.house.add_group("Second", fake.pool(SSID).id)
        with pytest.raises(Rejected):
            await make_network().create(key())
        await make_network(identity_group_id=group).create(key())
        assert row(fake)["identityGroupId"] == group

    async def test_a_group_that_is_not_there(self, make_network: Make, key: Keys) -> None:
        with pytest.raises(ConfigError) as refused:
            await make_network(identity_group_id="0" * 32).create(key())
        assert refused.value.path == "identity_group_id"

    @pytest.mark.parametrize("how", ["fail", "409"])
    async def test_a_passphrase_that_is_taken(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, how: Any, told: Any
    ) -> None:
        fake.knobs.dup_passphrase = how
        fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
        with pytest.raises(Taken) as refused:
            await network.create(key(passphrase="printer-on-3rd-floor"))
        assert "printer-on-3rd-floor" not in told(refused.value)

    async def test_a_passphrase_that_a_revoked_key_of_others_has(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.add_row_by_hand(
            SSID, username="Old", passphrase="printer-on-3rd-floor", revocationDate="2026-01-01T00:00:00"
        )
        before = fake.others(SSID)
        with pytest.raises(Taken):
            await network.create(key(passphrase="printer-on-3rd-floor"))
        assert fake.others(SSID) == before

    @pytest.mark.parametrize(
        ("label", "passphrase", "vlan"),
        [
            ("mia", "short", None),
            ("mia", "x" * 64, None),
            ("mia", "grün-und-blau-und-rot", None),
            ("m" * 200, "k7mw-9xqf-2hdt-ju4n", None),
            ("mia", "k7mw-9xqf-2hdt-ju4n", 4095),
            ("mia", "k7mw-9xqf-2hdt-ju4n", 1),
        ],
    )
    async def test_what_cannot_be_is_not_even_asked_for(
        self,
        network: RuckusOneNetwork,
        fake: RuckusOneFake,
        key: Keys,
        label: str,
        passphrase: str,
        vlan: int | None,
    ) -> None:
        with pytest.raises(Rejected):
            await network.create(key(label, passphrase, vlan))
        assert not [one for one in fake.gate.calls if one.endswith("/passphrases")]

    async def test_a_pool_for_longer_passphrases(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.pool(SSID).fields["passphraseLength"] = 24
        await network.read()
        assert network.limits.passphrase_min == 24
        with pytest.raises(Rejected):
            await network.create(key())

    async def test_no_room(self, make_network: Make, fake: RuckusOneFake, key: Keys) -> None:
        """Ten at once cannot all take the last place; what has ended takes none."""
        network = make_network(max_keys=4)
        fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
        fake.add_row_by_hand(
            SSID, username="Old", passphrase="old-old-old-old", revocationDate="2026-01-01T00:00:00"
        )
        changes = [Create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n}")) for n in range(9)]
        outcomes = [one async for one in network.apply(changes)]
        assert [type(one.error) for one in outcomes].count(Full) == 6
        assert len(await network.read()) == 4

    async def test_a_name_that_another_working_key_has(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        """Somebody's copy of our key, with a passphrase of their own, is theirs."""
        fake.add_foreign_key(SSID, "cusna-ab12-mia", "a-passphrase-of-theirs")
        before = fake.others(SSID)
        with pytest.raises(Rejected):
            await network.create(key())
        assert fake.others(SSID) == before


class TestNotifications:
    """A pool may be set to mail every new passphrase in clear; no call can forbid it."""

    async def test_nothing_is_written_that_would_be_mailed(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        ref = await network.create(key())
        fake.pool(SSID).fields["autoNotificationsEnabled"] = True
        [found] = await network.check()
        assert found.code == "ruckus-one.notifies"
        ends = network.update(ref, key(passphrase="new-new-new-new-new"))
        for change in (ends, network.create(key("ben", "more-more-more-more"))):
            with pytest.raises(ConfigError, match="in clear") as refused:
                await change
            assert refused.value.path == "pool"
        assert fake.house.mails == []
        assert len(await network.read()) == 1
        [ended] = await end(network, ref)
        assert ended.error is None, "who may not be here any more is let go all the same"

    async def test_it_goes_on_as_soon_as_they_are_off(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.pool(SSID).fields["autoNotificationsEnabled"] = True
        with pytest.raises(ConfigError):
            await network.create(key())
        fake.pool(SSID).fields["autoNotificationsEnabled"] = False
        await network.create(key())
        assert len(fake.rows(SSID)) == 1


class TestUpdate:
    async def test_only_what_differs_is_sent(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        ref = await network.create(key(vlan=120))
        await network.read()
        assert await network.update(ref, key(vlan=121)) == ref
        [sent] = [one.body for one in fake.journal if one.method == "PATCH"]
        assert sent == '{"vlanId": 121}'
        assert row(fake)["vlanId"] == 121

    async def test_nothing_to_change_is_no_call(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        ref = await network.create(key(vlan=120))
        await network.read()
        before = len(fake.journal)
        await network.update(ref, key(vlan=120))
        assert len(fake.journal) == before

    async def test_devices_stay_known(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        ref = await network.create(key())
        await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01")
        await network.update(ref, key(passphrase="new-new-new-new-new"))
        assert row(fake)["devices"] == [{"mac": "02:00:00:00:00:01"}]

    @pytest.mark.parametrize("clears", [True, False, None])
    async def test_an_end_and_a_vlan_can_be_cleared(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clock: HandClock, clears: bool | None
    ) -> None:
        """By null where that works; else by a new key in the old one's place, with the same passphrase."""
        fake.knobs.null_clears = bool(clears)
        fake.knobs.null_refused = clears is None
        ends = clock.now() + timedelta(days=1)
        ref = await network.create(key(vlan=120, ends=ends))
        after = await network.update(ref, key())
        assert (after == ref) is bool(clears)
        shown = await state(network)
        assert (shown.ref, shown.vlan, shown.ends) == (after, None, None)
        assert await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01") == 0
        # The second time it is known.
        again = await network.create(key("ben", "new-new-new-new-new", 120))
        before = clock.passed
        await network.update(again, key("ben", "more-more-more-more"))
        assert clock.passed - before < 10
        shown = await state(network, "cusna-ab12-ben")
        assert (shown.vlan, shown.passphrase) == (None, Secret("more-more-more-more"))

    async def test_a_cleared_key_keeps_its_passphrase_when_the_new_one_is_taken(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.knobs.null_clears = False
        fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
        first = await network.create(key("ben", "more-more-more-more", 120))
        await network.update(first, key("ben", "more-more-more-more"))
        ref = await network.create(key(vlan=120))
        with pytest.raises(Taken):
            await network.update(ref, key(passphrase="printer-on-3rd-floor"))
        assert row(fake)["passphrase"] == "k7mw-9xqf-2hdt-ju4n"

    async def test_a_success_that_changes_nothing_is_none(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        ref = await network.create(key())
        fake.knobs.silent = True
        with pytest.raises(Rejected, match="nothing has changed"):
            await network.update(ref, key(vlan=120))
        with pytest.raises(Rejected, match="does not show it"):
            await network.create(key("ben", "more-more-more-more"))

    @pytest.mark.parametrize("clears", [True, False])
    async def test_a_pool_that_ends_every_key(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clears: bool
    ) -> None:
        """Its end is taken off, or else the key does not stay: it would die while its plan goes on."""
        fake.knobs.null_clears = clears
        fake.pool(SSID).fields |= {"expirationType": "WEEKS_AFTER_TIME", "expirationOffset": 2}
        if clears:
            await network.create(key())
            assert (await state(network)).ends is None
        else:
            with pytest.raises(Rejected):
                await network.create(key())
            assert fake.rows(SSID) == []

    async def test_it_is_gone(self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys) -> None:
        ref = await network.create(key())
        fake.pool(SSID).rows.clear()
        fake.pool(SSID).shown.clear()
        with pytest.raises(Missing):
            await network.update(ref, key(vlan=120))

    async def test_the_pool_is_gone(self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys) -> None:
        """Never "no keys"."""
        ref = await network.create(key())
        fake.house.pools.clear()
        for call in (network.read(), network.update(ref, key(vlan=120)), network.create(key("ben"))):
            with pytest.raises(ConfigError) as refused:
                await call
            assert refused.value.path == "pool"


class TestEnd:
    @pytest.mark.parametrize("mode", ["auto", "revoke"])
    async def test_revoked_and_back(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, mode: str, end: Any
    ) -> None:
        """The same row comes back, with what has changed meanwhile, and its devices are known."""
        network = make_network(disable_mode=mode)
        ref = await network.create(key(vlan=120))
        await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01")
        [ended] = await end(network, ref)
        assert ended.error is None
        assert row(fake)["revocationReason"] == "cusna: access ended"
        assert await network.read() == []
        assert await network.create(key(passphrase="new-new-new-new-new", vlan=121)) == ref
        assert len(fake.rows(SSID)) == 1
        shown = await state(network)
        assert (shown.ref, shown.vlan) == (ref, 121)
        assert shown.passphrase == Secret("new-new-new-new-new")
        assert "revocationReason" not in row(fake)
        assert row(fake)["devices"] == [{"mac": "02:00:00:00:00:01"}]

    async def test_back_in_another_process(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        ref = await make_network().create(key())
        await end(make_network(), ref)
        assert await make_network().create(key()) == ref
        assert len(fake.rows(SSID)) == 1

    async def test_run_out_and_back(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clock: HandClock
    ) -> None:
        """RUCKUS One ended it while Cusna was down: the same row comes back."""
        ref = await network.create(key(ends=clock.now() + timedelta(hours=2)))
        clock.advance(timedelta(hours=2, minutes=59))
        assert len(await network.read()) == 1  # in its grace it works, so it is there
        clock.advance(timedelta(minutes=2))
        assert await network.read() == []
        assert await network.create(key()) == ref
        assert (await state(network)).ends is None

    @pytest.mark.parametrize("count", [1, 3])
    async def test_a_tenant_that_does_not_revoke(
        self, controller: RuckusOne, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any, count: int
    ) -> None:
        """Detected by looking again, answered by deleting, and remembered for the whole tenant."""
        fake.knobs.tier_without_revoke = True
        network = make_network()
        refs = [await network.create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n}")) for n in range(count + 1)]
        assert [one.error for one in await end(network, *refs[:count])] == [None] * count
        assert len(fake.rows(SSID)) == 1
        patched = sum("PATCH" in one for one in fake.gate.calls)
        await end(make_network(), refs[-1])
        assert sum("PATCH" in one for one in fake.gate.calls) == patched
        assert fake.rows(SSID) == []
        assert [one.code for one in await network.check()] == ["ruckus-one.revoke-does-nothing"]
        await network.create(key("m0", "k7mw-9xqf-2hdt-ju40"))
        assert len(await network.read()) == 1

    async def test_a_tenant_that_does_not_revoke_and_may_not_delete(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        fake.knobs.tier_without_revoke = True
        network = make_network(disable_mode="revoke")
        ref = await network.create(key())
        [ended] = await end(network, ref)
        assert isinstance(ended.error, Rejected)
        assert len(fake.rows(SSID)) == 1

    async def test_by_deleting(self, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any) -> None:
        network = make_network(disable_mode="delete")
        ref = await network.create(key())
        await network.revoke(ref)
        assert fake.rows(SSID) == []
        assert not [one for one in fake.gate.calls if "PATCH" in one]
        await network.revoke(ref)

    @pytest.mark.parametrize("status", [403, 500])
    async def test_devices_that_may_not_be_seen_hold_up_no_end(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, clock: HandClock, status: int
    ) -> None:
        """They are asked for before a passphrase goes, and only to be dropped afterwards."""
        network = make_network(disable_mode="delete")
        ref = await network.create(key())
        ended = await network.read()
        clock.advance(61)
        fake.faults.append(Fault("status", "GET .*/devices$", status, times=9))
        await network.revoke(ref)
        assert fake.rows(SSID) == []
        assert await network.disconnect(ended) == 0

    async def test_one_that_cannot_be_deleted(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        """It spoils the call for all; each by itself, the others go."""
        network = make_network(disable_mode="delete")
        refs = [await network.create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n}")) for n in range(3)]
        fake.pool(SSID).rows[refs[1]]["isReferenced"] = True
        outcomes = await end(network, *refs)
        assert [type(one.error) for one in outcomes] == [type(None), Rejected, type(None)]
        assert [one["id"] for one in fake.rows(SSID)] == [refs[1]]

    async def test_one_that_is_gone_among_others(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        refs = [await network.create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n}")) for n in range(3)]
        del fake.pool(SSID).rows[refs[0]]
        del fake.pool(SSID).shown[refs[0]]
        assert [one.error for one in await end(network, *refs)] == [None] * 3
        assert await network.read() == []

    async def test_two_hundred_in_a_call(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        pool = fake.pool(SSID)
        for number in range(210):
            made = fake.house.add_row(
                pool, {"username": f"cusna-ab12-{number}", "passphrase": f"{number:09}"}
            )
            fake.house.reveal(pool, made["id"])
        refs = [one.ref for one in await network.read()]
        assert all(one.error is None for one in await end(network, *refs))
        assert sum(one == "PATCH /dpskServices/*/passphrases" for one in fake.gate.calls) == 2
        assert await network.read() == []

    async def test_what_was_revoked_by_somebody_else_is_not_ours_to_bring_back_changed(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.add_row_by_hand(
            SSID,
            username="cusna-ab12-mia",
            passphrase="another-another-one",
            revocationDate="2026-01-01T00:00:00",
            revocationReason="left the house",
        )
        before = fake.others(SSID)
        await network.create(key())
        assert fake.others(SSID) == before
        assert len(await network.read()) == 1


class TestLost:
    """The vendor did as it was asked, and nobody heard."""

    @pytest.mark.parametrize("late", [0.3, 8.0])
    async def test_a_create(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, late: float
    ) -> None:
        fake.knobs.apply_s = late
        fake.faults.append(Fault("drop", "POST .*/passphrases$", applied=True))
        with pytest.raises(Unreachable):
            await network.create(key())
        ref = await network.create(key())
        assert [one["id"] for one in fake.rows(SSID)] == [ref]

    async def test_a_create_whose_member_then_chose_another_passphrase(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.faults.append(Fault("drop", "POST .*/passphrases$", applied=True))
        with pytest.raises(Unreachable):
            await network.create(key())
        ref = await network.create(key(passphrase="new-new-new-new-new"))
        assert [one["id"] for one in fake.rows(SSID)] == [ref]
        assert row(fake)["passphrase"] == "new-new-new-new-new"

    async def test_a_create_that_never_came_to_be(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.faults.append(Fault("drop", "POST .*/passphrases$"))
        with pytest.raises(Unreachable):
            await network.create(key())
        await network.create(key())
        assert len(fake.rows(SSID)) == 1

    async def test_a_create_in_another_process(
        self, make_network: Make, fake: RuckusOneFake, key: Keys
    ) -> None:
        """It knows of no doubt; that a passphrase is unique in a pool saves it."""
        fake.knobs.apply_s = 3.0
        fake.faults.append(Fault("drop", "POST .*/passphrases$", applied=True))
        with pytest.raises(Unreachable):
            await make_network().create(key())
        ref = await make_network().create(key())
        assert [one["id"] for one in fake.rows(SSID)] == [ref]

    @pytest.mark.parametrize("late", [0.3, 2.0])
    @pytest.mark.parametrize("vlan", [120, None])
    async def test_an_update_that_is_taken_back(
        self,
        network: RuckusOneNetwork,
        fake: RuckusOneFake,
        key: Keys,
        clock: HandClock,
        late: float,
        vlan: int | None,
    ) -> None:
        """Whether it is done already or still under way when the member changes their mind."""
        ref = await network.create(key(vlan=vlan))
        await network.read()
        fake.knobs.apply_s = late
        fake.faults.append(Fault("drop", "PATCH", applied=True))
        with pytest.raises(Unreachable):
            await network.update(ref, key(vlan=121))
        clock.advance(0.9)
        await network.update(ref, key(vlan=vlan))
        clock.advance(60)
        assert row(fake).get("vlanId") == vlan

    async def test_a_revoke(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        ref = await network.create(key())
        fake.faults.append(Fault("drop", "PATCH", applied=True))
        [first] = await end(network, ref)
        assert isinstance(first.error, Unreachable)
        [second] = await end(network, ref)
        assert second.error is None
        assert await network.read() == []

    async def test_an_activity_that_nobody_tells_of(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.knobs.activity_s = 10_000.0
        with pytest.raises(Unreachable):
            await network.create(key())
        fake.knobs.activity_s = 0.2
        await network.create(key())
        assert len(fake.rows(SSID)) == 1


class TestActivities:
    async def test_a_look_that_fails_is_no_reason_to_give_up(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.faults[:] = [
            Fault("status", "GET /activities", 429),
            Fault("html", "GET /activities", 200, skip=1),
            Fault("drop", "GET /activities", skip=2),
        ]
        fake.knobs.apply_s = 5.0
        await network.create(key())

    @pytest.mark.parametrize("seconds", [0.0, 3.5])
    async def test_it_is_not_there_at_first(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, seconds: float
    ) -> None:
        fake.knobs.activity_s = seconds
        await network.create(key())
        looks = [one.status for one in fake.journal if one.path.startswith("/activities/")]
        assert looks == [*[404] * int(seconds), 200]

    @pytest.mark.parametrize("status", ["INPROGRESS", "PENDING", "OFFLOADED", ""])
    async def test_whatever_it_is_called_it_is_still_at_it(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, status: str
    ) -> None:
        fake.knobs.interim_status = status
        fake.knobs.apply_s = 20.0
        await network.create(key())
        assert len(fake.rows(SSID)) == 1

    async def test_the_schedule(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clock: HandClock
    ) -> None:
        fake.knobs.apply_s = 10_000.0
        with pytest.raises(Unreachable):
            await network.create(key())
        looks = sum(one.startswith("GET /activities") for one in fake.gate.calls)
        assert looks == 40
        assert 99 <= clock.passed <= 102

    async def test_errors_beside_a_success_mean_nothing(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        assert fake.knobs.stray_errors
        await network.create(key())

    async def test_lists_lag(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        fake.knobs.lag_s = 6.0
        ref = await network.create(key())
        assert [one.ref for one in await network.read()] == [ref]
        await network.update(ref, key(vlan=120))
        assert (await state(network)).vlan == 120
        await end(network, ref)
        assert await network.read() == []

    async def test_lists_that_lag_for_long_are_no_proof_that_nothing_was_done(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any, clock: HandClock
    ) -> None:
        """Else keys would be deleted, and the tenant taken for one that revokes and clears nothing."""
        ref = await network.create(key(vlan=120))
        await network.read()
        fake.knobs.lag_s = 60.0
        assert await network.update(ref, key()) == ref
        clock.advance(61)
        assert (await state(network)).vlan is None
        [ended] = await end(network, ref)
        assert ended.error is None
        assert "revocationDate" in row(fake), "revoked, and not deleted"
        assert len(await network.read()) == 1, "not shown yet"
        clock.advance(61)
        assert await network.read() == []
        assert not network._known.revoke_does_nothing
        assert not network._known.null_does_nothing


class TestRead:
    async def test_only_what_works_now(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, clock: HandClock
    ) -> None:
        fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
        fake.add_row_by_hand(SSID, passphrase="a" * 9, revocationDate="2026-01-01T00:00:00")
        fake.add_row_by_hand(SSID, passphrase="b" * 9, expirationDate="2022-12-07T21:39:00")
        fake.add_row_by_hand(SSID, passphrase="c" * 9, expirationDate="2027-12-07T21:39:00")
        shown = await network.read()
        assert sorted(one.passphrase.get_secret_value()[:1] for one in shown if one.passphrase) == ["c", "p"]
        assert network.ssid == SSID

    @pytest.mark.parametrize("size", [1, 2, 7, 500])
    async def test_all_pages(self, network: RuckusOneNetwork, fake: RuckusOneFake, size: int) -> None:
        for number in range(7):
            fake.add_foreign_key(SSID, f"p{number}", f"passphrase-{number}")
        fake.pages(size)
        assert len(await network.read()) == 7

    @pytest.mark.parametrize(
        "body",
        [
            '{"data": [], "totalCount": 3}',
            '{"data": []}',
            '{"totalCount": 0}',
            '{"data": null, "totalCount": 0}',
            '{"data": {}, "totalCount": 0}',
            '{"data": [{"id": "1"}], "totalCount": 0}',
            '{"data": [{"id": "../../1"}], "totalCount": 1}',
            '{"content": [], "totalElements": 0}',
            "[]",
        ],
    )
    async def test_what_does_not_add_up_is_not_believed(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, body: str
    ) -> None:
        fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
        fake.faults.append(Fault("json", "passphrases/query", 200, body))
        with pytest.raises(Transient):
            await network.read()

    async def test_a_list_that_changes_while_it_is_read_is_read_again(
        self, network: RuckusOneNetwork, fake: RuckusOneFake
    ) -> None:
        for number in range(4):
            fake.add_foreign_key(SSID, f"p{number}", f"passphrase-{number}")
        fake.pages(2)
        page = '{"data": [{"id": "1"}, {"id": "2"}], "totalCount": 9}'
        fake.faults.append(Fault("json", "passphrases/query", 200, page))
        assert {one.label for one in await network.read()} == {"p0", "p1", "p2", "p3"}
        fake.faults.append(Fault("json", "passphrases/query", 200, page, times=9))
        with pytest.raises(Transient):
            await network.read()

    async def test_a_search_that_is_ignored(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        fake.knobs.ignore_search = True
        fake.pages(3)
        for number in range(7):
            fake.add_foreign_key(SSID, f"p{number}", f"passphrase-{number}")
        ref = await network.create(key())
        await network.update(ref, key(vlan=9))
        await end(network, ref)
        assert await network.create(key()) == ref


class TestVlans:
    async def test_numbers_that_are_in_use(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        fake.add_foreign_segment(SSID, "Cameras", 66)
        fake.add_row_by_hand(SSID, username="Printer", passphrase="p" * 9, vlanId=67)
        fake.add_row_by_hand(
            SSID, username="Old", passphrase="o" * 9, vlanId=68, revocationDate="2026-01-01T00:00:00"
        )
        ref = await network.create(key(vlan=120))
        await network.ensure_segment(Segment(121, "cusna-ab12-v121"))
        await network.read()
        shown = {one.vlan: (one.name, one.free) for one in await network.segments()}
        assert shown == {
            1: (SSID, False),
            66: ("Cameras", False),
            67: ("Printer", False),
            68: ("Old", False),
            120: ("cusna-ab12-v120", False),
            121: ("cusna-ab12-v121", True),
        }
        await end(network, ref)
        await network.read()
        assert 120 not in {one.vlan for one in await network.segments()}

    @pytest.mark.parametrize("base", [0, 1])
    async def test_wherever_pages_of_networks_begin(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, base: Any
    ) -> None:
        network.ssid = SSID
        for number in range(5):
            fake.add_foreign_segment(SSID, f"n{number}", 60 + number)
        fake.knobs.first_wlan_page = base
        fake.pages(2)
        assert {one.vlan for one in await network.segments()} == {1, 60, 61, 62, 63, 64}


class TestDevices:
    @pytest.mark.parametrize("mode", ["revoke", "delete"])
    async def test_they_are_dropped(
        self, make_network: Make, fake: RuckusOneFake, key: Keys, end: Any, mode: str
    ) -> None:
        network = make_network(disable_mode=mode)
        fake.pages(2)
        mia = await network.create(key())
        await network.create(key("ben", "more-more-more-more"))
        for number in range(5):
            await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", f"02:00:00:00:00:0{number}")
        await fake.join(SSID, "more-more-more-more", "02:00:00:00:00:09")
        assert len(await network.clients()) == 6
        ended = [one for one in await network.read() if one.ref == mia]
        await end(network, mia)
        assert len(fake.online(SSID)) == 6  # that a key ends drops nobody
        assert await network.disconnect(ended) == 5
        assert list(fake.online(SSID)) == ["02:00:00:00:00:09"]
        assert await network.disconnect(ended) == 0

    async def test_a_vendor_that_drops_them_itself(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, end: Any
    ) -> None:
        fake.knobs.drop_on_revoke = True
        mia = await network.create(key())
        await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01")
        ended = await network.read()
        await end(network, mia)
        assert fake.online(SSID) == {}
        assert await network.disconnect(ended) == 0

    async def test_one_that_left_meanwhile(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        await network.create(key())
        for number in range(2):
            await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", f"02:00:00:00:00:0{number}")
        fake.faults.append(Fault("status", "PATCH /venues", 404))
        assert await network.disconnect(await network.read()) == 1

    async def test_many_are_dropped_side_by_side(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        """One call each, at midnight hundreds of them: one after the other would take minutes."""
        await network.create(key())
        for number in range(24):
            await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", f"02:00:00:00:00:{number:02x}")
        ended = await network.read()
        together, served = asyncio.Barrier(8), fake.gate._served

        async def slow(request: Any, handler: Any) -> Any:
            if request.method == "PATCH":
                await asyncio.wait_for(together.wait(), 5)  # or never, where they come one by one
            return await served(request, handler)

        fake.gate._served = slow  # type: ignore[method-assign] # a cloud that takes its time
        assert await network.disconnect(ended) == 24
        assert fake.online(SSID) == {}

    @pytest.mark.parametrize(("status", "error"), [(403, Rejected), (429, Transient), (503, Unreachable)])
    async def test_who_may_not_be_dropped_stops_it(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, status: int, error: type[Exception]
    ) -> None:
        await network.create(key())
        for number in range(24):
            await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", f"02:00:00:00:00:{number:02x}")
        ended = await network.read()
        fake.faults.append(Fault("status", "PATCH /venues", status, times=99))
        with pytest.raises(error):
            await network.disconnect(ended)
        assert sum("PATCH /venues" in one for one in fake.gate.calls) < 24

    async def test_a_device_on_another_network_is_none_of_ours(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        fake.add_foreign_key("Guests", "Guest", "guest-guest-guest")
        await network.create(key())
        await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01")
        ended = await network.read()
        await fake.join("Guests", "guest-guest-guest", "02:00:00:00:00:01")
        assert await network.disconnect(ended) == 0
        assert await network.clients() == []

    async def test_the_cloud_learns_late(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys, clock: HandClock
    ) -> None:
        fake.knobs.client_lag_s = 180.0
        await network.create(key())
        await fake.join(SSID, "k7mw-9xqf-2hdt-ju4n", "02:00:00:00:00:01")
        assert await network.clients() == []
        clock.advance(181)
        [client] = await network.clients()
        assert client.mac == "02:00:00:00:00:01"


class TestCalls:
    """What a call costs, as the benchmark shows it; here only what must not creep up."""

    async def test_an_unchanged_network_costs_its_lists(
        self, network: RuckusOneNetwork, fake: RuckusOneFake
    ) -> None:
        pool = fake.pool(SSID)
        for number in range(1200):
            made = fake.house.add_row(pool, {"username": f"n{number}", "passphrase": f"{number:09}"})
            fake.house.reveal(pool, made["id"])
        await network.read()
        before = len(fake.journal)
        await network.read()
        assert fake.gate.calls[before:] == [QUERY] * 3

    async def test_a_member_s_change(self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys) -> None:
        ref = await network.create(key())
        await network.read()
        before = len(fake.journal)
        await network.update(ref, key(passphrase="new-new-new-new-new"))
        assert fake.gate.calls[before:] == [
            "PATCH /dpskServices/*/passphrases/*",
            "GET /activities/*",
            QUERY,
        ]

    async def test_many_new_keys_share_their_looks(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        await network.read()
        before = len(fake.journal)
        changes = [Create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n:02}")) for n in range(25)]
        outcomes = [one async for one in network.apply(changes)]
        assert [one.change for one in outcomes] == changes
        assert all(one.error is None for one in outcomes)
        calls = fake.gate.calls[before:]
        assert calls.count("POST /dpskServices/*/passphrases") == 25
        assert calls.count("GET /activities/*") == 25
        assert calls.count(QUERY) <= 12

    async def test_what_concerns_all_stops_all(
        self, network: RuckusOneNetwork, fake: RuckusOneFake, key: Keys
    ) -> None:
        await network.read()
        fake.faults.append(Fault("status", "POST .*/passphrases$", 429, skip=3, times=99))
        changes = [Create(key(f"m{n}", f"k7mw-9xqf-2hdt-ju4{n:02}")) for n in range(25)]
        outcomes = [one async for one in network.apply([*changes, Update("x", key())])]  # type: ignore[arg-type]
        errors = [one for one in outcomes if one.error is not None]
        assert len(outcomes) - len(errors) == 3
        assert all(isinstance(one.error, Transient) for one in errors)
        assert len(outcomes) <= 14
        order = [changes.index(one.change) for one in outcomes]  # type: ignore[arg-type]
        assert order == sorted(order)
