"""At least once, in order for each account, and a sink in trouble delays nobody but itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from cusna_core.api import AuthFailed, BadAnswer, ConfigError, Event, PluginError, Rejected, Unreachable
from cusna_core.engine.courier import AT_ONCE, PATIENCE, Courier
from cusna_core.engine.fence.calls import Fault
from cusna_core.store import accounts, events
from cusna_core.store.db import Database
from cusna_core.store.events import News, Status
from cusna_core.store.vault import Vault

from .conftest import NOON, Box, Hand

Run = Callable[..., Awaitable[Courier]]


class Told:
    def __init__(self) -> None:
        self.said: list[PluginError | Fault | None] = []

    async def __call__(self, name: str, trouble: PluginError | Fault | None) -> None:
        self.said.append(trouble)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def run(db: Database, box: Box, clock: Hand, told: Told) -> AsyncIterator[Run]:
    tasks: dict[str, asyncio.Task[None]] = {}

    async def stop(task: asyncio.Task[None]) -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def run(sink: Any = box, name: str = "door", personal_data: bool = False) -> Courier:
        if name in tasks:
            await stop(tasks[name])  # a restart
        courier = Courier(name, sink, db, clock, Random(7), personal_data=personal_data, told=told)
        tasks[name] = asyncio.create_task(courier.run())
        await clock.settled()
        return courier

    await db.run(lambda tx: events.settle(tx, {"door": ()}))
    yield run
    for task in tasks.values():
        await stop(task)


async def put(db: Database, *accounts_: str | None, type_: str = "access.started") -> None:
    news = [News(type_, "hq", "kreuzberg", account=one) for one in accounts_]
    await db.run(lambda tx: events.put_many(tx, news, NOON))


def count(statement: str, tx: Any) -> int:
    return int(tx.execute(statement).fetchone()[0])


async def status(db: Database, name: str = "door") -> Status:
    return (await db.read(events.statuses))[name]


async def test_each_once_and_then_forgotten(run: Run, db: Database, box: Box, clock: Hand) -> None:
    await put(db, "a", "b", "a", None)
    await run()
    await clock.move(seconds=1)
    assert sorted(str(one.account) for one in box.got) == ["None", "a", "a", "b"]
    assert len({one.id for one in box.got}) == 4
    now = await status(db)
    assert (now.delivered, now.waiting, now.type, now.failing) == (4, 0, "access.started", None)
    assert await db.read(lambda tx: tx.execute("SELECT count(*) FROM events").fetchone()[0]) == 0
    await put(db, "c")
    await clock.move(seconds=1)
    assert box.got[-1].account == "c", "put later, and found by a look at the database"


async def test_one_account_stays_in_order_and_holds_up_nobody(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    await put(db, "a", "a", "b")
    refuse = {"a"}
    box.trouble = lambda event: BadAnswer("No.") if event.account in refuse else None
    await run()
    await clock.move(seconds=1)
    assert [one.account for one in box.got] == ["b"]
    assert len([one for one in box.tried if one.account == "a"]) == 1, "the second one waits for the first"
    refuse.clear()
    await clock.move(seconds=1)
    assert len(box.got) == 1, "too soon"
    await clock.move(seconds=30)
    await clock.move(seconds=1)
    first, second = (one for one in box.got if one.account == "a")
    assert box.tried[0].id in (first.id, box.tried[1].id)
    assert first.id == next(one for one in box.tried if one.account == "a").id
    assert second.id != first.id


async def test_a_sink_that_hangs_delays_no_other_sink_and_no_other_account(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    other = Box(box.context)
    await db.run(lambda tx: events.settle(tx, {"door": (), "other": ()}))
    box.hangs = {"a"}
    await put(db, "a", "b")
    await run()
    await run(other, "other")
    await clock.move(seconds=1)
    assert [one.account for one in box.got] == ["b"]
    assert sorted(str(one.account) for one in other.got) == ["a", "b"]
    assert (await status(db)).waiting == 1


async def test_a_crowd_goes_side_by_side_but_not_all_at_once(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    names = [f"a{number}" for number in range(50)]
    box.hangs = set(names)
    await put(db, *names)
    await run()
    await clock.move(seconds=1)
    assert len(box.tried) == AT_ONCE


async def test_a_sink_that_is_down_is_asked_by_one_event_at_a_time(
    run: Run, db: Database, box: Box, clock: Hand, told: Told
) -> None:
    await put(db, *(f"a{number}" for number in range(20)))
    box.trouble = lambda _: Unreachable("Nobody there.")
    await run()
    burst = len(box.tried)
    assert burst < AT_ONCE + PATIENCE
    for _ in range(12):
        await clock.move(seconds=10)
    assert len(box.tried) - burst <= 6, "with growing pauses"
    now = await status(db)
    assert now.failing == NOON
    assert now.error == "Nobody there."
    assert told.said[-1] is None, "a hiccup is nothing to tell"
    await clock.move(minutes=20)
    await clock.move(minutes=20)
    assert any(isinstance(one, Unreachable) for one in told.said[-1:])
    box.trouble = lambda _: None
    for _ in range(40):
        await clock.move(minutes=1)
    assert len(box.got) == 20
    assert told.said[-1] is None
    assert (await status(db)).failing is None


@pytest.mark.parametrize("error", [AuthFailed("No."), ConfigError("No.", path="url"), Fault("x", "y")])
async def test_what_does_not_pass_by_itself_is_told_at_once(
    run: Run, db: Database, box: Box, told: Told, error: Any
) -> None:
    await put(db, "a")
    box.trouble = lambda _: error
    await run()
    assert told.said[-1] is error


async def test_one_that_is_rejected_is_dropped_and_the_next_ones_go_on(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    await put(db, "a", "a")
    first = True

    def once(_: Event) -> Any:
        nonlocal first
        was, first = first, False
        return Rejected("Never.") if was else None

    box.trouble = once
    await run()
    await clock.move(seconds=1)
    assert len(box.got) == 1
    now = await status(db)
    assert (now.dropped, now.gave_up, now.waiting) == (1, NOON, 0)


async def test_after_three_days_it_is_given_up_but_never_untried(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    await put(db, "a", "b")
    clock.at += timedelta(days=4)
    box.trouble = lambda event: BadAnswer("No.") if event.account == "a" else None
    await run()
    assert [one.account for one in box.got] == ["b"], "old, but this program was off meanwhile"
    assert (await status(db)).dropped == 0
    await clock.move(minutes=1)
    now = await status(db)
    assert (now.dropped, now.waiting) == (1, 0)


async def test_a_sink_that_is_down_for_three_days_loses_only_what_is_older(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    await put(db, *(f"a{number}" for number in range(10)))
    box.trouble = lambda _: AuthFailed("No.")
    await run()
    for _ in range(73):
        await clock.move(hours=1)
    now = await status(db)
    assert (now.dropped, now.waiting) == (10, 0)


async def test_what_was_on_its_way_goes_again_after_a_restart(
    run: Run, db: Database, box: Box, clock: Hand
) -> None:
    await put(db, "a")
    box.hangs = {"a"}
    await run()
    assert len(box.tried) == 1
    again = Box(box.context)
    await run(again)
    await clock.move(seconds=1)
    assert [one.id for one in again.got] == [box.tried[0].id]


async def test_a_restart_does_not_call_a_sink_well_that_is_down(
    run: Run, db: Database, box: Box, clock: Hand, told: Told
) -> None:
    await put(db, "a", "b")
    box.trouble = lambda _: AuthFailed("No.")
    await run()
    told.said.clear()
    later = Box(box.context)
    later.trouble = box.trouble
    await run(later)
    assert None not in told.said
    later.trouble = lambda _: None
    await clock.move(minutes=20)
    await clock.move(minutes=20)
    assert told.said[-1] is None


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_address_is_told_only_where_that_was_chosen(
    run: Run, db: Database, vault: Vault, box: Box, wanted: bool
) -> None:
    def make(tx: Any) -> None:
        row = accounts.create(
            tx, vault, "hq", "ann@example.com", "Ann@example.com", "Ann", {"p1"}, "pass-phrase-1234", NOON
        )
        events.put(tx, "account.disabled", NOON, account=row)

    await db.run(make)
    await run(personal_data=wanted)
    (event,) = box.got
    assert event.email == ("Ann@example.com" if wanted else None)
    assert event.integration == "hq", "an account tells its integration by itself"


async def test_a_sink_hears_of_what_it_wants(run: Run, db: Database, box: Box, clock: Hand) -> None:
    await db.run(lambda tx: events.settle(tx, {"door": ("access.ended",)}))
    await put(db, "a")
    await put(db, "a", type_="access.ended")
    await run()
    assert [one.type for one in box.got] == ["access.ended"]
    assert await db.read(lambda tx: events.wanted(tx, "access.ended"))
    assert not await db.read(lambda tx: events.wanted(tx, "key.working"))


async def test_without_a_sink_nothing_is_kept(db: Database) -> None:
    await put(db, "a")
    assert await db.read(lambda tx: tx.execute("SELECT count(*) FROM events").fetchone()[0]) == 0


async def test_a_sink_that_is_no_more_leaves_nothing(run: Run, db: Database) -> None:
    await put(db, "a")
    assert await db.run(lambda tx: events.settle(tx, {})) == ["door"]
    assert await db.read(events.statuses) == {}
    for left in ("SELECT count(*) FROM events", "SELECT count(*) FROM deliveries"):
        assert await db.read(partial(count, left)) == 0


@pytest.mark.parametrize(
    ("type_", "data", "says"),
    [("access.begun", {}, "no event"), ("access.started", {"passphrase": "x"}, "takes no passphrase")],
)
async def test_what_no_event_may_be(
    run: Run, db: Database, type_: str, data: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        await db.run(lambda tx: events.put(tx, type_, NOON, data=data))
