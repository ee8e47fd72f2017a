"""Does the driver do everything else that it promises?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    EnsureSegment,
    Feature,
    Full,
    KeyState,
    RateLimited,
    Rejected,
    Segment,
    SegmentState,
    Taken,
    Transient,
    Unreachable,
    Unsupported,
)
from cusna_unifi import cusna_drivers, cusna_fakes
from cusna_unifi.driver import UnifiController
from cusna_unifi.fake import UnifiFake
from cusna_unifi.options import UnifiNetworkOptions

ANNA, BERT, CARL, PRINTER = (
    "anna-anna-anna-anna",
    "bert-bert-bert-bert",
    "carl-carl-carl",
    "printer on 3rd floor",
)


def test_the_hooks_name_driver_and_fake() -> None:
    assert list(cusna_drivers()) == [UnifiController]
    assert list(cusna_fakes()) == [UnifiFake]
    assert UnifiController.type == UnifiFake.type == "unifi"


def test_every_option_has_a_label_and_a_help_line() -> None:
    for model in (UnifiController.options_class, UnifiController.network_options_class):
        for name, field in model.model_fields.items():
            assert field.title, name
            assert field.description, name


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "ssid"),
        ({"ssid": "M", "wlan_id": "Members"}, "24 hex digits"),
        ({"ssid": "M", "vlan_networks": "corporate"}, "needs supernet"),
        ({"ssid": "M", "vlan_networks": "corporate", "supernet": "8.8.0.0/16"}, "private range"),
        ({"ssid": "M", "vlan_networks": "corporate", "supernet": "10.1.2.0/25"}, "smaller than one subnet"),
        ({"ssid": "M", "supernet": "10.0.0.0/16"}, "corporate"),
    ],
)
def test_network_options_that_do_not_fit(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        UnifiNetworkOptions.model_validate(options)


async def test_what_it_claims(rack: Any) -> None:
    network = await rack.network(write_interval=90, settle=10)
    assert Feature.DISCONNECT_IS_GROUPWIDE in network.features
    assert not network.features & (Feature.LABEL | Feature.EXPIRY)
    assert (network.limits.write_interval, network.limits.settle, network.limits.vlan_max) == (90, 10, 4000)
    calm = await rack.network(disconnect=False)
    assert not calm.features & (Feature.DISCONNECT | Feature.DISCONNECT_IS_GROUPWIDE)
    with pytest.raises(Unsupported):
        await calm.disconnect([KeyState(rack.ref(ANNA))])
    assert network.identity() != (await rack.network(ssid="Guests")).identity()


async def test_the_way_an_address_is_written_makes_no_other_console(rack: Any) -> None:
    one = await rack.controller(url="https://UNIFI.example", api_key="k")
    two = await rack.controller(url="https://unifi.example:443/", api_key="k")
    assert (await rack.network(one)).identity() == (await rack.network(two)).identity()


async def test_the_choice_of_wifis(rack: Any) -> None:
    twins = {
        rack.fake.site.add_wlan("Twin", wpa3_support=True),
        rack.fake.site.add_wlan("Twin", enabled=False),
    }
    rack.fake.site.add_wlan("Office", private_preshared_keys_enabled=False)
    found = await (await rack.controller()).networks()
    assert [(one.ssid, one.note) for one in found] == [
        ("Members", ""),
        ("Twin", "WPA3, 6 GHz or RADIUS MAC is on"),
        ("Twin", "switched off"),
        ("Office", "Private Pre-Shared Keys are off"),
    ]
    assert {one.options.get("wlan_id") for one in found} - {None} == twins
    for one in found:
        UnifiNetworkOptions.model_validate(one.options)


async def test_one_wifi_under_two_names_is_refused(rack: Any) -> None:
    controller = await rack.controller()
    by_name = await rack.network(controller)
    by_id = await rack.network(controller, wlan_id=rack.fake.site.wlan("Members")["_id"])
    await by_name.read()
    assert {one.code for one in await by_id.check()} == {"unifi.ssid-shared"}
    with pytest.raises(ConfigError, match="are the same WiFi"):
        await by_id.read()


async def test_a_key_that_unifi_refuses_hurts_nobody_else(rack: Any) -> None:
    """The controller names no key, so the list is halved; ends go first."""
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA), rack.new(BERT))
    rack.fake.knobs.max_keys = 6
    changes = [rack.end(ANNA), *(rack.new(f"member number {place}") for place in range(8))]
    outcomes = [one async for one in network.apply(changes)]
    assert sorted(map(str, (one.change for one in outcomes))) == sorted(map(str, changes))
    refused = [one for one in outcomes if one.error is not None]
    assert {type(one.error) for one in refused} == {Rejected}
    assert len(refused) == 3
    assert len(rack.keys) == 6
    assert ANNA not in rack.keys


async def test_a_list_that_is_always_refused_is_not_tried_for_ever(rack: Any) -> None:
    network = await rack.network()
    rack.fake.knobs.max_keys = 0
    errors = await rack.apply(network, *(rack.new(f"member number {place}") for place in range(64)))
    assert {type(one) for one in errors} == {Rejected}
    assert rack.puts() == 16


@pytest.mark.parametrize(
    ("status", "error"), [(502, Unreachable), (503, Unreachable), (500, Transient), (404, BadAnswer)]
)
async def test_a_bad_day_is_waited_for(rack: Any, status: int, error: type[Exception]) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    rack.fake.knobs.fail = status
    with pytest.raises(error):
        await network.read()
    outcomes = [one async for one in network.apply([rack.end(ANNA), rack.new(BERT)])]
    assert [type(one.error) for one in outcomes] == [error]
    assert set(rack.keys) == {ANNA}


async def test_a_rate_limit_is_told_with_its_time(rack: Any) -> None:
    network = await rack.network()
    await network.read()
    rack.fake.knobs.fail_data, rack.fake.knobs.retry_after = 429, "7"
    with pytest.raises(RateLimited) as caught:
        await network.read()
    assert caught.value.after == 7


async def test_a_rate_limit_on_the_write_is_not_pushed(rack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = await rack.network(vlan_networks="vlan-only")

    calls: list[int] = []

    async def limited(*_: Any) -> bool:
        calls.append(1)
        raise RateLimited("Too many calls.", after=3)

    monkeypatch.setattr(network._api, "put_wlan", limited)
    monkeypatch.setattr(network._api, "add_network", limited)
    errors = await rack.apply(
        network, EnsureSegment(Segment(107, "cusna-acme")), rack.new(ANNA), rack.new(BERT)
    )
    assert [type(one) for one in errors] == [RateLimited] * 3
    assert len(calls) == 2


async def test_a_change_by_somebody_else_in_between_survives(
    rack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our write and our reading back, a stale save undoes it: the next try builds on it."""
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    stale = rack.fake.copy("Members")
    stale["private_preshared_keys"].append({"password": PRINTER, "networkconf_id": ""})
    put, saves = network._api.put_wlan, [stale]

    async def interfered(*what: Any) -> bool:
        echoed = await put(*what)
        if saves:
            rack.fake.ui_save(saves.pop())
        return bool(echoed)

    monkeypatch.setattr(network._api, "put_wlan", interfered)
    assert await rack.apply(network, rack.change(ANNA, BERT), rack.new(CARL)) == [None, None]
    assert set(rack.keys) == {BERT, PRINTER, CARL}


async def test_a_second_try_finds_what_the_first_one_left(rack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of our write survives: those keys are ours already, and only the rest is missing."""
    rack.fake.site.add_network("Acme", 120)
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    put, halves = network._api.put_wlan, [True]

    async def halved(*what: Any) -> bool:
        echoed = await put(*what)
        if halves and halves.pop():
            kept = rack.fake.copy("Members")
            kept["private_preshared_keys"] = [
                {"password": one["password"], "networkconf_id": ""}
                for one in kept["private_preshared_keys"]
                if one["password"] != CARL
            ]
            rack.fake.ui_save(kept)
        return bool(echoed)

    monkeypatch.setattr(network._api, "put_wlan", halved)
    changes = (rack.change(ANNA, BERT, 120), rack.new("dora-dora-dora", 120), rack.new(CARL))
    assert await rack.apply(network, *changes) == [None, None, None]
    assert rack.keys == {BERT: "Acme", "dora-dora-dora": "Acme", CARL: ""}


async def test_a_push_that_fails_costs_no_key(rack: Any, caplog: pytest.LogCaptureFixture) -> None:
    network = await rack.network(force_provision=True)
    post = network._api.force_provision

    async def gone(mac: str) -> None:
        await post("00:00:00:00:00:00")

    network._api.force_provision = gone
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert "could not be told to load" in caplog.text


async def test_an_empty_list_stays_empty_until_a_key_comes(rack: Any) -> None:
    network = await rack.network()
    assert await network.read() == []
    assert await rack.apply(network, rack.end(ANNA)) == [None]
    assert rack.puts() == 0
    assert await rack.apply(network, rack.new(ANNA), rack.end(ANNA)) == [None, None]
    assert rack.puts() == 0


async def test_answers_of_another_shape_are_not_believed(rack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = await rack.network()
    for shape in (
        "text",
        {"name": "Members"},
        {"_id": "1", "name": "Members", "private_preshared_keys": "none"},
    ):
        monkeypatch.setattr(rack.fake.server.classic, "_shown", lambda _, shape=shape: shape)
        with pytest.raises(BadAnswer, match="another shape"):
            await network.read()
        (error,) = await rack.apply(network, rack.new(ANNA))
        assert isinstance(error, BadAnswer)
    assert rack.puts() == 0
    rack.fake.server.classic.version = None
    with pytest.raises(BadAnswer):
        await (await rack.controller()).check()


@pytest.mark.parametrize(
    "body", [{"meta": {"rc": "ok"}}, {"data": []}, {"meta": {"rc": "ok"}, "data": []}, []]
)
async def test_an_answer_without_what_was_asked_is_not_believed(
    rack: Any, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    controller = await rack.controller()
    await (await rack.network(controller)).read()
    monkeypatch.setattr(rack.fake.server.classic, "_stat", lambda *_: web.json_response(body))
    with pytest.raises(BadAnswer):
        await controller.check()


def test_the_readme_names_every_option() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text()
    for model in (UnifiController.options_class, UnifiController.network_options_class):
        assert [name for name in model.model_fields if f"`{name}" not in text] == []


# VLANs


async def test_networks_made_by_hand_must_be_marked_for_cusna(rack: Any) -> None:
    rack.fake.site.add_network("Cusna 100", 100)
    rack.fake.site.add_network("Accounting", 101)
    network = await rack.network()
    assert await network.segments() == [
        SegmentState(100, "Cusna 100", free=True),
        SegmentState(101, "Accounting"),
    ]
    outcomes = await rack.apply(
        network, *(EnsureSegment(Segment(vlan, "cusna-abcd-acme")) for vlan in (100, 101, 102))
    )
    assert [type(one) for one in outcomes] == [type(None), Taken, Rejected]
    assert "name begins with “cusna”" in str(outcomes[2])
    assert rack.fake.calls("POST") == []


async def test_a_network_that_is_off_takes_no_keys(rack: Any) -> None:
    rack.fake.site.add_network("Acme", 120, enabled=False)
    (error,) = await rack.apply(await rack.network(), rack.new(ANNA, 120))
    assert "switched off" in str(error)


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_lost_answer_to_a_new_network_is_decided_by_reading(rack: Any, drop: str) -> None:
    network = await rack.network(vlan_networks="vlan-only")
    rack.fake.knobs.drop_posts = [drop]
    changes = [EnsureSegment(Segment(107, "cusna-acme")), rack.new(ANNA, 107), rack.new(BERT)]
    if drop == "after":
        assert await rack.apply(network, *changes) == [None, None, None]
    else:
        # Nobody knows that one; keys on it wait (they are not tried), all others go on.
        outcomes = [one async for one in network.apply(changes)]
        assert [one.change for one in outcomes] == [changes[0], changes[2]]
        assert [type(one.error) for one in outcomes] == [Unreachable, type(None)]
        assert set(rack.keys) == {BERT}


async def test_a_network_that_is_not_there_after_all(rack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = await rack.network(vlan_networks="vlan-only")

    async def nothing(_: Any) -> None:
        return

    monkeypatch.setattr(network._api, "add_network", nothing)
    with pytest.raises(Transient, match="it is not there"):
        await network.ensure_segment(Segment(107, "cusna-acme"))


async def test_subnets_do_not_overlap(rack: Any) -> None:
    rack.fake.site.add_network("Office", 20, purpose="corporate", ip_subnet="10.90.0.1/25")
    rack.fake.site.add_network("Odd", ip_subnet="no subnet at all")
    network = await rack.network(vlan_networks="corporate", supernet="10.90.0.0/22", dhcp=False, isolate=True)
    for vlan in (3, 300, 301):
        await network.ensure_segment(Segment(vlan, f"cusna-{vlan}"))
    made = {
        one["vlan"]: one
        for one in rack.fake.site.networks.values()
        if one.get("vlan", 0) != 20 and "vlan" in one
    }
    assert {vlan: one["ip_subnet"] for vlan, one in made.items()} == {
        3: "10.90.3.1/24", 300: "10.90.1.1/24", 301: "10.90.2.1/24",
    }  # fmt: skip
    assert all(one["network_isolation_enabled"] and not one["dhcpd_enabled"] for one in made.values())
    with pytest.raises(Full, match="larger supernet"):
        await network.ensure_segment(Segment(302, "cusna-302"))
    with pytest.raises(Taken, match="another VLAN"):
        await network.ensure_segment(Segment(303, "cusna-301"))


async def test_clients_of_the_default_network_are_disconnected_where_it_is(rack: Any) -> None:
    lounge = rack.fake.site.add_network("Lounge", 50)
    rack.fake.edit("Members", {"password": PRINTER, "networkconf_id": ""})
    network = await rack.network(default_network="Lounge")
    await rack.apply(network, rack.new(ANNA))
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") == 50
    assert await rack.fake.join("Members", PRINTER, "aa:bb:cc:00:00:02") == 0
    ended = [one for one in await network.read() if one.ref == rack.ref(ANNA)]
    await rack.apply(network, rack.end(ANNA))
    assert await network.disconnect(ended) == 1
    assert rack.fake.online("Members") == {"aa:bb:cc:00:00:02": 0}
    assert [(one.mac, one.vlan) for one in await network.clients()] == [("aa:bb:cc:00:00:02", 1)]
    assert lounge


async def test_a_wlan_that_names_no_network_of_its_own(rack: Any) -> None:
    rack.fake.edit("Members", {"password": PRINTER, "networkconf_id": rack.fake.site.home}, networkconf_id="")
    rack.fake.edit("Members", {"password": ANNA, "networkconf_id": ""})
    network = await rack.network()
    assert [one.vlan for one in await network.read()] == [None, None]
    rack.fake.site.networks.clear()
    await rack.clock.sleep(60)
    assert [one.vlan for one in await network.read()] == [0, None]
    assert await network.disconnect([KeyState(rack.ref(ANNA))]) == 0


# Sessions


async def test_many_calls_at_once_log_in_once(rack: Any) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    await asyncio.gather(*(network.read() for _ in range(6)))
    assert rack.fake.server.gate.logins == 1


async def test_no_login_with_a_key(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    assert rack.fake.server.gate.logins == 0
    assert {one.auth for one in rack.fake.journal} == {"key"}


async def test_wrong_password_at_a_self_hosted_application(make_rack: Any) -> None:
    rack = await make_rack(flavour="network_app")
    options = rack.fake.options()
    assert await (await rack.controller(**options)).check() == []
    with pytest.raises(AuthFailed, match="local account"):
        await (await rack.controller(**options | {"password": "wrong"})).check()


async def test_the_wrong_flavour_is_guessed_at(make_rack: Any) -> None:
    rack = await make_rack(flavour="network_app")
    wrong = await rack.controller(**rack.fake.options() | {"flavour": "unifi_os"})
    with pytest.raises((BadAnswer, AuthFailed)):
        await wrong.check()


async def test_a_site_by_its_label_and_a_site_that_is_there_twice(rack: Any) -> None:
    rack.fake.add_site("x7k2", "Ost")
    assert await (await rack.controller(**rack.fake.options(), site="Ost")).check() == []
    rack.fake.add_site("x7k3", "Ost")
    with pytest.raises(ConfigError, match="Two sites are called") as caught:
        await (await rack.controller(**rack.fake.options(), site="Ost")).check()
    assert caught.value.path == "site"
    network = await rack.network(await rack.controller(**rack.fake.options(), site="x7k2"))
    with pytest.raises(ConfigError):
        await network.read()
    del rack.fake.sites["x7k2"]
    with pytest.raises(ConfigError, match="no such site"):
        await network.read()
