"""What does a controller keep, and what happens on its air?"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cusna_ruckus.smartzone.fake.knobs import Knobs

Json = dict[str, Any]
AP = "00:00:5E:00:53:01"
LASTS = {
    "OneDay": 1, "TwoDays": 2, "OneWeek": 7, "TwoWeeks": 14,
    "OneMonth": 30, "SixMonths": 182, "OneYear": 365, "TwoYears": 730,
}  # fmt: skip


@dataclass(slots=True)
class Wlan:
    doc: Json
    dpsks: dict[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.doc["id"])

    @property
    def groups(self) -> int:
        return sum(1 for one in self.dpsks.values() if one["groupDpsk"])


@dataclass(slots=True)
class Zone:
    id: str
    name: str
    wlans: dict[str, Wlan] = field(default_factory=dict)
    delete_expired: str = "Never"


@dataclass(slots=True)
class Station:
    mac: str
    zone: str
    wlan: str
    ssid: str
    dpsk: str
    user_name: str
    passphrase: str = field(repr=False)
    vlan: int
    tagged: bool
    """Whether the key's own VLAN was given (else the WLAN's)."""


class Cluster:
    """All that one controller knows. `now` is asked for the time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.knobs = Knobs()
        self.zones: dict[str, Zone] = {}
        self.stations: dict[str, Station] = {}
        self.dropped: list[str] = []
        """Devices that were dropped by a call, in that order."""
        self._zone_ids, self._wlan_ids, self._dpsk_ids = count(1), count(1), count(1)

    def add_zone(self, name: str) -> Zone:
        number = next(self._zone_ids)
        zone = Zone(f"2c8a5f1e-6d3b-4b52-9d0e-{number:012x}", name)
        self.zones[zone.id] = zone
        return zone

    def add_wlan(self, zone: Zone, name: str, *, ssid: str | None = None, **settings: Any) -> Wlan:
        """A WLAN set up as Cusna wants it; `settings` replace whole blocks."""
        doc: Json = {
            "id": str(next(self._wlan_ids)),
            "zoneId": zone.id,
            "name": name,
            "ssid": ssid or name,
            "type": "Standard_Open",
            "encryption": {"method": "WPA2", "algorithm": "AES", "mfp": "disabled", "dpsk3Type": "DISABLE"},
            "vlan": {"accessVlan": 1, "aaaVlanOverride": True, "vlanPooling": None},
            "dpsk": {
                "dpskEnabled": True,
                "length": 62,
                "dpskType": "Secure",
                "expiration": "Unlimited",
                "dpskFromType": "CreateTime",
            },
            "externalDpsk": {"enabled": False},
            "advancedOptions": {"maxClientsPerRadio": 100},
        }
        wlan = Wlan({**doc, **settings})
        zone.wlans[wlan.id] = wlan
        return wlan

    def add_dpsk(
        self, wlan: Wlan, name: str | None, passphrase: str, *, vlan: int | None = None, group: bool = True
    ) -> Json:
        """Made without asking the rules."""
        number = next(self._dpsk_ids)
        doc: Json = {
            "id": f"{number:08x}-7a41-4c1d-8f25-0a1b2c3d4e5f",
            "wlanId": wlan.id,
            "userName": name,
            "macAddress": None,
            "passphrase": passphrase,
            "userRoleId": None,
            "vlanId": vlan,
            "groupDpsk": group,
            "created": self.now(),
        }
        wlan.dpsks[doc["id"]] = doc
        return doc

    def remove(self, wlan: Wlan, dpsk_id: str) -> None:
        del wlan.dpsks[dpsk_id]
        if self.knobs.drop_on_delete:
            for mac in [one.mac for one in self.stations.values() if one.dpsk == dpsk_id]:
                del self.stations[mac]

    def shown(self, wlan: Wlan, dpsk: Json) -> Json:
        """A DPSK as the API shows it."""
        created = dpsk["created"]
        doc = {name: value for name, value in dpsk.items() if name != "created"}
        doc["creationDateTime"] = (
            created.strftime("%Y/%m/%d %H:%M:%S") if self.knobs.date_text else int(created.timestamp() * 1000)
        )
        setting = wlan.doc["dpsk"]
        end = self._end(wlan, dpsk)
        if end is not None:
            doc["expirationDateTime"] = end.strftime("%Y/%m/%d %H:%M:%S")
        else:
            doc["expirationDateTime"] = (
                "Unlimited" if setting["expiration"] == "Unlimited" else "Not start using"
            )
        return self.told(doc)

    def told(self, doc: Json) -> Json:
        """With its nulls, or without them."""
        if not self.knobs.absent_nulls:
            return doc
        return {name: value for name, value in doc.items() if value is not None}

    def expired(self, wlan: Wlan, dpsk: Json) -> bool:
        end = self._end(wlan, dpsk)
        return end is not None and end <= self.now()

    def _end(self, wlan: Wlan, dpsk: Json) -> datetime | None:
        setting = wlan.doc["dpsk"]
        days = LASTS.get(setting["expiration"])
        if days is None or (setting["dpskFromType"] == "FirstUse" and dpsk["macAddress"] is None):
            return None
        return dpsk["created"] + timedelta(days=days)  # type: ignore[no-any-return]  # a document's value

    # The air

    def join(self, zone: Zone, wlan: Wlan, passphrase: str, mac: str) -> Station | None:
        """A device tries to join: the oracle of every end-to-end test. None when refused."""
        self.stations.pop(mac, None)
        if not wlan.doc["dpsk"]["dpskEnabled"] or wlan.doc["externalDpsk"]["enabled"]:
            return None
        for dpsk in wlan.dpsks.values():
            if dpsk["passphrase"] == passphrase and self._admits(wlan, dpsk, mac):
                station = self._station(zone, wlan, dpsk, mac)
                self.stations[mac] = station
                return station
        return None

    def _admits(self, wlan: Wlan, dpsk: Json, mac: str) -> bool:
        if self.expired(wlan, dpsk):
            return False
        if dpsk["groupDpsk"]:
            return True
        if dpsk["macAddress"] is None:
            dpsk["macAddress"] = mac.upper()  # the first that comes has it for good
        return bool(dpsk["macAddress"] == mac.upper())

    def _station(self, zone: Zone, wlan: Wlan, dpsk: Json, mac: str) -> Station:
        settings = wlan.doc["vlan"]
        heeded = settings["aaaVlanOverride"] or not self.knobs.vlan_needs_override
        tagged = bool(dpsk["vlanId"] and heeded)
        vlan = dpsk["vlanId"] if tagged else settings["accessVlan"]
        ssid, name = wlan.doc["ssid"], dpsk["userName"] or ""
        return Station(mac, zone.id, wlan.id, ssid, dpsk["id"], name, dpsk["passphrase"], vlan, tagged)

    def drop(self, mac: str, how: str) -> bool:
        """Drop a device; it is back at once if its key is still good."""
        known = next((one for one in self.stations.values() if one.mac.upper() == mac.upper()), None)
        if known is None:
            return False
        self.dropped.append(known.mac)
        if how in self.knobs.dropped_by:
            zone = self.zones[known.zone]
            self.join(zone, zone.wlans[known.wlan], known.passphrase, known.mac)
        return True

    def wlans(self) -> Iterator[tuple[Zone, Wlan]]:
        for zone in self.zones.values():
            for wlan in zone.wlans.values():
                yield zone, wlan

    def unmanaged(self, prefix: str) -> str:
        """Everything that does not begin with this label, to the letter, for comparing."""
        return json.dumps(
            [
                [
                    zone.id,
                    zone.delete_expired,
                    [
                        [wlan.doc, [one for one in wlan.dpsks.values() if not _labelled(one, prefix)]]
                        for wlan in zone.wlans.values()
                    ],
                ]
                for zone in self.zones.values()
            ],
            default=str,
        )


def _labelled(dpsk: Json, prefix: str) -> bool:
    return (dpsk["userName"] or "").startswith(prefix)
