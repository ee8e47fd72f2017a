"""What does the engine do, round by round, on good days and bad ones?"""

from datetime import timedelta

import pytest

from cusna_core.api import AuthFailed, Block, PluginError, Section, Unreachable
from cusna_core.demo.stage import until
from cusna_core.flow.world import Policy
from cusna_core.store import findings as finding_rows

from .conftest import SSID, House


async def codes(house: House) -> set[str]:
    stored = await house.db.read(finding_rows.current)
    return {one.finding.code for one in stored}


async def test_who_has_a_plan_gets_a_key_before_ever_visiting(house: House) -> None:
    house.source.add("ann")
    house.source.add("bob", plan=False)
    await house.live()
    result = await house.apply()
    assert result["networks"][0]["done"] == 1
    assert await house.labels() == {"Ann"}
    assert await house.fake.join(SSID, await house.passphrase("ann"), "02:00:00:00:00:01") == 0
    assert await house.fake.join(SSID, await house.passphrase("bob"), "02:00:00:00:00:02") is None


async def test_a_second_round_changes_nothing(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    plan = (await house.run("plan"))["result"]
    assert plan["networks"][0]["steps"] == []
    assert (await house.apply())["networks"][0]["done"] == 0


async def test_plan_only_touches_nothing(house: House) -> None:
    house.source.add("ann")
    await house.live(apply=False)
    plan = (await house.run("plan"))["result"]
    assert [one["verb"] for one in plan["networks"][0]["steps"]] == ["create"]
    assert "apply = false" in (await house.apply())["networks"][0]["skipped"]
    assert await house.labels() == set()


@pytest.mark.parametrize("error", [Unreachable("It is down."), AuthFailed("It refuses.")])
async def test_a_source_that_fails_withdraws_nobody(house: House, error: PluginError) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    house.source.people, house.source.subscriptions = [], []
    house.source.fails = error
    for _ in range(5):
        await house.later(minutes=10)
        await house.apply()
    assert await house.labels() == {"Ann"}


async def test_promised_ends_come_while_the_source_is_down(house: House) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=2))
    house.source.add("bob")
    await house.live()
    await house.apply()
    house.source.fails = Unreachable("It is down.")
    await house.later(hours=2, seconds=1)
    await house.apply()
    assert await house.labels() == {"Bob"}


async def test_overdue_ends_are_made_up_at_the_next_start(house: House) -> None:
    house.source.add("ann", ends=house.clock.now() + timedelta(hours=2))
    await house.live()
    await house.apply()
    await house.engine.stop()
    await house.later(days=2)
    house.source.fails = Unreachable("It is down.")
    await house.engine.start(house.estate())

    async def gone() -> bool:
        return await house.labels() == set()

    await reached(gone)


async def test_everybody_vanishing_is_held_and_passes_only_by_its_digest(house: House) -> None:
    for number in range(20):
        house.source.add(f"member{number}")
    await house.live()
    await house.apply()
    house.source.people, house.source.affiliations, house.source.subscriptions = [], [], []
    for _ in range(8):
        await house.later(minutes=10)
        await house.apply()
    result = await house.apply()
    assert len(await house.labels()) == 20
    (held,) = result["held"]
    assert held["limit"] == 4
    assert "brake.held" in await codes(house)
    refused = await house.run("apply", accept="0123456789abcdef")
    assert "refused" in refused
    assert len(await house.labels()) == 20
    await house.apply(accept=held["digest"])
    assert await house.labels() == set()
    assert "brake.held" not in await codes(house)


async def test_one_who_left_passes_after_two_complete_reads(house: House) -> None:
    for number in range(9):
        house.source.add(f"member{number}")
    leaver = house.source.add("ann")
    await house.live()
    await house.apply()
    house.source.drop(leaver)
    await house.later(minutes=10)
    await house.apply()
    assert "Ann" in await house.labels()
    await house.later(minutes=10)
    await house.apply()
    await house.later(minutes=10)
    await house.apply()
    assert "Ann" not in await house.labels()
    assert len(await house.labels()) == 9


async def test_a_section_that_was_not_read_to_the_end_takes_nothing_away(house: House) -> None:
    house.source.add("ann")
    house.source.add("bob")
    await house.live()
    await house.apply()
    house.source.subscriptions.pop()
    house.source.unread = {Section.SUBSCRIPTIONS}
    for _ in range(5):
        await house.later(minutes=10)
        await house.apply()
    assert await house.labels() == {"Ann", "Bob"}


async def test_what_we_did_not_make_stays_to_the_letter(house: House) -> None:
    house.fake.add_foreign_key(SSID, "printer", "printer-key-of-2019")
    person = house.source.add("ann")
    await house.live()
    await house.apply()
    house.source.drop(person)
    for _ in range(4):
        await house.later(minutes=10)
        await house.apply()
    assert house.fake.foreign_keys(SSID) == {"printer": "printer-key-of-2019"}
    assert await house.labels() == {"printer"}


async def test_disabled_and_restored_the_same_passphrase_comes_back(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    before = await house.passphrase("ann")
    await house.run("disable", email="ANN@example.com ")
    await house.apply()
    assert await house.labels() == set()
    await house.run("restore-access", email="ann@example.com")
    await house.apply()
    assert await house.passphrase("ann") == before
    assert await house.fake.join(SSID, before, "02:00:00:00:00:01") == 0


async def test_rotate_ends_the_old_and_tells_the_member(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    before = await house.passphrase("ann")
    await house.run("rotate", email="ann@example.com")
    await house.apply()
    after = await house.passphrase("ann")
    assert after != before
    assert await house.fake.join(SSID, before, "02:00:00:00:00:01") is None
    assert await house.fake.join(SSID, after, "02:00:00:00:00:01") == 0
    assert house.mails


async def test_a_passphrase_that_somebody_else_put_on_the_network_is_replaced(house: House) -> None:
    house.source.add("ann")
    await house.live(apply=False)
    await house.run("plan")
    mine = await house.passphrase("ann")
    house.fake.add_foreign_key(SSID, "printer", mine)
    await house.live()
    await house.apply()
    await house.apply()
    assert await house.passphrase("ann") != mine
    assert house.fake.foreign_keys(SSID) == {"printer": mine}
    assert await house.labels() == {"Ann", "printer"}


async def test_a_booking_is_claimed_by_signing_in_and_ends_at_midnight(house: House) -> None:
    person = house.source.add("nina", plan=False)
    house.source.book(person)
    await house.live()
    await house.apply()
    assert await house.labels() == set()
    found = await house.members.resolve("here", "nina@example.com")
    assert found is not None
    await claimed(house, found.account_id)
    await house.apply()
    assert await house.labels() == {"Nina"}
    await house.later(hours=13)
    await house.apply()
    assert await house.labels() == set()


async def claimed(house: House, account: str) -> None:
    """What `arrive` does, without waiting for a worker that does not run in these tests."""
    decision = await house.engine.decisions.extend(account)
    assert decision is not None
    assert [one.account_id for one in decision.rights.claimable] == [account]
    await house.engine.start(house.estate())
    await house.members.arrive(account, "here")
    view = await house.members.view(account, "here")
    assert view is not None
    assert view.access is not None
    assert view.networks[0].state == "working"


async def test_blocked_and_unknown_get_no_mail(house: House) -> None:
    person = house.source.add("igor")
    house.source.blocks.append(Block(person))
    await house.live()
    await house.apply()
    assert await house.members.resolve("here", "igor@example.com") is None
    assert await house.members.resolve("here", "nobody@example.com") is None
    assert await house.labels() == set()


async def test_the_portal_works_while_the_source_is_down(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    house.source.fails = Unreachable("It is down.")
    found = await house.members.resolve("here", "Ann@Example.com")
    assert found is not None
    assert found.email == "ann@example.com"
    view = await house.members.view(found.account_id, "here")
    assert view is not None
    assert view.access is not None


async def test_vlans_wanted_where_the_driver_cannot_gives_no_new_keys(house: House) -> None:
    house.policy = Policy(manage_vlans=True)
    house.source.add("ann")
    await house.live(broken=True)
    await house.apply()
    assert await house.labels() == set()
    account = await house.account("ann")
    plan = await house.engine.planner.plan(house.engine.estate.wifis["members"])
    assert [(one.account_id, one.why.value) for one in plan.should.waiting] == [(account, "cannot-vlan")]


async def reached(condition: object, seconds: float = 5.0) -> None:
    assert await until(condition, seconds)
