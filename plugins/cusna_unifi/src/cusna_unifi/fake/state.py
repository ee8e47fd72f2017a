"""What does the fake controller hold? Sites with networks, WLANs, access points and stations."""

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Doc = dict[str, Any]

CONNECTED, PROVISIONING, OFFLINE = 1, 5, 0
BASE = "base passphrase of nobody 7Q2x"


def object_ids(series: str) -> Iterator[str]:
    """ObjectIds as MongoDB makes them, but foreseeable: 24 hex digits."""
    return (f"{series}{number:016x}" for number in itertools.count(1))


@dataclass
class Knobs:
    """What is not known of real controllers, and bad days. All may be changed while it runs."""

    booting: int = 0
    """So many requests are answered with the boot page."""
    root_302: bool = False
    fail: int | None = None
    """Every request is answered with this status."""
    fail_data: int | None = None
    """Every request but logins is; `retry_after` goes with it."""
    retry_after: str | None = None
    redirect: str | None = None
    latency: float = 0.0
    """Seconds of the clock before an answer."""
    drop_puts: list[Literal["before", "after"]] = field(default_factory=list)
    """The next WLAN writes lose their connection, before or after they are applied."""
    drop_posts: list[Literal["before", "after"]] = field(default_factory=list)
    swallow: int = 0
    """So many WLAN writes are answered with ok and no data, and not applied."""
    revert: int = 0
    """So many WLAN writes are undone `revert_after` seconds later."""
    revert_after: float = 0.0
    old_errors: bool = False
    """Errors are 200 with rc: error."""
    strings: bool = False
    """Numbers and booleans are strings."""
    shuffle: bool = False
    """PPSKs come back in another order."""
    hide: Literal["", "omit", "mask"] = ""
    """How a viewer (or everybody, with `hide_from_all`) sees the passwords of PPSKs."""
    hide_from_all: bool = False
    role: str = "admin"
    mfa: bool = False
    silent_login: bool = False
    login_limit: int = 5
    login_window: float = 60.0
    login_lock: float = 45.0
    token_ttl: float = 7200.0
    rotate_csrf: int = 0
    """Every so many answers the CSRF token changes; the old one is void."""
    say_updated_csrf: bool = True
    csrf_on_refusals: bool = False
    """Whether a refused write tells the current token as well."""
    html_401: bool = False
    api_key_classic: bool = True
    max_keys: int | None = None
    empty_list: bool = True
    """Whether an empty list of PPSKs is accepted."""
    base_admits: bool = True
    provision_s: float = 0.0
    drop_clients: Literal["none", "all", "changed"] = "none"
    missed_aps: set[str] = field(default_factory=set)
    """Access points that miss changes until they are forced."""


@dataclass
class Ap:
    """An access point: what it was last provisioned with is what it lets in."""

    mac: str
    state: int = CONNECTED
    wlans: list[Doc] = field(default_factory=list)
    due: float | None = None
    """When (on the monotonic clock) the provisioning that runs is done."""


@dataclass
class Station:
    mac: str
    essid: str = ""
    network_id: str = ""
    network: str = ""
    vlan: int = 0
    ap_mac: str = ""
    passphrase: str = field(default="", repr=False)
    is_wired: bool = False

    def doc(self, number: int) -> Doc:
        return {
            "_id": f"{number:024x}", "mac": self.mac, "ip": f"10.0.0.{number % 250 + 2}", "hostname": "phone",
            "oui": "Fake", "network": self.network, "network_id": self.network_id, "vlan": self.vlan,
            "is_wired": self.is_wired, "is_guest": False, "authorized": True, "assoc_time": 1_700_000_000,
            "last_seen": 1_700_000_100, "uptime": 100, "signal": -55, "rx_bytes": 1, "tx_bytes": 1,
        } | ({} if not self.essid else {
            "essid": self.essid, "bssid": self.ap_mac, "ap_mac": self.ap_mac})  # fmt: skip


@dataclass
class Site:
    slug: str
    desc: str
    ids: Iterator[str]
    networks: dict[str, Doc] = field(default_factory=dict)
    wlans: dict[str, Doc] = field(default_factory=dict)
    aps: dict[str, Ap] = field(default_factory=dict)
    stations: dict[str, Station] = field(default_factory=dict)
    provision_count: int = 0
    reverts: list[tuple[float, str, Doc]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = next(self.ids)
        self.home = self.add_network(
            "Default",
            purpose="corporate",
            ip_subnet="192.168.1.1/24",
            attr_no_delete=True,
            dhcpd_enabled=True,
        )

    def add_network(self, name: str, vlan: int | None = None, **fields: Any) -> str:
        made: Doc = {"_id": next(self.ids), "site_id": self.id, "name": name, "purpose": "vlan-only",
                     "enabled": True, "networkgroup": "LAN", "vlan_enabled": vlan is not None}  # fmt: skip
        if vlan is not None:
            made["vlan"] = vlan
        made |= fields
        self.networks[made["_id"]] = made
        return str(made["_id"])

    def add_wlan(self, name: str, **fields: Any) -> str:
        made: Doc = {
            "_id": next(self.ids), "site_id": self.id, "name": name, "enabled": True, "security": "wpapsk",
            "wpa_mode": "wpa2", "wpa_enc": "ccmp", "x_passphrase": BASE, "x_iapp_key": "0123456789abcdef" * 2,
            "wpa3_support": False, "wpa3_transition": False, "wlan_bands": ["2g", "5g"], "is_guest": False,
            "fast_roaming_enabled": False, "l2_isolation": False, "hide_ssid": False, "schedule": [],
            "radius_mac_auth_enabled": False, "networkconf_id": self.home, "ap_group_mode": "all",
            "ap_group_ids": [self.id], "private_preshared_keys_enabled": True, "private_preshared_keys": [],
        } | fields  # fmt: skip
        self.wlans[made["_id"]] = made
        for ap in self.aps.values():
            self.provisioned(ap)
        return str(made["_id"])

    def add_ap(self, mac: str, state: int = CONNECTED) -> None:
        self.aps[mac] = ap = Ap(mac, state)
        self.provisioned(ap)

    def wlan(self, essid: str) -> Doc:
        return next(one for one in self.wlans.values() if one["name"] == essid)

    def ppsks(self, essid: str) -> list[Doc]:
        """The list as it is stored, to look at."""
        return copy.deepcopy(list(self.wlan(essid)["private_preshared_keys"]))

    def provisioned(self, ap: Ap) -> None:
        if ap.state != OFFLINE:
            ap.wlans, ap.due, ap.state = copy.deepcopy(list(self.wlans.values())), None, CONNECTED
