"""What happens to people's keys when something is taken out of the configuration, or slips?"""

from dataclasses import replace

from cusna_core.engine.estate import Location
from cusna_core.flow.world import Place, Policy

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
