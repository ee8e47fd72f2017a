"""Which account does a person of a source belong to?"""

from collections.abc import Collection
from dataclasses import dataclass

from cusna_core.api import email_key
from cusna_core.flow.world import Account, Facts


@dataclass(frozen=True, slots=True)
class Link:
    """What the accounts of an integration should become."""

    create: tuple[tuple[str | None, frozenset[str]], ...]
    """(email key, person ids) of accounts to make."""
    relink: tuple[tuple[str, str | None, frozenset[str]], ...]
    """(account id, new email key, new person ids)."""
    refused: tuple[tuple[str, str], ...]
    """(account id, e-mail key): the address moved to a person whose account exists: merge refused."""


def link(facts: Facts, accounts: Collection[Account]) -> Link:
    """Edge cases 1 to 5: one account per e-mail key, following the person's id when the address changes.

    A person without an address gets an account as well (their plan counts, the portal does not open).
    An account is never deleted: persons that vanished stay linked. The relinks are one step: two accounts may
    exchange their addresses.
    """
    keys = {person.id: email_key(person.email) for person in facts.people.values()}
    ordered = sorted(accounts, key=lambda account: (account.created, account.id))
    members: dict[str, set[str]] = {}
    homeless = dict.fromkeys(sorted(keys))
    wishes: list[tuple[bool, Account, str | None]] = []
    linked: set[str] = set()
    for account in ordered:
        mine = account.person_ids - linked
        linked |= mine
        present = sorted(person_id for person_id in mine if person_id in keys)
        said = [keys[person_id] for person_id in present]
        if not present or (account.email_key is not None and account.email_key in said):
            wish = account.email_key
        else:
            # Nobody of this account has its address any more: it follows its persons, to an address if any.
            wish = next((key for key in said if key is not None), None)
        # Who got another address than the rest goes their own way: an address is one account, never two.
        leavers = {person_id for person_id in present if keys[person_id] not in (wish, None)}
        members[account.id] = set(mine) - leavers
        for person_id in members[account.id]:
            homeless.pop(person_id, None)
        wishes.append((wish != account.email_key, account, wish))

    home: dict[str, str] = {}
    emails: dict[str, str | None] = {}
    refused: list[tuple[str, str]] = []
    for _, account, wish in sorted(
        wishes, key=lambda one: one[0]
    ):  # who keeps an address before who moves to it
        if wish is not None and home.setdefault(wish, account.id) != account.id:
            # Joining two accounts because of a changed address could hand one person another's passphrase.
            # Nor does its old address open this account any longer: it has none until an admin looks at it.
            refused.append((account.id, wish))
            wish = None
        emails[account.id] = wish

    create: dict[str, set[str]] = {}
    alone: list[frozenset[str]] = []
    for person_id in homeless:
        key = keys[person_id]
        if key is None:
            alone.append(frozenset({person_id}))
        elif key in home:
            members[home[key]].add(person_id)  # removed and invited again: another id, the same passphrase
        else:
            create.setdefault(key, set()).add(person_id)
    relink = tuple(
        (account.id, emails[account.id], frozenset(members[account.id]))
        for account in ordered
        if emails[account.id] != account.email_key or members[account.id] != account.person_ids
    )
    made = [(key, frozenset(person_ids)) for key, person_ids in create.items()]
    return Link((*made, *((None, one) for one in alone)), relink, tuple(refused))
