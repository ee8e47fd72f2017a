"""What happens to people's keys when something is taken out of the configuration, or slips?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from cusna_core.demo.stage import until
from cusna_core.engine.decision import Decision
from cusna_core.engine.estate import Location
from cusna_core.flow.world import Place, Policy
from cusna_core.store import rights as right_rows

from .conftest import ZONE, House


async def filled(house: House, people: int) -> None:
    for number in range(people):
        house.source.add(f"member{number}")
    await house.live()
    await house.apply()
    assert len(await house.labels()) == people


async def test_a_location_taken_out_of_the_file_is_held_with_its_keys(house: House) -> None:
    await filled(house, 20)
    without = replace(house.estate(), locations={})
    await house.engine.take(without, loops=False)
    result = await house.apply()
    assert len(await house.labels()) == 20
    (held,) = result["held"]
    await house.apply(accept=held["digest"])
    assert await house.labels() == set()


async def test_an_integration_that_is_switched_off_keeps_everybody_until_their_promised_ends(
    house: House,
) -> None:
    await filled(house, 5)
    off = replace(house.estate(), integrations={})
    await house.engine.take(off, loops=False)
    await house.later(days=3)
    await house.apply()
    assert len(await house.labels()) == 5


async def test_switched_off_with_roaming_keeps_keys_at_other_locations(house: House) -> None:
    """The member's right is elsewhere: without its last choices the key here would go."""
    house.policy = Policy(roaming=True)
    house.source.add("ann")
    estate = house.estate()
    far = Location("far", "Far", Place("far", "hq", "place-2", ZONE), ("members",))
    estate = replace(
        estate,
        locations={"here": replace(estate.locations["here"], network_ids=()), "far": far},
        wifis={"members": replace(estate.wifis["members"], location_ids=frozenset({"far"}))},
    )
    await house.engine.take(estate, loops=False)
    await house.apply()
    assert await house.labels() == {"Ann"}
    off = replace(estate, integrations={}, last_policies={"hq": house.policy})
    await house.engine.take(off, loops=False)
    await house.apply()
    assert await house.labels() == {"Ann"}
    forgotten = replace(estate, integrations={})
    await house.engine.take(forgotten, loops=False)
    await house.apply()
    assert await house.labels() == set(), "this test sees what it is about"


async def test_at_a_location_taken_out_of_the_file_a_promised_end_comes_in_time(house: House) -> None:
    """Nobody but the clock speaks of it any more: its network is looked at all the same."""
    for number in range(20):
        house.source.add(f"member{number}", ends=house.clock.now() + timedelta(hours=2))
    await house.live()
    await house.apply()
    house.engine._verify_every = 1e6  # it is the end itself that wakes, and no look in between
    await house.engine.start(replace(house.estate(), locations={}))
    wifi = house.engine.estate.wifis["members"]
    assert await until(lambda: house.engine.standing(wifi).plan is not None)
    assert len(await house.labels()) == 20, "they are held"
    await house.later(hours=2)
    assert await until(lambda: not house.on_air())


async def test_an_override_that_an_admin_ends_ends_though_its_integration_is_switched_off(
    house: House,
) -> None:
    for name in ("ann", "ben"):
        house.source.add(name, plan=False)
    await house.live()
    await house.apply()
    for name in ("ann", "ben"):
        await house.run("override", email=f"{name}@example.com", note="guest")
    await house.apply()
    assert await house.labels() == {"Ann", "Ben"}
    ann = await house.account("ann")
    await house.engine.take(replace(house.estate(), integrations={}), loops=False)
    (given,) = await house.db.read(lambda tx: right_rows.overrides_of(tx, ann))
    await house.run("end-override", id=given.id)
    assert await house.labels() == {"Ben"}


async def test_overrides_of_a_location_taken_out_of_the_file_are_held_as_well(house: House) -> None:
    """No admin has ended any of them."""
    for number in range(5):
        house.source.add(f"member{number}", plan=False)
    await house.live()
    await house.apply()
    for number in range(5):
        await house.run("override", email=f"member{number}@example.com", note="guest")
    await house.apply()
    await house.engine.take(replace(house.estate(), locations={}), loops=False)
    assert (await house.apply())["held"]
    assert len(await house.labels()) == 5


async def test_what_cannot_be_decided_of_one_integration_keeps_no_end_of_another_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=2))
    estate = house.estate()
    other = replace(estate.integrations["hq"], id="a-first")
    place = Place("far", "a-first", "place-2", ZONE)
    far = Location("far", "Far", place, ("members",))
    estate = replace(
        estate,
        integrations={"a-first": other, **estate.integrations},
        locations={"far": far, **estate.locations},
    )
    house.engine._verify_every = house.engine._sync_every = 1e6
    await house.engine.start(estate)
    assert await until(lambda: len(house.on_air()) == 1)
    decide = house.engine.decisions.decide

    async def broken(integration: str) -> Decision:
        if integration == "a-first":
            raise OverflowError(integration)
        return await decide(integration)

    monkeypatch.setattr(house.engine.decisions, "decide", broken)
    await house.later(days=1)
    assert await until(lambda: not house.on_air())


async def test_where_nothing_can_be_decided_promised_ends_come_by_what_was_decided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=2))
    house.source.add("ben")
    house.engine._verify_every = house.engine._sync_every = 1e6
    await house.engine.start(house.estate())
    assert await until(lambda: len(house.on_air()) == 2)

    async def broken(integration: str) -> Decision:
        raise OverflowError(integration)

    monkeypatch.setattr(house.engine.decisions, "decide", broken)
    await house.later(hours=3)
    assert await until(lambda: len(house.on_air()) == 1)
