"""Which SSID of which Meraki network is meant, can it be seen, and does it carry VLANs?"""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager

from cusna_core.api import Clock, ConfigError, Missing
from cusna_meraki.client import Dashboard
from cusna_meraki.models import Psk, Ssid
from cusna_meraki.options import MerakiNetworkOptions
from cusna_meraki.preflight import TAGGED_MODES

KNOWN_FOR = 60.0
"""Seconds: the SSID's mode is asked for before VLANs are trusted to it, but not before each key."""


class Place:
    """One SSID. `numbered` are those that the controller's networks name by number."""

    def __init__(
        self, api: Dashboard, options: MerakiNetworkOptions, clock: Clock, numbered: Set[tuple[str, int]]
    ) -> None:
        self.site = options.network_id
        self._api = api
        self._name = options.ssid
        self._number = options.ssid_number
        self._clock = clock
        self._numbered = numbered
        self._seen: tuple[float, Ssid] | None = None

    @property
    def path(self) -> str:
        """The option that names the SSID."""
        return "ssid_number" if self._name is None else "ssid"

    @contextmanager
    def visible(self) -> Iterator[None]:
        """In here a 404 means that the whole network is out of sight, which is never "no keys"."""
        try:
            yield
        except Missing:
            raise ConfigError(
                f"Meraki network {self.site} is not there, or the API key may not see it. Nothing is known "
                "about its keys, and nothing is changed.",
                path="network_id",
            ) from None

    async def number(self) -> int:
        if self._number is None:
            self._number = (await self.ssid()).number
        return self._number

    async def ssids(self) -> Sequence[Ssid]:
        with self.visible():
            return await self._api.ssids(self.site)

    async def ssid(self) -> Ssid:
        """The SSID as it is now."""
        ssids = await self.ssids()
        if self._number is not None:
            matching = [ssid for ssid in ssids if ssid.number == self._number]
        else:
            matching = [ssid for ssid in ssids if ssid.name == self._name]
        if len(matching) != 1:
            what = f"number {self._number}" if self._name is None else f'called "{self._name}"'
            raise ConfigError(
                f"The Meraki network has {len(matching) or 'no'} SSIDs {what}: where keys belong is unknown.",
                path=self.path,
            )
        ssid = matching[0]
        if self._name is not None and (self.site, ssid.number) in self._numbered:
            raise ConfigError(
                f'SSID "{ssid.name}" is number {ssid.number}, by which another network names it already. '
                "Two networks must not share an SSID.",
                path=self.path,
            )
        self._seen = (self._clock.monotonic(), ssid)
        return ssid

    async def psks(self) -> Sequence[Psk]:
        number = await self.number()
        with self.visible():
            return await self._api.psks(self.site, number)

    async def need_tagging(self, vlan: int | None) -> None:
        """Refuse a VLAN where the SSID would ignore it: companies would mix without anybody noticing."""
        if vlan is None:
            return
        if self._seen is not None and self._clock.monotonic() - self._seen[0] < KNOWN_FOR:
            ssid = self._seen[1]
        else:
            ssid = await self.ssid()
        if ssid.ip_mode not in TAGGED_MODES:
            raise ConfigError(
                f'SSID "{ssid.name}" is not in bridge mode and ignores VLANs: companies would mix. '
                "No key with a VLAN is made or changed until it is.",
                path=self.path,
            )
