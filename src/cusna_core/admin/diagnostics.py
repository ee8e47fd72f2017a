"""What does whoever mends a bug need to know, and nothing about anybody?

Only what is known to be harmless goes in: numbers, yes and no, words of ours (types, codes), versions.
Everything that somebody typed or that a vendor told is left out, or replaced by a number ("location-1").
"""

import asyncio
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, get_args

from cusna_core.admin.activity import Activity, Asked
from cusna_core.admin.gauges import Gauges, gauges
from cusna_core.admin.workshop import Workshop
from cusna_core.config.setup import Kind
from cusna_core.store import audit
from cusna_core.store import findings as finding_rows
from cusna_core.store.db import Tx

Json = dict[str, Any]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
WORDS: Final = frozenset({"type", "security", "log_level", "log_format", "provision"})
"""Options whose values are words of ours."""
LIBRARIES: Final = (
    "cusna-core", "aiohttp", "aiosqlite", "aiosmtplib", "pydantic", "pluggy", "cryptography", "jinja2",
    "babel", "tzdata",
)  # fmt: skip
SYNCS: Final = 10


class Diagnostics:
    """Collects it, from what is known: nothing is asked of a vendor."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._engine = workshop.engine

    async def collect(self) -> Json:
        """Plain data, fit for JSON, in the order in which it is shown."""
        began = time.perf_counter()
        counted = await gauges(self._engine)
        took = time.perf_counter() - began
        names = await self._names(counted)
        return {
            "made": self._engine.clock.now().isoformat(timespec="seconds"),
            "versions": self._versions(),
            "configuration": await self._configuration(names),
            "findings": await self._findings(names),
            "counts": _counts(counted, names),
            "networks": [self._network(one, names) for one in counted.networks],
            "syncs": await self._syncs(names),
            "database": await self._database(),
            "timings": await self._timings(took),
            "log": [
                {**asdict(one), "at": one.at.isoformat(timespec="seconds")}
                for one in self._workshop.ground.ring.recent()
            ],
        }

    async def taken(self, who: str) -> None:
        now = self._engine.clock.now()
        await self._engine.db.run(lambda tx: audit.write(tx, "diagnostics-taken", now, who=who))

    async def _names(self, counted: Gauges) -> "Aliases":
        names = Aliases()
        for kind in KINDS:
            for one in await self._workshop.names(kind):
                names.of(kind, one)
        figures = counted.counted
        for integration in sorted({*figures.accounts, *figures.read, *figures.held}):
            names.of("integration", integration)
        return names

    def _versions(self) -> Json:
        return {
            "libraries": {name: _version(name) for name in LIBRARIES},
            "plugins": [
                {
                    "name": one.name if one.distribution.startswith("cusna") else "(of somebody else)",
                    "version": one.version,
                    "enabled": one.enabled,
                    "works": not one.problem,
                }
                for one in self._workshop.registry.installed
            ],
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "sqlite": sqlite3.sqlite_version,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "libc": " ".join(platform.libc_ver()),
        }

    async def _configuration(self, names: "Aliases") -> Json:
        general = self._workshop.file.general
        found: Json = {
            "general": _harmless({name: getattr(general, name) for name in type(general).model_fields})
        }
        found["general"]["plain http"] = general.base_url.startswith("http:")
        mail = self._workshop.setup.mail
        found["mail"] = (
            None
            if mail is None
            else _harmless({name: getattr(mail, name) for name in type(mail).model_fields})
        )
        for kind in KINDS:
            found[f"{kind}s"] = {
                names.of(kind, one.name): {
                    "from": one.origin,
                    "type": one.type,
                    "off": bool(one.off),
                    **_harmless(one.values),
                    **dict.fromkeys(sorted(one.given), "is set (secret)"),
                }
                for one in await self._workshop.all(kind)
            }
        return found

    async def _findings(self, names: "Aliases") -> list[Json]:
        """Codes and places. Their sentences may name people and systems: the codes say the same."""
        return [
            {
                "code": one.finding.code,
                "level": one.finding.level.value,
                "where": names.path(one.finding.path),
                "since": one.since.isoformat(timespec="seconds"),
            }
            for one in await self._engine.db.read(finding_rows.current)
        ]

    def _network(self, one: Any, names: "Aliases") -> Json:
        return {
            "network": names.of("network", one.id),
            "controller": names.of("controller", one.controller),
            "apply": one.apply,
            "answers": one.answers,
            "looked": one.looked.isoformat(timespec="seconds") if one.looked else None,
            "keys": one.keys,
            "most": one.most,
            "vlans": one.vlans,
            "pool": one.pool,
        }

    async def _syncs(self, names: "Aliases") -> list[Json]:
        shown = await Activity(self._engine).page(Asked(frozenset({"synced"})), None, SYNCS)
        return [
            {
                "at": one.entry.at.isoformat(timespec="seconds"),
                **{
                    name: names.of("integration", str(value)) if name == "integration" else value
                    for name, value in one.entry.data.items()
                },
            }
            for one in shown.lines
        ]

    async def _database(self) -> Json:
        db = self._engine.db

        def read(tx: Tx) -> Json:
            one = {name: tx.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
            last = tx.execute("SELECT max(seq) FROM audit").fetchone()[0]
            return {**one, "lines of the log": last or 0}

        told = await db.read(read)
        backups = await asyncio.to_thread(_backups, db.path.parent / "backups")
        files = {suffix or "database": _size(Path(f"{db.path}{suffix}")) for suffix in ("", "-wal", "-shm")}
        return {"schema": db.schema_version, **told, "bytes": files, "backups": backups}

    async def _timings(self, took: float) -> Json:
        began = time.perf_counter()
        await asyncio.sleep(0)
        loop = time.perf_counter() - began
        began = time.perf_counter()
        await self._engine.db.read(lambda tx: tx.execute("SELECT 1").fetchone())
        return {
            "counting everything, ms": round(took * 1000, 1),
            "one look into the database, ms": round((time.perf_counter() - began) * 1000, 2),
            "event loop, ms": round(loop * 1000, 3),
            "tasks": len(asyncio.all_tasks()),
            "modules": len(sys.modules),
        }


PRAGMAS: Final = ("user_version", "page_size", "page_count", "freelist_count", "journal_mode", "synchronous")


class Aliases:
    """Numbers for names: "location-1". The same name has the same number in all of a report."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def of(self, kind: str, name: str) -> str:
        if (kind, name) not in self._known:
            number = sum(1 for other, _ in self._known if other == kind) + 1
            self._known[kind, name] = f"{kind}-{number}"
        return self._known[kind, name]

    def path(self, path: str) -> str:
        """ "networks.members.ssid" as "networks.network-1.ssid"; what is not known is left out."""
        table, _, rest = path.partition(".")
        name, _, field = rest.partition(".")
        if not rest:
            return table if table in ("mail", "plugins", "base_url", "admins") else ""
        kind = table.removesuffix("s")
        if (kind, name) not in self._known:
            return table if kind in KINDS or table in ("mail", "plugins") else ""
        return f"{table}.{self.of(kind, name)}" + (f".{field}" if _plain(field) else "")


def _plain(field: str) -> bool:
    return bool(field) and field.isascii() and field.replace("_", "").replace(".", "").isalpha()


def _harmless(values: Mapping[str, Any]) -> Json:
    """Options without what they say about anybody or anything."""
    return {
        name: _told(name, value) for name, value in values.items() if name not in ("slug", "name", "title")
    }


def _told(name: str, value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str() if name in WORDS and value.isascii() and len(value) < 40:
            return value
        case str():
            return "is set" if value else ""
        case Mapping():
            return _harmless({str(one): each for one, each in value.items()})
        case datetime() | date():
            return "is set"
        case list() | tuple() | set() | frozenset():
            return f"{len(value)} set"
    # An interval says its seconds, everything else only that it is there.
    seconds = getattr(value, "total_seconds", None)
    return f"{seconds():g} s" if seconds is not None else "is set"


def _counts(counted: Gauges, names: Aliases) -> Json:
    one = counted.counted
    return {
        "accounts": {names.of("integration", name): many for name, many in one.accounts.items()},
        "suspended": {names.of("integration", name): many for name, many in one.suspended.items()},
        "on": {
            f"{names.of('integration', place[0])} {names.of('location', place[1])}": many
            for place, many in one.on.items()
        },
        "keys": {f"{names.of('network', key[0])} {key[1]}": many for key, many in one.keys.items()},
        "companies with a VLAN": {names.of("network", name): many for name, many in one.groups.items()},
        "held": {names.of("integration", name): many for name, many in one.held.items()},
        "read": {
            names.of("integration", name): when.isoformat(timespec="seconds")
            for name, when in one.read.items()
        },
        "failing": sorted(names.of("integration", name) for name in one.failing),
        "findings": dict(one.findings),
        "letters": dict(one.letters),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _backups(folder: Path) -> list[Json]:
    return [{"name": one.name, "bytes": _size(one)} for one in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    """Our own files only: an admin may have named another one after somebody."""
    return iter(sorted(folder.glob("before-schema-*.db"))) if folder.is_dir() else iter(())
