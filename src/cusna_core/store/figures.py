"""How many, of everything that can be counted? One pass over each table, for gauges and overviews."""

from dataclasses import dataclass, field
from datetime import datetime

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms


@dataclass(slots=True)
class Figures:
    """Numbers by their names; what has none is left out, which means zero."""

    accounts: dict[str, int] = field(default_factory=dict)
    """By integration."""
    suspended: dict[str, int] = field(default_factory=dict)
    """By integration."""
    on: dict[tuple[str, str], int] = field(default_factory=dict)
    """People with a right in force, by integration and location; who is suspended has none."""
    next_end: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """The next promised end, by integration and location."""
    keys: dict[tuple[str, str], int] = field(default_factory=dict)
    """By network and state."""
    groups: dict[str, int] = field(default_factory=dict)
    """Companies with a VLAN, by network."""
    held: dict[str, int] = field(default_factory=dict)
    """Rights that the brake holds, by integration."""
    read: dict[str, datetime] = field(default_factory=dict)
    """When an integration was last read to the end, of its oldest section: facts are as old as that."""
    failing: set[str] = field(default_factory=set)
    """Integrations of which something could not be read the last time."""
    findings: dict[str, int] = field(default_factory=dict)
    """By level."""
    letters: dict[str, int] = field(default_factory=dict)
    """Mails: "waiting", and of those "late" (the mail server refused them at least once)."""


def figures(tx: Tx, now: datetime, *, people: bool = True) -> Figures:
    """Everything at once, of one moment. Without `people` for whoever knows of them already."""
    found = Figures()
    if people:
        _people(tx, now, found)
    for row in tx.execute("SELECT network, state, count(*) AS many FROM key_states GROUP BY network, state"):
        found.keys[row["network"], row["state"]] = row["many"]
    for row in tx.execute("SELECT network, count(*) AS many FROM groups GROUP BY network"):
        found.groups[row["network"]] = row["many"]
    for row in tx.execute(
        "SELECT integration, (SELECT count(*) FROM json_each(withdrawals)) AS many FROM held"
    ):
        found.held[row["integration"]] = row["many"]
    for row in tx.execute(
        "SELECT integration, min(last_good) AS good, count(*) - count(last_good) AS never, "
        "max(failure <> '') AS failing FROM reads GROUP BY integration"
    ):
        good = at(row["good"])
        if good is not None and not row["never"]:
            found.read[row["integration"]] = good
        if row["failing"]:
            found.failing.add(row["integration"])
    for row in tx.execute("SELECT level, count(*) AS many FROM findings GROUP BY level"):
        found.findings[row["level"]] = row["many"]
    row = tx.execute(
        "SELECT count(*) AS waiting, count(*) FILTER (WHERE tries > 0) AS late FROM outbox WHERE done IS NULL"
    ).fetchone()
    found.letters = {"waiting": row["waiting"], "late": row["late"]}
    return found


def _people(tx: Tx, now: datetime, found: Figures) -> None:
    for row in tx.execute(
        "SELECT integration, count(*) AS many, sum(suspended) AS suspended FROM accounts GROUP BY integration"
    ):
        found.accounts[row["integration"]] = row["many"]
        found.suspended[row["integration"]] = row["suspended"]
    for row in tx.execute(
        "SELECT l.integration, l.location_id, count(DISTINCT l.account_id) AS many, min(l.ends) AS ends "
        "FROM ledger l JOIN accounts a ON a.id = l.account_id "
        "WHERE l.starts <= ?1 AND (l.ends IS NULL OR l.ends > ?1) AND a.suspended = 0 "
        "GROUP BY l.integration, l.location_id",
        (ms(now),),
    ):
        place = (row["integration"], row["location_id"])
        found.on[place] = row["many"]
        ends = at(row["ends"])
        if ends is not None:
            found.next_end[place] = ends
