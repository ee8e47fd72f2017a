"""How does a database come to the schema that this program needs?

Numbered files, each run in one transaction together with the new number, after a backup. Nothing
ever goes back: a database that a newer program wrote is refused untouched.
"""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from cusna_core.store.folding import folded

SCHEMA: Final = Path(__file__).parent / "schema"
APPLICATION_ID: Final = 0x43555341
"""Tells our file from another program's SQLite database ("CUSA")."""


class Downgrade(Exception):
    """The database was written by a newer program."""


class NotCusna(Exception):
    """The file is an SQLite database of something else, or no database."""


class Damaged(Exception):
    """SQLite itself says that the file is broken."""


def files(folder: Path = SCHEMA) -> list[tuple[int, Path]]:
    """(number, file), in order and without a gap."""
    found = sorted(
        (int(match[1]), path)
        for path in folder.iterdir()
        if (match := re.fullmatch(r"(\d{4})\.sqlite\.sql", path.name))
    )
    assert [number for number, _ in found] == list(range(1, len(found) + 1)), "a migration is missing"
    return found


def latest(folder: Path = SCHEMA) -> int:
    return files(folder)[-1][0]


def version(connection: sqlite3.Connection) -> int:
    """The schema's number; 0 for an empty file. Raises NotCusna for what is not ours."""
    try:
        number = int(connection.execute("PRAGMA user_version").fetchone()[0])
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise NotCusna("The database file is not an SQLite database. Nothing was changed.") from None
    if application == APPLICATION_ID or (number, application, tables) == (0, 0, 0):
        return number
    raise NotCusna("The database file belongs to another program. Nothing was changed.")


def problems(connection: sqlite3.Connection, check: str = "integrity_check") -> list[str]:
    """What `PRAGMA integrity_check` (or quick_check) finds; empty when all is well."""
    assert check in ("integrity_check", "quick_check")
    try:
        rows = [str(row[0]) for row in connection.execute(f"PRAGMA {check}")]
    except sqlite3.OperationalError:
        raise  # busy, or no such file: that says nothing of its health
    except sqlite3.DatabaseError as error:
        rows = [str(error)]
    return [] if rows == ["ok"] else rows


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy a live database into a new file that is either whole and checked, or not there."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            source.backup(connection)
            # A copy is one file: no journal beside it that somebody forgets to take along.
            connection.execute("PRAGMA journal_mode = DELETE")
            if found := problems(connection):
                raise Damaged(f"The copy of the database is damaged: {found[0]}. It was thrown away.")
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def migrate(path: Path, backups: Path, folder: Path = SCHEMA) -> int:
    """Bring the file to the newest schema; returns the number it had before (0: it is new)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)  # its journal gets the same mode
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before = version(connection)
        newest = latest(folder)
        if before > newest:
            raise Downgrade(
                f"The database has schema {before}, this program knows schemas up to {newest}: a newer "
                "Cusna wrote it. Nothing was changed. Install that version again, or restore the backup "
                f"that it made in {backups} before it changed the schema."
            )
        if 0 < before < newest:
            copy(connection, free(backups, f"before-schema-{newest:04}"))
        connection.execute("PRAGMA synchronous = FULL")
        connection.create_function("folded", 1, folded, deterministic=True)
        for number, file in files(folder)[before:]:
            _apply(connection, number, file.read_text(encoding="utf-8"))
    return before


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def free(folder: Path, name: str) -> Path:
    """A file name that is not taken: an older backup is never written over."""
    candidate = folder / f"{name}.db"
    count = 1
    while candidate.exists():
        count += 1
        candidate = folder / f"{name}-{count}.db"
    return candidate
