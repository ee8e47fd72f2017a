"""Which pool is meant, and by which SSIDs do people reach it?"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cusna_core.api import ConfigError, Missing
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.models import Pool, Wlan
from cusna_ruckus.one.options import RuckusOneNetworkOptions

LIKE_AN_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Place:
    """One pool."""

    def __init__(self, cloud: Cloud, options: RuckusOneNetworkOptions) -> None:
        self._cloud = cloud
        self._name = options.pool
        self._ssid = options.ssid
        self._pool: Pool | None = None
        self._wlans: Sequence[Wlan] | None = None

    @contextmanager
    def visible(self) -> Iterator[None]:
        """In here a 404 means that the whole pool is out of sight, which is never "no keys"."""
        try:
            yield
        except Missing:
            self.forget()
            raise self._unseen() from None

    def is_called(self, name: str) -> bool:
        """Whether a pool of this name (or id) is this one, as far as is known without a call."""
        return self._pool is not None and name in (self._pool.id, self._pool.name)

    def forget(self) -> None:
        self._pool = self._wlans = None

    async def id(self) -> str:
        return (await self.pool()).id

    async def pool(self) -> Pool:
        """As it was when it was first asked for."""
        return self._pool or await self.look()

    async def look(self) -> Pool:
        """The pool as it is now."""
        self.forget()
        found: Pool | None = None
        if LIKE_AN_ID.fullmatch(self._name):
            try:
                found = await self._cloud.pool(self._name)
            except Missing:
                found = None
        if found is None:
            listed = await self._cloud.pools(self._name)
            named = [one for one in listed.data if one.name == self._name]
            if not listed.complete:
                raise ConfigError(
                    f'RUCKUS One does not tell of all pools that are called like "{self._name}". Give the id '
                    "instead: it is in the address of the pool's page.",
                    path="pool",
                )
            if len(named) != 1:
                raise self._unseen(len(named))
            with self.visible():
                found = await self._cloud.pool(named[0].id)
        self._pool = found
        return found

    async def need_quiet(self) -> None:
        """Refuse to write where RUCKUS One would mail the passphrase in clear, whatever the call says."""
        if (await self.pool()).notifies and (await self.look()).notifies:
            raise ConfigError(
                f'Pool "{self._name}" sends new passphrases in clear by e-mail or SMS. No key is made or '
                "changed until its automatic notifications are off; keys still end.",
                path="pool",
            )

    async def wlans(self) -> Sequence[Wlan]:
        """The networks that the pool is attached to, by their SSIDs."""
        if self._wlans is None:
            found = await self._cloud.wlans((await self.pool()).network_ids or [])
            self._wlans = sorted(found, key=lambda one: one.ssid)
        return self._wlans

    async def ssid(self) -> str:
        """What people see: as chosen, else the only one (or the first) that the pool is attached to."""
        if self._ssid is not None:
            return self._ssid
        return next((one.ssid for one in await self.wlans() if one.ssid), "")

    def _unseen(self, count: int = 0) -> ConfigError:
        return ConfigError(
            f'The tenant has {count or "no"} DPSK pool{"s" if count else ""} "{self._name}" that the '
            "application token may see. Nothing is known about its keys, and nothing is changed.",
            path="pool",
        )
