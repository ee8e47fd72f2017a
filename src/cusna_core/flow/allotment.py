"""Which VLAN has each firm on each network?"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cusna_core.flow.firms import Company, Links, of_firms, stands_for
from cusna_core.flow.groups import Group
from cusna_core.flow.numbers import At, Denied, Numbers, Pool, Rest, Rules

FREED_AFTER = timedelta(days=30)
NOTED_EVERY = timedelta(minutes=10)
"""That a company is still known is noted no more often: else each look at one of two hundred networks writes
thousands of rows, in which nothing is new."""


@dataclass(frozen=True, slots=True)
class Allotment:
    groups: tuple[Group, ...]
    """All groups as they are now: old and new, without the freed."""
    freed: tuple[Group, ...]
    without: frozenset[At]
    """(company, network) for which the pool had no number."""
    rests: tuple[Rest, ...] = ()
    denied: tuple[Denied, ...] = ()


def allot(
    wanted: Sequence[At],
    known: Set[Company],
    groups: Collection[Group],
    pools: Mapping[str, Pool],
    taken: Mapping[str, Set[int]],
    now: datetime,
    rules: Rules | None = None,
) -> Allotment:
    """Rule 5. `wanted` is (company, network) in order of place; `known` are companies the sources tell of;
    `taken` are numbers per domain that somebody else uses. A group of the same firm in the same domain
    shares its number where that lies in the pool. Freed 30 days after the firm was last known.

    A group keeps its number whatever becomes of pool and switch: printers and rules hang on it. Only a
    network that moved to another domain, where the number may mean another company, gets its groups anew,
    and a pin or a join moves a company: what it leaves rests, so that no straggler meets a stranger.
    """
    rules = rules or Rules()
    wanted = list(dict.fromkeys((stands_for(company, rules.links), at) for company, at in wanted))
    seen = of_firms(known, rules.links) | {company for company, _ in wanted}
    whole, resting = _firms(groups, rules.links, now)
    resting += [one for one in rules.rests if now - one.since < FREED_AFTER]
    kept: dict[At, Group] = {}
    freed = []
    for group in whole:
        if group.company in seen and now - group.last_known >= NOTED_EVERY:
            group = replace(group, last_known=now)
        pool = pools.get(group.network_id)
        if now - group.last_known >= FREED_AFTER or (pool is not None and pool.domain != group.domain):
            freed.append(group)
        else:
            kept[group.company, group.network_id] = group

    numbers = Numbers(kept, resting, rules, pools, taken)
    granted, denied = numbers.granted()
    for at in (one for one in granted if one in kept):
        group = kept[at]
        if group.vlan != granted[at]:
            resting.append(Rest(group.company, group.network_id, group.domain, group.vlan, now))
            kept[at] = replace(group, vlan=granted[at], since=now)
            numbers.used.setdefault(group.domain, {})[granted[at]] = group.company
    without = set()
    for at in wanted:
        company, network_id = at
        if at in kept or network_id not in pools:
            continue
        vlan = granted.get(at) or next(numbers.of_pool(company, pools[network_id]), None)
        if vlan is None:
            without.add(at)
        else:
            domain = pools[network_id].domain
            numbers.used.setdefault(domain, {})[vlan] = company
            kept[at] = Group(company, network_id, domain, vlan, since=now, last_known=now)
    back = {(one.company, one.domain, one.vlan) for one in kept.values()}
    rests = [
        one for one in resting if (stands_for(one.company, rules.links), one.domain, one.vlan) not in back
    ]
    return Allotment(tuple(kept.values()), tuple(freed), frozenset(without), tuple(rests), denied)


def _firms(groups: Collection[Group], links: Links, now: datetime) -> tuple[list[Group], list[Rest]]:
    """One group of a firm on a network: its own, else the oldest of those that joined it. Others rest."""
    mine = [one for one in groups if one.company not in links]
    heads = {(one.company, one.network_id) for one in mine}
    rests = []
    for one in sorted(groups, key=lambda one: (one.since, one.company)):
        head = links.get(one.company)
        if head is None:
            continue
        if (head, one.network_id) not in heads:
            heads.add((head, one.network_id))
            mine.append(replace(one, company=head))
        else:
            rests.append(Rest(one.company, one.network_id, one.domain, one.vlan, now))
    return mine, rests
