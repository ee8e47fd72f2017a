"""How does Cusna reach a UniFi console and find its SSIDs?"""

from collections.abc import Sequence

from yarl import URL

from cusna_core.api import AuthFailed, Context, Controller, Finding, NetworkChoice
from cusna_unifi import checks
from cusna_unifi.client import UnifiApi
from cusna_unifi.network import UnifiNetwork
from cusna_unifi.options import UnifiNetworkOptions, UnifiOptions
from cusna_unifi.site import Shared
from cusna_unifi.wire import Wlan


class UnifiController(Controller[UnifiOptions, UnifiNetworkOptions]):
    type = "unifi"
    title = "UniFi"
    options_class = UnifiOptions
    network_options_class = UnifiNetworkOptions

    def __init__(self, options: UnifiOptions, context: Context) -> None:
        super().__init__(options, context)
        self._api = UnifiApi(options, context)
        self._shared = Shared(self._api, f"unifi:{_console(options)}/{options.site}")

    async def open(self) -> None:
        await self._api.open()

    async def close(self) -> None:
        await self._api.close()

    async def check(self) -> Sequence[Finding]:
        try:
            site = await self._api.fresh_site()
        except AuthFailed:
            if self._api.has_key and await self._api.integration_answers():
                return [checks.key_on_newer_paths_only()]
            raise
        return checks.of_controller(site, await self._api.sysinfo())

    async def networks(self) -> Sequence[NetworkChoice]:
        wlans = await self._api.wlans()
        names = [one.name for one in wlans]
        return [_choice(one, alone=names.count(one.name) == 1) for one in wlans]

    def network(self, options: UnifiNetworkOptions) -> UnifiNetwork:
        return UnifiNetwork(options, self._api, self._shared)


def _console(options: UnifiOptions) -> str:
    """The console, however its address is written."""
    if options.console_id is not None:
        return options.console_id
    assert options.url is not None
    url = URL(options.url)
    return f"{url.host}:{url.port}{url.path.rstrip('/')}"


def _choice(wlan: Wlan, *, alone: bool) -> NetworkChoice:
    options: dict[str, object] = {"ssid": wlan.name}
    if not alone:
        options["wlan_id"] = wlan.id
    title = wlan.name if alone else f"{wlan.name} ({wlan.id})"
    return NetworkChoice(title=title, ssid=wlan.name, options=options, note=checks.note(wlan))
