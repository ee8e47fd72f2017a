"""How does Cusna reach a SmartZone controller and find its WLANs?"""

from collections.abc import Sequence

from yarl import URL

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    Controller,
    Finding,
    Missing,
    NetworkChoice,
    Rejected,
)
from cusna_ruckus.smartzone import checks
from cusna_ruckus.smartzone.client import SmartZoneApi, newest
from cusna_ruckus.smartzone.network import SmartZoneNetwork
from cusna_ruckus.smartzone.options import SmartZoneNetworkOptions, SmartZoneOptions
from cusna_ruckus.smartzone.place import Shared
from cusna_ruckus.smartzone.refusals import NotPermitted


class SmartZone(Controller[SmartZoneOptions, SmartZoneNetworkOptions]):
    """One SmartZone cluster, virtual or not."""

    type = "smartzone"
    title = "RUCKUS SmartZone"
    options_class = SmartZoneOptions
    network_options_class = SmartZoneNetworkOptions

    def __init__(self, options: SmartZoneOptions, context: Context) -> None:
        super().__init__(options, context)
        self._api = SmartZoneApi(options, context)
        url = URL(options.url)
        self._shared = Shared(f"{url.host}:{url.port}")

    async def open(self) -> None:
        await self._api.open()

    async def close(self) -> None:
        await self._api.close()

    async def check(self) -> Sequence[Finding]:
        versions = await self._api.versions()
        chosen = self.options.api_version
        if chosen is not None and chosen not in versions:
            return [checks.other_version(chosen, versions)]
        try:
            chosen or newest(versions)
        except ConfigError as problem:
            fix = "Upgrade the controller or Cusna; or try api_version with one of the controller's."
            return [checks.error("api-version", str(problem), fix, problem.path)]
        try:
            zones = await self._api.zones()
        except NotPermitted:
            return [checks.may_not_read()]
        return checks.errors_first([*([] if zones else [checks.no_zones()]), *await self._role()])

    async def _role(self) -> Sequence[Finding]:
        try:
            return list(checks.of_role(await self._api.permissions()))
        except (AuthFailed, Rejected):
            return []  # not every release tells

    async def networks(self) -> Sequence[NetworkChoice]:
        """WLANs with DPSK switched on."""
        choices: list[NetworkChoice] = []
        for zone in await self._api.zones():
            for wlan in await self._api.enabled_wlans(zone.id):
                try:
                    settings = await self._api.wlan(zone.id, wlan.id)
                except Missing:
                    raise BadAnswer("SmartZone lists a WLAN and says that it is not there.") from None
                name = wlan.name or wlan.ssid or wlan.id
                choices.append(
                    NetworkChoice(
                        title=f"{zone.name or zone.id}: {name}",
                        ssid=wlan.ssid or name,
                        options={"zone": zone.id, "wlan": wlan.id},
                        note=checks.note(settings),
                    )
                )
        return choices

    def network(self, options: SmartZoneNetworkOptions) -> SmartZoneNetwork:
        return SmartZoneNetwork(self._api, options, self._shared, self.context)
