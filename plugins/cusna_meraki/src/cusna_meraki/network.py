"""How are keys read, made, changed and ended on one SSID of one Meraki network?"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from cusna_core.api import (
    AuthFailed,
    Change,
    Client,
    ConfigError,
    Context,
    Feature,
    Finding,
    Gauge,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    Outcome,
    Ref,
    Segment,
    SegmentState,
    Unsupported,
)
from cusna_meraki import preflight
from cusna_meraki.batches import MOST_ACTIONS, Batches
from cusna_meraki.bulk import A_CHANGE, PATIENCE, Bulk, Tools
from cusna_meraki.client import Dashboard
from cusna_meraki.devices import Devices
from cusna_meraki.ends import Ends
from cusna_meraki.gauges import Counts
from cusna_meraki.keys import LABEL_MAX, Keys
from cusna_meraki.mapping import promised_end
from cusna_meraki.models import Policy, Psk
from cusna_meraki.options import MerakiNetworkOptions
from cusna_meraki.place import KNOWN_FOR, NAMED_FOR, Place
from cusna_meraki.policies import VLAN_MAX, VLAN_MIN, Policies, Shared
from cusna_meraki.segments import Segments

FEATURES = (
    Feature.VLAN
    | Feature.LABEL
    | Feature.READ_PASSPHRASE
    | Feature.CHOOSE_PASSPHRASE
    | Feature.UPDATE
    | Feature.EXPIRY
    | Feature.CLIENTS
)
SETTLE = 60.0
"""Seconds. Nobody says how long the cloud takes to tell the access points; a minute is generous."""
A_MOMENT = 5.0
"""Seconds: who reads keys and then segments asks for the group policies once."""


@dataclass(frozen=True, slots=True)
class House:
    """What all networks of a controller share, and what those of one Meraki network do."""

    organization: str
    batches: Batches
    counts: Counts
    numbered: Set[tuple[str, int]]
    shared: Shared


class MerakiNetwork(Network[MerakiNetworkOptions]):
    """One SSID. A key's reference is the id of its identity PSK; its label is the PSK's name."""

    def __init__(
        self,
        api: Dashboard,
        options: MerakiNetworkOptions,
        context: Context,
        house: House,
    ) -> None:
        self._api = api
        self._options = options
        self._context = context
        self._organization = house.organization
        self._batches = house.batches
        self._counts = house.counts
        self._site = options.network_id
        self._grace = timedelta(hours=options.expiry_grace)
        self._place = Place(api, options, context.clock, house.numbered, house.counts)
        self._devices = Devices(api, self._place, house.organization)
        self._ends = Ends()
        self._policies = Policies(
            api,
            options.network_id,
            context.label_prefix,
            options.default_group_policy,
            options.max_group_policies,
            house.shared,
            context.clock,
            house.counts,
        )
        self._keys = Keys(api, self._place, self._policies, self._ends, self._grace, options.max_keys)
        self._segments = Segments(house.batches, self._place, self._policies)
        self._tools = Tools(
            house.batches, self._place, self._segments, self._keys, self._ends, context.clock, self._one
        )
        self._looked = False
        """Whether we just wrote, and looked up policies and SSID for it."""
        self._for_segments: tuple[float, Sequence[Policy]] = (float("-inf"), ())
        self.features = FEATURES | (Feature.DISCONNECT if options.disconnect else Feature.NONE)
        self.limits = Limits(
            keys=options.max_keys,
            segments=options.max_group_policies - 1,
            passphrase_min=8,
            passphrase_max=63,
            label_max=LABEL_MAX,
            vlan_min=VLAN_MIN,
            vlan_max=VLAN_MAX,
            settle=SETTLE,
            batch=MOST_ACTIONS * house.batches.most,
        )

    def identity(self) -> str:
        ssid = self._options.ssid_number if self._options.ssid is None else f"name:{self._options.ssid}"
        return f"meraki/{self._site}/{ssid}"

    def segment_domain(self) -> str:
        return f"meraki/{self._site}"

    # What is there

    async def check(self) -> Sequence[Finding]:
        try:
            with self._place.visible():
                site = await self._api.site(self._site)
        except ConfigError as problem:
            fix = "Correct network_id, or give the API key's admin write access to that network."
            return [preflight.error("network-not-visible", str(problem), fix, problem.path)]
        findings = list(preflight.of_site(site, self._organization))
        if findings:
            return findings
        try:
            ssids = await self._place.ssids()
            ssid = self._place.pick(ssids)
            self.ssid = ssid.name
        except ConfigError as problem:
            fix = "Give the number (0 to 14) or the name of an SSID as the Dashboard shows it."
            return [preflight.error("ssid-not-found", str(problem), fix, problem.path)]
        policies = await self._policies.load()
        chosen = next((one for one in policies if one.name == self._options.default_group_policy), None)
        with_vlans = any(self._policies.ours(policy) for policy in policies)
        findings += preflight.of_ssid(ssid, self._place.path, vlans=with_vlans)
        findings += preflight.of_default(self._options.default_group_policy, chosen)
        findings += preflight.of_splash(ssid, chosen)
        findings += preflight.of_firmware(await self._firmware())
        most = self._options.max_group_policies
        findings += preflight.of_room(await self._place.psks(), policies, self._options.max_keys, most)
        for other in ssids:
            if other.auth_mode == preflight.IPSK and other.number != ssid.number:
                self._counts.psks[self._site, other.number] = len(
                    await self._api.psks(self._site, other.number)
                )
        findings += preflight.of_site_room(self._counts.of_site(self._site), self._options.max_keys)
        return preflight.errors_first(findings)

    def gauges(self) -> Sequence[Gauge]:
        """As last read."""
        keys = self._counts.psks.get((self._site, self._place.known_number or 0))
        policies = self._counts.policies.get(self._site)
        found: list[Gauge] = []
        if keys is not None and self._place.known_number is not None:
            found.append(Gauge("keys", keys, self._options.max_keys, self.identity()))
        if policies is not None:
            found.append(Gauge("group_policies", policies, self._options.max_group_policies, self._site))
        return found

    async def read(self) -> Sequence[KeyState]:
        """Also keys that the vendor has ended already, as long as it shows them: they hold their
        name and passphrase, so they must be changed or revoked, not made a second time."""
        # What was looked up for our own writing is good enough for reading that back, and for nothing else.
        lately, self._looked = (KNOWN_FOR if self._looked else 0.0), False
        self.ssid = (await self._place.ssid(lately=NAMED_FOR)).name
        policies = await self._load_policies(lately)
        psks = self._ends.learn(await self._place.psks())
        if lately and not self._policies.knows({psk.policy_id for psk in psks}):
            policies = await self._load_policies()
        self._for_segments = self._context.clock.monotonic(), policies
        self.features |= Feature.READ_PASSPHRASE
        if psks and all(psk.passphrase is None for psk in psks):
            self.features &= ~Feature.READ_PASSPHRASE
        return [self._state(psk) for psk in psks]

    async def segments(self) -> Sequence[SegmentState]:
        """VLANs of group policies, ours first, and those that SSIDs of this network use by themselves."""
        at, policies = self._for_segments
        self._for_segments = float("-inf"), ()
        if self._context.clock.monotonic() - at > A_MOMENT:
            policies = await self._load_policies()
        policies = sorted(policies, key=lambda policy: not self._policies.ours(policy))
        states = [
            SegmentState(policy.vlan, policy.name, free=self._policies.spare(policy))
            for policy in policies
            if policy.vlan is not None
        ]
        ssids = await self._place.ssids()
        self.ssid = self._place.pick(ssids).name
        for ssid in ssids:
            states += [SegmentState(vlan, f"SSID {ssid.name}") for vlan in sorted(ssid.vlans)]
        return states

    async def clients(self) -> Sequence[Client]:
        return await self._devices.online(
            {psk.name: Ref(psk.id) for psk in await self._place.psks() if psk.name}
        )

    # What is done

    async def ensure_segment(self, segment: Segment) -> None:
        await self._segments.ensure(segment.vlan)

    async def create(self, key: Key) -> Ref:
        return await self._keys.create(key)

    async def update(self, ref: Ref, key: Key) -> Ref:
        return await self._keys.update(ref, key)

    async def revoke(self, ref: Ref) -> None:
        await self._keys.revoke(ref)

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """One change is a plain call; up to 20 are one call, more go in action batches of 100."""
        self._looked = False
        outcomes: AsyncGenerator[Outcome, None]
        if len(changes) > 1 and self._batches.usable:
            now = self._context.clock.monotonic()
            outcomes = Bulk(self._tools, now + PATIENCE + A_CHANGE * len(changes)).apply(changes)
        else:
            outcomes = cast("AsyncGenerator[Outcome, None]", super().apply(changes))
        try:
            async with aclosing(outcomes):
                async for outcome in outcomes:
                    yield outcome
        finally:
            self._looked = True

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        if Feature.DISCONNECT not in self.features:
            raise Unsupported("Disconnecting devices is off (the option disconnect).")
        return await self._devices.drop({state.label for state in ended if state.label})

    # One key

    def _state(self, psk: Psk) -> KeyState:
        return KeyState(
            Ref(psk.id),
            label=psk.name,
            passphrase=psk.passphrase,
            vlan=self._policies.vlan_of(psk.policy_id),
            ends=promised_end(psk, self._context.label_prefix, self._grace),
        )

    async def _load_policies(self, lately: float = 0.0) -> Sequence[Policy]:
        with self._place.visible():
            return await self._policies.load(lately=lately)

    async def _firmware(self) -> str | None:
        try:
            return await self._api.firmware(self._site)
        except (Missing, AuthFailed):
            return None
