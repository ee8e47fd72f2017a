"""Which passphrases does a pool hold: all of them, to the last one, or an error?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from cusna_core.api import BadAnswer, Clock, Missing, PluginError, Transient
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.place import Place

FRESH = 60.0
"""Seconds for which what was read spares a look before a write. What is written is compared anyway."""
TRIES = 3
NEWEST = 100

T = TypeVar("T")


class Shared(Generic[T]):
    """A call whose answer is shared by all who asked before it began, and by nobody else."""

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._lock = asyncio.Lock()
        self._begun = 0
        self._last: T | PluginError | None = None

    async def __call__(self) -> T:
        asked = self._begun
        async with self._lock:
            if self._begun == asked or self._last is None:
                self._begun, self._last = self._begun + 1, None
                try:
                    self._last = await self._call()
                except PluginError as error:
                    self._last = error
            last = self._last
        if isinstance(last, PluginError):
            raise last
        return last


class Rows:
    """One pool's passphrases."""

    def __init__(self, cloud: Cloud, place: Place, clock: Clock) -> None:
        self._cloud = cloud
        self._place = place
        self._clock = clock
        self._seen: dict[str, Row] = {}
        self._labels: dict[str, set[str]] = {}
        self._at: float | None = None
        self.all = Shared(self._all)
        """Every one, ours or not, working or not, in the order of their making."""
        self.newest = Shared(self._newest)
        """A hundred or less, the newest first."""

    @property
    def fresh(self) -> bool:
        return self._at is not None and self._clock.monotonic() - self._at < FRESH

    @property
    def count(self) -> int:
        """How many there were when they were last seen."""
        return len(self._seen)

    async def recent(self) -> Sequence[Row]:
        """All of them, as they were at most a minute ago."""
        return list(self._seen.values()) if self.fresh else await self.all()

    def known(self, row: str) -> Row | None:
        """As last seen, however long ago."""
        return self._seen.get(row)

    async def find(self, row: str, label: str | None = None) -> Row | None:
        """One as it is now. By its label where that is known: the list is what everybody goes by."""
        if label:
            found = next((one for one in await self.labelled(label) if one.id == row), None)
            if found is not None:
                return found
        with self._place.visible():
            pool = await self._place.id()
        try:
            found = await self._cloud.row(pool, row)
        except Missing:
            if not label:
                await self._place.look()  # raises if it is the pool that is gone
            self.drop([row])
            return None
        self.note(found)
        return found

    async def labelled(self, label: str) -> Sequence[Row]:
        """All with exactly this label, as they are now."""
        rows = [one for one in await self._read(label) if one.label == label]
        self.drop(self._labels.get(label, set()) - {one.id for one in rows})
        for one in rows:
            self.note(one)
        return rows

    async def with_label(self, label: str) -> Sequence[Row]:
        """All with exactly this label, as they were at most a minute ago."""
        if not self.fresh:
            return await self.labelled(label)
        return [self._seen[one] for one in self._labels.get(label, ())]

    def note(self, row: Row) -> None:
        self.drop([row.id])
        self._seen[row.id] = row
        if row.label is not None:
            self._labels.setdefault(row.label, set()).add(row.id)

    def drop(self, rows: Iterable[str]) -> None:
        for one in list(rows):
            gone = self._seen.pop(one, None)
            if gone is not None and gone.label is not None:
                self._labels[gone.label].discard(one)
                if not self._labels[gone.label]:
                    del self._labels[gone.label]

    async def _all(self) -> Sequence[Row]:
        began = self._clock.monotonic()
        rows = await self._read(None)
        self._seen.clear()
        self._labels.clear()
        for one in rows:
            self.note(one)
        self._at = began
        return rows

    async def _newest(self) -> Sequence[Row]:
        with self._place.visible():
            return (await self._cloud.page(await self._place.id(), 1, newest=True, size=NEWEST)).data

    async def _read(self, label: str | None) -> Sequence[Row]:
        with self._place.visible():
            pool = await self._place.id()
            for _ in range(TRIES):
                rows = await self._pages(pool, label)
                if rows is not None:
                    return rows
        raise Transient("The pool's passphrases keep changing while they are read. They are read again.")

    async def _pages(self, pool: str, label: str | None) -> Sequence[Row] | None:
        """From the first page to the last; None when the list was changed between two of them."""
        found: dict[str, Row] = {}
        number, total = 0, -1
        while len(found) != total:
            number += 1
            page = await self._cloud.page(pool, number, label=label)
            if number > 1 and page.total != total:
                return None
            before, total = len(found), page.total
            found |= {one.id: one for one in page.data}
            short = len(found) < total and len(found) == before
            if short or len(found) > total:
                raise BadAnswer(
                    f"The list of passphrases does not add up: {total} are promised, page {number} ends at "
                    f"{len(found)}. Nothing is believed of it."
                )
        return list(found.values())
