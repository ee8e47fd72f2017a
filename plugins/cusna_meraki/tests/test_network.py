"""Do keys work, change and end as they should, and does everything else stay as it was?"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cusna_core.api import (
    Clock,
    ConfigError,
    Feature,
    Full,
    Key,
    Missing,
    Ref,
    Rejected,
    Segment,
    SegmentState,
    Taken,
    Unreachable,
    Update,
)
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import Fault, MerakiFake
from cusna_meraki.network import MerakiNetwork

TONIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
MakeKey = Callable[..., Key]
MakeNetwork = Callable[..., MerakiNetwork]
MAC = "02:00:00:00:00:01"


def written(fake: MerakiFake) -> list[str]:
    return [entry.method for entry in fake.journal if entry.method != "GET"]


async def test_a_key_works_with_its_vlan_and_is_read_back(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.ensure_segment(Segment(120, "cusna-ab12-acme"))
    wanted = key("mia", "green-river-42", 120, TONIGHT)
    ref = await network.create(wanted)
    assert await fake.join("Members", "green-river-42", MAC) == 120
    assert await fake.join("Members", "green-river-43", MAC) is None
    [state] = await network.read()
    assert (state.ref, state.label, state.passphrase) == (ref, wanted.label, wanted.passphrase)
    assert (state.vlan, state.ends) == (120, TONIGHT)


async def test_a_key_without_a_vlan_lands_in_the_default_network(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.create(key("mia", "green-river-42"))
    await network.create(key("ben", "blue-mountain-7"))
    association = fake.associate("Members", "green-river-42", MAC)
    assert association is not None
    assert (association.group_policy, association.vlan) == ("cusna-ab12-base", 0)
    assert [state.vlan for state in await network.read()] == [None, None]
    assert [policy["name"] for policy in fake.site.policies.values()] == ["House devices", "cusna-ab12-base"]


async def test_what_others_made_stays_to_the_letter(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    fake.cloud.add_policy(
        fake.site, {"name": "Printers", "vlanTagging": {"settings": "custom", "vlanId": "50"}}
    )
    before = fake.cloud.unmanaged("cusna-ab12-")
    await network.ensure_segment(Segment(120, "x"))
    ref = await network.create(key("mia", "green-river-42", 120))
    await network.update(ref, key("mia", "green-river-43", None, TONIGHT))
    await network.revoke(ref)
    await network.check()
    assert fake.cloud.unmanaged("cusna-ab12-") == before
    [printer] = await network.read()
    assert (printer.label, printer.vlan, printer.ends) == ("Printer", None, None)
    assert fake.foreign_keys("Members") == {"Printer": "printer-printer"}


async def test_a_printer_keeps_its_own_end(fake: MerakiFake, network: MerakiNetwork) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    fake.psks("Members")[0]["expiresAt"] = TONIGHT
    [printer] = await network.read()
    assert printer.ends == TONIGHT, "only our own keys carry a grace"


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("nothing", {}, {}),
    ("passphrase", {"passphrase": "blue-mountain-7"}, {"passphrase": "blue-mountain-7"}),
    ("open end", {"ends": None}, {"expiresAt": None}),
    ("a second more", {"ends": TONIGHT + timedelta(seconds=1)}, {}),
    ("two seconds less", {"ends": TONIGHT - timedelta(seconds=2)}, {"expiresAt": "2026-11-23T23:59:58Z"}),
    ("later", {"ends": TONIGHT + timedelta(days=7)}, {"expiresAt": "2026-12-01T00:00:00Z"}),
    ("label", {"member": "mia-2"}, {"name": "cusna-ab12-mia-2"}),
]


@pytest.mark.parametrize(("change", "sent"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
async def test_an_update_sends_what_differs_and_nothing_else(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, change: dict[str, Any], sent: dict[str, Any]
) -> None:
    key_as = {"member": "mia", "passphrase": "green-river-42", "ends": TONIGHT}
    ref = await network.create(key(**key_as))
    assert await network.update(ref, key(**key_as | change)) == ref
    puts = [entry.json for entry in fake.journal if entry.method == "PUT"]
    assert puts == ([sent] if sent else [])


async def test_another_company_is_another_group_policy(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.ensure_segment(Segment(120, "x"))
    ref = await network.create(key("mia", "green-river-42"))
    await network.update(ref, key("mia", "green-river-42", 120))
    assert await fake.join("Members", "green-river-42", MAC) == 120
    assert set(fake.journal[-1].json) == {"groupPolicyId"}


@pytest.mark.parametrize("lost_microsecond", [False, True])
async def test_an_end_comes_back_as_it_was_meant(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, lost_microsecond: bool
) -> None:
    fake.knobs.expiry_minus_1us = lost_microsecond
    ref = await network.create(key("mia", "green-river-42", None, TONIGHT))
    assert [state.ends for state in await network.read()] == [TONIGHT]
    await network.update(ref, key("mia", "green-river-42", None, TONIGHT))
    assert "PUT" not in written(fake)


async def test_a_fraction_of_a_second_never_ends_a_key_early(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.create(key("mia", "green-river-42", None, TONIGHT - timedelta(microseconds=1)))
    assert [psk["expiresAt"] for psk in fake.psks("Members")] == [TONIGHT + timedelta(hours=1)]


async def test_the_vendor_ends_a_key_after_the_grace_if_nobody_else_does(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey, clock: Clock
) -> None:
    network = make_network(expiry_grace=2)
    await network.create(key("mia", "green-river-42", None, clock.now() + timedelta(hours=1)))
    await network.create(key("ben", "blue-mountain-7"))
    await clock.sleep(3 * 3600 - 1)
    assert await fake.join("Members", "green-river-42", MAC) == 0
    await clock.sleep(2)
    assert await fake.join("Members", "green-river-42", MAC) is None
    assert await fake.join("Members", "blue-mountain-7", MAC) == 0
    assert len(await network.read()) == 2, "an ended key still holds its name: it must be seen"


async def test_a_key_that_is_gone_cannot_be_changed(network: MerakiNetwork, key: MakeKey) -> None:
    with pytest.raises(Missing):
        await network.update(Ref("1284392000999"), key("mia", "green-river-42"))


async def test_an_invisible_network_is_never_an_empty_one(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    ref = await network.create(key("mia", "green-river-42"))
    del fake.cloud.sites[fake.site.id]
    wanted = key("ben", "blue-mountain-7")
    for call in (
        network.read,
        network.segments,
        network.clients,
        lambda: network.ensure_segment(Segment(120, "x")),
        lambda: network.create(wanted),
        lambda: network.update(ref, wanted),
        lambda: network.revoke(ref),
    ):
        with pytest.raises(ConfigError) as caught:
            await call()
        assert caught.value.path == "network_id"


async def test_a_vanished_network_is_seen_with_everything_known_before(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.create(key("mia", "green-river-42"))
    del fake.cloud.sites[fake.site.id]
    with pytest.raises(ConfigError):
        await network.create(key("ben", "blue-mountain-7"))


async def test_a_delete_that_says_gone_but_is_not_is_no_success(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    ref = await network.create(key("mia", "green-river-42"))
    fake.faults.append(Fault("status", match="DELETE", status=404))
    with pytest.raises(Rejected):
        await network.revoke(ref)


REFUSALS: list[tuple[str, str, str, type[Rejected]]] = [
    ("name", "mia", "blue-mountain-7", Taken),
    ("passphrase", "ben", "green-river-42", Taken),
    ("too short", "ben", "short", Rejected),
]


@pytest.mark.parametrize(
    ("member", "passphrase", "error"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
async def test_what_a_refused_key_means_is_found_by_looking(
    fake: MerakiFake,
    network: MerakiNetwork,
    key: MakeKey,
    told: Callable[[BaseException], str],
    member: str,
    passphrase: str,
    error: type[Rejected],
) -> None:
    await network.create(key("mia", "green-river-42"))
    with pytest.raises(Rejected) as caught:
        await network.create(key(member, passphrase))
    assert type(caught.value) is error
    assert passphrase not in told(caught.value)
    assert len(fake.psks("Members")) == 1


async def test_an_end_in_the_past_is_refused(network: MerakiNetwork, key: MakeKey, clock: Clock) -> None:
    with pytest.raises(Rejected):
        await network.create(key("mia", "green-river-42", None, clock.now() - timedelta(hours=2)))


@pytest.mark.parametrize("scope", ["ssid", "network"])
async def test_a_full_ssid_says_so(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey, scope: Any
) -> None:
    fake.knobs.max_psks, fake.knobs.max_psks_scope = 1, scope
    network = make_network(max_keys=1)
    await network.create(key("mia", "green-river-42"))
    with pytest.raises(Full):
        await network.create(key("ben", "blue-mountain-7"))
    assert network.limits.keys == 1


async def test_two_passphrases_cannot_be_swapped_and_nothing_breaks(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    mia = await network.create(key("mia", "green-river-42"))
    ben = await network.create(key("ben", "blue-mountain-7"))
    swap = [Update(mia, key("mia", "blue-mountain-7")), Update(ben, key("ben", "green-river-42"))]
    outcomes = [outcome async for outcome in network.apply(swap)]
    assert [type(outcome.error) for outcome in outcomes] == [Taken, Taken]
    passphrases = {psk["name"]: psk["passphrase"] for psk in fake.psks("Members")}
    assert passphrases == {"cusna-ab12-mia": "green-river-42", "cusna-ab12-ben": "blue-mountain-7"}


async def test_where_an_end_cannot_be_taken_off_the_key_is_replaced(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    fake.knobs.null_clears_expiry = False
    ref = await network.create(key("mia", "green-river-42", None, TONIGHT))
    new = await network.update(ref, key("mia", "green-river-42"))
    [state] = await network.read()
    assert new != ref
    assert (state.ref, state.ends) == (new, None)
    assert await fake.join("Members", "green-river-42", MAC) == 0


async def test_a_refused_change_never_costs_a_member_the_key(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    ref = await network.create(key("mia", "green-river-42", None, TONIGHT))
    fake.site.ssids[0]["authMode"] = "psk"
    with pytest.raises(Rejected):
        await network.update(ref, key("mia", "green-river-42"))
    fake.site.ssids[0]["authMode"] = "ipsk-without-radius"
    fake.knobs.null_clears_expiry = False
    with pytest.raises(Rejected):
        await network.update(ref, key("mia", "short"))
    assert [psk["id"] for psk in fake.psks("Members")] == [ref]
    assert await fake.join("Members", "green-river-42", MAC) == 0


# Answers that are lost


async def test_a_create_whose_answer_is_lost_is_not_repeated(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.read()
    fake.faults.append(Fault("status", match="POST .*identityPsks", status=502, applied=True))
    wanted = key("mia", "green-river-42")
    with pytest.raises(Unreachable):
        await network.create(wanted)
    assert [call for call in fake.gate.calls if call.endswith("identityPsks")].count(
        f"POST /api/v1/networks/{fake.site.id}/wireless/ssids/0/identityPsks"
    ) == 1
    [state] = await network.read()
    assert (state.label, state.passphrase) == (wanted.label, wanted.passphrase), "recognised by its label"
    with pytest.raises(Taken):
        await network.create(wanted)


@pytest.mark.parametrize("kind", ["drop", "html"])
@pytest.mark.parametrize("applied", [False, True])
async def test_changes_with_a_lost_answer_can_be_asked_again(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, kind: Any, applied: bool
) -> None:
    ref = await network.create(key("mia", "green-river-42"))
    wanted = key("mia", "blue-mountain-7")
    for method, call in (
        ("PUT", lambda: network.update(ref, wanted)),
        ("DELETE", lambda: network.revoke(ref)),
    ):
        # Twice: aiohttp itself repeats a PUT or DELETE (never a POST) on a connection that just broke.
        fake.faults.append(Fault(kind, match=method, applied=applied, times=2 if kind == "drop" else 1))
        with pytest.raises(Unreachable):
            await call()
        await call()
        if method == "PUT":
            assert [state.passphrase for state in await network.read()] == [wanted.passphrase]
    assert await network.read() == []


async def test_a_policy_whose_answer_is_lost_is_found_again(fake: MerakiFake, network: MerakiNetwork) -> None:
    fake.faults.append(Fault("drop", match="POST .*groupPolicies", applied=True))
    with pytest.raises(Unreachable):
        await network.ensure_segment(Segment(120, "x"))
    await network.ensure_segment(Segment(120, "x"))
    assert [policy["name"] for policy in fake.site.policies.values()].count("cusna-ab12-v120") == 1


# VLANs


async def test_segments_show_every_vlan_that_is_in_use(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    fake.cloud.add_policy(
        fake.site, {"name": "Cameras", "vlanTagging": {"settings": "custom", "vlanId": "60"}}
    )
    fake.cloud.set_up_ssid(fake.site, "Guests", 3)
    fake.site.ssids[3] |= {
        "useVlanTagging": True,
        "defaultVlanId": 70,
        "apTagsAndVlanIds": [{"tags": ["x"], "vlanId": 71}],
    }
    await network.ensure_segment(Segment(120, "x"))
    assert await network.segments() == [
        SegmentState(120, "cusna-ab12-v120", free=True),
        SegmentState(60, "Cameras"),
        SegmentState(70, "SSID Guests"),
        SegmentState(71, "SSID Guests"),
    ]


async def test_a_policy_somebody_bent_is_put_right(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.ensure_segment(Segment(120, "x"))
    acme = await network.create(key("mia", "green-river-42", 120))
    free = await network.create(key("ben", "blue-mountain-7"))
    for policy in fake.site.policies.values():
        if policy["name"].startswith("cusna-"):
            policy["vlanTagging"] = {"settings": "custom", "vlanId": "999"}
    assert [state.vlan for state in await network.read()] == [999, 999]
    assert not any(state.free for state in await network.segments()), "999 may be somebody's"
    await network.ensure_segment(Segment(120, "x"))
    await network.update(free, key("ben", "blue-mountain-7"))
    assert [state.vlan for state in await network.read()] == [120, None]
    fake.site.policies[fake.psks("Members")[0]["groupPolicyId"]]["vlanTagging"] = {"settings": "ignore"}
    await network.read()
    await network.update(acme, key("mia", "green-river-42", 120))
    assert await fake.join("Members", "green-river-42", MAC) == 120


async def test_a_company_has_a_policy_of_ours_also_where_its_vlan_exists_by_another(
    network: MerakiNetwork, key: MakeKey, fake: MerakiFake
) -> None:
    fake.cloud.add_policy(fake.site, {"name": "Acme", "vlanTagging": {"settings": "custom", "vlanId": "120"}})
    await network.create(key("mia", "green-river-42", 120))
    association = fake.associate("Members", "green-river-42", MAC)
    assert association is not None
    assert (association.group_policy, association.vlan) == ("cusna-ab12-v120", 120)


async def test_the_name_that_people_see_is_told_and_kept_up(
    fake: MerakiFake, make_network: MakeNetwork, clock: Clock
) -> None:
    network = make_network()
    await network.check()
    assert network.ssid == "Members"
    fake.site.ssids[0]["name"] = "Members 5G"
    await clock.sleep(3600)
    await network.read()
    assert network.ssid == "Members 5G"


async def test_a_policy_deleted_meanwhile_is_noticed_and_made_anew(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    await network.read()
    ref = await network.create(key("mia", "green-river-42"))
    await network.revoke(ref)
    fake.site.policies.clear()
    with pytest.raises(Rejected):
        await network.create(key("mia", "green-river-42"))
    await network.create(key("mia", "green-river-42"))
    assert await fake.join("Members", "green-river-42", MAC) == 0


async def test_policies_are_made_one_at_a_time(
    fake: MerakiFake, controller: Meraki, make_network: MakeNetwork, key: MakeKey
) -> None:
    fake.knobs.parallel_policy_400 = True
    networks = [make_network(), make_network(ssid_number=fake.cloud.set_up_ssid(fake.site, "Studio"))]
    work = [network.ensure_segment(Segment(vlan, "x")) for vlan in (120, 121) for network in networks]
    keys = [network.create(key("mia", "green-river-42")) for network in networks]
    await asyncio.gather(*work, *keys)
    names = sorted(policy["name"] for policy in fake.site.policies.values())
    assert names == ["House devices", "cusna-ab12-base", "cusna-ab12-v120", "cusna-ab12-v121"]
    assert networks[0].segment_domain() == networks[1].segment_domain()
    assert networks[0].identity() != networks[1].identity()


async def test_no_more_policies_than_allowed(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey
) -> None:
    network = make_network(max_group_policies=2)
    await network.ensure_segment(Segment(120, "x"))
    with pytest.raises(Full):
        await network.ensure_segment(Segment(121, "x"))
    with pytest.raises(Full):
        await network.create(key("mia", "green-river-42"))
    assert len(fake.site.policies) == 2


@pytest.mark.parametrize("mode", ["NAT mode", "VPN"])
async def test_a_vlan_is_refused_where_the_ssid_would_ignore_it(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, mode: str, clock: Clock
) -> None:
    await network.ensure_segment(Segment(120, "x"))
    ref = await network.create(key("mia", "green-river-42", 120))
    fake.site.ssids[0]["ipAssignmentMode"] = mode
    assert await fake.join("Members", "green-river-42", MAC) == 0, "the cloud says nothing, and mixes"
    await clock.sleep(61)
    for call in (
        lambda: network.ensure_segment(Segment(121, "x")),
        lambda: network.create(key("ben", "blue-mountain-7", 120)),
        lambda: network.update(ref, key("mia", "blue-mountain-7", 120)),
    ):
        with pytest.raises(ConfigError) as caught:
            await call()
        assert caught.value.path == "ssid_number"
    await network.create(key("ben", "blue-mountain-7"))


async def test_everybody_may_have_a_policy_of_the_admins(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey
) -> None:
    fake.cloud.add_policy(
        fake.site, {"name": "10 Mbit", "vlanTagging": {"settings": "custom", "vlanId": "30"}}
    )
    network = make_network(default_group_policy="10 Mbit")
    await network.create(key("mia", "green-river-42"))
    assert [state.vlan for state in await network.read()] == [None], "whatever VLAN it has, it is the default"
    assert await fake.join("Members", "green-river-42", MAC) == 30
    assert SegmentState(30, "10 Mbit") in await network.segments()
    assert len(fake.site.policies) == 2
    absent = make_network(default_group_policy="20 Mbit")
    with pytest.raises(ConfigError) as caught:
        await absent.create(key("ben", "blue-mountain-7"))
    assert caught.value.path == "default_group_policy"


# Passphrases that are not shown


@pytest.mark.parametrize("mask", ["stars", "absent"])
async def test_hidden_passphrases_are_no_passphrases(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, mask: Any
) -> None:
    ref = await network.create(key("mia", "green-river-42"))
    assert Feature.READ_PASSPHRASE in network.features
    fake.knobs.mask_passphrases = mask
    assert [state.passphrase for state in await network.read()] == [None]
    assert Feature.READ_PASSPHRASE not in network.features, "a claim must hold"
    await network.update(ref, key("mia", "blue-mountain-7"))
    assert await fake.join("Members", "blue-mountain-7", MAC) == 0
    with pytest.raises(Rejected):
        await network.create(key("ben", "blue-mountain-7"))
    fake.knobs.mask_passphrases = "no"
    await network.read()
    assert Feature.READ_PASSPHRASE in network.features


# Devices


async def test_devices_are_known_by_their_key(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey
) -> None:
    network = make_network(disconnect=True)
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    await network.ensure_segment(Segment(120, "x"))
    ref = await network.create(key("mia", "green-river-42", 120))
    for n in range(3):
        await fake.join("Members", "green-river-42", f"02:00:00:00:00:0{n}")
    await fake.join("Members", "printer-printer", "02:00:00:00:00:ff")
    fake.cloud.set_up_ssid(fake.site, "Studio")
    fake.site.clients["02:00:00:00:00:ff"]["ssid"] = "Studio"
    clients = await network.clients()
    assert {(client.ref, client.vlan) for client in clients} == {(ref, 120)}
    assert len(clients) == 3
    states = await network.read()
    await network.revoke(ref)
    assert len(fake.online("Members")) == 3, "the cloud drops nobody by itself"
    fake.site.clients["02:00:00:00:00:ff"]["pskGroup"] = (
        "cusna-ab12-mia"  # of the same name, on the other SSID
    )
    assert await network.disconnect([state for state in states if state.ref == ref]) == 3
    assert fake.online("Members") == {}
    assert list(fake.online("Studio")) == ["02:00:00:00:00:ff"]


async def test_a_device_that_left_is_not_counted(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey
) -> None:
    network = make_network(disconnect=True)
    await network.create(key("mia", "green-river-42"))
    await fake.join("Members", "green-river-42", MAC)
    states = await network.read()
    fake.faults.append(Fault("status", match="disconnect", status=404))
    assert await network.disconnect(states) == 0
    fake.faults.append(Fault("status", match="disconnect", status=403))
    with pytest.raises(Rejected):
        await network.disconnect(states)


async def test_only_whose_key_ended_is_dropped(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey
) -> None:
    """Meraki looks for a part of the name; and one device that it will not drop holds nobody else up."""
    network = make_network(disconnect=True)
    for number in (1, 10):
        await network.create(key(f"m{number}", f"passphrase-{number:02}"))
        for n in range(2):
            await fake.join("Members", f"passphrase-{number:02}", f"02:00:00:00:{number:02}:0{n}")
    ended = [state for state in await network.read() if state.label == "cusna-ab12-m1"]
    fake.faults.append(Fault("status", match="disconnect", status=400))
    assert await network.disconnect(ended) == 1
    assert sorted(fake.online("Members")) == ["02:00:00:00:01:00", "02:00:00:00:10:00", "02:00:00:00:10:01"]
    fake.faults.append(Fault("status", match="disconnect", status=400))
    with pytest.raises(Rejected):
        await network.disconnect(ended)
    fake.journal.clear()
    assert await network.disconnect(await network.read()) == 3
    lists = [one for one in fake.journal if one.path.endswith("/clients")]
    assert len(lists) == 1, "of many, all are asked for at once"
    fake.journal.clear()
    assert await network.disconnect([]) == 0
    assert fake.journal == []


def test_disconnecting_is_opt_in(network: MerakiNetwork, make_network: MakeNetwork) -> None:
    assert Feature.DISCONNECT not in network.features
    assert Feature.DISCONNECT in make_network(disconnect=True).features


# Naming the SSID


async def test_an_ssid_may_be_named(fake: MerakiFake, make_network: MakeNetwork, key: MakeKey) -> None:
    fake.cloud.set_up_ssid(fake.site, "Members", 0)
    fake.cloud.set_up_ssid(fake.site, "Studio", 4)
    network = make_network(ssid="Studio")
    await network.create(key("mia", "green-river-42"))
    assert await fake.join("Studio", "green-river-42", MAC) == 0
    fake.site.ssids[4]["name"] = "Workshop"
    assert len(await network.read()) == 1, "found once, it is known by its number"
    assert network.identity() == f"meraki/{fake.site.id}/name:Studio"


async def test_a_name_must_mean_one_ssid(fake: MerakiFake, make_network: MakeNetwork) -> None:
    fake.cloud.set_up_ssid(fake.site, "Studio", 4)
    fake.cloud.set_up_ssid(fake.site, "Studio", 5)
    for name in ("Studio", "Nowhere"):
        with pytest.raises(ConfigError) as caught:
            await make_network(ssid=name).read()
        assert caught.value.path == "ssid"


async def test_one_ssid_is_not_named_in_two_ways(make_network: MakeNetwork, network: MerakiNetwork) -> None:
    assert await network.read() == []
    with pytest.raises(ConfigError):
        await make_network(ssid="Members").read()
