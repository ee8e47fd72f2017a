"""Does a member hear in time that their access ends, once, in their language, and only while it is so?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cusna_core.app import App
from cusna_core.demo.clock import JumpingClock
from cusna_core.demo.stage import until
from cusna_core.store import accounts, notices, outbox

from .house import House

Build = Callable[..., Awaitable[House]]
Start = Callable[..., Awaitable[tuple[House, App]]]
QUARTER = timedelta(minutes=16)


@pytest.fixture
async def clock() -> JumpingClock:
    """Ten in the morning in Berlin, some day soon."""
    made = JumpingClock()
    morning = datetime.now(ZoneInfo("Europe/Berlin")).replace(hour=10, minute=0, second=0, microsecond=0)
    await made.jump(morning + timedelta(days=1))
    return made


@pytest.fixture
async def start(build: Build, clock: JumpingClock) -> AsyncIterator[Start]:
    running: list[App] = []

    async def begin(**policy: object) -> tuple[House, App]:
        house = await build(clock=clock)
        house.member("hall", "mara", days=2)
        house.member("hall", "tom", days=20)
        house.member("hall", "open")
        house.member("hall", "ben", days=2)
        house.tables["integrations.hq"] |= policy
        app = await App.start(house.write(), clock=clock)
        running.append(app)

        def known(tx: object) -> bool:
            return len(accounts.everyone(tx, "hq")) == 4  # type: ignore[arg-type]  # a transaction

        assert await until(lambda: app.core.db.read(known))
        ben = await _account(app, "ben")
        await app.core.db.run(lambda tx: notices.speaks(tx, ben, "de"))
        return house, app

    yield begin
    for app in running:
        await app.stop()


async def _account(app: App, name: str) -> str:
    row = await app.core.db.read(lambda tx: accounts.by_email(tx, "hq", f"{name}@example.com"))
    assert row is not None
    return row.id


def told(house: House) -> dict[str, str]:
    """Subjects of the mails about ends, by who got them."""
    mine = [one for one in house.inbox.mails if "soon" in one.subject or "bald" in one.subject]
    assert len({one.to for one in mine}) == len(mine), "nobody is told twice"
    return {one.to.partition("@")[0]: one.subject for one in mine}


async def test_who_is_told_and_who_is_not(start: Start, clock: JumpingClock) -> None:
    house, app = await start()
    await clock.jump(clock.now() + QUARTER)
    assert await until(lambda: len(told(house)) == 2), told(house)
    assert told(house) == {
        "mara": "Your WiFi at Hall ends soon",
        "ben": "Dein WLAN bei Hall endet bald",
    }
    letter = next(one for one in house.inbox.mails if one.to.startswith("mara"))
    assert "because of your plan Hot desk" in letter.text
    assert "stays the same" in letter.text
    assert f"{house.url}/portal/hall" in letter.text
    for _ in range(3):
        await clock.jump(clock.now() + QUARTER)
    assert await app.core.engine.notices.look() == 0
    assert len(told(house)) == 2


async def test_it_can_be_switched_off(start: Start, clock: JumpingClock) -> None:
    house, app = await start(ending_notice=0)
    await clock.jump(clock.now() + QUARTER)
    assert await app.core.engine.notices.look() == 0
    assert told(house) == {}


async def test_a_letter_that_waited_is_not_sent_when_it_is_no_longer_so(
    start: Start, clock: JumpingClock
) -> None:
    house, app = await start(ending_notice=0)
    tom = await _account(app, "tom")
    now = clock.now()
    letter = {
        "account": tom,
        "location": "hall",
        "ends": (now + timedelta(days=1)).astimezone(UTC).isoformat(),
        "because": {"kind": "plan", "name": "Hot desk"},
    }
    await app.core.db.run(lambda tx: outbox.put(tx, app.core.vault, "access-ends", "x", letter, now))
    app.core.nudge_mail()

    def dropped(tx: object) -> str | None:
        row = tx.execute("SELECT dropped FROM outbox WHERE key = 'x'").fetchone()  # type: ignore[attr-defined]
        return str(row[0]) if row[0] else None

    assert await until(lambda: app.core.db.read(dropped))
    assert await app.core.db.read(dropped) == "over"
    assert told(house) == {}
