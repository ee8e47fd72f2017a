"""Who may sign in before anybody knows whom the space has shut out?"""

import asyncio

from cusna_core.api import Block

from .conftest import House


async def test_a_sign_in_waits_for_the_very_first_read(house: House) -> None:
    blocked = house.source.add("igor")
    house.source.add("ann")
    house.source.blocks.append(Block(blocked))
    house.source.held_back = asyncio.Event()
    await house.engine.start(house.estate())
    igor = asyncio.create_task(house.members.resolve("here", "igor@example.com"))
    ann = asyncio.create_task(house.members.resolve("here", "ann@example.com"))
    await asyncio.sleep(0)
    assert not igor.done()
    house.source.held_back.set()
    assert await igor is None
    found = await ann
    assert found is not None
    assert found.email == "ann@example.com"


async def test_a_later_start_waits_for_nothing(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    house.source.held_back = asyncio.Event()
    await house.engine.start(house.estate())
    found = await asyncio.wait_for(house.members.resolve("here", "ann@example.com"), 5)
    assert found is not None
