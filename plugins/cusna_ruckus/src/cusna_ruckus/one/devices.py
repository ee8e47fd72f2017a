"""Which devices are on by a pool's passphrases, and how are they dropped?"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from cusna_core.api import AuthFailed, Client, KeyState, Missing, PluginError, Ref, Rejected
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.models import Connected, Row
from cusna_ruckus.one.place import Place
from cusna_ruckus.one.rows import Rows

AT_ONCE = 20
"""Devices asked for in one call: fewer than any page is long."""
IN_FLIGHT = 8
"""Devices that are dropped side by side, each by a call of its own."""
LEFT = 1000
"""Of so many passphrases that were deleted the devices are remembered, until they are dropped."""


class Devices:
    """A passphrase names the devices that ever used it; another list tells which of them are on."""

    def __init__(self, cloud: Cloud, place: Place, rows: Rows) -> None:
        self._cloud = cloud
        self._place = place
        self._rows = rows
        self._left: dict[str, tuple[str, ...]] = {}

    async def online(self, rows: Iterable[Row]) -> Sequence[Client]:
        """Devices that are on now by these passphrases."""
        by_mac = {
            device.mac.lower(): row
            for row in rows
            for device in row.devices or ()
            if device.connectivity in (None, "CONNECTED")
        }
        return [
            Client(one.mac, vlan=by_mac[one.mac.lower()].vlan, ref=Ref(by_mac[one.mac.lower()].id))
            for one in await self._on(list(by_mac))
            if one.mac.lower() in by_mac
        ]

    async def leave(self, row: str) -> None:
        """Remember the devices of a passphrase that is about to be deleted, and its devices with it.

        Where they cannot be told, nobody is dropped: the end does not wait for it.
        """
        try:
            self._left[row] = await self._of(row)
        except PluginError:
            self._left[row] = ()
        while len(self._left) > LEFT:
            del self._left[next(iter(self._left))]

    async def drop(self, ended: Sequence[KeyState]) -> int:
        """Disconnect who is on by these. A device that left by itself is no error."""
        macs: dict[str, None] = {}
        for one in ended:
            left = self._left.pop(one.ref, None)
            if left is None:
                left = await self._of(one.ref)
            macs |= dict.fromkeys(mac.lower() for mac in left)
        waiting = iter(await self._on(list(macs)))
        try:
            async with asyncio.TaskGroup() as group:
                some = [group.create_task(self._drop(waiting)) for _ in range(IN_FLIGHT)]
        except ExceptionGroup as several:
            problem = several.exceptions[0]
        else:
            return sum(one.result() for one in some)
        if isinstance(problem, AuthFailed):
            raise Rejected(
                "The application token may not disconnect devices: it needs the scope Administrator."
            )
        raise problem

    async def _drop(self, waiting: Iterator[Connected]) -> int:
        count = 0
        for device in waiting:
            with suppress(Missing):  # it left by itself
                await self._cloud.disconnect(device)
                count += 1
        return count

    async def _of(self, row: str) -> tuple[str, ...]:
        """The devices that ever used a passphrase: as its list said a moment ago, or else said itself."""
        known = self._rows.known(row) if self._rows.fresh else None
        devices = None if known is None else known.devices
        if devices is None:
            devices = list(await self._cloud.devices(await self._place.id(), row))
        return tuple(one.mac for one in devices)

    async def _on(self, macs: Sequence[str]) -> Sequence[Connected]:
        """Those that are on, by a network of this pool: elsewhere they are none of our business."""
        found: dict[str, Connected] = {}
        here = (await self._place.pool()).network_ids
        for start in range(0, len(macs), AT_ONCE):
            some = macs[start : start + AT_ONCE]
            for one in await self._connected(some):
                known = here is None or one.network.id is None or one.network.id in here
                if known and one.mac.lower() in some:
                    found[one.mac.lower()] = one
        return list(found.values())

    async def _connected(self, macs: Sequence[str]) -> Sequence[Connected]:
        answer = await self._cloud.connected(macs)
        if answer.complete or len(macs) == 1:
            return answer.data
        # Its pages are shorter than we thought: by halves, then.
        half = len(macs) // 2
        return [*await self._connected(macs[:half]), *await self._connected(macs[half:])]
