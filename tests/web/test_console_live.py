"""Does a page hear of what changes, for as long as it may, and does nothing stay open for it?"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp

from cusna_core.demo.stage import until
from cusna_core.engine.watch import Progress
from cusna_core.store import sessions
from cusna_core.web.console.live import OF_ONE, STREAMS

from .admin import Admin, needs_plugins

pytestmark = needs_plugins
EVENTS = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}


class Ear:
    """One stream, read as a browser does."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.beats = 0

    async def next(self, seconds: float = 5.0) -> dict[str, str]:
        """The next event; beats are counted and passed over."""
        found: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            while line := await self.answer.content.readline():
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    self.beats += 1
                elif text:
                    name, _, value = text.partition(": ")
                    found[name] = value
                elif "data" in found:
                    return found
                else:
                    found = {}
        return {}

    async def topics(self) -> set[str]:
        return set(json.loads((await self.next())["data"])["topics"])


@asynccontextmanager
async def hearing(admin: Admin, since: str | None = None) -> AsyncIterator[Ear]:
    cursor = admin.stage.app.core.engine.watch.cursor if since is None else since
    async with admin.http.get(f"{admin.base}/console/live?since={cursor}", headers=EVENTS) as answer:
        assert answer.status == 200, answer.status
        yield Ear(answer)


def streams(admin: Admin) -> Any:
    runner = admin.stage.app._runner
    assert runner is not None
    return runner.app[STREAMS]


async def seen(admin: Admin) -> int:
    row = await admin.stage.app.core.db.read(
        lambda tx: tx.execute("SELECT last_seen FROM sessions WHERE kind = 'admin'").fetchone()
    )
    return int(row["last_seen"])


async def test_what_changes_is_told_together_and_only_by_name(admin: Admin) -> None:
    watch = admin.stage.app.core.engine.watch
    async with hearing(admin) as ear:
        headers = ear.answer.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Cache-Control"] == "no-store, no-transform"
        assert "Content-Encoding" not in headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        watch.changed("network:a")
        first = await ear.next()
        assert json.loads(first["data"]) == {"topics": ["network:a"]}
        assert (first["event"], first["id"]) == ("changed", watch.cursor)
        for number in range(1000):
            watch.under_way("network:b", Progress("keys", number, 1000))
            watch.changed("findings")
        assert await ear.topics() == {"network:b", "findings"}, "a thousand changes are one event"
        heard = 0
        for _ in range(10):
            watch.changed("network:c")
            assert (await admin.get("/healthz")).status == 200
        watch.changed("network:d")
        while "network:d" not in await ear.topics():
            heard += 1
        assert heard <= 2, "what changes within a second is told together"
    # What changed while nobody listened is told to who comes again, and anything to who comes from elsewhere.
    watch.changed("held")
    async with hearing(admin, first["id"]) as ear:
        assert await ear.topics() == {"network:b", "network:c", "network:d", "findings", "held"}
    async with hearing(admin, "another-1") as ear:
        assert await ear.topics() == {"*"}


async def test_it_ends_with_the_session_and_does_not_make_it_last(admin: Admin) -> None:
    stage = admin.stage
    before = await seen(admin)
    async with hearing(admin) as ear:
        for _ in range(2):
            await stage.jump(stage.clock.now() + timedelta(minutes=14))
            stage.app.core.engine.watch.changed("network:a")
            assert await ear.topics() >= {"network:a"}
            # A page that looks again by itself is no use of the session either.
            async with admin.http.get(f"{admin.base}/console", headers={"X-Cusna-Look": "1"}) as answer:
                assert answer.status == 200
        assert await seen(admin) == before
        await stage.jump(stage.clock.now() + sessions.IDLE)
        while (event := await ear.next(10)).get("event") == "changed":
            pass
        assert event["event"] == "end"
        assert await ear.next() == {}, "and the connection is closed"
        assert ear.beats > 0
    assert not streams(admin).open
    assert (await admin.get("/console")).path == "/console/sign-in"


async def test_who_signs_out_or_is_no_admin_any_more_hears_no_more(admin: Admin) -> None:
    stage = admin.stage
    async with hearing(admin) as ear:
        await admin.post("/console/logout")
        await stage.jump(stage.clock.now() + timedelta(seconds=16))
        while (event := await ear.next()).get("event") == "changed":
            pass
        assert event["event"] == "end"
    assert (await admin.ask("GET", "/console/live", follow=False)).status == 303


async def test_a_session_has_a_few_streams_and_those_that_hung_up_do_not_count(admin: Admin) -> None:
    url = f"{admin.base}/console/live"
    open_ones = [await admin.http.get(url, headers=EVENTS) for _ in range(OF_ONE)]
    assert [one.status for one in open_ones] == [200] * OF_ONE
    async with admin.http.get(url, headers=EVENTS) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
    open_ones[0].close()
    for one in open_ones:
        one.close()
    assert await until(lambda: all(one.gone for one in streams(admin).open))
    async with hearing(admin):
        assert len(streams(admin).open) == 1
    # Whoever asks for a page gets none: a crawler does not hang here.
    async with admin.http.get(url, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 406
    async with admin.http.head(url, headers=EVENTS) as answer:
        assert answer.status == 406


async def test_the_program_ends_in_time_whoever_listens(admin: Admin) -> None:
    url = f"{admin.base}/console/live"
    open_ones = [await admin.http.get(url, headers=EVENTS) for _ in range(OF_ONE)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    await admin.stage.app.stop()
    assert loop.time() - began < 5
    for one in open_ones:
        one.close()
