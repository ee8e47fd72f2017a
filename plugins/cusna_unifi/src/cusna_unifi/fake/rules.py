"""What does the fake controller refuse? The field specification of Network 9.5.21, and what excludes PPSK."""

import re
from collections.abc import Iterable
from typing import Any

from cusna_unifi.fake.state import Doc, Knobs, Site

PASSWORD = r"[\x20-\x7E]{8,255}"
VLAN = r"[2-9]|[1-9][0-9]{1,2}|[1-3][0-9]{3}|400[0-9]|401[0-8]|^$"
PURPOSE = "corporate|guest|remote-user-vpn|site-vpn|vlan-only|vpn-client|wan"
SECURITY = "open|wpapsk|wep|wpaeap|osen"
LISTS = ("private_preshared_keys", "schedule", "schedule_with_duration", "wlan_bands", "ap_group_ids")
FIELDS = (
    "enabled", "name", "hide_ssid", "security", "wpa_mode", "wpa_enc", "x_passphrase", "networkconf_id",
    "private_preshared_keys_enabled", "wpa3_support", "wpa3_transition", "is_guest", "l2_isolation",
    "fast_roaming_enabled", "radius_mac_auth_enabled", "mlo_enabled", "vlan", "vlan_enabled", "wlan_band",
    "ap_group_mode", "usergroup_id", "schedule_enabled", "hotspot_enabled",
)  # fmt: skip
KNOWN = {*LISTS, *FIELDS}
REFERRED = "api.err.ObjectReferredByWlanConf"
"""Not known; one word in one place until a real controller says it."""


class Refusal(Exception):
    """An error as the controller says it."""

    def __init__(
        self, code: str, *, field: str = "", pattern: str = "", status: int = 400, **meta: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.meta = {"rc": "error", **meta, "msg": f"api.err.{code}" if "." not in code else code}
        self.data: list[Doc] = []
        if field:
            detail = {"field": field, "pattern": pattern}
            self.data = [{"msg": "api.err.InvalidValue", "rc": "error", "validationError": detail}]


def _match(field: str, pattern: str, value: Any) -> None:
    if not re.fullmatch(pattern, str(value)):
        raise Refusal("InvalidPayload", field=field, pattern=pattern)


def _true(value: Any) -> bool:
    return value is True or value == "true"


def wlan_put(site: Site, stored: Doc, fields: Doc, knobs: Knobs) -> Doc:
    """The WLAN after a PUT: top-level keys merge, lists are replaced, unknown keys vanish."""
    fields = {name: value for name, value in fields.items() if name in KNOWN}
    for name in LISTS:
        if name in fields and not isinstance(fields[name], list):
            raise Refusal("InvalidPayload")
    if "name" in fields:
        _match("name", ".{1,32}", fields["name"])
    if "security" in fields:
        _match("security", SECURITY, fields["security"])
    if "x_passphrase" in fields:
        _match("x_passphrase", PASSWORD, fields["x_passphrase"])
    merged = {**stored, **fields}
    _ppsk(site, merged["private_preshared_keys"], knobs)
    if _true(merged["private_preshared_keys_enabled"]) and (
        merged["security"] != "wpapsk"
        or _true(merged.get("wpa3_support"))
        or "6g" in merged.get("wlan_bands", [])
        or _true(merged.get("radius_mac_auth_enabled"))
        or _true(merged.get("hotspot_enabled"))
    ):
        raise Refusal("InvalidPayload")
    return merged


def _ppsk(site: Site, entries: Iterable[Any], knobs: Knobs) -> None:
    seen: set[str] = set()
    count = 0
    for entry in entries:
        count += 1
        if not isinstance(entry, dict) or "password" not in entry:
            raise Refusal("InvalidPayload")
        _match("private_preshared_keys.password", PASSWORD, entry["password"])
        if entry["password"] in seen:
            raise Refusal("InvalidPayload")
        seen.add(entry["password"])
        network_id = entry.get("networkconf_id", "")
        if network_id and network_id not in site.networks:
            raise Refusal("IdInvalid")
    if (knobs.max_keys is not None and count > knobs.max_keys) or (count == 0 and not knobs.empty_list):
        raise Refusal("InvalidPayload")


def network(site: Site, fields: Doc, *, but: str = "") -> Doc:
    """A network that is to be made or changed."""
    _match("name", ".{1,128}", fields.get("name", ""))
    _match("purpose", PURPOSE, fields.get("purpose", ""))
    if fields.get("vlan") not in (None, ""):
        _match("vlan", VLAN, fields["vlan"])
        if not _true(fields.get("vlan_enabled")):
            raise Refusal("VlanUsed", vlan=1, name="Default")
        vlan = int(fields["vlan"])
        taken = [one for one in site.networks.values() if one["_id"] != but and one.get("vlan") == vlan]
        taken += [
            one for one in site.wlans.values() if _true(one.get("vlan_enabled")) and one.get("vlan") == vlan
        ]
        if taken:
            raise Refusal("VlanUsed", vlan=vlan)
        fields = {**fields, "vlan": vlan}
    if fields["purpose"] == "vlan-only" and _true(fields.get("network_isolation_enabled")):
        raise Refusal("NetworkIsolationAppliedOnNonCorporateNetwork")
    if fields["purpose"] == "corporate" and not fields.get("ip_subnet"):
        raise Refusal("MissingIPAddress")
    return fields


def network_delete(site: Site, network_id: str) -> None:
    if site.networks[network_id].get("attr_no_delete"):
        raise Refusal("NoDelete")
    for wlan in site.wlans.values():
        ids = [wlan["networkconf_id"], *(one.get("networkconf_id") for one in wlan["private_preshared_keys"])]
        if network_id in ids:
            raise Refusal(REFERRED)
