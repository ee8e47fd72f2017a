"""Is a WLAN fit for DPSKs, and if not, what mends it? Facts in, findings out."""

import difflib
from collections.abc import Iterable, Iterator, Sequence

from cusna_core.api import Finding, Level
from cusna_ruckus.smartzone.models import Dpsk, Permission, Wlan, WlanName, Zone

LEVELS = (Level.ERROR, Level.WARNING, Level.INFO)
EDIT = "Wireless LANs → the WLAN → Configure"
SWITCH_ON_TAGS = f"{EDIT} → Advanced Options → Access VLAN: switch on Dynamic VLAN (AAA override)."
MANY = 8
"""So many names are told of a long list."""


def errors_first(findings: Iterable[Finding]) -> Sequence[Finding]:
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def error(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.ERROR, f"smartzone.{code}", summary, fix, path)


def warning(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.WARNING, f"smartzone.{code}", summary, fix, path)


# Which one is meant


def zone_of(zones: Sequence[Zone], wanted: str) -> Zone | Finding:
    """By id, else by name."""
    found = [one for one in zones if one.id.lower() == wanted.lower()]
    found = found or [one for one in zones if one.name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id for one in found)
        return error(
            "zone-ambiguous",
            f'{len(found)} zones are called "{wanted}": where keys belong is unknown.',
            f"Give the id instead of the name, one of {ids}.",
            "zone",
        )
    return no_zone(wanted, zones)


def no_zone(wanted: str, zones: Sequence[Zone]) -> Finding:
    return error(
        "zone-not-found",
        f'There is no zone "{wanted}", or this administrator may not see it. '
        + _there("It sees", wanted, [one.name or one.id for one in zones]),
        "Correct the zone's name, or give the administrator the zone.",
        "zone",
    )


def wlan_of(wlans: Sequence[WlanName], wanted: str, zone: Zone) -> WlanName | Finding:
    """By id, else by name, else by SSID."""
    found = [one for one in wlans if one.id == wanted]
    found = found or [one for one in wlans if one.name == wanted]
    found = found or [one for one in wlans if one.ssid == wanted]
    if len(found) == 1:
        return found[0]
    where = f'Zone "{zone.name or zone.id}"'
    if found:
        named = ", ".join(f"{one.id} ({one.name or one.ssid})" for one in found)
        return error(
            "wlan-ambiguous",
            f'{where} has {len(found)} WLANs that "{wanted}" may mean: where keys belong is unknown.',
            f"Give the id: {named}.",
            "wlan",
        )
    return error(
        "wlan-not-found",
        f'{where} has no WLAN "{wanted}". '
        + _there("It has", wanted, [one.name or one.ssid or one.id for one in wlans]),
        "Correct the name, or make the WLAN.",
        "wlan",
    )


def _there(begin: str, wanted: str, names: Sequence[str]) -> str:
    """The names that are near, else all of a short list."""
    folded = {name.casefold(): name for name in names}
    near = [folded[one] for one in difflib.get_close_matches(wanted.casefold(), list(folded), n=3)]
    if near:
        return "Near are: " + ", ".join(near) + "."
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"{begin}: {', '.join(names[:MANY]) or 'none'}{more}."


def shared() -> Finding:
    return error(
        "wlan-shared",
        "Two networks in Cusna are the same WLAN of this controller, named in two ways.",
        "Keep one of them, and let both locations use it.",
        "wlan",
    )


# What it is like


def of_wlan(wlan: Wlan, *, vlans: bool) -> Iterator[Finding]:
    """What stands in the way. `vlans`: keys of ours have VLANs here already."""
    name = f'WLAN "{wlan.name or wlan.id}"'
    method = wlan.encryption.method if wlan.encryption else None
    if wlan.external is not None and wlan.external.enabled:
        yield error(
            "external-dpsk",
            f"{name} asks an external DPSK service (RADIUS): keys made on the controller do not work there.",
            f"{EDIT} → Authentication Options: switch External DPSK off, and DPSK (internal) on.",
            "wlan",
        )
    elif wlan.dpsk is not None and not wlan.dpsk.enabled:
        yield error(
            "dpsk-off",
            f"{name} has DPSK switched off: no key can be made, and none works.",
            f"{EDIT} → Authentication Options → Dynamic PSK: Internal.",
            "wlan",
        )
    if method == "WPA_Mixed":
        yield warning(
            "old-encryption",
            f"{name} also lets devices in with WPA, which is broken.",
            f"{EDIT} → Encryption Options: choose WPA2 with AES.",
            "wlan",
        )
    elif method is not None and method != "WPA2":
        yield error(
            "encryption",
            f"{name} is set to {method[:20]}: the controller's own DPSKs work with WPA2 only.",
            f"{EDIT} → Encryption Options: choose WPA2 with AES.",
            "wlan",
        )
    expiration = wlan.dpsk.expiration if wlan.dpsk else None
    if expiration is not None and expiration != "Unlimited":
        yield error(
            "keys-expire",
            f"{name} ends every DPSK by itself ({expiration[:20]}): members would lose their WiFi whatever "
            "their plan says.",
            f"{EDIT} → Authentication Options → DPSK Expiration: Unlimited. Keys that are there already keep "
            "their end: delete those named cusna-…, Cusna makes them again.",
            "wlan",
        )
    if not wlan.tags:
        summary = f"{name} does not let a key choose its VLAN: "
        if vlans:
            yield error("no-dynamic-vlan", f"{summary}companies may mix.", SWITCH_ON_TAGS, "wlan")
        else:
            yield warning(
                "no-dynamic-vlan", f"{summary}no company can have one here.", SWITCH_ON_TAGS, "wlan"
            )


def of_dpsks(ours: Sequence[Dpsk]) -> Iterator[Finding]:
    """`ours`: DPSKs with our label."""
    single = sum(1 for one in ours if one.group is False)
    if single:
        yield warning(
            "one-device",
            f"{single} DPSKs named cusna-… take one device only: somebody made them again by hand.",
            "Delete them in SmartZone. Cusna makes them as they should be.",
            "wlan",
        )


def of_role(permissions: Sequence[Permission]) -> Iterator[Finding]:
    told = [one.access for one in permissions if one.access]
    if told and all(one.upper() in ("READ", "READ_ONLY", "NO_ACCESS", "NONE") for one in told):
        yield error(
            "role-too-weak",
            "The administrator may read and change nothing: no key can be made or ended.",
            "Administration → Admins and Roles → Groups: give its group a role that may change WLANs and "
            "DPSKs (WLAN and User/Device/App: Full Access).",
            "username",
        )


def may_not_read() -> Finding:
    return error(
        "role-too-weak",
        "The login works, but the administrator may not read zones and WLANs.",
        "Administration → Admins and Roles → Groups: give its group the zones (resources) and a role that "
        "may change WLANs and DPSKs.",
        "username",
    )


def no_zones() -> Finding:
    return warning(
        "no-zones",
        "The administrator sees no zone: no network can work.",
        "Administration → Admins and Roles → Groups: give its group the domain or the zones.",
        "username",
    )


def other_version(chosen: str, versions: Sequence[str]) -> Finding:
    return error(
        "api-version",
        f"The controller does not speak API version {chosen}, but: {', '.join(versions[:20]) or 'none'}.",
        "Leave api_version out, or give one of these.",
        "api_version",
    )


def note(wlan: Wlan) -> str:
    """How fit a WLAN is, in a few words."""
    found = errors_first(of_wlan(wlan, vlans=False))
    return found[0].summary if found else "Ready."
