"""What happened, when, and who did it?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

SECRETS: Final = frozenset(
    {"passphrase", "password", "secret", "token", "link_token", "client_secret", "api_key"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    at: datetime
    kind: str
    who: str
    """"cusna", "member", or an admin's address."""
    account: str | None
    location: str | None
    network: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be written; the fields are those of `write`."""

    kind: str
    who: str
    account: str | None = None
    location: str | None = None
    network: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def write(
    tx: Tx,
    kind: str,
    now: datetime,
    *,
    who: str,
    account: str | None = None,
    location: str | None = None,
    network: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """`data` is plain JSON and holds no secret: a name of one is refused."""
    write_many(tx, [Line(kind, who, account, location, network, data or {})], now)


def write_many(tx: Tx, lines: Iterable[Line], now: datetime) -> None:
    """The same for many at once: a first sync grants thousands of rights."""
    tx.executemany(
        "INSERT INTO audit (at, kind, who, account, location, network, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (ms(now), one.kind, one.who, one.account, one.location, one.network, _plain(one.data))
            for one in lines
        ),
    )


def _plain(data: Mapping[str, Any]) -> str:
    if found := SECRETS & data.keys():
        raise ValueError(f"the audit log takes no {', '.join(sorted(found))}")
    return json.dumps(dict(data))


def recent(
    tx: Tx,
    limit: int = 100,
    *,
    kind: str | None = None,
    who: str | None = None,
    account: str | None = None,
    location: str | None = None,
    network: str | None = None,
    before: int | None = None,
) -> list[Entry]:
    """The newest first; `before` (a seq) turns the page."""
    rows = tx.execute(
        "SELECT seq, at, kind, who, account, location, network, data FROM audit "
        "WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR who = ?2) AND (?3 IS NULL OR account = ?3) "
        "AND (?4 IS NULL OR location = ?4) AND (?5 IS NULL OR network = ?5) AND (?6 IS NULL OR seq < ?6) "
        "ORDER BY seq DESC LIMIT ?7",
        (kind, who, account, location, network, before, limit),
    )
    return [
        Entry(
            row["seq"],
            at(row["at"]),
            row["kind"],
            row["who"],
            row["account"],
            row["location"],
            row["network"],
            json.loads(row["data"]),
        )
        for row in rows
    ]


def purge(tx: Tx, before: datetime) -> None:
    tx.execute("DELETE FROM audit WHERE at < ?", (ms(before),))
