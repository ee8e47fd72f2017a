"""How do commands reach the program that runs? Through a socket in the data directory.

One JSON line asks (`{"operation": …, "values": …, "who": …}`), then a JSON line for each event comes back.
Only who may open the data directory can connect: the socket is 0600.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

from cusna_core.admin.operations import Events, Json
from cusna_core.engine import troubles

log = logging.getLogger(__name__)

NAME = "cusna.sock"
LONGEST_LINE = 16 * 1024 * 1024
LONGEST_PATH: Final = 100
"""Bytes of a socket's address, a little below what every system takes."""
FAREWELL: Final = 1.0
"""Seconds that commands have to hear that the program stops."""

Run = Callable[[str, Json, str], Events]


class Control:
    """Listens for commands."""

    def __init__(self, data_dir: Path, run: Run) -> None:
        self._data_dir = data_dir
        self._run = run
        self._server: asyncio.Server | None = None
        self._going: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        # What a killed process left: the caller holds the lock, so nobody listens there.
        (self._data_dir / NAME).unlink(missing_ok=True)
        own = socket.socket(socket.AF_UNIX)
        with _address(self._data_dir) as address:
            before = os.umask(0o177)
            try:
                own.bind(address)
            except BaseException:
                own.close()
                raise
            finally:
                os.umask(before)
        self._server = await asyncio.start_unix_server(self._serve, sock=own, limit=LONGEST_LINE)

    async def stop(self) -> None:
        """Commands that are going on end where they are; they hear that the program went away."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        (self._data_dir / NAME).unlink(missing_ok=True)
        for task in tuple(self._going):
            task.cancel()
        if self._going:
            await asyncio.wait(tuple(self._going), timeout=FAREWELL)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._going.add(task)
        try:
            await self._answer(reader, writer)
        except asyncio.CancelledError:
            log.info("A command was ended because the program stops.")
        finally:
            self._going.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            operation, values, who = str(asked["operation"]), dict(asked["values"]), str(asked["who"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.info("A command was not understood, or went away (%s).", type(error).__name__)
            return
        try:
            async with contextlib.aclosing(self._run(operation, values, who)) as events:
                async for event in events:
                    writer.write(json.dumps(event).encode() + b"\n")
                    await writer.drain()
        except ConnectionError:
            log.info("Who asked for %s went away.", operation)
        except Exception as error:  # noqa: BLE001 - told without its text, which may hold anything
            log.error("The command %s met a bug (%s).", operation, troubles.place(error))  # noqa: TRY400
            with contextlib.suppress(OSError):
                writer.write(json.dumps({"bug": type(error).__name__}).encode() + b"\n")
                await writer.drain()


async def ask(data_dir: Path, operation: str, values: Json, who: str) -> AsyncGenerator[dict[str, Any], None]:
    """Have the running program do something. ConnectionError or FileNotFoundError if none runs."""
    with _address(data_dir) as address:
        reader, writer = await asyncio.open_unix_connection(address, limit=LONGEST_LINE)
    try:
        writer.write(json.dumps({"operation": operation, "values": values, "who": who}).encode() + b"\n")
        # One that stops just now is told by the end of its answers, which is none.
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            # A line without its end is what a killed process left of one.
            while (line := await reader.readline()).endswith(b"\n"):
                yield json.loads(line)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.contextmanager
def _address(data_dir: Path) -> Iterator[str]:
    """Where the socket is. A path that is too long for one goes by its directory's descriptor."""
    plain = data_dir / NAME
    if len(os.fsencode(plain)) <= LONGEST_PATH or not Path("/proc/self/fd").exists():
        yield str(plain)
        return
    descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
