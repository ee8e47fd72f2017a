"""The whole program with everything around it: `house` to fill and write, `serve` to start it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from cusna_core.app import App

from .house import House

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    built: list[House] = []

    async def make(*args: object, **values: object) -> House:
        house = await House.build(tmp_path, *args, **values)  # type: ignore[arg-type]  # as it takes them
        built.append(house)
        return house

    yield make
    for house in built:
        await house.stop()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    running: list[App] = []

    async def start(house: House) -> App:
        app = await App.start(house.write(), clock=house.clock)
        running.append(app)
        return app

    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    yield start
    for app in running:
        await app.stop()
