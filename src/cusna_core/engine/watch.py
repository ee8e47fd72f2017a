"""What has changed, for whoever looks at it live? Versions of topics, and how far work has come.

A topic is a name ("network:members", "findings"): which things changed is told, never what they are now,
so nothing here is about a person and nothing is kept that a page would not ask for itself.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

FINDINGS = "findings"
HELD = "held"
SETUP = "setup"


def network(name: str) -> str:
    return f"network:{name}"


def integration(name: str) -> str:
    return f"integration:{name}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something has come that takes a while."""

    what: str
    """"read" (a source), "people" (their accounts), "keys" (on a network)."""
    done: int = 0
    of: int | None = None
    """None: nobody knows yet."""


class Watch:
    """Each topic's version, which is the place of its last change among all changes."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        """A cursor of another run of the program means nothing here."""
        self._version = 0
        self._topics: dict[str, int] = {}
        self._waiting: set[asyncio.Event] = set()
        self._progress: dict[str, Progress] = {}

    @property
    def cursor(self) -> str:
        """Up to here everything is known; for a page to begin from."""
        return f"{self._epoch}-{self._version}"

    def changed(self, *topics: str) -> None:
        """Costs next to nothing: it is called for each of thousands of keys."""
        self._version += 1
        for one in topics:
            self._topics[one] = self._version
        waiting, self._waiting = self._waiting, set()
        for event in waiting:
            event.set()

    def keep(self, known: Callable[[str], bool]) -> None:
        """Forget topics of things that are there no longer, and tell that everything may be different."""
        self._topics = {one: version for one, version in self._topics.items() if known(one)}
        self._progress = {one: done for one, done in self._progress.items() if known(one)}
        self.changed(SETUP)

    def since(self, cursor: str) -> frozenset[str] | None:
        """What changed after a cursor; None where nobody can tell any more, so maybe everything."""
        epoch, _, number = cursor.partition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        version = int(number)
        if version > self._version:
            return None
        return frozenset(one for one, at in self._topics.items() if at > version)

    async def wait(self, cursor: str) -> None:
        """Return when something changed after a cursor; at once where it did already."""
        if cursor != self.cursor:
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)

    # Progress

    def under_way(self, topic: str, progress: Progress) -> None:
        self._progress[topic] = progress
        self.changed(topic)

    def over(self, topic: str) -> None:
        with suppress(KeyError):
            del self._progress[topic]
            self.changed(topic)

    def progress(self, topic: str) -> Progress | None:
        return self._progress.get(topic)

    def busy(self, topics: Collection[str] | None = None) -> bool:
        """Whether anything (of these topics) is under way."""
        return bool(self._progress) if topics is None else any(one in self._progress for one in topics)
