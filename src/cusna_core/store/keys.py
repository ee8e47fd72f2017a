"""Which keys did we make, or mean to make, and how do they stand?

The memory says what is ours (rule 11) and forgets nothing; the state says what to tell people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cusna_core.api import Ref
from cusna_core.flow.keys import Wait
from cusna_core.flow.ownership import Memory
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

State = Literal["intended", "made", "working", "waiting", "revoked", "failed"]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """How an account's key stands on a network."""

    network: str
    account_id: str
    state: State
    wait: Wait | None
    vlan: int | None
    ends: datetime | None
    since: datetime | None
    """Since when it has been in this state."""
    error: str
    """Of a failed one: a sentence."""


def memory(tx: Tx, network: str) -> list[Memory]:
    """The older first, so that of several of one account the last is the latest that was intended."""
    rows = tx.execute(
        "SELECT account_id, label, ref, fingerprint, revoked FROM key_memory WHERE network = ? "
        "ORDER BY at, account_id, fingerprint",
        (network,),
    )
    return [
        Memory(row[0], row[1], None if row[2] is None else Ref(row[2]), row[3], bool(row[4])) for row in rows
    ]


def _state(
    tx: Tx,
    network: str,
    account_id: str,
    state: State,
    now: datetime | None,
    *,
    wait: str | None = None,
    vlan: int | None = None,
    ends: datetime | None = None,
    error: str = "",
) -> None:
    tx.execute(
        "INSERT INTO key_states (network, account_id, state, wait, vlan, ends, since, error) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (network, account_id) DO UPDATE SET "
        "since = CASE WHEN state = excluded.state AND wait IS excluded.wait THEN since "
        "ELSE excluded.since END, "
        "state = excluded.state, wait = excluded.wait, vlan = excluded.vlan, ends = excluded.ends, "
        "error = excluded.error",
        (network, account_id, state, wait, vlan, ms(ends), ms(now), error),
    )


def intend(
    tx: Tx,
    network: str,
    account_id: str,
    label: str,
    fingerprint: str,
    ref: Ref | None,
    vlan: int | None,
    ends: datetime | None,
    now: datetime,
) -> None:
    """Before the call, so that a lost answer leaves neither a twin nor an orphan.

    `ref` is given where it is known beforehand (networks whose keys have no name).
    """
    tx.execute(
        "INSERT INTO key_memory (network, account_id, fingerprint, label, ref, at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (network, account_id, fingerprint) DO UPDATE SET label = excluded.label, "
        "ref = coalesce(excluded.ref, ref), revoked = 0, at = excluded.at",
        (network, account_id, fingerprint, label, ref, ms(now)),
    )
    _state(tx, network, account_id, "intended", now, vlan=vlan, ends=ends)


def made(
    tx: Tx,
    network: str,
    account_id: str,
    ref: Ref,
    fingerprint: str,
    vlan: int | None,
    ends: datetime | None,
    now: datetime,
) -> None:
    """The vendor said yes; what the account had there with another passphrase is no more."""
    tx.execute(
        "UPDATE key_memory SET ref = ?, revoked = 0, at = ? "
        "WHERE network = ? AND account_id = ? AND fingerprint = ?",
        (ref, ms(now), network, account_id, fingerprint),
    )
    tx.execute(
        "UPDATE key_memory SET revoked = 1 "
        "WHERE network = ? AND account_id = ? AND fingerprint <> ? AND revoked = 0",
        (network, account_id, fingerprint),
    )
    _state(tx, network, account_id, "made", now, vlan=vlan, ends=ends)


def verified(tx: Tx, network: str, accounts: Collection[str], now: datetime) -> int:
    """These were read back as they should be; returns for how many that is news."""
    before = tx.total_changes
    tx.executemany(
        "INSERT INTO key_states (network, account_id, state, since) VALUES (?1, ?2, 'working', ?3) "
        "ON CONFLICT (network, account_id) DO UPDATE SET state = 'working', wait = NULL, error = '', "
        "since = ?3 WHERE state <> 'working'",
        [(network, account_id, ms(now)) for account_id in sorted(accounts)],
    )
    return tx.total_changes - before


def not_yet_working(tx: Tx, network: str, accounts: Collection[str]) -> list[str]:
    """Which of these would be news to `verified`."""
    working = {
        row["account_id"]
        for row in tx.execute(
            "SELECT account_id FROM key_states WHERE network = ? AND state = 'working'", (network,)
        )
    }
    return sorted(one for one in accounts if one not in working)


def revoked(tx: Tx, network: str, account_id: str, now: datetime) -> None:
    """Gone from the network; remembered as ours in case somebody's stale save brings it back."""
    tx.execute(
        "UPDATE key_memory SET revoked = 1 WHERE network = ? AND account_id = ? AND revoked = 0",
        (network, account_id),
    )
    _state(tx, network, account_id, "revoked", now)


def outdated(tx: Tx, account_id: str, now: datetime) -> None:
    """The account's passphrase was changed: what works on its networks is not what should."""
    tx.execute(
        "UPDATE key_states SET state = 'intended', since = ? "
        "WHERE account_id = ? AND state IN ('working', 'made')",
        (ms(now), account_id),
    )


def failed(tx: Tx, network: str, account_id: str, error: str, now: datetime) -> None:
    """`error` is a sentence for an admin; the memory stays, since nobody knows what happened."""
    tx.execute(
        "INSERT INTO key_states (network, account_id, state, since, error) VALUES (?1, ?2, 'failed', ?3, ?4) "
        "ON CONFLICT (network, account_id) DO UPDATE SET "
        "since = CASE WHEN state = 'failed' THEN since ELSE ?3 END, state = 'failed', wait = NULL, "
        "error = ?4",
        (network, account_id, ms(now), error[:500]),
    )


def waiting(
    tx: Tx, network: str, waits: Mapping[str, Wait], now: datetime | None = None, *, only: str | None = None
) -> None:
    """Make these the accounts that wait on this network; who waited before and is not here does not.

    With `only`, this is about that account alone.
    """
    before = {
        row["account_id"]: row["wait"]
        for row in tx.execute(
            "SELECT account_id, wait FROM key_states WHERE network = ?1 AND state = 'waiting' "
            "AND (?2 IS NULL OR account_id = ?2)",
            (network, only),
        )
    }
    tx.executemany(
        "DELETE FROM key_states WHERE network = ? AND account_id = ? AND state = 'waiting'",
        [(network, account_id) for account_id in before if account_id not in waits],
    )
    for account_id, wait in waits.items():
        if before.get(account_id) != wait.value:
            _state(tx, network, account_id, "waiting", now, wait=wait.value)


def closed(tx: Tx, network: str, but: Collection[str], before: datetime, now: datetime) -> None:
    """Who has no key on the network and shall have none does not stand there as "working" or "failed".

    `but` are those who have one or shall; what changed since `before` is left for the next look.
    """
    rows = tx.execute(
        "SELECT account_id FROM key_states WHERE network = ? AND since <= ? "
        "AND state IN ('intended', 'made', 'working', 'failed')",
        (network, ms(before)),
    ).fetchall()
    stale = [(ms(now), network, row["account_id"]) for row in rows if row["account_id"] not in but]
    tx.executemany(
        "UPDATE key_states SET state = 'revoked', since = ?, wait = NULL, error = '' "
        "WHERE network = ? AND account_id = ?",
        stale,
    )


_STATES = "SELECT network, account_id, state, wait, vlan, ends, since, error FROM key_states "


def _row(row: Any) -> KeyRow:
    return KeyRow(
        row["network"],
        row["account_id"],
        row["state"],
        None if row["wait"] is None else Wait(row["wait"]),
        row["vlan"],
        at(row["ends"]),
        at(row["since"]),
        row["error"],
    )


def states(tx: Tx, account_id: str) -> list[KeyRow]:
    """By network."""
    return [_row(row) for row in tx.execute(_STATES + "WHERE account_id = ? ORDER BY network", (account_id,))]


def on_network(tx: Tx, network: str) -> list[KeyRow]:
    """By account."""
    return [_row(row) for row in tx.execute(_STATES + "WHERE network = ? ORDER BY account_id", (network,))]


def counts(tx: Tx, network: str) -> dict[State, int]:
    """How many accounts stand how; states without any are left out."""
    rows = tx.execute(
        "SELECT state, count(*) AS many FROM key_states WHERE network = ? GROUP BY state", (network,)
    )
    return {row["state"]: row["many"] for row in rows}


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody whose key is not there: who waits, or was refused."""

    account_id: str
    who: str
    wait: Wait | None
    error: str
    since: datetime | None


def standing(tx: Tx, network: str, state: State, limit: int, offset: int = 0) -> list[Standing]:
    """Who stands like that on a network, a page of them, who did so first first."""
    rows = tx.execute(
        "SELECT k.account_id, k.wait, k.error, k.since, a.name, a.email FROM key_states k "
        "LEFT JOIN accounts a ON a.id = k.account_id WHERE k.network = ? AND k.state = ? "
        "ORDER BY k.since, k.account_id LIMIT ? OFFSET ?",
        (network, state, limit, offset),
    )
    return [
        Standing(
            row["account_id"],
            row["name"] or row["email"] or row["account_id"],
            None if row["wait"] is None else Wait(row["wait"]),
            row["error"],
            at(row["since"]),
        )
        for row in rows
    ]
