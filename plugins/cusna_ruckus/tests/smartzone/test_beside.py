"""Does a member's own change bear a large batch that is on its way on the same WLAN, and the batch it?"""

import asyncio
from typing import Any

from cusna_core.api import Create, Revoke
from cusna_core.api.keys import BATCH

MANY = 15


async def test_the_driver_asks_for_so_many_that_it_must(house: Any) -> None:
    network = await house.network()
    assert network.limits.batch == 100 > BATCH


async def test_a_change_beside_a_batch(house: Any) -> None:
    """On a list of several pages, which shift while keys come and go."""
    network = await house.network(max_group_keys=200)
    house.knobs.group_cap = None
    house.fake.pages(10)
    old, stay, new = ([house.new(f"{name}{one}") for one in range(MANY)] for name in ("old", "stay", "new"))
    mia, tom, eva = (house.new(name) for name in ("mia", "tom", "eva"))
    made = await house.apply(network, *old, mia, *stay, tom)
    refs = {one.change.key.label: one.ref for one in made}

    def end(one: Create) -> Revoke:
        return Revoke(refs[one.key.label], one.key.label)

    batch = asyncio.create_task(house.apply(network, *new, *(end(one) for one in old)))
    seen = []
    segments = []

    async def look() -> None:
        while not batch.done():
            seen.append([one.label for one in await network.read()])
            segments.append(await network.segments())

    looking = asyncio.create_task(look())
    # A DPSK cannot be changed: its place is taken by another.
    changed = house.new("mia", "mia-takes-this-one")
    mine = await asyncio.gather(
        house.apply(network, end(mia), changed),
        house.apply(network, eva),
        house.apply(network, end(tom)),
    )
    assert [one.error for outcomes in mine for one in outcomes] == [None] * 4
    assert [one.error for one in await batch] == [None] * (2 * MANY)
    await looking

    assert len(seen) > 1
    for labels in seen:
        assert len(set(labels)) == len(labels), "a key was told twice"
        assert {one.key.label for one in stay} <= set(labels), "a key that stays was not seen"
    now = {one.label: one.passphrase for one in await network.read()}
    assert now == {one.key.label: one.key.passphrase for one in [*stay, *new, changed, eva]}


async def test_who_changes_waits_for_one_call_and_not_for_the_batch(house: Any) -> None:
    network = await house.network()
    await network.read()
    batch = asyncio.create_task(house.apply(network, *(house.new(f"new{one}") for one in range(MANY))))
    while len(house.labels()) < 3:
        await asyncio.sleep(0)
    before = len(house.labels())
    await network.create(house.key("mia"))
    assert not batch.done()
    assert house.labels().index(house.key("mia").label) <= before + 2
    await batch
