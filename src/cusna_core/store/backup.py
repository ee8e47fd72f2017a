"""How is the database copied, and put back?

The key file is not in a copy: whoever finds the copy reads no passphrase. Keep it by itself.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from cusna_core.store import migrations
from cusna_core.store.db import Database


async def backup(db: Database, target: Path) -> None:
    """Copy the running database into one file, checked and whole, or raise and leave nothing."""
    await asyncio.to_thread(_copy, db.path, target)


def copy(database: Path, target: Path) -> None:
    """The same of a file that another process may have open; nothing of it is changed, nor its schema."""
    _copy(database, target)


def restore(source: Path, target: Path) -> Path | None:
    """Put a copy in the place of a database that nobody has open (the caller holds the lock).

    Returns where the database that was there has been put. Raises `migrations.NotCusna`, `Damaged`
    or `Downgrade`, and changes nothing, where the copy is not good.
    """
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        if not (found := migrations.version(copy)):
            raise migrations.NotCusna(f"{source} is empty. Nothing was changed.")
        if found > migrations.latest():
            raise migrations.Downgrade(
                f"{source} has schema {found}, this program knows schemas up to {migrations.latest()}. "
                "Nothing was changed. Install a newer Cusna, then restore."
            )
        if broken := migrations.problems(copy):
            raise migrations.Damaged(f"{source} is damaged: {broken[0]}. Nothing was changed.")
        fresh = target.with_name(target.name + ".restored")
        migrations.copy(copy, fresh)
    aside = None
    if target.exists():
        aside = migrations.free(target.parent, f"{target.stem}-before-restore")
        _copy(target, aside)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    fresh.replace(target)
    return aside


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        migrations.copy(connection, target)
