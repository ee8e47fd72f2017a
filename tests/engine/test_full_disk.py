"""What becomes of people when nothing can be written? Degraded, never wrong, and well again by itself."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

import pytest

from cusna_core.demo.stage import until
from cusna_core.store import findings as finding_rows
from cusna_core.store import keys as key_rows
from cusna_core.store.db import Database, Tx, Unwritable

from .conftest import SSID, House

Trouble = Callable[[Database], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def full(db: Database) -> AsyncIterator[None]:
    """No page more than there are, and none that is free."""

    def fill(tx: Tx) -> None:
        tx.execute("CREATE TABLE filler (some TEXT)")
        (pages,) = tx.execute("PRAGMA page_count").fetchone()
        tx.execute(f"PRAGMA max_page_count = {pages + 10}")

    def more(tx: Tx) -> None:
        tx.execute("INSERT INTO filler VALUES (?)", ("x" * 500,))

    await db.run(fill)
    with suppress(Unwritable):
        while True:
            await db.run(more)
    yield
    await db.run(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone())
    await db.run(lambda tx: tx.execute("DROP TABLE filler"))


@asynccontextmanager
async def read_only(db: Database) -> AsyncIterator[None]:
    """As after an error of the disk, when the system lets nobody write any more."""

    def set_to(on: int) -> Callable[[Tx], object]:
        return lambda tx: tx.execute(f"PRAGMA query_only = {on}")

    await db._hop(db._writer, "BEGIN", set_to(1))
    yield
    await db._hop(db._writer, "BEGIN", set_to(0))


@pytest.mark.parametrize("trouble", [full, read_only])
async def test_when_nothing_can_be_written_ends_come_and_nobody_is_taken_for_another(
    house: House, caplog: pytest.LogCaptureFixture, trouble: Trouble
) -> None:
    caplog.set_level(logging.INFO)
    house.fake.add_foreign_key(SSID, "printer", "printer-do-not-touch-2019")
    for number in range(5):
        house.source.add(f"guest{number}", ends=house.clock.now() + timedelta(hours=2))
    house.source.add("ben")
    await house.engine.start(house.estate())
    assert await until(lambda: len(house.on_air()) == 6)
    ben = await house.account("ben")
    guests = [await house.passphrase(f"guest{number}") for number in range(5)]
    for number, guest in enumerate(guests):
        await house.fake.join(SSID, guest, f"02:00:00:00:00:0{number}")
    await house.fake.join(SSID, await house.passphrase("ben"), "02:00:00:00:00:0b")

    async with trouble(house.db):
        house.source.add("cleo")
        house.engine.nudge()
        house.fake.journal.clear()
        await house.later(hours=3)
        # Ends that were promised come, all at once, and their devices are dropped.
        assert await until(lambda: not set(guests) & set(house.on_air()))
        assert await until(lambda: list(house.fake.online(SSID)) == ["02:00:00:00:00:0b"])
        await house.later(minutes=20)
        # What could not be remembered as ours is not made. (Here and there a page may have come free.)
        memory = await house.db.read(lambda tx: key_rows.memory(tx, "members"))
        assert {house.vault.fingerprint(one) for one in house.on_air()} <= {one.fingerprint for one in memory}
        assert house.fake.foreign_keys(SSID) == {"printer": "printer-do-not-touch-2019"}
        # Who may be on sees what there was to see.
        view = await house.members.view(ben, "here")
        assert view is not None
        assert view.access is not None
        assert await house.passphrase("ben") == "pass-phrase-number-0006"
    said = [one for one in caplog.messages if "can" in one and "be written" in one]
    assert len(said) < 6, "once when it comes and once when it goes"

    await house.later(minutes=20)
    house.engine.nudge()
    assert await until(lambda: len(house.on_air()) == 2)
    assert await house.labels() == {"Ben", "Cleo", "printer"}

    async def settled() -> bool:
        counts = await house.db.read(lambda tx: key_rows.counts(tx, "members"))
        return counts == {"working": 2, "revoked": 5}

    for _ in range(50):
        if await settled():
            break
        await house.later(seconds=30)
    assert await settled()
    assert await house.db.quick_check() == []
    assert await house.db.read(finding_rows.current) == []
    assert "bug" not in caplog.text
    assert "can be written again" in caplog.text
