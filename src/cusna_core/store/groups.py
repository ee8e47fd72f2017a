"""Which VLAN has which company on which network?"""

from collections.abc import Collection

from cusna_core.flow.groups import Group
from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms


def groups(tx: Tx) -> list[Group]:
    rows = tx.execute(
        "SELECT integration, company, network, domain, vlan, since, last_known FROM groups "
        "ORDER BY network, vlan"
    )
    return [
        Group(
            (row["integration"], row["company"]),
            row["network"],
            row["domain"],
            row["vlan"],
            at(row["since"]),
            at(row["last_known"]),
        )
        for row in rows
    ]


def save(tx: Tx, groups: Collection[Group]) -> int:
    """Make these all the groups there are, writing only what differs; returns how many rows that were."""
    before = {
        (row["integration"], row["company"], row["network"]): tuple(row)
        for row in tx.execute(
            "SELECT integration, company, network, domain, vlan, since, last_known FROM groups"
        )
    }
    after = {
        (*one.company, one.network_id): (
            *one.company,
            one.network_id,
            one.domain,
            one.vlan,
            ms(one.since),
            ms(one.last_known),
        )
        for one in groups
    }
    # Deleted first, so that two companies can change numbers.
    out = [key for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    tx.executemany("DELETE FROM groups WHERE integration = ? AND company = ? AND network = ?", out)
    tx.executemany(
        "INSERT INTO groups (integration, company, network, domain, vlan, since, last_known) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        new,
    )
    return len(out) + len(new)


def many(tx: Tx, network: str) -> int:
    """How many companies have a VLAN on a network."""
    return int(tx.execute("SELECT count(*) FROM groups WHERE network = ?", (network,)).fetchone()[0])
