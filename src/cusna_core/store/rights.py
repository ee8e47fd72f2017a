"""Which rights were accepted, which were withdrawn or are held, and who claimed or was granted one?"""

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from cusna_core.flow.brake import Past, Withdrawal
from cusna_core.flow.world import Because, Claim, Kind, Override, Right
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

REMEMBERED: Final = timedelta(days=60)
"""How long withdrawals are kept; the brake looks back a day."""

_COLUMNS = "id, account_id, location_id, starts, ends, kind, name, fact_id, company_id"
_UPSERT = (
    f"INSERT INTO ledger (integration, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 — constant
    "ON CONFLICT (integration, id, account_id, location_id) DO UPDATE SET starts = excluded.starts, "
    "ends = excluded.ends, kind = excluded.kind, name = excluded.name, fact_id = excluded.fact_id, "
    "company_id = excluded.company_id"
)
_Stored = tuple[str, str, str, int, int | None, str, str, str, str | None]


def _tuple(right: Right) -> _Stored:
    because = right.because
    return (
        right.id,
        right.account_id,
        right.location_id,
        ms(right.starts),
        ms(right.ends),
        because.kind.value,
        because.name,
        because.fact_id,
        because.company_id,
    )


def _right(stored: Sequence[Any]) -> Right:
    right_id, account_id, location_id, starts, ends, kind, name, fact_id, company_id = stored
    because = Because(Kind(kind), name, fact_id, company_id)
    return Right(right_id, account_id, location_id, at(starts), at(ends), because)


def _stored(tx: Tx, integration: str) -> list[_Stored]:
    rows = tx.execute(f"SELECT {_COLUMNS} FROM ledger WHERE integration = ?", (integration,))  # noqa: S608 — constant
    return [tuple(row) for row in rows]


def ledger(tx: Tx, integration: str) -> list[Right]:
    """Every accepted right that had not ended, with its last accepted end."""
    return [_right(row) for row in _stored(tx, integration)]


def ledger_of(tx: Tx, integration: str, account_id: str) -> list[Right]:
    """The same of one account."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM ledger WHERE integration = ? AND account_id = ?",  # noqa: S608 — constant
        (integration, account_id),
    )
    return [_right(tuple(row)) for row in rows]


def grant(tx: Tx, integration: str, rights: Iterable[Right]) -> None:
    """Add rights to the ledger, or give those that are there a later end; takes none away."""
    tx.executemany(_UPSERT, [(integration, *row) for row in map(_tuple, rights)])


def save_ledger(tx: Tx, integration: str, rights: Iterable[Right]) -> int:
    """Make these the ledger, writing only what differs; returns how many rows that were."""
    before = {row[:3]: row for row in _stored(tx, integration)}
    after = {row[:3]: row for row in map(_tuple, rights)}
    changed = [row for key, row in after.items() if before.get(key) != row]
    left = [key for key in before if key not in after]
    tx.executemany(
        "DELETE FROM ledger WHERE integration = ? AND id = ? AND account_id = ? AND location_id = ?",
        [(integration, *key) for key in left],
    )
    tx.executemany(_UPSERT, [(integration, *row) for row in changed])
    return len(changed) + len(left)


def record(tx: Tx, integration: str, withdrawals: Iterable[Withdrawal], now: datetime) -> None:
    """Remember what was withdrawn early, for the brake's next look back."""
    tx.executemany(
        "INSERT INTO withdrawals (integration, right_id, account_id, location_id, at, stated) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (integration, one.right.id, one.right.account_id, one.right.location_id, ms(now), int(one.stated))
            for one in withdrawals
        ],
    )
    tx.execute(
        "DELETE FROM withdrawals WHERE integration = ? AND at < ?", (integration, ms(now - REMEMBERED))
    )


def past(tx: Tx, integration: str, since: datetime) -> list[Past]:
    rows = tx.execute(
        "SELECT at, stated FROM withdrawals WHERE integration = ? AND at >= ? ORDER BY at, seq",
        (integration, ms(since)),
    )
    return [Past(at(row["at"]), bool(row["stated"])) for row in rows]


@dataclass(frozen=True, slots=True)
class Held:
    """Withdrawals that the brake keeps back until an admin accepts exactly them."""

    digest: str
    withdrawals: tuple[Withdrawal, ...]
    limit: int
    counted: int
    since: datetime
    """Since when anything has been held, without a break."""


def held(tx: Tx, integration: str) -> Held | None:
    row = tx.execute(
        "SELECT digest, withdrawals, quota, counted, since FROM held WHERE integration = ?", (integration,)
    ).fetchone()
    if row is None:
        return None
    withdrawals = tuple(
        Withdrawal(_right(one["right"]), at(one["ends"]), one["stated"])
        for one in json.loads(row["withdrawals"])
    )
    return Held(row["digest"], withdrawals, row["quota"], row["counted"], at(row["since"]))


def set_held(
    tx: Tx,
    integration: str,
    withdrawals: Sequence[Withdrawal],
    digest: str | None,
    limit: int,
    counted: int,
    now: datetime,
) -> bool:
    """Replace what is held; without any, held set and acceptances are forgotten.

    True where this is a set that was not held before: time for a mail.
    """
    before = tx.execute("SELECT digest FROM held WHERE integration = ?", (integration,)).fetchone()
    if digest is None or not withdrawals:
        tx.execute("DELETE FROM held WHERE integration = ?", (integration,))
        tx.execute("DELETE FROM accepted WHERE integration = ?", (integration,))
        return False
    stored = [{"right": _tuple(one.right), "ends": ms(one.ends), "stated": one.stated} for one in withdrawals]
    tx.execute(
        "INSERT INTO held (integration, digest, withdrawals, quota, counted, since) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (integration) DO UPDATE SET digest = excluded.digest, "
        "withdrawals = excluded.withdrawals, quota = excluded.quota, counted = excluded.counted",
        (integration, digest, json.dumps(stored), limit, counted, ms(now)),
    )
    return before is None or before["digest"] != digest


def accept(tx: Tx, integration: str, digest: str, by: str, now: datetime) -> bool:
    """Let exactly the held set pass; false where the digest is not that of what is held now."""
    cursor = tx.execute(
        "INSERT INTO accepted (integration, digest, by, at) SELECT ?1, ?2, ?3, ?4 "
        "WHERE EXISTS (SELECT 1 FROM held WHERE integration = ?1 AND digest = ?2) "
        "ON CONFLICT (integration, digest) DO UPDATE SET by = excluded.by",
        (integration, digest, by, ms(now)),
    )
    return cursor.rowcount == 1


def accepted(tx: Tx, integration: str) -> frozenset[str]:
    rows = tx.execute("SELECT digest FROM accepted WHERE integration = ?", (integration,))
    return frozenset(row["digest"] for row in rows)


def claim(tx: Tx, account_id: str, location_id: str, day: date, now: datetime) -> bool:
    """The member takes the booking right of a local day; false where that was done before."""
    cursor = tx.execute(
        "INSERT INTO claims (account_id, location_id, day, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (account_id, location_id, day.isoformat(), ms(now)),
    )
    return cursor.rowcount == 1


def claims(tx: Tx, integration: str, since_day: date) -> list[Claim]:
    rows = tx.execute(
        "SELECT account_id, location_id, day FROM claims JOIN accounts ON accounts.id = account_id "
        "WHERE day >= ? AND integration = ? ORDER BY day, account_id, location_id",
        (since_day.isoformat(), integration),
    )
    return [Claim(row["account_id"], row["location_id"], date.fromisoformat(row["day"])) for row in rows]


def claims_of(tx: Tx, account_id: str, since_day: date) -> list[Claim]:
    """One account's."""
    rows = tx.execute(
        "SELECT account_id, location_id, day FROM claims WHERE account_id = ? AND day >= ? "
        "ORDER BY day, location_id",
        (account_id, since_day.isoformat()),
    )
    return [Claim(row["account_id"], row["location_id"], date.fromisoformat(row["day"])) for row in rows]


def overrides_of(tx: Tx, account_id: str) -> list[Override]:
    """One account's grants that no admin has ended."""
    rows = tx.execute(
        "SELECT id, account_id, location_id, starts, ends, note FROM overrides "
        "WHERE account_id = ? AND ended IS NULL ORDER BY id",
        (account_id,),
    )
    return [
        Override(
            row["id"], row["account_id"], row["location_id"], at(row["starts"]), at(row["ends"]), row["note"]
        )
        for row in rows
    ]


def overrides(tx: Tx, integration: str) -> list[Override]:
    """Grants that no admin has ended (one whose time is over may be among them)."""
    rows = tx.execute(
        "SELECT overrides.id, account_id, location_id, starts, ends, note FROM overrides "
        "JOIN accounts ON accounts.id = account_id WHERE integration = ? AND ended IS NULL "
        "ORDER BY overrides.id",
        (integration,),
    )
    return [
        Override(
            row["id"], row["account_id"], row["location_id"], at(row["starts"]), at(row["ends"]), row["note"]
        )
        for row in rows
    ]


def new_id() -> str:
    return secrets.token_hex(8)


def add_override(
    tx: Tx,
    account_id: str,
    location_id: str | None,
    starts: datetime,
    ends: datetime | None,
    note: str,
    by: str,
    now: datetime,
    *,
    make_id: Callable[[], str] = new_id,
) -> str:
    override_id = make_id()
    tx.execute(
        "INSERT INTO overrides (id, account_id, location_id, starts, ends, note, by, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (override_id, account_id, location_id, ms(starts), ms(ends), note, by, ms(now)),
    )
    return override_id


def end_override(tx: Tx, override_id: str, by: str, now: datetime) -> bool:
    cursor = tx.execute(
        "UPDATE overrides SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL",
        (ms(now), by, override_id),
    )
    return cursor.rowcount == 1


def ended_overrides(tx: Tx, integration: str, since: datetime) -> frozenset[str]:
    """Grants that an admin ended since then: their early end is stated (rule 10)."""
    rows = tx.execute(
        "SELECT overrides.id FROM overrides JOIN accounts ON accounts.id = account_id "
        "WHERE integration = ? AND ended >= ?",
        (integration, ms(since)),
    )
    return frozenset(row["id"] for row in rows)
