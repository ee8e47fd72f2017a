"""Who is signed in, where and since when?"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Vault, token_hash

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
STAY: Final = timedelta(days=30)
TOUCH: Final = timedelta(minutes=1)
FRESH: Final = timedelta(minutes=10)

SessionKind = Literal["member", "admin"]


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    kind: SessionKind
    account_id: str | None
    admin: str | None
    """The admin's address, of an admin's session."""
    location_id: str | None
    """Where the sign-in was; None for the console."""
    signed_in: datetime
    stay: bool
    """Stays signed in on this device: no idle end."""


def open_session(
    tx: Tx,
    kind: SessionKind,
    who: str,
    location: str | None,
    stay: bool,
    now: datetime,
    user_agent_hint: str = "",
) -> str:
    """Open a session of an account (its id) or of an admin (an address); returns its new token.

    Always a new one: a token that the browser sent before signing in is worth nothing.
    """
    token = secrets.token_urlsafe(32)
    tx.execute(
        "INSERT INTO sessions (id, token_hash, kind, account_id, admin, location, stay, signed_in, "
        "last_seen, expires, hint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
        (
            secrets.token_hex(8),
            token_hash(token),
            kind,
            who if kind == "member" else None,
            who if kind == "admin" else None,
            location,
            int(stay),
            ms(now),
            ms(now + (STAY if stay else ABSOLUTE)),
            user_agent_hint[:100],
        ),
    )
    return token


def session(tx: Tx, vault: Vault, token: str, now: datetime, *, quiet: bool = False) -> Session | None:
    """The live session of a token. Notes that it was seen, at most once a minute.

    `quiet`: it is a page that looks by itself and no person, so the session's idle end comes no later.
    """
    row = tx.execute(
        "SELECT id, kind, account_id, admin, location, signed_in, stay, last_seen FROM sessions "
        "WHERE token_hash = ? AND expires > ? AND (stay = 1 OR last_seen > ?)",
        (vault.token_hash(token), ms(now), ms(now - IDLE)),
    ).fetchone()
    if row is None:
        return None
    if not quiet and at(row["last_seen"]) <= now - TOUCH:
        tx.execute("UPDATE sessions SET last_seen = ? WHERE id = ?", (ms(now), row["id"]))
    return Session(
        row["id"],
        row["kind"],
        row["account_id"],
        row["admin"],
        row["location"],
        at(row["signed_in"]),
        bool(row["stay"]),
    )


def alive(tx: Tx, session_id: str, now: datetime) -> bool:
    """Whether a session has neither ended nor been idle for too long; asking is no use of it."""
    row = tx.execute(
        "SELECT 1 FROM sessions WHERE id = ? AND expires > ? AND (stay = 1 OR last_seen > ?)",
        (session_id, ms(now), ms(now - IDLE)),
    ).fetchone()
    return row is not None


def fresh(session: Session, now: datetime) -> bool:
    """Signed in so lately that a change of the passphrase needs no new sign-in."""
    return now - session.signed_in <= FRESH


def close_session(tx: Tx, session_id: str) -> None:
    tx.execute("DELETE FROM sessions WHERE id = ?", (session_id,))


def close_others(tx: Tx, account_id: str, keep: str) -> int:
    """Sign an account out everywhere but in one session; returns of how many."""
    return tx.execute("DELETE FROM sessions WHERE account_id = ? AND id <> ?", (account_id, keep)).rowcount


def close_account(tx: Tx, account_id: str) -> int:
    return tx.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,)).rowcount


def close_admin(tx: Tx, admin: str) -> int:
    """For an address that is no admin's any more."""
    return tx.execute("DELETE FROM sessions WHERE admin = ?", (admin,)).rowcount


def others_of_admin(tx: Tx, admin: str, keep: str, now: datetime) -> int:
    """How many sessions of an admin are alive besides one."""
    row = tx.execute(
        "SELECT count(*) FROM sessions WHERE admin = ? AND id <> ? AND expires > ? AND last_seen > ?",
        (admin, keep, ms(now), ms(now - IDLE)),
    ).fetchone()
    return int(row[0])


def close_others_of_admin(tx: Tx, admin: str, keep: str) -> int:
    return tx.execute("DELETE FROM sessions WHERE admin = ? AND id <> ?", (admin, keep)).rowcount


def offer(tx: Tx, vault: Vault, session_id: str, passphrases: Sequence[str], now: datetime) -> None:
    """Keep the passphrases that a member is choosing from; none to forget them."""
    sealed = vault.seal(json.dumps(list(passphrases)), offer_about(session_id)) if passphrases else None
    tx.execute("UPDATE sessions SET offer = ? WHERE id = ? AND expires > ?", (sealed, session_id, ms(now)))


def offered(tx: Tx, vault: Vault, session_id: str) -> tuple[str, ...]:
    row = tx.execute("SELECT offer FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None or row["offer"] is None:
        return ()
    return tuple(json.loads(vault.unseal(row["offer"], offer_about(session_id))))


def offer_about(session_id: str) -> str:
    return f"session:{session_id}:offer"


def purge(tx: Tx, now: datetime) -> None:
    tx.execute(
        "DELETE FROM sessions WHERE expires <= ? OR (stay = 0 AND last_seen <= ?)", (ms(now), ms(now - IDLE))
    )
