"""How do Cusna's nouns map to Meraki's? A key is an identity PSK, a segment is a group policy."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from cusna_core.api import ConfigError, Context, Controller, Finding, Missing, NetworkChoice
from cusna_meraki.client import Dashboard
from cusna_meraki.models import Site, Ssid
from cusna_meraki.network import MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions, MerakiOptions
from cusna_meraki.preflight import error, of_site, of_ssid, warning


class Meraki(Controller[MerakiOptions, MerakiNetworkOptions]):
    """One organisation of the Meraki Dashboard."""

    type = "meraki"
    title = "Cisco Meraki"
    options_class = MerakiOptions
    network_options_class = MerakiNetworkOptions

    def __init__(self, options: MerakiOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = Dashboard(
            options.base_url, options.api_key, context, per_second=options.requests_per_second
        )
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._numbered: set[tuple[str, int]] = set()

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def check(self) -> Sequence[Finding]:
        await self.api.me()
        mine = self.options.organization_id
        found = next((org for org in await self.api.organizations() if org.id == mine), None)
        if found is None:
            return [
                error(
                    "organization-not-visible",
                    f"The API key works, but cannot see organisation {mine}.",
                    "Correct organization_id, or add the key's admin to that organisation.",
                    "organization_id",
                )
            ]
        if not found.api.enabled:
            return [
                error(
                    "api-off",
                    f'Organisation "{found.name}" has its API switched off: nothing can be read or written.',
                    "Switch it on: Organization → Settings → Dashboard API access.",
                    "organization_id",
                )
            ]
        if not any(site.wireless for site in await self._sites()):
            return [
                warning(
                    "no-networks",
                    f'The API key sees no network with access points in organisation "{found.name}".',
                    "Give the key's admin write access to the networks that Cusna is to work in.",
                    "api_key",
                )
            ]
        return []

    async def networks(self) -> Sequence[NetworkChoice]:
        """SSIDs that are in use, or set up for identity PSKs already."""
        choices: list[NetworkChoice] = []
        for site in await self._sites():
            if site.wireless:
                ssids = await self.api.ssids(site.id)
                choices += [
                    _choice(site, ssid, self.options.organization_id) for ssid in ssids if _used(ssid)
                ]
        return choices

    async def _sites(self) -> Sequence[Site]:
        try:
            return await self.api.sites(self.options.organization_id)
        except Missing:
            raise ConfigError(
                f"Organisation {self.options.organization_id} is not there, or the API key may not see it.",
                path="organization_id",
            ) from None

    def network(self, options: MerakiNetworkOptions) -> MerakiNetwork:
        if options.ssid_number is not None:
            self._numbered.add((options.network_id, options.ssid_number))
        return MerakiNetwork(
            self.api,
            options,
            self.context,
            organization=self.options.organization_id,
            lock=self._locks[options.network_id],
            numbered=self._numbered,
        )


def _used(ssid: Ssid) -> bool:
    return ssid.enabled or ssid.auth_mode.startswith("ipsk")


def _choice(site: Site, ssid: Ssid, organization: str) -> NetworkChoice:
    problems = [*of_site(site, organization), *of_ssid(ssid, "ssid_number", vlans=False)]
    return NetworkChoice(
        title=f"{site.name}: {ssid.name}",
        ssid=ssid.name,
        options={"network_id": site.id, "ssid_number": ssid.number},
        note=problems[0].summary if problems else "Ready.",
    )
