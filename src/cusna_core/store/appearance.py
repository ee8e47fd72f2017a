"""How does each location look to its members, and what does an admin try before they see it?"""

from dataclasses import dataclass
from datetime import datetime

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.settings import Conflict

_COLUMNS = "name, accent, logo, help, contact, privacy"


@dataclass(frozen=True, slots=True)
class Values:
    """What can be chosen; "" is as it comes."""

    name: str = ""
    accent: str = ""
    """`#rrggbb`."""
    logo: str = ""
    """The name of a logo."""
    help: str = ""
    contact: str = ""
    privacy: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    values: Values
    version: int
    """Of a draft: of what it was made from; 0: there was nothing."""
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Logo:
    name: str
    type: str
    width: int
    height: int
    data: bytes


def all(tx: Tx) -> dict[str, Look]:  # noqa: A001 - as in settings: read with the module's name
    """What members see, by location."""
    rows = tx.execute(f"SELECT location, {_COLUMNS}, version, at, by FROM looks WHERE draft_of = ''")  # noqa: S608
    return {row[0]: Look(Values(*row[1:7]), row[7], at(row[8]), row[9]) for row in rows}


def get(tx: Tx, location: str, draft_of: str = "") -> Look | None:
    row = tx.execute(
        f"SELECT {_COLUMNS}, version, at, by FROM looks WHERE location = ? AND draft_of = ?",  # noqa: S608
        (location, draft_of),
    ).fetchone()
    return Look(Values(*row[:6]), row[6], at(row[7]), row[8]) if row else None


def draft(tx: Tx, location: str, values: Values, version: int, now: datetime, by: str) -> None:
    """What this admin tries; `version` is that of what they saw."""
    _put(tx, location, by, values, version, now, by)


def publish(tx: Tx, location: str, values: Values, version: int, now: datetime, by: str) -> None:
    """What members see from now on. Raises Conflict where another version is there than was seen."""
    before = get(tx, location)
    if (before.version if before else 0) != version:
        raise Conflict
    _put(tx, location, "", values, version + 1, now, by)
    drop(tx, location, by)


def drop(tx: Tx, location: str, by: str) -> None:
    """Throw a draft away, and logos that nothing shows any more."""
    tx.execute("DELETE FROM looks WHERE location = ? AND draft_of = ?", (location, by))
    tx.execute("DELETE FROM logos WHERE name NOT IN (SELECT logo FROM looks)")


def _put(tx: Tx, location: str, draft_of: str, it: Values, version: int, now: datetime, by: str) -> None:
    tx.execute(
        f"INSERT OR REPLACE INTO looks (location, draft_of, {_COLUMNS}, version, at, by) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            location,
            draft_of,
            it.name,
            it.accent,
            it.logo,
            it.help,
            it.contact,
            it.privacy,
            version,
            ms(now),
            by,
        ),
    )


def add_logo(tx: Tx, one: Logo) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO logos (name, type, width, height, bytes) VALUES (?, ?, ?, ?, ?)",
        (one.name, one.type, one.width, one.height, one.data),
    )


def logo(tx: Tx, name: str) -> Logo | None:
    row = tx.execute("SELECT name, type, width, height, bytes FROM logos WHERE name = ?", (name,)).fetchone()
    return Logo(*row) if row else None


def sides(tx: Tx) -> dict[str, tuple[int, int]]:
    """Width and height of each logo."""
    return {row[0]: (row[1], row[2]) for row in tx.execute("SELECT name, width, height FROM logos")}
