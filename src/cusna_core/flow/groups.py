"""Which company is somebody of at a location, and which VLAN has that company on a network?"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cusna_core.api import Affiliation
from cusna_core.flow.access import latest
from cusna_core.flow.world import Account, Facts, Place, Right

FREED_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Group:
    """A company at a network, with its VLAN. `company` is (integration, company id)."""

    company: tuple[str, str]
    network_id: str
    domain: str
    vlan: int
    since: datetime
    last_known: datetime


def company_of(
    account: Account, place: Place, right: Right, rights: Collection[Right], facts: Facts
) -> str | None:
    """Rule 5: own affiliation there, else of the right that lets them in, else of the right that ends last,
    else lowest id. `rights` are those of the account (others are passed over, but cost time).

    A company that the source tells of no longer is none: its people go back to the default network.
    """
    affiliations = [
        one
        for person_id in account.person_ids
        for one in facts.index.affiliations.get(person_id, [])
        if one.approved and one.company_id in facts.companies
    ]
    there = {one.company_id for one in affiliations if one.location_id == place.source_id}
    if len(there) == 1:
        return there.pop()
    by_right = _company(right, affiliations, facts)
    # Several person records with one address may belong to several companies at one location: of these, then,
    # the one of the right that wins, and never a company from elsewhere.
    allowed = there or {by_right} | {one.company_id for one in affiliations}
    if by_right is not None and by_right in allowed:
        return by_right
    others = ((_company(one, affiliations, facts), one) for one in rights if one.account_id == account.id)
    lasting = sorted((-latest(one).timestamp(), of) for of, one in others if of is not None and of in allowed)
    if lasting:
        return lasting[0][1]
    return min((one for one in allowed if one is not None), default=None)


def _company(right: Right, affiliations: Collection[Affiliation], facts: Facts) -> str | None:
    """The company that holds the plan, else the person's own company where the plan or booking is."""
    if right.because.company_id in facts.companies:
        return right.because.company_id
    fact = facts.subscriptions.get(right.because.fact_id) or facts.bookings.get(right.because.fact_id)
    if fact is None:
        return None
    there = (one.company_id for one in affiliations if one.location_id == fact.location_id)
    return min((one for one in there if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Pool:
    """VLAN management on one network."""

    network_id: str
    domain: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Allotment:
    groups: tuple[Group, ...]
    """All groups as they are now: old and new, without the freed."""
    freed: tuple[Group, ...]
    without: frozenset[tuple[tuple[str, str], str]]
    """(company, network) for which the pool had no number."""


def allot(
    wanted: Sequence[tuple[tuple[str, str], str]],
    known: Set[tuple[str, str]],
    groups: Collection[Group],
    pools: Mapping[str, Pool],
    taken: Mapping[str, Set[int]],
    now: datetime,
) -> Allotment:
    """Rule 5. `wanted` is (company, network) in order of place; `known` are companies the sources tell of;
    `taken` are numbers per domain that somebody else uses. A group of the same company in the same domain
    shares its number where that lies in the pool. Freed 30 days after the company was last known.

    A group keeps its number whatever becomes of pool and switch: printers and rules hang on it. Only a
    network that moved to another domain, where the number may mean another company, gets its groups anew.
    """
    seen = known | {company for company, _ in wanted}
    kept: dict[tuple[tuple[str, str], str], Group] = {}
    freed = []
    for group in groups:
        if group.company in seen:
            group = replace(group, last_known=now)
        pool = pools.get(group.network_id)
        if now - group.last_known >= FREED_AFTER or (pool is not None and pool.domain != group.domain):
            freed.append(group)
        else:
            kept[group.company, group.network_id] = group

    used: dict[str, dict[int, tuple[str, str]]] = {}
    for group in kept.values():
        used.setdefault(group.domain, {})[group.vlan] = group.company
    free = {network_id: sorted(set(pool.numbers)) for network_id, pool in pools.items()}
    without = set()
    for company, network_id in wanted:
        if (company, network_id) in kept or network_id not in pools:
            continue
        domain = pools[network_id].domain
        here, others = used.setdefault(domain, {}), taken.get(domain, frozenset())
        shared = (number for number in free[network_id] if here.get(number) == company)
        lowest = (number for number in free[network_id] if number not in here and number not in others)
        vlan = next(shared, None) or next(lowest, None)
        if vlan is None:
            without.add((company, network_id))
        else:
            here[vlan] = company
            kept[company, network_id] = Group(company, network_id, domain, vlan, since=now, last_known=now)
    return Allotment(tuple(kept.values()), tuple(freed), frozenset(without))
