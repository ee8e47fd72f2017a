"""Does each finding appear where it should, with what mends it, and nowhere else?"""

from typing import Any

import pytest

from cusna_core.api import AuthFailed, BadAnswer, ConfigError, Level, Unreachable
from cusna_ruckus.smartzone.fake import Fault


def codes(findings: Any) -> list[str]:
    assert all(one.fix and one.summary.endswith(".") for one in findings)
    return [one.code.removeprefix("smartzone.") for one in findings]


# The controller


async def test_a_good_controller(house: Any) -> None:
    assert await (await house.controller()).check() == []


async def test_no_version_in_common(house: Any) -> None:
    house.knobs.versions = ["v5_0", "v8_2"]
    (finding,) = await (await house.controller()).check()
    assert codes([finding]) == ["api-version"]
    assert finding.path == "api_version"
    assert "v8_2" in finding.summary
    with pytest.raises(ConfigError):
        await (await house.network()).read()


async def test_a_version_that_the_controller_does_not_speak(house: Any) -> None:
    (finding,) = await (await house.controller(api_version="v14_0")).check()
    assert codes([finding]) == ["api-version"]
    house.knobs.versions.append("v14_0")
    assert await (await house.controller(api_version="v14_0")).check() == []


async def test_a_wrong_password_and_a_controller_that_is_down(house: Any) -> None:
    with pytest.raises(AuthFailed):
        await (await house.controller(password="wrong")).check()
    house.fake.break_down(True)
    with pytest.raises(Unreachable):
        await (await house.controller()).check()


async def test_a_role_that_is_too_weak(house: Any) -> None:
    controller = await house.controller()
    house.knobs.role = "nobody"
    assert codes(await controller.check()) == ["role-too-weak"]
    house.knobs.role = "reader"
    (finding,) = await controller.check()
    assert codes([finding]) == ["role-too-weak"]
    assert finding.level is Level.ERROR
    house.knobs.permissions = False
    assert await controller.check() == [], "a release that does not tell"
    house.knobs.role = "admin"
    house.knobs.permissions = True
    assert await controller.check() == []


async def test_no_zone_in_sight(house: Any) -> None:
    house.fake.cluster.zones.clear()
    assert codes(await (await house.controller()).check()) == ["no-zones"]


async def test_choices_are_wlans_with_dpsk(house: Any) -> None:
    fake = house.fake
    fake.wlan("Guests").doc["dpsk"]["dpskEnabled"] = False
    fake.wlan("Café").doc["encryption"]["method"] = "WPA3"
    other = fake.cluster.add_zone("Garden")
    fake.cluster.add_wlan(other, "Members-2", ssid="Members")
    controller = await house.controller()
    choices = {one.title: one for one in await controller.networks()}
    assert list(choices) == ["House: Members", "House: Café", "Garden: Members-2"]
    assert choices["House: Members"].note == "Ready."
    assert "WPA2 only" in choices["House: Café"].note
    chosen = choices["Garden: Members-2"]
    assert chosen.ssid == "Members"
    network = await house.network(controller, **chosen.options)
    assert await network.check() == []
    assert network.ssid == "Members"


async def test_choices_are_told_whole_or_not_at_all(house: Any) -> None:
    house.fake.faults.append(Fault("status", r"^GET .*/wlans/1$", status=404))
    controller = await house.controller()
    with pytest.raises(BadAnswer):
        await controller.networks()
    assert len(await controller.networks()) == 1


# Which WLAN is meant


async def test_names_and_ids_lead_to_the_same_wlan(house: Any) -> None:
    fake = house.fake
    fake.cluster.add_dpsk(house.wlan, "printer", "the-printer-key")
    ids = fake.network_options("Members")
    for zone in ("House", ids["zone"], ids["zone"].upper()):
        for wlan in ("Members", ids["wlan"]):
            network = await house.network(await house.controller(), zone=zone, wlan=wlan)
            assert await network.check() == []
            assert len(await network.read()) == 1


async def test_by_id_before_name_before_ssid(house: Any) -> None:
    fake = house.fake
    tricky = fake.cluster.add_wlan(fake.zone, house.wlan.id, ssid="Members-5G")
    network = await house.network(wlan=house.wlan.id)
    await network.check()
    assert network.ssid == "Members"
    network = await house.network(wlan="Members-5G")
    await network.check()
    assert network.ssid == "Members-5G"
    fake.cluster.add_wlan(fake.zone, "Members-5G", ssid="Other")
    network = await house.network(await house.controller(), wlan="Members-5G")
    await network.check()
    assert network.ssid == "Other"
    assert tricky.doc["name"] == "1"


async def test_what_is_not_there_is_told_with_what_is_near(house: Any) -> None:
    house.fake.cluster.add_zone("Garden")
    (finding,) = await (await house.network(zone="house")).check()
    assert (codes([finding]), finding.path) == (["zone-not-found"], "zone")
    assert "Near are: House." in finding.summary
    (finding,) = await (await house.network(zone="Elsewhere")).check()
    assert "It sees: House, Garden." in finding.summary
    (finding,) = await (await house.network(wlan="Member")).check()
    assert (codes([finding]), finding.path) == (["wlan-not-found"], "wlan")
    assert "Near are: Members." in finding.summary
    for number in range(20):
        house.fake.wlan(f"Room {number}")
    (finding,) = await (await house.network(wlan="xyz")).check()
    assert "and 13 more" in finding.summary


async def test_what_may_be_two_is_never_guessed(house: Any) -> None:
    fake = house.fake
    fake.cluster.add_zone("House")
    (finding,) = await (await house.network(zone="House")).check()
    assert codes([finding]) == ["zone-ambiguous"]
    fake.cluster.add_wlan(fake.zone, "One", ssid="Both")
    fake.cluster.add_wlan(fake.zone, "Two", ssid="Both")
    network = await house.network(wlan="Both")
    (finding,) = await network.check()
    assert codes([finding]) == ["wlan-ambiguous"]
    with pytest.raises(ConfigError, match="unknown") as caught:
        await network.read()
    assert caught.value.path == "wlan"


# What the WLAN is like


async def test_a_good_wlan(house: Any) -> None:
    assert await (await house.network()).check() == []


@pytest.mark.parametrize(
    ("block", "field", "value", "code", "level"),
    [
        ("dpsk", "dpskEnabled", False, "dpsk-off", Level.ERROR),
        ("externalDpsk", "enabled", True, "external-dpsk", Level.ERROR),
        ("dpsk", "expiration", "OneWeek", "keys-expire", Level.ERROR),
        ("encryption", "method", "WPA3", "encryption", Level.ERROR),
        ("encryption", "method", "WPA23_Mixed", "encryption", Level.ERROR),
        ("encryption", "method", "None", "encryption", Level.ERROR),
        ("encryption", "method", "OWE", "encryption", Level.ERROR),
        ("encryption", "method", "WPA_Mixed", "old-encryption", Level.WARNING),
        ("vlan", "aaaVlanOverride", False, "no-dynamic-vlan", Level.WARNING),
    ],
)
async def test_what_stands_in_the_way(
    house: Any, block: str, field: str, value: object, code: str, level: Level
) -> None:
    house.wlan.doc[block][field] = value
    network = await house.network()
    (finding,) = await network.check()
    assert (codes([finding]), finding.level, finding.path) == ([code], level, "wlan")
    assert finding.fix.startswith("Wireless LANs →")


async def test_a_wlan_that_tells_nothing_is_not_suspected(house: Any) -> None:
    for block in ("dpsk", "externalDpsk", "encryption", "vlan"):
        house.fake.faults.append(
            Fault("body", r"^GET .*/wlans/1$", status=200, body=f'{{"id": "1", "{block}": null}}')
        )
        assert await (await house.network(await house.controller())).check() == []


async def test_ignored_vlans_are_an_error_once_companies_have_some(house: Any) -> None:
    network = await house.network()
    await house.apply(network, house.new(vlan=120))
    house.wlan.doc["vlan"]["aaaVlanOverride"] = False
    (finding,) = await network.check()
    assert (codes([finding]), finding.level) == (["no-dynamic-vlan"], Level.ERROR)


async def test_a_key_of_ours_for_one_device_is_told(house: Any) -> None:
    house.fake.cluster.add_dpsk(house.wlan, "scanner", "the-scanner-key", group=False)
    network = await house.network()
    assert await network.check() == []
    house.fake.cluster.add_dpsk(house.wlan, "cusna-ab12cd-mia", "made-again-by-hand", group=False)
    assert codes(await network.check()) == ["one-device"]


async def test_errors_come_first(house: Any) -> None:
    house.wlan.doc["encryption"]["method"] = "WPA_Mixed"
    house.wlan.doc["dpsk"]["expiration"] = "OneDay"
    assert codes(await (await house.network()).check()) == ["keys-expire", "old-encryption"]
