"""Does the program start, refuse to start, and stop as it should?"""

import asyncio
import json
import stat
import time
from collections.abc import Awaitable, Callable

import pytest

from cusna_core.admin import control
from cusna_core.api import HttpApi
from cusna_core.app import App
from cusna_core.core import Core
from cusna_core.demo.stage import until
from cusna_core.engine import placing
from cusna_core.store.db import AlreadyRunning
from cusna_core.store.vault import KeyFileMissing
from cusna_core.testing.memory_fake import MemoryFake

from .house import House

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]


def memory(house: House, name: str = "hall") -> MemoryFake:
    wifi = house.wifis[name]
    assert isinstance(wifi, MemoryFake)
    return wifi


async def test_it_stops_within_five_seconds_whatever_hangs(build: Build) -> None:
    house = await build()
    house.member("hall", "mara")
    wifi = memory(house)
    wifi.hanging = True
    app = await App.start(house.write(), clock=house.clock)
    try:
        # The controller hangs, a page waits, somebody reads slowly, and a command is in the middle.
        assert await until(lambda: wifi.journal)
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /portal HTTP/1.1\r\nHost: localhost\r\n")
        asking = asyncio.create_task(_all(house, "apply"))
        assert await until(lambda: app._control is not None and app._control._going)
    finally:
        before = time.monotonic()
        await app.stop()
        took = time.monotonic() - before
    assert took < 5.0
    events = await asking
    assert not any("result" in one for one in events)
    assert await reader.read() == b""
    writer.close()
    assert not (house.data / control.NAME).exists()


async def _all(house: House, operation: str) -> list[dict[str, object]]:
    return [one async for one in control.ask(house.data, operation, {}, "tester")]


async def test_the_data_directory_is_for_one_process(build: Build, serve: Serve) -> None:
    house = await build()
    await serve(house)
    with pytest.raises(AlreadyRunning, match="Only one may at a time"):
        await App.start(house.folder / "cusna.toml")


async def test_after_a_stop_it_starts_again_and_knows_what_it_knew(build: Build) -> None:
    house = await build()
    house.member("hall", "mara")
    keys: list[str] = []
    for _ in range(2):
        app = await App.start(house.write(), clock=house.clock)
        try:
            assert await until(lambda: len(house.keys("hall")) == 1)
            keys = house.keys("hall")
        finally:
            await app.stop()
    assert house.keys("hall") == keys
    assert sum(one.startswith("POST") for one in memory(house).journal) == 1


async def test_without_its_key_file_it_does_not_start(build: Build) -> None:
    house = await build()
    core = await Core.open(house.write())
    await core.close()
    (house.data / "cusna.key").unlink()
    with pytest.raises(KeyFileMissing):
        await App.start(house.folder / "cusna.toml")
    # What was refused holds nothing: with the file there again, it would start.
    assert not (house.data / control.NAME).exists()


async def test_a_port_that_is_taken_closes_all_that_was_opened(build: Build, serve: Serve) -> None:
    house = await build()
    other = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", house.port)
    with pytest.raises(OSError, match="address"):
        await App.start(house.write(), clock=house.clock)
    other.close()
    await other.wait_closed()
    await serve(house)


async def test_the_socket_is_private_and_its_path_may_be_long(build: Build, serve: Serve) -> None:
    house = await build()
    house.tables[""]["data_dir"] = "/".join(["a" * 60] * 3)
    deep = house.folder / house.tables[""]["data_dir"]
    await serve(house)
    path = deep / control.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    events = [one async for one in control.ask(deep, "explain", {"email": "nobody@example.com"}, "tester")]
    assert "refused" in events[-1]


@pytest.mark.parametrize(
    "said", [b"\n", b"{}\n", b"[]\n", b"no json\n", b'{"operation": 1, "values": 2}\n', b""]
)
async def test_nonsense_on_the_socket_ends_only_itself(build: Build, serve: Serve, said: bytes) -> None:
    house = await build()
    await serve(house)
    reader, writer = await asyncio.open_unix_connection(house.data / control.NAME)
    writer.write(said)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    events = await _all(house, "no-such-operation")
    assert "no-such-operation" in json.dumps(events)


async def test_a_command_that_goes_away_holds_nothing_up(build: Build, serve: Serve) -> None:
    house = await build()
    house.member("hall", "mara")
    app = await serve(house)
    assert await until(lambda: len(house.keys("hall")) == 1)
    wifi = memory(house)
    wifi.hanging = True
    asking = asyncio.create_task(_all(house, "plan"))
    count = len(wifi.journal)
    assert await until(lambda: len(wifi.journal) > count)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    wifi.hanging = False
    wifi._stopping.set()
    wifi._stopping.clear()
    house.member("hall", "theo")
    app.core.engine.nudge()
    assert await until(lambda: len(house.keys("hall")) == 2)


@pytest.mark.parametrize("where", ["built", "taken"])
async def test_a_new_setup_that_is_called_off_leaves_nothing_open(
    build: Build, serve: Serve, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """As when the program stops while an emptied network is dropped."""
    house = await build()
    app = await serve(house)
    opened: list[HttpApi] = []
    opens, reached = HttpApi.open, asyncio.Event()

    async def kept(self: HttpApi) -> None:
        await opens(self)
        opened.append(self)

    async def hangs(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(HttpApi, "open", kept)
    if where == "built":
        monkeypatch.setattr(placing, "told", hangs)
    else:
        monkeypatch.setattr(app.core.engine.appearance, "load", hangs)
    going = asyncio.create_task(app.core.rebuild())
    async with asyncio.timeout(5):
        await reached.wait()
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    await app.core.close()
    assert opened
    assert not [one for one in opened if one._session is not None]
