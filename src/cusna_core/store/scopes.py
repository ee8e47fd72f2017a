"""Which answers of a source are to be believed, section by section and location by location?"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cusna_core.api import Scope, Section, Snapshot
from cusna_core.store.codec import SECTION, Row
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms

AGREE: Final = 3
"""Short answers in a row after which they are believed."""
SHORT: Final = "It told of less than half of what it told of before."
UNFINISHED: Final = "It was not read to the end."

_Judged = tuple[Scope, int, int]
"""With the first of its short answers in a row, and how many agree; zeros where it is not short."""
Covered = Callable[[Section, Collection[str | None]], bool]
"""Whether absence means something in a section, for what belongs to (all of) these locations."""


@dataclass(frozen=True, slots=True)
class Read:
    """How the reads of a section at a location (None: the whole integration) went."""

    section: Section
    location: str | None
    last_good: datetime | None
    count: int
    """Facts in the last good one."""
    last_failure: datetime | None
    failure: str
    """Why the last read did not come to the end, or is not believed; empty if all is well."""


def reads(tx: Tx, integration: str) -> list[Read]:
    rows = tx.execute(
        "SELECT section, location, last_good, count, last_failure, failure FROM reads WHERE integration = ? "
        "ORDER BY location, section",
        (integration,),
    )
    return [
        Read(
            Section(row["section"]),
            row["location"] or None,
            at(row["last_good"]),
            row["count"],
            at(row["last_failure"]),
            row["failure"],
        )
        for row in rows
    ]


def places(tx: Tx) -> dict[str, set[str | None]]:
    """By integration, the locations that were ever read to the end (None: all of them at once)."""
    found: dict[str, set[str | None]] = {}
    rows = tx.execute(
        "SELECT DISTINCT integration, location FROM reads WHERE last_good IS NOT NULL AND section <> ?",
        (Section.BLOCKS,),
    )
    for row in rows:
        found.setdefault(row["integration"], set()).add(row["location"] or None)
    return found


def failed(tx: Tx, integration: str, sentence: str, now: datetime) -> None:
    """Nothing at all could be read; `sentence` says why."""
    tx.execute(
        "UPDATE reads SET last_failure = ?, failure = ? WHERE integration = ?",
        (ms(now), sentence, integration),
    )


def count(rows: Iterable[Row]) -> Counter[Scope]:
    """Facts by scope; those of a whole section count under None as well."""
    found: Counter[Scope] = Counter()
    for row in rows:
        section = SECTION[row.kind]
        # A person is at a location by an affiliation, and counts by itself for the whole.
        if row.kind != "affiliation":
            found[section, None] += 1
        if row.location is not None:
            found[section, row.location] += 1
    return found


def judge(
    tx: Tx,
    integration: str,
    snapshot: Snapshot,
    asked: Collection[str] | None,
    told: Counter[Scope],
    before: Counter[Scope],
) -> tuple[tuple[Scope, ...], Covered]:
    """Note how the read went; returns (short scopes, where absence means something).

    `told` and `before` count what the read told and what the last good ones did, leaving out what
    is over by itself: an empty Sunday is no short answer.
    """
    began = ms(snapshot.began)
    runs: dict[Scope, tuple[int, int]] = {}
    known: set[Scope] = set()
    for row in tx.execute(
        "SELECT section, location, short_count, short_run FROM reads WHERE integration = ?", (integration,)
    ):
        scope = (Section(row["section"]), row["location"] or None)
        known.add(scope)
        runs[scope] = (row["short_count"], row["short_run"])
    good: list[_Judged] = []
    short: list[_Judged] = []
    for scope in sorted(snapshot.complete, key=lambda one: (one[0], one[1] or "")):
        if 2 * told[scope] >= before[scope]:
            good.append((scope, 0, 0))
            continue
        first, run = runs.get(scope, (0, 0))
        if run and abs(told[scope] - first) <= max(2, first // 10):
            run += 1
        else:
            first, run = told[scope], 1
        (good if run >= AGREE else short).append((scope, first, run))
    now, then = (sum(of[scope] for scope in snapshot.complete) for of in (told, before))
    if short and 2 * now < then:
        good, short = _together(good, short)
    _note_good(tx, integration, began, [(scope, told[scope]) for scope, _, _ in good])
    _note_short(tx, integration, began, short)
    unread = {
        scope for scope in known - snapshot.complete if asked is None or scope[1] is None or scope[1] in asked
    }
    tx.executemany(
        "UPDATE reads SET last_failure = ?, failure = ? "
        "WHERE integration = ? AND section = ? AND location = ?",
        [
            (began, " ".join(snapshot.failures) or UNFINISHED, integration, section.value, location or "")
            for section, location in sorted(unread, key=str)
        ],
    )
    doubtful = tuple(scope for scope, _, _ in short)
    return doubtful, _covered(
        {scope for scope, _, _ in good}, set(doubtful), known | snapshot.complete, asked
    )


def _together(good: list[_Judged], short: list[_Judged]) -> tuple[list[_Judged], list[_Judged]]:
    """The whole source tells of less than half: what is short is believed all at once, or not yet.

    A bad day that begins in the middle of a read would else be believed place by place, and take rights
    away in portions that are each too small for the brake.
    """
    agreed = [one for one in good if one[2]]
    return [one for one in good if one not in agreed], sorted([*short, *agreed], key=str)


def _note_good(tx: Tx, integration: str, began: int, scopes: Iterable[tuple[Scope, int]]) -> None:
    tx.executemany(
        "INSERT INTO reads (integration, section, location, last_good, count) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (integration, section, location) DO UPDATE SET last_good = excluded.last_good, "
        "count = excluded.count, failure = '', short_count = 0, short_run = 0",
        [(integration, section.value, location or "", began, many) for (section, location), many in scopes],
    )


def _note_short(tx: Tx, integration: str, began: int, scopes: Iterable[_Judged]) -> None:
    tx.executemany(
        "INSERT INTO reads (integration, section, location, last_failure, failure, short_count, short_run) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (integration, section, location) DO UPDATE SET "
        "last_failure = excluded.last_failure, failure = excluded.failure, "
        "short_count = excluded.short_count, short_run = excluded.short_run",
        [
            (integration, section.value, location or "", began, SHORT, first, run)
            for (section, location), first, run in scopes
        ],
    )


def _covered(
    good: Collection[Scope], short: Collection[Scope], known: Collection[Scope], asked: Collection[str] | None
) -> Covered:
    def one(section: Section, location: str | None) -> bool:
        if (section, location) in good:
            return True
        if location is not None:
            # Read as a whole; but a location that was not asked for says nothing.
            return (
                (section, None) in good
                and (section, location) not in short
                and (asked is None or location in asked)
            )
        places = asked if asked is not None else {place for kind, place in known if kind is section and place}
        return bool(places) and all((section, place) in good for place in places)

    return lambda section, locations: all(one(section, location) for location in locations)
