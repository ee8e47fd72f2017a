"""Who has an account, and what is its passphrase?"""

import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cusna_core.flow.world import Account
from cusna_core.store import fingerprints, keys, sign_in
from cusna_core.store.db import Tx
from cusna_core.store.fingerprints import Taken as Taken
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Row:
    """An account as people see it; its passphrase is asked for by itself."""

    id: str
    integration: str
    email_key: str | None
    email: str | None
    """As the source stores it: mail goes there."""
    name: str
    fingerprint: str
    visited: datetime | None
    suspended: bool
    created: datetime
    changed: datetime
    """When the passphrase was made or last changed."""
    replaced: bool
    """The passphrase became somebody else's and was replaced; to be told until the next change."""


def about(account_id: str) -> str:
    """What an account's passphrase is sealed with."""
    return f"account:{account_id}:passphrase"


def new_id() -> str:
    return secrets.token_hex(8)


def create(
    tx: Tx,
    vault: Vault,
    integration: str,
    email_key: str | None,
    email: str | None,
    name: str,
    person_ids: Collection[str],
    passphrase: str,
    now: datetime,
    *,
    make_id: Callable[[], str] = new_id,
) -> str:
    """Raises Taken where the passphrase is anybody's; nothing is written then."""
    account_id = make_id()
    fingerprint = vault.fingerprint(passphrase)
    fingerprints.reserve(tx, fingerprint, "account", account_id)
    tx.execute(
        "INSERT INTO accounts (id, integration, email_key, email, name, passphrase, fingerprint, created, "
        "changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        (
            account_id,
            integration,
            email_key,
            email,
            name,
            vault.seal(passphrase, about(account_id)),
            fingerprint,
            ms(now),
        ),
    )
    _persons(tx, integration, account_id, person_ids)
    return account_id


def _persons(tx: Tx, integration: str, account_id: str, person_ids: Iterable[str]) -> None:
    tx.executemany(
        "INSERT INTO account_persons (integration, person_id, account_id) VALUES (?, ?, ?) "
        "ON CONFLICT (integration, person_id) DO UPDATE SET account_id = excluded.account_id",
        [(integration, person_id, account_id) for person_id in sorted(person_ids)],
    )


_ROW = (
    "SELECT accounts.id, accounts.integration, email_key, email, name, fingerprint, visited, suspended, "
    "created, changed, replaced FROM accounts "
)


def _row(row: Any) -> Row:
    return Row(
        row["id"],
        row["integration"],
        row["email_key"],
        row["email"],
        row["name"],
        row["fingerprint"],
        at(row["visited"]),
        bool(row["suspended"]),
        at(row["created"]),
        at(row["changed"]),
        bool(row["replaced"]),
    )


def _one(tx: Tx, where: str, *values: str) -> Row | None:
    row = tx.execute(_ROW + where, values).fetchone()
    return None if row is None else _row(row)


def get(tx: Tx, account_id: str) -> Row | None:
    return _one(tx, "WHERE id = ?", account_id)


row = get
"""The other name of `get`, beside `rows`."""


def by_email(tx: Tx, integration: str, email_key: str) -> Row | None:
    return _one(tx, "WHERE integration = ? AND email_key = ?", integration, email_key)


def by_person(tx: Tx, integration: str, person_id: str) -> Row | None:
    return _one(
        tx,
        "JOIN account_persons ON account_id = accounts.id "
        "WHERE account_persons.integration = ? AND person_id = ?",
        integration,
        person_id,
    )


def rows(tx: Tx, integration: str | None = None) -> list[Row]:
    found = tx.execute(
        _ROW + "WHERE ?1 IS NULL OR accounts.integration = ?1 ORDER BY accounts.id", (integration,)
    )
    return [_row(row) for row in found]


def person_ids(tx: Tx, account_id: str) -> frozenset[str]:
    found = tx.execute("SELECT person_id FROM account_persons WHERE account_id = ?", (account_id,))
    return frozenset(row["person_id"] for row in found)


def everyone(tx: Tx, integration: str | None = None) -> list[Account]:
    """All accounts as the rules need them, by id."""
    persons: defaultdict[str, list[str]] = defaultdict(list)
    for account_id, person_id in tx.execute(
        "SELECT account_id, person_id FROM account_persons WHERE ?1 IS NULL OR integration = ?1",
        (integration,),
    ):
        persons[account_id].append(person_id)
    found = tx.execute(
        "SELECT id, integration, email_key, created, fingerprint, visited, suspended FROM accounts "
        "WHERE ?1 IS NULL OR integration = ?1 ORDER BY id",
        (integration,),
    )
    return [
        Account(
            one[0], one[1], one[2], frozenset(persons[one[0]]), at(one[3]), one[4], at(one[5]), bool(one[6])
        )
        for one in found
    ]


def one(tx: Tx, account_id: str) -> Account | None:
    """One account as the rules need it."""
    row = get(tx, account_id)
    if row is None:
        return None
    persons = person_ids(tx, account_id)
    return Account(
        row.id,
        row.integration,
        row.email_key,
        persons,
        row.created,
        row.fingerprint,
        row.visited,
        row.suspended,
    )


def integrations(tx: Tx) -> list[str]:
    """Names of all integrations that ever had an account."""
    found = tx.execute("SELECT DISTINCT integration FROM accounts ORDER BY integration")
    return [row["integration"] for row in found]


def relink(
    tx: Tx, account_id: str, email_key: str | None, email: str | None, name: str, person_ids: Collection[str]
) -> None:
    """Follow the source: the account's address, name and persons are these from now on.

    With the address, whatever proved the old one ends: sessions, links and codes.
    """
    before = get(tx, account_id)
    assert before is not None
    # An address is one account's. Who had it is about to get another one (two accounts may exchange
    # theirs), or has none until somebody looks at it.
    for other in tx.execute(
        "UPDATE accounts SET email_key = NULL, email = NULL "
        "WHERE integration = ? AND email_key = ? AND id <> ? RETURNING id",
        (before.integration, email_key, account_id),
    ).fetchall():
        sign_in.forget(tx, other["id"])
    tx.execute(
        "UPDATE accounts SET email_key = ?, email = ?, name = ? WHERE id = ?",
        (email_key, email, name, account_id),
    )
    tx.execute("DELETE FROM account_persons WHERE account_id = ?", (account_id,))
    _persons(tx, before.integration, account_id, person_ids)
    if before.email_key != email_key:
        sign_in.forget(tx, account_id)


def visited(tx: Tx, account_id: str, now: datetime) -> bool:
    """Note the first use of the portal; true where this was it."""
    cursor = tx.execute(
        "UPDATE accounts SET visited = ? WHERE id = ? AND visited IS NULL", (ms(now), account_id)
    )
    return cursor.rowcount == 1


def suspend(tx: Tx, account_id: str, on: bool) -> None:
    """An admin disables (and restores) an account; its sessions end at once."""
    tx.execute("UPDATE accounts SET suspended = ? WHERE id = ?", (int(on), account_id))
    if on:
        sign_in.forget(tx, account_id)


def passphrase(tx: Tx, vault: Vault, account_id: str) -> str:
    """Raises KeyError for an unknown account and `vault.Tampered` for one whose secret is damaged."""
    row = tx.execute("SELECT passphrase FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise KeyError(account_id)
    return vault.unseal(row["passphrase"], about(account_id))


def fingerprints_of(tx: Tx, account_ids: Iterable[str]) -> dict[str, str]:
    """The current passphrases' fingerprints, by account."""
    one = "SELECT fingerprint FROM accounts WHERE id = ?"
    found = {name: tx.execute(one, (name,)).fetchone() for name in account_ids}
    return {name: row["fingerprint"] for name, row in found.items() if row is not None}


def set_passphrase(tx: Tx, vault: Vault, account_id: str, new: str, now: datetime) -> None:
    """The old one stays reserved for good. Raises Taken where the new one is, or ever was, anybody's."""
    fingerprint = vault.fingerprint(new)
    fingerprints.reserve(tx, fingerprint, "account", account_id)
    cursor = tx.execute(
        "UPDATE accounts SET passphrase = ?, fingerprint = ?, changed = ?, replaced = 0 WHERE id = ?",
        (vault.seal(new, about(account_id)), fingerprint, ms(now), account_id),
    )
    if not cursor.rowcount:
        raise KeyError(account_id)
    keys.outdated(tx, account_id, now)


def replaced(tx: Tx, account_id: str, on: bool) -> None:
    """Tell (or stop telling) the member that the passphrase had to be replaced."""
    tx.execute("UPDATE accounts SET replaced = ? WHERE id = ?", (int(on), account_id))


def ids(tx: Tx, text: str, email_key: str | None) -> list[str]:
    """Accounts with this id, or with this e-mail key in any integration."""
    found = tx.execute("SELECT id FROM accounts WHERE id = ? OR email_key = ? ORDER BY id", (text, email_key))
    return [row["id"] for row in found]


def called(tx: Tx, accounts: Iterable[str]) -> dict[str, str]:
    """What to call accounts: their names, else their addresses."""
    found: dict[str, str] = {}
    wanted = sorted(set(accounts))
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        marks = ", ".join("?" * len(some))
        for row in tx.execute(f"SELECT id, name, email FROM accounts WHERE id IN ({marks})", some):  # noqa: S608 - marks
            found[row["id"]] = row["name"] or row["email"] or row["id"]
    return found


def many(tx: Tx, integration: str) -> int:
    return int(
        tx.execute("SELECT count(*) FROM accounts WHERE integration = ?", (integration,)).fetchone()[0]
    )
