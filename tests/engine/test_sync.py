"""What is made of facts that come twice at once, or not to the end?"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cusna_core.api import Section, Snapshot, SubscriptionState, Unreachable

from .conftest import House


async def test_somebody_who_is_found_twice_at_once_has_one_account(house: House) -> None:
    """At two sign-ins, and in the read that goes on meanwhile."""
    await house.live()
    hq = house.engine.estate.integrations["hq"]
    for number in range(5):
        house.source.add(f"member{number}")
    sync = house.engine.sync
    finds = [sync.find(hq, f"member{number % 5}@example.com") for number in range(15)]
    await asyncio.gather(*finds, sync.read(hq), sync.read(hq))
    rows = await house.db.read(lambda tx: tx.execute("SELECT email_key FROM accounts").fetchall())
    assert sorted(row["email_key"] for row in rows) == [f"member{number}@example.com" for number in range(5)]


async def test_a_question_by_id_that_is_not_answered_keeps_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is missing stays, whoever is new gets in, and an admin can read of it."""
    ann = house.source.add("ann")
    house.source.add("ben")
    await house.live()
    await house.apply()
    house.source.subscriptions = [one for one in house.source.subscriptions if one.person_id != ann]

    async def again(missing: Sequence[tuple[Section, str]]) -> Snapshot:
        raise Unreachable("It does not answer.")

    monkeypatch.setattr(house.source, "again", again)
    await house.apply()
    plan = house.source.subscriptions[0]
    cleo = house.source.add("cleo", plan=False)
    house.source.subscriptions.append(replace(plan, id="of-cleo", person_id=cleo))
    for _ in range(3):
        await house.later(minutes=10)
        await house.apply()
    assert await house.labels() == {"Ann", "Ben", "Cleo"}
    hq = house.engine.estate.integrations["hq"]
    (finding,) = (await house.engine.sync.read(hq)).findings
    assert finding.code == "source.incomplete"
    assert "It does not answer." in finding.summary


async def test_after_a_clock_that_ran_a_day_ahead_changes_are_read_again(house: House) -> None:
    """What was read then seems to be newer than anything that is read now."""
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=2))
    house.source.add("ben")
    await house.live()
    await house.apply()
    day = 24 * 3600 * 1000
    await house.db.run(lambda tx: tx.execute("UPDATE facts SET seen_at = seen_at + ?", (day,)))
    ann, ben = house.source.subscriptions
    house.source.subscriptions = [
        replace(ann, ends=house.clock.now() + timedelta(days=9)),
        replace(ben, state=SubscriptionState.CANCELLED),
    ]
    await house.later(hours=3)
    await house.apply()
    assert await house.labels() == {"Ann"}
    # And what the source said to be no more may come back.
    house.source.subscriptions = [house.source.subscriptions[0]]
    await house.db.run(
        lambda tx: tx.execute(
            "INSERT INTO facts_gone (integration, section, id, at) VALUES ('hq', 'subscriptions', 'new', ?)",
            (int(house.clock.now().timestamp() * 1000) + day,),
        )
    )
    house.source.subscriptions.append(replace(ann, id="new", person_id="p2", ends=None))
    await house.later(minutes=10)
    await house.apply()
    assert await house.labels() == {"Ann", "Ben"}
