"""Which devices are on an SSID, by which key, and how are they dropped?"""

from collections.abc import Mapping, Sequence

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

    async def drop(self, psk_name: str) -> int:
        """Disconnect whoever used this identity PSK on this SSID (another may have one of that name)."""
        count = 0
        for device in await self._here(psk_name):
            try:
                await self._api.disconnect(self._organization, device.id)
            except Missing:
                continue  # it left by itself
            except AuthFailed:
                raise Rejected(
                    "The API key may not disconnect devices. Give its admin more rights, or switch the "
                    "option disconnect off."
                ) from None
            count += 1
        return count

    async def _here(self, psk_name: str | None) -> Sequence[Device]:
        ssid = await self._place.ssid()
        with self._place.visible():
            devices = await self._api.devices(self._place.site, psk_name)
        return [device for device in devices if device.ssid == ssid.name]
