"""Does the preflight see what would go wrong, and say what mends it?"""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from cusna_core.api import Clock, ConfigError, Create, Gauge, Key, Level
from cusna_meraki import cusna_drivers, cusna_fakes
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import API_KEY, Access, Fault, MerakiFake, Site
from cusna_meraki.network import MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions, MerakiOptions

MakeNetwork = Callable[..., MerakiNetwork]
Bend = Callable[[Site], object]


def ssid(**fields: Any) -> Bend:
    return lambda site: site.ssids[0].update(fields)


def site(**fields: Any) -> Bend:
    def bend(one: Site) -> None:
        for name, value in fields.items():
            setattr(one, name, value)

    return bend


async def test_a_well_made_ssid_has_no_findings(network: MerakiNetwork) -> None:
    assert await network.check() == []


FINDINGS: list[tuple[str, Bend, Level, str]] = [
    ("ssid-off", ssid(enabled=False), Level.ERROR, "ssid_number"),
    ("auth-mode", ssid(authMode="psk"), Level.ERROR, "ssid_number"),
    ("wpa3", ssid(wpaEncryptionMode="WPA3 only"), Level.ERROR, "ssid_number"),
    ("wpa3", ssid(wpaEncryptionMode="WPA3 192-bit Security"), Level.ERROR, "ssid_number"),
    ("wpa-mode", ssid(wpaEncryptionMode="WPA3 Transition Mode"), Level.WARNING, "ssid_number"),
    ("wpa-mode", ssid(wpaEncryptionMode="WPA1 and WPA2"), Level.WARNING, "ssid_number"),
    ("not-bridged", ssid(ipAssignmentMode="NAT mode"), Level.WARNING, "ssid_number"),
    ("fast-roaming", ssid(dot11r={"enabled": True}), Level.WARNING, "ssid_number"),
    ("no-wireless", site(product_types=["switch"]), Level.ERROR, "network_id"),
    ("template-bound", site(template_bound=True), Level.ERROR, "network_id"),
    ("other-organization", site(org="2939999"), Level.ERROR, "network_id"),
    ("firmware-old", site(firmware="MR 29.7.1"), Level.WARNING, "max_keys"),
    ("firmware-old", site(firmware="MR 30.0"), Level.WARNING, "max_keys"),
    ("firmware-unknown", site(firmware="Not configured"), Level.INFO, ""),
]


@pytest.mark.parametrize(
    ("code", "bend", "level", "path"), FINDINGS, ids=[f"{one[0]}-{n}" for n, one in enumerate(FINDINGS)]
)
async def test_each_trouble_is_found(
    fake: MerakiFake, network: MerakiNetwork, code: str, bend: Bend, level: Level, path: str
) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org, "2939999"}))
    bend(fake.site)
    [finding] = await network.check()
    assert (finding.code, finding.level, finding.path) == (f"meraki.{code}", level, path)
    assert finding.summary.endswith((".", ":"))
    assert finding.fix.endswith(".")


async def test_layer_3_roaming_is_as_good_as_a_bridge(fake: MerakiFake, network: MerakiNetwork) -> None:
    fake.site.ssids[0]["ipAssignmentMode"] = "Layer 3 roaming"
    assert await network.check() == []


async def test_an_ssid_that_drops_vlans_in_use_is_an_error(fake: MerakiFake, network: MerakiNetwork) -> None:
    fake.cloud.add_policy(fake.site, {"name": "cusna-ab12-v120"})
    fake.site.ssids[0]["ipAssignmentMode"] = "NAT mode"
    [finding] = await network.check()
    assert (finding.code, finding.level) == ("meraki.not-bridged", Level.ERROR)


async def test_a_network_that_cannot_be_seen(fake: MerakiFake, make_network: MakeNetwork) -> None:
    [finding] = await make_network(network_id="N_1").check()
    assert (finding.code, finding.path) == ("meraki.network-not-visible", "network_id")


async def test_an_ssid_that_is_not_there(make_network: MakeNetwork) -> None:
    [finding] = await make_network(ssid="Nowhere").check()
    assert (finding.code, finding.path) == ("meraki.ssid-not-found", "ssid")


async def test_a_default_policy_that_is_not_there(make_network: MakeNetwork) -> None:
    [finding] = await make_network(default_group_policy="20 Mbit").check()
    assert (finding.code, finding.path) == ("meraki.default-policy-missing", "default_group_policy")


@pytest.mark.parametrize(("splash", "count"), [("network default", 1), ("bypass", 0)])
async def test_a_splash_page_matters_where_the_policy_does_not_skip_it(
    fake: MerakiFake, make_network: MakeNetwork, splash: str, count: int
) -> None:
    fake.cloud.add_policy(fake.site, {"name": "10 Mbit", "splashAuthSettings": splash})
    network = make_network(default_group_policy="10 Mbit")
    fake.site.ssids[0]["splashPage"] = "Click-through splash page"
    assert [finding.code for finding in await network.check()] == ["meraki.splash"] * count
    assert await make_network().check() == [], "our own policy skips it"


async def test_room_is_counted(fake: MerakiFake, make_network: MakeNetwork, key: Callable[..., Key]) -> None:
    network = make_network(max_keys=1, max_group_policies=2)
    await network.create(key("mia", "green-river-42"))
    assert [finding.code for finding in await network.check()] == ["meraki.keys-full", "meraki.policies-full"]
    fake.knobs.mask_passphrases = "stars"
    roomy = make_network(max_group_policies=2, max_keys=2)
    assert [finding.level for finding in await roomy.check()] == [Level.ERROR, Level.INFO], "errors first"
    for n in range(6):
        fake.cloud.add_policy(fake.site, {"name": f"x{n}"})
    nearly = make_network(max_group_policies=10)
    assert [finding.code for finding in await nearly.check()] == [
        "meraki.policies-nearly-full",
        "meraki.passphrases-hidden",
    ]


@pytest.mark.parametrize("status", [403, 404])
async def test_firmware_that_may_not_be_read_is_no_trouble(
    fake: MerakiFake, network: MerakiNetwork, status: int
) -> None:
    fake.faults.append(Fault("status", match="firmwareUpgrades", status=status))
    [finding] = await network.check()
    assert finding.code == "meraki.firmware-unknown"


async def test_checking_writes_nothing(fake: MerakiFake, controller: Meraki, network: MerakiNetwork) -> None:
    await controller.check()
    await controller.networks()
    await network.check()
    await network.read()
    assert {entry.method for entry in fake.journal} == {"GET"}


# The controller


async def test_a_good_key_has_no_findings(controller: Meraki) -> None:
    assert await controller.check() == []


async def test_an_organisation_that_cannot_be_seen(make_controller: Callable[..., Any]) -> None:
    controller = await make_controller(organization_id="2939999")
    [finding] = await controller.check()
    assert (finding.code, finding.path) == ("meraki.organization-not-visible", "organization_id")
    with pytest.raises(ConfigError) as caught:
        await controller.networks()
    assert caught.value.path == "organization_id"


async def test_an_organisation_without_api(
    fake: MerakiFake, controller: Meraki, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cusna_meraki.models import ApiAccess, Organization

    async def organizations() -> list[Organization]:
        return [Organization(id=fake.org, name="House", api=ApiAccess(enabled=False))]

    monkeypatch.setattr(controller.api, "organizations", organizations)
    assert [finding.code for finding in await controller.check()] == ["meraki.api-off"]


async def test_a_key_without_networks(fake: MerakiFake, controller: Meraki) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), networks=frozenset())
    assert [finding.code for finding in await controller.check()] == ["meraki.no-networks"]


async def test_ssids_to_choose_from(fake: MerakiFake, controller: Meraki) -> None:
    fake.cloud.set_up_ssid(fake.site, "Members")
    fake.cloud.set_up_ssid(fake.site, "Guests", 5)
    fake.site.ssids[5]["authMode"] = "open"
    second = fake.cloud.add_site(fake.org, "Ost")
    fake.cloud.set_up_ssid(second, "Members", 7)
    cameras = fake.cloud.add_site(fake.org, "Cameras", product_types=["camera"])
    bound = fake.cloud.add_site(fake.org, "Bound", template_bound=True)
    fake.cloud.set_up_ssid(bound, "Members")
    choices = await controller.networks()
    assert [choice.title for choice in choices] == [
        "House: Members",
        "House: Guests",
        "Ost: Members",
        "Bound: Members",
    ]
    assert [choice.note == "Ready." for choice in choices] == [True, False, True, False]
    assert not any(cameras.id in call for call in fake.gate.calls), "it has no SSIDs to ask for"
    chosen = MerakiNetworkOptions.model_validate(choices[2].options)
    assert (chosen.network_id, chosen.ssid_number) == (second.id, 7)
    assert await controller.network(chosen).check() == []


# Caps


async def test_an_organisation_full_of_batches_is_told(fake: MerakiFake, controller: Meraki) -> None:
    fake.batches.occupy(fake.org, 3, 60)
    assert await controller.check() == []
    fake.batches.occupy(fake.org, 1, 60)
    [finding] = await controller.check()
    assert (finding.code, finding.level) == ("meraki.batches-full", Level.WARNING)


async def test_calls_that_came_too_fast_are_told_for_an_hour(
    fake: MerakiFake, controller: Meraki, clock: Clock
) -> None:
    fake.faults.append(Fault("status", status=429, times=2))
    [finding] = await controller.check()
    assert (finding.code, finding.path) == ("meraki.too-many-calls", "requests_per_second")
    assert "2 times" in finding.summary
    await clock.sleep(3600)
    assert await controller.check() == []


async def test_keys_are_also_counted_over_all_ssids_of_a_network(
    fake: MerakiFake, make_network: MakeNetwork, key: Callable[..., Key]
) -> None:
    network, studio = (
        make_network(max_keys=5),
        make_network(max_keys=5, ssid_number=fake.cloud.set_up_ssid(fake.site, "Studio")),
    )
    for n in range(2):
        await network.create(key(f"m{n}", f"passphrase-{n}"))
        await studio.create(key(f"m{n}", f"passphrase-{n}"))
    [finding] = await network.check()
    assert (finding.code, finding.path) == ("meraki.site-keys-nearly-full", "max_keys")
    assert await make_network(max_keys=6).check() == []


async def test_gauges_are_plain_numbers(
    fake: MerakiFake, controller: Meraki, make_network: MakeNetwork, key: Callable[..., Key]
) -> None:
    assert controller.gauges() == [Gauge("action_batches", 0, 5), Gauge("calls_per_second", 0, 5)]
    network = make_network(max_keys=50)
    make_network(ssid_number=fake.cloud.set_up_ssid(fake.site, "Studio"))
    changes = [Create(key(f"m{n}", f"passphrase-{n:02}")) for n in range(30)]
    outcomes = network.apply(changes)
    async for _ in outcomes:
        break
    await outcomes.aclose()  # type: ignore[attr-defined]
    await network.read()
    fake.journal.clear()
    gauges = {(gauge.name, gauge.about): (gauge.value, gauge.most) for gauge in controller.gauges()}
    assert 0 < gauges.pop(("calls_per_second", ""))[0] <= 5
    assert gauges == {
        ("action_batches", ""): (0, 5),
        ("keys", network.identity()): (30, 50),
        ("group_policies", fake.site.id): (2, 100),
    }
    assert fake.journal == []


# Options


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, "https://api.meraki.com/api/v1"),
        ({"base_url": "https://api.meraki.cn"}, "https://api.meraki.cn/api/v1"),
        ({"base_url": "https://api.meraki.cn/api/v1/"}, "https://api.meraki.cn/api/v1"),
    ],
)
def test_the_address_of_a_region(given: dict[str, str], meant: str) -> None:
    options = MerakiOptions.model_validate({"api_key": API_KEY, "organization_id": "1"} | given)
    assert options.base_url == meant


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_second": 10},
        {"requests_per_second": 0},
        {"organization_id": "My house"},
        {"base_url": "http://api.meraki.com/api/v1"},
    ],
)
def test_wrong_options_of_a_controller(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        MerakiOptions.model_validate({"api_key": API_KEY, "organization_id": "1"} | wrong)
    assert API_KEY not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"ssid_number": 15},
        {"ssid_number": 1, "ssid": "Members"},
        {"ssid_number": 1, "network_id": "../x"},
    ],
)
def test_wrong_options_of_a_network(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MerakiNetworkOptions.model_validate({"network_id": "N_1"} | wrong)


def test_every_option_explains_itself() -> None:
    for model in (MerakiOptions, MerakiNetworkOptions):
        for name, field in model.model_fields.items():
            assert field.title, name
            assert field.description, name


def test_the_plugin_offers_its_driver_and_its_fake() -> None:
    assert [driver.type for driver in cusna_drivers()] == ["meraki"]
    assert [fake.type for fake in cusna_fakes()] == ["meraki"]
