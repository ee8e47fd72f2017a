"""How is one key made, changed or brought back, so that what RUCKUS One says is also so?

A success counts when it was read again, within bounds: its lists lag a little behind its receipts.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cusna_core.api import (
    AuthFailed,
    ConfigError,
    Context,
    Full,
    Key,
    Missing,
    RateLimited,
    Ref,
    Rejected,
    Secret,
    Taken,
)
from cusna_ruckus.one.activities import Failed, settled
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.mapping import REASON, changes, everything, fields, lacks
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.options import RuckusOneNetworkOptions
from cusna_ruckus.one.place import Place
from cusna_ruckus.one.rows import Rows

LAG = (0.0, 1.0, 1.0, 2.0, 3.0, 5.0)
"""Seconds before each look at what a success has changed; 12 in all."""
NOT_DONE = (Rejected, RateLimited, AuthFailed, ConfigError)
"""Said instead of a receipt, these mean that nothing was taken on."""
UNREVOKE = {"revocationReason": None}


@dataclass(slots=True)
class Tenant:
    """What a tenant turned out to do differently, for as long as Cusna runs."""

    revoke_does_nothing: bool = False
    null_does_nothing: bool = False
    """A VLAN or an end that is cleared stays."""


class Writes:
    """Changes to one key of one pool."""

    def __init__(
        self,
        cloud: Cloud,
        place: Place,
        rows: Rows,
        options: RuckusOneNetworkOptions,
        context: Context,
        tenant: Tenant,
        delete: Callable[[Row], Awaitable[None]],
    ) -> None:
        self._cloud = cloud
        self._place = place
        self._rows = rows
        self._options = options
        self._clock = context.clock
        self._grace = timedelta(hours=options.expiry_grace)
        self._tenant = tenant
        self._delete = delete
        self._doubtful: dict[str, set[Secret]] = {}
        """Passphrases by label that were lost on the way: nobody knows whether the change was carried out."""
        self._making = 0

    async def create(self, key: Key) -> Ref:
        """A key that is there already (its answer was lost) is taken as it is; one of ours that was
        ended comes back: the devices that know it stay known."""
        ref = await self._create(key)
        self._doubtful.pop(key.label, None)
        return ref

    async def _create(self, key: Key) -> Ref:
        there = await self._there(key)
        if there is None:
            return await self._make(key)
        if there.works(self._clock.now()) and not self._ours(there, key):
            raise Rejected("The pool has another key of that name, with another passphrase.")
        if there.works(self._clock.now()):
            return await self._bring(there, key)
        await self._room()
        return await self._revive(there, key)

    async def update(self, ref: Ref, key: Key) -> Ref:
        sure = self._rows.fresh and key.label not in self._doubtful
        now = self._rows.known(ref) if sure else None
        now = now or await self._rows.find(ref, key.label)
        if now is None:
            raise Missing("The passphrase that was to be changed is not in the pool any more.")
        if not now.works(self._clock.now()):
            return await self._revive(now, key)
        return await self._bring(now, key)

    async def _bring(self, now: Row, key: Key) -> Ref:
        """Change a key that works to what it should be, by as little as possible.

        After a lost change by everything there is to it: that change may still be under way.
        """
        body = changes(now, key, self._options.device_limit, self._grace)
        if key.label in self._doubtful:
            body = everything(key, self._options.device_limit, self._grace)
        cleared = {name for name, value in body.items() if value is None}
        kept = {name: value for name, value in body.items() if value is not None}
        if cleared and self._tenant.null_does_nothing:
            if kept:
                await self._change(now.id, key, kept, cleared)
            return await self._replace(now, key)
        if not body:
            return Ref(now.id)
        try:
            left = await self._change(now.id, key, body)
        except (Taken, Missing):
            raise
        except Rejected:
            if not cleared:
                raise
            # Perhaps it is only null that it does not take. What else is refused stays as it is.
            if kept:
                await self._change(now.id, key, kept, cleared)
            left = cleared
        if left:
            self._tenant.null_does_nothing = True
            return await self._replace(now, key)
        return Ref(now.id)

    async def _change(
        self, row: str, key: Key, body: dict[str, object], besides: frozenset[str] | set[str] = frozenset()
    ) -> set[str]:
        """Change fields; returns those that should have been cleared and were not. `besides` are left out."""
        cleared = {name for name, value in body.items() if value is None} | besides
        try:
            await self._do(key, lambda pool: self._cloud.update(pool, row, body))
        except Missing:
            await self._place.look()  # raises if it is the pool that is gone
            self._rows.drop([row])
            raise Missing("The passphrase that was to be changed is not in the pool any more.") from None
        except Rejected as refused:
            await self._explain(key, refused, row)
        last = await self._agreed(row, key, besides)
        left = set(last) - besides
        if left - cleared or not self._works(row):
            raise Rejected(
                "RUCKUS One says that it changed the passphrase, and shows it as it was: nothing has changed."
            )
        return left

    async def _make(self, key: Key) -> Ref:
        await self._room()
        self._making += 1
        try:
            return await self._made(key)
        finally:
            self._making -= 1

    async def _made(self, key: Key) -> Ref:
        body = fields(key, self._options.device_limit, self._grace)
        group = self._options.identity_group_id
        try:
            await self._do(key, lambda pool: self._cloud.create(pool, group, body))
        except Missing:
            await self._place.look()
            raise ConfigError(
                "The pool has no such identity group: no key can be made.", path="identity_group_id"
            ) from None
        except Rejected as refused:
            await self._explain(key, refused, None)
        row = await self._appeared(key)
        if not row.works(self._clock.now()):
            return await self._revive(row, key)
        body = lacks(row, key, self._grace)
        if body:
            await self._mend(row, key, body)
        return Ref(row.id)

    async def _mend(self, row: Row, key: Key, body: dict[str, object]) -> None:
        """A pool may give every new key an end; what cannot be made right must not stay."""
        try:
            left = await self._change(row.id, key, body)
        except Rejected:
            left = set(body)
        if left:
            await self._delete(row)
            raise Rejected("RUCKUS One made another key than it was asked for. It was taken away again.")

    async def _revive(self, row: Row, key: Key) -> Ref:
        """Right first and working then: never for a moment with somebody else's VLAN."""
        body = changes(row, key, self._options.device_limit, self._grace)
        try:
            if body:
                await self._do(key, lambda pool: self._cloud.update(pool, row.id, body))
            if row.revoked is not None:
                await self._do(key, lambda pool: self._cloud.update_all(pool, [row.id], UNREVOKE))
        except Rejected:
            if await self._elsewhere(key, row.id):
                raise Taken("Another key of this pool has that passphrase.") from None
            return await self._replace(row, key)
        if await self._agreed(row.id, key, frozenset()) or not self._works(row.id):
            return await self._replace(row, key)
        return Ref(row.id)

    async def _replace(self, row: Row, key: Key) -> Ref:
        """Where a field cannot be cleared, a new key takes the place of the old one."""
        await self._delete(row)
        return await self._make(key)

    # Before

    async def _there(self, key: Key) -> Row | None:
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
            mine = [one for one in rows if self._ours(one, key)]
            if mine:
                return max(mine, key=lambda one: one.works(self._clock.now()))
        self._doubtful.pop(key.label, None)
        now = self._clock.now()
        ended = (one for one in rows if one.revoked is not None and one.reason == REASON)
        return next((one for one in rows if one.works(now)), None) or next(ended, None)

    def _ours(self, row: Row, key: Key) -> bool:
        """Whether a passphrase with the key's label is the one that was meant, now or in a lost change."""
        meant = {key.passphrase} | self._doubtful.get(key.label, set())
        return row.passphrase in meant

    async def _room(self) -> None:
        most = self._options.max_keys
        if most is None:
            return
        rows, now = await self._rows.recent(), self._clock.now()
        if len(rows) + self._making < most:
            return
        count = sum(1 for one in rows if one.works(now)) + self._making
        if count >= most:
            raise Full(f"The pool holds {count} keys that work, which is all it may (max_keys).")

    # During and after

    async def _do(self, key: Key, call: Callable[[str], Awaitable[str]]) -> None:
        """Ask for a change and wait for it. What cannot be known is remembered as doubtful."""
        pool = await self._place.id()
        doubtful = self._doubtful.setdefault(key.label, set())
        doubtful.add(key.passphrase)
        try:
            request = await call(pool)
        except NOT_DONE:
            self._sure(key)
            raise
        try:
            await settled(self._cloud, request)
        except Rejected:
            self._sure(key)
            raise
        self._sure(key)

    def _sure(self, key: Key) -> None:
        """What became of the last change is known; of one before it, perhaps not."""
        doubtful = self._doubtful.get(key.label, set())
        doubtful.discard(key.passphrase)
        if not doubtful:
            self._doubtful.pop(key.label, None)

    async def _appeared(self, key: Key) -> Row:
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

    async def _agreed(self, row: str, key: Key, besides: frozenset[str] | set[str]) -> dict[str, object]:
        """What a passphrase still lacks when all patience is at its end."""
        left: dict[str, object] = {}
        for pause in LAG:
            await self._clock.sleep(pause)
            now = await self._rows.find(row, key.label)
            if now is None:
                raise Missing("The passphrase was taken out of the pool while it was changed.")
            left = lacks(now, key, self._grace)
            if not left.keys() - besides and now.works(self._clock.now()):
                break
        return left

    def _works(self, row: str) -> bool:
        known = self._rows.known(row)
        return known is not None and known.works(self._clock.now())

    async def _explain(self, key: Key, refused: Rejected, row: str | None) -> None:
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

    async def _elsewhere(self, key: Key, row: str) -> bool:
        return any(one.passphrase == key.passphrase and one.id != row for one in await self._rows.all())
