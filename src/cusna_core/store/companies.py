"""What did admins say of companies, which numbers rest, and who belongs to a company?"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cusna_core.flow.firms import Company, Links
from cusna_core.flow.numbers import Pin, Rest, Rules
from cusna_core.store.audit import Entry
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms


@dataclass(frozen=True, slots=True)
class Said:
    """When an admin said it, and who."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many accounts a company has, and how many of them may be on now."""

    members: int
    on: int


@dataclass(frozen=True, slots=True)
class Member:
    account_id: str
    name: str
    email: str
    on: bool
    until: datetime | None
    """The latest end of what is in force; None: open, or nothing is."""
    suspended: bool


def rules(tx: Tx) -> Rules:
    return Rules(tuple(pins(tx)), tuple(rests(tx)), links(tx))


def pins(tx: Tx) -> list[Pin]:
    """The older first."""
    rows = tx.execute("SELECT * FROM pins ORDER BY at, integration, company, network")
    return [
        Pin((row["integration"], row["company"]), row["network"], row["domain"], row["vlan"]) for row in rows
    ]


def pinned(tx: Tx, company: Company) -> dict[str, Said]:
    """By network."""
    rows = tx.execute("SELECT network, at, by FROM pins WHERE integration = ? AND company = ?", company)
    return {row["network"]: Said(at(row["at"]), row["by"]) for row in rows}


def pin(tx: Tx, one: Pin, now: datetime, by: str) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO pins (integration, company, network, domain, vlan, at, by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*one.company, one.network_id, one.domain, one.vlan, ms(now), by),
    )


def unpin(tx: Tx, company: Company, network: str) -> bool:
    done = tx.execute(
        "DELETE FROM pins WHERE integration = ? AND company = ? AND network = ?", (*company, network)
    )
    return done.rowcount > 0


def links(tx: Tx) -> dict[Company, Company]:
    return {(row[0], row[1]): (row[2], row[3]) for row in tx.execute("SELECT * FROM links")}


def linked(tx: Tx, company: Company) -> Said | None:
    row = tx.execute("SELECT at, by FROM links WHERE integration = ? AND company = ?", company).fetchone()
    return Said(at(row["at"]), row["by"]) if row else None


def set_links(tx: Tx, after: Links, now: datetime, by: str) -> None:
    """Make these all the links there are; what stays keeps who said it."""
    before = links(tx)
    tx.executemany(
        "DELETE FROM links WHERE integration = ? AND company = ?",
        [one for one, head in before.items() if after.get(one) != head],
    )
    tx.executemany(
        "INSERT INTO links (integration, company, head_integration, head_company, at, by) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [(*one, *head, ms(now), by) for one, head in after.items() if before.get(one) != head],
    )


def rests(tx: Tx) -> list[Rest]:
    rows = tx.execute("SELECT * FROM resting_vlans ORDER BY since, domain, vlan, integration, company")
    return [
        Rest(
            (row["integration"], row["company"]), row["network"], row["domain"], row["vlan"], at(row["since"])
        )
        for row in rows
    ]


def set_rests(tx: Tx, after: Collection[Rest]) -> None:
    before, wanted = set(rests(tx)), set(after)
    tx.executemany(
        "DELETE FROM resting_vlans WHERE domain = ? AND vlan = ? AND integration = ? AND company = ? "
        "AND network = ?",
        [(one.domain, one.vlan, *one.company, one.network_id) for one in before - wanted],
    )
    tx.executemany(
        "INSERT OR REPLACE INTO resting_vlans (domain, vlan, integration, company, network, since) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (one.domain, one.vlan, *one.company, one.network_id, ms(one.since))
            for one in sorted(wanted - before, key=lambda one: one.since)
        ],
    )


def names(tx: Tx) -> dict[Company, str]:
    """What companies were called when they were last told."""
    return {
        (row[0], row[1]): row[2] for row in tx.execute("SELECT integration, company, name FROM company_names")
    }


def remember(tx: Tx, called: Mapping[Company, str]) -> None:
    tx.executemany(
        "INSERT INTO company_names (integration, company, name) VALUES (?, ?, ?) "
        "ON CONFLICT (integration, company) DO UPDATE SET name = excluded.name",
        [(*company, name) for company, name in called.items() if name],
    )


_MEMBERS = (
    # Said outright: without statistics SQLite would rather read all of an integration's facts.
    "FROM facts f INDEXED BY affiliations_by_company CROSS JOIN account_persons p "
    "ON p.integration = f.integration AND p.person_id = f.person "
    "JOIN accounts a ON a.id = p.account_id WHERE f.integration = ?1 AND f.kind = 'affiliation' "
    "AND json_extract(f.data, '$[2]') = ?2 AND json_extract(f.data, '$[3]')"
)
_IN_FORCE = "FROM ledger l WHERE l.account_id = a.id AND l.starts <= ?3 AND (l.ends IS NULL OR l.ends > ?3)"


def counts(tx: Tx, companies: Iterable[Company], now: datetime) -> dict[Company, Count]:
    """For a page of companies: each costs as much as it has members."""
    found = {}
    for company in companies:
        row = tx.execute(
            "SELECT count(DISTINCT a.id) AS members, count(DISTINCT CASE WHEN a.suspended = 0 "
            f"AND EXISTS (SELECT 1 {_IN_FORCE}) THEN a.id END) AS live {_MEMBERS}",
            (*company, ms(now)),
        ).fetchone()
        found[company] = Count(row["members"], row["live"])
    return found


def members(tx: Tx, company: Company, now: datetime, limit: int, offset: int = 0) -> list[Member]:
    """By name."""
    rows = tx.execute(
        "SELECT DISTINCT a.id, a.name, a.email, a.suspended, "
        f"(SELECT count(*) {_IN_FORCE}) AS live, "
        f"(SELECT max(coalesce(l.ends, 9223372036854775807)) {_IN_FORCE}) AS ends "
        f"{_MEMBERS} ORDER BY lower(a.name), a.id LIMIT ?4 OFFSET ?5",
        (*company, ms(now), limit, offset),
    )
    return [
        Member(
            row["id"],
            row["name"],
            row["email"] or "",
            bool(row["live"]) and not row["suspended"],
            at(row["ends"]) if row["ends"] not in (None, 2**63 - 1) else None,
            bool(row["suspended"]),
        )
        for row in rows
    ]


def on_vlan(tx: Tx, companies: Collection[Company], network: str, vlan: int) -> int:
    """How many members of these companies have a key in this VLAN: whose devices join again if it moves."""
    found: set[str] = set()
    for company in companies:
        rows = tx.execute(
            f"SELECT DISTINCT a.id {_MEMBERS} AND EXISTS (SELECT 1 FROM key_states k "  # noqa: S608 - constants
            "WHERE k.network = ?3 AND k.account_id = a.id AND k.vlan = ?4 AND k.state = 'working')",
            (*company, network, vlan),
        )
        found |= {row["id"] for row in rows}
    return len(found)


def history(tx: Tx, company: Company, limit: int) -> list[Entry]:
    """What happened to a company, the newest first."""
    rows = tx.execute(
        "SELECT seq, at, kind, who, account, location, network, data FROM audit "
        "WHERE json_extract(data, '$.company') = ?2 AND json_extract(data, '$.integration') = ?1 "
        "ORDER BY seq DESC LIMIT ?3",
        (*company, limit),
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
