"""What does the Meraki cloud know? Organisations, networks, SSIDs, group policies, keys, clients.

Objects are kept as the API shows them. Ids are never used twice.
"""

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Json = dict[str, Any]

IPSK = "ipsk-without-radius"
TAGGED_MODES = ("Bridge mode", "Layer 3 roaming")
WPA3 = ("WPA3 only", "WPA3 192-bit Security")


@dataclass(slots=True)
class Knobs:
    """What nobody outside Cisco could tell us for certain: each is a guess that a test can turn."""

    max_psks: int = 5000
    max_psks_scope: Literal["ssid", "network"] = "ssid"
    max_group_policies: int | None = None
    past_expiry: Literal["reject", "accept"] = "reject"
    list_expired: bool = True
    expiry_minus_1us: bool = False
    null_clears_expiry: bool = True
    drop_clients: bool = False
    """Whether devices drop at once when their key ends or changes."""
    mask_passphrases: Literal["no", "stars", "absent"] = "no"
    name_max: int = 127
    unique_name: bool = True
    unique_passphrase: bool = True
    unique_policy_name: bool = True
    policy_delete_in_use: Literal["refuse", "allow"] = "refuse"
    parallel_policy_400: bool = False
    push_delay_s: float = 0.0
    """Until the access points know a new or changed key."""
    vlan_needs_tagging: bool = False
    """Whether a policy's VLAN only works with VLAN tagging on at the SSID."""
    invisible_404_body: str = ""
    hide_expiry: bool = False
    """Whether `expiresAt` is shown as null whatever it is."""
    batch_seconds: float = 2.0
    action_seconds: float = 0.1
    """How long an asynchronous batch takes, and how much longer for each action."""
    batches_stay_pending: bool = False
    failing_batches: int = 0
    """So many of the next batches fail for a reason that nobody can tell."""
    sync_failure: Literal["status", "400"] = "status"
    """How a synchronous batch says that it failed."""
    batches_need_organization: bool = False
    """Whether a key that sees only some networks is refused action batches."""
    rate: float = 10.0
    burst: float = 10.0
    """Calls an organisation may make each second, and how many at once after a quiet while."""


@dataclass(frozen=True, slots=True)
class Access:
    """What an API key may see and do; `networks` None means all of its organisations."""

    orgs: frozenset[str]
    writes: bool = True
    networks: frozenset[str] | None = None


@dataclass(slots=True)
class Site:
    """One Meraki network."""

    id: str
    org: str
    name: str
    time_zone: str = "Europe/Berlin"
    product_types: list[str] = field(default_factory=lambda: ["appliance", "switch", "wireless"])
    template_bound: bool = False
    firmware: str = "MR 30.7"
    ssids: list[Json] = field(default_factory=list)
    policies: dict[str, Json] = field(default_factory=dict)
    psks: dict[int, dict[str, Json]] = field(default_factory=dict)
    clients: dict[str, Json] = field(default_factory=dict)
    device_policies: dict[str, Json] = field(default_factory=dict)

    def shown(self) -> Json:
        return {
            "id": self.id,
            "organizationId": self.org,
            "name": self.name,
            "productTypes": self.product_types,
            "timeZone": self.time_zone,
            "tags": [],
            "url": f"https://n1.meraki.com/{self.id}/manage/nodes/list",
            "notes": "",
            "isBoundToConfigTemplate": self.template_bound,
        }


@dataclass(frozen=True, slots=True)
class Association:
    """A device that got in. `vlan` 0 is the SSID's own network."""

    psk: str
    group_policy: str
    vlan: int


class Cloud:
    """Everything there is, and what the access points make of it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.knobs = Knobs()
        self.orgs: dict[str, str] = {}
        self.sites: dict[str, Site] = {}
        self.access: dict[str, Access] = {}
        self.pushed: dict[str, datetime] = {}
        self.made: set[str] = set()
        """Ids of keys and policies that came by the API."""
        self.page_size: int | None = None
        self._ids = itertools.count(1)

    def add_org(self, name: str) -> str:
        org = str(2930000 + next(self._ids))
        self.orgs[org] = name
        return org

    def add_site(self, org: str, name: str, **fields: Any) -> Site:
        site = Site(f"N_{24329000 + next(self._ids)}", org, name, **fields)
        site.ssids = [_unused_ssid(number) for number in range(15)]
        site.psks = {number: {} for number in range(15)}
        self.sites[site.id] = site
        return site

    def set_up_ssid(self, site: Site, name: str, number: int | None = None) -> int:
        """An SSID as the vendor's guides set it up for identity PSKs; returns its number."""
        if number is None:
            number = next(n for n, ssid in enumerate(site.ssids) if not ssid["enabled"])
        site.ssids[number] |= {
            "name": name,
            "enabled": True,
            "authMode": IPSK,
            "encryptionMode": "wpa",
            "wpaEncryptionMode": "WPA2 only",
            "ipAssignmentMode": "Bridge mode",
            "useVlanTagging": False,
            "dot11r": {"enabled": False, "adaptive": False},
        }
        return number

    def add_policy(self, site: Site, fields: Json) -> Json:
        policy: Json = {
            "groupPolicyId": str(99 + next(self._ids)),
            "vlanTagging": {"settings": "network default"},
            "splashAuthSettings": "network default",
        } | fields
        site.policies[policy["groupPolicyId"]] = policy
        return policy

    def add_psk(self, site: Site, number: int, fields: Json) -> Json:
        psk: Json = {
            "id": str(1284392000000 + next(self._ids)),
            "expiresAt": None,
            "wifiPersonalNetworkId": None,
            "email": None,
        } | fields
        site.psks[number][psk["id"]] = psk
        self.pushed[psk["id"]] = self.now() + timedelta(seconds=self.knobs.push_delay_s)
        return psk

    def changed(self, site: Site, psk: Json) -> None:
        """A key was changed or taken away: the access points learn of it."""
        self.pushed[psk["id"]] = self.now() + timedelta(seconds=self.knobs.push_delay_s)
        if self.knobs.drop_clients:
            for client in site.clients.values():
                if client["psk"] == psk["id"]:
                    client["status"] = "Offline"

    def expired(self, psk: Json) -> bool:
        return psk["expiresAt"] is not None and psk["expiresAt"] <= self.now()

    def associate(self, site: Site, number: int, passphrase: str, mac: str) -> Association | None:
        """A device tries to join: the oracle of every end-to-end test. None when refused."""
        ssid = site.ssids[number]
        site.clients.pop(mac, None)
        if not ssid["enabled"] or ssid["authMode"] != IPSK or ssid["wpaEncryptionMode"] in WPA3:
            return None
        for psk in site.psks[number].values():
            if psk["passphrase"] == passphrase and not self.expired(psk):
                break
        else:
            return None
        if self.pushed[psk["id"]] > self.now():
            return None
        policy = site.policies.get(psk["groupPolicyId"], {})
        vlan = self._vlan(ssid, policy.get("vlanTagging", {}))
        site.clients[mac] = {
            "id": f"k{next(self._ids):06x}",
            "mac": mac,
            "psk": psk["id"],
            "policy": psk["groupPolicyId"],
            "pskGroup": psk["name"],
            "ssid": ssid["name"],
            "vlan": str(vlan or ""),
            "status": "Online",
            "lastSeen": int(self.now().timestamp()),
        }
        return Association(psk["name"], policy.get("name", ""), vlan)

    def _vlan(self, ssid: Json, tagging: Json) -> int:
        if ssid["ipAssignmentMode"] not in TAGGED_MODES or tagging.get("settings") != "custom":
            return 0
        if self.knobs.vlan_needs_tagging and not ssid["useVlanTagging"]:
            return 0
        return int(tagging["vlanId"])

    def online(self, site: Site, ssid: str) -> dict[str, int]:
        if self.knobs.drop_clients:
            ended = {p["id"] for keys in site.psks.values() for p in keys.values() if self.expired(p)}
            for client in site.clients.values():
                if client["psk"] in ended:
                    client["status"] = "Offline"
        return {
            mac: int(client["vlan"] or 0)
            for mac, client in site.clients.items()
            if client["ssid"] == ssid and client["status"] == "Online"
        }

    def by_hand(self, site: Site) -> Json:
        """All of a network that did not come by the API, as it is now."""
        keys = {
            number: [p for p in psks.values() if p["id"] not in self.made]
            for number, psks in site.psks.items()
        }
        policies = [p for p in site.policies.values() if p["groupPolicyId"] not in self.made]
        return copy.deepcopy({"identityPsks": keys, "groupPolicies": policies, "ssids": site.ssids})

    def unmanaged(self, prefix: str) -> str:
        """Everything that does not begin with this label, to the letter, for comparing."""
        return json.dumps(
            [
                [
                    site.id,
                    [
                        [p for p in keys.values() if not p["name"].startswith(prefix)]
                        for keys in site.psks.values()
                    ],
                    [p for p in site.policies.values() if not p["name"].startswith(prefix)],
                    site.ssids,
                ]
                for site in self.sites.values()
            ],
            default=lambda instant: instant.astimezone(UTC).isoformat(),
        )


def _unused_ssid(number: int) -> Json:
    return {
        "number": number,
        "name": f"Unconfigured SSID {number + 1}",
        "enabled": False,
        "splashPage": "None",
        "authMode": "open",
        "wpaEncryptionMode": "WPA2 only",
        "ipAssignmentMode": "NAT mode",
        "useVlanTagging": False,
        "visible": True,
        "availableOnAllAps": True,
        "availabilityTags": [],
        "minBitrate": 11,
        "bandSelection": "Dual band operation",
        "ssidAdminAccessible": False,
        "mandatoryDhcpEnabled": False,
        "perClientBandwidthLimitUp": 0,
        "perClientBandwidthLimitDown": 0,
        "perSsidBandwidthLimitUp": 0,
        "perSsidBandwidthLimitDown": 0,
        "speedBurst": {"enabled": False},
        "dot11r": {"enabled": False, "adaptive": False},
    }
