"""Which devices are on an SSID, by which key, and how are they dropped?"""

from collections.abc import Collection, Mapping, Sequence

from cusna_core.api import AuthFailed, Client, Missing, Ref, Rejected
from cusna_meraki.client import Dashboard
from cusna_meraki.models import Device
from cusna_meraki.place import Place


class Devices:
    """What Meraki calls clients. It names the identity PSK that each one used, by name."""

    def __init__(self, api: Dashboard, place: Place, organization: str) -> None:
        self._api = api
        self._place = place
        self._organization = organization

    async def online(self, refs: Mapping[str, Ref]) -> Sequence[Client]:
        """`refs` by the names of the identity PSKs."""
        return [
            Client(
                device.mac,
                vlan=int(device.vlan) if device.vlan and device.vlan.isdecimal() else None,
                ref=refs.get(device.psk_name or ""),
            )
            for device in await self._here(None)
        ]

    async def drop(self, psk_names: Collection[str]) -> int:
        """Disconnect whoever used these identity PSKs on this SSID (another may have some of those names).

        One is asked for by its name, of which a part is enough for Meraki; for more, all devices are read.
        A device that Meraki will not drop holds the others up only where it is all of them: what Meraki says
        of one that just left is not known.
        """
        count = 0
        refused: Rejected | None = None
        asked = next(iter(psk_names)) if len(psk_names) == 1 else None
        for device in await self._here(asked) if psk_names else ():
            if device.psk_name not in psk_names:
                continue
            try:
                await self._api.disconnect(self._organization, device.id)
            except Missing:
                continue  # it left by itself
            except Rejected as error:
                refused = error
                continue
            except AuthFailed:
                raise Rejected(
                    "The API key may not disconnect devices. Give its admin more rights, or switch the "
                    "option disconnect off."
                ) from None
            count += 1
        if refused is not None and count == 0:
            raise refused
        return count

    async def _here(self, psk_name: str | None) -> Sequence[Device]:
        ssid = await self._place.ssid()
        with self._place.visible():
            devices = await self._api.devices(self._place.site, psk_name)
        return [device for device in devices if device.ssid == ssid.name]
