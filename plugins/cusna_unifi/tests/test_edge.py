"""Do the 36 edge cases that are known of UniFi come out right? Each is a test with its number."""

import asyncio
from typing import Any

import pytest

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    EnsureSegment,
    Full,
    KeyState,
    Level,
    Missing,
    RateLimited,
    Rejected,
    Revoke,
    Segment,
    Taken,
    Transient,
    Unreachable,
)
from cusna_unifi.fake.air import Air
from cusna_unifi.fake.rules import Refusal
from cusna_unifi.fake.state import OFFLINE, PROVISIONING, Station

ANNA, BERT, CARL, PRINTER = (
    "anna-anna-anna-anna",
    "bert-bert-bert-bert",
    "carl-carl-carl",
    "printer on 3rd floor",
)


def codes(findings: Any) -> set[str]:
    return {one.code for one in findings}


def foreign(password: str, **fields: Any) -> dict[str, Any]:
    return {"password": password, "networkconf_id": "", **fields}


# Login and transport


async def test_edge_01_a_booting_controller_is_not_believed(rack: Any) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    rack.fake.knobs.booting = 2
    with pytest.raises(BadAnswer, match="may be starting"):
        await network.read()
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert isinstance(error, BadAnswer)
    assert rack.puts() == 0
    assert rack.fake.server.gate.logins == 0
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert rack.fake.server.gate.logins == 1


@pytest.mark.parametrize("flavour", ["unifi_os", "network_app"])
async def test_edge_02_a_login_without_a_cookie_is_no_login(make_rack: Any, flavour: str) -> None:
    rack = await make_rack(flavour=flavour)
    rack.fake.knobs.silent_login = True
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    with pytest.raises(RateLimited, match="without opening a session") as caught:
        await network.read()
    assert caught.value.after == 60


async def test_edge_03_wrong_password_and_login_limit_stop_the_calls(rack: Any) -> None:
    options = rack.fake.session_options() | {"password": "wrong"}
    network = await rack.network(await rack.controller(**options))
    for _ in range(3):
        with pytest.raises(AuthFailed, match="user name or the password"):
            await network.read()
    assert rack.fake.server.gate.logins == 1
    rack.clock.seconds += 61
    with pytest.raises(AuthFailed):
        await network.read()
    assert rack.fake.server.gate.logins == 2

    rack.fake.knobs.login_limit = 0
    limited = await rack.network(await rack.controller(**rack.fake.session_options()))
    waits = []
    for _ in range(6):
        with pytest.raises(RateLimited) as caught:
            await limited.read()
        assert caught.value.after is not None
        waits.append(caught.value.after)
        rack.clock.seconds += caught.value.after - 1
        before = rack.fake.server.gate.logins
        with pytest.raises(RateLimited) as again:
            await limited.read()
        assert again.value.after == pytest.approx(1)
        assert rack.fake.server.gate.logins == before
        rack.clock.seconds += 1.01
    assert waits == [60, 120, 240, 480, 900, 900]
    rack.fake.knobs.login_limit = 100
    assert await limited.read() == []


async def test_edge_03_a_login_that_is_told_when_to_come_back_comes_back_then(rack: Any) -> None:
    """UniFi says no time by itself; what stands before it may."""
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    rack.fake.knobs.fail, rack.fake.knobs.retry_after = 429, "7"
    for wait in (7.0, 5.0):
        with pytest.raises(RateLimited) as caught:
            await network.read()
        assert caught.value.after == pytest.approx(wait)
        rack.fake.knobs.fail = None
        rack.clock.seconds += 2
    rack.clock.seconds += 3.01
    assert await network.read() == []


@pytest.mark.parametrize("flavour", ["unifi_os", "network_app"])
async def test_edge_04_mfa_says_which_account_to_use(make_rack: Any, flavour: str) -> None:
    rack = await make_rack(flavour=flavour)
    rack.fake.knobs.mfa = True
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    with pytest.raises(AuthFailed, match="local account without MFA"):
        await network.read()


@pytest.mark.parametrize("flavour", ["unifi_os", "network_app"])
async def test_edge_05_a_session_that_ends_is_renewed_once(make_rack: Any, flavour: str) -> None:
    rack = await make_rack(flavour=flavour)
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    rack.clock.seconds += rack.fake.knobs.token_ttl + 1
    assert await rack.apply(network, rack.new(BERT)) == [None]
    assert rack.fake.server.gate.logins == 2
    assert set(rack.keys) == {ANNA, BERT}
    rack.fake.server.gate.sessions.clear()
    rack.fake.knobs.token_ttl = 0
    with pytest.raises(AuthFailed):
        await network.read()
    assert rack.fake.server.gate.logins == 3


async def test_edge_05_the_updated_csrf_token_is_used(rack: Any) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    rack.fake.knobs.rotate_csrf = 1
    assert await rack.apply(network, rack.new(ANNA), rack.new(BERT)) == [None, None]
    assert rack.puts() == 1
    assert rack.fake.server.gate.logins == 1


@pytest.mark.parametrize(
    ("told_by", "gets", "logins"), [("the refusal", 0, 1), ("another answer", 1, 1), ("a login", 1, 2)]
)
async def test_edge_05_a_stale_csrf_token_is_refreshed_once(
    rack: Any, told_by: str, gets: int, logins: int
) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    await network.read()
    (visit,) = rack.fake.server.gate.sessions.values()
    before = len(rack.fake.calls("GET", "self/sites"))
    put = network._api.put_wlan

    async def stale(*what: Any) -> Any:
        visit.csrf = "rotated by somebody"
        if told_by != "a login":
            rack.fake.knobs.rotate_csrf = 1000
        rack.fake.knobs.csrf_on_refusals = told_by == "the refusal"
        return await put(*what)

    network._api.put_wlan = stale
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert rack.puts() == 2
    assert len(rack.fake.calls("GET", "self/sites")) - before == gets
    assert rack.fake.server.gate.logins == logins


async def test_edge_05_a_refusal_that_stays_is_told(rack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    monkeypatch.setattr(rack.fake.server.gate, "csrf_is_good", lambda request: False)
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert isinstance(error, AuthFailed)
    assert "CSRF" in str(error)
    assert rack.puts() == 2


async def test_edge_06_the_cookie_is_sent_to_an_ip_address(rack: Any) -> None:
    network = await rack.network(await rack.controller(**rack.fake.session_options()))
    assert "127.0.0.1" in rack.fake.url
    assert await network.read() == []
    assert {one.auth for one in rack.fake.calls("GET")} == {"session"}


async def test_edge_07_a_bad_key_and_a_key_for_newer_paths(rack: Any) -> None:
    bad = await rack.controller(url=rack.fake.url, api_key="cloud-api-key-0001")
    with pytest.raises(AuthFailed, match="not interchangeable"):
        await bad.check()
    rack.fake.knobs.api_key_classic = False
    good = await rack.controller()
    assert codes(await good.check()) == {"unifi.key-classic"}
    rack.fake.knobs.html_401 = True
    with pytest.raises(AuthFailed):
        await (await rack.network(good)).read()


async def test_edge_08_a_redirect_is_not_followed(rack: Any, make_rack: Any) -> None:
    elsewhere = await make_rack()
    network = await rack.network()
    rack.fake.knobs.redirect = elsewhere.fake.url
    with pytest.raises(BadAnswer, match="not followed"):
        await network.read()
    assert elsewhere.fake.journal == []


async def test_edge_09_read_only_accounts_and_hidden_passwords_write_nothing(rack: Any) -> None:
    rack.fake.edit("Members", foreign(PRINTER))
    controller = await rack.controller()
    network = await rack.network(controller)
    rack.fake.knobs.role = "viewer"
    assert "unifi.read-only" in codes(await controller.check())
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert isinstance(error, AuthFailed)
    assert "may not do this" in str(error)
    before = rack.puts()
    for how in ("omit", "mask"):
        rack.fake.knobs.hide = how
        with pytest.raises(AuthFailed, match="hides the passphrases"):
            await network.read()
        (error,) = await rack.apply(network, rack.new(ANNA))
        assert isinstance(error, AuthFailed)
        assert "unifi.passphrases-hidden" in codes(await network.check())
    assert rack.puts() == before
    assert set(rack.keys) == {PRINTER}


async def test_edge_10_errors_with_status_200_and_numbers_as_strings(make_rack: Any) -> None:
    rack = await make_rack(version="7.5.187")
    acme = rack.fake.site.add_network("Acme", 120)
    rack.fake.edit("Members", foreign(PRINTER, networkconf_id=acme))
    rack.fake.knobs.strings = rack.fake.knobs.old_errors = True
    controller = await rack.controller()
    network = await rack.network(controller)
    assert [one.vlan for one in await network.read()] == [120]
    assert await network.segments() == await (await rack.network()).segments()
    assert await rack.apply(network, rack.new(ANNA, 120)) == [None]
    lost = await rack.controller(**rack.fake.options(), site="nowhere")
    with pytest.raises(ConfigError):
        await lost.check()
    rack.fake.knobs.max_keys = 2
    (error,) = await rack.apply(network, rack.new(BERT))
    assert type(error) is Rejected
    assert "InvalidPayload" in str(error)
    await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01")
    assert [(one.mac, one.vlan) for one in await network.clients()] == [("aa:bb:cc:00:00:01", 120)]


# Writing keys


async def test_edge_11_nothing_is_written_when_nothing_changed(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA), rack.new(BERT))
    assert rack.puts() == 1
    rack.fake.knobs.shuffle = True
    assert await rack.apply(network, rack.change(ANNA, ANNA), rack.change(BERT, BERT)) == [None, None]
    assert await rack.apply(network, rack.end("gone already")) == [None]
    assert rack.puts() == 1


async def test_edge_12_many_changes_are_one_write(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    changes = [rack.end(ANNA), *(rack.new(f"member number {place}") for place in range(100))]
    assert await rack.apply(network, *changes) == [None] * 101
    assert rack.puts() == 2
    assert len(rack.keys) == 100
    assert [one.body for one in rack.fake.calls("PUT")][-1].keys() == {"private_preshared_keys"}


async def test_edge_13_an_ok_that_lies_is_found_and_tried_once_more(rack: Any) -> None:
    network = await rack.network()
    rack.fake.knobs.swallow = 1
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert rack.puts() == 2
    rack.fake.knobs.swallow = 2
    (error, other) = await rack.apply(network, rack.new(BERT), rack.end("nobody has it"))
    assert isinstance(error, Transient)
    assert "not as they should be" in str(error)
    assert other is None
    assert rack.puts() == 4
    rack.fake.knobs.revert = 1
    assert await rack.apply(network, rack.new(BERT)) == [None]
    assert set(rack.keys) == {ANNA, BERT}
    # What reverts later is found by the next reading.
    rack.fake.knobs.revert, rack.fake.knobs.revert_after = 1, 5.0
    assert await rack.apply(network, rack.new(CARL)) == [None]
    rack.clock.seconds += 6
    assert {one.ref for one in await network.read()} == {rack.ref(ANNA), rack.ref(BERT)}


@pytest.mark.parametrize("drops", [["after"], ["after"] * 2, ["before"], ["before"] * 2])
async def test_edge_14_a_lost_answer_is_decided_by_reading(rack: Any, drops: list[str]) -> None:
    network = await rack.network()
    rack.fake.knobs.drop_puts = list(drops)
    assert await rack.apply(network, rack.new(ANNA), rack.new(BERT)) == [None, None]
    assert sorted(rack.keys) == [ANNA, BERT]
    # aiohttp itself repeats a PUT whose kept-alive connection breaks: that one was lost is known after two.
    assert rack.puts() == (3 if drops == ["before"] * 2 else 2)
    assert rack.fake.site.provision_count == 1


async def test_edge_14_a_connection_that_stays_lost_is_unreachable(rack: Any) -> None:
    network = await rack.network()
    rack.fake.knobs.drop_puts = ["before"] * 9
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert isinstance(error, Unreachable)
    assert rack.keys == {}


async def test_edge_15_a_stale_save_brings_back_and_loses_keys(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    stale = rack.fake.copy("Members")
    await rack.apply(network, rack.end(ANNA), rack.new(BERT))
    rack.fake.ui_save(stale)
    assert [one.ref for one in await network.read()] == [rack.ref(ANNA)]
    assert await rack.apply(network, rack.end(ANNA), rack.new(BERT)) == [None, None]
    assert set(rack.keys) == {BERT}


async def test_edge_16_foreign_keys_stay_to_the_letter(rack: Any) -> None:
    acme = rack.fake.site.add_network("Acme", 120)
    entries = [
        foreign(PRINTER, name="VLAN-1f4", x_unknown={"a": [1, 2]}),
        {"password": "no network at all"},
        foreign("scanner passphrase", networkconf_id=acme),
    ]
    rack.fake.edit("Members", *entries)
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA), rack.new(BERT, 120))
    await rack.apply(network, rack.end(ANNA), rack.change(BERT, CARL))
    assert rack.fake.site.ppsks("Members")[:3] == entries
    assert len(await network.read()) == 4
    # So does what UniFi may know of a key that is changed.
    await rack.apply(network, rack.change(PRINTER, ANNA, 120))
    assert rack.fake.site.ppsks("Members")[0] == {**entries[0], "password": ANNA, "networkconf_id": acme}


async def test_edge_17_a_passphrase_in_use_is_refused_before_the_write(rack: Any) -> None:
    rack.fake.edit("Members", foreign(PRINTER), x_passphrase="the base passphrase")
    network = await rack.network()
    outcomes = await rack.apply(
        network, rack.new(PRINTER), rack.new("the base passphrase"), rack.new(ANNA), rack.new(ANNA)
    )
    assert [type(one) for one in outcomes] == [Taken, Taken, type(None), Taken]
    assert isinstance((await rack.apply(network, rack.change(ANNA, PRINTER)))[0], Taken)
    # A passphrase that the same flush sets free may be used.
    assert await rack.apply(network, rack.end(ANNA), rack.new(ANNA)) == [None, None]
    assert rack.puts() == 1


async def test_edge_18_the_last_key_leaves_an_anchor_behind(rack: Any) -> None:
    rack.fake.knobs.empty_list = False
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    assert await rack.apply(network, rack.end(ANNA)) == [None]
    (anchor,) = rack.keys
    assert anchor not in (ANNA, "")
    assert len(anchor) == 40
    assert await network.read() == []
    assert isinstance((await rack.apply(network, rack.new(anchor)))[0], Taken)
    assert await rack.apply(network, rack.end(ANNA)) == [None]
    assert rack.puts() == 2
    # It goes when a key comes.
    assert await rack.apply(network, rack.new(BERT)) == [None]
    assert set(rack.keys) == {BERT}


async def test_edge_19_a_full_wifi_takes_what_fits(rack: Any) -> None:
    rack.fake.edit("Members", foreign(PRINTER))
    network = await rack.network(max_keys=3)
    assert network.limits.keys == 3
    outcomes = await rack.apply(network, rack.new(ANNA), rack.new(BERT), rack.new(CARL))
    assert [type(one) for one in outcomes] == [type(None), type(None), Full]
    assert await rack.apply(network, rack.end(ANNA), rack.new(CARL)) == [None, None]
    assert set(rack.keys) == {PRINTER, BERT, CARL}


@pytest.mark.parametrize(
    ("passphrase", "good"),
    [("a" * 6 + "b", False), ("a" * 7 + "b", True), ("a" * 62 + "b", True), ("a" * 63 + "b", False),
     ("grüße an alle", False), ("tab\tin between", False), ("with a space", True)],
)  # fmt: skip
async def test_edge_20_passphrases_are_checked_before_the_write(
    rack: Any, passphrase: str, good: bool
) -> None:
    network = await rack.network()
    (error,) = await rack.apply(network, rack.new(passphrase))
    if good:
        assert error is None
    else:
        assert type(error) is Rejected
        assert passphrase not in str(error)
    assert rack.puts() == int(good)


async def test_edge_21_the_wlans_own_network_is_left_alone(rack: Any) -> None:
    acme = rack.fake.site.add_network("Acme", 120)
    rack.fake.edit("Members", networkconf_id=acme)
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA), rack.new(BERT, 120))
    rack.fake.edit("Members", networkconf_id=rack.fake.site.home)
    assert {one.ref: one.vlan for one in await network.read()} == {rack.ref(ANNA): None, rack.ref(BERT): 120}
    assert await rack.apply(network, rack.change(ANNA, ANNA), rack.change(BERT, BERT, 120)) == [None, None]
    assert rack.puts() == 1


async def test_edge_22_no_network_and_the_default_network(rack: Any) -> None:
    site = rack.fake.site
    lounge = site.add_network("Lounge", 50)
    rack.fake.edit(
        "Members",
        foreign(ANNA),
        foreign(BERT, networkconf_id=lounge),
        foreign(CARL, networkconf_id=site.home),
    )

    async def vlans(**options: Any) -> list[int | None]:
        controller = await rack.controller()
        return [one.vlan for one in await (await rack.network(controller, **options)).read()]

    assert await vlans() == [None, 50, None]
    # With a default network, "" leads elsewhere: where the WLAN itself is, which is untagged.
    assert await vlans(default_network="Lounge") == [1, None, 1]
    assert await vlans(default_network="Default") == [None, 50, None]
    rack.fake.edit("Members", networkconf_id=lounge)
    assert await vlans() == [None, 50, 1]
    assert await vlans(default_network="Lounge") == [None, None, 1]
    network = await rack.network(await rack.controller(), default_network="Lounge")
    assert await rack.apply(network, rack.new("dora-dora-dora")) == [None]
    assert rack.keys["dora-dora-dora"] == "Lounge"


async def test_edge_22_a_default_network_that_is_not_there_stops_new_keys_only(rack: Any) -> None:
    rack.fake.edit("Members", foreign(ANNA))
    network = await rack.network(default_network="Lounge")
    outcomes = await rack.apply(network, rack.end(ANNA), rack.new(BERT))
    assert [type(one) for one in outcomes] == [type(None), Rejected]
    assert ANNA not in rack.keys
    assert "unifi.default-network" in codes(await network.check())


async def test_edge_23_a_validation_error_names_field_and_pattern_only(rack: Any) -> None:
    rack.fake.edit("Members", foreign("p" * 300))
    network = await rack.network()
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert type(error) is Rejected
    assert "private_preshared_keys.password" in str(error)
    assert r"[\x20-\x7E]{8,255}" in str(error)
    assert ANNA not in str(error)
    assert "ppp" not in str(error)


# The state of the SSID


async def test_edge_24_a_wifi_that_cannot_have_keys_is_told_and_left_alone(rack: Any) -> None:
    network = await rack.network()
    rack.fake.edit(
        "Members", enabled=False, security="open", wpa3_support=True, wlan_bands=["5g", "6g"],
        private_preshared_keys_enabled=False, radius_mac_auth_enabled=True,
    )  # fmt: skip
    found = await network.check()
    assert codes(one for one in found if one.level is Level.ERROR) == {
        "unifi.security", "unifi.ppsk-off", "unifi.wpa3", "unifi.6ghz", "unifi.radius-mac", "unifi.ssid-off",
    }  # fmt: skip
    assert all(one.summary and one.fix and one.path for one in found)
    with pytest.raises(ConfigError, match=r"WPA2 with a password.*switched on") as caught:
        await network.read()
    assert caught.value.path == "ssid"
    (error,) = await rack.apply(network, rack.new(ANNA))
    assert isinstance(error, ConfigError)
    assert rack.puts() == 0
    notes = [one.note for one in await (await rack.controller()).networks()]
    assert notes == ["not WPA2 with a password"]


async def test_edge_24_a_wifi_that_is_missing_or_there_twice(rack: Any) -> None:
    controller = await rack.controller()
    nobody = await rack.network(controller, ssid="Nobody")
    assert codes(await nobody.check()) == {"unifi.ssid-missing"}
    with pytest.raises(ConfigError, match="no WiFi “Nobody”"):
        await nobody.read()
    twin = rack.fake.site.add_wlan("Members")
    network = await rack.network(controller)
    assert codes(await network.check()) == {"unifi.ssid-twice"}
    with pytest.raises(ConfigError, match=twin):
        await network.read()
    by_id = await rack.network(controller, wlan_id=twin)
    assert await rack.apply(by_id, rack.new(ANNA)) == [None]
    assert rack.fake.site.wlans[twin]["private_preshared_keys"][0]["password"] == ANNA
    assert rack.keys == {}
    renamed = await rack.network(controller, ssid="Other", wlan_id=twin)
    assert codes(await renamed.check()) == {"unifi.ssid-renamed"}
    lost = await rack.network(controller, wlan_id="f" * 24)
    assert codes(await lost.check()) == {"unifi.ssid-missing"}


async def test_edge_25_what_is_only_unwise_is_a_warning(rack: Any) -> None:
    rack.fake.edit(
        "Members", fast_roaming_enabled=True, is_guest=True, x_passphrase="12345678",
        schedule=["mon|0800-1800"],
        l2_isolation=True,
    )  # fmt: skip
    network = await rack.network(vlan_networks="vlan-only")
    found = await network.check()
    assert codes(one for one in found if one.level is Level.WARNING) == {
        "unifi.fast-roaming", "unifi.guest", "unifi.base-passphrase", "unifi.schedule",
    }  # fmt: skip
    assert codes(one for one in found if one.level is Level.INFO) == {"unifi.l2-isolation", "unifi.dhcp"}
    assert [one.level for one in found] == sorted(
        (one.level for one in found), key=["error", "warning", "info"].index
    )
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert all("12345678" not in one.summary + one.fix for one in found)


@pytest.mark.parametrize(
    ("version", "good"), [("7.5.186", False), ("7.5.187", True), ("10.0.1", True), ("6.9", False)]
)
async def test_edge_26_an_old_version_is_an_error(make_rack: Any, version: str, good: bool) -> None:
    rack = await make_rack(version=version)
    assert codes(await (await rack.controller()).check()) == (set() if good else {"unifi.version"})


# VLAN networks


async def test_edge_27_a_number_in_use_is_taken(rack: Any) -> None:
    rack.fake.site.add_network("Accounting", 101)
    rack.fake.site.add_wlan("Old", vlan=102, vlan_enabled=True)
    network = await rack.network(vlan_networks="vlan-only")
    assert {(one.vlan, one.name) for one in await network.segments()} == {(101, "Accounting"), (102, "Old")}
    outcomes = await rack.apply(
        network, *(EnsureSegment(Segment(vlan, f"cusna-{vlan}")) for vlan in (101, 102, 103))
    )
    assert [type(one) for one in outcomes] == [Taken, Taken, type(None)]
    assert "Accounting" in str(outcomes[0])
    assert {one.vlan for one in await network.segments()} == {101, 102, 103}


@pytest.mark.parametrize("kind", ["vlan-only", "corporate"])
async def test_edge_28_a_network_is_always_made_with_its_vlan_on(rack: Any, kind: str) -> None:
    more = {"supernet": "10.90.0.0/16"} if kind == "corporate" else {}
    network = await rack.network(vlan_networks=kind, **more)
    await network.ensure_segment(Segment(107, "cusna-acme"))
    (post,) = rack.fake.calls("POST")
    expected = {
        "name": "cusna-acme", "purpose": kind, "enabled": True, "networkgroup": "LAN", "vlan_enabled": True,
        "vlan": 107,
    }  # fmt: skip
    if kind == "corporate":
        expected |= {
            "ip_subnet": "10.90.107.1/24", "dhcpd_enabled": True, "dhcpd_start": "10.90.107.6",
            "dhcpd_stop": "10.90.107.254", "dhcpd_leasetime": 7200,
        }  # fmt: skip
    assert post.body == expected
    await network.ensure_segment(Segment(107, "cusna-acme"))
    assert len(rack.fake.calls("POST")) == 1


async def test_edge_29_a_network_renamed_or_deleted_by_hand(rack: Any) -> None:
    network = await rack.network(vlan_networks="vlan-only")
    segment = EnsureSegment(Segment(107, "cusna-acme"))
    assert await rack.apply(network, segment, rack.new(ANNA, 107)) == [None, None]
    (made,) = [one for one in rack.fake.site.networks.values() if one.get("vlan") == 107]
    made["name"] = "Acme GmbH"
    # Its keys go on, by the number; it is not taken for ours any more.
    assert [one.vlan for one in await network.read()] == [107]
    assert await rack.apply(network, rack.new(BERT, 107)) == [None]
    assert isinstance((await rack.apply(network, segment))[0], Taken)
    # Deleted: both keys lead nowhere, so they differ from whatever they should be, and are bound again.
    del rack.fake.site.networks[made["_id"]]
    await rack.clock.sleep(60)
    assert [one.vlan for one in await network.read()] == [0, 0]
    assert (
        await rack.apply(network, segment, rack.change(ANNA, ANNA, 107), rack.change(BERT, BERT))
        == [None] * 3
    )
    assert rack.keys == {ANNA: "cusna-acme", BERT: ""}


async def test_edge_30_a_company_that_moves_moves_in_one_write(rack: Any) -> None:
    rack.fake.site.add_network("Acme", 120)
    rack.fake.site.add_network("Beta", 121)
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA, 120), rack.new(BERT, 120))
    assert await rack.apply(network, rack.change(ANNA, ANNA, 121), rack.change(BERT, CARL, 121)) == [
        None,
        None,
    ]
    assert rack.keys == {ANNA: "Beta", CARL: "Beta"}
    assert rack.puts() == 2
    assert isinstance((await rack.apply(network, rack.new("dora-dora-dora", 122)))[0], Rejected)


async def test_edge_31_a_network_in_use_cannot_be_deleted(rack: Any) -> None:
    network = await rack.network(vlan_networks="vlan-only")
    await rack.apply(network, EnsureSegment(Segment(107, "cusna-acme")), rack.new(ANNA, 107))
    await rack.apply(network, rack.end(ANNA))
    # The driver has no call that deletes a network; the controller itself refuses one in use.
    assert not rack.fake.calls("DELETE")
    assert any(one.get("vlan") == 107 for one in rack.fake.site.networks.values())


# Access points and clients


async def test_edge_32_an_access_point_that_missed_the_change_is_pushed(rack: Any) -> None:
    (ap,) = rack.fake.site.aps
    rack.fake.site.add_ap("00:00:5e:00:53:99", OFFLINE)
    rack.fake.knobs.missed_aps = {ap}
    patient = await rack.network()
    await rack.apply(patient, rack.new(ANNA))
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") is None
    network = await rack.network(await rack.controller(), force_provision=True)
    await rack.apply(network, rack.new(BERT))
    assert [one.body for one in rack.fake.calls("POST")] == [{"cmd": "force-provision", "mac": ap}]
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") == 0
    # Nothing was written: nothing is pushed.
    await rack.apply(network, rack.change(BERT, BERT))
    assert len(rack.fake.calls("POST")) == 1


async def test_edge_32_provisioning_takes_its_time(rack: Any) -> None:
    (ap,) = rack.fake.site.aps.values()
    rack.fake.knobs.provision_s = 8
    network = await rack.network(force_provision=True)
    await rack.apply(network, rack.new(ANNA))
    assert ap.state == PROVISIONING
    assert rack.fake.calls("POST") == []
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") is None
    rack.clock.seconds += 8
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") == 0
    assert rack.fake.site.provision_count == 1


async def test_edge_33_a_session_ends_only_by_disconnecting(rack: Any) -> None:
    site = rack.fake.site
    site.add_network("Acme", 120)
    site.add_network("Beta", 121)
    acme = next(one["_id"] for one in site.networks.values() if one["name"] == "Acme")
    site.add_wlan("Guests", private_preshared_keys=[foreign("guest passphrase", networkconf_id=acme)])
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA, 120), rack.new(BERT, 120), rack.new(CARL, 121))
    stations = {ANNA: "aa:bb:cc:00:00:01", BERT: "aa:bb:cc:00:00:02", CARL: "aa:bb:cc:00:00:03"}
    for passphrase, mac in stations.items():
        assert await rack.fake.join("Members", passphrase, mac) in (120, 121)
    await rack.fake.join("Guests", "guest passphrase", "aa:bb:cc:00:00:04")
    site.stations["wired"] = Station("aa:bb:cc:00:00:05", "Members", acme, "Acme", 120, is_wired=True)
    ended = [one for one in await network.read() if one.ref == rack.ref(ANNA)]
    await rack.apply(network, rack.end(ANNA))
    assert stations[ANNA] in rack.fake.online("Members")
    assert await network.disconnect(ended) == 2
    del site.stations["wired"]
    assert rack.fake.online("Members") == {stations[BERT]: 120, stations[CARL]: 121}
    assert rack.fake.online("Guests") == {"aa:bb:cc:00:00:04": 120}
    kicked = [one.body["mac"] for one in rack.fake.calls("POST")]
    assert kicked == [stations[ANNA], stations[BERT]]


async def test_edge_34_nobody_is_kicked_for_additions_and_leaving_first_is_fine(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA), rack.new(BERT))
    await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01")
    assert rack.fake.calls("POST") == []
    assert await network.disconnect([]) == 0
    ended = [one for one in await network.read() if one.ref == rack.ref(ANNA)]
    rack.fake.site.stations["ghost"] = Station("aa:bb:cc:00:00:09", "Members", rack.fake.site.home)
    await rack.apply(network, rack.end(ANNA))
    assert await network.disconnect(ended) == 1
    assert "aa:bb:cc:00:00:01" not in rack.fake.site.stations


async def test_edge_34_a_client_that_unifi_will_not_drop_keeps_nobody_else_on(
    rack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    for n in range(3):
        await rack.fake.join("Members", ANNA, f"aa:bb:cc:00:00:0{n}")
    ended = await network.read()
    await rack.apply(network, rack.end(ANNA))
    real = Air.kick
    sticky = {"aa:bb:cc:00:00:00"}

    def kick(air: Air, mac: str) -> bool:
        if mac in sticky:
            raise Refusal("InvalidObject")
        return real(air, mac)

    monkeypatch.setattr(Air, "kick", kick)
    assert await network.disconnect(ended) == 2
    assert list(rack.fake.online("Members")) == ["aa:bb:cc:00:00:00"]
    with pytest.raises(Rejected):
        await network.disconnect(ended)


async def test_edge_35_two_sites_and_two_wifis_do_not_mix(rack: Any) -> None:
    other = rack.fake.add_site("x7k2", "Ost")
    other.add_wlan("Members")
    rack.fake.site.add_wlan("Guests")
    here = await rack.controller()
    there = await rack.controller(**rack.fake.options(), site="Ost")
    networks = [await rack.network(here), await rack.network(here, ssid="Guests"), await rack.network(there)]
    outcomes = await asyncio.gather(
        *(rack.apply(one, rack.new(name)) for one, name in zip(networks, (ANNA, BERT, CARL), strict=True))
    )
    assert outcomes == [[None]] * 3
    assert set(rack.keys) == {ANNA}
    assert [one["password"] for one in rack.fake.site.ppsks("Guests")] == [BERT]
    assert [one["password"] for one in other.ppsks("Members")] == [CARL]
    assert len({one.identity() for one in networks}) == 3
    assert networks[0].segment_domain() == networks[1].segment_domain() != networks[2].segment_domain()
    # The anchors differ, so that no list's own key says anything of another's.
    for one, name in zip(networks, (ANNA, BERT, CARL), strict=True):
        await rack.apply(one, rack.end(name))
    lists = (rack.fake.site.ppsks("Members"), rack.fake.site.ppsks("Guests"), other.ppsks("Members"))
    assert len({one[0]["password"] for one in lists}) == 3


async def test_edge_35_flushes_of_one_wifi_wait_for_each_other(rack: Any) -> None:
    controller = await rack.controller()
    one, two = await rack.network(controller), await rack.network(controller)
    await asyncio.gather(
        *(rack.apply((one, two)[place % 2], rack.new(f"member {place:04}")) for place in range(8))
    )
    assert len(rack.keys) == 8


async def test_edge_36_stations_are_never_asked_one_by_one(rack: Any) -> None:
    network = await rack.network()
    await rack.apply(network, rack.new(ANNA))
    await rack.fake.join("Members", ANNA, "AA:BB:CC:00:00:01")
    assert [(one.mac, one.vlan, one.ref) for one in await network.clients()] == [
        ("aa:bb:cc:00:00:01", None, None)
    ]
    await network.disconnect([KeyState(rack.ref(ANNA))])
    assert [one.path for one in rack.fake.journal if "stat/sta" in one.path] == [
        "/proxy/network/api/s/default/stat/sta"
    ] * 2


async def test_the_single_calls_raise_what_apply_reports(rack: Any) -> None:
    network = await rack.network()
    ref = await network.create(rack.key(ANNA))
    assert ref == rack.ref(ANNA)
    with pytest.raises(Taken):
        await network.create(rack.key(ANNA))
    assert await network.update(ref, rack.key(BERT)) == rack.ref(BERT)
    with pytest.raises(Missing):
        await network.update(ref, rack.key(CARL))
    await network.revoke(rack.ref(BERT))
    await network.revoke(rack.ref(BERT))
    assert await network.read() == []
    assert isinstance(Revoke(ref, ""), Revoke)
