"""What does one read of a source add, change and take away? (Rule 9.)

Facts carry the instant at which the read that told them *began*. A read removes only what was last
seen before it began, only in sections that it read to the end, and mere absence counts when a second
complete read agrees. Subscriptions and bookings are first asked for by id.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cusna_core.api import Section, Snapshot, Window
from cusna_core.store import codec, scopes
from cusna_core.store.codec import SECTION, Row
from cusna_core.store.db import Tx
from cusna_core.store.facts import OVER_KEPT, STATED
from cusna_core.store.instants import ms

CANCELLED_KEPT: Final = timedelta(days=60)
CONFIRMED: Final = 2
"""Complete reads that must agree that something is absent."""

Key = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a read came to."""

    ask_again: tuple[tuple[Section, str], ...]
    """Missing in complete reads for the second time: ask `Source.again`, and merge its answer."""
    short: tuple[tuple[Section, str | None], ...]
    """Answers under half of the last good one, treated as incomplete until three agree."""
    removed: int
    changed: bool
    """Any fact is new, different or removed."""
    counts: Mapping[str, tuple[int, int, int]] = field(default_factory=dict, compare=False)
    """How many facts are new, different, removed, by kind; kinds without any are left out."""


@dataclass(frozen=True, slots=True)
class _Known:
    row: Row
    seen_at: int
    absent: int


def merge(
    tx: Tx,
    integration: str,
    snapshot: Snapshot,
    *,
    partial: bool = False,
    asked: Collection[str] | None = None,
    window: Window | None = None,
) -> Merged:
    """Take in one read.

    `partial` is for the answers of `find` and `again`: they add, change, and say what is gone, but
    absence from them means nothing. `asked` are the source's locations that a full read was asked
    for, and `window` that of its bookings; without them all locations known so far, and all bookings
    that are not over, are expected.
    """
    began = ms(snapshot.began)
    told = {(row.kind, row.id): row for row in codec.rows(snapshot)}
    ended = {
        (kind, fact_id) for section, fact_id in snapshot.gone for kind in SECTION if SECTION[kind] is section
    } - told.keys()
    known = _known(tx, integration, told.keys() | ended if partial else None)
    removed = [key for key in ended if key in known and known[key].seen_at <= began]
    stones = _state(tx, integration, snapshot, began)
    new, different = _write(tx, integration, told, known, stones, began)
    ask_again: list[tuple[Section, str]] = []
    short: tuple[tuple[Section, str | None], ...] = ()
    if not partial:
        expected = _expected(began, window)
        short, covered = scopes.judge(
            tx,
            integration,
            snapshot,
            asked,
            told=scopes.count(row for row in told.values() if expected(row)),
            before=scopes.count(one.row for one in known.values() if not one.absent and expected(one.row)),
        )
        unseen = {
            key: one
            for key, one in known.items()
            if key not in told and key not in ended and one.seen_at < began
        }
        stale = [key for key, one in unseen.items() if _stale(one, began)]
        missing = _missing(unseen, known, told, expected, covered)
        gone_by_absence = [key for key in missing if unseen[key].absent + 1 >= CONFIRMED]
        ask_again = [(SECTION[kind], fact_id) for kind, fact_id in gone_by_absence if kind in OVER_KEPT]
        removed += stale + [key for key in gone_by_absence if key[0] not in OVER_KEPT]
        tx.executemany(
            "UPDATE facts SET absent = absent + 1 WHERE integration = ? AND kind = ? AND id = ?",
            [(integration, *key) for key in missing],
        )
    tx.executemany(
        "DELETE FROM facts WHERE integration = ? AND kind = ? AND id = ?",
        [(integration, *key) for key in removed],
    )
    gone = Counter(kind for kind, _ in removed)
    counts = {
        kind: (new[kind], different[kind], gone[kind])
        for kind in SECTION
        if new[kind] + different[kind] + gone[kind]
    }
    return Merged(tuple(sorted(ask_again)), short, len(removed), bool(counts), counts)


def of_the_past(tx: Tx, integration: str, now: datetime) -> None:
    """Nothing was seen later than now: what claims so is of a time when the clock was set ahead.

    To be called before a read begins, which else would be older than all that it is to change. It may
    begin within the same millisecond, and is newer all the same.
    """
    for column, table in (("seen_at", "facts"), ("at", "facts_gone")):
        tx.execute(
            f"UPDATE {table} SET {column} = ?1 WHERE integration = ?2 AND {column} > ?1",  # noqa: S608 — constants
            (ms(now) - 1, integration),
        )


def _known(tx: Tx, integration: str, only: Iterable[Key] | None) -> dict[Key, _Known]:
    columns = "SELECT kind, id, location, person, cancelled, starts, ends, data, seen_at, absent FROM facts "
    found: Iterable[Any]
    if only is None:
        found = tx.execute(columns + "WHERE integration = ?", (integration,))
    else:
        found = [
            row
            for key in only
            for row in tx.execute(
                columns + "WHERE integration = ? AND kind = ? AND id = ?", (integration, *key)
            )
        ]
    return {(row[0], row[1]): _Known(Row(*row[:8]), row[8], row[9]) for row in found}


def _state(tx: Tx, integration: str, snapshot: Snapshot, began: int) -> dict[tuple[str, str], int]:
    """Remember what the source says is no more; returns when it said so, by (section, id)."""
    tx.executemany(
        "INSERT INTO facts_gone (integration, section, id, at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (integration, section, id) DO UPDATE SET at = max(at, excluded.at)",
        [(integration, section.value, fact_id, began) for section, fact_id in sorted(snapshot.gone)],
    )
    tx.execute(
        "DELETE FROM facts_gone WHERE integration = ? AND at < ?", (integration, ms(snapshot.began - STATED))
    )
    rows = tx.execute("SELECT section, id, at FROM facts_gone WHERE integration = ?", (integration,))
    return {(row["section"], row["id"]): row["at"] for row in rows}


def _write(
    tx: Tx,
    integration: str,
    told: Mapping[Key, Row],
    known: Mapping[Key, _Known],
    stones: Mapping[tuple[str, str], int],
    began: int,
) -> tuple[Counter[str], Counter[str]]:
    """Write what is new or different, note that the rest was seen; an older read never overwrites a newer.

    Returns how many were new, and how many different, by kind.
    """
    new, seen, risen = [], [], []
    fresh, different = Counter[str](), Counter[str]()
    for key, row in told.items():
        before = known.get(key)
        stone = (SECTION[row.kind].value, row.id)
        if stones.get(stone, began - 1) >= began or (before is not None and before.seen_at > began):
            continue
        if stone in stones:
            risen.append((integration, *stone))
        if before is None or before.row != row:
            new.append((integration, *row, began))
            (fresh if before is None else different)[row.kind] += 1
        elif before.absent or before.seen_at < began:
            seen.append((began, integration, *key))
    tx.executemany("DELETE FROM facts_gone WHERE integration = ? AND section = ? AND id = ?", risen)
    tx.executemany(
        "INSERT INTO facts (integration, kind, id, location, person, cancelled, starts, ends, data, seen_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (integration, kind, id) DO UPDATE SET "
        "location = excluded.location, person = excluded.person, cancelled = excluded.cancelled, "
        "starts = excluded.starts, ends = excluded.ends, data = excluded.data, "
        "seen_at = excluded.seen_at, absent = 0",
        new,
    )
    tx.executemany(
        "UPDATE facts SET seen_at = ?, absent = 0 WHERE integration = ? AND kind = ? AND id = ?", seen
    )
    return fresh, different


def _expected(began: int, window: Window | None) -> Callable[[Row], bool]:
    """Whether a complete read that began then has to tell a fact, if it is still true."""

    def expected(row: Row) -> bool:
        if row.cancelled:
            return False
        if row.kind == "booking" and window is not None:
            assert row.starts is not None
            assert row.ends is not None
            return row.starts < ms(window.ends) and row.ends > ms(window.starts)
        return row.ends is None or row.ends > began

    return expected


def _stale(one: _Known, began: int) -> bool:
    """Cancelled, or over by itself, long enough ago that nobody asks for it."""
    if one.row.cancelled:
        return one.seen_at < began - CANCELLED_KEPT // timedelta(milliseconds=1)
    kept = OVER_KEPT.get(one.row.kind)
    return (
        kept is not None
        and one.row.ends is not None
        and one.row.ends < began - kept // timedelta(milliseconds=1)
    )


def _missing(
    unseen: Mapping[Key, _Known],
    known: Mapping[Key, _Known],
    told: Mapping[Key, Row],
    expected: Callable[[Row], bool],
    covered: scopes.Covered,
) -> list[Key]:
    """What a complete read should have told, and did not."""
    homes: defaultdict[str | None, set[str | None]] = defaultdict(set)
    named: set[str | None] = set()
    for row in [one.row for one in known.values()] + list(told.values()):
        if row.kind == "affiliation":
            homes[row.person].add(row.location)
        elif row.kind in OVER_KEPT and expected(row):
            named.add(row.person)
    missing = []
    for key, one in unseen.items():
        row = one.row
        places: Collection[str | None] = {row.location}
        if row.kind == "person":
            # Who is a member nowhere is known by a booking or a plan, and lasts as long as that.
            if row.id not in homes and row.id in named:
                continue
            places = homes.get(row.id, places)
        if expected(row) and covered(SECTION[row.kind], places):
            missing.append(key)
    return missing
