"""Do sinks hear of what happens, in the words of the reference, and of nothing else?"""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from cusna_core.api import EVENTS, Finding, Level, Unreachable
from cusna_core.cli.event_reference import DATA
from cusna_core.engine.news import of_access
from cusna_core.flow.world import Because, Kind, Right
from cusna_core.store import events

from .conftest import House


async def told(house: House) -> list[dict[str, Any]]:
    """Everything that waits for the sink, in order; it is taken out."""

    def take(tx: Any) -> list[dict[str, Any]]:
        rows = tx.execute("SELECT * FROM events ORDER BY seq").fetchall()
        tx.execute("DELETE FROM deliveries")
        tx.execute("DELETE FROM events")
        return [dict(row) | {"data": json.loads(row["data"])} for row in rows]

    some = await house.db.run(take)
    for one in some:
        assert one["data"].keys() == DATA[one["type"]].keys(), "the reference says otherwise"
    return some


def types(some: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["type"] for one in some)


async def test_a_life_in_events(house: House) -> None:
    await house.db.run(lambda tx: events.settle(tx, {"door": ()}))
    end = house.clock.now() + timedelta(days=2)
    house.source.add("ann", ends=end)
    await house.live()
    await house.apply()
    account = await house.account("ann")
    some = await told(house)
    assert types(some) == {"access.started": 1, "key.working": 1}
    started, working = some
    assert (started["account"], started["integration"], started["location"]) == (account, "hq", "here")
    assert started["data"]["because"] == "plan"
    assert started["data"]["until"].endswith("Z")
    assert (working["account"], working["network"], working["integration"]) == (account, "members", "hq")

    await house.apply()
    assert await told(house) == [], "a round that changes nothing tells nothing"

    # Another plan takes over and lasts longer: no end, no start.
    house.source.subscriptions.clear()
    house.source.subscriptions.clear()
    house.source.subscribe("p1", ends=end + timedelta(days=3))
    await house.apply()
    (changed,) = await told(house)
    assert changed["type"] == "access.changed"
    assert changed["data"]["until"] > started["data"]["until"]

    await house.members.change(account, "here", "another-pass-phrase-9")
    some = await told(house)
    assert some[0]["type"] == "passphrase.changed"
    assert some[0]["data"] == {"by": "member"}
    assert "another-pass-phrase-9" not in json.dumps(some)
    await house.run("rotate", email="ann@example.com")
    assert {"by": "admin"} in [one["data"] for one in await told(house)]

    await house.run("disable", email="ann@example.com")
    await house.run("restore-access", email="ann@example.com")
    names = [one["type"] for one in await told(house) if one["type"].startswith("account.")]
    assert names == ["account.disabled", "account.restored"]

    await house.later(days=6)
    await house.engine.decide(["hq"])
    ended = [one for one in await told(house) if one["type"] == "access.ended"]
    assert [one["account"] for one in ended] == [account]


async def test_a_source_that_fails_is_told_once(house: House) -> None:
    await house.db.run(lambda tx: events.settle(tx, {"door": ()}))
    await house.live()
    house.source.fails = Unreachable("Down.")
    for _ in range(3):
        await house.run("plan")
    (failed,) = await told(house)
    assert (failed["type"], failed["integration"]) == ("sync.failed", "hq")
    assert failed["data"] == {"error": "Unreachable"}
    house.source.fails = None
    await house.run("plan")
    house.source.fails = Unreachable("Down.")
    await house.run("plan")
    assert types(await told(house)) == {"sync.failed": 1}


async def test_findings_without_their_words(house: House) -> None:
    await house.db.run(lambda tx: events.settle(tx, {"door": ()}))
    one = Finding(Level.ERROR, "x.y", "Ann is in trouble.", "Ask ann@example.com.", "networks.members.ssid")
    for found in ([one], [one], []):
        await house.engine.findings.report("network:members", found)
    opened, closed = await told(house)
    assert (opened["type"], closed["type"]) == ("finding.opened", "finding.closed")
    assert opened["network"] == "members"
    assert opened["data"] == {"code": "x.y", "level": "error", "path": "networks.members.ssid"}
    assert "Ann" not in json.dumps([opened, closed])


async def test_held_ends(house: House) -> None:
    await house.db.run(lambda tx: events.settle(tx, {"door": ("held.opened", "held.closed")}))
    for number in range(20):
        house.source.add(f"n{number}")
    await house.live()
    await house.apply()
    assert await told(house) == []
    house.source.people.clear()
    house.source.affiliations.clear()
    house.source.subscriptions.clear()
    for _ in range(8):
        await house.later(minutes=10)
        await house.run("plan")
    some = await told(house)
    assert types(some) == {"held.opened": 1}
    assert some[0]["data"]["rights"] > 10
    held = (await house.run("plan"))["result"]["held"]
    await house.apply(accept=held[0]["digest"])
    assert types(await told(house)) == {"held.closed": 1}


def test_rights_that_take_over_from_each_other_are_one_access(house: House) -> None:
    now = house.clock.now()

    def right(name: str, days: float | None, place: str = "here") -> Right:
        ends = None if days is None else now + timedelta(days=days)
        return Right(name, "a1", place, now, ends, Because(Kind.PLAN, "Plan", name))

    def names(before: list[Right], after: list[Right]) -> list[str]:
        found = of_access("hq", before, after)
        assert all(one.type in EVENTS for one in found)
        return [f"{one.type} {one.location}" for one in found]

    one, two, endless = right("r1", 1), right("r2", 2), right("r3", None)
    assert names([], [one, two]) == ["access.started here"]
    assert names([one], [two]) == ["access.changed here"]
    assert names([one, two], [two]) == []
    assert names([two], [one]) == ["access.changed here"]
    assert names([two], [endless, one]) == ["access.changed here"]
    assert names([endless], [endless, two]) == []
    assert names([one, two], []) == ["access.ended here"]
    assert names([one], [right("r1", 1, "there")]) == ["access.started there", "access.ended here"]
    assert names([], []) == []
