"""Which company is somebody of at a location?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cusna_core.api import Affiliation
from cusna_core.flow.access import latest
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
