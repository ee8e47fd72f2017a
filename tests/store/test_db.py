"""Transactions, the lock, migrations, copies."""

import asyncio
import inspect
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import aiosqlite
import pytest

from cusna_core.store import accounts, backup, migrations, outbox, settings, sign_in
from cusna_core.store.db import AlreadyRunning, Database, Tx, Unwritable, alone, connect, lock
from cusna_core.store.vault import Vault

from .conftest import NOW

COUNT = "SELECT count(*) FROM outbox"


def put(vault: Vault, key: str) -> Callable[[Tx], bool]:
    return lambda tx: outbox.put(tx, vault, "notice", key, {"key": key}, NOW)


def count(tx: Tx) -> int:
    return int(tx.execute(COUNT).fetchone()[0])


def test_the_private_call_that_a_transaction_rides_on_is_still_there() -> None:
    # A newer aiosqlite without it has to be noticed here, not at a customer's.
    assert list(inspect.signature(aiosqlite.Connection._execute).parameters) == [
        "self",
        "fn",
        "args",
        "kwargs",
    ]
    assert isinstance(aiosqlite.Connection._conn, property)


async def test_a_transaction_is_one_hop(db: Database, monkeypatch: pytest.MonkeyPatch, vault: Vault) -> None:
    hops = 0
    real = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, fn: object, *args: object, **kwargs: object) -> object:
        nonlocal hops
        hops += 1
        return await real(self, fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # private

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await db.run(
        lambda tx: sign_in.ask(tx, vault, "f", "k", "a@x.org", "a@x.org", "192.0.2.1", "en", "l", "c", NOW)
    )
    assert hops == 1
    assert await db.read(count) == 1
    assert hops == 2


async def test_a_transaction_is_whole_or_nothing(db: Database, vault: Vault) -> None:
    def fail(tx: Tx) -> None:
        put(vault, "a")(tx)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await db.run(fail)
    assert await db.read(count) == 0
    await db.run(put(vault, "b"))
    assert await db.read(count) == 1


async def test_many_at_once_share_a_commit_and_each_stands_alone(
    db: Database, monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    hops = 0
    real = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, fn: object, *args: object, **kwargs: object) -> object:
        nonlocal hops
        hops += 1
        return await real(self, fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # private

    def fail(tx: Tx) -> bool:
        put(vault, "undone")(tx)
        raise RuntimeError("no")

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    some = [put(vault, f"key-{number}") for number in range(20)]
    gone = asyncio.create_task(db.share(put(vault, "gone")))
    told = asyncio.gather(*map(db.share, [*some, fail, put(vault, "last")]), return_exceptions=True)
    await asyncio.sleep(0)
    gone.cancel()
    outcomes = await told
    assert [type(one) for one in outcomes] == [bool] * 20 + [RuntimeError, bool]
    assert hops <= 2
    assert await db.read(count) == 22, "who has gone away was heard all the same"
    assert await db.share(count) == 22
    await db.close()
    with pytest.raises(ValueError, match="no active connection"):
        await db.share(count)


async def test_a_shared_commit_that_fails_has_failed_for_each(db: Database, vault: Vault) -> None:
    def orphan(tx: Tx) -> None:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        tx.execute("INSERT INTO account_persons VALUES ('hq', 'p', 'nobody')")

    told = await asyncio.gather(db.share(put(vault, "a")), db.share(orphan), return_exceptions=True)
    assert [type(one) for one in told] == [sqlite3.IntegrityError] * 2
    assert await db.read(count) == 0
    assert await db.share(put(vault, "b"))


async def test_a_full_disk_is_told_to_each_who_shares(db: Database, vault: Vault) -> None:
    def full(tx: Tx) -> None:
        pages = tx.execute("PRAGMA page_count").fetchone()[0]
        tx.execute(f"PRAGMA max_page_count = {pages}")

    def much(tx: Tx) -> None:
        for number in range(200):
            put(vault, f"much-{number}")(tx)

    def refused(tx: Tx) -> None:
        tx.execute("PRAGMA query_only = ON")
        try:
            put(vault, "refused")(tx)
        finally:
            tx.execute("PRAGMA query_only = OFF")

    await db.run(full)
    for cannot in (much, refused):
        told = await asyncio.gather(db.share(put(vault, "a")), db.share(cannot), return_exceptions=True)
        assert [type(one) for one in told] == [Unwritable] * 2
        assert await db.read(count) == 0
    await db.run(lambda tx: tx.execute("PRAGMA max_page_count = 100000").fetchone())
    assert await db.share(put(vault, "b"))


async def test_a_failing_commit_is_no_commit(db: Database) -> None:
    def orphan(tx: Tx) -> None:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        tx.execute("INSERT INTO account_persons VALUES ('hq', 'p', 'nobody')")

    with pytest.raises(sqlite3.IntegrityError):
        await db.run(orphan)
    assert await db.read(lambda tx: tx.execute("SELECT count(*) FROM account_persons").fetchone()[0]) == 0
    await db.run(lambda _: None)


async def test_where_sqlite_rolled_back_by_itself_nothing_more_is_tried(db: Database) -> None:
    def gives_up(tx: Tx) -> None:
        tx.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(sqlite3.OperationalError, match="disk"):
        await db.run(gives_up)
    await db.run(lambda _: None)


async def test_a_read_does_not_wait_for_a_writer(db: Database, vault: Vault) -> None:
    await db.run(put(vault, "a"))
    started, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        put(vault, "b")(tx)
        started.set()
        assert go_on.wait(10)

    writing = asyncio.create_task(db.run(slow))
    while not started.is_set():
        await asyncio.sleep(0)
    assert await db.read(count) == 1
    go_on.set()
    await writing
    assert await db.read(count) == 2


async def test_a_read_that_writes_is_a_write_after_all(db: Database, vault: Vault) -> None:
    assert await db.read(put(vault, "a")) is True
    assert await db.read(count) == 1


async def test_other_errors_of_a_read_are_errors(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await db.read(lambda tx: tx.execute("SELECT * FROM nowhere"))


async def test_the_settings_of_a_connection(db: Database) -> None:
    def pragmas(tx: Tx) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [tx.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await db.run(pragmas) == await db.read(pragmas) == ["wal", 2, 1, 5000]
    assert db.path.stat().st_mode & 0o777 == 0o600
    assert await db.quick_check() == []
    assert db.schema_version == migrations.latest()
    strict = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0"
    assert [row[0] for row in await db.read(lambda tx: tx.execute(strict).fetchall())] == ["sqlite_schema"]


async def test_closing_ends_the_threads_also_when_cancelled(tmp_path: Path) -> None:
    before = threading.active_count()
    async with await Database.open(tmp_path / "a.db") as db:
        await db.close()
    db = await Database.open(tmp_path / "a.db")
    release = threading.Event()
    busy = asyncio.create_task(db.run(lambda _: release.wait(10)))
    await asyncio.sleep(0)
    closing_down = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    closing_down.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await closing_down
    await busy
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)
    # The pool of asyncio.to_thread may have grown; the connections' threads are gone.
    assert not [one for one in threading.enumerate() if "_connection_worker_thread" in one.name]
    assert threading.active_count() <= before + 2


async def test_a_reader_that_cannot_be_opened_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr("cusna_core.store.db._reader", broken)
    with pytest.raises(sqlite3.OperationalError):
        await Database.open(tmp_path / "a.db")
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)
            assert not thread.is_alive()


def test_tools_write_without_an_event_loop(tmp_path: Path, vault: Vault) -> None:
    migrations.migrate(tmp_path / "a.db", tmp_path)
    assert alone(tmp_path / "a.db", put(vault, "a")) is True
    assert alone(tmp_path / "a.db", count) == 1


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cusna_core.store.db import AlreadyRunning, lock\n"
        "try: lock(Path(sys.argv[1]))\n"
        "except AlreadyRunning as error: print(error)\n"
        "else: print('free')"
    )

    def other() -> str:
        command = [sys.executable, "-c", script, str(tmp_path / "data")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with lock(tmp_path / "data") as held:
        assert "is using" in other()
        with pytest.raises(AlreadyRunning, match="stop it first"):
            lock(tmp_path / "data")
    held.release()
    assert other() == "free\n"


# Migrations ---------------------------------------------------------------------------------------


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """Two made-up versions before ours that differ from it."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001.sqlite.sql").write_text("CREATE TABLE people (id TEXT PRIMARY KEY) STRICT;")
    (folder / "notes.txt").write_text("not a migration")
    return folder


def test_an_older_database_is_brought_up_after_a_backup(tmp_path: Path, schema: Path) -> None:
    path, backups = tmp_path / "a.db", tmp_path / "backups"
    assert migrations.migrate(path, backups, schema) == 0
    assert not backups.exists()
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO people VALUES ('ann')")
    (schema / "0002.sqlite.sql").write_text("ALTER TABLE people ADD COLUMN name TEXT NOT NULL DEFAULT '';")
    (schema / "0003.sqlite.sql").write_text("UPDATE people SET name = upper(id);")
    assert migrations.migrate(path, backups, schema) == 1
    with closing(connect(path)) as connection:
        assert tuple(connection.execute("SELECT id, name FROM people").fetchone()) == ("ann", "ANN")
        assert migrations.version(connection) == 3
    (copy,) = backups.iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(connect(copy)) as connection:
        assert tuple(connection.execute("SELECT * FROM people").fetchone()) == ("ann",)
        assert migrations.version(connection) == 1
    assert migrations.migrate(path, backups, schema) == 3
    assert len(list(backups.iterdir())) == 1


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, schema: Path) -> None:
    path = tmp_path / "a.db"
    migrations.migrate(path, tmp_path / "backups", schema)
    (schema / "0002.sqlite.sql").write_text(
        "CREATE TABLE new (id TEXT) STRICT; INSERT INTO nowhere VALUES (1);"
    )
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrations.migrate(path, tmp_path / "backups", schema)
    with closing(connect(path)) as connection:
        assert migrations.version(connection) == 1
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'new'").fetchone()[0] == 0
    # An older backup is never written over.
    names = sorted(one.name for one in (tmp_path / "backups").iterdir())
    assert names == ["before-schema-0002-2.db", "before-schema-0002.db"]


async def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    before = path.read_bytes()
    with pytest.raises(migrations.Downgrade, match="999"):
        await Database.open(path)
    assert path.read_bytes() == before
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize("kind", ["text", "other"])
def test_another_program_s_file_is_refused_untouched(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.db"
    if kind == "text":
        path.write_text("Dear diary, " * 100)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE theirs (id TEXT)")
    before = path.read_bytes()
    with pytest.raises(migrations.NotCusna, match="Nothing was changed"):
        migrations.migrate(path, tmp_path)
    assert path.read_bytes() == before


def test_a_database_that_somebody_locks_is_no_foreign_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrations.migrate(path, tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        with closing(sqlite3.connect(path, timeout=0)) as other, pytest.raises(sqlite3.OperationalError):
            migrations.version(other)


def test_the_schema_has_no_gap(schema: Path) -> None:
    (schema / "0003.sqlite.sql").write_text("")
    with pytest.raises(AssertionError):
        migrations.files(schema)


# Copies -------------------------------------------------------------------------------------------


async def test_a_backup_is_put_back(db: Database, vault: Vault, tmp_path: Path) -> None:
    account = await db.run(lambda tx: accounts.create(tx, vault, "hq", "a@x.org", None, "", [], "pass", NOW))
    copy = tmp_path / "copies" / "monday.db"
    await backup.backup(db, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in copy.parent.iterdir()] == ["monday.db"]
    await db.run(lambda tx: accounts.set_passphrase(tx, vault, account, "later", NOW))
    await db.close()

    aside = backup.restore(copy, db.path)
    assert aside is not None
    restored = await Database.open(db.path)
    try:
        assert await restored.read(lambda tx: accounts.passphrase(tx, vault, account)) == "pass"
        assert await restored.quick_check() == []
    finally:
        await restored.close()
    with closing(connect(aside)) as connection:
        assert accounts.passphrase(connection, vault, account) == "later"
    assert backup.restore(copy, tmp_path / "elsewhere" / "new.db") is None
    assert (tmp_path / "elsewhere" / "new.db").exists()


def _change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)


def _damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096 * 3 : 4096 * 6] = b"\x99" * 4096 * 3
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda path: path.write_bytes(b""), migrations.NotCusna),
        (lambda path: path.write_text("x" * 5000), migrations.NotCusna),
        (lambda path: _change(path, "PRAGMA user_version = 999"), migrations.Downgrade),
        (_damage, migrations.Damaged),
    ],
)
async def test_a_bad_copy_is_not_put_back(
    db: Database, tmp_path: Path, spoil: Callable[[Path], None], error: type[Exception]
) -> None:
    copy = tmp_path / "copy.db"
    await backup.backup(db, copy)
    await db.close()
    spoil(copy)
    before = db.path.read_bytes()
    with pytest.raises(error):
        backup.restore(copy, db.path)
    assert db.path.read_bytes() == before
    assert not list(tmp_path.glob("*.restored")) + list(tmp_path.glob("*.part"))


async def test_a_damaged_database_is_not_copied(db: Database, tmp_path: Path) -> None:
    await db.close()
    _damage(db.path)
    with pytest.raises((migrations.Damaged, sqlite3.DatabaseError)):
        await backup.backup(db, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert not (tmp_path / "copy.db.part").exists()


async def test_no_secret_is_in_any_byte_on_the_disk(db: Database, vault: Vault, tmp_path: Path) -> None:
    canaries = {
        "passphrase": "canary-pass-one",
        "old": "canary-pass-old",
        "typed": "Canary.Typed@example.org",
        "link": "canary-link-token",
        "code": "90817263",
        "flow": "canary-flow-token",
        "desk": "44556677",
        "offer": "canary-offer-one",
        "setting": "canary-client-secret",
        "letter": "canary-letter-text",
        "ip": "203.0.113.77",
    }

    def work(tx: Tx) -> str:
        account = accounts.create(tx, vault, "hq", "a@x.org", "A@x.org", "A", ["p"], canaries["old"], NOW)
        accounts.set_passphrase(tx, vault, account, canaries["passphrase"], NOW)
        sign_in.ask(
            tx,
            vault,
            canaries["flow"],
            "k",
            canaries["typed"],
            canaries["typed"].lower(),
            canaries["ip"],
            "en",
            canaries["link"],
            canaries["code"],
            NOW,
        )
        sign_in.desk_code(tx, vault, account, canaries["desk"], NOW, "it@example.com")
        token = sign_in.open_session(tx, "member", account, "k", False, NOW)
        session = sign_in.session(tx, vault, token, NOW)
        assert session is not None
        sign_in.offer(tx, vault, session.id, [canaries["offer"]], NOW)
        settings.put(tx, vault, "integration", "hq", {"client_secret": canaries["setting"]}, NOW, "it")
        outbox.put(tx, vault, "notice", "n", {"text": canaries["letter"]}, NOW + timedelta(hours=1))
        return token

    canaries["session"] = await db.run(work)
    await backup.backup(db, tmp_path / "copy.db")
    files = [one for one in tmp_path.iterdir() if one.is_file()]
    assert {"cusna.db", "cusna.db-wal", "copy.db"} <= {one.name for one in files}
    for file in files:
        raw = file.read_bytes().lower()
        for name, canary in canaries.items():
            assert canary.lower().encode() not in raw, f"{name} in {file.name}"
