"""Who has which number, and who is kept from it: pools, the pins of admins, and what rests."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cusna_core.flow.firms import Company, Links, stands_for
from cusna_core.flow.groups import Group

At = tuple[Company, str]
"""A company on a network."""


@dataclass(frozen=True, slots=True)
class Pool:
    """VLAN management on one network."""

    network_id: str
    domain: str
    numbers: Sequence[int]
    lowest: int = 1
    highest: int = 4094
    """What the driver can set at all: a pin may lie outside the numbers, but not outside these."""


@dataclass(frozen=True, slots=True)
class Pin:
    """An admin's rule: this company has this number on this network, and nobody else in the domain has."""

    company: Company
    network_id: str
    domain: str
    vlan: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A number that a company left: its devices may still be there, so nobody else gets it for a while."""

    company: Company
    network_id: str
    domain: str
    vlan: int
    since: datetime


class Hindrance(StrEnum):
    RANGE = "range"
    COMPANY = "company"
    """Another company has the number, or has it pinned."""
    RESTING = "resting"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Denied:
    """A pin that cannot be: its company keeps or gets another number until it can."""

    pin: Pin
    why: Hindrance
    by: Company | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What admins said, and what is left of what they said before."""

    pins: Collection[Pin] = ()
    """The older first."""
    rests: Collection[Rest] = ()
    links: Links = field(default_factory=dict)


class Numbers:
    """Who has which number of a domain, and who is kept from it."""

    def __init__(
        self,
        kept: Mapping[At, Group],
        resting: Collection[Rest],
        rules: Rules,
        pools: Mapping[str, Pool],
        taken: Mapping[str, Set[int]],
    ) -> None:
        self._pools, self._taken, self._resting = pools, taken, resting
        self.used: dict[str, dict[int, Company]] = {}
        for group in kept.values():
            self.used.setdefault(group.domain, {})[group.vlan] = group.company
        self._rests: dict[str, dict[int, Company]] = {}
        for rest in resting:
            self._rests.setdefault(rest.domain, {})[rest.vlan] = stands_for(rest.company, rules.links)
        self._pins: dict[At, Pin] = {}
        self._pinned: dict[str, dict[int, Company]] = {}
        # Where a firm's companies are pinned to several numbers, that of the one that stands for it counts.
        for pin in sorted(rules.pins, key=lambda pin: pin.company in rules.links):
            company = stands_for(pin.company, rules.links)
            if (company, pin.network_id) not in self._pins:
                pool = pools.get(pin.network_id)
                own = replace(pin, company=company, domain=pool.domain if pool else pin.domain)
                self._pins[company, pin.network_id] = own
                self._pinned.setdefault(own.domain, {}).setdefault(own.vlan, company)

    def granted(self) -> tuple[dict[At, int], tuple[Denied, ...]]:
        """What is pinned on the networks at hand."""
        granted, denied = {}, []
        for at, pin in self._pins.items():
            if pin.network_id in self._pools:
                no = self._hindered(pin)
                if no is None:
                    granted[at] = pin.vlan
                else:
                    denied.append(no)
        return granted, tuple(denied)

    def _hindered(self, pin: Pin) -> Denied | None:
        pool = self._pools[pin.network_id]
        if not pool.lowest <= pin.vlan <= pool.highest:
            return Denied(pin, Hindrance.RANGE)
        here = self.used.get(pin.domain, {}).get(pin.vlan)
        for other in (here, self._pinned[pin.domain][pin.vlan]):
            if other not in (None, pin.company):
                return Denied(pin, Hindrance.COMPANY, other)
        resting = self._rests.get(pin.domain, {}).get(pin.vlan)
        if resting not in (None, pin.company):
            return Denied(pin, Hindrance.RESTING, resting)
        if here is None and pin.vlan in self._taken.get(pin.domain, ()):
            return Denied(pin, Hindrance.FOREIGN)
        return None

    def of_pool(self, company: Company, pool: Pool) -> Iterator[int]:
        """Its own of another network first, then what it left, then the lowest that is nobody's."""
        domain = pool.domain
        here, rests = self.used.get(domain, {}), self._rests.get(domain, {})
        pinned, others = self._pinned.get(domain, {}), self._taken.get(domain, frozenset())
        free = sorted(set(pool.numbers))
        yield from (one for one in free if here.get(one) == company)
        kept_from = {one for held in (rests, pinned) for one, by in held.items() if by != company}
        open_to_it = [one for one in free if one not in here and one not in others | kept_from]
        yield from (one for one in open_to_it if one in rests)
        yield from open_to_it
