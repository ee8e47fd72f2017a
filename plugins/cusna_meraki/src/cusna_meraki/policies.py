"""Which group policy carries which VLAN, and how do we come by one?

A group policy is Meraki's only way to give a key a VLAN, and every key must name one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cusna_core.api import ConfigError, Full
from cusna_meraki.client import Dashboard
from cusna_meraki.models import Policy

PLAIN = {"vlanTagging": {"settings": "network default"}, "splashAuthSettings": "bypass"}


def vlan_fields(vlan: int) -> dict[str, Any]:
    """The API wants the number as a string."""
    return {"vlanTagging": {"settings": "custom", "vlanId": str(vlan)}, "splashAuthSettings": "bypass"}


class Policies:
    """The group policies of one Meraki network, as last read.

    `lock` is shared by all SSIDs of the network: policies made at the same time are refused.
    """

    def __init__(
        self, api: Dashboard, network: str, prefix: str, default: str | None, most: int, lock: asyncio.Lock
    ) -> None:
        self._api = api
        self._network = network
        self._prefix = prefix
        self._default = default
        self._most = most
        self._lock = lock
        self._known: dict[str, Policy] | None = None

    async def load(self) -> Sequence[Policy]:
        policies = await self._api.policies(self._network)
        self._known = {policy.id: policy for policy in policies}
        return policies

    def forget(self) -> None:
        """What we know may be stale: ask again before it is used."""
        self._known = None

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

    async def for_vlan(self, vlan: int | None) -> str:
        """The id of the policy that a key with this VLAN must name."""
        if self._known is None:
            await self.load()
        if vlan is None:
            return await self._for_everybody()
        policy = self._named(self._name(vlan))
        if policy is not None and policy.vlan == vlan:
            return policy.id
        # Also where the VLAN exists by somebody else's policy, so that nobody was asked to ensure ours.
        return await self.ensure(vlan)

    async def ensure(self, vlan: int) -> str:
        """Have our policy for this VLAN, and have it as it should be; returns its id."""
        async with self._lock:
            await self.load()
            policy = self._named(self._name(vlan))
            if policy is None:
                return await self._make(self._name(vlan), vlan_fields(vlan))
            if policy.vlan != vlan:
                await self._mend(policy, vlan_fields(vlan))
            return policy.id

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
            async with self._lock:
                await self.load()
                base = self._named(name)
                if base is None:
                    return await self._make(name, PLAIN)
                if base.vlan is not None:
                    await self._mend(base, PLAIN)
        return base.id

    async def _make(self, name: str, fields: Mapping[str, Any]) -> str:
        if len(self._known or {}) >= self._most:
            raise Full(f"This network has {self._most} group policies, which is the most it may have.")
        made = await self._api.create_policy(self._network, {"name": name, **fields})
        self._remember(made)
        return made.id

    async def _mend(self, policy: Policy, fields: Mapping[str, Any]) -> None:
        """Somebody changed a policy of ours: what it carries is what its name says."""
        await self._api.update_policy(self._network, policy.id, fields)
        self._remember(Policy.model_validate({"groupPolicyId": policy.id, "name": policy.name, **fields}))

    def _remember(self, policy: Policy) -> None:
        self._known = {**(self._known or {}), policy.id: policy}

    def _named(self, name: str) -> Policy | None:
        """By exact name; the oldest, should there be twins."""
        twins = [policy for policy in (self._known or {}).values() if policy.name == name]
        return min(twins, key=lambda policy: (len(policy.id), policy.id), default=None)

    def _name(self, vlan: int) -> str:
        return f"{self._prefix}v{vlan}"
