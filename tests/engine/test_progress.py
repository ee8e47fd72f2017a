"""Is it known how far a first read and a large apply have come, and is nothing left when they are over?"""

import asyncio
from datetime import timedelta

from cusna_core.engine import watch as watching
from cusna_core.engine.accounts import BATCH
from cusna_core.engine.watch import Progress
from cusna_core.flow.rights import Access

from .conftest import House

NETWORK = watching.network("members")
READ = watching.integration("hq")


def overheard(house: House, topic: str) -> list[Progress]:
    """Every progress of a topic that is told from now on."""
    watch, found = house.engine.watch, list[Progress]()
    tell = watch.under_way

    def heard(of: str, progress: Progress) -> None:
        if of == topic:
            found.append(progress)
        tell(of, progress)

    watch.under_way = heard  # type: ignore[method-assign,assignment]  # listened to
    return found


async def test_each_key_of_a_large_apply_is_counted(house: House) -> None:
    for number in range(60):
        house.source.add(f"member{number}")
    told = overheard(house, NETWORK)
    await house.live()
    await house.apply()
    assert told == [Progress("keys", done, 60) for done in range(61)]
    assert not house.engine.watch.busy()
    wifi = house.engine.estate.wifis["members"]
    assert house.engine.standing(wifi).left == ()
    assert house.engine.standing(wifi).said == ""


async def test_an_apply_that_breaks_off_keeps_what_is_left_and_says_why(house: House) -> None:
    for number in range(60):
        house.source.add(f"member{number}")
    await house.live()
    wifi = house.engine.estate.wifis["members"]
    tell = house.engine.watch.under_way

    def breaks(of: str, progress: Progress) -> None:
        if of == NETWORK and (progress.done, progress.of) == (30, 60):
            house.fake.break_down(True)
        tell(of, progress)

    house.engine.watch.under_way = breaks  # type: ignore[method-assign,assignment]  # listened to
    cursor = house.engine.watch.cursor
    await house.apply()
    assert 0 < len(house.engine.standing(wifi).left) <= 30
    assert house.engine.standing(wifi).said
    assert house.engine.standing(wifi).in_trouble
    assert NETWORK in (house.engine.watch.since(cursor) or ())
    assert not house.engine.watch.busy()
    house.fake.break_down(False)
    assert await house.engine.look_again(wifi, 10)
    assert house.engine.standing(wifi).left == ()
    assert house.engine.standing(wifi).said == ""


async def test_a_network_that_only_plans_has_all_of_it_left(house: House) -> None:
    for number in range(5):
        house.source.add(f"member{number}")
    await house.live(apply=False)
    await house.apply()
    wifi = house.engine.estate.wifis["members"]
    assert await house.engine.look_again(wifi, 10)
    assert len(house.engine.standing(wifi).left) == 5
    assert house.engine.standing(wifi).gathers == 0


async def test_a_look_that_takes_long_is_asked_for_once(house: House) -> None:
    await house.live(apply=False)
    wifi = house.engine.estate.wifis["members"]
    async with house.engine.busy(wifi):
        assert await asyncio.gather(*(house.engine.look_again(wifi, 0.05) for _ in range(3))) == [False] * 3
        assert len(house.engine._loops._asides) == 1
    assert await house.engine.look_again(wifi, 10)


async def test_a_read_tells_how_much_it_got_and_then_how_many_accounts_are_made(house: House) -> None:
    for number in range(2 * BATCH + 10):
        house.source.add(f"member{number}", plan=False)
    told = overheard(house, READ)
    await house.live()
    house.source.held_back = asyncio.Event()
    integration = house.engine.estate.integrations["hq"]
    reading = asyncio.create_task(house.engine.sync.read(integration))
    while not told:
        await asyncio.sleep(0)
    house.engine.sync.read_so_far("hq", 100)
    house.engine.sync.read_so_far("hq", 50)
    assert house.engine.watch.progress(READ) == Progress("read", 150)
    house.source.held_back.set()
    await reading
    many = 2 * BATCH + 10
    assert told[-3:] == [Progress("people", done, many) for done in (BATCH, 2 * BATCH, many)]
    assert house.engine.watch.progress(READ) is None
    house.engine.sync.read_so_far("hq", 10)
    assert not house.engine.watch.busy(), "what is told after the end begins nothing"


async def test_figures_of_a_location_are_those_of_the_ledger(house: House) -> None:
    from cusna_core.admin.gauges import gauges
    from cusna_core.store.figures import figures

    for number in range(7):
        house.source.add(f"member{number}")
    await house.live()
    await house.apply()
    found = await gauges(house.engine)
    now = house.engine.now()
    told = await house.db.read(lambda tx: figures(tx, now))
    assert found.counted == told
    assert found.counted.on == {("hq", "here"): 7}
    await house.run("disable", email="member3@example.com")
    assert (await gauges(house.engine)).counted.on == {("hq", "here"): 6}
    assert (await gauges(house.engine)).counted == await house.db.read(lambda tx: figures(tx, now))
    # Somebody who books and signs in is counted at once, before the next whole decision.
    house.source.add("walker", plan=False)
    house.source.book("p8")
    await house.apply()
    await house.members.arrive(await house.account("walker"), "here")
    found = await gauges(house.engine)
    assert found.counted.on == {("hq", "here"): 7}
    assert found.counted == await house.db.read(lambda tx: figures(tx, house.engine.now()))


async def test_where_people_work_is_reckoned_once_and_the_same(house: House) -> None:
    for number in range(7):
        house.source.add(f"member{number}", ends=house.clock.now() + timedelta(days=number + 1))
    house.source.add("walker", plan=False)
    await house.live()
    await house.apply()
    decisions = house.engine.decisions

    def slow() -> set[Access]:
        decision, now = decisions.latest("hq"), house.engine.now()
        assert decision is not None
        return set(decisions._accesses("hq", decision.in_force(), decision.coming(), now))

    def quick() -> set[Access]:
        return set(decisions.accesses("hq", house.engine.now()))

    assert len(quick()) == 7
    assert quick() == slow()
    house.source.book("p8")
    await house.apply()
    assert len(quick()) == 7
    await house.members.arrive(await house.account("walker"), "here")
    decision = decisions.latest("hq")
    assert decision is not None
    assert decision.since
    assert len(quick()) == 8, "who has just signed in counts"
    assert quick() == slow()
    # An end comes, and nobody has decided yet.
    await house.later(days=1, seconds=1)
    assert quick() == slow()
    assert len(quick()) == 6, "the booking's day and one plan are over"
