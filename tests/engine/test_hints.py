"""A webhook names whom to ask for again; a storm of them costs one read, and none of them is a fact."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from cusna_core.api import Context, Hint, PluginError, Section, Snapshot, Unreachable, Unsupported, Window
from cusna_core.demo.stage import until
from cusna_core.engine.fence import parts as fenced
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.hints import MOST, Hints
from cusna_core.store import accounts

from .conftest import House, Scripted


class Telling(Scripted):
    """Counts what it is asked; `says` is what it makes of each webhook."""

    hints = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.says: Any = None
        self.asked: list[str] = []
        self.looked: list[tuple[Section, str]] = []
        self.reads = 0

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        said: Any = self.says(body.decode()) if callable(self.says) else self.says
        if isinstance(said, BaseException):
            raise said
        return said  # type: ignore[no-any-return]  # some tests give nonsense

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        self.reads += 1
        return await super().snapshot(locations, window)

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        self.asked.append(email)
        return await super().find(email, locations, window)

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        self.looked += missing
        return await super().again(missing)


@pytest.fixture
async def telling(house: House) -> AsyncIterator[tuple[House, Telling, Hints]]:
    """The house at work, with its loops; everything was read once."""
    source = Telling(house.source.context)
    house.source = source
    source.add("ann", plan=False)
    await house.engine.start(house.estate())
    assert await until(lambda: house.engine.decisions.latest("hq") is not None and source.reads == 1)
    assert await house.engine.first_read("hq", 5.0)
    hints = Hints(house.engine)
    yield house, source, hints
    await hints.close()


async def test_one_who_is_named_is_asked_for_and_nobody_else(telling: tuple[House, Telling, Hints]) -> None:
    house, source, hints = telling
    source.book("p1")
    source.says = Hint("m1", ("ann@example.com",))
    assert hints.take("hq", {}, b"") is True

    async def claimable() -> bool:
        decision = house.engine.decisions.latest("hq")
        rows = await house.db.read(lambda tx: accounts.rows(tx))
        return decision is not None and any(decision.claimable_of(one.id) for one in rows)

    assert await until(claimable)
    assert source.asked == ["ann@example.com"]
    assert source.reads == 1


async def test_a_storm_costs_one_read(telling: tuple[House, Telling, Hints]) -> None:
    _, source, hints = telling
    source.says = lambda number: Hint(f"m{number}", (f"somebody{number}@example.com",))
    for number in range(1000):
        assert hints.take("hq", {}, str(number).encode()) is True
    assert await until(lambda: source.reads == 2)
    await asyncio.sleep(1.5)
    assert (source.reads, source.asked) == (2, [])
    assert (await hints.heard("hq")).many == 1000


async def test_a_few_are_asked_for_once_each(telling: tuple[House, Telling, Hints]) -> None:
    _, source, hints = telling
    source.says = lambda number: Hint(f"m{number}", (f"somebody{int(number) % MOST}@example.com",))
    for number in range(200):
        hints.take("hq", {}, str(number).encode())
    assert await until(lambda: len(source.asked) == MOST)
    await asyncio.sleep(0.3)
    assert (len(source.asked), source.reads) == (MOST, 1)


async def test_a_repetition_is_ignored(telling: tuple[House, Telling, Hints]) -> None:
    _, source, hints = telling
    source.says = Hint("m1", ("ann@example.com",))
    assert hints.take("hq", {}, b"") is True
    assert await until(lambda: len(source.asked) == 1)
    await asyncio.sleep(1.5)
    for _ in range(5):
        assert hints.take("hq", {}, b"") is True
    await asyncio.sleep(0.5)
    assert len(source.asked) == 1
    assert (await hints.heard("hq")).many == 1


async def test_an_end_is_what_the_source_says_when_it_is_asked(telling: tuple[House, Telling, Hints]) -> None:
    """The webhook said "deleted"; the plan is there all the same, and so nothing happens. Then it is gone."""
    house, source, hints = telling
    plan = source.subscribe("p1")
    await house.run("plan")

    async def on() -> bool:
        decision = house.engine.decisions.latest("hq")
        return decision is not None and bool(decision.rights_of(await house.account("ann")))

    assert await on()
    source.says = lambda number: Hint(f"m{number}", again=((Section.SUBSCRIPTIONS, plan),))
    hints.take("hq", {}, b"1")
    assert await until(lambda: source.looked == [(Section.SUBSCRIPTIONS, plan)])
    await asyncio.sleep(0.3)
    assert await on()
    source.subscriptions.clear()
    hints.take("hq", {}, b"2")

    async def off() -> bool:
        return not await on()

    assert await until(off)


async def test_what_is_not_known_and_belongs_to_nobody_named_means_a_read(
    telling: tuple[House, Telling, Hints],
) -> None:
    _, source, hints = telling
    source.says = Hint("m1", again=((Section.SUBSCRIPTIONS, "brand-new"),))
    hints.take("hq", {}, b"")
    assert await until(lambda: source.reads == 2)
    assert source.looked == []


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (None, False),
        (Hint("m1"), True),
        (Hint("m1", everything=True), True),
        (Unsupported("None."), None),
        (Unreachable("A bug: it makes no call."), False),
        (ZeroDivisionError("canary"), False),
        (SystemExit(3), False),
        ("no hint", False),
    ],
)
async def test_whatever_a_plugin_does_the_answer_comes_at_once(
    house: House, said: Any, answer: bool | None, caplog: pytest.LogCaptureFixture
) -> None:
    source = Telling(house.source.context)
    source.says = said
    hush = Hush()
    fence = fenced._fence(Telling, source.options, source.context, hush)
    house.source = fenced._alike(fenced.Source, Telling)(source, fence)  # type: ignore[assignment]
    await house.live()
    hints = Hints(house.engine)
    try:
        assert hints.take("hq", {"a": "b"}, b"body") is answer
        assert hints.ready("hq") is (
            answer is not None and not isinstance(said, PluginError | str | BaseException)
        )
    finally:
        await hints.close()
    assert "canary" not in caplog.text


async def test_an_unknown_integration_takes_none(house: House) -> None:
    await house.live()
    hints = Hints(house.engine)
    assert hints.take("nobody", {}, b"x") is None
    assert hints.take("hq", {}, b"x") is None, "a source without webhooks"
    assert not hints.ready("nobody")
    assert not hints.ready("hq")
    assert (await hints.heard("nobody")).arrived is None
