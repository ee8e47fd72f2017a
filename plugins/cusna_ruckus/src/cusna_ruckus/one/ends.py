"""How do keys end: revoked where that works, else deleted, and surely not left working?"""

import asyncio
from collections.abc import Sequence

from cusna_core.api import Clock, PluginError, Rejected
from cusna_ruckus.one.activities import settled
from cusna_ruckus.one.client import PAGE, Cloud
from cusna_ruckus.one.devices import Devices
from cusna_ruckus.one.mapping import REASON
from cusna_ruckus.one.models import Row
from cusna_ruckus.one.options import DisableMode
from cusna_ruckus.one.place import Place
from cusna_ruckus.one.rows import Rows
from cusna_ruckus.one.truth import LAG
from cusna_ruckus.one.writes import Tenant

MOST = 200
"""Passphrases that end in one call."""


class Ends:
    """Ends keys of one pool, many in one call."""

    def __init__(
        self,
        cloud: Cloud,
        place: Place,
        rows: Rows,
        devices: Devices,
        mode: DisableMode,
        tenant: Tenant,
        clock: Clock,
    ) -> None:
        self._cloud = cloud
        self._place = place
        self._rows = rows
        self._devices = devices
        self._mode = mode
        self._tenant = tenant
        self._clock = clock

    async def end(self, labels: dict[str, str]) -> dict[str, PluginError]:
        """End passphrases (by id, each with its label where known); returns those that still work, and why.

        Raises what concerns all of them.
        """
        if self._mode == "delete" or (self._mode == "auto" and self._tenant.revoke_does_nothing):
            return await self._delete(labels)
        why: Rejected | None = None
        try:
            await self._revoke(list(labels))
        except Rejected as refused:
            why = refused
        left = await self._working(labels, patient=why is None)
        if not left:
            return {}
        if why is not None and len(labels) > 1:
            # One bad id spoils a whole call: each by itself.
            problems: dict[str, PluginError] = {}
            for one in left:
                problems |= await self.end({one: labels[one]})
            return problems
        if self._mode == "revoke":
            told = (
                "RUCKUS One does not revoke this key, and disable_mode forbids to delete it: it still works."
            )
            return {one: Rejected(told) for one in left}
        if why is None and len(left) == len(labels):
            self._tenant.revoke_does_nothing = True
        return await self._delete({one: labels[one] for one in left})

    async def delete(self, row: Row) -> None:
        """Take one passphrase out of the pool, working or not."""
        problems = await self._delete({row.id: row.label or ""})
        if problems:
            raise problems[row.id]

    async def _revoke(self, rows: Sequence[str]) -> None:
        pool = await self._place.id()
        async with self._rows.changes.one():
            await settled(self._cloud, await self._cloud.update_all(pool, rows, {"revocationReason": REASON}))

    async def _delete(self, labels: dict[str, str]) -> dict[str, PluginError]:
        pool = await self._place.id()
        await asyncio.gather(*(self._devices.leave(one) for one in labels))
        refused = False
        try:
            async with self._rows.changes.one():
                await settled(self._cloud, await self._cloud.delete(pool, list(labels)))
        except Rejected:
            refused = True
        left = await self._working(labels, patient=not refused, gone=True)
        if refused and left and len(labels) > 1:
            problems: dict[str, PluginError] = {}
            for one in left:
                problems |= await self._delete({one: labels[one]})
            return problems
        told = (
            "RUCKUS One does not delete this key (something there may refer to it): it is still in the pool."
        )
        return {one: Rejected(told) for one in left}

    async def _working(self, labels: dict[str, str], *, patient: bool, gone: bool = False) -> list[str]:
        """Those that work still (with `gone`: that are there still) when all patience is at its end."""
        left: list[str] = list(labels)
        for pause in LAG if patient else (0.0,):
            await self._clock.sleep(pause)
            now = self._clock.now()
            found = await self._look({one: labels[one] for one in left})
            left = [one for one, row in found.items() if row and (gone or row.works(now))]
            if not left:
                return []
        if patient:
            # They went in one call. If one of them has ended, it is only the lists that do not know it yet.
            one = await self._rows.asked(left[0])
            if one is None or not (gone or one.works(self._clock.now())):
                return []
        if not gone:
            self._rows.drop(left)
        return left

    async def _look(self, labels: dict[str, str]) -> dict[str, Row | None]:
        """By the cheaper way: one after the other, or the whole list."""
        pages = self._rows.count // PAGE + 1
        if len(labels) <= pages:
            found = await asyncio.gather(*(self._rows.find(one, label) for one, label in labels.items()))
            return dict(zip(labels, found, strict=True))
        rows = {one.id: one for one in await self._rows.all()}
        return {one: rows.get(one) for one in labels}
