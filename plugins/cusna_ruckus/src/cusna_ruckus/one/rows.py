"""Which passphrases does a pool hold: all of them, to the last one, or an error?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from cusna_core.api import BadAnswer, Clock, Missing, PluginError, Transient
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.place import Place

FRESH = 60.0
"""Seconds for which what was read spares a look before a write. What is written is compared anyway."""
AGAIN = (0.0, 1.0)
"""Seconds before a list is read again that did not hold still. It is read while we change nothing; only what
we have just changed may still be on its way into it."""
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


class Changes:
    """What is being changed in a pool, by us. Changes go side by side; a list of several pages needs none."""

    def __init__(self) -> None:
        self._door = asyncio.Lock()
        self._none = asyncio.Event()
        self._none.set()
        self._under_way = 0
        self._begun = 0

    @property
    def mark(self) -> int | None:
        """As long as it is the same number, nothing was changed."""
        return None if self._under_way else self._begun

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """From the call until it is done. In here no list may be asked for: it would wait for this."""
        async with self._door:
            self._under_way += 1
            self._begun += 1
            self._none.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none.set()

    @asynccontextmanager
    async def none(self) -> AsyncIterator[None]:
        """When what is under way is done, and before the next one begins."""
        async with self._door:
            await self._none.wait()
            yield


class Rows:
    """One pool's passphrases."""

    def __init__(self, cloud: Cloud, place: Place, clock: Clock) -> None:
        self._cloud = cloud
        self._place = place
        self._clock = clock
        self._seen: dict[str, Row] = {}
        self._labels: dict[str, set[str]] = {}
        self._at: float | None = None
        self._meanwhile: dict[str, Row | None] = {}
        """What was noted or dropped since the list was last asked for: it may know less."""
        self.changes = Changes()
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
        return await self.asked(row, visible=bool(label))

    async def asked(self, row: str, *, visible: bool = False) -> Row | None:
        """One as it is, whatever lists say yet. `visible`: the pool was seen just now."""
        with self._place.visible():
            pool = await self._place.id()
        try:
            found = await self._cloud.row(pool, row)
        except Missing:
            if not visible:
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
        self._seen[row.id] = self._meanwhile[row.id] = row
        if row.label is not None:
            self._labels.setdefault(row.label, set()).add(row.id)

    def drop(self, rows: Iterable[str]) -> None:
        for one in list(rows):
            self._meanwhile[one] = None
            gone = self._seen.pop(one, None)
            if gone is not None and gone.label is not None:
                self._labels[gone.label].discard(one)
                if not self._labels[gone.label]:
                    del self._labels[gone.label]

    async def _all(self) -> Sequence[Row]:
        began = self._clock.monotonic()
        self._meanwhile.clear()
        rows = await self._read(None)
        newer = dict(self._meanwhile)
        self._seen.clear()
        self._labels.clear()
        for one in ({row.id: row for row in rows} | newer).values():
            if one is not None:
                self.note(one)
        self._at = began
        return rows

    async def _newest(self) -> Sequence[Row]:
        with self._place.visible():
            return (await self._cloud.page(await self._place.id(), 1, newest=True, size=NEWEST)).data

    async def _read(self, label: str | None) -> Sequence[Row]:
        with self._place.visible():
            pool = await self._place.id()
            rows = await self._pages(pool, label)
            for pause in AGAIN:
                if rows is None:
                    async with self.changes.none():
                        await self._clock.sleep(pause)
                        rows = await self._pages(pool, label)
            if rows is not None:
                return rows
        raise Transient("The pool's passphrases keep changing while they are read. They are read again.")

    async def _pages(self, pool: str, label: str | None) -> Sequence[Row] | None:
        """From the first page to the last; None when the list was changed between two of them.

        Its length does not tell that for certain: where one comes and one goes, it stays the same.
        """
        found: dict[str, Row] = {}
        mark = self.changes.mark
        number, total = 0, -1
        while len(found) != total:
            number += 1
            page = await self._cloud.page(pool, number, username=label)
            if number > 1 and (page.total != total or mark is None or self.changes.mark != mark):
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
