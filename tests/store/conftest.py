from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cusna_core.store import migrations
from cusna_core.store.db import Database, Tx, connect
from cusna_core.store.vault import Vault

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def vault() -> Vault:
    return Vault.ephemeral()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "cusna.db")
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    """One transaction that is never committed: the disk is other tests' matter."""
    path = tmp_path / "plain.db"
    migrations.migrate(path, tmp_path / "backups")
    with closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
