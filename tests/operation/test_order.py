"""In which order does work get done? Told by what the controllers were asked, not by a stopwatch."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from cusna_core.app import App
from cusna_core.demo.clock import JumpingClock
from cusna_core.demo.stage import until
from cusna_core.testing.memory_fake import MemoryFake

from .house import FOREIGN, SSID, House

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]

MANY = 300


async def accounts(app: App) -> dict[str, str]:
    """Account ids by names."""
    rows: list[Any] = await app.core.db.read(
        lambda tx: list(tx.execute("SELECT id, name FROM accounts").fetchall())
    )
    return {row["name"]: row["id"] for row in rows}


async def test_a_controller_that_hangs_delays_nobody_elses_keys(build: Build, serve: Serve) -> None:
    house = await build(("hall", "loft"))
    hanging = house.wifis["loft"]
    assert isinstance(hanging, MemoryFake)
    hanging.hanging = True
    house.member("hall", "mara")
    house.member("loft", "lena")
    app = await serve(house)
    assert await until(lambda: len(house.keys("hall")) == 1)
    assert await until(lambda: hanging.journal), "it was never asked"
    # Neither those who come later, nor a member who changes a passphrase in the portal.
    house.member("hall", "theo")
    app.core.engine.nudge()
    assert await until(lambda: len(house.keys("hall")) == 2)
    mara = (await accounts(app))["Mara"]
    async with asyncio.timeout(3):
        await app.core.members.change(mara, "hall", "a-new-one-of-mara")
    assert "a-new-one-of-mara" in house.keys("hall")
    assert house.keys("loft") == []


async def test_a_member_who_waits_goes_ahead_of_bulk(build: Build, serve: Serve) -> None:
    house = await build()
    wifi = house.wifis["hall"]
    assert isinstance(wifi, MemoryFake)
    wifi.airs[SSID].most = house.tables["networks.hall"]["max_keys"] = MANY + 10
    for number in range(MANY):
        house.member("hall", f"member{number}")
    app = await serve(house)

    def written() -> list[str]:
        return [one.split()[-1] for one in wifi.journal if one.startswith("POST")]

    assert await until(lambda: len(written()) > 5, 30)
    plan = app.core.engine.standing(app.core.engine.estate.wifis["hall"]).plan
    assert plan is not None
    assert len(plan.steps) == MANY
    last = plan.steps[-1].account_id
    assert last is not None
    before = len(written())
    await app.core.engine.serve(last, 20.0)
    served = next(place for place, label in enumerate(written()) if label.endswith(last))
    assert before <= served <= before + 50, "a member waits for more than what is under way"
    assert served < MANY - 50
    assert await until(lambda: len(house.keys("hall")) == MANY, 60)
    assert len(written()) == len(set(written())) == MANY, "a key was made twice"


async def test_many_changes_within_the_interval_are_one_write(build: Build, serve: Serve) -> None:
    clock = JumpingClock()
    house = await build(clock=clock, kinds={"hall": "unifi"})
    wifi: Any = house.wifis["hall"]
    house.member("hall", "mara")

    def writes() -> int:
        return len(wifi.calls("PUT", "/rest/wlanconf/"))

    def there() -> set[str]:
        return {one["password"] for one in wifi.site.ppsks(SSID)} - {FOREIGN}

    app = await serve(house)
    # The first goes at once.
    assert await until(lambda: writes() == 1)
    assert await until(lambda: len(there()) == 1)
    for number, name in enumerate(("theo", "lena", "sofia", "jonas"), start=2):
        house.member("hall", name)
        app.core.engine.nudge()

        async def known(many: int = number) -> bool:
            return len(await accounts(app)) == many

        assert await until(known)
    ids = await accounts(app)
    for number, account in enumerate(ids.values()):
        await app.core.members.change(account, "hall", f"chosen-in-the-portal-{number}")
    assert writes() == 1, "a disturbing write did not wait for the others"
    await clock.jump(clock.now() + timedelta(seconds=61))
    wanted = {f"chosen-in-the-portal-{number}" for number in range(5)}
    assert await until(lambda: there() == wanted), there()
    # Whatever is looked at again now: nothing differs, nothing is written.
    app.core.engine.mark_all()
    await clock.jump(clock.now() + timedelta(seconds=61))
    count = len(wifi.journal)
    app.core.engine.mark_all()
    assert await until(lambda: len(wifi.journal) > count + 1)
    assert writes() == 2
    assert wifi.foreign_keys(SSID) == {"printer": FOREIGN}
