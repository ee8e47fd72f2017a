"""How do commands reach the program that runs? Through a socket in the data directory.

One JSON line asks (`{"operation": …, "values": …, "who": …}`), then a JSON line for each event comes back.
Only who may open the data directory can connect: the socket is 0600.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from cusna_core.engine.operations import Events, Json

log = logging.getLogger(__name__)

NAME = "cusna.sock"
LONGEST_LINE = 16 * 1024 * 1024

Run = Callable[[str, Json, str], Events]


class Control:
    """Listens for commands."""

    def __init__(self, data_dir: Path, run: Run) -> None:
        self._path = data_dir / NAME
        self._run = run
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST_LINE)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            async for event in self._run(asked["operation"], asked["values"], asked["who"]):
                writer.write(json.dumps(event).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, KeyError, TypeError) as error:
            log.info("A command was not understood, or went away (%s).", type(error).__name__)
        except Exception as error:
            log.exception("A command met a bug")
            with contextlib.suppress(ConnectionError):
                writer.write(json.dumps({"bug": type(error).__name__}).encode() + b"\n")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def ask(data_dir: Path, operation: str, values: Json, who: str) -> AsyncIterator[dict[str, Any]]:
    """Have the running program do something. ConnectionError or FileNotFoundError if none runs."""
    reader, writer = await asyncio.open_unix_connection(data_dir / NAME, limit=LONGEST_LINE)
    try:
        writer.write(json.dumps({"operation": operation, "values": values, "who": who}).encode() + b"\n")
        await writer.drain()
        while line := await reader.readline():
            yield json.loads(line)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
