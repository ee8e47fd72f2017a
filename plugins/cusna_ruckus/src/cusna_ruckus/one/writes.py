"""How is one key made, changed or brought back, so that what RUCKUS One says is also so?

A success counts when it was read again, within bounds: its lists lag a little behind its receipts.
"""

from collections.abc import Awaitable, Callable
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
    Taken,
)
from cusna_ruckus.one.activities import settled
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.mapping import changes, everything, fields, lacks
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.options import RuckusOneNetworkOptions
from cusna_ruckus.one.place import Place
from cusna_ruckus.one.rows import Rows
from cusna_ruckus.one.truth import Truth

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
        self._truth = Truth(rows, context.clock, self._grace)
        self._making = 0

    async def create(self, key: Key) -> Ref:
        """A key that is there already (its answer was lost) is taken as it is; one of ours that was
        ended comes back: the devices that know it stay known."""
        ref = await self._create(key)
        self._truth.settle(key)
        return ref

    async def _create(self, key: Key) -> Ref:
        there = await self._truth.there(key)
        if there is None:
            return await self._make(key)
        if there.works(self._clock.now()) and not self._truth.ours(there, key):
            raise Rejected("The pool has another key of that name, with another passphrase.")
        if there.works(self._clock.now()):
            return await self._bring(there, key)
        await self._room()
        return await self._revive(there, key)

    async def update(self, ref: Ref, key: Key) -> Ref:
        sure = self._rows.fresh and not self._truth.doubtful(key)
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
        if self._truth.doubtful(key):
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
            await self._truth.explain(key, refused, row)
        last = await self._truth.agreed(row, key, besides)
        left = set(last) - besides
        if left - cleared or not self._truth.works(row):
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
            await self._truth.explain(key, refused, None)
        row = await self._truth.appeared(key)
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
            if await self._truth.elsewhere(key, row.id):
                raise Taken("Another key of this pool has that passphrase.") from None
            return await self._replace(row, key)
        if await self._truth.agreed(row.id, key, frozenset()) or not self._truth.works(row.id):
            return await self._replace(row, key)
        return Ref(row.id)

    async def _replace(self, row: Row, key: Key) -> Ref:
        """Where a field cannot be cleared, a new key takes the place of the old one."""
        await self._delete(row)
        return await self._make(key)

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

    async def _do(self, key: Key, call: Callable[[str], Awaitable[str]]) -> None:
        """Ask for a change and wait for it. What cannot be known is remembered as doubtful."""
        pool = await self._place.id()
        self._truth.doubt(key)
        async with self._rows.changes.one():
            try:
                request = await call(pool)
            except NOT_DONE:
                self._truth.sure(key)
                raise
            try:
                await settled(self._cloud, request)
            except Rejected:
                self._truth.sure(key)
                raise
        self._truth.sure(key)
