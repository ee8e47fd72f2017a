"""Which locations were told by the sources, and which locations and choices were last at work here?

They are kept so that a start while a source is down, or with something switched off by a slip in the
file, still knows whose promised ends are due where, and gives nobody another network meanwhile.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cusna_core.api import SourceLocation
from cusna_core.flow.world import Policy
from cusna_core.store.db import Tx


@dataclass(frozen=True, slots=True)
class Remembered:
    """A location as it last worked."""

    id: str
    integration: str
    source_id: str
    zone: str
    name: str
    network_ids: tuple[str, ...]


def keep_policy(tx: Tx, integration: str, policy: Policy) -> None:
    """The choices of an integration that works."""
    text = json.dumps(
        {
            "roaming": policy.roaming,
            "manage_vlans": policy.manage_vlans,
            "plans_without_wifi": sorted(policy.plans_without_wifi),
        }
    )
    tx.execute(
        "INSERT INTO policies (integration, policy) VALUES (?, ?) "
        "ON CONFLICT (integration) DO UPDATE SET policy = excluded.policy",
        (integration, text),
    )


def policies(tx: Tx) -> dict[str, Policy]:
    """The choices that each integration last worked with."""
    found: dict[str, Policy] = {}
    for row in tx.execute("SELECT integration, policy FROM policies"):
        it = json.loads(row["policy"])
        without = frozenset(it["plans_without_wifi"])
        found[row["integration"]] = Policy(it["roaming"], it["manage_vlans"], without)
    return found


def keep_told(tx: Tx, integration: str, locations: Iterable[SourceLocation]) -> None:
    tx.execute("DELETE FROM told_locations WHERE integration = ?", (integration,))
    tx.executemany(
        "INSERT INTO told_locations (integration, id, title, timezone) VALUES (?, ?, ?, ?)",
        [(integration, one.id, one.title, one.timezone) for one in locations],
    )


def told(tx: Tx, integration: str) -> Sequence[SourceLocation]:
    rows = tx.execute(
        "SELECT id, title, timezone FROM told_locations WHERE integration = ? ORDER BY title, id",
        (integration,),
    )
    return [SourceLocation(row["id"], row["title"], row["timezone"]) for row in rows]


def remember(tx: Tx, locations: Iterable[Remembered]) -> None:
    tx.executemany(
        "INSERT INTO places (id, integration, source_id, zone, name, networks) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET integration = excluded.integration, source_id = excluded.source_id, "
        "zone = excluded.zone, name = excluded.name, networks = excluded.networks",
        [
            (one.id, one.integration, one.source_id, one.zone, one.name, json.dumps(one.network_ids))
            for one in locations
        ],
    )


def remembered(tx: Tx) -> Sequence[Remembered]:
    rows = tx.execute("SELECT id, integration, source_id, zone, name, networks FROM places ORDER BY id")
    return [
        Remembered(
            row["id"],
            row["integration"],
            row["source_id"],
            row["zone"],
            row["name"],
            tuple(json.loads(row["networks"])),
        )
        for row in rows
    ]
