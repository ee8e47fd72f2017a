"""What happens on the air? Access points take changes when they are provisioned; stations come and go.

A key that was revoked keeps its station online until it is kicked or the access point drops it: that a
write ends nobody's session is what disconnecting is for.
"""

from collections.abc import Iterator
from contextlib import suppress

from cusna_core.api import Clock
from cusna_unifi.fake.state import CONNECTED, OFFLINE, PROVISIONING, Ap, Doc, Knobs, Site, Station


class Air:
    """The effects of a controller's configuration on one site's radios."""

    def __init__(self, site: Site, knobs: Knobs, clock: Clock) -> None:
        self.site = site
        self.knobs = knobs
        self.clock = clock

    def tick(self) -> None:
        """Do what is due by now: reverted writes, finished provisioning."""
        now = self.clock.monotonic()
        for revert in list(self.site.reverts):
            due, wlan_id, fields = revert
            if due <= now:
                self.site.reverts.remove(revert)
                self.site.wlans[wlan_id].update(fields)
                self.changed()
        for ap in self.site.aps.values():
            if ap.due is not None and ap.due <= now:
                self._load(ap)

    def changed(self) -> None:
        """A WLAN changed: every access point that hears of it reloads."""
        self.site.provision_count += 1
        for ap in self.site.aps.values():
            if ap.state != OFFLINE and ap.mac not in self.knobs.missed_aps:
                self._start(ap)

    def force(self, ap: Ap) -> None:
        self._start(ap)

    def _start(self, ap: Ap) -> None:
        ap.state, ap.due = PROVISIONING, self.clock.monotonic() + self.knobs.provision_s
        if self.knobs.provision_s <= 0:
            self._load(ap)

    def _load(self, ap: Ap) -> None:
        self.site.provisioned(ap)
        for station in [one for one in self.site.stations.values() if one.ap_mac == ap.mac]:
            valid = self._admit(ap, station.essid, station.passphrase)
            moved = valid is None or valid["_id"] != station.network_id
            if self.knobs.drop_clients == "all" or (self.knobs.drop_clients == "changed" and moved):
                self.kick(station.mac)

    def join(self, mac: str, essid: str, passphrase: str) -> Station | None:
        """A device tries every access point in turn; None: nobody lets it in."""
        self.tick()
        for ap in self.site.aps.values():
            if ap.state == CONNECTED:
                network = self._admit(ap, essid, passphrase)
                if network is not None:
                    station = Station(
                        mac, essid, network["_id"], network["name"], number(network), ap.mac, passphrase
                    )
                    self.site.stations[mac] = station
                    return station
        return None

    def _admit(self, ap: Ap, essid: str, passphrase: str) -> Doc | None:
        """The network that an access point gives to this passphrase."""
        for wlan in ap.wlans:
            if wlan["name"] != essid or not wlan["enabled"]:
                continue
            for network_id in self._offers(wlan, passphrase):
                found = self.site.networks.get(network_id or wlan["networkconf_id"])
                if found is not None:
                    return found
        return None

    def _offers(self, wlan: Doc, passphrase: str) -> Iterator[str]:
        keyed = wlan["private_preshared_keys_enabled"]
        if keyed:
            for entry in wlan["private_preshared_keys"]:
                if entry["password"] == passphrase:
                    yield entry.get("networkconf_id", "")
        if wlan.get("x_passphrase") == passphrase and (self.knobs.base_admits or not keyed):
            yield ""

    def kick(self, mac: str) -> bool:
        """Drop a station; it is back at once if its passphrase is still good."""
        self.tick()
        station = self.site.stations.pop(mac, None)
        if station is None:
            return False
        with suppress(StopIteration):
            self.join(mac, station.essid, station.passphrase)
        return True


def number(network: Doc) -> int:
    return int(network["vlan"]) if network.get("vlan_enabled") else 0
