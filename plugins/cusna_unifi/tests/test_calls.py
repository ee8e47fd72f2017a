"""How many calls does a console get, when it is driven as the core drives it?

The core looks (keys, and VLANs where companies have some), hands over the changes, and reads back.
"""

from collections import Counter
from typing import Any

import pytest

from cusna_core.api import Change, EnsureSegment, PluginError, Segment

ANNA, BERT, CLEO = "anna-anna-anna-anna", "bert-bert-bert-bert", "cleo-cleo-cleo-cleo"


async def look(network: Any, *, vlans: bool) -> None:
    await network.read()
    if vlans:
        await network.segments()


async def bring(rack: Any, network: Any, *changes: Change, vlans: bool) -> Counter[str]:
    """The calls of one round, by method and the last word of their path (ids are none)."""
    rack.fake.journal.clear()
    await look(network, vlans=vlans)
    if changes:
        errors: list[PluginError | None] = await rack.apply(network, *changes)
        assert errors == [None] * len(changes)
        await network.read()
    words = [
        (one.method, [word for word in one.path.split("/") if len(word) != 24]) for one in rack.fake.journal
    ]
    return Counter(f"{method} {path[-1]}" for method, path in words)


@pytest.mark.parametrize("vlans", [False, True])
async def test_a_quiet_wifi_and_a_change_in_the_portal(rack: Any, vlans: bool) -> None:
    network = await rack.network()
    company = rack.fake.site.add_network("Cusna 120", 120)
    number = 120 if vlans else None
    await bring(rack, network, rack.new(ANNA, number), rack.new(BERT), vlans=vlans)
    for _ in range(2):
        await rack.clock.sleep(900)
        assert await bring(rack, network, vlans=vlans) == {"GET wlanconf": 1, "GET networkconf": 1}
    await rack.clock.sleep(900)
    calls = await bring(rack, network, rack.change(ANNA, CLEO, number), vlans=vlans)
    assert calls == {"PUT wlanconf": 1, "GET wlanconf": 4, "GET networkconf": 1}, (
        "read; a fresh look, the write and a look after it; read back"
    )
    assert set(rack.keys) == {CLEO, BERT}
    assert rack.fake.site.ppsks("Members")[0]["networkconf_id"] == (company if vlans else "")


async def test_no_passphrase_is_kept_for_a_moment(rack: Any) -> None:
    network = await rack.network()
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    kept = await network._shared.wlans_without_keys(lately=60.0)
    assert [(len(one.private_preshared_keys), one.x_passphrase) for one in kept] == [(0, None)]


async def test_networks_are_looked_up_anew_after_a_moment(rack: Any) -> None:
    network = await rack.network()
    await look(network, vlans=True)
    number = rack.fake.site.add_network("Cusna 121", 121)
    await rack.clock.sleep(10)
    assert await rack.apply(network, rack.new(ANNA, 121)) == [None]
    assert [one.vlan for one in await network.segments()] == [121]
    del rack.fake.site.networks[number]
    rack.fake.site.wlan("Members")["private_preshared_keys"].clear()
    await rack.clock.sleep(10)
    assert await network.segments() == []


async def test_what_looks_wrong_by_an_old_look_is_looked_up_anew(rack: Any) -> None:
    """Somebody makes a network, or takes one away, just between our look and our write."""
    network = await rack.network()
    gone = rack.fake.site.add_network("Cusna 120", 120)
    await look(network, vlans=True)
    rack.fake.site.add_network("Cusna 121", 121)
    assert await rack.apply(network, rack.new(ANNA, 121)) == [None]
    assert rack.keys == {ANNA: "Cusna 121"}
    await look(network, vlans=True)
    del rack.fake.site.networks[gone]
    rack.fake.site.add_network("Cusna 120 again", 120)
    assert await rack.apply(network, rack.new(BERT, 120)) == [None]
    assert rack.keys == {ANNA: "Cusna 121", BERT: "Cusna 120 again"}


async def test_a_network_that_cusna_made_is_known_at_once(rack: Any) -> None:
    network = await rack.network(vlan_networks="vlan-only")
    await look(network, vlans=True)
    changes = [EnsureSegment(Segment(120, "cusna-abcd-120")), rack.new(ANNA, 120)]
    assert await rack.apply(network, *changes) == [None, None]
    assert rack.keys == {ANNA: "cusna-abcd-120"}
    assert [one.vlan for one in await network.segments()] == [120]
