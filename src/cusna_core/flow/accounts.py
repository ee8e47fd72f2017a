"""Which account does a person of a source belong to?"""

from collections.abc import Collection
from dataclasses import dataclass

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
    An account is never deleted: persons that vanished stay linked.
    """
    raise NotImplementedError
