"""How do pages show what changes without being loaded again?

One stream of server-sent events tells a page which topics changed, and the page asks for itself anew
(static/console.js). What changed is never in the stream, so a page shows exactly what its own route lets
this person see. A stream is no use of a session: it ends with it, and does not make it last.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from cusna_core.engine.watch import Watch
from cusna_core.store import sign_in
from cusna_core.web.console.paper import BENCH
from cusna_core.web.routes import Route, Who, get
from cusna_core.web.security import SESSION
from cusna_core.web.site import SITE, Site

HERE = "/console/live"
BEAT = 15.0
"""Seconds between two signs of life, and between two looks at the session."""
CALM = 1.0
"""Seconds between two events: what changes meanwhile is told in one."""
OF_ONE = 6
"""Streams that one session may have open: windows side by side."""
OF_ALL = 100
SLOW = 10.0
"""Seconds in which a browser has to take what it is sent."""
CURSOR_LENGTH = 40


def routes() -> tuple[Route, ...]:
    return (get(HERE, stream, Who.ADMIN, quiet=True),)


@dataclass(eq=False, slots=True)
class Stream:
    session: str
    request: web.Request = field(repr=False)
    task: asyncio.Task[None] | None = None

    @property
    def gone(self) -> bool:
        """The browser has hung up: it is told only to whoever looks."""
        transport = self.request.transport
        return transport is None or transport.is_closing()


class Streams:
    """All streams that are open."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.open: set[Stream] = set()
        self._closing = False

    def enter(self, session: str, request: web.Request) -> Stream | None:
        """None where there are too many, or where the program is about to end."""
        for one in [one for one in self.open if one.gone]:
            self._end(one)
        mine = sum(1 for one in self.open if one.session == session)
        if self._closing or mine >= OF_ONE or len(self.open) >= OF_ALL:
            return None
        stream = Stream(session, request)
        self.open.add(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        self.open.discard(stream)

    def _end(self, stream: Stream) -> None:
        self.open.discard(stream)
        if stream.task is not None:
            stream.task.cancel()

    async def close(self, _: web.Application) -> None:
        """The program ends: nobody waits for a browser."""
        self._closing = True
        tasks = [one.task for one in self.open if one.task is not None]
        for one in tuple(self.open):
            self._end(one)
        await asyncio.gather(*tasks, return_exceptions=True)


STREAMS = web.AppKey("STREAMS", Streams)


def equip(application: web.Application) -> None:
    """Needs the bench. The streams end when the application does."""
    streams = application[STREAMS] = Streams(application[BENCH].survey.watch)
    application.on_shutdown.append(streams.close)


async def stream(request: web.Request) -> web.StreamResponse:
    """Topics that changed since a cursor, from now on."""
    if request.method == "HEAD" or "text/event-stream" not in request.headers.get("Accept", ""):
        raise web.HTTPNotAcceptable
    site, streams = request.app[SITE], request.app[STREAMS]
    session, admin = request[SESSION].id, request[SESSION].admin
    mine = streams.enter(session, request)
    if mine is None:
        return web.Response(status=503, headers={"Retry-After": "30"})
    try:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store, no-transform",
                # Proxies that gather answers before they pass them on would make this useless.
                "X-Accel-Buffering": "no",
            }
        )
        response.force_close()
        await response.prepare(request)
        cursor = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        task = mine.task = asyncio.create_task(
            _tell(response, site, streams.watch, cursor[:CURSOR_LENGTH], session, admin or "")
        )
        with suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
            await task
        return response
    finally:
        streams.leave(mine)
        if mine.task is not None:
            mine.task.cancel()


async def _tell(
    response: web.StreamResponse, site: Site, watch: Watch, cursor: str, session: str, admin: str
) -> None:
    """Until the session or the connection ends."""
    await _send(response, b"retry: 5000\n\n")
    while True:
        if not await _alive(site, session) or not site.is_admin(admin):
            await _send(response, b"event: end\ndata: {}\n\n")
            return
        beat = asyncio.create_task(site.clock.sleep(BEAT))
        try:
            while not beat.done():
                cursor = await _changes(response, watch, cursor, beat)
        finally:
            beat.cancel()
        await _send(response, b": here\n\n")


async def _alive(site: Site, session: str) -> bool:
    now = site.clock.now()
    return await site.db.read(lambda tx: sign_in.alive(tx, session, now))


async def _changes(
    response: web.StreamResponse, watch: Watch, cursor: str, beat: "asyncio.Task[None]"
) -> str:
    """Tell what changed, if anything does before the beat; returns the cursor up to which was told."""
    waiting = asyncio.create_task(watch.wait(cursor))
    try:
        await asyncio.wait([waiting, beat], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            return cursor
    finally:
        waiting.cancel()
    topics, upto = watch.since(cursor), watch.cursor
    told = json.dumps({"topics": sorted(topics) if topics is not None else ["*"]})
    if topics is None or topics:
        await _send(response, f"id: {upto}\nevent: changed\ndata: {told}\n\n".encode())
    # Not by the injected clock: a demo that jumps must not flood a browser.
    await asyncio.wait([beat], timeout=CALM)
    return upto


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(SLOW):
        await response.write(data)
