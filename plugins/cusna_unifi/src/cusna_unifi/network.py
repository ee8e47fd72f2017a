"""How do keys come to work on a UniFi SSID?

The whole list of PPSKs is one field of the WLAN, and there is no locking: each flush reads it afresh, writes
it once if anything differs, and reads it back, because `ok` is no confirmation.
"""

import logging
from collections.abc import AsyncIterator, Sequence

from cusna_core.api import (
    AuthFailed,
    Change,
    Client,
    ConfigError,
    Create,
    EnsureSegment,
    Feature,
    Finding,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    Outcome,
    PluginError,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Segment,
    SegmentState,
    Transient,
    Update,
)
from cusna_unifi import checks, vlans
from cusna_unifi.client import UnifiApi
from cusna_unifi.flush import Flush, View
from cusna_unifi.options import UnifiNetworkOptions
from cusna_unifi.ppsk import KeyChange, Rules, network_id, password
from cusna_unifi.site import A_MOMENT, Shared
from cusna_unifi.wire import Station, Wlan

log = logging.getLogger(__name__)


class UnifiNetwork(Network[UnifiNetworkOptions]):
    """One SSID. A key's reference is the keyed fingerprint of its passphrase."""

    def __init__(self, options: UnifiNetworkOptions, api: UnifiApi, shared: Shared) -> None:
        self.options = options
        self._api = api
        self._shared = shared
        self._context = api.context
        self.features = (
            Feature.VLAN
            | Feature.READ_PASSPHRASE
            | Feature.CHOOSE_PASSPHRASE
            | Feature.UPDATE
            | Feature.CLIENTS
        )
        if options.disconnect:
            self.features |= Feature.DISCONNECT | Feature.DISCONNECT_IS_GROUPWIDE
        self.ssid = options.ssid
        self.limits = Limits(
            keys=options.max_keys,
            passphrase_min=8,
            passphrase_max=63,
            vlan_min=vlans.LOWEST,
            vlan_max=vlans.HIGHEST,
            write_interval=options.write_interval,
            settle=options.settle,
        )

    def identity(self) -> str:
        return f"{self._shared.domain}/{self.options.wlan_id or self.options.ssid}"

    def segment_domain(self) -> str:
        return self._shared.domain

    async def check(self) -> Sequence[Finding]:
        found = checks.select(await self._shared.wlans(), self.options)
        if isinstance(found, Finding):
            return [found]
        clash = self._shared.claim(found.id, self.identity())
        findings = [clash] if clash else []
        networks = await self._shared.networks()
        findings += checks.of_wlan(found, networks, self.options)
        try:
            for one in found.private_preshared_keys:
                password(one)
        except AuthFailed:
            findings.append(checks.hidden())
        return checks.errors_first(findings)

    async def read(self) -> Sequence[KeyState]:
        view = await self._view(A_MOMENT)
        anchor = self._anchor(view.wlan)
        return [
            KeyState(
                ref=Ref(self._context.fingerprint(password(one))),
                passphrase=Secret(password(one)),
                vlan=view.networks.vlan_of(network_id(one)),
            )
            for one in view.entries
            if password(one) != anchor
        ]

    async def segments(self) -> Sequence[SegmentState]:
        networks = await self._shared.networks(lately=A_MOMENT)
        wlans = await self._shared.wlans_without_keys(lately=A_MOMENT)
        return vlans.states(networks, wlans, self.options)

    async def create(self, key: Key) -> Ref:
        return await self._alone(Create(key))

    async def update(self, ref: Ref, key: Key) -> Ref:
        return await self._alone(Update(ref, key))

    async def revoke(self, ref: Ref) -> None:
        await self._alone(Revoke(ref, label=""))

    async def ensure_segment(self, segment: Segment) -> None:
        async with self._shared.lock("networks"):
            fields = vlans.missing(segment, await self._shared.networks(), self.options)
            if fields is None:
                return
            lost: Transient | None = None
            try:
                await self._api.add_network(fields)
            except RateLimited:
                raise
            except Transient as error:
                lost = error  # it may be there all the same
            if vlans.missing(segment, await self._shared.networks(), self.options) is not None:
                raise lost or Transient(f"UniFi said that it made VLAN {segment.vlan}, but it is not there.")

    async def clients(self) -> Sequence[Client]:
        view = await self._view()
        return [
            Client(mac=one.mac.lower(), vlan=view.networks.vlan_of(one.network_id))
            for one in await self._stations(view.wlan)
        ]

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        """UniFi does not tell which key a client used: those of the ended keys' networks on this SSID go."""
        if Feature.DISCONNECT not in self.features:
            return await super().disconnect(ended)
        if not ended:
            return 0
        view = await self._view(A_MOMENT)
        leaving: set[str] = set()
        for one in ended:
            leaving |= view.networks.ids_of(one.vlan)
        kicked = 0
        refused: Rejected | None = None
        for station in await self._stations(view.wlan):
            if station.network_id in leaving:
                try:
                    await self._api.kick(station.mac)
                except Missing:
                    continue  # it left by itself in the meantime
                except Rejected as error:
                    refused = error  # the others go all the same
                    continue
                kicked += 1
        if refused is not None and kicked == 0:
            raise refused
        return kicked

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """Networks first, one by one; then all keys with one write."""
        segments = [one for one in changes if isinstance(one, EnsureSegment)]
        unready: set[int | None] = set()
        for place, change in enumerate(segments):
            try:
                await self.ensure_segment(change.segment)
            except PluginError as error:
                yield Outcome(change, error=error)
                if isinstance(error, (Transient, AuthFailed)):
                    # Ends are still tried, and keys that need none of these networks.
                    unready = {one.segment.vlan for one in segments[place:]}
                    break
            else:
                yield Outcome(change)
        keys = [
            one
            for one in changes
            if isinstance(one, Revoke) or (not isinstance(one, EnsureSegment) and one.key.vlan not in unready)
        ]
        if keys:
            for outcome in await self._flush(keys):
                yield outcome

    # The list

    async def _alone(self, change: KeyChange) -> Ref:
        (outcome,) = await self._flush([change])
        if outcome.error is not None:
            raise outcome.error
        assert outcome.ref is not None
        return outcome.ref

    async def _flush(self, changes: Sequence[KeyChange]) -> list[Outcome]:
        async with self._shared.lock(self.identity()):
            try:
                view = await self._view(A_MOMENT)
                vlans_of = {one.key.vlan for one in changes if not isinstance(one, Revoke)}
                if not all(view.networks.has(vlan) for vlan in vlans_of):
                    view = await self._view()
            except PluginError as error:
                return [Outcome(changes[0], error=error)]  # the others were not tried
            flush = Flush(self._view, self._rules, self._api.put_wlan)
            outcomes = await flush.run(view, changes)
            if self.options.force_provision and flush.written:
                await self._push()
            return outcomes

    def _rules(self, view: View) -> Rules:
        base = view.wlan.x_passphrase
        return Rules(
            fingerprint=self._context.fingerprint,
            bind=view.networks.id_of,
            base=base.get_secret_value() if base else None,
            most=self.options.max_keys,
            anchor=self._anchor(view.wlan),
        )

    def _anchor(self, wlan: Wlan) -> str:
        """The same for this installation and WLAN, and for nobody else to guess: the fingerprint is keyed.

        The line break keeps what is fingerprinted apart from every passphrase.
        """
        return self._context.fingerprint(f"anchor\n{self._context.installation}\n{wlan.id}")[:40]

    async def _view(self, lately: float = 0.0) -> View:
        """What is there now; ConfigError where keys cannot work on this SSID at all.

        The site's networks may be so many seconds old: nothing is lost by that but a look.
        """
        wlan = checks.select(await self._shared.wlans(), self.options)
        if isinstance(wlan, Finding):
            raise _refusal(wlan)
        clash = self._shared.claim(wlan.id, self.identity())
        if clash:
            raise _refusal(clash)
        without_keys = checks.without_keys(wlan)
        if without_keys:
            raise _refusal(*without_keys)
        networks = await self._shared.networks(lately=lately)
        return View(wlan, vlans.Networks(networks, wlan, self.options), new=lately == 0.0)

    async def _stations(self, wlan: Wlan) -> list[Station]:
        return [one for one in await self._api.stations() if one.essid == wlan.name and not one.is_wired]

    async def _push(self) -> None:
        """Have the access points load the change; one that fails is UniFi's to mend, the keys are stored."""
        try:
            for device in await self._api.devices():
                if device.is_ap and device.state == 1:
                    await self._api.force_provision(device.mac)
        except PluginError as error:
            log.warning(
                "%s: access points could not be told to load the change: %s", self._context.name, error
            )


def _refusal(*findings: Finding) -> ConfigError:
    sentences = " ".join(f"{one.summary} {one.fix}" for one in findings)
    return ConfigError(sentences, path=findings[0].path)
