"""Which VLAN has each account's company on a network? New numbers are kept at once, so that they stay."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cusna_core.api import SegmentState
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Wifi
from cusna_core.flow.allotment import Allotment, allot
from cusna_core.flow.firms import Company, Links, firm, stands_for
from cusna_core.flow.groups import Group, company_of
from cusna_core.flow.numbers import At, Denied, Pool, Rules
from cusna_core.flow.ownership import Owned
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account, Place
from cusna_core.store import audit
from cusna_core.store import companies as company_rows
from cusna_core.store import groups as group_rows
from cusna_core.store.db import Database, Tx, Unwritable

UNBELIEVED = timedelta(days=1)
"""So long a company that the source lost is still thought to be there."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came out for one network."""

    by_account: Mapping[str, Group | None]
    without: frozenset[str]
    """Accounts whose company got no number."""
    groups: tuple[Group, ...]
    denied: tuple[Denied, ...] = ()


def pool(wifi: Wifi) -> Pool:
    """The numbers of a network whose VLANs are managed."""
    limits = wifi.network.limits
    numbers = [one for one in wifi.pool if limits.vlan_min <= one <= limits.vlan_max]
    domain = wifi.network.segment_domain()
    return Pool(wifi.id, domain, numbers, limits.vlan_min, limits.vlan_max)


def taken(
    segments: Iterable[SegmentState], groups: Iterable[Group], rules: Rules, domain: str, prefix: str
) -> frozenset[int]:
    """Numbers of a domain that somebody else uses. A segment of exactly our name is one that we made."""
    ours = {one.vlan for one in groups if one.domain == domain}
    ours |= {one.vlan for one in rules.rests if one.domain == domain}
    return frozenset(
        one.vlan
        for one in segments
        if not one.free and one.vlan not in ours and one.name != segment_name(prefix, one.vlan)
    )


def segment_name(prefix: str, vlan: int) -> str:
    """A label of ours for a company's VLAN: it holds the number, never the company's name."""
    return f"{prefix}v{vlan}"


class Grouping:
    """Looks up companies and allots their numbers, one network after the other."""

    def __init__(self, db: Database, decisions: Decisions, prefix: str) -> None:
        self._db = db
        self._decisions = decisions
        self.prefix = prefix
        self._allotting = asyncio.Lock()

    def segment_name(self, vlan: int) -> str:
        return segment_name(self.prefix, vlan)

    def manages(self, wifi: Wifi, integrations: Iterable[str]) -> bool:
        """Whether companies of any of these get VLANs at this network."""
        policy = self._decisions.estate.policy
        return wifi.manages_vlans and any(policy(one).manage_vlans for one in integrations)

    async def choose(
        self,
        wifi: Wifi,
        accesses: tuple[Access, ...],
        accounts: Mapping[str, Account],
        segments: Iterable[SegmentState],
        owned: Owned,
        now: datetime,
    ) -> Chosen:
        """Each account's group on this network; new groups are kept at once, so that numbers stay."""
        company = self._companies(wifi, accesses, accounts)
        if not self.manages(wifi, {one.integration for one in accounts.values()}):
            return Chosen({}, frozenset(), ())
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
        allotment, links = await self._allot(wifi, wanted, tuple(segments), now)
        mine = {one.company: one for one in allotment.groups if one.network_id == wifi.id}
        without = {name for name, network in allotment.without if network == wifi.id}
        groups_of: dict[str, Group | None] = {
            account: mine.get(stands_for(name, links)) for account, name in company.items()
        }
        for account in accounts.values():
            if account.id not in company and account.id in owned.ours:
                there = owned.ours[account.id][0].state.vlan
                groups_of[account.id] = self._kept(account, there, mine.values(), links, now)
        return Chosen(
            groups_of,
            frozenset(account for account, name in company.items() if stands_for(name, links) in without),
            tuple(mine.values()),
            allotment.denied,
        )

    async def _allot(
        self, wifi: Wifi, wanted: tuple[At, ...], segments: tuple[SegmentState, ...], now: datetime
    ) -> tuple[Allotment, Links]:
        here = pool(wifi)
        # Networks of one domain share its numbers: one allotment at a time, each on the latest groups.
        async with self._allotting:
            groups, rules = await self._db.read(
                lambda tx: (tuple(group_rows.groups(tx)), company_rows.rules(tx))
            )
            others = {here.domain: taken(segments, groups, rules, here.domain, self.prefix)}
            known = self._known_companies()
            allotment = allot(wanted, known, groups, {wifi.id: here}, others, now, rules)
            if (allotment.groups, allotment.rests) != (groups, rules.rests):
                named = {one.company for one in (*allotment.groups, *groups)}
                called = {one: self.called(one) for one in named}
                try:
                    await self._db.run(lambda tx: _keep(tx, groups, allotment, called, now))
                except Unwritable:
                    # A number that is not remembered could be given out twice: whoever needs a new one waits.
                    allotment = _as_stored(allotment, groups, wanted, rules.links)
        return allotment, rules.links

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
        self, account: Account, vlan: int | None, groups: Iterable[Group], links: Links, now: datetime
    ) -> Group | None:
        """The company's VLAN that a key is in, where a source that lost its companies must not move it.

        Whose right the brake holds stays where they are; and a company that somebody's record still names
        is not believed to be gone before a day has passed.
        """
        decision = self._decisions.latest(account.integration)
        group = next((one for one in groups if one.vlan == vlan), None)
        if decision is None or group is None:
            return None
        companies = firm(group.company, links)
        if all(integration != account.integration for integration, _ in companies):
            return None
        if any(one.right.account_id == account.id for one in decision.braked.held):
            return group
        records = decision.facts_of(account.id).index.affiliations
        named = {
            (account.integration, one.company_id)
            for person in account.person_ids
            for one in records.get(person, ())
        }
        return group if named & set(companies) and now - group.last_known < UNBELIEVED else None

    def _known_companies(self) -> frozenset[Company]:
        """Companies of which the sources still tell."""
        latest = [self._decisions.latest(one) for one in self._decisions.integrations()]
        return frozenset(
            (one.integration, company) for one in latest if one is not None for company in one.facts.companies
        )

    def called(self, company: Company) -> str:
        decision = self._decisions.latest(company[0])
        told = decision.facts.companies.get(company[1]) if decision else None
        return told.name if told else ""


def _keep(
    tx: Tx, before: Iterable[Group], allotment: Allotment, called: Mapping[Company, str], now: datetime
) -> None:
    """The groups as they are now, and what became of whose number in the audit log."""
    group_rows.save(tx, allotment.groups)
    company_rows.set_rests(tx, allotment.rests)
    had = {(one.company, one.network_id): one for one in before}
    have = {(one.company, one.network_id): one for one in allotment.groups}
    changed = [at for at in {**had, **have} if _number(had.get(at)) != _number(have.get(at))]
    company_rows.remember(tx, {company: called[company] for company, _ in changed})
    for company, network in changed:
        was, is_now = _number(had.get((company, network))), _number(have.get((company, network)))
        kind = "vlan-given" if was is None else "vlan-freed" if is_now is None else "vlan-moved"
        told: dict[str, object] = {"integration": company[0], "company": company[1], "name": called[company]}
        told |= {name: vlan for name, vlan in (("was", was), ("vlan", is_now)) if vlan is not None}
        audit.write(tx, kind, now, who="cusna", network=network, data=told)


def _as_stored(
    allotment: Allotment, groups: tuple[Group, ...], wanted: Iterable[At], links: Links
) -> Allotment:
    have = {(one.company, one.network_id) for one in groups}
    lacking = {(stands_for(name, links), network) for name, network in wanted} - have
    return replace(allotment, groups=groups, without=frozenset(lacking))


def _number(group: Group | None) -> int | None:
    return group.vlan if group else None
