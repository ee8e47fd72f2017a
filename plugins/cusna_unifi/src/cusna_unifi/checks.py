"""What should an admin know of a UniFi console and its SSID, and what mends it?"""

import re
from collections.abc import Sequence

from cusna_core.api import Finding, Level
from cusna_unifi.options import UnifiNetworkOptions, VlanNetworks
from cusna_unifi.vlans import Networks
from cusna_unifi.wire import NetworkConf, Site, Sysinfo, Wlan

OLDEST = (7, 5, 187)
"""The first version with PPSK."""
WEAK = 16
"""Characters below which a passphrase that nobody needs to type is short."""
ORDER = list(Level)[::-1]


def errors_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: ORDER.index(one.level))


# The console


def of_controller(site: Site, sysinfo: Sysinfo) -> list[Finding]:
    found = []
    numbers = tuple(int(part) for part in re.findall(r"\d+", sysinfo.version)[:3])
    if numbers < OLDEST:
        found.append(
            Finding(
                Level.ERROR,
                "unifi.version",
                f"This is UniFi Network {sysinfo.version}; private pre-shared keys exist since 7.5.187.",
                "Update the Network application.",
            )
        )
    if re.search(r"read|view", site.role, re.IGNORECASE):
        found.append(
            Finding(
                Level.ERROR,
                "unifi.read-only",
                f"The account may only look at the site “{site.desc or site.name}”: no key can be made "
                "or ended.",
                "Give it the role of an admin for Network, then make a new API key with it if it uses one.",
            )
        )
    return found


def key_on_newer_paths_only() -> Finding:
    return Finding(
        Level.ERROR,
        "unifi.key-classic",
        "The API key is good, but this console takes it for the newer Integration API only, which cannot "
        "disconnect anybody.",
        "Update UniFi OS and Network, or use username and password of a local admin instead of the key.",
        path="api_key",
    )


# The SSID


def select(wlans: Sequence[Wlan], options: UnifiNetworkOptions) -> Wlan | Finding:
    """The WLAN that the options name, or what is wrong with them."""
    found = [one for one in wlans if one.name == options.ssid]
    path = "ssid"
    if options.wlan_id is not None:
        found = [one for one in wlans if one.id == options.wlan_id]
        path = "wlan_id"
        if found and found[0].name != options.ssid:
            return Finding(
                Level.ERROR,
                "unifi.ssid-renamed",
                f"The WiFi with this id is called “{found[0].name}”, not “{options.ssid}”.",
                "Correct ssid, so that members read the right name, or correct wlan_id.",
                path="ssid",
            )
    if not found:
        names = ", ".join(f"“{one.name}”" for one in wlans) or "none"
        return Finding(
            Level.ERROR,
            "unifi.ssid-missing",
            f"The site has no WiFi “{options.wlan_id or options.ssid}”. It has: {names}.",
            "Make it in UniFi (README, “Make the WiFi”), or correct the name here.",
            path=path,
        )
    if len(found) > 1:
        return Finding(
            Level.ERROR,
            "unifi.ssid-twice",
            f"The site has {len(found)} WiFis called “{options.ssid}”.",
            "Rename one of them, or say which one by wlan_id: " + " or ".join(one.id for one in found) + ".",
            path="ssid",
        )
    return found[0]


def without_keys(wlan: Wlan) -> list[Finding]:
    """Why no key at all works on this WLAN: nothing is read from it or written to it then."""
    found = []
    if wlan.security != "wpapsk":
        found.append(
            _error(
                "unifi.security",
                f"“{wlan.name}” does not use WPA2 with a password, which private pre-shared keys need.",
                "Set its Security Protocol to WPA2.",
            )
        )
    if not wlan.private_preshared_keys_enabled:
        found.append(
            _error(
                "unifi.ppsk-off",
                f"“{wlan.name}” has no private pre-shared keys switched on. Cusna does not do that by "
                "itself, "
                "because it changes the WiFi for everybody on it.",
                "Switch on Private Pre-Shared Keys for it (README, “Make the WiFi”).",
            )
        )
    return found


def unfit(wlan: Wlan) -> list[Finding]:
    """What UniFi excludes together with private pre-shared keys."""
    found = []
    if wlan.wpa3_support or wlan.wpa3_transition:
        found.append(
            _error(
                "unifi.wpa3",
                f"“{wlan.name}” has WPA3 on. Private pre-shared keys work with WPA2 only.",
                "Set its Security Protocol to WPA2.",
            )
        )
    if "6g" in wlan.wlan_bands or wlan.mlo_enabled:
        found.append(
            _error(
                "unifi.6ghz",
                f"“{wlan.name}” is on 6 GHz or uses MLO. Private pre-shared keys work on 2.4 and 5 GHz only.",
                "Leave 2.4 and 5 GHz on for it and switch 6 GHz and MLO off.",
            )
        )
    if wlan.radius_mac_auth_enabled:
        found.append(
            _error(
                "unifi.radius-mac",
                f"“{wlan.name}” has RADIUS MAC authentication on, which excludes private pre-shared keys.",
                "Switch RADIUS MAC Authentication off for it.",
            )
        )
    return found


def hidden() -> Finding:
    return _error(
        "unifi.passphrases-hidden",
        "UniFi hides the passphrases of this WiFi from Cusna's account, so that saving would destroy them. "
        "Nothing is written.",
        "Give the account the role of an admin for Network.",
    )


def of_wlan(wlan: Wlan, networks: Sequence[NetworkConf], options: UnifiNetworkOptions) -> list[Finding]:
    """Everything about one WLAN, without the secrets on it."""
    found = [*without_keys(wlan), *unfit(wlan)]
    if not wlan.enabled:
        found.append(
            _error("unifi.ssid-off", f"“{wlan.name}” is switched off: nobody can join.", "Switch it on.")
        )
    named = Networks(networks, wlan, options).named
    if options.default_network is not None and len(named) != 1:
        found.append(
            Finding(
                Level.ERROR,
                "unifi.default-network",
                f"There {'are two networks' if named else 'is no network'} called "
                f"“{options.default_network}”: "
                "people without a company get no keys.",
                "Make it in UniFi under Settings, Networks, or correct the name here.",
                path="default_network",
            )
        )
    base = wlan.x_passphrase.get_secret_value() if wlan.x_passphrase else None
    if base is not None and (len(base) < WEAK or len(set(base)) < WEAK // 2):
        found.append(
            _warning(
                "unifi.base-passphrase",
                f"The password of “{wlan.name}” itself is short. It admits anybody to the WiFi's own "
                "network, "
                "next to all keys.",
                "Replace it with a long random one that nobody knows.",
            )
        )
    if wlan.fast_roaming_enabled:
        found.append(
            _warning(
                "unifi.fast-roaming",
                f"“{wlan.name}” has Fast Roaming on, which is fragile with many keys.",
                "Switch Fast Roaming off for it.",
            )
        )
    own = next((one for one in networks if one.id == wlan.networkconf_id), None)
    if wlan.is_guest or (own is not None and own.purpose == "guest"):
        found.append(
            _warning(
                "unifi.guest",
                f"“{wlan.name}” is a guest WiFi. With a captive portal (hotspot) private pre-shared "
                "keys do not "
                "work, and guests may be kept from each other.",
                "Switch Hotspot Portal off for it, or use another WiFi for members.",
            )
        )
    if wlan.schedule_enabled and (wlan.schedule or wlan.schedule_with_duration):
        found.append(
            _warning(
                "unifi.schedule",
                f"“{wlan.name}” is on by a schedule: outside of it nobody can join.",
                "Remove the schedule, or tell members.",
            )
        )
    if wlan.l2_isolation:
        found.append(
            _info(
                "unifi.l2-isolation",
                f"“{wlan.name}” keeps all devices from each other. With a VLAN for each company, "
                "colleagues do not "
                "reach their own printers and screens either.",
                "Switch Client Device Isolation off if companies have VLANs of their own; leave it on "
                "if not.",
            )
        )
    if options.vlan_networks is VlanNetworks.VLAN_ONLY:
        found.append(
            _info(
                "unifi.dhcp",
                "Networks that Cusna makes (vlan-only) have no DHCP from UniFi: it cannot be seen from "
                "here whether "
                "another router serves them.",
                "Have your router serve every VLAN of the pool, or let UniFi do it: vlan_networks = "
                "corporate.",
                path="vlan_networks",
            )
        )
    return found


def note(wlan: Wlan) -> str:
    """Why a WLAN is not fit yet, in a few words."""
    if wlan.security != "wpapsk":
        return "not WPA2 with a password"
    if unfit(wlan):
        return "WPA3, 6 GHz or RADIUS MAC is on"
    if not wlan.private_preshared_keys_enabled:
        return "Private Pre-Shared Keys are off"
    return "" if wlan.enabled else "switched off"


def _error(code: str, summary: str, fix: str, path: str = "ssid") -> Finding:
    return Finding(Level.ERROR, code, summary, fix, path=path)


def _warning(code: str, summary: str, fix: str) -> Finding:
    return Finding(Level.WARNING, code, summary, fix, path="ssid")


def _info(code: str, summary: str, fix: str, path: str = "ssid") -> Finding:
    return Finding(Level.INFO, code, summary, fix, path=path)
