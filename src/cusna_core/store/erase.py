"""What goes when somebody asks to be forgotten, and what stays?

What stays names nobody: keyed fingerprints of old passphrases, so that nobody else ever gets one of them,
and which keys we made, so that one that comes back on a network is still known as ours and taken away.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cusna_core.store import outbox
from cusna_core.store.db import Tx
from cusna_core.store.instants import ms
from cusna_core.store.vault import Tampered, Vault

_OWN: Final = (
    "account_persons", "claims", "overrides", "sessions", "flows", "desk_codes", "reveals", "ledger",
    "withdrawals", "key_states",
)  # fmt: skip
"""Tables whose lines are about one account each."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What is stored about somebody, counted: for the look before."""

    facts: int
    overrides: int
    sessions: int
    history: int
    told: bool
    """The source told of them at the last read: they would come back with the next one."""


def remains(tx: Tx, account_id: str) -> Remains:
    def many(query: str) -> int:
        return int(tx.execute(query, (account_id,)).fetchone()[0])

    people = (
        "SELECT count(*) FROM account_persons JOIN facts ON facts.integration = account_persons.integration "
        "AND facts.kind = 'person' AND facts.id = account_persons.person_id WHERE account_id = ?"
    )
    return Remains(
        facts=sum(1 for _ in _facts(tx, account_id)),
        overrides=many("SELECT count(*) FROM overrides WHERE account_id = ?"),
        sessions=many("SELECT count(*) FROM sessions WHERE account_id = ?"),
        history=many("SELECT count(*) FROM audit WHERE account = ?"),
        told=bool(many(people)),
    )


def _facts(tx: Tx, account_id: str) -> list[tuple[str, str, str]]:
    """Keys of every fact about the account's persons."""
    rows = tx.execute(
        "SELECT facts.integration, facts.kind, facts.id FROM account_persons "
        "JOIN facts ON facts.integration = account_persons.integration "
        "AND (facts.person = account_persons.person_id "
        "OR (facts.kind IN ('person', 'block') AND facts.id = account_persons.person_id)) "
        "WHERE account_persons.account_id = ?",
        (account_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def persons(tx: Tx, account_id: str) -> list[str]:
    rows = tx.execute("SELECT person_id FROM account_persons WHERE account_id = ?", (account_id,))
    return [row["person_id"] for row in rows]


def erase(tx: Tx, vault: Vault, account_id: str, now: datetime, *, keep_out: bool) -> None:
    """Forget an account. With `keep_out` the source's telling of the same person counts for nothing
    from now on, until `let_in`."""
    row = tx.execute("SELECT integration, email_key FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise KeyError(account_id)
    # Pages of the file that held a name are overwritten, not only marked as free.
    tx.execute("PRAGMA secure_delete = ON")
    if keep_out:
        _keep_out(tx, vault, row["integration"], row["email_key"], persons(tx, account_id), now)
    tx.executemany("DELETE FROM facts WHERE integration = ? AND kind = ? AND id = ?", _facts(tx, account_id))
    _letters(tx, vault, account_id, row["email_key"], now)
    for table in _OWN:
        tx.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))  # noqa: S608 - constants
    tx.execute("DELETE FROM devices WHERE who = ?", (account_id,))
    tx.execute("DELETE FROM quiet WHERE who = ?", (account_id,))
    # That something happened stays, for the numbers and for what admins did; to whom, and the words, go.
    tx.execute("UPDATE audit SET account = NULL, data = '{}' WHERE account = ?", (account_id,))
    tx.execute("UPDATE events SET account = NULL, data = '{}' WHERE account = ?", (account_id,))
    tx.execute("DELETE FROM findings WHERE about = ?", (account_id,))
    tx.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
    tx.execute("PRAGMA secure_delete = OFF")


def _letters(tx: Tx, vault: Vault, account_id: str, email_key: str | None, now: datetime) -> None:
    """What is about to be mailed to them is not mailed any more."""
    for row in tx.execute("SELECT id, payload FROM outbox WHERE done IS NULL").fetchall():
        try:
            payload = vault.unseal(row["payload"], outbox.about(row["id"]))
        except Tampered:
            continue
        if account_id in payload or (email_key is not None and email_key in payload.lower()):
            outbox.drop(tx, row["id"], "erased", now)
    tx.execute("DELETE FROM outbox WHERE done IS NOT NULL AND instr(key, ?) > 0", (account_id,))


def _keep_out(
    tx: Tx,
    vault: Vault,
    integration: str,
    email_key: str | None,
    person_ids: Iterable[str],
    now: datetime,
) -> None:
    case = secrets.token_hex(8)
    marks = [person_mark(vault, one) for one in person_ids]
    marks += [address_mark(vault, email_key)] if email_key else []
    tx.executemany(
        "INSERT INTO kept_out (integration, mark, case_id, at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (integration, mark) DO UPDATE SET case_id = excluded.case_id, at = excluded.at",
        [(integration, mark, case, ms(now)) for mark in marks],
    )


def person_mark(vault: Vault, person_id: str) -> str:
    return vault.fingerprint(f"kept-out:person:{person_id}")


def address_mark(vault: Vault, email_key: str) -> str:
    return vault.fingerprint(f"kept-out:address:{email_key}")


def marks(tx: Tx, integration: str) -> frozenset[str]:
    """Of everybody who is kept out of an integration."""
    rows = tx.execute("SELECT mark FROM kept_out WHERE integration = ?", (integration,))
    return frozenset(row["mark"] for row in rows)


def kept_out(tx: Tx, vault: Vault, email_key: str) -> list[str]:
    """Integrations that this address is kept out of."""
    mark = address_mark(vault, email_key)
    rows = tx.execute("SELECT integration FROM kept_out WHERE mark = ? ORDER BY integration", (mark,))
    return [row["integration"] for row in rows]


def let_in(tx: Tx, vault: Vault, email_key: str) -> Collection[str]:
    """Undo `keep_out` for an address; returns the integrations that may tell of them again."""
    found = kept_out(tx, vault, email_key)
    mark = address_mark(vault, email_key)
    tx.execute("DELETE FROM kept_out WHERE case_id IN (SELECT case_id FROM kept_out WHERE mark = ?)", (mark,))
    return found
