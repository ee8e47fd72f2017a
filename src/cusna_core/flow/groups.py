"""Which company is somebody of at a location, and which VLAN has that company on a network?"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from cusna_core.flow.world import Account, Facts, Place, Right


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
    """Rule 5: own affiliation there, else the right that lets them in, else the right that ends last, else lowest id."""
    raise NotImplementedError


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
    """Rule 5. `wanted` is (company, network) in order of place; `known` are companies the sources still tell of;
    `taken` are numbers per domain that somebody else uses. A group of the same company in the same domain
    shares its number where that lies in the pool. Freed 30 days after the company was last known."""
    raise NotImplementedError
