"""Is an SSID fit for identity PSKs, and if not, what mends it? Facts in, findings out."""

import re
from collections.abc import Iterable, Mapping, Sequence

from cusna_core.api import Finding, Level
from cusna_meraki.gauges import MOST_UNFINISHED
from cusna_meraki.models import Policy, Psk, Site, Ssid

IPSK = "ipsk-without-radius"
TAGGED_MODES = ("Bridge mode", "Layer 3 roaming")
OLDEST_FIRMWARE = (30, 1)
NEARLY_FULL = 0.8
ACCESS = "Wireless → Access control"

LEVELS = (Level.ERROR, Level.WARNING, Level.INFO)


def errors_first(findings: Iterable[Finding]) -> Sequence[Finding]:
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def error(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.ERROR, f"meraki.{code}", summary, fix, path)


def warning(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.WARNING, f"meraki.{code}", summary, fix, path)


def of_site(site: Site, organization: str) -> Iterable[Finding]:
    """What makes a network unfit altogether."""
    if site.organization_id != organization:
        yield error(
            "other-organization",
            f'Network "{site.name}" belongs to another organisation than the controller\'s.',
            "Set the controller's organization_id to this network's organisation, or choose another network.",
            "network_id",
        )
    if not site.wireless:
        yield error(
            "no-wireless",
            f'Network "{site.name}" has no access points: no key can be made in it.',
            "Choose a network with wireless devices.",
            "network_id",
        )
    if site.template_bound:
        yield error(
            "template-bound",
            f'Network "{site.name}" is bound to a configuration template: no SSID has its own keys.',
            "Unbind it in the Dashboard: Organization → Configuration templates.",
            "network_id",
        )


def of_ssid(ssid: Ssid, path: str, *, vlans: bool) -> Iterable[Finding]:
    """What stands in the way at the SSID. `vlans`: companies have VLANs here already."""
    name = f'SSID "{ssid.name}"'
    if not ssid.enabled:
        yield error(
            "ssid-off",
            f"{name} is switched off: nobody can connect.",
            "Switch it on: Wireless → SSIDs.",
            path,
        )
    if ssid.auth_mode != IPSK:
        yield error(
            "auth-mode",
            f"{name} does not take a passphrase for each person (its mode is {ssid.auth_mode or 'unknown'}).",
            f"{ACCESS} → Security: choose Identity PSK without RADIUS.",
            path,
        )
    if ssid.wpa in ("WPA3 only", "WPA3 192-bit Security"):
        yield error(
            "wpa3",
            f"{name} is set to {ssid.wpa}, which cannot tell people apart by passphrase: nobody can connect.",
            f"{ACCESS} → WPA encryption: choose WPA2 only.",
            path,
        )
    elif ssid.wpa != "WPA2 only":
        yield warning(
            "wpa-mode",
            f"{name} is set to {ssid.wpa or 'an unknown encryption'}; identity PSKs are made for WPA2.",
            f"{ACCESS} → WPA encryption: choose WPA2 only.",
            path,
        )
    if ssid.ip_mode not in TAGGED_MODES:
        summary = f"{name} hands out addresses itself ({ssid.ip_mode or 'unknown mode'}) and ignores VLANs: "
        fix = f"{ACCESS} → Client IP and VLAN: choose External DHCP server assigned, Bridged."
        if vlans:
            yield error(
                "not-bridged", summary + "companies are not kept apart, and get no new keys.", fix, path
            )
        else:
            yield warning("not-bridged", summary + "VLANs for companies are not possible here.", fix, path)
    if ssid.dot11r is not None and ssid.dot11r.enabled:
        yield warning(
            "fast-roaming",
            f"{name} has 802.11r on, with which some devices fail to join by identity PSK.",
            f"{ACCESS} → 802.11r: choose Disabled.",
            path,
        )


def of_splash(ssid: Ssid, chosen: Policy | None) -> Iterable[Finding]:
    """Our own policies skip the splash page; an admin's need not."""
    if ssid.splash not in (None, "None") and chosen is not None and chosen.splash != "bypass":
        yield warning(
            "splash",
            f'SSID "{ssid.name}" shows a splash page, also to people who came in with their own passphrase.',
            f'Group policy "{chosen.name}" → Splash: choose Bypass.',
            "default_group_policy",
        )


def of_default(name: str | None, chosen: Policy | None) -> Iterable[Finding]:
    if name is not None and chosen is None:
        yield error(
            "default-policy-missing",
            f'There is no group policy "{name}" in this network: keys without a company VLAN cannot be made.',
            "Make it (Network-wide → Group policies), correct the name, or leave the option out.",
            "default_group_policy",
        )


def of_firmware(name: str | None) -> Iterable[Finding]:
    """`name` such as "MR 30.7"; None when the key may not read it."""
    version = re.search(r"(\d+)\.(\d+)", name or "")
    if version is None:
        yield Finding(
            Level.INFO,
            "meraki.firmware-unknown",
            "The access points' firmware could not be read.",
            "See that it is MR 30.1 or newer: Organization → Firmware upgrades.",
        )
    elif (int(version[1]), int(version[2])) < OLDEST_FIRMWARE:
        yield warning(
            "firmware-old",
            f"The access points run {name}; 5,000 keys need MR 30.1 or newer, older ones hold fewer.",
            "Upgrade (Organization → Firmware upgrades), or set max_keys to what your firmware holds.",
            "max_keys",
        )


def of_budget(pending: int | None, limited: int) -> Iterable[Finding]:
    """What all programs of an organisation share. `pending`: action batches; None where they are refused."""
    if pending is None:
        yield warning(
            "no-batches",
            "Meraki refuses action batches to this API key: many changes at once go one by one, and slowly.",
            "Give the key's admin full access to the organisation, if you have more than a few hundred keys.",
            "api_key",
        )
    elif pending >= MOST_UNFINISHED - 1:
        yield warning(
            "batches-full",
            f"{pending} of at most {MOST_UNFINISHED} action batches are under way in the organisation: "
            "when there are many changes, Cusna waits a minute for other programs and then goes one by one.",
            "Nothing, if it passes. Else see which other program sends batches all the time.",
        )
    if limited:
        yield warning(
            "too-many-calls",
            f"Meraki told Cusna {limited} times within an hour that the organisation makes too many calls.",
            "Lower requests_per_second, or have other programs call less: all of them share 10 a second.",
            "requests_per_second",
        )


def of_site_room(by_ssid: Mapping[int, int], keys: int) -> Iterable[Finding]:
    """Vendor guides do not agree whether 5,000 is for an SSID or for its whole network: count both."""
    count = sum(by_ssid.values())
    if len(by_ssid) > 1 and count >= NEARLY_FULL * keys and max(by_ssid.values()) < keys:
        yield warning(
            "site-keys-nearly-full",
            f"The SSIDs of this network hold {count} identity PSKs together. Some guides say that {keys} is "
            "the most for all of them, not for each.",
            "Delete identity PSKs that nobody needs, or spread people over more networks.",
            "max_keys",
        )


def of_room(psks: Sequence[Psk], policies: Sequence[Policy], keys: int, most: int) -> Iterable[Finding]:
    if len(psks) >= keys:
        yield error(
            "keys-full",
            f"The SSID holds {len(psks)} of at most {keys} identity PSKs: no new key can be made.",
            "Delete identity PSKs that nobody needs, or use a second SSID.",
            "max_keys",
        )
    if len(policies) >= most:
        yield error(
            "policies-full",
            f"The network has {len(policies)} of at most {most} group policies: no more company VLANs.",
            "Delete group policies that nobody needs, or raise max_group_policies at your own risk.",
            "max_group_policies",
        )
    elif len(policies) >= NEARLY_FULL * most:
        yield warning(
            "policies-nearly-full",
            f"The network has {len(policies)} of at most {most} group policies; each company VLAN takes one.",
            "Delete group policies that nobody needs.",
            "max_group_policies",
        )
    if psks and all(psk.passphrase is None for psk in psks):
        yield Finding(
            Level.INFO,
            "meraki.passphrases-hidden",
            "Meraki shows this API key no passphrases: Cusna cannot tell when one was changed by hand.",
            "Use a service admin with full access to this network, if you want that noticed.",
        )
