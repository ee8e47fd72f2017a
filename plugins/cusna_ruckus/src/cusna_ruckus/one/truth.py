"""What is in the pool really, as far as one key is concerned, and what is not known?"""

from collections.abc import Sequence
from datetime import timedelta

from cusna_core.api import Clock, Key, Missing, Rejected, Secret, Taken
from cusna_ruckus.one.activities import Failed
from cusna_ruckus.one.mapping import REASON, lacks
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.rows import Rows

LAG = (0.0, 1.0, 1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at what a success has changed; 12 in all."""


class Truth:
    """Looks at a pool's passphrases before, during and after a change to one of them."""

    def __init__(self, rows: Rows, clock: Clock, grace: timedelta) -> None:
        self._rows = rows
        self._clock = clock
        self._grace = grace
        self._doubtful: dict[str, set[Secret]] = {}
        """Passphrases by label that were lost on the way: nobody knows whether the change was carried out."""

    def doubt(self, key: Key) -> None:
        """From here on, until `sure`, nobody knows what becomes of this key."""
        self._doubtful.setdefault(key.label, set()).add(key.passphrase)

    def doubtful(self, key: Key) -> bool:
        return key.label in self._doubtful

    def settle(self, key: Key) -> None:
        """The key is as it should be, whatever was lost before."""
        self._doubtful.pop(key.label, None)

    async def there(self, key: Key) -> Row | None:
        """What is in the pool under this label, and surely ours: working, or ended.

        Surely is what has the passphrase as well, or was ended by us. A working one with another
        passphrase is told as well: it is in the way, and perhaps somebody's copy.
        """
        rows: Sequence[Row] = ()
        doubtful = key.label in self._doubtful
        look = self._rows.labelled if doubtful else self._rows.with_label
        for pause in LAG if doubtful else (0.0,):
            await self._clock.sleep(pause)
            rows = await look(key.label)
            mine = [one for one in rows if self.ours(one, key)]
            if mine:
                return max(mine, key=lambda one: one.works(self._clock.now()))
        self._doubtful.pop(key.label, None)
        now = self._clock.now()
        ended = (one for one in rows if one.revoked is not None and one.reason == REASON)
        return next((one for one in rows if one.works(now)), None) or next(ended, None)

    def ours(self, row: Row, key: Key) -> bool:
        """Whether a passphrase with the key's label is the one that was meant, now or in a lost change."""
        meant = {key.passphrase} | self._doubtful.get(key.label, set())
        return row.passphrase in meant

    def sure(self, key: Key) -> None:
        """What became of the last change is known; of one before it, perhaps not."""
        doubtful = self._doubtful.get(key.label, set())
        doubtful.discard(key.passphrase)
        if not doubtful:
            self._doubtful.pop(key.label, None)

    async def appeared(self, key: Key) -> Row:
        for number, pause in enumerate(LAG):
            await self._clock.sleep(pause)
            # The first look is shared by all keys that are being made.
            rows = await (self._rows.newest() if number == 0 else self._rows.labelled(key.label))
            for row in rows:
                if row.label == key.label and row.passphrase in (None, key.passphrase):
                    self._rows.note(row)
                    return row
        self._doubtful.setdefault(key.label, set()).add(key.passphrase)
        raise Rejected(
            "RUCKUS One says that it made the key, and does not show it yet. It is looked for again."
        )

    async def agreed(self, row: str, key: Key, besides: frozenset[str] | set[str]) -> dict[str, object]:
        """What a passphrase still lacks when all patience is at its end.

        Lists may lag for longer than that, so the last word has the passphrase itself.
        """
        for pause in LAG:
            await self._clock.sleep(pause)
            left = self._left(await self._rows.find(row, key.label), key)
            if not left.keys() - besides and self.works(row):
                return left
        return self._left(await self._rows.asked(row), key)

    def _left(self, now: Row | None, key: Key) -> dict[str, object]:
        if now is None:
            raise Missing("The passphrase was taken out of the pool while it was changed.")
        return lacks(now, key, self._grace)

    def works(self, row: str) -> bool:
        known = self._rows.known(row)
        return known is not None and known.works(self._clock.now())

    async def explain(self, key: Key, refused: Rejected, row: str | None) -> None:
        """Raise what a refusal means, by looking; return if what was asked for is there nevertheless.

        Where it exists already, it may be ours from a lost change, which lists do not show yet.
        """
        exists = isinstance(refused, Taken) or (isinstance(refused, Failed) and refused.taken)
        for pause in LAG if exists else (0.0,):
            await self._clock.sleep(pause)
            rows = await self._rows.all()
            same = [one for one in rows if one.passphrase == key.passphrase and one.id != row]
            if any(one.label != key.label for one in same) or (row is not None and same):
                raise Taken("Another key of this pool has that passphrase.") from None
            if row is None and same:
                return
            done = [one for one in rows if one.id == row]
            if any(not lacks(one, key, self._grace) and one.works(self._clock.now()) for one in done):
                return
        if exists:
            raise Taken("RUCKUS One says that this passphrase exists already.") from None
        raise refused

    async def elsewhere(self, key: Key, row: str) -> bool:
        return any(one.passphrase == key.passphrase and one.id != row for one in await self._rows.all())
