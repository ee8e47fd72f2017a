"""What do these tests stand on? A clock that is moved by hand, and real servers on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from cusna_core.api import Clock, Context, HttpApi

Reply = Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]]


class HandClock(Clock):
    """Time passes when somebody sleeps or moves it."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def nothing(request: web.Request) -> web.StreamResponse:
    return web.json_response({})


@dataclass
class Vendor:
    """A server that keeps what it was asked, and answers by a script (then always with the last line)."""

    address: str = ""
    calls: list[Call] = field(default_factory=list)
    script: list[Reply] = field(default_factory=lambda: [nothing])

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.calls.append(
            Call(request.method, request.path, dict(request.query), dict(request.headers), body)
        )
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        answered = reply(request)
        return answered if isinstance(answered, web.StreamResponse) else await answered


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def context(clock: HandClock) -> Context:
    return Context("rack", "ab12", clock, lambda text: f"keyed {len(text)}")


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Vendor]]]:
    """Start a vendor's server; more than one is possible."""
    runners: list[web.AppRunner] = []

    async def start(*script: Reply, ssl: Any = None) -> Vendor:
        vendor = Vendor(script=list(script) or [nothing])
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", vendor.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl)
        await site.start()
        port = runner.addresses[0][1]
        vendor.address = f"{'https' if ssl else 'http'}://127.0.0.1:{port}"
        return vendor

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[HttpApi], Awaitable[Any]]]:
    """Open a client, and close it at the end."""
    apis: list[HttpApi] = []

    async def opening(api: HttpApi) -> Any:
        apis.append(api)
        await api.open()
        return api

    yield opening
    for api in apis:
        await api.close()
