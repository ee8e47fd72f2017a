"""What can go wrong between a plugin and its vendor? Faults to plan, and a table of bad answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from cusna_core.api import (
    AuthFailed,
    ConfigError,
    Missing,
    PluginError,
    RateLimited,
    Transient,
)

READS = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class Fault:
    """Something that happens to the calls it matches, instead of (or after) what they ask for.

    Without anything else said, the answer is `status` with `body` and `headers`. Planned twice for the
    same calls, the first one counts until it is spent.
    """

    methods: frozenset[str] | None = None
    """Only these (`frozenset({"PUT"})`); None: all."""
    path: str | None = None
    """A regular expression that is found somewhere in the path (without its query); None: all."""
    after: int = 0
    """Let so many of them through first."""
    times: int | None = None
    """Then happen so often; None: until it is cleared."""

    status: int = 503
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None
    """Cut the connection: "before" the vendor hears of it, or "after" it did as asked."""
    redirect: int | None = None
    """A redirect with this status to the same path on another host, which writes down what it gets."""
    hang: bool = False
    """Never answer (until the caller gives up, or the fault is cleared)."""
    spare: type | None = None
    """Let calls through whose true answer is JSON of this type: where bare lists are usual, `[]` is
    no bad answer. Only for reads, since the vendor is asked first."""

    hits: int = field(default=0, init=False)
    """How often it happened. (What aiohttp sends again by itself after a cut is the same call.)"""
    passed: int = field(default=0, init=False)
    """How many matching calls were let through first."""

    def fits(self, method: str, path: str) -> bool:
        if self.methods is not None and method not in self.methods:
            return False
        return self.path is None or re.search(self.path, path) is not None

    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times


Kind = type[PluginError]


@dataclass(frozen=True, slots=True)
class Bad:
    """A bad answer, and which errors are right for it (or one of their kind)."""

    name: str
    right: tuple[Kind, ...]
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    wait: Literal["seconds", "date"] | None = None
    """How `Retry-After` says `WAIT`; None: not at all."""
    spare: type | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def after(self) -> float | None:
        """What the error's own `after` must say."""
        return None if self.wait is None else float(WAIT)

    def headers(self, now: datetime) -> dict[str, str]:
        headers = {"Content-Type": self.content_type}
        if self.wait == "seconds":
            headers["Retry-After"] = str(WAIT)
        elif self.wait == "date":
            headers["Date"] = format_datetime(now, usegmt=True)
            headers["Retry-After"] = format_datetime(now + timedelta(seconds=WAIT), usegmt=True)
        return headers

    def fault(
        self,
        now: datetime,
        *,
        methods: frozenset[str] | None = None,
        path: str | None = None,
        after: int = 0,
        times: int | None = None,
    ) -> Fault:
        """The fault that gives this answer."""
        return Fault(
            methods,
            path,
            after,
            times,
            status=self.status,
            body=self.body,
            headers=self.headers(now),
            spare=self.spare,
        )


WAIT = 7
"""Seconds that a vendor asks for in `Retry-After`."""
PAGE = b"<!doctype html><html><title>Sign in to the hotel's network</title></html>"
SORRY = b'{"message": "no"}'

BAD_ANSWERS = (
    Bad("401", (AuthFailed,), 401, SORRY),
    Bad("403", (AuthFailed,), 403, SORRY),
    Bad("404", (Missing, ConfigError, Transient), 404, SORRY),
    Bad("429 with seconds", (RateLimited,), 429, SORRY, wait="seconds"),
    Bad("429 with a date", (RateLimited,), 429, SORRY, wait="date"),
    Bad("429", (RateLimited,), 429, SORRY),
    Bad("500", (Transient,), 500, SORRY),
    Bad("502", (Transient,), 502, PAGE, "text/html"),
    Bad("503", (Transient,), 503, PAGE, "text/html"),
    Bad("504", (Transient,), 504, PAGE, "text/html"),
    Bad("HTML", (Transient,), 200, PAGE, "text/html"),
    Bad("{}", (Transient,), 200, b"{}"),
    Bad("[]", (Transient,), 200, b"[]", spare=list),
    Bad("[{}]", (Transient,), 200, b"[{}]"),
    Bad("null", (Transient,), 200, b"null"),
    Bad("empty", (Transient,), 200, b""),
    Bad("truncated", (Transient,), 200, b'{"data": [{"id": "1", "na'),
)
"""What no plugin may take for "nobody" or for "no keys"."""
