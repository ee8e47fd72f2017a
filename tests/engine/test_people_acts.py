"""Does what an admin does to a person hold until it is taken back, and end as it was promised?"""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from cusna_core.admin.activity import Activity, Asked
from cusna_core.api import Unreachable
from cusna_core.engine.estate import Integration, Location
from cusna_core.flow.notices import Notify
from cusna_core.flow.world import Place
from cusna_core.store import devices, people
from cusna_core.store.db import Tx

from .conftest import HERE, SSID, House


async def test_overrides_end_by_themselves_however_many_and_whatever_the_source_says(house: House) -> None:
    for number in range(14):
        house.source.add(f"guest{number}", plan=False)
    await house.live()
    await house.apply()
    ends = house.clock.now() + timedelta(hours=2)
    for number in range(14):
        await house.run(
            "override", email=f"guest{number}@example.com", ends=ends.isoformat(), note="Open house"
        )
    assert len(await house.labels()) == 14
    house.source.fails = Unreachable("It is down.")
    await house.later(hours=2, seconds=1)
    result = await house.apply()
    assert await house.labels() == set()
    assert result["held"] == []


async def test_who_is_disabled_stays_so_whatever_they_buy_or_book(house: House) -> None:
    person = house.source.add("ann")
    house.source.add("bob")
    await house.live()
    await house.apply()
    await house.run("disable", email="ann@example.com")
    assert await house.labels() == {"Bob"}
    house.source.subscribe(person)
    house.source.book(person)
    await house.run("override", email="ann@example.com", note="By mistake")
    await house.apply()
    account = await house.account("ann")
    await house.members.claim(account, "here")
    assert await house.members.resolve("here", "ann@example.com") is None, "no mail, no sign-in"
    # Told anew, under another number, by the same address.
    house.source.add("ann")
    house.source.drop(person)
    for _ in range(3):
        await house.later(minutes=10)
        await house.apply()
    assert await house.account("ann") == account
    assert await house.labels() == {"Bob"}


async def test_everybody_who_is_disabled_is_off_and_said_to_be_even_beyond_the_brake(house: House) -> None:
    for number in range(15):
        house.source.add(f"member{number}")
    await house.live()
    await house.apply()
    told = [
        (await house.run("disable", email=f"member{number}@example.com"))["result"]["accounts"][0]
        for number in range(15)
    ]
    assert await house.labels() == set()
    assert any(right["held"] for one in told for right in one["rights"]), "the brake counts them"
    for one in told:
        (place,) = one["locations"]
        assert not place["access"]
        assert place["refused"]["code"] == "suspended"


async def test_a_mail_about_a_change_in_the_portal_can_be_switched_off(house: House) -> None:
    house.source.add("ann")
    await house.live()
    await house.apply()
    ann = await house.account("ann")

    async def letters() -> list[str]:
        return await house.db.read(
            lambda tx: [row["kind"] for row in tx.execute("SELECT kind FROM outbox ORDER BY created")]
        )

    estate = house.estate()
    quiet = Integration("hq", "Scripted", house.source, house.policy, notify=Notify(passphrase=False))
    estate.integrations["hq"] = quiet  # type: ignore[index]  # a dict, here
    await house.engine.take(estate, loops=False)
    await house.members.change(ann, "here", "another-passphrase-of-hers")
    assert await letters() == []
    # What somebody else does to her passphrase she hears in any case.
    await house.run("rotate", email="ann@example.com")
    assert await letters() == ["passphrase-changed"]
    await house.live()
    await house.members.change(ann, "here", "and-one-more-passphrase")
    assert await letters() == ["passphrase-changed", "passphrase-changed"]


async def test_nothing_of_who_was_erased_is_left_in_any_table(house: House) -> None:
    for number in range(20):
        house.source.add(f"member{number}", company="c1")
    person = house.source.add("xanthippe")
    house.source.book(person)
    await house.live()
    await house.apply()
    account = await house.account("xanthippe")
    note = "Xanthippe's cousin pays"
    await house.run("override", email="xanthippe@example.com", note=note)
    await house.run("sign-in-code", email="xanthippe@example.com", location="here")
    await house.run("rotate", email="xanthippe@example.com")
    await house.members.claim(account, "here")
    await house.db.run(lambda tx: devices.quiet(tx, account))
    # The brake holds everybody's end, hers too.
    house.source.people, house.source.affiliations, house.source.subscriptions = [], [], []
    for _ in range(8):
        await house.later(minutes=10)
        await house.apply()
    assert account in await house.db.read(_everything)
    house.source.bookings = []
    done = await house.run("erase", email="xanthippe@example.com")
    assert done["result"] == {"erased": 1, "left": []}
    for _ in range(2):
        await house.later(minutes=10)
        await house.apply()
    told = await house.db.read(_everything)
    for trace in ("xanthippe", "cousin", f"'{person}'"):
        assert trace not in told.lower(), trace
    assert "Xanthippe" not in await house.labels()
    assert len(await house.labels()) == 20


def _everything(tx: Tx) -> str:
    tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return "\n".join(str([tuple(row) for row in tx.execute(f"SELECT * FROM {one}")]) for one in tables)


async def test_the_last_day_of_an_override_ends_at_midnight_of_each_location(house: House) -> None:
    house.source.add("ann", plan=False)
    estate = house.estate()
    for name, zone in (("azores", "Atlantic/Azores"), ("here", "Europe/Berlin")):
        place = Place(name, "hq", HERE if name == "here" else name, ZoneInfo(zone))
        estate.locations[name] = Location(name, name.title(), place, ("members",))  # type: ignore[index]
    await house.engine.take(estate, loops=False)
    await house.apply()
    day = (house.clock.now() + timedelta(days=3)).date()
    for where in (["azores", "here"], []):
        given = await house.run(
            "override", email="ann@example.com", locations=where, ends=day.isoformat(), note="Guest"
        )
        assert "result" in given, given
    account = await house.account("ann")
    rows = await house.db.read(lambda tx: people.overrides(tx, account))
    # At all locations it is the midnight of the place where they are known.
    for one in rows:
        assert one.ends is not None
        local = one.ends.astimezone(
            ZoneInfo("Atlantic/Azores" if one.location == "azores" else "Europe/Berlin")
        )
        assert (local.date(), local.hour) == (day + timedelta(days=1), 0), one.location
    assert len(rows) == 3
    over = (house.clock.now() - timedelta(days=1)).date().isoformat()
    assert "refused" in await house.run("override", email="ann@example.com", ends=over, note="Late")


async def test_networks_of_one_name_are_told_apart_in_the_history(house: House) -> None:
    house.source.add("ann")
    estate = house.estate()
    other = replace(estate.wifis["members"], id="annex", location_ids=frozenset())
    estate.wifis["annex"] = other  # type: ignore[index]  # a dict, here
    await house.engine.take(estate, loops=False)
    await house.apply()
    page = await Activity(house.engine).page(Asked(kinds=frozenset({"key-create"})))
    assert [line.network for line in page.lines] == ["Members (members)"]


async def test_a_key_that_was_left_goes_when_its_network_answers_though_nobody_knows_whose_it_was(
    house: House,
) -> None:
    house.source.add("ann")
    house.source.add("bob")
    house.fake.add_foreign_key(SSID, "printer", "printer-key-of-2019")
    await house.live()
    await house.apply()
    before = await house.passphrase("ann")
    house.fake.break_down(True)
    refused = await house.run("erase", email="ann@example.com", keep_out=True)
    assert refused["left"] == ["Members"]
    account = await house.account("ann")
    assert await house.members.resolve("here", "ann@example.com") is None, "disabled meanwhile"
    done = await house.run("erase", email="ann@example.com", keep_out=True, anyway=True)
    assert done["result"] == {"erased": 1, "left": ["Members"]}
    house.fake.break_down(False)
    for _ in range(3):
        await house.later(minutes=20)
        await house.apply()
    assert await house.fake.join(SSID, before, "02:00:00:00:00:01") is None
    assert await house.labels() == {"Bob", "printer"}
    assert account not in await house.db.read(
        lambda tx: [row[0] for row in tx.execute("SELECT id FROM accounts")]
    )
    # She would get another passphrase, and nobody else ever gets hers.
    assert "result" in await house.run("let-back-in", email="ann@example.com")
    await house.later(minutes=10)
    await house.apply()
    assert await house.labels() == {"Ann", "Bob", "printer"}
    assert await house.passphrase("ann") != before
