"""How does the program talk to its database?

The only module that knows aiosqlite. A whole transaction is one synchronous function that runs on
the connection's thread, so that a request costs one hop however many statements it needs.

Two connections: one that writes, and one that only reads and never checkpoints, so that a page does
not wait for a long sync (two writing ones are what SQLite's WAL-reset bug before 3.51.3 needs).
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import aiosqlite

from cusna_core.store import migrations
from cusna_core.store.folding import folded

Tx = sqlite3.Connection
"""A transaction, as repositories see it; rows are `sqlite3.Row`."""
T = TypeVar("T")

BUSY_TIMEOUT: Final = 5.0
COMPANY: Final = 64
"""So many short transactions share a commit at most: nobody waits for a crowd."""


DISK: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)
"""What SQLite says of the disk, and of nothing that we did."""

log = logging.getLogger(__name__)


class Unwritable(sqlite3.OperationalError):
    """The database cannot be written just now: a full disk mostly. Nothing of the transaction was kept."""


class AlreadyRunning(Exception):
    """Another process holds this data directory."""


class Lock:
    """One process at a time has a data directory. Released by `release`, or by the process's end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def lock(data_dir: Path) -> Lock:
    """Take the data directory for this process; raises AlreadyRunning at once if it is taken."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "cusna.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise AlreadyRunning(
            f"Another Cusna (process {holder or 'unknown'}) is using {data_dir}. "
            "Only one may at a time: stop it first, or use its socket."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return Lock(descriptor)


def _transaction(connection: sqlite3.Connection, begin: str, fn: Callable[[Tx], T]) -> T:
    connection.execute(begin)
    try:
        result = fn(connection)
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after a full disk or an I/O error.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _of_the_disk(error: Exception) -> bool:
    return (
        isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in DISK
    )


def _apart(tx: Tx, fn: Callable[[Tx], T]) -> tuple[T | None, Exception | None]:
    """One of several in a transaction: what it raises undoes what it did, and nothing else."""
    tx.execute("SAVEPOINT apart")
    try:
        value = fn(tx)
    except Exception as error:
        if not tx.in_transaction or _of_the_disk(error):
            raise  # SQLite has rolled back everything by itself, or the next one would fare no better
        tx.execute("ROLLBACK TO apart")
        tx.execute("RELEASE apart")
        return None, error
    tx.execute("RELEASE apart")
    return value, None


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def connect(path: Path) -> sqlite3.Connection:
    """A plain connection with the settings that every one of ours has, in autocommit."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # SQLite's own knows ASCII only: a search for "özil" would not find "Özil".
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("folded", 1, folded, deterministic=True)
    return connection


def _writer(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _reader(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


class Database:
    """An open database. Every connection's thread must be ended by `close`, or the process hangs."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._company: list[tuple[Callable[[Tx], Any], asyncio.Future[Any]]] = []
        """Who waits to share a commit."""
        self._sharing: asyncio.Task[None] | None = None
        self._unwritable = False

    @classmethod
    async def open(cls, path: Path, backups: Path | None = None) -> Self:
        """Open or create; an older schema is brought up to date after a backup into `backups`.

        `backups` defaults to a folder of that name beside the file. Raises `migrations.Downgrade`
        and `migrations.NotCusna` before anything is written.
        """
        await asyncio.to_thread(migrations.migrate, path, backups or path.parent / "backups")
        writer = await aiosqlite.Connection(lambda: _writer(path), 64)
        try:
            reader = await aiosqlite.Connection(lambda: _reader(path), 64)
        except BaseException:
            await writer.close()
            raise
        return cls(path, writer, reader)

    async def run(self, fn: Callable[[Tx], T]) -> T:
        """Run one write transaction: committed to the disk when this returns, undone if `fn` raises.

        Raises Unwritable where the disk refuses; that is told once, and once when it is over.
        """
        before = self._writer.total_changes
        try:
            outcome = await self._hop(self._writer, "BEGIN IMMEDIATE", fn)
        except sqlite3.OperationalError as error:
            if not _of_the_disk(error):
                raise
            unwritable = Unwritable(f"The database cannot be written ({error}).")
            if not self._unwritable:
                log.error(  # noqa: TRY400 - a sentence, and no bug
                    "%s Nobody loses WiFi, promised ends come; all else waits. Make room on the disk of %s.",
                    unwritable,
                    self.path.parent,
                )
            self._unwritable = True
            raise unwritable from error
        if self._unwritable and self._writer.total_changes > before:
            self._unwritable = False
            log.info("The database can be written again.")
        return outcome

    async def share(self, fn: Callable[[Tx], T]) -> T:
        """Like `run`, for short functions of which many come at once: those that wait share one commit.

        A commit waits for the disk, and a whole house may sign in within a minute. One that raises is
        undone by itself, and the others are none the wiser; each is on the disk when this returns.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._company.append((fn, done))
        if self._sharing is None:
            self._sharing = asyncio.create_task(self._commit_shared(), name="shared commits")
        return await done

    async def _commit_shared(self) -> None:
        try:
            while some := self._company[:COMPANY]:
                del self._company[: len(some)]
                await self._commit(some)
        finally:
            self._sharing = None

    async def _commit(self, some: Sequence[tuple[Callable[[Tx], Any], asyncio.Future[Any]]]) -> None:
        """All of them in one transaction; if that fails, it has failed for each."""
        outcomes: Sequence[tuple[Any, Exception | None]]
        try:
            outcomes = await self.run(lambda tx: [_apart(tx, fn) for fn, _ in some])
        except Exception as error:  # noqa: BLE001 - whoever asked is to see it
            outcomes = [(None, error)] * len(some)
        except asyncio.CancelledError:
            for _, done in some:
                done.cancel()
            raise
        for (_, done), (value, raised) in zip(some, outcomes, strict=True):
            if done.done():
                continue  # who asked has gone away
            if raised is None:
                done.set_result(value)
            else:
                done.set_exception(raised)

    async def read(self, fn: Callable[[Tx], T]) -> T:
        """Run `fn` on one consistent state, without waiting for a writer.

        Should it turn out that it has to write (a session is touched once a minute), it is run again
        as a write transaction; so it must not have effects of its own.
        """
        try:
            return await self._hop(self._reader, "BEGIN", fn)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise
        return await self.run(fn)

    async def quick_check(self) -> list[str]:
        """What is broken in the file; empty when it is sound."""
        return await self.read(lambda tx: migrations.problems(tx, "quick_check"))

    @property
    def schema_version(self) -> int:
        """The version of the schema, which is that of the newest migration once a database is open."""
        return migrations.latest()

    async def close(self) -> None:
        """Close both connections, also when the closing task is cancelled. May be called twice."""
        closing_down = asyncio.ensure_future(self._close())
        try:
            await asyncio.shield(closing_down)
        except asyncio.CancelledError:
            with suppress(Exception):
                await closing_down
            raise

    async def _close(self) -> None:
        # The writer last, so that it is the one that checkpoints.
        await self._reader.close()
        await self._writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @staticmethod
    async def _hop(connection: aiosqlite.Connection, begin: str, fn: Callable[[Tx], T]) -> T:
        # Private, pinned by a test: the public calls take one hop for each statement.
        execute = connection._execute
        raw = connection._conn
        outcome: T = await execute(_transaction, raw, begin, fn)  # type: ignore[no-untyped-call]  # private
        return outcome


def alone(path: Path, fn: Callable[[Tx], T]) -> T:
    """One transaction without an event loop, for tools; the caller holds the lock."""
    with closing(_writer(path)) as connection:
        return _transaction(connection, "BEGIN IMMEDIATE", fn)
