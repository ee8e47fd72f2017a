"""Which sinks are at work, and what is told of those that are not?"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from cusna_core.api import AuthFailed, ConfigError, Context, Event, Finding, Options, Sink
from cusna_core.config.setup import Sink as Configured
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.sinks import Sinks
from cusna_core.store import events
from cusna_core.store.db import Database

from .conftest import NOON, Hand


class Good(Sink[Options]):
    type = "good"
    title = "Good"
    options_class = Options
    got: list[Event]
    trouble: Exception | None = None

    async def open(self) -> None:
        type(self).got = []

    async def deliver(self, event: Event) -> None:
        trouble = type(self).trouble
        if trouble is not None:
            raise trouble
        type(self).got.append(event)


class Shut(Good):
    async def open(self) -> None:
        raise ConfigError("The CA file cannot be read.", path="tls.ca")


class Buggy(Good):
    def __init__(self, options: Options, context: Context) -> None:
        raise ZeroDivisionError("canary")


class Setup:
    """As much of a setup as sinks look at."""

    def __init__(self, bad: Sequence[str] = (), **sinks: type[Sink[Any]]) -> None:
        self.sinks = {name: Configured(name, one, Options(), (), False) for name, one in sinks.items()}
        self.bad_sinks = frozenset(bad)


def made(db: Database, clock: Hand, context: Context, reports: dict[str, Sequence[Finding]]) -> Sinks:
    async def report(scope: str, findings: Sequence[Finding]) -> None:
        reports[scope] = findings

    return Sinks(db, clock, lambda name: replace(context, name=name), Hush(), report, Random(7))


async def test_one_that_cannot_be_opened_is_told_and_the_others_go_on(
    db: Database, clock: Hand, context: Context
) -> None:
    reports: dict[str, Sequence[Finding]] = {}
    sinks = made(db, clock, context, reports)
    setup: Any = Setup(["odd"], good=Good, shut=Shut, buggy=Buggy)
    await sinks.take(setup)
    found = {one.about: one for one in await sinks.look()}
    assert found.keys() == {"shut", "buggy"}
    assert "The CA file cannot be read." in found["shut"].summary
    assert "canary" not in found["buggy"].summary
    assert found["buggy"].path == "sinks.buggy"
    views = {one.name: one for one in await sinks.views()}
    assert sorted(views) == ["buggy", "good", "odd", "shut"]
    assert (views["odd"].title, views["good"].trouble) == ("", "")
    assert views["shut"].trouble
    assert await sinks.test("shut") is None
    assert await sinks.test("nobody") is None

    await db.run(lambda tx: events.put(tx, "held.opened", NOON, integration="hq", data={"rights": 1}))
    task = asyncio.create_task(sinks.run())
    await clock.settled()
    assert [one.type for one in Good.got] == ["held.opened"]
    for _ in range(3):
        await clock.move(days=1, hours=1)
    for name in ("shut", "buggy", "odd"):
        assert (await db.read(events.statuses))[name].waiting == 0, "too old, and nobody delivers it"
        assert (await db.read(events.statuses))[name].dropped == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    none: Any = Setup()
    await sinks.take(none)
    assert await db.read(events.statuses) == {}
    assert reports["sink:shut"] == ()


async def test_a_test_event_that_is_taken_sends_what_waits(
    db: Database, clock: Hand, context: Context
) -> None:
    reports: dict[str, Sequence[Finding]] = {}
    sinks = made(db, clock, context, reports)
    setup: Any = Setup(good=Good)
    await sinks.take(setup)
    Good.trouble = AuthFailed("It refuses our events.")
    try:
        await db.run(lambda tx: events.put(tx, "held.opened", NOON, data={"rights": 1}))
        task = asyncio.create_task(sinks.run())
        await clock.settled()
        (failing,) = reports["sink:good"]
        assert (failing.code, failing.path) == ("sink.failing", "sinks.good")
        tried = await sinks.test("good")
        assert tried is not None
        assert (tried.went, tried.said) == (False, "It refuses our events.")
    finally:
        Good.trouble = None
    tried = await sinks.test("good")
    assert tried is not None
    assert tried.went
    await clock.settled()
    assert [one.type for one in Good.got] == ["test", "held.opened"]
    assert reports["sink:good"] == ()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await sinks.close()
