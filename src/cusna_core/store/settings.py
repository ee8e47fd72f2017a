"""What was set in the console?"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cusna_core.store.db import Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Vault

SettingKind = Literal["integration", "controller", "network", "location", "mail"]


class Conflict(Exception):
    """Somebody else changed it since it was read."""


@dataclass(frozen=True, slots=True, repr=False)
class Setting:
    kind: SettingKind
    name: str
    values: dict[str, Any]
    version: int
    at: datetime
    by: str

    def __repr__(self) -> str:
        return f"<Setting {self.kind} {self.name} version {self.version}>"


def about(kind: str, name: str) -> str:
    return f"setting:{kind}:{name}"


def put(
    tx: Tx,
    vault: Vault,
    kind: SettingKind,
    name: str,
    values: Mapping[str, Any],
    now: datetime,
    by: str,
    version: int | None = None,
) -> int:
    """Make or change; returns the new version.

    `version` is the one that was read (0: it was not there); where it is not the present one,
    Conflict is raised. None changes whatever is there.
    """
    present = _version(tx, kind, name)
    if version is not None and version != present:
        raise Conflict("Somebody else changed this meanwhile. Look at it again, then repeat your change.")
    sealed = vault.seal(json.dumps(dict(values)), about(kind, name))
    tx.execute(
        "INSERT INTO settings (kind, name, payload, version, at, by) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET payload = excluded.payload, version = excluded.version, "
        "at = excluded.at, by = excluded.by",
        (kind, name, sealed, present + 1, ms(now), by),
    )
    return present + 1


def _version(tx: Tx, kind: str, name: str) -> int:
    row = tx.execute("SELECT version FROM settings WHERE kind = ? AND name = ?", (kind, name)).fetchone()
    return 0 if row is None else int(row["version"])


def get(tx: Tx, vault: Vault, kind: SettingKind, name: str) -> Setting | None:
    row = tx.execute(
        "SELECT payload, version, at, by FROM settings WHERE kind = ? AND name = ?", (kind, name)
    ).fetchone()
    if row is None:
        return None
    values = json.loads(vault.unseal(row["payload"], about(kind, name)))
    return Setting(kind, name, values, row["version"], at(row["at"]), row["by"])


def names(tx: Tx, kind: SettingKind) -> list[str]:
    """Nothing is unsealed for it."""
    rows = tx.execute("SELECT name FROM settings WHERE kind = ? ORDER BY name", (kind,))
    return [str(row["name"]) for row in rows]


def some(tx: Tx, vault: Vault, kind: SettingKind, wanted: Collection[str]) -> dict[str, Setting]:
    """Those of these names that are there, of one moment."""
    found = {name: get(tx, vault, kind, name) for name in wanted}
    return {name: one for name, one in found.items() if one is not None}


def all(tx: Tx, vault: Vault) -> dict[str, dict[str, dict[str, Any]]]:  # noqa: A001 — settings.all reads best
    """Values by kind and name."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in tx.execute("SELECT kind, name, payload FROM settings ORDER BY kind, name"):
        values = json.loads(vault.unseal(row["payload"], about(row["kind"], row["name"])))
        found.setdefault(row["kind"], {})[row["name"]] = values
    return found


def delete(tx: Tx, kind: SettingKind, name: str, version: int | None = None) -> None:
    if version is not None and version != _version(tx, kind, name):
        raise Conflict("Somebody else changed this meanwhile. Look at it again, then repeat your change.")
    tx.execute("DELETE FROM settings WHERE kind = ? AND name = ?", (kind, name))
