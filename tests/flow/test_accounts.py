"""One account for each address, following the person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cusna_core.api import Person
from cusna_core.flow.accounts import link
from cusna_core.flow.world import Account, Facts

World = Any
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def account(key: str, email: str | None, *persons: str, age: int = 0) -> Account:
    return Account(key, "hq", email, frozenset(persons), NOW - timedelta(days=age), f"f-{key}")


def facts(**emails: str | None) -> Facts:
    return Facts(people={name: Person(name, email) for name, email in emails.items()})


def test_who_vanished_stays_linked_and_keeps_the_address() -> None:
    assert link(facts(), [account("a", "a@x.com", "p")]) == link(facts(), [])
    back = link(facts(q="a@x.com"), [account("a", "a@x.com", "p")])
    assert back.relink == (("a", "a@x.com", frozenset({"p", "q"})),)


def test_two_may_exchange_their_addresses() -> None:
    found = link(
        facts(p="b@x.com", q="a@x.com"), [account("a", "a@x.com", "p"), account("b", "b@x.com", "q")]
    )
    assert found.relink == (("a", "b@x.com", frozenset({"p"})), ("b", "a@x.com", frozenset({"q"})))
    assert found.refused == ()


def test_who_keeps_an_address_comes_before_who_moves_to_it() -> None:
    accounts = [account("old", "a@x.com", "p", age=9), account("new", "b@x.com", "q")]
    assert link(facts(p="b@x.com", q="b@x.com"), accounts).refused == (("old", "b@x.com"),)
    # Between two that move to it, the older account has it.
    found = link(facts(p="c@x.com", q="c@x.com"), accounts)
    assert found.refused == (("new", "c@x.com"),)
    assert ("old", "c@x.com", frozenset({"p"})) in found.relink


def test_of_two_persons_the_one_that_moves_away_gets_an_account() -> None:
    both = [account("a", "a@x.com", "p", "q")]
    found = link(facts(p="a@x.com", q="b@x.com"), both)
    assert found.create == (("b@x.com", frozenset({"q"})),)
    assert found.relink == (("a", "a@x.com", frozenset({"p"})),)
    joined = link(facts(p="a@x.com", q="b@x.com"), [*both, account("b", "b@x.com")])
    assert joined.create == ()
    assert ("b", "b@x.com", frozenset({"q"})) in joined.relink
    # And when both move, the account follows the first, by id.
    apart = link(facts(p="c@x.com", q="b@x.com"), both)
    assert apart.relink == (("a", "c@x.com", frozenset({"p"})),)
    assert apart.create == (("b@x.com", frozenset({"q"})),)


def test_an_address_that_is_hidden_opens_nothing() -> None:
    found = link(facts(p=None), [account("a", "a@x.com", "p")])
    assert found.relink == (("a", None, frozenset({"p"})),)
    shared = link(facts(p=None, q="a@x.com"), [account("a", "a@x.com", "p", "q")])
    assert shared.relink == ()


def test_a_person_in_two_accounts_belongs_to_the_older() -> None:
    found = link(facts(p="a@x.com"), [account("new", None, "p"), account("old", "a@x.com", "p", age=3)])
    assert found.relink == (("new", None, frozenset()),)


names = st.sampled_from([f"p{number}" for number in range(6)])
emails = st.one_of(st.none(), st.sampled_from([f"e{number}@x.com" for number in range(5)]))


@given(st.lists(st.dictionaries(names, emails), max_size=6))
def test_linking_settles_and_never_shares(rounds: list[dict[str, str | None]]) -> None:
    """Read after read: applied once, a link has nothing left to do, and no address has two accounts."""
    accounts: dict[str, Account] = {}
    for number, people in enumerate(rounds):
        known = facts(**people)
        found = link(known, accounts.values())
        for account_id, email, persons in found.relink:
            accounts[account_id] = replace(accounts[account_id], email_key=email, person_ids=persons)
        for key, (email, persons) in enumerate(found.create):
            made = account(f"{number}-{key}", email, *persons)
            accounts[made.id] = replace(made, created=NOW + timedelta(days=number))
        again = link(known, accounts.values())
        assert (again.create, again.relink) == ((), ())
        addresses = [one.email_key for one in accounts.values() if one.email_key is not None]
        assert len(addresses) == len(set(addresses))
        linked = [person for one in accounts.values() for person in one.person_ids]
        assert len(linked) == len(set(linked))
        assert set(people) <= set(linked)
