"""Which people fit what an admin looks for, a page at a time?

Searched is a narrow copy of names and addresses, kept by triggers (schema 0002): a hundred thousand lines
are read through faster than any of them could be joined.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cusna_core.store.db import Tx
from cusna_core.store.folding import folded
from cusna_core.store.instants import at, ms
from cusna_core.store.sessions import IDLE

WORDS: Final = 6
"""More words than that narrow nothing down."""


class State(StrEnum):
    """What people may be looked for by; who is on is as of the latest decision."""

    ON = "on"
    OFF = "off"
    DISABLED = "disabled"
    WAITING = "waiting"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; the empty string means any."""

    text: str = ""
    state: State | None = None
    location: str = ""
    """Of a location: who has access there, or is known there."""
    source_id: str = ""
    """The location's id at its source; `integration` is set then."""
    company: str = ""
    """The company's id at its source; `integration` is set then."""
    integration: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(folded(self.text).split()))[:WORDS]


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody found. `sort` and `id` together turn the page."""

    sort: str
    id: str


_STATES: Final = {
    State.ON: "(rights > 0 AND suspended = 0)",
    State.OFF: "rights = 0 AND suspended = 0",
    State.DISABLED: "suspended = 1",
    State.WAITING: "account_id IN (SELECT account_id FROM key_states WHERE state = 'waiting')",
    State.OVERRIDE: (
        "account_id IN "
        "(SELECT account_id FROM overrides WHERE ended IS NULL AND (ends IS NULL OR ends > :now))"
    ),
}
_PERSONS = (
    "account_id IN (SELECT account_persons.account_id FROM facts JOIN account_persons "
    "ON account_persons.integration = facts.integration AND account_persons.person_id = facts.person "
    "WHERE facts.integration = :integration AND facts.kind = 'affiliation' AND "
)
_COMPANY = f"{_PERSONS}json_extract(facts.data, '$[2]') = :company)"
_THERE = (
    "(account_id IN (SELECT account_id FROM ledger WHERE location_id = :location) "  # noqa: S608 - constants
    f"OR {_PERSONS}facts.location = :source_id))"
)


def _where(wanted: Wanted, now: datetime) -> tuple[list[str], dict[str, Any]]:
    """Constant conditions and their values: nothing that somebody typed is ever part of a statement."""
    values: dict[str, Any] = {
        "now": ms(now),
        "location": wanted.location,
        "source_id": wanted.source_id,
        "company": wanted.company,
        "integration": wanted.integration,
    }
    found: list[str] = []
    for number, word in enumerate(wanted.words):
        values[f"word{number}"] = word
        found.append(f"(instr(words, :word{number}) > 0 OR instr(firms, :word{number}) > 0)")
    if wanted.integration:
        found.append("integration = :integration")
    if wanted.location:
        found.append(_THERE)
    if wanted.company:
        found.append(_COMPANY)
    return found, values


def line(tx: Tx, account_id: str) -> Line | None:
    """Where somebody stands in the list."""
    row = tx.execute("SELECT sort FROM people WHERE account_id = ?", (account_id,)).fetchone()
    return Line(row["sort"], account_id) if row is not None else None


def page(
    tx: Tx,
    wanted: Wanted,
    now: datetime,
    limit: int,
    *,
    after: Line | None = None,
    before: Line | None = None,
) -> list[Line]:
    """By name, from `after` on; or the last ones ahead of `before`."""
    where, values = _where(wanted, now)
    if wanted.state is not None:
        where.append(_STATES[wanted.state])
    turn, order = after or before, "DESC" if before is not None and after is None else "ASC"
    if turn is not None:
        values |= {"sort": turn.sort, "id": turn.id}
        where.append(f"(sort, account_id) {'<' if order == 'DESC' else '>'} (:sort, :id)")
    rows = tx.execute(
        "SELECT sort, account_id FROM people WHERE "  # noqa: S608 - constants, see `_where`
        f"{' AND '.join(where) or '1'} ORDER BY sort {order}, account_id {order} LIMIT :limit",
        values | {"limit": limit},
    )
    found = [Line(row["sort"], row["account_id"]) for row in rows]
    return found[::-1] if order == "DESC" else found


def counts(tx: Tx, wanted: Wanted, now: datetime) -> dict[State | None, int]:
    """How many fit, by state; None is whatever state."""
    where, values = _where(wanted, now)
    if not where:
        return _everybody(tx, values)
    row = tx.execute(
        "SELECT count(*) AS many, "  # noqa: S608 - constants, see `_where`
        f"{', '.join(f'total(({_STATES[state]})) AS is_{state}' for state in State)} "
        f"FROM people WHERE {' AND '.join(where)}",
        values,
    ).fetchone()
    found: dict[State | None, int] = {None: row["many"]}
    return found | {state: int(row[f"is_{state}"]) for state in State}


def _everybody(tx: Tx, values: dict[str, Any]) -> dict[State | None, int]:
    """Without looking at everybody: each of these few has an index, and the rest may be on."""
    found: dict[State | None, int] = {None: tx.execute("SELECT count(*) FROM people").fetchone()[0]}
    for state in (State.OFF, State.DISABLED, State.WAITING, State.OVERRIDE):
        found[state] = tx.execute(
            f"SELECT count(*) FROM people WHERE {_STATES[state]}",  # noqa: S608 - constants
            values,
        ).fetchone()[0]
    found[State.ON] = found[None] - found[State.OFF] - found[State.DISABLED]
    return found


@dataclass(frozen=True, slots=True)
class Given:
    """An override, with who gave it."""

    id: str
    location: str | None
    starts: datetime
    ends: datetime | None
    note: str
    by: str
    created: datetime
    ended: datetime | None
    ended_by: str | None


def overrides(tx: Tx, account_id: str, limit: int = 50) -> list[Given]:
    """The newest first, ended ones included."""
    found = tx.execute(
        "SELECT id, location_id, starts, ends, note, by, created, ended, ended_by FROM overrides "
        "WHERE account_id = ? ORDER BY ended IS NOT NULL, created DESC, id LIMIT ?",
        (account_id, limit),
    )
    return [
        Given(
            row["id"],
            row["location_id"],
            at(row["starts"]),
            at(row["ends"]),
            row["note"],
            row["by"],
            at(row["created"]),
            at(row["ended"]),
            row["ended_by"],
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as an admin sees it: nothing that could open it."""

    location: str | None
    signed_in: datetime
    last_seen: datetime
    stay: bool
    hint: str


def sessions(tx: Tx, account_id: str, now: datetime) -> list[SignedIn]:
    """Those that are alive."""
    found = tx.execute(
        "SELECT location, signed_in, last_seen, stay, hint FROM sessions WHERE account_id = ? "
        "AND expires > ? AND (stay = 1 OR last_seen > ?) ORDER BY last_seen DESC",
        (account_id, ms(now), ms(now - IDLE)),
    )
    return [
        SignedIn(row["location"], at(row["signed_in"]), at(row["last_seen"]), bool(row["stay"]), row["hint"])
        for row in found
    ]
