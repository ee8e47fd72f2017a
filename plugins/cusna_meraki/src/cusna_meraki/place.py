"""Which SSID of which Meraki network is meant, can it be seen, and does it carry VLANs?"""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager

from cusna_core.api import Clock, ConfigError, Missing, Rejected
from cusna_meraki.client import Dashboard
from cusna_meraki.gauges import Counts
from cusna_meraki.models import Psk, Ssid
from cusna_meraki.options import MerakiNetworkOptions
from cusna_meraki.preflight import TAGGED_MODES

KNOWN_FOR = 60.0
"""Seconds: the SSID's mode is asked for before VLANs are trusted to it, but not before each key."""
NAMED_FOR = 3600.0
"""Seconds: so long people may see a new name of the SSID before the portal does."""


class Place:
    """One SSID. `numbered` are those that the controller's networks name by number."""

    def __init__(
        self,
        api: Dashboard,
        options: MerakiNetworkOptions,
        clock: Clock,
        numbered: Set[tuple[str, int]],
        counts: Counts,
    ) -> None:
        self.site = options.network_id
        self._api = api
        self._name = options.ssid
        self._number = options.ssid_number
        self._clock = clock
        self._numbered = numbered
        self._counts = counts
        self._seen: tuple[float, Ssid] | None = None
        self._listed: tuple[float, Sequence[Psk]] | None = None
        self._writes = 0

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

    @property
    def known_number(self) -> int | None:
        return self._number

    async def number(self) -> int:
        if self._number is None:
            self._number = (await self.ssid()).number
        return self._number

    async def ssids(self) -> Sequence[Ssid]:
        with self.visible():
            return await self._api.ssids(self.site)

    async def ssid(self, *, lately: float = 0.0) -> Ssid:
        """The SSID as it is now, or was at most so many seconds ago."""
        if self._seen is not None and self._clock.monotonic() - self._seen[0] < lately:
            return self._seen[1]
        return self.pick(await self.ssids())

    def pick(self, ssids: Sequence[Ssid]) -> Ssid:
        """This one, of all that the Meraki network has."""
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

    async def psks(self, *, lately: float = 0.0) -> Sequence[Psk]:
        """All keys of the SSID as they are now, or as `listed`."""
        known = self.listed(lately)
        if known is not None:
            return known
        number = await self.number()
        self._listed, writes = None, self._writes
        with self.visible():
            psks = await self._api.psks(self.site, number)
        if writes == self._writes:
            self._listed = self._clock.monotonic(), psks
        self._counts.psks[self.site, number] = len(psks)
        return psks

    def listed(self, seconds: float) -> Sequence[Psk] | None:
        """The keys as listed less than so many seconds ago, if we wrote nothing since; else None."""
        if self._listed is None or self._clock.monotonic() - self._listed[0] >= seconds:
            return None
        return self._listed[1]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """In here keys are changed: they are no longer as they were listed, unless Meraki refuses."""
        try:
            yield
        except Rejected:
            raise
        except BaseException:
            self.wrote()
            raise
        self.wrote()

    def wrote(self) -> None:
        self._listed = None
        self._writes += 1

    async def need_tagging(self, vlan: int | None) -> None:
        """Refuse a VLAN where the SSID would ignore it: companies would mix without anybody noticing."""
        if vlan is None:
            return
        ssid = await self.ssid(lately=KNOWN_FOR)
        if ssid.ip_mode not in TAGGED_MODES:
            raise ConfigError(
                f'SSID "{ssid.name}" is not in bridge mode and ignores VLANs: companies would mix. '
                "No key with a VLAN is made or changed until it is.",
                path=self.path,
            )
