"""Does a member's own change bear a large batch that is on its way in the same pool, and the batch it?"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cusna_core.api import Change, Create, Key, KeyState, Outcome, Revoke, Update
from cusna_core.api.keys import BATCH
from cusna_ruckus.one.fake import RuckusOneFake
from cusna_ruckus.one.network import RuckusOneNetwork

SSID = "Members"
MANY = 15
Make = Callable[..., RuckusOneNetwork]
Keys = Callable[..., Key]


async def applied(network: RuckusOneNetwork, *changes: Change) -> list[Outcome]:
    return [one async for one in network.apply(changes)]


async def looks(network: RuckusOneNetwork, batch: "asyncio.Task[Any]") -> list[Sequence[KeyState]]:
    """What everybody who reads beside the batch is told."""
    found = []
    while not batch.done():
        found.append(await network.read())
    return found


def keys(key: Keys, name: str, many: int = MANY) -> list[Key]:
    return [key(f"{name}{one}", f"{name}-passphrase-{one:03}") for one in range(many)]


async def test_the_driver_asks_for_so_many_that_it_must(network: RuckusOneNetwork) -> None:
    assert network.limits.batch == 200 > BATCH


@pytest.mark.parametrize("mode", ["delete", "auto"])
async def test_a_change_beside_a_batch(make_network: Make, fake: RuckusOneFake, key: Keys, mode: str) -> None:
    """On a pool of several pages, which shift while keys come and go."""
    network = make_network(disable_mode=mode)
    fake.pages(10)
    old, stay, new = keys(key, "old"), keys(key, "stay"), keys(key, "new")
    mia, tom, eva = key("mia", "mia-has-this-one"), key("tom", "tom-has-this-one"), key("eva")
    made = await applied(network, *(Create(one) for one in [*old, mia, *stay, tom]))
    refs = {one.change.key.label: one.ref for one in made if isinstance(one.change, Create) and one.ref}
    assert len(refs) == len(made)

    ends = [Revoke(refs[one.label], one.label) for one in old]
    batch = asyncio.create_task(applied(network, *ends, *(Create(one) for one in new)))
    looking = asyncio.create_task(looks(network, batch))
    changed = key("mia", "mia-takes-this-one")
    mine = await asyncio.gather(
        applied(network, Update(refs[mia.label], changed)),
        applied(network, Create(eva)),
        applied(network, Revoke(refs[tom.label], tom.label)),
    )
    assert [one.error for outcomes in mine for one in outcomes] == [None, None, None]
    assert [one.error for one in await batch] == [None] * (2 * MANY)
    seen = await looking

    assert len(seen) > 1
    for states in seen:
        labels = [one.label for one in states]
        assert len(set(labels)) == len(labels), "a key was told twice"
        assert {one.label for one in [*stay, mia]} <= set(labels), "a key that stays was not seen"
    now = {one.label: one.passphrase for one in await network.read()}
    assert now == {one.label: one.passphrase for one in [*stay, *new, changed, eva]}


async def test_a_list_that_shifts_and_keeps_its_length(
    make_network: Make, fake: RuckusOneFake, key: Keys
) -> None:
    """One key goes and one comes between two pages: the key that moved to the first one is not seen."""
    network = make_network(disable_mode="delete")
    fake.pages(4)
    old = keys(key, "old", 8)
    [first, *_] = await applied(network, *(Create(one) for one in old))
    assert first.ref is not None
    mia = key("mia")
    ends = Revoke(first.ref, old[0].label)
    page, shifted = network._cloud.page, False

    async def between(pool: str, number: int, **more: Any) -> Any:
        nonlocal shifted
        answer = await page(pool, number, **more)
        if not shifted and len(answer.data) < answer.total:
            shifted = True
            await applied(network, ends, Create(mia))
        return answer

    network._cloud.page = between  # type: ignore[method-assign] # what happens between two of its answers
    seen = [one.label or "" for one in await network.read()]
    assert shifted
    assert sorted(seen) == sorted(one.label for one in [*old[1:], mia])


async def test_a_key_made_while_the_list_is_read_is_not_forgotten(
    make_network: Make, fake: RuckusOneFake, key: Keys
) -> None:
    """Else the pool would seem to have room for one more."""
    network = make_network(max_keys=MANY + 1)
    await applied(network, *(Create(one) for one in keys(key, "old")))
    waiting, go_on = asyncio.Event(), asyncio.Event()
    page = network._cloud.page

    async def slow(*args: Any, **more: Any) -> Any:
        answer = await page(*args, **more)
        if more.get("username") is None and not more.get("newest"):
            waiting.set()
            await go_on.wait()
        return answer

    network._cloud.page = slow  # type: ignore[method-assign] # the answer is held back on its way
    reading = asyncio.create_task(network.read())
    await waiting.wait()
    await network.create(key("mia"))
    go_on.set()
    assert len(await reading) == MANY
    [outcome] = await applied(network, Create(key("tom", "tom-has-this-one")))
    assert "max_keys" in str(outcome.error)
    assert len(fake.rows(SSID)) == MANY + 1
