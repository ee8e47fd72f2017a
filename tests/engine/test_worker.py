"""What does a worker make of members who wait, of changes in the middle of its work, and of trouble?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from cusna_core.api import AuthFailed, Block, Change, Outcome, Ref, Rejected
from cusna_core.api.keys import BATCH
from cusna_core.demo.stage import until
from cusna_core.engine.job import Job
from cusna_core.store import accounts as account_rows
from cusna_core.store import keys as key_rows

from .conftest import SSID, House


async def state(house: House, name: str) -> str:
    account = await house.account(name)
    rows = await house.db.read(lambda tx: key_rows.states(tx, account))
    return rows[0].state if rows else "none"


def writes(house: House) -> list[str]:
    return [one for one in house.fake.journal if not one.startswith("GET")]


async def test_a_member_in_front_of_it_takes_nobody_elses_place_in_the_queue(house: House) -> None:
    """A plan about one account says nothing about who else waits."""
    house.fake.airs[SSID].most = 1
    for name in ("ann", "ben"):
        house.source.add(name)
    await house.live()
    house.engine.estate.wifis["members"].network.limits = type(
        house.engine.estate.wifis["members"].network.limits
    )(keys=1)
    await house.apply()
    waiting = "ben" if await state(house, "ben") == "waiting" else "ann"
    other = "ann" if waiting == "ben" else "ben"
    assert await state(house, waiting) == "waiting"
    await house.engine.serve(await house.account(other), patience=5)
    assert await state(house, waiting) == "waiting"


async def test_a_passphrase_changed_between_plan_and_write_is_the_one_that_is_remembered(
    house: House,
) -> None:
    house.source.add("ann")
    await house.live()
    await house.run("plan")
    wifi = house.engine.estate.wifis["members"]
    plan = await house.engine.planner.plan(wifi)
    account = await house.account("ann")
    now = house.clock.now()
    await house.db.run(
        lambda tx: account_rows.set_passphrase(tx, house.vault, account, "changed-by-ann-7", now)
    )
    applied = await house.engine.applier.apply(plan)
    assert not applied.missing
    (memory,) = await house.db.read(lambda tx: key_rows.memory(tx, "members"))
    assert memory.fingerprint == house.vault.fingerprint("changed-by-ann-7")
    assert [key["passphrase"] for key in house.fake.airs[SSID].keys.values()] == ["changed-by-ann-7"]


async def test_what_was_changed_since_it_was_looked_at_does_not_count_as_working(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    wifi = house.engine.estate.wifis["members"]
    plan = await house.engine.planner.plan(wifi)
    assert plan.steps == ()
    account = await house.account("ann")
    now = house.clock.now()
    await house.db.run(
        lambda tx: account_rows.set_passphrase(tx, house.vault, account, "changed-by-ann-7", now)
    )
    await house.engine.proof.settle(plan)
    assert await state(house, "ann") == "intended"


async def test_who_was_refused_and_left_does_not_stand_as_refused_for_good(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = house.source.add("ann")
    await house.live()
    network = house.engine.estate.wifis["members"].network

    async def create(key: object) -> None:
        raise Rejected("Not this one.")

    monkeypatch.setattr(network, "create", create)
    await house.apply()
    assert await state(house, "ann") == "failed"
    house.source.blocks.append(Block(person))
    await house.later(minutes=10)
    await house.apply()
    assert await state(house, "ann") == "revoked"


async def test_a_refused_key_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.source.add("ann")
    await house.live()
    network = house.engine.estate.wifis["members"].network

    async def create(key: object) -> None:
        raise Rejected("Not this one.")

    with monkeypatch.context() as patched:
        patched.setattr(network, "create", create)
        result = await house.apply()
    assert result["networks"][0]["failed"] == [{"who": "Ann", "why": "Not this one."}]
    await house.apply()
    assert await state(house, "ann") == "working"


async def test_a_yes_that_is_not_kept_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that makes nothing, or ends nothing, and says that it did: nobody else would ever hear."""
    house.source.add("ann")
    await house.live()
    network = house.engine.estate.wifis["members"].network
    asked: list[object] = []

    async def create(key: object) -> Ref:
        asked.append(key)
        return Ref("nowhere")

    async def codes() -> set[str]:
        stored = await house.db.read(lambda tx: tx.execute("SELECT scope, code FROM findings").fetchall())
        return {row["code"] for row in stored if row["scope"] == "network:members:run"}

    with monkeypatch.context() as patched:
        patched.setattr(network, "create", create)
        for _ in range(3):
            await house.apply()
        assert await codes() == set(), "a vendor may take its time"
        await house.later(minutes=4)
        await house.apply()
        assert await codes() == {"network.not-kept"}
        assert await state(house, "ann") != "working"
    await house.apply()
    assert await state(house, "ann") == "working"
    assert await codes() == set()


async def test_what_is_not_kept_is_asked_for_less_and_less_often(house: House) -> None:
    await house.live()
    job = Job(house.engine.estate.wifis["members"])
    pauses = []
    now = 0.0
    while now < 1500:
        job.due = None
        job.showed(False, now)
        assert job.due is not None
        pauses.append(job.due - now)
        now = job.due
    assert pauses == [30, 30, 60, 120, 240, 300, 300, 300, 300]
    job.showed(True, now)
    assert not job.breaks_its_word(now + 10_000)


async def test_one_who_waits_goes_between_the_chunks_of_a_bulk(house: House) -> None:
    house.source.add("zoe")
    await house.live()
    await house.apply()
    zoe = await house.account("zoe")
    for number in range(3 * BATCH):
        house.source.add(f"new{number}")
    await house.run("plan")
    await house.engine.start(house.estate())
    house.fake.journal.clear()
    assert await until(lambda: writes(house))
    await house.members.change(zoe, "here", "zoes-own-passphrase")
    assert await until(lambda: len(writes(house)) == 3 * BATCH + 1)
    at = next(number for number, one in enumerate(writes(house)) if one.startswith("PUT"))
    assert at <= 2 * BATCH


async def test_a_driver_gets_as_many_changes_at_once_as_it_likes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        house.source.add(f"new{number}")
    await house.live()
    wifi = house.engine.estate.wifis["members"]
    sizes = {}
    for batch, interval in ((2, 0.0), (BATCH, 0.0), (2, 60.0)):
        wifi.network.limits = replace(wifi.network.limits, batch=batch, write_interval=interval)
        await house.run("plan")
        plan = await house.engine.planner.plan(wifi)
        sizes[batch, interval] = [len(chunk) for chunk in house.engine.applier.chunks(plan)]
    assert sizes == {(2, 0.0): [2, 2, 1], (BATCH, 0.0): [5], (2, 60.0): [5]}


async def test_a_member_does_not_wait_for_a_large_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Except where the member's own key is part of it."""
    house.source.add("zoe")
    await house.live()
    await house.apply()
    zoe = await house.account("zoe")
    for number in range(2 * BATCH):
        house.source.add(f"new{number}")
    await house.run("plan")
    estate = house.estate()
    network = estate.wifis["members"].network
    network.limits = replace(network.limits, batch=2 * BATCH)
    real, done = network.apply, asyncio.Event()

    async def slow(changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        if len(changes) > 1:
            await done.wait()
        async for outcome in real(changes):
            yield outcome

    monkeypatch.setattr(network, "apply", slow)
    await house.engine.start(estate)
    house.fake.journal.clear()
    assert await until(lambda: any(one.startswith("GET") for one in house.fake.journal))
    await house.members.change(zoe, "here", "zoes-own-passphrase")
    assert await until(lambda: len(writes(house)) == 1)
    assert writes(house)[0].startswith("PUT")
    assert not done.is_set()
    new = await house.account("new1")
    waits = asyncio.create_task(house.engine.serve(new, patience=5))
    await asyncio.sleep(0)
    assert len(writes(house)) == 1, "the member's key is on its way"
    done.set()
    await waits
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 2 * BATCH + 1)
    assert len(writes(house)) == 2 * BATCH + 1, "nobody was served twice"


async def test_a_controller_in_trouble_is_tried_once_for_all_who_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"member{number}" for number in range(10)]
    for name in names:
        house.source.add(name)
    await house.live()
    await house.run("plan")
    accounts = [await house.account(name) for name in names]
    house.fake.down = True
    await house.engine.start(house.estate())
    assert await until(lambda: house.engine.standing(house.engine.estate.wifis["members"]).in_trouble)
    house.fake.journal.clear()
    await asyncio.gather(*(house.engine.serve(one, patience=5) for one in accounts))
    assert len([one for one in house.fake.journal if "/keys" in one]) <= 1
    # As soon as it answers again, a check heartens it; and all of them are served.
    house.fake.down = False
    await house.engine.check()
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 10)
    assert await until(lambda: not house.engine.standing(house.engine.estate.wifis["members"]).in_trouble)


async def test_refused_credentials_are_not_tried_for_everybody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.source.add("ann")
    await house.live()
    await house.run("plan")
    ann = await house.account("ann")
    estate = house.estate()
    asked: list[int] = []

    async def read() -> list[object]:
        asked.append(1)
        raise AuthFailed("It refuses the token.")

    async def check() -> list[object]:
        raise AuthFailed("It refuses the token.")

    network = estate.wifis["members"].network
    real = network.read, network.check
    monkeypatch.setattr(network, "read", read)
    monkeypatch.setattr(network, "check", check)  # else the look at the start would end the pause
    await house.engine.start(estate)
    assert await until(lambda: house.engine.standing(estate.wifis["members"]).in_trouble)
    before = len(asked)
    for _ in range(5):
        await house.engine.serve(ann, patience=1)
        house.engine.mark_all()
        await house.later(seconds=20)
    assert len(asked) == before
    await house.later(minutes=6)
    assert await until(lambda: len(asked) > before)
    # Mended, and `cusna check` is what the finding tells to run: nobody has to wait for the pause.
    monkeypatch.setattr(network, "read", real[0])
    monkeypatch.setattr(network, "check", real[1])
    await house.engine.check()
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 1, 5)


async def test_a_hanging_write_ends_and_who_was_let_go_is_dropped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = house.source.add("ann")
    house.source.add("ben")
    await house.live()
    await house.apply()
    await house.fake.join(SSID, await house.passphrase("ann"), "02:00:00:00:00:01")
    house.source.blocks.append(Block(ann))
    house.source.add("cleo")
    await house.later(minutes=10)
    network = house.engine.estate.wifis["members"].network
    real = network.apply

    async def hangs(changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        async for outcome in real(changes[:1]):
            yield outcome
        raise TimeoutError

    monkeypatch.setattr(network, "apply", hangs)
    result = await house.apply()
    (told,) = result["networks"]
    assert told["done"] == 1
    assert told["untried"] == 1
    assert told["trouble"] == "It did not answer in time."
    assert house.fake.online(SSID) == {}


async def test_disable_says_when_the_key_may_still_work(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    house.fake.down = True
    result = (await house.run("disable", email="ann@example.com"))["result"]
    assert result["unfinished"] == [{"who": "Ann", "ssid": SSID, "wanted": False}]
    house.fake.down = False
    result = (await house.run("disable", email="ann@example.com"))["result"]
    assert result["unfinished"] == []
    assert await house.labels() == set()


async def test_after_a_new_setup_a_radio_is_given_its_rest(house: House) -> None:
    """A save in the console is no reason to write again at once where a write disturbs."""
    house.source.add("ann")
    await house.live()
    limits = house.engine.estate.wifis["members"].network.limits
    resting = type(limits)(keys=limits.keys, write_interval=600.0)
    house.engine.estate.wifis["members"].network.limits = resting
    estate = house.estate()
    estate.wifis["members"].network.limits = resting
    await house.engine.start(estate)
    house.engine.nudge()
    assert await until(lambda: writes(house))
    house.source.add("ben")
    await house.run("plan")
    again = house.estate()
    again.wifis["members"].network.limits = resting
    await house.engine.take(again)
    assert await until(lambda: house.engine.standing(again.wifis["members"]).plan)
    assert len(writes(house)) == 1
    await house.later(minutes=11)
    assert await until(lambda: len(writes(house)) == 2)


async def test_transient_trouble_is_told_from_its_second_time(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.run("plan")
    house.fake.down = True
    await house.engine.start(house.estate())
    wifi = house.engine.estate.wifis["members"]
    assert await until(lambda: house.engine.standing(wifi).in_trouble)

    async def codes() -> set[str]:
        stored = await house.db.read(lambda tx: tx.execute("SELECT scope, code FROM findings").fetchall())
        return {row["code"] for row in stored if row["scope"] == "network:members:run"}

    async def told() -> bool:
        return await codes() == {"controller.unreachable"}

    assert await codes() == set()
    await house.later(seconds=3)
    assert await until(told)
    house.fake.down = False
    await house.later(minutes=6)
    assert await until(lambda: len(house.fake.airs[SSID].keys) == 1)

    async def mended() -> bool:
        return await codes() == set()

    assert await until(mended)


async def test_what_did_not_answer_a_check_is_asked_again_soon(house: House) -> None:
    """Checks come once an hour: for so long admins would read that a controller is down which works."""
    house.source.add("ann")
    await house.live()

    async def told() -> bool:
        stored = await house.db.read(lambda tx: tx.execute("SELECT code FROM findings").fetchall())
        return "controller.unreachable" in {row["code"] for row in stored}

    async def over() -> bool:
        return not await told()

    house.fake.down = True
    await house.engine.start(house.estate())
    assert await until(told)
    house.fake.down = False
    for _ in range(4):  # the time may pass before the check has gone to sleep
        await house.later(minutes=6)
        if await until(over, 2):
            break
    assert await over()
