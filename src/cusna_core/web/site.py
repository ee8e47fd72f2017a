"""What do all pages share?"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from secrets import SystemRandom
from typing import Any

from aiohttp import web
from yarl import URL

from cusna_core.api import Clock, PluginError, email_key
from cusna_core.engine.members import Members
from cusna_core.engine.views import Door
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault
from cusna_core.web import client
from cusna_core.web.cookies import LANGUAGE, Cookies
from cusna_core.web.pages import Body, Pages
from cusna_core.web.qr import Codes
from cusna_core.web.routes import Route
from cusna_core.words import Language, choose, passphrases

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the web is made of; there is nothing global."""

    base_url: str
    """As configured: every link, the accepted Host and the accepted Origin come from it."""
    db: Database
    vault: Vault
    members: Members
    clock: Clock
    trusted_proxies: Sequence[str] = ()
    admins: Callable[[], Sequence[str]] = tuple
    """Who may enter the console, as it is configured now."""
    nudge: Callable[[], None] = lambda: None
    """Tell the mail worker that a letter is waiting."""
    random: Random = field(default_factory=SystemRandom, repr=False)


class Site:
    """The parts, and what is made of them once."""

    def __init__(self, parts: Parts) -> None:
        url = URL(parts.base_url)
        if url.host is None or url.scheme not in ("http", "https"):
            raise ValueError("base_url must be a URL such as https://wifi.example.com")
        if url.path not in ("", "/"):
            raise ValueError(
                "base_url must be a host without a path: cookies and links belong to the whole host."
            )
        self.parts = parts
        self.db = parts.db
        self.vault = parts.vault
        self.members = parts.members
        self.clock = parts.clock
        self.secure = url.scheme == "https"
        self.base = str(url.origin())
        name = f"[{url.host}]" if ":" in url.host else url.host
        self.hosts = {f"{name}:{url.port}"} | ({name} if url.is_default_port() else set())
        self.bare_host = name
        self.cookies = Cookies(self.secure)
        self.trusted = client.networks(parts.trusted_proxies)
        self.pages = Pages()
        passphrases.vocabulary()  # read now, so that nobody's request waits for a file
        self.codes = Codes()
        self.routes: Sequence[Route] = ()
        """What is served and who may enter, for whoever wants to know."""
        self.kept: dict[tuple[str, str], tuple[Door, Body]] = {}
        """The sign-in page's bytes by location and language, while the location is as it was."""
        self.waiting: set[object] = set()
        """Connections that have not made a request yet (serve.py)."""
        self._tasks: set[asyncio.Task[None]] = set()

    def door(self, request: web.Request) -> Door:
        """The location in the address, or 404."""
        door = self.members.door(request.match_info["location"])
        if door is None:
            raise web.HTTPNotFound
        return door

    def language(self, request: web.Request) -> Language:
        """`?lang=` wins (the switch), then the cookie, then what the browser asks for."""
        return choose(
            request.headers.get("Accept-Language"), chosen(request) or self.cookies.get(request, LANGUAGE)
        )

    def address(self, request: web.Request) -> str:
        return client.address(request, self.trusted)

    def is_admin(self, address: str | None) -> bool:
        key = email_key(address or "")
        return key is not None and any(email_key(one) == key for one in self.parts.admins())

    def token(self) -> str:
        """256 bits, 43 characters that a link can hold (M1)."""
        return base64.urlsafe_b64encode(self.parts.random.randbytes(32)).rstrip(b"=").decode()

    def code(self) -> str:
        """Eight digits, uniform, leading zeros kept (M2)."""
        return f"{self.parts.random.randrange(10**8):08d}"

    async def soon(self, work: Coroutine[Any, Any, None], seconds: float) -> None:
        """Wait so long for it; then it goes on by itself while the person already reads a page."""
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=seconds)

    async def _quietly(self, work: Awaitable[None]) -> None:
        try:
            await work
        except PluginError as error:
            log.warning("Work for a member did not come to its end (%s): %s", type(error).__name__, error)

    async def close(self, _: web.Application) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def chosen(request: web.Request) -> str:
    """What the language switch says; almost no address has a query at all."""
    return request.query.get("lang", "") if request.rel_url.raw_query_string else ""


SITE = web.AppKey("SITE", Site)
