"""What happened that somebody outside wants to hear of, and who has not heard of it yet?

An event is put in the transaction that makes it true, with a delivery for each sink that wants its type.
Where no sink is configured nothing is kept. An event is forgotten with its last delivery.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cusna_core.api import EVENTS, Event
from cusna_core.store.audit import SECRETS
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

LONGEST_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told, before it has an id."""

    type: str
    integration: str | None = None
    location: str | None = None
    network: str | None = None
    account: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one sink."""

    seq: int
    lane: str
    tries: int
    event: Event
    """With the address of its account: the sink's choice is heeded by who delivers."""


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands with one sink."""

    name: str
    went: datetime | None
    type: str
    """Of the last one that was delivered."""
    delivered: int
    failing: datetime | None
    error: str
    dropped: int
    gave_up: datetime | None
    waiting: int = 0


def put(
    tx: Tx,
    type_: str,
    now: datetime,
    *,
    integration: str | None = None,
    location: str | None = None,
    network: str | None = None,
    account: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """`data` is plain JSON and holds no secret (a name of one is refused) and no personal data."""
    put_many(tx, (News(type_, integration, location, network, account, data or {}),), now)


def put_many(tx: Tx, news: Iterable[News], now: datetime) -> None:
    """The same for many at once; an account tells its integration by itself."""
    wants = _wants(tx)
    if not wants:
        return
    for one in news:
        if one.type not in EVENTS:
            raise ValueError(f"there is no event {one.type}")
        if found := SECRETS & one.data.keys():
            raise ValueError(f"an event takes no {', '.join(sorted(found))}")
        to = [name for name, types in wants.items() if not types or one.type in types]
        if to:
            _put(tx, one, to, now)


def _wants(tx: Tx) -> dict[str, list[str]]:
    return {row["name"]: json.loads(row["wants"]) for row in tx.execute("SELECT name, wants FROM sinks")}


def wanted(tx: Tx, type_: str) -> bool:
    """Whether any sink wants this type: for what would cost work to find out."""
    return any(not types or type_ in types for types in _wants(tx).values())


def _put(tx: Tx, one: News, to: Iterable[str], now: datetime) -> None:
    seq = tx.execute(
        "INSERT INTO events (id, type, at, integration, location, network, account, data) VALUES (?, ?, ?, "
        "coalesce(?, (SELECT integration FROM accounts WHERE id = ?)), ?, ?, ?, ?)",
        (
            new_id(),
            one.type,
            ms(now),
            one.integration,
            one.account,
            one.location,
            one.network,
            one.account,
            json.dumps(dict(one.data)),
        ),
    ).lastrowid
    lane = one.account or f"{one.integration or ''}/{one.network or ''}/{one.data.get('code', '')}"
    tx.executemany(
        "INSERT INTO deliveries (sink, seq, lane, due) VALUES (?, ?, ?, ?)",
        [(name, seq, lane, ms(now)) for name in to],
    )


def new_id() -> str:
    return f"evt_{secrets.token_hex(12)}"


def settle(tx: Tx, sinks: Mapping[str, Iterable[str]]) -> list[str]:
    """These are the sinks there are now, each with the types it wants; returns those that are no more."""
    before = set(_wants(tx))
    tx.executemany(
        "INSERT INTO sinks (name, wants) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET wants = excluded.wants",
        [(name, json.dumps(sorted(types))) for name, types in sinks.items()],
    )
    gone = sorted(before - sinks.keys())
    for name in gone:
        tx.execute("DELETE FROM sinks WHERE name = ?", (name,))
        tx.execute("DELETE FROM deliveries WHERE sink = ?", (name,))
    if gone:
        tx.execute(
            "DELETE FROM events WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = events.seq)"
        )
    return gone


def due(tx: Tx, sink: str, now: datetime, limit: int) -> list[Delivery]:
    """What may go now: of each lane the oldest one, if its time has come."""
    rows = tx.execute(
        "SELECT d.seq, d.lane, d.tries, e.id, e.type, e.at, e.integration, e.location, e.network, e.account, "
        "e.data, accounts.email FROM deliveries d JOIN events e ON e.seq = d.seq "
        "LEFT JOIN accounts ON accounts.id = e.account "
        "WHERE d.sink = ?1 AND d.due <= ?2 AND NOT EXISTS "
        "(SELECT 1 FROM deliveries p WHERE p.sink = ?1 AND p.lane = d.lane AND p.seq < d.seq) "
        "ORDER BY d.seq LIMIT ?3",
        (sink, ms(now), limit),
    )
    return [
        Delivery(
            row["seq"],
            row["lane"],
            row["tries"],
            Event(
                row["id"],
                row["type"],
                at(row["at"]),
                row["integration"],
                row["location"],
                row["network"],
                row["account"],
                row["email"],
                json.loads(row["data"]),
            ),
        )
        for row in rows
    ]


def done(tx: Tx, sink: str, one: Delivery, now: datetime) -> None:
    """The sink has it."""
    _forget(tx, sink, one.seq)
    tx.execute(
        "UPDATE sinks SET went = ?, type = ?, delivered = delivered + 1, failing = NULL, error = '' "
        "WHERE name = ?",
        (ms(now), one.event.type, sink),
    )


def again(tx: Tx, sink: str, one: Delivery, due: datetime, error: str, now: datetime) -> None:
    """It did not get through; `error` is a sentence for an admin."""
    tx.execute(
        "UPDATE deliveries SET tries = tries + 1, due = ? WHERE sink = ? AND seq = ?",
        (ms(due), sink, one.seq),
    )
    tx.execute(
        "UPDATE sinks SET failing = coalesce(failing, ?), error = ? WHERE name = ?",
        (ms(now), error[:LONGEST_ERROR], sink),
    )


def recovered(tx: Tx, sink: str, now: datetime) -> None:
    """It takes events again: what waits for its next try goes now."""
    tx.execute("UPDATE sinks SET failing = NULL, error = '' WHERE name = ?", (sink,))
    tx.execute("UPDATE deliveries SET due = ?1 WHERE sink = ?2 AND due > ?1", (ms(now), sink))


def drop(tx: Tx, sink: str, one: Delivery, error: str, now: datetime) -> None:
    """It is given up."""
    _forget(tx, sink, one.seq)
    _dropped(tx, sink, 1, error, now)


def drop_old(tx: Tx, sink: str, before: datetime, now: datetime) -> int:
    """While nothing gets through, what is older than this is given up; returns how many."""
    rows = tx.execute(
        "SELECT d.seq FROM deliveries d JOIN events e ON e.seq = d.seq WHERE d.sink = ? AND e.at <= ?",
        (sink, ms(before)),
    ).fetchall()
    for row in rows:
        _forget(tx, sink, row["seq"])
    if rows:
        _dropped(tx, sink, len(rows), "", now)
    return len(rows)


def _dropped(tx: Tx, sink: str, many: int, error: str, now: datetime) -> None:
    tx.execute(
        "UPDATE sinks SET dropped = dropped + ?1, gave_up = ?2, "
        "error = CASE ?3 WHEN '' THEN error ELSE ?3 END WHERE name = ?4",
        (many, ms(now), error[:LONGEST_ERROR], sink),
    )


def _forget(tx: Tx, sink: str, seq: int) -> None:
    tx.execute("DELETE FROM deliveries WHERE sink = ? AND seq = ?", (sink, seq))
    tx.execute(
        "DELETE FROM events WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)", (seq,)
    )


def statuses(tx: Tx) -> dict[str, Status]:
    """All sinks, by name."""
    waiting = dict(tx.execute("SELECT sink, count(*) FROM deliveries GROUP BY sink").fetchall())
    return {
        row["name"]: Status(
            row["name"],
            at(row["went"]),
            row["type"],
            row["delivered"],
            at(row["failing"]),
            row["error"],
            row["dropped"],
            at(row["gave_up"]),
            waiting.get(row["name"], 0),
        )
        for row in tx.execute("SELECT * FROM sinks ORDER BY name")
    }


# Webhooks that come in


@dataclass(frozen=True, slots=True)
class Heard:
    """Of a source's webhooks."""

    arrived: datetime | None
    many: int
    refused: datetime | None


def heard(tx: Tx, integration: str) -> Heard:
    row = tx.execute(
        "SELECT arrived, many, refused FROM hints WHERE integration = ?", (integration,)
    ).fetchone()
    return Heard(at(row["arrived"]), row["many"], at(row["refused"])) if row else Heard(None, 0, None)


def hear(
    tx: Tx,
    integration: str,
    *,
    arrived: datetime | None = None,
    many: int = 0,
    refused: datetime | None = None,
) -> None:
    """So many more have arrived, and when the last one did; or one was refused."""
    tx.execute(
        "INSERT INTO hints (integration, arrived, many, refused) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (integration) DO UPDATE SET arrived = coalesce(excluded.arrived, arrived), "
        "many = many + excluded.many, refused = coalesce(excluded.refused, refused)",
        (integration, ms(arrived), many, ms(refused)),
    )
