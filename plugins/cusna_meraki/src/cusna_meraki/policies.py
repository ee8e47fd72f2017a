"""Which group policy carries which VLAN, and how do we come by one?

A group policy is Meraki's only way to give a key a VLAN, and every key must name one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cusna_core.api import Clock, ConfigError, Full, PluginError, Rejected
from cusna_meraki.batches import Action
from cusna_meraki.client import Dashboard
from cusna_meraki.gauges import Counts
from cusna_meraki.models import Policy

log = logging.getLogger(__name__)

PLAIN = {"vlanTagging": {"settings": "network default"}, "splashAuthSettings": "bypass"}
VLAN_MIN, VLAN_MAX = 2, 4094
A_DAY = 86400.0
A_MOMENT = 10.0


def possible(vlan: int) -> None:
    """Refuse a number that no company can have."""
    if not VLAN_MIN <= vlan <= VLAN_MAX:
        raise Rejected(f"VLAN {vlan} is not possible: it must be {VLAN_MIN} to {VLAN_MAX}.")


def vlan_fields(vlan: int) -> dict[str, Any]:
    """The API wants the number as a string."""
    return {"vlanTagging": {"settings": "custom", "vlanId": str(vlan)}, "splashAuthSettings": "bypass"}


@dataclass(slots=True)
class Shared:
    """What all SSIDs of one Meraki network have in common."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while policies are made: those made at the same time are refused."""
    used: dict[str, float] = field(default_factory=dict)
    """When a policy of ours was last asked for, by name."""


class Policies:
    """The group policies of one Meraki network, as last read."""

    def __init__(
        self,
        api: Dashboard,
        network: str,
        prefix: str,
        default: str | None,
        most: int,
        shared: Shared,
        clock: Clock,
        counts: Counts,
    ) -> None:
        self._api = api
        self._network = network
        self._prefix = prefix
        self._default = default
        self._most = most
        self._shared = shared
        self._clock = clock
        self._counts = counts
        self._known: dict[str, Policy] | None = None
        self._at = 0.0
        self._doubted = float("-inf")

    async def load(self, *, lately: float = 0.0) -> Sequence[Policy]:
        """All policies as they are, or as they were at most so many seconds ago."""
        if self._known is None or self._clock.monotonic() - self._at >= lately:
            policies = await self._api.policies(self._network)
            self._known, self._at = {policy.id: policy for policy in policies}, self._clock.monotonic()
        self._counts.policies[self._network] = len(self._known)
        return tuple(self._known.values())

    def forget(self) -> None:
        """What we know may be stale: ask again before it is used."""
        self._known = None

    def doubt(self) -> None:
        """Forget, unless that was done a moment ago: a hundred refusals are one reason to look again."""
        now = self._clock.monotonic()
        if now - self._doubted > A_MOMENT:
            self._doubted = now
            self.forget()

    def ours(self, policy: Policy) -> bool:
        """Whether a name says that this policy carries a company's VLAN for this installation."""
        return policy.name.startswith(f"{self._prefix}v")

    def spare(self, policy: Policy) -> bool:
        """Whether its VLAN is nobody else's: we made it, and nobody bent it to another number."""
        return policy.vlan is not None and policy.name == self._name(policy.vlan)

    def vlan_of(self, policy_id: str | None) -> int | None:
        """The VLAN of keys with this policy; None for the network's default, whatever VLAN that has."""
        policy = (self._known or {}).get(policy_id or "")
        if policy is None or policy.name == self._default:
            return None
        return policy.vlan

    def knows(self, ids: Collection[str | None]) -> bool:
        """Whether all of these are among those last read."""
        return self._known is not None and self._known.keys() >= {one for one in ids if one}

    async def for_vlan(self, vlan: int | None) -> str:
        """The id of the policy that a key with this VLAN must name."""
        if vlan is not None:
            possible(vlan)
        if self._known is None:
            await self.load()
        if vlan is None:
            return await self._for_everybody()
        policy = self._wanted(vlan)
        if policy is not None and policy.vlan == vlan:
            return policy.id
        # Also where the VLAN exists by somebody else's policy, so that nobody was asked to ensure ours.
        return await self.ensure(vlan)

    async def ensure(self, vlan: int) -> str:
        """Have our policy for this VLAN, and have it as it should be; returns its id."""
        possible(vlan)
        async with self.making():
            policy = self._wanted(vlan)
            if policy is None:
                return await self._make(self._name(vlan), vlan_fields(vlan))
            if policy.vlan != vlan:
                await self._mend(policy, vlan_fields(vlan))
            return policy.id

    @asynccontextmanager
    async def making(self) -> AsyncIterator[None]:
        """In here nobody else makes policies, and what is known is what there is."""
        async with self._shared.lock:
            await self.load()
            yield

    def action(self, vlan: int) -> Action | None:
        """What `ensure` would do, as part of a batch; None where nothing is to be done."""
        path = f"/networks/{self._network}/groupPolicies"
        policy = self._wanted(vlan)
        if policy is None:
            return Action("create", path, {"name": self._name(vlan), **vlan_fields(vlan)})
        if policy.vlan != vlan:
            return Action("update", f"{path}/{policy.id}", vlan_fields(vlan))
        return None

    def room(self, more: int) -> bool:
        """Whether so many more may be made."""
        return len(self._known or {}) + more <= self._most

    async def _for_everybody(self) -> str:
        if self._default is not None:
            chosen = self._named(self._default)
            if chosen is None:
                raise ConfigError(
                    f'This network has no group policy "{self._default}".', path="default_group_policy"
                )
            return chosen.id
        name = f"{self._prefix}base"
        base = self._named(name)
        if base is None or base.vlan is not None:
            async with self.making():
                base = self._named(name)
                if base is None:
                    return await self._make(name, PLAIN)
                if base.vlan is not None:
                    await self._mend(base, PLAIN)
        return base.id

    async def _make(self, name: str, fields: Mapping[str, Any]) -> str:
        if not self.room(1) and not await self._free_one():
            raise Full(f"This network has {self._most} group policies, which is the most it may have.")
        try:
            made = await self._api.create_policy(self._network, {"name": name, **fields})
        except Rejected:
            # Another controller's networks are here as well, and one of them was faster.
            await self.load()
            found = self._named(name)
            if found is None:
                raise
            return found.id
        self._remember(made)
        return made.id

    async def _free_one(self) -> bool:
        """Where the network is full, take a policy away that a company left behind.

        Only one of ours, just as we made it, that nobody asked for within a day, and that no key of any
        SSID of the network names; and Meraki itself refuses while it is in use otherwise. Should its
        company come back, it is made anew.
        """
        now = self._clock.monotonic()
        idle = [
            policy
            for policy in sorted((self._known or {}).values(), key=_by_age)
            if self.spare(policy) and now - self._shared.used.get(policy.name, -A_DAY) >= A_DAY
        ]
        if not idle:
            return False
        in_use: set[str | None] = set()
        for ssid in await self._api.ssids(self._network):
            in_use |= {psk.policy_id for psk in await self._api.psks(self._network, ssid.number)}
        for policy in idle:
            if policy.id in in_use:
                continue
            try:
                await self._api.delete_policy(self._network, policy.id)
            except PluginError as error:
                log.info("%s: group policy %s stays (%s).", self._network, policy.name, type(error).__name__)
                continue
            self._known = {one: kept for one, kept in (self._known or {}).items() if one != policy.id}
            log.info("%s: group policy %s was in nobody's use and made room.", self._network, policy.name)
            return True
        return False

    async def _mend(self, policy: Policy, fields: Mapping[str, Any]) -> None:
        """Somebody changed a policy of ours: what it carries is what its name says."""
        await self._api.update_policy(self._network, policy.id, fields)
        self._remember(Policy.model_validate({"groupPolicyId": policy.id, "name": policy.name, **fields}))

    def _remember(self, policy: Policy) -> None:
        self._known = {**(self._known or {}), policy.id: policy}

    def _wanted(self, vlan: int) -> Policy | None:
        """Our policy of a VLAN that somebody needs now."""
        self._shared.used[self._name(vlan)] = self._clock.monotonic()
        return self._named(self._name(vlan))

    def _named(self, name: str) -> Policy | None:
        """By exact name; the oldest, should there be twins."""
        twins = [policy for policy in (self._known or {}).values() if policy.name == name]
        return min(twins, key=_by_age, default=None)

    def _name(self, vlan: int) -> str:
        return f"{self._prefix}v{vlan}"


def _by_age(policy: Policy) -> tuple[int, str]:
    return len(policy.id), policy.id
