"""How do Cusna's nouns map to Meraki's? A key is an identity PSK, a segment is a group policy."""

from collections import defaultdict
from collections.abc import Sequence

from cusna_core.api import ConfigError, Context, Controller, Finding, Gauge, Missing, NetworkChoice
from cusna_meraki.batches import Batches
from cusna_meraki.client import Dashboard
from cusna_meraki.gauges import MOST_UNFINISHED, Counts
from cusna_meraki.models import Site, Ssid
from cusna_meraki.network import House, MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions, MerakiOptions
from cusna_meraki.policies import Shared
from cusna_meraki.preflight import error, of_budget, of_site, of_ssid, warning


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
        self.batches = Batches(self.api, options.organization_id, context, options.action_batches)
        self.counts = Counts()
        self._shared: defaultdict[str, Shared] = defaultdict(Shared)
        self._networks: dict[str, MerakiNetwork] = {}
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
        return list(of_budget(await self.batches.count(), self.api.meter.limited))

    def gauges(self) -> Sequence[Gauge]:
        """How full is what has a cap, as far as is known by now. Makes no call.

        `action_batches` (ours, of the organisation's 5), `calls_per_second` (over ten seconds), and of each
        network `keys` (about its identity) and `group_policies` (about its Meraki network).
        """
        gauges = [
            Gauge("action_batches", self.batches.under_way, MOST_UNFINISHED),
            Gauge("calls_per_second", self.api.meter.per_second, self.options.requests_per_second),
            *(gauge for network in self._networks.values() for gauge in network.gauges()),
        ]
        return list(dict.fromkeys(gauges))

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
        network = MerakiNetwork(
            self.api,
            options,
            self.context,
            House(
                self.options.organization_id,
                self.batches,
                self.counts,
                self._numbered,
                self._shared[options.network_id],
            ),
        )
        self._networks[network.identity()] = network
        return network


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
