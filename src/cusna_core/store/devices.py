"""In which browsers has somebody signed in before? (M38)

A browser keeps a random token; what is stored is its hash, and what kind of device it said it is. Who signs
in for the first time has no "new" device, and the small browsers that phones open for a WiFi's own page keep
no cookies at all: of those the kind of device has to do.
"""

from datetime import datetime, timedelta
from typing import Final

from cusna_core.store.db import Tx
from cusna_core.store.instants import ms
from cusna_core.store.vault import token_hash

KEPT: Final = timedelta(days=400)
MOST: Final = 20
"""Browsers remembered of one person, the last used."""


def seen(tx: Tx, who: str, token: str, now: datetime, hint: str, *, forgetful: bool = False) -> bool:
    """Note a sign-in; true where this person has others and not this one.

    `who` is an account's id or an admin's address. `forgetful`: it is a browser that keeps no cookies.
    """
    known = [row["token_hash"] for row in tx.execute("SELECT token_hash FROM devices WHERE who = ?", (who,))]
    mine = token_hash(token)
    if mine not in known and forgetful:
        row = tx.execute(
            "SELECT token_hash FROM devices WHERE who = ? AND hint = ? ORDER BY last DESC LIMIT 1",
            (who, hint),
        ).fetchone()
        mine = row["token_hash"] if row is not None else mine
    tx.execute(
        "INSERT INTO devices (token_hash, who, first, last, hint) VALUES (?1, ?2, ?3, ?3, ?4) "
        "ON CONFLICT (who, token_hash) DO UPDATE SET last = excluded.last, hint = excluded.hint",
        (mine, who, ms(now), hint),
    )
    tx.execute(
        "DELETE FROM devices WHERE who = ?1 AND token_hash NOT IN "
        "(SELECT token_hash FROM devices WHERE who = ?1 ORDER BY last DESC LIMIT ?2)",
        (who, MOST),
    )
    return bool(known) and mine not in known


def quiet(tx: Tx, who: str) -> bool:
    """Whether this person wants no mail about it."""
    return tx.execute("SELECT 1 FROM quiet WHERE who = ?", (who,)).fetchone() is not None


def be_quiet(tx: Tx, who: str, on: bool) -> None:
    if on:
        tx.execute("INSERT INTO quiet (who) VALUES (?) ON CONFLICT (who) DO NOTHING", (who,))
    else:
        tx.execute("DELETE FROM quiet WHERE who = ?", (who,))


def forget(tx: Tx, who: str) -> None:
    """Somebody is erased."""
    tx.execute("DELETE FROM devices WHERE who = ?", (who,))
    tx.execute("DELETE FROM quiet WHERE who = ?", (who,))


def purge(tx: Tx, now: datetime) -> None:
    tx.execute("DELETE FROM devices WHERE last <= ?", (ms(now - KEPT),))
