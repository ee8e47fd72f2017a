"""How are keys read, made, changed and ended on one SSID of one Meraki network?

Each change is one call. Action batches (up to 100 changes in one) will be an `apply` of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from typing import Any

from cusna_core.api import (
    AuthFailed,
    Client,
    ConfigError,
    Context,
    Feature,
    Finding,
    Full,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    PluginError,
    Ref,
    Rejected,
    Segment,
    SegmentState,
    Taken,
)
from cusna_meraki import preflight
from cusna_meraki.client import Dashboard
from cusna_meraki.devices import Devices
from cusna_meraki.mapping import changes, fields, promised_end
from cusna_meraki.models import Policy, Psk
from cusna_meraki.options import MerakiNetworkOptions
from cusna_meraki.place import Place
from cusna_meraki.policies import Policies

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
WRITE_REFUSED = (
    "Meraki refuses this key, and neither its name nor its passphrase is in use as far as can be seen. "
    "`cusna check` says whether the SSID is fit for keys."
)


class MerakiNetwork(Network[MerakiNetworkOptions]):
    """One SSID. A key's reference is the id of its identity PSK; its label is the PSK's name."""

    def __init__(
        self,
        api: Dashboard,
        options: MerakiNetworkOptions,
        context: Context,
        *,
        organization: str,
        lock: asyncio.Lock,
        numbered: Set[tuple[str, int]],
    ) -> None:
        self._api = api
        self._options = options
        self._context = context
        self._organization = organization
        self._place = Place(api, options, context.clock, numbered)
        self._devices = Devices(api, self._place, organization)
        self._site = options.network_id
        self._grace = timedelta(hours=options.expiry_grace)
        self._policies = Policies(
            api,
            options.network_id,
            context.label_prefix,
            options.default_group_policy,
            options.max_group_policies,
            lock,
        )
        self.features = FEATURES | (Feature.DISCONNECT if options.disconnect else Feature.NONE)
        self.limits = Limits(
            keys=options.max_keys,
            segments=options.max_group_policies - 1,
            passphrase_min=8,
            passphrase_max=63,
            label_max=64,
            settle=SETTLE,
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
            ssid = await self._place.ssid()
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
        return preflight.errors_first(findings)

    async def read(self) -> Sequence[KeyState]:
        """Also keys that the vendor has ended already, as long as it shows them: they hold their
        name and passphrase, so they must be changed or revoked, not made a second time."""
        self.ssid = (await self._place.ssid()).name
        await self._load_policies()
        psks = await self._place.psks()
        self.features |= Feature.READ_PASSPHRASE
        if psks and all(psk.passphrase is None for psk in psks):
            self.features &= ~Feature.READ_PASSPHRASE
        return [self._state(psk) for psk in psks]

    async def segments(self) -> Sequence[SegmentState]:
        """VLANs of group policies, ours first, and those that SSIDs of this network use by themselves."""
        policies = sorted(await self._load_policies(), key=lambda policy: not self._policies.ours(policy))
        states = [
            SegmentState(policy.vlan, policy.name, free=self._policies.spare(policy))
            for policy in policies
            if policy.vlan is not None
        ]
        for ssid in await self._place.ssids():
            states += [SegmentState(vlan, f"SSID {ssid.name}") for vlan in sorted(ssid.vlans)]
        return states

    async def clients(self) -> Sequence[Client]:
        return await self._devices.online(
            {psk.name: Ref(psk.id) for psk in await self._place.psks() if psk.name}
        )

    # What is done

    async def ensure_segment(self, segment: Segment) -> None:
        await self._place.need_tagging(segment.vlan)
        with self._place.visible():
            await self._policies.ensure(segment.vlan)

    async def create(self, key: Key) -> Ref:
        await self._place.need_tagging(key.vlan)
        body = fields(key, await self._policy_for(key), self._grace)
        number = await self._place.number()
        try:
            with self._place.visible():
                made = await self._api.create_psk(self._site, number, body)
        except Rejected:
            raise await self._why(key, None) from None
        return Ref(made.id)

    async def update(self, ref: Ref, key: Key) -> Ref:
        await self._place.need_tagging(key.vlan)
        policy = await self._policy_for(key)
        number = await self._place.number()
        body: dict[str, Any] = {}
        try:
            now = await self._api.psk(self._site, number, ref)
            body = changes(now, key, policy, self._grace)
            if body:
                await self._api.update_psk(self._site, number, ref, body)
        except Missing:
            await self._place.psks()  # raises if it is the network that is gone
            raise Missing("The identity PSK that was to be changed is not there any more.") from None
        except Rejected:
            why = await self._why(key, ref)
            if isinstance(why, Taken) or body.get("expiresAt", "") is not None:
                raise why from None
            return await self._replace(ref, key, body, why)
        return ref

    async def revoke(self, ref: Ref) -> None:
        try:
            await self._api.delete_psk(self._site, await self._place.number(), ref)
        except Missing:
            # 404 is also what a key gets that may not see the network: then nothing has ended.
            if any(psk.id == ref for psk in await self._place.psks()):
                raise Rejected("Meraki says that the identity PSK is not there, yet lists it.") from None

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        return sum([await self._devices.drop(name) for name in {state.label for state in ended} if name])

    # One key

    def _state(self, psk: Psk) -> KeyState:
        return KeyState(
            Ref(psk.id),
            label=psk.name,
            passphrase=psk.passphrase,
            vlan=self._policies.vlan_of(psk.policy_id),
            ends=promised_end(psk, self._context.label_prefix, self._grace),
        )

    async def _replace(self, ref: Ref, key: Key, body: Mapping[str, Any], why: PluginError) -> Ref:
        """Where an end cannot be taken off a key, a new one without an end takes its place.

        Only after the same change without the end was accepted: what is refused stays as it is.
        """
        rest = {name: value for name, value in body.items() if name != "expiresAt"}
        try:
            await self._api.update_psk(
                self._site, await self._place.number(), ref, {"name": key.label, **rest}
            )
        except Rejected:
            raise why from None
        await self.revoke(ref)
        return await self.create(key)

    async def _why(self, key: Key, ref: Ref | None) -> PluginError:
        """What a refusal (400) means, by looking: its text is nothing to go by."""
        self._policies.forget()
        psks = await self._place.psks()
        others = [psk for psk in psks if psk.id != ref]
        if any(psk.name == key.label for psk in others):
            return Taken("Another identity PSK of this SSID has that name.")
        if any(psk.passphrase == key.passphrase for psk in others):
            return Taken("Another identity PSK of this SSID has that passphrase.")
        if ref is None and len(psks) >= self._options.max_keys:
            return Full(f"The SSID holds {len(psks)} identity PSKs, which is all it can.")
        return Rejected(WRITE_REFUSED)

    async def _policy_for(self, key: Key) -> str:
        with self._place.visible():
            return await self._policies.for_vlan(key.vlan)

    async def _load_policies(self) -> Sequence[Policy]:
        with self._place.visible():
            return await self._policies.load()

    async def _firmware(self) -> str | None:
        try:
            return await self._api.firmware(self._site)
        except (Missing, AuthFailed):
            return None
