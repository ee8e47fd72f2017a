"""Does the preflight see what would go wrong, and say what mends it?"""

import gc
from collections.abc import Callable
from typing import Any

import pytest

from cusna_core.api import ConfigError, Level
from cusna_core.words import passphrases
from cusna_ruckus import cusna_drivers, cusna_fakes
from cusna_ruckus.one.checks import SHORTEST
from cusna_ruckus.one.driver import RuckusOne
from cusna_ruckus.one.fake import Fault, RuckusOneFake
from cusna_ruckus.one.network import RuckusOneNetwork
from cusna_ruckus.one.options import RuckusOneNetworkOptions, RuckusOneOptions

SSID = "Members"
Make = Callable[..., RuckusOneNetwork]
Bend = Callable[[RuckusOneFake], object]


def pool(**fields: Any) -> Bend:
    return lambda fake: fake.pool(SSID).fields.update(fields)


def second_ssid(fake: RuckusOneFake) -> None:
    fake.house.add_wlan("Annex", [fake.pool(SSID).id])


def no_ssid(fake: RuckusOneFake) -> None:
    fake.pool(SSID)
    fake.house.wlans.clear()


def hidden_ssid(fake: RuckusOneFake) -> None:
    """The pool does not say which networks it is attached to (or they may not be seen)."""
    fake.house.wlan(SSID)["ssid"] = ""  # type: ignore[index] # it is there


def second_group(fake: RuckusOneFake) -> None:
    fake.house.add_group("Second", fake.pool(SSID).id)


def nothing(fake: RuckusOneFake) -> None:
    pass


async def test_a_well_made_pool_has_no_findings(network: RuckusOneNetwork, controller: RuckusOne) -> None:
    assert await controller.check() == []
    assert await network.check() == []
    assert network.ssid == SSID


FINDINGS: list[tuple[str, Bend, dict[str, Any], Level, str]] = [
    ("notifies", pool(autoNotificationsEnabled=True), {}, Level.ERROR, "pool"),
    ("length", pool(passphraseLength=20), {}, Level.ERROR, "pool"),
    ("expires", pool(expirationType="DAYS_AFTER_TIME"), {}, Level.ERROR, "pool"),
    ("not-attached", no_ssid, {}, Level.ERROR, "pool"),
    ("no-ssid", hidden_ssid, {}, Level.ERROR, "ssid"),
    ("several-ssids", second_ssid, {}, Level.ERROR, "ssid"),
    ("other-ssid", nothing, {"ssid": "Elsewhere"}, Level.ERROR, "ssid"),
    ("several-groups", second_group, {}, Level.ERROR, "identity_group_id"),
    ("other-group", second_group, {"identity_group_id": "0" * 32}, Level.ERROR, "identity_group_id"),
    ("keys-full", nothing, {"max_keys": 1}, Level.ERROR, "max_keys"),
    ("pool-not-visible", nothing, {"pool": "Nowhere"}, Level.ERROR, "pool"),
    ("pool-not-visible", nothing, {"pool": "0" * 32}, Level.ERROR, "pool"),
]


@pytest.mark.parametrize(
    ("code", "bend", "options", "level", "path"), FINDINGS, ids=[f"{one[0]}-{one[3]}" for one in FINDINGS]
)
async def test_each_trouble_is_found(
    fake: RuckusOneFake,
    make_network: Make,
    code: str,
    bend: Bend,
    options: dict[str, Any],
    level: Level,
    path: str,
) -> None:
    fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
    network = make_network(**options)
    bend(fake)
    [found] = await network.check()
    assert (found.code, found.level, found.path) == (f"ruckus-one.{code}", level, path)
    assert found.fix.endswith(".")


async def test_the_shortest_passphrase_is_as_long_as_we_think() -> None:
    made = {len(passphrases.characters()) for _ in range(20)} | {len(passphrases.words()) for _ in range(50)}
    assert min(made) == SHORTEST


async def test_a_length_that_is_just_right(fake: RuckusOneFake, network: RuckusOneNetwork) -> None:
    fake.pool(SSID).fields["passphraseLength"] = SHORTEST
    assert await network.check() == []


@pytest.mark.parametrize("options", [{"ssid": "Annex"}, {"ssid": SSID}])
async def test_the_option_chooses_among_ssids(
    fake: RuckusOneFake, make_network: Make, options: dict[str, Any]
) -> None:
    network = make_network(**options)
    second_ssid(fake)
    assert await network.check() == []
    await network.read()
    assert network.ssid == options["ssid"]


async def test_groups_that_may_not_be_seen_are_no_trouble(
    fake: RuckusOneFake, network: RuckusOneNetwork
) -> None:
    fake.faults.append(Fault("status", "GET /identityGroups", 403))
    assert await network.check() == []


async def test_a_tenant_without_pools(controller: RuckusOne) -> None:
    [found] = await controller.check()
    assert (found.code, found.level) == ("ruckus-one.no-pools", Level.WARNING)


async def test_an_unusual_host(make_controller: Callable[..., Any], fake: RuckusOneFake) -> None:
    fake.pool(SSID)
    controller = await make_controller()
    changed = controller.options.model_copy(update={"base_url": "https://proxy.example.com"})
    assert isinstance(changed, RuckusOneOptions)
    controller.options = changed
    [found] = await controller.check()
    assert (found.code, found.path) == ("ruckus-one.unusual-host", "base_url")


async def test_the_choices(controller: RuckusOne, fake: RuckusOneFake) -> None:
    """What is listed can be pasted: each choice names a pool, and its SSID where there are several."""
    fake.pool(SSID)
    second_ssid(fake)
    fake.house.add_pool("Spare")
    choices = {one.title: one for one in await controller.networks()}
    assert list(choices) == ["Members members: Annex", "Members members: Members", "Spare"]
    assert choices["Members members: Annex"].options == {"pool": fake.pool(SSID).id, "ssid": "Annex"}
    assert choices["Members members: Annex"].note == "Ready."
    assert "attached to no network" in choices["Spare"].note
    removed = {"GET /dpskServices", "POST /dpskServices"}  # since August 2026, if RUCKUS kept its word
    assert not removed & set(fake.gate.calls)
    for one in choices.values():
        network = controller.network(RuckusOneNetworkOptions.model_validate(one.options))
        errors = [found.code for found in await network.check() if found.level is Level.ERROR]
        assert errors == (["ruckus-one.not-attached"] if one.title == "Spare" else [])


async def test_a_pool_by_name(fake: RuckusOneFake, make_network: Make) -> None:
    fake.pool(SSID)
    fake.house.add_pool("Members members too")
    network = make_network(pool="Members members")
    assert await network.check() == []
    assert network.identity().endswith("/Members members")
    fake.house.add_pool("Members members")
    with pytest.raises(ConfigError, match="2 DPSK pools"):
        await make_network(pool="Members members").read()


async def test_more_pools_than_are_told(
    fake: RuckusOneFake, controller: RuckusOne, make_network: Make
) -> None:
    """Their list has no pages to turn: what is not on it can still be named, and is never "not there"."""
    for number in range(4):
        fake.house.add_pool(f"Pool {number}")
    fake.knobs.pools_shown = 2
    [found] = await controller.check()
    assert (found.code, found.level) == ("ruckus-one.pools-in-part", Level.WARNING)
    assert [one.title for one in await controller.networks()] == ["Pool 0", "Pool 1"]
    assert (await make_network(pool="Pool 3", ssid=SSID).read()) == []
    fake.house.add_pool("Pool")
    with pytest.raises(ConfigError, match="Give the id") as refused:
        await make_network(pool="Pool").read()
    assert refused.value.path == "pool"
    fake.knobs.pools_shown = None
    assert await controller.check() == []
    assert (await make_network(pool="Pool", ssid=SSID).read()) == []


async def test_one_pool_named_in_two_ways_is_refused(fake: RuckusOneFake, make_network: Make) -> None:
    fake.pool(SSID)
    first, second = make_network(), make_network(pool="Members members")
    assert first.identity() != second.identity()  # nobody has looked yet
    await first.read()
    with pytest.raises(ConfigError) as refused:
        await second.read()
    assert refused.value.path == "pool"
    [found] = await second.check()
    assert (found.code, found.path) == ("ruckus-one.pool-shared", "pool")
    assert found.fix.startswith("Keep one")
    del first, refused  # the error's traceback holds the first one, too
    gc.collect()
    await second.read()  # nobody else uses it any more


async def test_a_choice_is_known_to_be_the_network_that_was_named_otherwise(
    fake: RuckusOneFake, controller: RuckusOne, make_network: Make
) -> None:
    """Else `cusna check` would offer a second time what the file has by its name."""
    fake.pool(SSID)
    fake.house.add_pool("Spare")
    named = make_network(pool="Members members")
    before = named.identity()
    await named.check()
    assert named.identity() == before
    chosen = {
        one.title: controller.network(RuckusOneNetworkOptions.model_validate(one.options))
        for one in await controller.networks()
    }
    assert chosen["Members members: Members"].identity() == before
    assert chosen["Spare"].identity() != before
    await chosen["Members members: Members"].read()


def test_the_plugin_tells_of_it() -> None:
    assert RuckusOne in cusna_drivers()
    assert RuckusOneFake in cusna_fakes()
