"""Which networks are being emptied, and which locations are about to leave one?

Kept until not one of our keys is left there: also after a restart, and while a controller is down.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Vault

How = Literal["moved", "ends", "now"]
"""moved: a key goes when it works where its owner's location is now. ends: when its owner's right ends.
now: at once."""
MARK = "~"
"""No network that is set up has it in its name."""


@dataclass(frozen=True, slots=True)
class Retired:
    id: str
    name: str
    ssid: str
    values: Mapping[str, Any]
    locations: tuple[str, ...]
    how: How
    since: datetime
    by: str

    @property
    def controller(self) -> str:
        return str(self.values.get("controller", ""))


@dataclass(frozen=True, slots=True)
class Departure:
    network: str
    location: str
    since: datetime


def about(id_: str) -> str:
    return f"retired:{id_}"


def free_id(tx: Tx, name: str) -> str:
    """An id under which nothing is remembered yet."""
    taken = {
        row[0]
        for row in tx.execute(
            "SELECT id FROM retired UNION SELECT DISTINCT network FROM key_memory WHERE network LIKE ?1",
            (f"{name}{MARK}%",),
        )
    }
    return next(one for number in range(1, len(taken) + 2) if (one := f"{name}{MARK}{number}") not in taken)


def retire(tx: Tx, vault: Vault, one: Retired) -> None:
    """The network's keys are remembered by the id of what is emptied from now on."""
    sealed = vault.seal(json.dumps(dict(one.values)), about(one.id))
    tx.execute(
        "INSERT INTO retired (id, name, ssid, payload, locations, how, since, by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (one.id, one.name, one.ssid, sealed, json.dumps(one.locations), one.how, ms(one.since), one.by),
    )
    rename(tx, one.name, one.id)


def rename(tx: Tx, before: str, after: str) -> None:
    """What is remembered of a network's keys belongs to another name."""
    for table in ("key_memory", "key_states", "foreign_keys_seen", "groups"):
        tx.execute(f"UPDATE OR REPLACE {table} SET network = ? WHERE network = ?", (after, before))  # noqa: S608 - constants
    tx.execute("DELETE FROM departures WHERE network = ?", (before,))


def all(tx: Tx, vault: Vault) -> list[Retired]:  # noqa: A001 - retired.all reads best
    rows = tx.execute("SELECT * FROM retired ORDER BY since, id").fetchall()
    return [
        Retired(
            row["id"],
            row["name"],
            row["ssid"],
            json.loads(vault.unseal(row["payload"], about(row["id"]))),
            tuple(json.loads(row["locations"])),
            row["how"],
            at(row["since"]),
            row["by"],
        )
        for row in rows
    ]


def hurry(tx: Tx, id_: str) -> bool:
    """All of our keys there go at once."""
    return tx.execute("UPDATE retired SET how = 'now' WHERE id = ?", (id_,)).rowcount == 1


def forget(tx: Tx, id_: str) -> bool:
    return tx.execute("DELETE FROM retired WHERE id = ?", (id_,)).rowcount == 1


def alive(tx: Tx, network: str) -> int:
    """How many keys of ours are or may be on a network, as far as is remembered."""
    row = tx.execute(
        "SELECT count(DISTINCT account_id) FROM key_memory WHERE network = ? AND revoked = 0", (network,)
    )
    return int(row.fetchone()[0])


def departures(tx: Tx) -> list[Departure]:
    rows = tx.execute("SELECT network, location, since FROM departures ORDER BY network, location")
    return [Departure(row["network"], row["location"], at(row["since"])) for row in rows]


def depart(tx: Tx, network: str, location: str, now: datetime) -> None:
    tx.execute(
        "INSERT INTO departures (network, location, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (network, location, ms(now)),
    )


def arrived(tx: Tx, pairs: Iterable[tuple[str, str]]) -> None:
    """Network and location: it is over, or was taken back."""
    tx.executemany("DELETE FROM departures WHERE network = ? AND location = ?", sorted(pairs))


def working(tx: Tx, networks: Iterable[str]) -> dict[str, dict[str, datetime]]:
    """By network: since when an account's key works there."""
    found: dict[str, dict[str, datetime]] = {}
    for network in sorted(set(networks)):
        rows = tx.execute(
            "SELECT account_id, since FROM key_states WHERE network = ? AND state = 'working'", (network,)
        )
        found[network] = {row["account_id"]: at(row["since"]) for row in rows}
    return found
