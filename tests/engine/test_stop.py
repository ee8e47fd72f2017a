"""What ends a round in the middle, and what is made of it?"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cusna_core.api import AuthFailed, Change, ConfigError, KeyState, Outcome, PluginError, Ref
from cusna_core.demo.stage import until
from cusna_core.store import findings as finding_rows
from cusna_core.store.findings import Stored

from .conftest import SSID, House

WRONG = ConfigError("There is no such SSID.", path="ssid")


async def told(house: House) -> list[Stored]:
    return [one for one in await house.db.read(finding_rows.current) if one.scope.endswith(":run")]


async def states(house: House) -> set[str]:
    rows = await house.db.read(lambda tx: tx.execute("SELECT state FROM key_states").fetchall())
    return {row["state"] for row in rows}


def bad_at(house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, *, raised: bool) -> list[int]:
    """Writes go wrong at the second change; returns how many changes each of them was given."""
    network = house.engine.estate.wifis["members"].network
    given: list[int] = []
    real = network.apply

    async def apply(changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        given.append(len(changes))
        async for outcome in real(changes[:1]):
            yield outcome
        if raised or not isinstance(error, PluginError):
            raise error
        yield Outcome(changes[1], error=error)

    monkeypatch.setattr(network, "apply", apply)
    return given


@pytest.mark.parametrize("raised", [False, True], ids=["outcome", "raised"])
@pytest.mark.parametrize(
    ("error", "code", "path"),
    [
        (WRONG, "network.options", "networks.members.ssid"),
        (AuthFailed("It refuses."), "controller.auth", "controllers.rack"),
        (ValueError("a secret"), "controller.bug", "controllers.rack"),
    ],
)
async def test_what_concerns_the_network_stops_its_round(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, path: str, *, raised: bool
) -> None:
    for number in range(60):
        house.source.add(f"member{number}")
    await house.live()
    with monkeypatch.context() as broken:
        given = bad_at(house, broken, error, raised=raised)
        (network,) = (await house.apply())["networks"]
        assert given == [25], "more was tried of a network that refuses"
        assert (network["done"], network["failed"], network["untried"]) == (1, [], 59)
        (one,) = await told(house)
        assert (one.finding.code, one.finding.path) == (code, path)
        assert one.finding.fix
        assert "a secret" not in one.finding.summary
        assert "failed" not in await states(house), "a key is blamed for its network"
    await house.later(minutes=6)
    assert (await house.apply())["networks"][0]["done"] == 59
    assert await told(house) == []
    assert await states(house) == {"working"}


async def test_whose_right_ended_is_dropped_though_a_bug_came_after(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ann", "bob"):
        house.source.add(name, ends=house.clock.now() + timedelta(hours=1))
    await house.live()
    await house.apply()
    for number, name in enumerate(("ann", "bob")):
        await house.fake.join(SSID, await house.passphrase(name), f"02:00:00:00:00:0{number}")
    await house.later(hours=2)
    with monkeypatch.context() as broken:
        bad_at(house, broken, ValueError(), raised=True)
        await house.apply()
    assert len(house.fake.online(SSID)) == 1
    await house.later(minutes=6)
    await house.apply()
    assert house.fake.online(SSID) == {}


async def test_a_key_that_was_let_go_and_is_still_there_is_looked_at_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=1))
    await house.live()
    await house.apply()
    network = house.engine.estate.wifis["members"].network
    await house.later(hours=2)

    async def nothing(ref: Ref) -> None:
        assert ref

    with monkeypatch.context() as broken:
        broken.setattr(network, "revoke", nothing)
        (result,) = (await house.apply())["networks"]
    assert result["missing"] == 1
    assert house.engine._workers["rack"]._jobs["members"].due is not None
    await house.apply()
    assert await house.labels() == set()


async def test_a_driver_that_cannot_disconnect_hides_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=1))
    await house.live()
    await house.apply()
    house.source.add("bob")
    await house.later(hours=2)

    async def broken(ended: Sequence[KeyState]) -> int:
        raise KeyError(len(ended))

    monkeypatch.setattr(house.engine.estate.wifis["members"].network, "disconnect", broken)
    assert (await house.apply())["networks"][0]["done"] == 2
    assert await house.labels() == {"Bob"}
    assert await states(house) == {"working", "revoked"}


async def test_who_waits_is_answered_when_the_setup_changes(house: House) -> None:
    person = house.source.add("ann")
    await house.live()
    await house.apply()
    assert person
    account = await house.account("ann")
    await house.engine.take(house.estate())
    before = house.engine._workers["rack"]
    async with before.busy:
        waiting = asyncio.create_task(before.serve("members", account))
        await asyncio.sleep(0)
        await house.engine.take(house.estate())
        async with asyncio.timeout(2):
            await waiting
    # Who comes too late to the old one does not wait for ever either.
    async with asyncio.timeout(2):
        await before.serve("members", account)


async def test_a_new_setup_begins_when_what_an_admin_asked_for_has_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once on one network would make each key twice."""
    for number in range(3):
        house.source.add(f"member{number}")
    await house.live()
    await house.run("plan")
    wifi = house.engine.estate.wifis["members"]
    real, under_way, further = wifi.network.apply, asyncio.Event(), asyncio.Event()

    async def slow(changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        under_way.set()
        await further.wait()
        async for outcome in real(changes):
            yield outcome

    monkeypatch.setattr(wifi.network, "apply", slow)
    bringing = asyncio.create_task(house.engine.bring(wifi))
    await under_way.wait()
    house.fake.journal.clear()
    await house.engine.start(house.estate())
    await house.engine.check()
    assert not [one for one in house.fake.journal if one.endswith("/keys")], "the new one is at work as well"
    further.set()
    assert (await bringing).error is None
    assert await until(lambda: house.engine.standing(wifi).plan is not None)
    assert len(house.on_air()) == 3
    assert len([one for one in house.fake.journal if one.startswith("POST")]) == 3


async def test_what_an_admin_breaks_off_goes_on_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.engine.start(house.estate())
    wifi = house.engine.estate.wifis["members"]
    assert await until(lambda: house.engine.standing(wifi).plan is not None)
    house.source.add("ann")
    with monkeypatch.context() as hanging:
        under_way = asyncio.Event()

        async def hang() -> list[KeyState]:
            under_way.set()
            await asyncio.Event().wait()
            return []

        hanging.setattr(wifi.network, "read", hang)
        bringing = asyncio.create_task(house.engine.bring(wifi))
        await under_way.wait()
        await house.engine.sync.read(house.engine.estate.integrations["hq"])
        await house.engine.decisions.decide("hq")
    bringing.cancel()
    await asyncio.gather(bringing, return_exceptions=True)
    assert await until(lambda: len(house.on_air()) == 1)


async def test_nobody_works_for_a_network_that_is_there_no_longer(house: House) -> None:
    await house.live()
    gone = house.engine.estate.wifis["members"]
    await house.engine.take(replace(house.estate(), wifis={}, controllers={}), loops=False)
    brought = await house.engine.bring(gone)
    assert (brought.plan, brought.applied.done, brought.error) == (None, [], None)
    async with house.engine.busy(gone):
        assert house.engine.standing(gone).plan is None


async def test_a_setup_that_is_taken_up_half_works_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database cannot be written for a moment, as an admin saves."""
    house.source.add("ann")
    await house.engine.start(house.estate())
    assert await until(lambda: len(house.on_air()) == 1)
    with monkeypatch.context() as full:

        async def report(scope: str, findings: Sequence[object]) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        full.setattr(house.engine.findings, "_report", report)
        with pytest.raises(sqlite3.OperationalError):
            await house.engine.take(house.estate())
    house.source.add("ben")
    await house.later(minutes=1)
    house.engine.nudge()
    assert await until(lambda: len(house.on_air()) == 2)
