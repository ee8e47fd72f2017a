"""What does the cloud say to a change of an SSID, alone or in a batch?"""

from cusna_meraki.fake.gate import Refused
from cusna_meraki.fake.state import IPSK, TAGGED_MODES, Json, Site
from cusna_meraki.fake.view import require_writable

CHOICES = {
    "authMode": (
        IPSK,
        "open",
        "psk",
        "8021x-meraki",
        "8021x-radius",
        "ipsk-with-radius",
        "open-with-radius",
    ),
    "wpaEncryptionMode": (
        "WPA1 only",
        "WPA1 and WPA2",
        "WPA2 only",
        "WPA3 Transition Mode",
        "WPA3 only",
        "WPA3 192-bit Security",
    ),
    "ipAssignmentMode": (
        "NAT mode",
        *TAGGED_MODES,
        "Ethernet over GRE",
        "Layer 3 roaming with a concentrator",
        "VPN",
    ),
}


def change_ssid(site: Site, number: int, body: Json) -> Json:
    """The SSID with these fields, checked; its number stays."""
    for name, allowed in CHOICES.items():
        if name in body and body[name] not in allowed:
            raise Refused(400, f"'{name}' must be one of: {', '.join(allowed)}")
    require_writable(site)
    site.ssids[number] |= {name: value for name, value in body.items() if name != "number"}
    return site.ssids[number]
