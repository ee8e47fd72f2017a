"""What should an admin know now, since when, and was it mailed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cusna_core.api import Finding, Level
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms


@dataclass(frozen=True, slots=True)
class Stored:
    scope: str
    """Who found it: "integration:hq", "network:members"."""
    finding: Finding
    since: datetime
    mailed: datetime | None

    @property
    def identity(self) -> tuple[str, str, str]:
        return (self.scope, self.finding.code, self.finding.about)


_ALL = "SELECT scope, code, about, level, summary, fix, path, since, mailed FROM findings "


def _stored(row: Any) -> Stored:
    finding = Finding(Level(row["level"]), row["code"], row["summary"], row["fix"], row["path"], row["about"])
    return Stored(row["scope"], finding, at(row["since"]), at(row["mailed"]))


def sync(
    tx: Tx, scope: str, findings: Sequence[Finding], now: datetime
) -> tuple[tuple[Stored, ...], tuple[Stored, ...]]:
    """Make these the scope's findings; returns (appeared, vanished).

    One that is there already keeps its `since`, whatever its words are now.
    """
    before = {one.identity: one for one in current(tx, scope)}
    wanted = {(scope, one.code, one.about): one for one in findings}
    tx.executemany(
        "INSERT INTO findings (scope, code, about, level, summary, fix, path, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, code, about) DO UPDATE SET "
        "level = excluded.level, summary = excluded.summary, "
        "fix = excluded.fix, path = excluded.path",
        [
            (scope, one.code, one.about, one.level.value, one.summary, one.fix, one.path, ms(now))
            for identity, one in wanted.items()
            if identity not in before or before[identity].finding != one
        ],
    )
    vanished = tuple(one for identity, one in before.items() if identity not in wanted)
    tx.executemany(
        "DELETE FROM findings WHERE scope = ? AND code = ? AND about = ?", [one.identity for one in vanished]
    )
    appeared = tuple(
        Stored(scope, one, at(ms(now)), None) for identity, one in wanted.items() if identity not in before
    )
    return appeared, vanished


def current(tx: Tx, scope: str | None = None) -> list[Stored]:
    """Errors first, then warnings; within a level the older first."""
    rows = tx.execute(
        _ALL + "WHERE ?1 IS NULL OR scope = ?1 "
        "ORDER BY CASE level WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, since, scope, code, about",
        (scope,),
    )
    return [_stored(row) for row in rows]


def mailed(tx: Tx, scope: str, code: str, about: str, now: datetime) -> None:
    tx.execute(
        "UPDATE findings SET mailed = ? WHERE scope = ? AND code = ? AND about = ?",
        (ms(now), scope, code, about),
    )
