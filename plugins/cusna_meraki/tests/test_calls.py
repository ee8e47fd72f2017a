"""How many calls does Meraki get, when it is driven as the core drives it?

`bring` is what the engine does: it looks, hands over as many changes as the driver likes at once, and reads
back after each lot. Every call counts: lists, polls and read-backs.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest

from cusna_core.api import Change, Clock, Context, Create, EnsureSegment, Key, KeyState, Ref, Segment, Update
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import MerakiFake
from cusna_meraki.network import MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions, MerakiOptions

NEXT_YEAR = datetime(2027, 11, 23, 23, 0, tzinfo=UTC)
MakeKey = Callable[..., Key]


@pytest.fixture
async def house(clock: Clock) -> AsyncIterator[MerakiFake]:
    """Like `fake`, but not every answer is checked against the specification: there is too much of it."""
    cloud = MerakiFake(clock)
    await cloud.start()
    yield cloud
    await cloud.stop()


@pytest.fixture
async def network(house: MerakiFake, context: Context) -> AsyncIterator[MerakiNetwork]:
    controller = Meraki(MerakiOptions.model_validate(house.options()), context)
    await controller.open()
    yield controller.network(MerakiNetworkOptions.model_validate(house.network_options("Members")))
    await controller.close()


async def look(network: MerakiNetwork, *, vlans: bool) -> Sequence[KeyState]:
    states = await network.read()
    if vlans:
        await network.segments()
    return states


async def bring(network: MerakiNetwork, changes: Sequence[Change], *, vlans: bool) -> Sequence[KeyState]:
    states = await look(network, vlans=vlans)
    for start in range(0, len(changes), network.limits.batch):
        async for outcome in network.apply(changes[start : start + network.limits.batch]):
            assert outcome.error is None
        states = await network.read()
    return states


def told(house: MerakiFake) -> Counter[str]:
    counts = Counter(
        f"{one.method} {'batch' if one.path.split('/')[-2] == 'actionBatches' else one.path.split('/')[-1]}"
        for one in house.journal
    )
    house.journal.clear()
    return counts


@pytest.mark.parametrize(("count", "companies"), [(2000, 0), (1500, 60)])
async def test_so_many_first_keys(
    house: MerakiFake, network: MerakiNetwork, key: MakeKey, count: int, companies: int
) -> None:
    """At most one call for twenty keys, already for fewer than 5,000 (whose figure `script/bench` counts)."""
    vlans = [100 + n for n in range(companies)]
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in vlans]
    changes += [
        Create(key(f"{n:08}", f"passphrase-{n:05}", vlans[n % companies] if companies else None, NEXT_YEAR))
        for n in range(count)
    ]
    states = await bring(network, changes, vlans=bool(companies))
    assert len(states) == count
    assert len({state.vlan for state in states}) == max(1, companies)
    assert not [one for one in house.journal if one.status >= 400]
    calls = told(house)
    assert calls.total() <= count / 20, calls
    assert await look(network, vlans=bool(companies)) == states
    assert told(house).total() == (3 if companies else 2)


@pytest.mark.parametrize("vlan", [None, 120])
async def test_a_quiet_network_and_a_change_in_the_portal(
    house: MerakiFake, network: MerakiNetwork, key: MakeKey, vlan: int | None, clock: Clock
) -> None:
    segments: list[Change] = [] if vlan is None else [EnsureSegment(Segment(vlan, "x"))]
    make = Create(key("mia", "green-river-42", vlan, NEXT_YEAR))
    [state] = await bring(network, [*segments, make], vlans=vlan is not None)
    lists = {"GET groupPolicies": 1, "GET identityPsks": 1} | ({} if vlan is None else {"GET ssids": 1})
    for _ in range(3):
        told(house)
        await clock.sleep(900)
        await look(network, vlans=vlan is not None)
        assert told(house) == lists, "nothing but the lists that a plan is made of"
    changed = key("mia", "blue-mountain-7", vlan, NEXT_YEAR)
    await bring(network, [Update(state.ref, changed)], vlans=vlan is not None)
    assert house.journal[-2].json == {"passphrase": "blue-mountain-7"}
    assert told(house) == lists | {f"PUT {state.ref}": 1, "GET identityPsks": 2}, "one write, one read-back"
    assert await house.join("Members", "blue-mountain-7", "02:00:00:00:00:01") == (vlan or 0)


async def test_one_change_beside_a_batch_is_one_plain_call(
    house: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    """The portal does not wait for a batch that is on its way (Limits.batch)."""
    [mia] = await bring(network, [Create(key("mia", "green-river-42"))], vlans=False)
    lot: list[Change] = [Create(key(f"{n:08}", f"passphrase-{n:05}")) for n in range(300)]
    outcomes = network.apply(lot)
    first = await anext(outcomes)
    assert first.error is None
    assert house.batches.unfinished(house.org) == 0 or house.psks("Members")
    ref = Ref(mia.ref)
    await bring(network, [Update(ref, key("mia", "blue-mountain-7"))], vlans=False)
    rest = [outcome async for outcome in outcomes]
    assert [one.error for one in rest] == [None] * 299
    assert len(await network.read()) == 301
    assert await house.join("Members", "blue-mountain-7", "02:00:00:00:00:01") == 0
