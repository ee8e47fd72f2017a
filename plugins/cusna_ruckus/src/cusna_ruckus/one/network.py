"""How are keys read, made, changed and ended in one DPSK pool?"""

from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from cusna_core.api import (
    AuthFailed,
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
    Revoke,
    Segment,
    SegmentState,
)
from cusna_ruckus.one import checks
from cusna_ruckus.one.batch import STOP, runs, side_by_side
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.devices import Devices
from cusna_ruckus.one.ends import MOST, Ends
from cusna_ruckus.one.mapping import fit, promised_end
from cusna_ruckus.one.models import IdentityGroup, Pool, Row
from cusna_ruckus.one.options import RuckusOneNetworkOptions
from cusna_ruckus.one.place import Place
from cusna_ruckus.one.rows import Rows
from cusna_ruckus.one.writes import Tenant, Writes

FEATURES = (
    Feature.VLAN
    | Feature.LABEL
    | Feature.READ_PASSPHRASE
    | Feature.CHOOSE_PASSPHRASE
    | Feature.UPDATE
    | Feature.EXPIRY
    | Feature.CLIENTS
    | Feature.DISCONNECT
)
IN_FLIGHT = 10
SETTLE = 15.0
"""Seconds. Nobody says how soon an access point knows a new key; it asks the cloud, so soon."""


class RuckusOneNetwork(Network[RuckusOneNetworkOptions]):
    """One pool. A key's reference is the id of its passphrase; its label is the passphrase's user name."""

    def __init__(
        self,
        cloud: Cloud,
        options: RuckusOneNetworkOptions,
        context: Context,
        *,
        tenant: str,
        using: MutableMapping[str, "RuckusOneNetwork"],
        known: Tenant,
    ) -> None:
        self._cloud = cloud
        self._options = options
        self._context = context
        self._tenant = tenant
        self._known = known
        self._grace = timedelta(hours=options.expiry_grace)
        self._using = using
        self._place = Place(cloud, options)
        same = (one.identity() for one in list(using.values()) if one.is_called(options.pool))
        self._identity = next(same, f"ruckus_one/{tenant}/{options.pool}")
        self._rows = Rows(cloud, self._place, context.clock)
        self._devices = Devices(cloud, self._place, self._rows)
        self._ends = Ends(
            cloud, self._place, self._rows, self._devices, options.disable_mode, known, context.clock
        )
        self._writes = Writes(cloud, self._place, self._rows, options, context, known, self._ends.delete)
        self._ready: set[int] = set()
        self.features = FEATURES
        self.limits = Limits(
            keys=options.max_keys,
            passphrase_min=8,
            passphrase_max=63,
            label_max=190,
            vlan_min=2,
            vlan_max=4094,
            settle=SETTLE,
            batch=MOST,
        )
        self.ssid = options.ssid or ""

    def identity(self) -> str:
        return self._identity

    def is_called(self, pool: str) -> bool:
        return self._place.is_called(pool)

    def segment_domain(self) -> str:
        return f"ruckus_one/{self._tenant}"

    # What is there

    async def check(self) -> Sequence[Finding]:
        try:
            pool = await self._place.look()
        except ConfigError as problem:
            return [checks.of_place(problem)]
        try:
            await self._know()
        except ConfigError as problem:
            return [checks.shared(problem)]
        found = list(checks.of_pool(pool))
        found += checks.of_wlans(pool, await self._place.wlans(), self._options.ssid)
        found += checks.of_groups(pool, await self._groups(pool), self._options.identity_group_id)
        now = self._context.clock.now()
        working = sum(1 for one in await self._rows.all() if one.works(now))
        found += checks.of_room(working, self._options.max_keys)
        found += checks.of_ends(self._options.disable_mode, self._known.revoke_does_nothing)
        return checks.errors_first(found)

    async def read(self) -> Sequence[KeyState]:
        """Only keys that work: what was revoked or has run out lets nobody in, so it is not there.

        It is remembered, so that the same passphrase comes back when its member does.
        """
        await self._know()
        rows = await self._rows.all()
        now = self._context.clock.now()
        return [self._state(one) for one in rows if one.works(now)]

    async def segments(self) -> Sequence[SegmentState]:
        """RUCKUS One has no object for a VLAN: a passphrase names its number, and that is all.

        So a number is in use when a passphrase of the pool or a network of the tenant has it, whoever
        made that; the core gives companies none that others use. Revoked passphrases of others count:
        they may come back any day. Ours do not, since they get the right number before they work again;
        else a number would never be free. What the core had us prepare is there without being in use:
        free.
        """
        prefix = self._context.label_prefix
        now = self._context.clock.now()
        used: dict[int, str] = {}
        for row in await self._rows.recent():
            ours = (row.label or "").startswith(prefix)
            if row.vlan is None or (ours and not row.works(now)):
                continue
            if not ours or row.vlan not in used:
                used[row.vlan] = (
                    f"{prefix}v{row.vlan}" if ours else row.label or "a passphrase without a name"
                )
        for wlan in await self._cloud.wlans():
            if wlan.vlan is not None:
                used.setdefault(wlan.vlan, wlan.name or wlan.ssid or "a network without a name")
        states = [SegmentState(vlan, name) for vlan, name in used.items()]
        ready = sorted(self._ready - used.keys())
        return [*states, *(SegmentState(vlan, f"{prefix}v{vlan}", free=True) for vlan in ready)]

    async def clients(self) -> Sequence[Client]:
        """About three minutes late: RUCKUS One itself learns no sooner."""
        return await self._devices.online(await self._rows.all())

    # What is done

    async def ensure_segment(self, segment: Segment) -> None:
        """Nothing to make. That the switch ports carry the VLAN cannot be seen from here."""
        self._ready.add(segment.vlan)

    async def create(self, key: Key) -> Ref:
        await self._know()
        fit(key, self.limits)
        await self._place.need_quiet()
        return await self._writes.create(key)

    async def update(self, ref: Ref, key: Key) -> Ref:
        await self._know()
        fit(key, self.limits)
        await self._place.need_quiet()
        return await self._writes.update(ref, key)

    async def revoke(self, ref: Ref) -> None:
        known = self._rows.known(ref)
        problems = await self._ends.end({ref: known.label or "" if known else ""})
        if problems:
            raise problems[ref]

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        return await self._devices.drop(ended)

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """Revokes go together, up to 200 in a call; updates and creates side by side, up to ten."""
        for run in runs(changes):
            if isinstance(run[0], Revoke):
                outcomes = self._revokes(cast("list[Revoke]", run))
            else:
                outcomes = side_by_side(run, self._one, IN_FLIGHT)
            stopped = False
            # Both are async generators, which the type of `apply` does not say.
            async with aclosing(cast("Any", outcomes)) as told:
                async for outcome in told:
                    stopped = stopped or isinstance(outcome.error, STOP)
                    yield outcome
            if stopped:
                return

    async def _revokes(self, changes: Sequence[Revoke]) -> AsyncIterator[Outcome]:
        for start in range(0, len(changes), MOST):
            some = changes[start : start + MOST]
            try:
                problems = await self._ends.end({str(one.ref): one.label for one in some})
            except PluginError as error:
                for one in some:
                    yield Outcome(one, error=error)
                return
            for one in some:
                problem = problems.get(one.ref)
                yield Outcome(one, ref=None if problem else one.ref, error=problem)

    # One key

    async def _know(self) -> None:
        """The SSID's name, how short a passphrase the pool takes, and that no other network uses it."""
        pool = await self._place.pool()
        other = self._using.setdefault(pool.id, self)
        if other.identity() != self.identity():
            raise ConfigError(
                f'Pool "{self._options.pool}" is the one that another network in Cusna calls '
                f'"{other._options.pool}": each would take the keys of the other for a stranger\'s.',
                path="pool",
            )
        self.ssid = await self._place.ssid()
        shortest = min(max(pool.shortest or 8, 8), self.limits.passphrase_max)
        if shortest != self.limits.passphrase_min:
            self.limits = replace(self.limits, passphrase_min=shortest)

    async def _groups(self, pool: Pool) -> Sequence[IdentityGroup]:
        """None, if the token may not see them: most pools have one, which needs no word."""
        try:
            return await self._cloud.identity_groups(pool.id)
        except (AuthFailed, Missing):
            return ()

    def _state(self, row: Row) -> KeyState:
        return KeyState(
            Ref(row.id),
            label=row.label,
            passphrase=row.passphrase,
            vlan=row.vlan,
            ends=promised_end(row, self._context.label_prefix, self._grace),
        )
