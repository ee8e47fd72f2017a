"""Which lines of the log does somebody ask for? A page at a time, by an index whatever is asked."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cusna_core.store.audit import Entry
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

SLACK: Final = timedelta(hours=1)
"""Lines are in the order in which they were written, which the clock may have stepped back in by so much."""
ANY_ADMIN: Final = "*"
_PEOPLE: Final = "who NOT IN ('cusna', 'member', 'source')"
"""To the letter what the index says: else SQLite does not use it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `kinds` empty: all. A location or a network, not both."""

    kinds: frozenset[str] = frozenset()
    admin: str = ""
    """An admin's address, or ANY_ADMIN."""
    accounts: frozenset[str] | None = None
    """None: everybody. Empty: nobody, so nothing is found."""
    location: str = ""
    network: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(tx: Tx, asked: Asked, limit: int, before: int | None = None) -> list[Entry]:
    """The newest first; `before` (a seq) turns the page."""
    low, high = _span(tx, asked, before)
    if low >= high:
        return []
    rest, values = _rest(asked)
    found: list[Any] = []
    for index, term, value in _lanes(tx, asked):
        # The text is made of constants only; every value is a parameter.
        found += tx.execute(
            "SELECT seq, at, kind, who, account, location, network, data "  # noqa: S608 - constants
            f"FROM audit {index} WHERE {term} AND seq > ? AND seq < ? {rest} ORDER BY seq DESC LIMIT ?",
            (*value, low, high, *values, limit),
        ).fetchall()
    found.sort(key=lambda row: int(row["seq"]), reverse=True)
    return [_entry(row) for row in found[:limit]]


def _lanes(tx: Tx, asked: Asked) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(index, condition, its values): each lane is in order by itself, and read no further than a page."""
    if asked.accounts is not None:
        for account in sorted(asked.accounts):
            yield "INDEXED BY audit_by_account", "account = ?", (account,)
    elif asked.admin:
        for admin in [asked.admin] if asked.admin != ANY_ADMIN else admins(tx):
            yield "INDEXED BY audit_by_admin", f"who = ? AND {_PEOPLE}", (admin,)
    elif asked.location or asked.network:
        name = "location" if asked.location else "network"
        for kind in sorted(asked.kinds) or _distinct(tx, "kind", "1"):
            value = asked.location or asked.network
            yield f"INDEXED BY audit_by_{name}", f"{name} = ? AND kind = ?", (value, kind)
    elif asked.kinds:
        for kind in sorted(asked.kinds):
            yield "INDEXED BY audit_by_kind", "kind = ?", (kind,)
    else:
        yield "NOT INDEXED", "1", ()


def _rest(asked: Asked) -> tuple[str, list[object]]:
    """What the lane does not say already; it holds for most of a lane's lines, or the lane is short."""
    terms: list[str] = []
    values: list[object] = []

    def add(term: str, *some: object) -> None:
        terms.append(f"AND {term}")
        values.extend(some)

    if asked.since is not None:
        add("at >= ?", ms(asked.since))
    if asked.until is not None:
        add("at < ?", ms(asked.until))
    if asked.accounts is not None and asked.admin:
        add(_PEOPLE) if asked.admin == ANY_ADMIN else add("who = ?", asked.admin)
    if asked.accounts is not None or asked.admin:
        if asked.kinds:
            add(f"kind IN ({', '.join('?' * len(asked.kinds))})", *sorted(asked.kinds))
        if asked.location:
            add("location = ?", asked.location)
        if asked.network:
            add("network = ?", asked.network)
    return " ".join(terms), values


def _span(tx: Tx, asked: Asked, before: int | None) -> tuple[int, int]:
    """Between which lines to look, both ends excluded."""
    low, high = -1, before if before is not None else 2**62
    if asked.since is not None:
        row = tx.execute(
            "SELECT seq FROM audit INDEXED BY audit_by_time WHERE at >= ? ORDER BY at, seq LIMIT 1",
            (ms(asked.since - SLACK),),
        ).fetchone()
        if row is None:
            return 0, 0
        low = row["seq"] - 1
    if asked.until is not None:
        row = tx.execute(
            "SELECT seq FROM audit INDEXED BY audit_by_time WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1",
            (ms(asked.until + SLACK),),
        ).fetchone()
        if row is None:
            return 0, 0
        high = min(high, row["seq"] + 1)
    return low, high


def admins(tx: Tx) -> list[str]:
    """Everybody who did something here, besides members and the program itself."""
    return _distinct(tx, "who", _PEOPLE)


def _distinct(tx: Tx, column: str, where: str) -> list[str]:
    """One step into the index for each value, however many lines it has."""
    rows = tx.execute(
        f"WITH RECURSIVE known (it) AS (SELECT min({column}) FROM audit WHERE {where} UNION ALL "  # noqa: S608
        f"SELECT (SELECT min({column}) FROM audit WHERE {column} > known.it AND {where}) FROM known "
        "WHERE known.it IS NOT NULL) SELECT it FROM known WHERE it IS NOT NULL"
    )
    return [row["it"] for row in rows]


def names(tx: Tx, accounts: Iterable[str]) -> dict[str, str]:
    """What to call accounts; who was erased has no name any more."""
    found = {}
    for account in accounts:
        row = tx.execute("SELECT name, email FROM accounts WHERE id = ?", (account,)).fetchone()
        if row is not None:
            found[account] = row["name"] or row["email"] or account
    return found


def accounts(tx: Tx, text: str, key: str | None) -> frozenset[str]:
    """Accounts with this id or address, in every integration."""
    rows = tx.execute(
        "SELECT id FROM accounts WHERE id = ?1 UNION SELECT id FROM accounts WHERE email_key = ?2",
        (text, key),
    )
    return frozenset(row["id"] for row in rows)


def last_sign_in(tx: Tx, *, account: str | None = None, admin: str | None = None) -> Entry | None:
    """The sign-in before the latest one."""
    asked = Asked(
        frozenset({"signed-in"}), admin or "", frozenset({account}) if account is not None else None
    )
    found = page(tx, asked, 2)
    return found[1] if len(found) == 2 else None


def _entry(row: Any) -> Entry:
    return Entry(
        row["seq"],
        at(row["at"]),
        row["kind"],
        row["who"],
        row["account"],
        row["location"],
        row["network"],
        json.loads(row["data"]),
    )
