"""Which of the facts are about one account?"""

from cusna_core.api import Snapshot
from cusna_core.flow.world import Account, Facts


def own_facts(facts: Facts, account: Account) -> Facts:
    """The part that is about one account: small, whatever the size of the house."""
    index, ids = facts.index, account.person_ids
    affiliations = [one for person in ids for one in index.affiliations.get(person, ())]
    companies = {one.company_id for one in affiliations if one.company_id is not None}
    plans = [
        *(one for person in ids for one in index.own.get(person, ())),
        *(one for company in companies for one in index.shared.get(company, ())),
    ]
    return Facts(
        people={one: facts.people[one] for one in ids if one in facts.people},
        affiliations={one.id: one for one in affiliations},
        companies={one: facts.companies[one] for one in companies if one in facts.companies},
        subscriptions={one.id: one for one in plans},
        bookings={one.id: one for person in ids for one in index.bookings.get(person, ())},
        blocked=facts.blocked & ids,
    )


def overlaid(facts: Facts, fresh: Snapshot) -> Facts:
    """Facts with those of a fresh look on top; it adds and changes, and takes nothing away."""
    return Facts(
        people={**facts.people, **{one.id: one for one in fresh.people}},
        affiliations={**facts.affiliations, **{one.id: one for one in fresh.affiliations}},
        companies={**facts.companies, **{one.id: one for one in fresh.companies}},
        subscriptions={**facts.subscriptions, **{one.id: one for one in fresh.subscriptions}},
        bookings={**facts.bookings, **{one.id: one for one in fresh.bookings}},
        blocked=facts.blocked | {one.person_id for one in fresh.blocks},
    )
