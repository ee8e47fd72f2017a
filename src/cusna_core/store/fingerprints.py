"""Which passphrases are anybody's already?

Accounts' current and old ones, and every key that is not ours on a network, as keyed fingerprints
in one table with one UNIQUE.
"""

import sqlite3
from collections.abc import Set
from typing import Literal

from cusna_core.store.db import Tx

OwnerKind = Literal["account", "foreign"]


class Taken(Exception):
    """The passphrase is somebody's, or was."""


def reserve(tx: Tx, fingerprint: str, owner_kind: OwnerKind, owner: str) -> None:
    """Raises Taken if it is reserved already, whoever has it."""
    try:
        tx.execute(
            "INSERT INTO fingerprints (fingerprint, kind, owner) VALUES (?, ?, ?)",
            (fingerprint, owner_kind, owner),
        )
    except sqlite3.IntegrityError:
        raise Taken("This passphrase is in use, or was.") from None


def known(tx: Tx, fingerprint: str) -> bool:
    row = tx.execute("SELECT 1 FROM fingerprints WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return row is not None


def foreign(tx: Tx, network_id: str, fingerprints: Set[str]) -> list[str]:
    """Remember which keys on a network are not ours, instead of those remembered before.

    Returns the accounts whose current passphrase is among them: it has to be replaced.
    """
    before = {
        row["fingerprint"]
        for row in tx.execute("SELECT fingerprint FROM foreign_keys_seen WHERE network = ?", (network_id,))
    }
    come, left = fingerprints - before, before - fingerprints
    tx.executemany(
        "INSERT INTO foreign_keys_seen (network, fingerprint) VALUES (?, ?)",
        [(network_id, one) for one in sorted(come)],
    )
    tx.executemany(
        "INSERT INTO fingerprints (fingerprint, kind, owner) VALUES (?, 'foreign', ?) "
        "ON CONFLICT (fingerprint) DO NOTHING",
        [(one, network_id) for one in sorted(come)],
    )
    tx.executemany(
        "DELETE FROM foreign_keys_seen WHERE network = ? AND fingerprint = ?",
        [(network_id, one) for one in sorted(left)],
    )
    # Another network may still have it.
    tx.executemany(
        "DELETE FROM fingerprints WHERE fingerprint = ?1 AND kind = 'foreign' "
        "AND NOT EXISTS (SELECT 1 FROM foreign_keys_seen WHERE fingerprint = ?1)",
        [(one,) for one in sorted(left)],
    )
    return [
        row["id"]
        for row in tx.execute(
            "SELECT accounts.id FROM foreign_keys_seen JOIN accounts USING (fingerprint) "
            "WHERE foreign_keys_seen.network = ? ORDER BY accounts.id",
            (network_id,),
        )
    ]


def foreign_of(tx: Tx, network_id: str) -> frozenset[str]:
    """The fingerprints of the keys that are not ours on a network, as last read."""
    rows = tx.execute("SELECT fingerprint FROM foreign_keys_seen WHERE network = ?", (network_id,))
    return frozenset(row["fingerprint"] for row in rows)
