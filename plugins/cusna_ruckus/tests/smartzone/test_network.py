"""Do keys come to work on a WLAN, and end there, at the calls that SmartZone needs and no more?"""

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    EnsureSegment,
    Feature,
    Full,
    KeyState,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Segment,
    Taken,
    Transient,
    Unreachable,
    Unsupported,
)
from cusna_ruckus.smartzone.fake import Fault

LIST = "GET /rkszones/{zone}/wlans/{wlan}/dpsk"
MAKE = "POST /rkszones/{zone}/wlans/{wlan}/dpsk/batchGenUnbound"
DELETE = "POST /rkszones/{zone}/wlans/{wlan}/dpsk"
SETTINGS = "GET /rkszones/{zone}/wlans/{wlan}"
ZONE = "GET /rkszones/{zone}/dpsk"
WLANS = "GET /rkszones/{zone}/wlans"
FIND = ["GET /rkszones", WLANS]
MAC, OTHER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
MAKING, DELETING = r"/dpsk/batchGenUnbound$", r"^POST .*/dpsk$"


async def settled(house: Any, **options: Any) -> Any:
    """A network that knows its WLAN, and a journal that begins now."""
    network = await house.network(**options)
    await network.read()
    house.asked()
    return network


# What it is


async def test_what_it_claims(house: Any) -> None:
    network = await house.network()
    assert network.features == (
        Feature.VLAN
        | Feature.LABEL
        | Feature.READ_PASSPHRASE
        | Feature.CHOOSE_PASSPHRASE
        | Feature.CLIENTS
        | Feature.DISCONNECT
    )
    assert network.limits.keys == 64
    with pytest.raises(Unsupported):
        await network.update(Ref("1"), house.key())
    calm = await house.network(disconnect=False)
    assert Feature.DISCONNECT not in calm.features
    with pytest.raises(Unsupported):
        await calm.disconnect([])


async def test_a_label_of_the_core_fits(house: Any) -> None:
    label = house.context.label_prefix + "0123456789abcdef"
    assert len(label) <= (await house.network()).limits.label_max


async def test_one_wlan_has_one_identity(house: Any) -> None:
    controller = await house.controller()
    ids = house.fake.network_options("Members")
    plain = await house.network(controller)
    shouted = await house.network(controller, zone=ids["zone"].upper())
    named = await house.network(controller, wlan="Members")
    other_address = await house.network(await house.controller(url=house.fake.address.upper() + "/"))
    assert plain.identity() == shouted.identity() == other_address.identity()
    # A name is not known to be this one before somebody asked; then the second is refused.
    assert plain.identity() != named.identity()
    await plain.read()
    with pytest.raises(ConfigError, match="same WLAN") as caught:
        await named.read()
    assert caught.value.path == "wlan"
    assert [one.code for one in await named.check()] == ["smartzone.wlan-shared"]
    await plain.read()
    assert plain.segment_domain() == shouted.segment_domain()


async def test_a_replaced_configuration_does_not_clash_with_itself(house: Any) -> None:
    controller = await house.controller()
    old = await house.network(controller)
    await old.read()
    del old
    new = await house.network(controller, wlan="Members")
    assert await new.read() == []


async def test_a_choice_is_known_to_be_the_network_that_was_named_otherwise(house: Any) -> None:
    """Else `cusna check` would offer a second time what the file has by its names."""
    controller = await house.controller()
    house.fake.wlan("Guests")
    named = await house.network(controller, zone="House", wlan="Members")
    before = named.identity()
    await named.check()
    assert named.identity() == before
    chosen = {one.ssid: await house.network(controller, **one.options) for one in await controller.networks()}
    assert chosen["Members"].identity() == before
    assert chosen["Guests"].identity() != before
    await chosen["Members"].read()


async def test_the_domain_is_the_same_before_and_after_the_first_look(house: Any) -> None:
    """It is asked for once: if it changed, companies would get other VLANs."""
    named = await house.network(zone="House")
    before = named.segment_domain()
    await named.read()
    await named.segments()
    assert named.segment_domain() == before


async def test_a_zone_that_is_written_in_two_ways_gives_no_vlans(house: Any) -> None:
    controller = await house.controller()
    named = await house.network(controller, zone="House")
    other = await house.network(controller, **house.fake.network_options("Guests"))
    await named.segments()
    with pytest.raises(ConfigError, match="in two ways") as caught:
        await other.segments()
    assert caught.value.path == "zone"
    await other.read()
    same = await house.network(controller, zone="House", wlan="Guests")
    del named, other, caught
    gc.collect()
    await same.segments()


# Keys


async def test_a_day_of_a_key(house: Any) -> None:
    network = await settled(house)
    key = house.key(vlan=120)
    (made,) = await house.apply(network, house.new(vlan=120))
    assert made.error is None
    (dpsk,) = house.fake.dpsks("Members")
    assert dpsk["groupDpsk"] is True
    assert (await network.read())[0] == KeyState(made.ref, key.label, key.passphrase, 120)
    assert await house.fake.join("Members", "mia-has-a-passphrase", MAC) == 120
    assert await house.fake.join("Members", "mia-has-a-passphrase", OTHER_MAC) == 120, "phone and laptop"
    assert await house.errors(network, Revoke(made.ref, key.label)) == [None]
    assert await house.fake.join("Members", "mia-has-a-passphrase", MAC) is None
    assert await house.errors(network, house.new(vlan=120)) == [None], "the same passphrase comes back"
    assert await house.fake.join("Members", "mia-has-a-passphrase", MAC) == 120


async def test_calls_are_few(house: Any) -> None:
    network = await house.network()
    await network.read()
    assert house.asked() == [*FIND, LIST]
    await network.read()
    assert house.asked() == [LIST]
    (made,) = await house.apply(network, house.new())
    assert house.asked() == [MAKE]
    await house.apply(network, Revoke(made.ref, "cusna-ab12cd-mia"), house.new("mia", "mia-changed-hers"))
    assert house.asked() == [DELETE, MAKE], "a changed passphrase"
    await network.segments()
    assert house.asked() == [ZONE, WLANS, SETTINGS]
    await network.segments()
    assert house.asked() == [ZONE, WLANS]
    await house.apply(network, house.new("ben", vlan=120), house.new("eve", vlan=120))
    assert house.asked() == [MAKE, MAKE], "the WLAN's settings were read a moment ago"
    house.clock.advance(61)
    await house.apply(network, house.new("tom", vlan=120))
    assert house.asked() == [SETTINGS, MAKE]


async def test_revokes_that_stand_together_are_one_call(house: Any) -> None:
    cluster = house.fake.cluster
    house.knobs.group_cap = None
    ours = [
        cluster.add_dpsk(house.wlan, f"cusna-ab12cd-m{number}", f"passphrase-{number}")
        for number in range(205)
    ]
    foreign = cluster.add_dpsk(house.wlan, "printer", "the-printer-key")
    network = await settled(house, max_group_keys=500)
    changes = [Revoke(Ref(one["id"]), one["userName"]) for one in ours]
    changes[150:150] = [house.new("new")]
    assert await house.errors(network, *changes) == [None] * 206
    assert house.asked() == [DELETE, DELETE, MAKE, DELETE]
    assert [len(one.json["idList"]) for one in house.fake.journal if "idList" in one.body] == [100, 50, 55]
    assert house.labels() == [foreign["userName"], "cusna-ab12cd-new"]


@pytest.mark.parametrize("spoils", [True, False])
@pytest.mark.parametrize("not_found", ["403", "404"])
async def test_revoking_what_is_gone_is_no_error(house: Any, spoils: bool, not_found: str) -> None:
    house.knobs.unknown_id_spoils, house.knobs.not_found = spoils, not_found
    network = await settled(house)
    made = await house.apply(network, house.new("mia"), house.new("ben"), house.new("eve"))
    refs = [one.ref for one in made]
    house.fake.cluster.remove(house.wlan, refs[1])
    assert await house.errors(network, *(Revoke(one, "") for one in refs)) == [None] * 3
    assert house.labels() == []
    await network.revoke(refs[0])


async def test_one_key_named_twice_is_deleted_once(house: Any) -> None:
    network = await settled(house)
    (made,) = await house.apply(network, house.new())
    house.asked()
    assert await house.errors(network, Revoke(made.ref, ""), Revoke(made.ref, "")) == [None, None]
    assert house.asked() == [DELETE]


async def test_a_key_that_stays_is_told_and_the_others_go(house: Any) -> None:
    network = await settled(house)
    made = await house.apply(network, house.new("mia"), house.new("ben"))
    house.fake.faults.append(Fault("body", DELETING, status=200, body='{"resultCount": 0}'))
    assert await house.errors(network, *(Revoke(one.ref, "") for one in made)) == [Rejected, Rejected]
    assert len(house.labels()) == 2
    assert await house.errors(network, *(Revoke(one.ref, "") for one in made)) == [None, None]


async def test_nothing_is_ever_deleted_by_an_empty_list(house: Any) -> None:
    network = await settled(house)
    assert await house.errors(network) == []
    assert await network.disconnect([]) == 0
    assert house.asked() == []
    controller = await house.controller()
    with pytest.raises(AssertionError):
        await controller._api.delete_dpsks("z", "1", [])


# What the 201 says


@pytest.mark.parametrize("knob", ["passphrase_list", "group_flag", "vlan_field"])
async def test_an_overlooked_field_leaves_no_key_behind(house: Any, knob: str) -> None:
    network = await settled(house)
    setattr(house.knobs, knob, False)
    assert await house.errors(network, house.new(vlan=120)) == [Rejected]
    assert house.labels() == []
    setattr(house.knobs, knob, True)
    assert await house.errors(network, house.new(vlan=120)) == [None]


async def test_a_wrong_key_that_stays_is_named(house: Any) -> None:
    network = await settled(house)
    house.knobs.passphrase_list = False
    house.fake.faults.append(Fault("body", DELETING, status=200, body='{"resultCount": 0}'))
    (made,) = await house.apply(network, house.new())
    (dpsk,) = house.fake.dpsks("Members")
    assert isinstance(made.error, Rejected)
    assert dpsk["id"] in str(made.error)
    assert dpsk["passphrase"] not in str(made.error)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "null",
        "[]",
        '{"resultCount": 1}',
        '{"resultCount": 0, "dpskInfoList": []}',
        '{"resultCo',
        "<html>",
    ],
)
async def test_a_create_that_answers_nonsense_is_looked_for(house: Any, body: str) -> None:
    network = await settled(house)
    lost = Fault("body", MAKING, status=201, body=body, applied=True)
    house.fake.faults.append(lost)
    (made,) = await house.apply(network, house.new())
    assert made.error is None
    assert [one["id"] for one in house.fake.dpsks("Members")] == [made.ref]
    house.fake.faults.append(Fault("body", MAKING, status=201, body=body))
    assert await house.errors(network, house.new("ben")) == [BadAnswer], "nothing was made: say so"
    assert len(house.labels()) == 1


# Lost answers


@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_create_makes_neither_twin_nor_orphan(house: Any, applied: bool) -> None:
    network = await settled(house)
    house.fake.faults.append(Fault("drop", MAKING, applied=applied))
    outcomes = await house.apply(network, house.new(), house.new("ben"))
    if applied:
        assert [one.error for one in outcomes] == [None, None]
        assert house.asked() == [MAKE, LIST, MAKE]
    else:
        assert [type(one.error) for one in outcomes] == [Unreachable], "what concerns all stops here"
        assert house.labels() == []
        assert await house.errors(network, house.new()) == [None]
    assert house.labels().count("cusna-ab12cd-mia") == 1


@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_deletion_is_looked_after(house: Any, applied: bool) -> None:
    network = await settled(house)
    made = await house.apply(network, house.new("mia"), house.new("ben"))
    house.fake.faults.append(Fault("drop", DELETING, applied=applied))
    errors = await house.errors(network, *(Revoke(one.ref, "") for one in made))
    assert errors == ([None, None] if applied else [Unreachable])
    assert house.labels() == ([] if applied else ["cusna-ab12cd-mia", "cusna-ab12cd-ben"])


async def test_a_lost_answer_and_a_lost_list_say_that_nobody_knows(house: Any) -> None:
    network = await settled(house)
    house.fake.faults.extend([Fault("drop", MAKING, applied=True), Fault("status", r"^GET .*/dpsk$")])
    assert await house.errors(network, house.new()) == [Unreachable]
    # The core reads, finds its label with its passphrase, and makes no second one. A driver that is asked
    # all the same finds it, too.
    assert await house.errors(network, house.new()) == [None]
    assert len(house.labels()) == 1


async def test_a_second_key_of_a_label_is_no_twin(house: Any) -> None:
    network = await settled(house)
    (made,) = await house.apply(network, house.new())
    house.fake.cluster.add_dpsk(house.wlan, "cusna-ab12cd-ben", "somebody-copied-it")
    await network.read()
    assert await house.errors(network, house.new(passphrase="another-passphrase")) == [Rejected]
    assert await house.errors(network, house.new("ben")) == [Rejected], "and a stranger's of that name"
    assert [one.ref for one in await house.apply(network, house.new())] == [made.ref], "it is there"
    assert len(house.labels()) == 2


async def test_twins_are_read_both(house: Any) -> None:
    cluster = house.fake.cluster
    one = cluster.add_dpsk(house.wlan, "cusna-ab12cd-mia", "the-first-of-them")
    two = cluster.add_dpsk(house.wlan, "cusna-ab12cd-mia", "the-second-of-them")
    network = await settled(house)
    assert {state.ref for state in await network.read()} == {one["id"], two["id"]}
    await network.revoke(Ref(two["id"]))
    assert [dpsk["id"] for dpsk in house.fake.dpsks("Members")] == [one["id"]], (
        "by its id, never by its label"
    )


# Refusals


async def test_a_passphrase_that_is_taken(house: Any) -> None:
    network = await settled(house)
    house.fake.add_foreign_key("Members", "printer", "the-printer-key")
    assert await house.errors(network, house.new(passphrase="the-printer-key"), house.new("ben")) == [
        Taken,
        None,
    ]
    house.knobs.dup_passphrase = True
    assert await house.errors(network, house.new(passphrase="the-printer-key")) == [None]


async def test_a_passphrase_that_is_taken_elsewhere_in_the_zone(house: Any) -> None:
    other = house.fake.wlan("Guests")
    house.fake.cluster.add_dpsk(other, "printer", "the-printer-key")
    network = await settled(house)
    house.fake.faults.append(Fault("status", MAKING, status=422))
    assert await house.errors(network, house.new(passphrase="the-printer-key")) == [Taken]
    assert house.asked() == [MAKE, LIST, ZONE]


async def test_a_refusal_that_means_nothing_known(house: Any) -> None:
    network = await settled(house)
    house.fake.faults.append(Fault("status", MAKING, status=422))
    (outcome,) = await house.apply(network, house.new())
    assert type(outcome.error) is Rejected
    assert "max_group_keys" in str(outcome.error)


async def test_a_controller_with_a_rule_of_its_own_about_lengths(house: Any) -> None:
    """None is published: who is refused is told so, and the others get their keys."""
    house.knobs.passphrase_length = (8, 20)
    network = await settled(house)
    assert await house.errors(network, house.new(passphrase="x" * 21), house.new("ben")) == [Rejected, None]


async def test_full_by_the_option_costs_no_call_that_must_fail(house: Any) -> None:
    network = await settled(house, max_group_keys=2)
    assert await house.errors(network, house.new("a1"), house.new("b2")) == [None, None]
    house.asked()
    assert await house.errors(network, house.new("c3")) == [Full]
    assert house.asked() == [LIST]
    (first, _) = house.fake.dpsks("Members")
    house.fake.cluster.remove(house.wlan, first["id"])  # by hand: the count was old
    assert await house.errors(network, house.new("c3")) == [None]


async def test_full_by_the_controller(house: Any) -> None:
    house.knobs.group_cap = 2
    network = await settled(house, max_group_keys=64)
    assert await house.errors(network, *(house.new(f"m{one}") for one in range(3))) == [None, None, Rejected]
    house.knobs.group_cap = None
    assert await house.errors(network, house.new("m3")) == [None]


async def test_keys_for_one_device_take_no_place_among_the_groups(house: Any) -> None:
    for number in range(5):
        house.fake.cluster.add_dpsk(house.wlan, f"scanner{number}", f"scanner-key-{number}", group=False)
    network = await settled(house, max_group_keys=2)
    assert len(await network.read()) == 5
    assert network.limits.keys == 7
    assert await house.errors(network, *(house.new(f"m{one}") for one in range(3))) == [None, None, Full]


@pytest.mark.parametrize(
    ("label", "passphrase", "vlan"),
    [
        ("cusna-ab12cd-" + "x" * 20, "long-enough", None),
        ("cusna ab12cd", "long-enough", None),
        ("x", "long-enough", None),
        ("cusna-ab12cd-mia", "short-1", None),
        ("cusna-ab12cd-mia", "x" * 64, None),
        ("cusna-ab12cd-mia", "schlüssel-für-mia", None),
        ("cusna-ab12cd-mia", "long-enough", 1),
        ("cusna-ab12cd-mia", "long-enough", 4095),
    ],
)
async def test_what_does_not_fit_is_never_sent(
    house: Any, label: str, passphrase: str, vlan: int | None, told: Any
) -> None:
    network = await settled(house)
    key = replace(house.key(passphrase=passphrase, vlan=vlan), label=label)
    with pytest.raises(Rejected) as caught:
        await network.create(key)
    assert house.asked() == []
    assert passphrase not in told(caught.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", MAKING, status=403), AuthFailed),
        (Fault("status", MAKING, status=429, headers={"RateLimit-Reset": "7"}), RateLimited),
        (Fault("status", MAKING, status=423), Transient),
        (Fault("status", MAKING, status=503), Unreachable),
        (Fault("status", MAKING, status=500), Transient),
    ],
)
async def test_what_concerns_all_stops(house: Any, fault: Fault, error: type[Exception]) -> None:
    network = await settled(house)
    house.fake.faults.append(fault)
    (outcome,) = await house.apply(network, house.new("mia"), house.new("ben"))
    assert isinstance(outcome.error, error)
    assert house.labels() == []
    if error in (AuthFailed, RateLimited):
        assert house.asked() == [MAKE], "nothing was made, and it has had enough of calls"


async def test_a_wlan_that_is_gone_is_never_nobody(house: Any) -> None:
    network = await settled(house)
    (made,) = await house.apply(network, house.new())
    house.asked()
    del house.fake.zone.wlans[house.wlan.id]
    with pytest.raises(ConfigError, match="not there any more"):
        await network.read()
    with pytest.raises(ConfigError, match="has no WLAN"):
        await network.read()
    assert await house.errors(network, Revoke(made.ref, "")) == [ConfigError]
    assert await house.errors(network, house.new("ben")) == [ConfigError]


# VLANs


async def test_a_wlan_without_dynamic_vlans_gets_no_key_with_one(house: Any) -> None:
    house.wlan.doc["vlan"]["aaaVlanOverride"] = False
    network = await settled(house)
    assert await house.errors(network, house.new("ben"), EnsureSegment(Segment(120, "cusna-v120"))) == [
        None,
        ConfigError,
    ]
    assert await house.errors(network, house.new(vlan=120)) == [ConfigError]
    house.wlan.doc["vlan"]["aaaVlanOverride"] = True
    house.clock.advance(61)
    assert await house.errors(network, house.new(vlan=120)) == [None]


async def test_segments_are_the_numbers_in_use(house: Any) -> None:
    fake = house.fake
    fake.add_foreign_segment("Members", "Cameras", 66)
    fake.cluster.add_dpsk(fake.wlan("Guests"), "printer", "the-printer-key", vlan=77)
    network = await settled(house)
    await house.apply(network, house.new(vlan=120))
    await network.ensure_segment(Segment(130, "cusna-ab12cd-v130"))
    segments = {one.vlan: one for one in await network.segments()}
    assert sorted(segments) == [1, 66, 77, 120, 130]
    assert segments[66].name == "Cameras"
    assert [one for one in segments if segments[one].free] == [130], "prepared, and nobody uses it"
    await house.apply(network, house.new("ben", vlan=130))
    assert [one.free for one in await network.segments() if one.vlan == 130] == [False]
    with pytest.raises(Rejected):
        await network.ensure_segment(Segment(1, "cusna-ab12cd-v1"))


# Devices


async def test_clients_and_their_keys(house: Any) -> None:
    network = await settled(house)
    made = await house.apply(network, house.new(vlan=120), house.new("ben"))
    await house.fake.join("Members", "mia-has-a-passphrase", MAC)
    await house.fake.join("Members", "ben-has-a-passphrase", OTHER_MAC)
    clients = {one.mac: one for one in await network.clients()}
    assert clients[MAC].ref == made[0].ref
    assert clients[MAC].vlan == 120
    assert clients[OTHER_MAC].ref == made[1].ref
    house.fake.cluster.add_dpsk(house.wlan, "cusna-ab12cd-ben", "somebody-copied-it")
    clients = {one.mac: one for one in await network.clients()}
    assert clients[OTHER_MAC].ref is None, "two keys of one label: nobody can tell"


async def test_who_ended_is_dropped_and_nobody_else(house: Any) -> None:
    fake = house.fake
    other = await house.network(await house.controller(), **fake.network_options("Guests"))
    network = await settled(house)
    (mia, _) = await house.apply(network, house.new(), house.new("mia2", "mia-has-another-one"))
    await house.apply(other, house.new(passphrase="mia-is-a-guest-too"))
    for number, passphrase in enumerate(["mia-has-a-passphrase"] * 3 + ["mia-has-another-one"]):
        await fake.join("Members", passphrase, f"02:00:00:00:00:0{number}")
    await fake.join("Guests", "mia-is-a-guest-too", "02:00:00:00:01:00")
    garden = fake.cluster.add_zone("Garden")
    roamed = fake.cluster.add_wlan(garden, "Members")
    fake.cluster.add_dpsk(roamed, "cusna-ab12cd-mia", "mia-in-the-garden")
    fake.cluster.join(garden, roamed, "mia-in-the-garden", "02:00:00:00:02:00")
    state = next(one for one in await network.read() if one.ref == mia.ref)
    await network.revoke(mia.ref)
    assert len(fake.online("Members")) == 4, "deleting alone drops nobody"
    house.asked()
    house.knobs.ignore_filters = True
    assert await network.disconnect([state, state]) == 3
    assert house.asked() == ["POST /query/client", "POST /clients/bulkDisconnect"]
    assert list(fake.online("Members")) == ["02:00:00:00:00:03"], "of mia2, whose name begins the same"
    assert list(fake.online("Guests")) == ["02:00:00:00:01:00"]
    assert "02:00:00:00:02:00" not in fake.cluster.dropped, "the same SSID, in another zone"
    assert await network.disconnect([state]) == 0
    assert house.asked() == ["POST /query/client"], "nobody there: no call"


async def test_a_device_that_left_meanwhile_spoils_nothing(house: Any) -> None:
    network = await settled(house)
    await house.apply(network, house.new())
    states = await network.read()
    for mac in (MAC, OTHER_MAC):
        await house.fake.join("Members", "mia-has-a-passphrase", mac)
    house.fake.faults.append(Fault("status", "/clients/bulkDisconnect", status=404))
    assert await network.disconnect(states) == 2
    house.fake.faults.append(Fault("status", "/clients/bulkDisconnect", status=404))
    house.fake.faults.append(Fault("status", "/clients/disconnect", status=404))
    assert await network.disconnect(states) == 1


async def test_many_devices_go_in_several_calls(house: Any) -> None:
    network = await settled(house)
    await house.apply(network, house.new())
    for number in range(120):
        await house.fake.join("Members", "mia-has-a-passphrase", f"02:00:00:00:00:{number:02x}")
    states = await network.read()
    await network.revoke(states[0].ref)
    assert await network.disconnect(states) == 120
    sizes = [len(one.json["clientList"]) for one in house.fake.journal if "clientList" in one.body]
    assert sizes == [100, 20]
    assert house.fake.online("Members") == {}


async def test_a_role_that_may_not_disconnect_costs_only_that(house: Any) -> None:
    network = await settled(house)
    await house.apply(network, house.new())
    await house.fake.join("Members", "mia-has-a-passphrase", MAC)
    house.knobs.role = "reader"
    with pytest.raises(Rejected, match="may not disconnect"):
        await network.disconnect(await network.read())


# Reading


async def test_foreign_keys_of_every_kind_are_read(house: Any) -> None:
    cluster = house.fake.cluster
    bound = cluster.add_dpsk(house.wlan, "scanner", "the-scanner-key", group=False)
    bound["macAddress"] = "02:00:00:00:00:09"
    cluster.add_dpsk(house.wlan, None, "nobody-named-this", group=False, vlan=55)
    for absent, text in ((False, False), (True, True)):
        house.knobs.absent_nulls, house.knobs.date_text = absent, text
        states = await (await house.network()).read()
        assert [(one.label, one.vlan) for one in states] == [("scanner", None), (None, 55)]
        assert all(one.passphrase and one.ends is None for one in states)


async def test_hidden_passphrases_are_said_to_be_hidden(house: Any) -> None:
    network = await settled(house)
    await house.apply(network, house.new())
    row = '{"id": "1", "userName": "cusna-ab12cd-mia", "passphrase": "********", "groupDpsk": true}'
    body = f'{{"totalCount": 1, "hasMore": false, "list": [{row}]}}'
    house.fake.faults.append(Fault("body", r"^GET .*/dpsk$", status=200, body=body))
    (state,) = await network.read()
    assert state.passphrase is None
    assert Feature.READ_PASSPHRASE not in network.features
    await network.read()
    assert Feature.READ_PASSPHRASE in network.features


async def test_all_pages_are_read(house: Any) -> None:
    for number in range(250):
        house.fake.cluster.add_dpsk(house.wlan, f"key{number}", f"passphrase-{number}")
    network = await house.network()
    assert len(await network.read()) == 250
    house.asked()
    house.fake.pages(7)
    assert len({one.ref for one in await network.read()}) == 250
    assert house.asked() == [LIST] * 36


async def test_a_short_list_is_never_believed(house: Any) -> None:
    for number in range(150):
        house.fake.cluster.add_dpsk(house.wlan, f"key{number}", f"passphrase-{number}")
    house.knobs.ignore_index = True
    network = await house.network()
    with pytest.raises(BadAnswer, match="100 rows"):
        await network.read()


async def test_a_list_that_changes_meanwhile_is_read_again(house: Any) -> None:
    for number in range(150):
        house.fake.cluster.add_dpsk(house.wlan, f"key{number}", f"passphrase-{number}")
    network = await settled(house)
    house.fake.faults.append(Fault("slow", r"^GET .*/dpsk$", seconds=1, skip=1))
    first = house.fake.dpsks("Members")[0]["id"]
    clock, sleep = house.clock, house.clock.sleep

    async def meanwhile(seconds: float) -> None:
        house.wlan.dpsks.pop(first, None)
        await sleep(seconds)

    clock.sleep = meanwhile
    assert len(await network.read()) == 149
    assert house.asked() == [LIST] * 4


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "null",
        "[]",
        '""',
        "<html></html>",
        '{"list": []}',
        '{"hasMore": false}',
        '{"totalCount": 3, "hasMore": false, "list": []}',
        '{"totalCount": 1, "hasMore": false}',
        '{"totalCount": 1, "list": [{"userName": "no id"}]}',
        '{"totalCount": 1, "list": [null]}',
        '{"totalCount": "many", "list": []}',
        '{"totalCount": 2, "hasMore": fal',
    ],
)
async def test_a_bad_answer_is_never_nobody(house: Any, body: str) -> None:
    network = await settled(house)
    house.fake.faults.append(Fault("body", r"^GET .*/dpsk$", status=200, body=body, times=9))
    with pytest.raises(BadAnswer):
        await network.read()


async def test_an_empty_list_is_nobody(house: Any) -> None:
    network = await settled(house)
    body = '{"totalCount": 0, "hasMore": false, "firstIndex": 0, "list": null}'
    house.fake.faults.append(Fault("body", r"^GET .*/dpsk$", status=200, body=body))
    assert await network.read() == []


async def test_writes_go_one_by_one(house: Any) -> None:
    """The controller's configuration is locked while it is written."""
    controller = await house.controller()
    members = await settled(house)
    guests = await house.network(controller, **house.fake.network_options("Guests"))
    at_once = 0
    most = 0
    served = house.fake.gate._served

    async def counted(request: Any, handler: Any, entry: Any) -> Any:
        nonlocal at_once, most
        writes = entry.path.endswith("batchGenUnbound")
        at_once += writes
        most = max(most, at_once)
        await asyncio.sleep(0.01 if writes else 0)
        try:
            return await served(request, handler, entry)
        finally:
            at_once -= writes

    house.fake.gate._served = counted
    mine = [members.create(house.key(f"m{one}")) for one in range(3)]
    same = await house.network(controller)
    theirs = [guests.create(house.key(f"g{one}")) for one in range(3)]
    await asyncio.gather(*theirs, *[same.create(house.key(f"s{one}")) for one in range(3)])
    assert most == 1
    for one in mine:
        await one
