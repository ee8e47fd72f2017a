"""On which terms is a connection served?

aiohttp limits idle connections that have made a request; one that opens and never finishes its first
header would stay for ever, so the site that is used here closes it.
"""

import asyncio
import logging
import sys
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from cusna_core.engine import troubles
from cusna_core.web.client import AccessLog
from cusna_core.web.site import SITE

HEADER_SECONDS = 10.0
"""A new connection has so long to send its first complete header."""
BODY_SECONDS = 10.0
"""A form has so long to arrive (see security.py)."""
KEEP_ALIVE_SECONDS = 30.0
"""Longer than any pause within a page load, shorter than a phone's pocket."""
SHUTDOWN_SECONDS = 3.0
LINE_BYTES = 4096
"""The longest request line or header line. Our longest address is a link with its token, about 120."""
BACKLOG = 256


class Told(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp says of connections, without the lines that came in: they hold tokens and cookies."""

    def log(self, level: int, msg: object, *args: object, exc_info: Any = None, **values: Any) -> None:
        error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
        if error is None:
            self.logger.log(level, msg, *args, **values)
        elif isinstance(error, HttpProcessingError):
            # Scanners and other protocols, every day: nothing that an admin could mend.
            self.logger.debug("A request was not HTTP as it should be (%s).", type(error).__name__)
        else:
            self.logger.error("A connection met a bug (%s).", troubles.place(error))


class Site(web.BaseSite):
    """A TCP site that closes connections which do not say what they want."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._host, self._port = host, port
        self._waiting = runner.app[SITE].waiting

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The port in use, where 0 was asked for."""
        assert isinstance(self._server, asyncio.Server)
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        await super().start()
        loop = asyncio.get_running_loop()
        server = self._runner.server
        assert server is not None

        def connection() -> asyncio.Protocol:
            protocol = server()
            self._waiting.add(protocol)
            loop.call_later(HEADER_SECONDS, self._close_silent, protocol)
            return protocol

        self._server = await loop.create_server(connection, self._host, self._port, backlog=BACKLOG)

    def _close_silent(self, protocol: Any) -> None:
        if protocol in self._waiting:
            self._waiting.discard(protocol)
            protocol.force_close()


async def listen(application: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve until `runner.cleanup()`. Header lines are limited to `LINE_BYTES` each."""
    runner = web.AppRunner(
        application,
        handle_signals=False,
        logger=Told(logging.getLogger(__name__)),
        access_log_class=AccessLog,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
        lingering_time=2.0,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await Site(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner
