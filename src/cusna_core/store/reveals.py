"""Which admins have looked at a passphrase, and does its owner know?"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

SHOWN: Final = 20
"""More at a time are not listed; they are told as soon as these were seen."""


@dataclass(frozen=True, slots=True)
class Reveal:
    at: datetime
    by: str
    reason: str


def add(tx: Tx, account_id: str, by: str, reason: str, now: datetime) -> None:
    tx.execute(
        "INSERT INTO reveals (id, account_id, at, by, reason) VALUES (?, ?, ?, ?, ?)",
        (secrets.token_hex(8), account_id, ms(now), by, reason),
    )


def unseen(tx: Tx, account_id: str) -> list[Reveal]:
    """What the owner of the passphrase has not said to have seen, the oldest first."""
    rows = tx.execute(
        "SELECT at, by, reason FROM reveals WHERE account_id = ? AND seen IS NULL ORDER BY at, id LIMIT ?",
        (account_id, SHOWN),
    )
    return [Reveal(at(row["at"]), row["by"], row["reason"]) for row in rows]


def seen(tx: Tx, account_id: str, until: datetime, now: datetime) -> int:
    """The owner has seen those up to an instant: one that came meanwhile is still to be told."""
    return tx.execute(
        "UPDATE reveals SET seen = ? WHERE account_id = ? AND seen IS NULL AND at <= ?",
        (ms(now), account_id, ms(until)),
    ).rowcount
