"""How do keys come to work on one WLAN of a SmartZone controller?

A key is a group DPSK. It lives in one zone and WLAN only, so roaming makes one in each.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    Change,
    Client,
    ConfigError,
    Context,
    Feature,
    Finding,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    Outcome,
    PluginError,
    Ref,
    Rejected,
    Revoke,
    Segment,
    SegmentState,
    Transient,
)
from cusna_ruckus.smartzone import checks
from cusna_ruckus.smartzone.client import SmartZoneApi
from cusna_ruckus.smartzone.keys import Keys
from cusna_ruckus.smartzone.mapping import fit, fit_vlan, state
from cusna_ruckus.smartzone.models import Device
from cusna_ruckus.smartzone.options import SmartZoneNetworkOptions
from cusna_ruckus.smartzone.place import NAMED_FOR, Place, Shared

FEATURES = (
    Feature.VLAN | Feature.LABEL | Feature.READ_PASSPHRASE | Feature.CHOOSE_PASSPHRASE | Feature.CLIENTS
)
SETTLE = 30.0
"""Seconds. Nobody says how long a controller takes to tell its access points."""
A_CALL = 100
"""DPSKs deleted, or devices dropped, by one call; what SmartZone's own pages do at once."""
LABEL_MAX = 32
CONCERN_ALL = (Transient, AuthFailed, ConfigError)


class SmartZoneNetwork(Network[SmartZoneNetworkOptions]):
    """One WLAN. A key's reference is the DPSK's id; its label is the user name, and not unique."""

    def __init__(
        self, api: SmartZoneApi, options: SmartZoneNetworkOptions, shared: Shared, context: Context
    ) -> None:
        self._api = api
        self._context = context
        self._most = options.max_group_keys
        self._place = Place(api, options, shared, context.clock)
        self._ready = shared.ready
        self._keys = Keys(api, self._place, shared, options.max_group_keys)
        self.ssid = "" if options.wlan.isdecimal() else options.wlan
        self.features = FEATURES | (Feature.DISCONNECT if options.disconnect else Feature.NONE)
        self.limits = Limits(
            keys=options.max_group_keys,
            passphrase_min=8,
            passphrase_max=63,
            label_max=LABEL_MAX,
            vlan_min=2,
            vlan_max=4094,
            settle=SETTLE,
            batch=A_CALL,
        )

    def identity(self) -> str:
        return self._place.identity

    def segment_domain(self) -> str:
        """The zone as the options write it: what it is called must not change when it was read."""
        return self._place.domain

    # What is there

    async def check(self) -> Sequence[Finding]:
        spot = await self._place.look()
        if isinstance(spot, Finding):
            return [spot]
        self.ssid = spot.ssid
        with self._place.visible():
            settings = await self._place.settings()
        dpsks = await self._keys.all()
        ours = [one for one in dpsks if (one.label or "").startswith(self._context.label_prefix)]
        with_vlans = any(one.vlan is not None for one in ours)
        return checks.errors_first([*checks.of_wlan(settings, vlans=with_vlans), *checks.of_dpsks(ours)])

    async def read(self) -> Sequence[KeyState]:
        dpsks = await self._keys.all()
        self.ssid = (await self._place.spot()).ssid
        # DPSKs for one device only are seen, and take no place among the group DPSKs.
        self.limits = replace(self.limits, keys=self._most + self._keys.single)
        self.features |= Feature.READ_PASSPHRASE
        if dpsks and all(one.passphrase is None for one in dpsks):
            self.features &= ~Feature.READ_PASSPHRASE
        return [state(one) for one in dpsks]

    async def segments(self) -> Sequence[SegmentState]:
        """VLANs that keys and WLANs of the zone use.

        A VLAN is no object in SmartZone: a key names a number, and the switches must carry it. What is told
        here keeps the core from giving a company a number that somebody else uses (its own groups' numbers it
        knows). What it had us prepare is there and nobody's: `free`. Numbers in VLAN pools and of RADIUS
        servers cannot be seen.
        """
        spot = await self._place.spot()
        await self._place.need_one_spelling()
        with self._place.visible():
            dpsks = await self._keys.of_zone()
            wlans = await self._api.wlans(spot.zone)
        names = {one.id: one.name or one.ssid or one.id for one in wlans}
        used = {one.vlan: f"DPSK of {names.get(one.wlan_id or '', one.wlan_id)}" for one in dpsks}
        for one in wlans:
            try:
                settings = await self._place.settings(one.id, within=NAMED_FOR)
            except Missing:
                raise BadAnswer("SmartZone lists a WLAN and says that it is not there.") from None
            used[settings.vlan.access if settings.vlan else None] = names[one.id]
        found = [SegmentState(vlan, name) for vlan, name in used.items() if vlan is not None]
        ready = self._ready.get(spot.zone, {}).items()
        return found + [SegmentState(vlan, name, free=True) for vlan, name in ready if vlan not in used]

    async def clients(self) -> Sequence[Client]:
        labels: dict[str | None, Ref | None] = {None: None, "": None}
        for one in await self._keys.all():
            labels[one.label] = None if one.label in labels else Ref(one.id)
        return [
            Client(one.mac.lower(), vlan=one.vlan, ref=labels.get(one.user_name))
            for one in await self._devices()
        ]

    # What is done

    async def ensure_segment(self, segment: Segment) -> None:
        """There is nothing to make: a VLAN is there as soon as a key names it.

        That the access points' switch ports carry it cannot be seen from here.
        """
        fit_vlan(segment.vlan, self.limits)
        await self._place.need_tags(segment.vlan)
        spot = await self._place.spot()
        self._ready.setdefault(spot.zone, {})[segment.vlan] = segment.name

    async def create(self, key: Key) -> Ref:
        fit(key, self.limits)
        return await self._keys.make(key)

    async def revoke(self, ref: Ref) -> None:
        deleted = await self._keys.delete([ref])
        if deleted.left:
            raise deleted.error or _still_there()

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        """Devices are known by the key's label: another key of the same label would lose its devices, too."""
        if Feature.DISCONNECT not in self.features:
            return await super().disconnect(ended)
        labels = {one.label for one in ended if one.label}
        if not labels:
            return 0
        devices = list(
            dict.fromkeys(
                (one.mac, one.ap) for one in await self._devices() if one.user_name in labels and one.ap
            )
        )
        dropped = 0
        try:
            for start in range(0, len(devices), A_CALL):
                dropped += await self._drop(devices[start : start + A_CALL])
        except AuthFailed:
            raise Rejected(
                "This administrator may not disconnect devices. Give the role more rights, or switch the "
                "option disconnect off."
            ) from None
        return dropped

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """In their order; revokes that stand together are one call. Stops at what concerns all.

        A key that changes is deleted and made anew. If it cannot be made, it is away until the core's next
        round makes it: the core keeps the passphrase, and knows that the old one is gone.
        """
        for run in _runs(changes):
            if isinstance(run[0], Revoke):
                outcomes = await self._end([one for one in run if isinstance(one, Revoke)])
            else:
                outcomes = [await self._alone(run[0])]
            for outcome in outcomes:
                yield outcome
                if isinstance(outcome.error, CONCERN_ALL):
                    return

    async def _end(self, revokes: Sequence[Revoke]) -> Sequence[Outcome]:
        try:
            deleted = await self._keys.delete([one.ref for one in revokes])
        except PluginError as error:
            return [Outcome(revokes[0], error=error)]
        return [
            Outcome(one, error=deleted.error or _still_there())
            if one.ref in deleted.left
            else Outcome(one, ref=one.ref)
            for one in revokes
        ]

    async def _alone(self, change: Change) -> Outcome:
        try:
            return Outcome(change, ref=await self._one(change))
        except PluginError as error:
            return Outcome(change, error=error)

    # Devices

    async def _devices(self) -> Sequence[Device]:
        """On this WLAN. The search is not trusted to know which that is."""
        spot = await self._place.spot()
        return [
            one
            for one in await self._api.devices(spot.wlan)
            if one.zone_id in (None, spot.zone) and one.ssid in (None, spot.ssid)
        ]

    async def _drop(self, devices: Sequence[tuple[str, str]]) -> int:
        try:
            await self._api.disconnect_all(devices)
        except Rejected:
            pass  # one that left meanwhile may have spoilt it for all
        else:
            return len(devices)
        dropped = 0
        for mac, ap in devices:
            try:
                await self._api.disconnect(mac, ap)
            except Rejected:
                continue  # it left by itself
            dropped += 1
        return dropped


def _runs(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Revokes that stand together, as many as one call takes; all others alone."""
    run: list[Change] = []
    for change in changes:
        if isinstance(change, Revoke) and len(run) < A_CALL:
            run.append(change)
            continue
        if run:
            yield run
        run = [change] if isinstance(change, Revoke) else []
        if not run:
            yield [change]
    if run:
        yield run


def _still_there() -> Rejected:
    return Rejected("SmartZone does not delete this key, and does not say why.")
