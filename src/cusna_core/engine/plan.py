"""What would have to change on one network now, and because of what?"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cusna_core.api import Clock, Feature, Ref, Segment, SegmentState
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Wifi
from cusna_core.engine.fenced_network import no_label
from cusna_core.flow.changes import Step, changes
from cusna_core.flow.groups import Group, Pool, allot, company_of
from cusna_core.flow.keys import Should, should
from cusna_core.flow.ownership import Memory, Owned, Seen, own
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account, Place
from cusna_core.store import fingerprints
from cusna_core.store import groups as group_rows
from cusna_core.store import keys as key_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

Company = tuple[str, str]
UNBELIEVED = timedelta(days=1)
"""So long a company that the source lost is still thought to be there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps for one network, with what they were made from."""

    wifi: Wifi
    at: datetime
    steps: tuple[Step, ...]
    should: Should
    owned: Owned
    accounts: Mapping[str, Account]
    collided: tuple[str, ...]
    """Accounts whose passphrase somebody else's key has now (rule 8)."""
    keys: int
    """Keys on the network when it was read."""
    only: str | None = None
    """The one account that the plan is about; None: everybody."""

    @property
    def digest(self) -> str:
        """Of exactly these steps."""
        told = [f"{one.verb} {one.account_id} {one.ref} {one.wanted} {one.segment}" for one in self.steps]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the database has to say about a network."""

    memory: tuple[Memory, ...]
    collided: tuple[str, ...]


class Planner:
    """Reads a network and compares it with what should be there."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, decisions: Decisions, prefix: str) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._decisions = decisions
        self._prefix = prefix
        self._allotting = asyncio.Lock()

    async def plan(self, wifi: Wifi, *, only: str | None = None, now: datetime | None = None) -> Plan:
        """The plan for a network, or for one account's key on it (then nobody else's is in it)."""
        seen = await self.look(wifi)
        segments: tuple[SegmentState, ...] = ()
        if wifi.manages_vlans:
            segments = tuple(await wifi.network.segments())
        now = now or self._clock.now()
        told = await self._db.run(lambda tx: self._tell(tx, wifi, seen))
        _believe(wifi, seen, told.memory)
        owned = own(seen, told.memory, wifi.network.features)
        accesses, accounts = self._who(wifi, only, now)
        chosen = await self._groups(wifi, accesses, accounts, segments, owned, now)
        present = {
            account: keys[0].state.vlan
            for account, keys in owned.ours.items()
            if only is None or account == only
        }
        foreign_count = len(owned.foreign)
        if only is not None:
            foreign_count += sum(1 for account in owned.ours if account != only)
        wanted = should(
            wifi.net(),
            accesses,
            accounts,
            chosen.by_account,
            chosen.without,
            present,
            frozenset(one.fingerprint for one in owned.foreign if one.fingerprint),
            foreign_count,
            self._prefix,
        )
        steps = changes(
            wanted,
            _narrowed(owned, only),
            segments,
            {one.vlan: Segment(one.vlan, self._segment_name(one)) for one in chosen.groups},
            told.memory,
            wifi.network.features,
        )
        collided = tuple(one for one in told.collided if only is None or one == only)
        return Plan(wifi, now, steps, wanted, owned, accounts, collided, len(seen), only)

    async def look(self, wifi: Wifi) -> tuple[Seen, ...]:
        """The keys on a network, each with the fingerprint of its passphrase where that can be read."""
        states = await wifi.network.read()
        return tuple(
            Seen(one, self._vault.fingerprint(one.passphrase.get_secret_value()) if one.passphrase else None)
            for one in states
        )

    def _tell(self, tx: Tx, wifi: Wifi, seen: tuple[Seen, ...]) -> _Told:
        memory = tuple(key_rows.memory(tx, wifi.id))
        foreign = own(seen, memory, wifi.network.features).foreign
        collided = fingerprints.foreign(
            tx, wifi.id, frozenset(one.fingerprint for one in foreign if one.fingerprint)
        )
        return _Told(memory, tuple(collided))

    def _who(
        self, wifi: Wifi, only: str | None, now: datetime
    ) -> tuple[tuple[Access, ...], dict[str, Account]]:
        """The accesses at this network's locations, of all integrations."""
        accesses: list[Access] = []
        accounts: dict[str, Account] = {}
        for integration in self._decisions.integrations():
            decision = self._decisions.latest(integration)
            if decision is None:
                continue
            found = (
                self._decisions.accesses(integration, now)
                if only is None
                else self._decisions.accesses_of(integration, only, now)
            )
            for one in found:
                if one.location_id in wifi.location_ids:
                    account = decision.account(one.account_id)
                    if account is not None and not account.suspended:
                        accesses.append(one)
                        accounts[account.id] = account
        return tuple(accesses), accounts

    async def _groups(
        self,
        wifi: Wifi,
        accesses: tuple[Access, ...],
        accounts: Mapping[str, Account],
        segments: Iterable[SegmentState],
        owned: Owned,
        now: datetime,
    ) -> "_Chosen":
        """Each account's group on this network; new groups are kept at once, so that numbers stay."""
        company = self._companies(wifi, accesses, accounts)
        managed = any(
            self._decisions.estate.policy(one.integration).manage_vlans for one in accounts.values()
        )
        if not managed or not wifi.manages_vlans:
            return _Chosen({}, frozenset(), ())
        domain = wifi.network.segment_domain()
        ordered = sorted(
            accesses,
            key=lambda one: (
                one.account_id not in owned.ours,
                one.roaming,
                one.right.starts,
                one.account_id,
            ),
        )
        wanted = tuple(
            dict.fromkeys((company[one.account_id], wifi.id) for one in ordered if one.account_id in company)
        )
        limits = wifi.network.limits
        numbers = [one for one in wifi.pool if limits.vlan_min <= one <= limits.vlan_max]
        pools = {wifi.id: Pool(wifi.id, domain, numbers)}
        # Networks of one domain share its numbers: one allotment at a time, each on the latest groups.
        async with self._allotting:
            groups = tuple(await self._db.read(group_rows.groups))
            ours = {one.vlan for one in groups if one.domain == domain}
            used = {one.vlan for one in segments if not one.free} - ours
            allotment = allot(wanted, self._known_companies(), groups, pools, {domain: used}, now)
            if allotment.groups != groups:
                await self._db.run(lambda tx: group_rows.save(tx, allotment.groups))
        mine = {one.company: one for one in allotment.groups if one.network_id == wifi.id}
        without = {name for name, network in allotment.without if network == wifi.id}
        groups_of: dict[str, Group | None] = {account: mine.get(name) for account, name in company.items()}
        for account in accounts.values():
            if account.id not in company and account.id in owned.ours:
                there = owned.ours[account.id][0].state.vlan
                groups_of[account.id] = self._kept(account, there, mine.values(), now)
        return _Chosen(
            groups_of,
            frozenset(account for account, name in company.items() if name in without),
            tuple(mine.values()),
        )

    def _companies(
        self, wifi: Wifi, accesses: tuple[Access, ...], accounts: Mapping[str, Account]
    ) -> dict[str, Company]:
        """Each account's company at this network, for integrations whose VLANs are managed."""
        estate = self._decisions.estate
        found: dict[str, Company] = {}
        for one in accesses:
            account = accounts[one.account_id]
            decision = self._decisions.latest(account.integration)
            managed = estate.policy(account.integration).manage_vlans
            if decision is None or not managed or account.id in found:
                continue
            location = estate.locations.get(one.location_id)
            # A held right at a location that is configured no longer: the key stays in its VLAN.
            place = (
                location.place
                if location
                else Place(one.location_id, account.integration, "", ZoneInfo("UTC"))
            )
            facts = decision.facts_of(account.id)
            company = company_of(account, place, one.right, decision.rights_of(account.id), facts)
            if company is not None:
                found[account.id] = (account.integration, company)
        return found

    def _kept(
        self, account: Account, vlan: int | None, groups: Iterable[Group], now: datetime
    ) -> Group | None:
        """The company's VLAN that a key is in, where a source that lost its companies must not move it.

        Whose right the brake holds stays where they are; and a company that somebody's record still names
        is not believed to be gone before a day has passed.
        """
        decision = self._decisions.latest(account.integration)
        group = next((one for one in groups if one.vlan == vlan), None)
        if decision is None or group is None or group.company[0] != account.integration:
            return None
        if any(one.right.account_id == account.id for one in decision.braked.held):
            return group
        records = decision.facts_of(account.id).index.affiliations
        named = {one.company_id for person in account.person_ids for one in records.get(person, ())}
        return group if group.company[1] in named and now - group.last_known < UNBELIEVED else None

    def _known_companies(self) -> frozenset[Company]:
        """Companies of which the sources still tell."""
        latest = [self._decisions.latest(one) for one in self._decisions.integrations()]
        return frozenset(
            (one.integration, company) for one in latest if one is not None for company in one.facts.companies
        )

    def _segment_name(self, group: Group) -> str:
        """A label of ours for a company's VLAN: it holds the number, never the company's name."""
        return f"{self._prefix}v{group.vlan}"


@dataclass(frozen=True, slots=True)
class _Chosen:
    by_account: Mapping[str, Group | None]
    without: frozenset[str]
    groups: tuple[Group, ...]


def _narrowed(owned: Owned, only: str | None) -> Owned:
    """Only one account's keys, so that a plan for it can touch nobody else's."""
    if only is None:
        return owned
    return Owned({account: keys for account, keys in owned.ours.items() if account == only}, owned.foreign)


def _believe(wifi: Wifi, seen: Iterable[Seen], memory: Iterable[Memory]) -> None:
    """Raise where a driver that claims LABEL shows none of our keys' labels.

    They would be taken for somebody else's: each would be made again, and its passphrase replaced.
    """
    if Feature.LABEL not in wifi.network.features:
        return
    made = {one.ref for one in memory if one.ref is not None and not one.revoked}
    ours = [one.state.label for one in seen if one.state.ref in made]
    if ours and all(label is None for label in ours):
        raise no_label(wifi.network)


def reference(vault: Vault, features: Feature, passphrase: str) -> Ref | None:
    """How a key will be found again, where that is known before it is made (networks without labels)."""
    return None if Feature.LABEL in features else Ref(vault.fingerprint(passphrase))
