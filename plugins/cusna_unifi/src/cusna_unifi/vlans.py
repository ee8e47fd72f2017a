"""Which UniFi network is which VLAN, and how is a new one made?"""

from collections.abc import Sequence
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from cusna_core.api import Full, Rejected, Segment, SegmentState, Taken
from cusna_unifi.options import UnifiNetworkOptions, VlanNetworks
from cusna_unifi.wire import NetworkConf, Wlan

LOCAL = ("corporate", "guest", "vlan-only")
UNTAGGED = 1
LOWEST, HIGHEST = 2, 4000
"""UniFi itself goes to 4018, its newer API to 4000 in some versions."""
GONE = 0
"""The VLAN of an entry whose network was deleted: unequal to every VLAN that a key may have."""


class Networks:
    """The networks of a site as one SSID sees them.

    `home` is where a key without a VLAN leads: the id of `default_network`, or "" (what UniFi calls the
    WLAN's own network) where none is configured; None where the configured one is not there.
    """

    def __init__(self, networks: Sequence[NetworkConf], wlan: Wlan, options: UnifiNetworkOptions) -> None:
        self.all = {one.id: one for one in networks}
        self._options = options
        self._own = wlan.networkconf_id
        if self._own not in self.all:
            plain = [one.id for one in networks if one.number is None and one.purpose in LOCAL]
            self._own = plain[0] if plain else ""
        self.named = [one for one in networks if one.name == options.default_network]
        self.home: str | None = ""
        if options.default_network is not None:
            self.home = self.named[0].id if len(self.named) == 1 else None

    def vlan_of(self, network_id: str) -> int | None:
        """The VLAN to which an entry or a client's network leads; None: the default."""
        if network_id == self.home:
            return None
        if network_id == "":
            # UniFi moves the WLAN's own network at will, but keys bound to it go where it is now.
            return self.vlan_of(self._own) if self._own else None
        found = self.all.get(network_id)
        if found is None:
            return GONE
        if found.number is None and self.home == "" and network_id == self._own:
            return None
        return found.number or UNTAGGED

    def id_of(self, vlan: int | None) -> str:
        """What an entry says for a VLAN; Rejected where there is no such network."""
        if vlan is None:
            if self.home is None:
                raise Rejected(
                    f"There is no single UniFi network called “{self._options.default_network}”, which "
                    "people without a company should use."
                )
            return self.home
        found = self.by_vlan(vlan)
        if found is None:
            raise Rejected(f"There is no UniFi network with VLAN {vlan}. {self._advice(vlan)}")
        if not found.enabled:
            raise Rejected(f"The UniFi network “{found.name}” (VLAN {vlan}) is switched off.")
        return found.id

    def has(self, vlan: int | None) -> bool:
        """Whether a key can have this VLAN."""
        try:
            self.id_of(vlan)
        except Rejected:
            return False
        return True

    def ids_of(self, vlan: int | None) -> set[str]:
        """The networks on which clients of such a key are seen."""
        if vlan is None:
            return {self.home or self._own} - {""}
        return {one.id for one in self.all.values() if (one.number or UNTAGGED) == vlan}

    def by_vlan(self, vlan: int) -> NetworkConf | None:
        return next((one for one in self.all.values() if one.number == vlan), None)

    def _advice(self, vlan: int) -> str:
        if self._options.vlan_networks is VlanNetworks.EXISTING:
            return (
                f"Make one in UniFi under Settings, Networks, with VLAN ID {vlan}, or let Cusna make them: "
                "vlan_networks."
            )
        return "It is made with the next change."


def states(
    networks: Sequence[NetworkConf], wlans: Sequence[Wlan], options: UnifiNetworkOptions
) -> list[SegmentState]:
    """Every VLAN number that is in use at the site, the old kind that stands in a WLAN itself included."""
    found = [
        SegmentState(one.number, one.name, free=_is_given(one, options))
        for one in networks
        if one.number is not None
    ]
    numbers = {one.vlan for one in found}
    found += [
        SegmentState(one.vlan, one.name)
        for one in wlans
        if one.vlan_enabled and one.vlan is not None and one.vlan not in numbers
    ]
    return sorted(found, key=lambda one: one.vlan)


def _is_given(network: NetworkConf, options: UnifiNetworkOptions) -> bool:
    """Whether an admin made this network for Cusna to use."""
    return (
        options.vlan_networks is VlanNetworks.EXISTING
        and network.purpose in LOCAL
        and network.name.casefold().startswith(options.vlan_network_prefix.casefold())
    )


def missing(
    segment: Segment, networks: Sequence[NetworkConf], options: UnifiNetworkOptions
) -> dict[str, Any] | None:
    """The network to make for a segment, None where it is there; Taken, Full or Rejected if it cannot be.

    `vlan_enabled` must be said: without it UniFi falls back to VLAN 1 and refuses.
    """
    if not LOWEST <= segment.vlan <= HIGHEST:
        raise Rejected(f"A VLAN of UniFi is {LOWEST} to {HIGHEST}; {segment.vlan} is not. Change vlan_pool.")
    there = next((one for one in networks if one.number == segment.vlan), None)
    if options.vlan_networks is VlanNetworks.EXISTING:
        if there is None:
            raise Rejected(
                f"There is no UniFi network with VLAN {segment.vlan}. Make one under Settings, "
                "Networks, whose "
                f"name begins with “{options.vlan_network_prefix}”, or let Cusna make them: vlan_networks."
            )
        if not _is_given(there, options):
            raise Taken(
                f"VLAN {segment.vlan} belongs to the UniFi network “{there.name}”. Its name does not "
                "begin with "
                f"“{options.vlan_network_prefix}”, so it is not Cusna's to give to a company."
            )
        return None
    if there is not None:
        if there.name != segment.name:
            raise Taken(
                f"VLAN {segment.vlan} belongs to the UniFi network “{there.name}”, which Cusna did not make."
            )
        return None
    if any(one.name == segment.name for one in networks):
        raise Taken(f"The UniFi network “{segment.name}” has another VLAN than {segment.vlan}.")
    fields: dict[str, Any] = {
        "name": segment.name,
        "purpose": options.vlan_networks.value,
        "enabled": True,
        "networkgroup": "LAN",
        "vlan_enabled": True,
        "vlan": segment.vlan,
    }
    if options.vlan_networks is VlanNetworks.CORPORATE:
        fields |= _routed(_subnet(segment.vlan, networks, options), options)
    return fields


def _subnet(vlan: int, networks: Sequence[NetworkConf], options: UnifiNetworkOptions) -> IPv4Network:
    """VLAN 107 of 10.90.0.0/16 gets 10.90.107.0/24 if that is free, else the lowest free one."""
    assert options.supernet is not None
    used = [found for one in networks if (found := _parsed(one.ip_subnet)) is not None]
    size = 1 << (32 - options.subnet_prefix)
    first = int(options.supernet.network_address)
    count = options.supernet.num_addresses // size
    for index in (*([vlan] if vlan < count else []), *range(count)):
        found = IPv4Network((first + index * size, options.subnet_prefix))
        if not any(found.overlaps(one) for one in used):
            return found
    raise Full(f"The range {options.supernet} has no free subnet for VLAN {vlan}: give a larger supernet.")


def _parsed(text: str) -> IPv4Network | None:
    try:
        return IPv4Interface(text).network
    except ValueError:
        return None


def _routed(subnet: IPv4Network, options: UnifiNetworkOptions) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "ip_subnet": f"{subnet[1]}/{subnet.prefixlen}",
        "dhcpd_enabled": options.dhcp,
    }
    if options.dhcp:
        fields |= {"dhcpd_start": str(subnet[6]), "dhcpd_stop": str(subnet[-2]), "dhcpd_leasetime": 7200}
    if options.isolate:
        fields["network_isolation_enabled"] = True
    return fields
