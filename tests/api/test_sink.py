"""What does an event look like, and what may a source or sink leave out?"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cusna_core.api import (
    EVENTS,
    Clock,
    Context,
    Event,
    FakeSource,
    Hint,
    Options,
    Section,
    Sink,
    Snapshot,
    Source,
    SourceLocation,
    Unsupported,
    Window,
)


class Post(Sink[Options]):
    type = "post"
    title = "Post"
    options_class = Options

    async def deliver(self, event: Event) -> None:
        raise NotImplementedError


class Club(Source[Options]):
    type = "club"
    title = "Club"
    options_class = Options

    async def check(self) -> Sequence[Any]:
        return ()

    async def locations(self) -> Sequence[SourceLocation]:
        return ()

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        raise NotImplementedError

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        return None

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        raise NotImplementedError


@pytest.fixture
def context(clock: Clock) -> Context:
    return Context("door", "t3st", clock, lambda text: text)


def test_plain_always_has_the_same_fields() -> None:
    berlin = timezone(timedelta(hours=1))
    when = datetime(2026, 11, 23, 12, 0, 0, 1500, tzinfo=berlin)
    event = Event("evt_1", "key.working", when, "hq", None, "members", "a1", data={"n": 1})
    assert event.plain() == {
        "id": "evt_1",
        "type": "key.working",
        "timestamp": "2026-11-23T11:00:00.001Z",
        "data": {"integration": "hq", "location": None, "network": "members", "account": "a1", "n": 1},
    }
    mailed = Event("evt_1", "key.working", when, email="ann@example.com")
    assert mailed.plain()["data"]["email"] == "ann@example.com"
    assert "ann" not in repr(mailed)
    assert "ann" not in repr(Hint("m1", ("ann@example.com",)))


def test_types_are_named_alike() -> None:
    for name, said in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z]+|test", name)
        assert said.endswith(".")


async def test_the_least_that_a_sink_must_do(context: Context) -> None:
    post = Post(Options(), context)
    await post.open()
    assert await post.check() == ()
    assert post.target == ""
    await post.close()


def test_a_source_takes_no_webhooks_unless_it_says_so(context: Context) -> None:
    assert not Club.hints
    with pytest.raises(Unsupported, match="Club sends no webhooks"):
        Club(Options(), context).hint({}, b"")


def test_a_fake_without_webhooks_tells_nobody() -> None:
    FakeSource.tell(object(), "http://localhost/hooks/hq")  # type: ignore[arg-type]  # it does nothing
