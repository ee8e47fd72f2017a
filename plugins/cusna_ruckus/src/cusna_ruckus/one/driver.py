"""How do Cusna's nouns map to RUCKUS One's? A key is a passphrase in a DPSK pool, a VLAN its number."""

from collections.abc import Sequence
from weakref import WeakValueDictionary

from cusna_core.api import Context, Controller, Finding, NetworkChoice
from cusna_ruckus.one import checks
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.network import RuckusOneNetwork
from cusna_ruckus.one.options import RuckusOneNetworkOptions, RuckusOneOptions
from cusna_ruckus.one.writes import Tenant


class RuckusOne(Controller[RuckusOneOptions, RuckusOneNetworkOptions]):
    """One tenant of RUCKUS One."""

    type = "ruckus_one"
    title = "RUCKUS One"
    options_class = RuckusOneOptions
    network_options_class = RuckusOneNetworkOptions

    def __init__(self, options: RuckusOneOptions, context: Context) -> None:
        super().__init__(options, context)
        self.cloud = Cloud(
            options.address,
            context,
            tenant=options.tenant_id,
            client_id=options.client_id,
            client_secret=options.client_secret,
            delegated=options.delegated_tenant_id,
            per_minute=options.calls_per_minute,
        )
        # By pool; networks that are used no longer vanish by themselves.
        self._using: WeakValueDictionary[str, RuckusOneNetwork] = WeakValueDictionary()
        self._known = Tenant()

    async def open(self) -> None:
        await self.cloud.open()

    async def close(self) -> None:
        await self.cloud.close()

    async def check(self) -> Sequence[Finding]:
        pools = await self.cloud.pools()
        return checks.errors_first([*checks.of_host(self.options), *checks.of_pools(pools)])

    async def networks(self) -> Sequence[NetworkChoice]:
        """The tenant's pools, each with the SSIDs that it is attached to."""
        choices: list[NetworkChoice] = []
        for listed in (await self.cloud.pools()).data:
            pool = await self.cloud.pool(listed.id)
            wlans = await self.cloud.wlans(pool.network_ids or [])
            ssids = sorted({one.ssid for one in wlans if one.ssid})
            problems = [*checks.of_pool(pool), *checks.of_wlans(pool, wlans, ssids[0] if ssids else None)]
            note = problems[0].summary if problems else "Ready."
            for ssid in ssids or [""]:
                options: dict[str, object] = {"pool": pool.id}
                if len(ssids) > 1:
                    options["ssid"] = ssid
                choices.append(
                    NetworkChoice(f"{pool.name}: {ssid}" if ssid else pool.name, ssid, options, note)
                )
        return choices

    def network(self, options: RuckusOneNetworkOptions) -> RuckusOneNetwork:
        return RuckusOneNetwork(
            self.cloud,
            options,
            self.context,
            tenant=self.options.tenant,
            using=self._using,
            known=self._known,
        )
