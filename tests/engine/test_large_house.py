"""Is anybody looked for among everybody? Lists of people must not, or a large house has slow pages."""

from collections import UserDict
from typing import Any

from cusna_core.admin.people import People, home_of
from cusna_core.store import accounts as account_rows
from cusna_core.store.people import Wanted

from .conftest import House


class Whole(UserDict[str, Any]):
    """Facts that may be asked for by their id, and not gone through."""

    def __iter__(self) -> Any:
        raise AssertionError("Everybody's facts were gone through for a few people.")


async def test_a_list_of_people_asks_for_its_own_people(house: House) -> None:
    for number in range(5):
        house.source.add(f"member{number}")
    await house.live()
    await house.apply()
    (name,) = house.engine.estate.integrations
    decision = house.engine.decisions.latest(name)
    assert decision is not None
    for kind in ("affiliations", "subscriptions", "bookings"):
        object.__setattr__(decision.facts, kind, Whole(getattr(decision.facts, kind)))
    found = await People(house.engine).page(Wanted())
    assert len(found.people) == 5
    rows = await house.db.read(lambda tx: list(account_rows.rows(tx)))
    assert {home_of(house.engine, one) for one in rows} == {found.people[0].home}
