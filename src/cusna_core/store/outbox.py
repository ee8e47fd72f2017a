"""Which letters have to go out?

A letter is put in the transaction that makes it necessary, and delivered at least once. What it
says is sealed, and erased once it is delivered or dropped.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Tampered, Vault


@dataclass(frozen=True, slots=True)
class Letter:
    id: str
    kind: str
    key: str
    payload: dict[str, Any]
    tries: int
    expires: datetime | None
    """After this instant it is dropped, not sent."""
    created: datetime

    def __repr__(self) -> str:
        # The payload may hold links and codes.
        return f"<Letter {self.kind} {self.id}>"


def new_id() -> str:
    return secrets.token_hex(8)


def about(letter_id: str) -> str:
    return f"outbox:{letter_id}"


def put(
    tx: Tx,
    vault: Vault,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    now: datetime,
    due: datetime | None = None,
    expires: datetime | None = None,
    *,
    dropped: str | None = None,
    make_id: Callable[[], str] = new_id,
) -> bool:
    """False where a letter with this key was put before, delivered or not: nothing is added then.

    `dropped` (why) puts one that will never be sent, with the same work.
    """
    letter_id = make_id()
    sealed = vault.seal(json.dumps(dict(payload)), about(letter_id))
    cursor = tx.execute(
        "INSERT INTO outbox (id, kind, key, payload, created, due, expires, done, dropped) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            letter_id,
            kind,
            key,
            None if dropped else sealed,
            ms(now),
            ms(due or now),
            ms(expires),
            ms(now) if dropped else None,
            dropped,
        ),
    )
    return cursor.rowcount == 1


def due(tx: Tx, vault: Vault, now: datetime, limit: int = 50) -> list[Letter]:
    """Letters whose time has come, the earliest first; one that cannot be unsealed is dropped here."""
    rows = tx.execute(
        "SELECT id, kind, key, payload, tries, expires, created FROM outbox WHERE done IS NULL AND due <= ? "
        "ORDER BY due, created, rowid LIMIT ?",
        (ms(now), limit),
    ).fetchall()
    letters = []
    for row in rows:
        try:
            payload = json.loads(vault.unseal(row["payload"], about(row["id"])))
        except Tampered:
            drop(tx, row["id"], "unreadable", now)
            continue
        letters.append(
            Letter(
                row["id"],
                row["kind"],
                row["key"],
                payload,
                row["tries"],
                at(row["expires"]),
                at(row["created"]),
            )
        )
    return letters


def done(tx: Tx, letter_id: str, now: datetime) -> None:
    tx.execute(
        "UPDATE outbox SET done = ?, payload = NULL, error = '' WHERE id = ? AND done IS NULL",
        (ms(now), letter_id),
    )


def retry(tx: Tx, letter_id: str, due: datetime, error: str) -> None:
    """Not delivered this time; `error` is a sentence without an address and without a secret."""
    tx.execute(
        "UPDATE outbox SET tries = tries + 1, due = ?, error = ? WHERE id = ? AND done IS NULL",
        (ms(due), error[:500], letter_id),
    )


def hasten(tx: Tx, now: datetime) -> None:
    """Who failed is tried again now: there is another mail server."""
    tx.execute("UPDATE outbox SET due = ? WHERE done IS NULL AND tries > 0", (ms(now),))


def postpone(tx: Tx, letter_id: str, due: datetime) -> None:
    """Later, through no fault of the letter's."""
    tx.execute("UPDATE outbox SET due = ? WHERE id = ? AND done IS NULL", (ms(due), letter_id))


def sent_since(tx: Tx, kind: str, since: datetime) -> int:
    """How many of a kind were delivered."""
    row = tx.execute(
        "SELECT count(*) FROM outbox WHERE kind = ? AND done > ? AND done IS NOT NULL AND dropped IS NULL",
        (kind, ms(since)),
    ).fetchone()
    return int(row[0])


def drop(tx: Tx, letter_id: str, why: str, now: datetime) -> None:
    tx.execute(
        "UPDATE outbox SET done = ?, dropped = ?, payload = NULL WHERE id = ? AND done IS NULL",
        (ms(now), why, letter_id),
    )


_ALIKE = "substr(key, 1, length(?1)) = ?1"


def take_back(tx: Tx, prefix: str, why: str, now: datetime) -> int:
    """Letters that wait and whose key begins so are not sent any more; returns how many."""
    return tx.execute(
        f"UPDATE outbox SET done = ?2, dropped = ?3, payload = NULL WHERE {_ALIKE} AND done IS NULL",  # noqa: S608 - a constant
        (prefix, ms(now), why),
    ).rowcount


def last_sent(tx: Tx, prefix: str) -> datetime | None:
    """When the last letter whose key begins so was delivered."""
    row = tx.execute(f"SELECT max(done) FROM outbox WHERE {_ALIKE} AND dropped IS NULL", (prefix,))  # noqa: S608
    found: int | None = row.fetchone()[0]
    return at(found)


def last_put(tx: Tx, prefix: str) -> datetime | None:
    """When the last letter whose key begins so was put, sent or not."""
    row = tx.execute(f"SELECT max(created) FROM outbox WHERE {_ALIKE}", (prefix,))  # noqa: S608 - a constant
    found: int | None = row.fetchone()[0]
    return at(found)


def next_due(tx: Tx) -> datetime | None:
    earliest: int | None = tx.execute("SELECT min(due) FROM outbox WHERE done IS NULL").fetchone()[0]
    return at(earliest)


def waiting(tx: Tx) -> tuple[int, str]:
    """How many letters have failed at least once and still wait, and the latest one's error."""
    row = tx.execute(
        "SELECT count(*) AS many, error FROM (SELECT error FROM outbox WHERE done IS NULL AND tries > 0 "
        "ORDER BY due DESC)"
    ).fetchone()
    return row["many"], row["error"] or ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The letters that have not gone out yet."""

    many: int
    oldest: datetime | None
    failed: int
    """Of these, how many were tried and not taken."""
    error: str
    """What the latest of them met: a sentence."""
    next_try: datetime | None


def state(tx: Tx) -> Waiting:
    row = tx.execute(
        "SELECT count(*) AS many, min(created) AS oldest, sum(tries > 0) AS failed, min(due) AS due "
        "FROM outbox WHERE done IS NULL"
    ).fetchone()
    return Waiting(row["many"], at(row["oldest"]), row["failed"] or 0, waiting(tx)[1], at(row["due"]))


def purge(tx: Tx, before: datetime) -> None:
    """Forget letters that were delivered or dropped before an instant; their keys may be used again."""
    tx.execute("DELETE FROM outbox WHERE done <= ?", (ms(before),))
