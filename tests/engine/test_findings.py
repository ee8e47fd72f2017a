"""How often is an admin written to? Once, and once when it is mended; never about what passes by itself."""

from cusna_core.api import Finding, Level, Section
from cusna_core.engine import troubles
from cusna_core.engine.estate import Integration
from cusna_core.store import outbox
from cusna_core.store.db import Tx

from .conftest import House

DOWN = Finding(Level.ERROR, "controller.unreachable", "No answer.", "Look.", path="controllers.rack")
HELD = Finding(Level.ERROR, "brake.held", "Many.", "Accept.", path="integrations.hq", about="d1")
NOTE = Finding(Level.WARNING, "network.nearly-full", "Nearly full.", "Think.", path="networks.members")
RUN, CHECK = "network:members:run", "controller:rack"


async def mails(house: House) -> list[str]:
    """What goes out now, by kind."""
    now = house.clock.now()
    letters = await house.db.run(lambda tx: outbox.due(tx, house.vault, now))

    def done(tx: Tx) -> None:
        for one in letters:
            outbox.done(tx, one.id, now)

    await house.db.run(done)
    return [one.kind for one in letters]


async def test_what_stays_is_mailed_once_and_once_when_mended(house: House) -> None:
    report = house.engine.findings.report
    seen: list[str] = []
    for _ in range(10):
        await report(RUN, [DOWN])
        await house.later(minutes=1)
        seen += await mails(house)
    assert seen == ["admin-finding"]
    await report(RUN, [])
    await report(RUN, [])
    assert await mails(house) == ["admin-mended"]
    await house.later(days=1)
    assert await mails(house) == []


async def test_what_is_over_within_two_minutes_is_not_mailed(house: House) -> None:
    await house.engine.findings.report(RUN, [DOWN])
    await house.later(seconds=90)
    assert await mails(house) == []
    await house.engine.findings.report(RUN, [])
    await house.later(hours=1)
    assert await mails(house) == []


async def test_a_controller_that_flaps_fills_no_mailbox(house: House) -> None:
    seen: list[str] = []
    for _ in range(36):  # three hours: four minutes down, one up
        await house.engine.findings.report(RUN, [DOWN])
        await house.later(minutes=4)
        seen += await mails(house)
        await house.engine.findings.report(RUN, [])
        await house.later(minutes=1)
        seen += await mails(house)
    assert seen == ["admin-finding", "admin-mended"]


async def test_after_flapping_what_stays_is_told_again(house: House) -> None:
    report = house.engine.findings.report
    await report(RUN, [DOWN])
    await house.later(minutes=3)
    assert await mails(house) == ["admin-finding"]
    await report(RUN, [])
    assert await mails(house) == ["admin-mended"]
    await report(RUN, [DOWN])
    await house.later(minutes=29)
    assert await mails(house) == []
    await house.later(minutes=2)
    assert await mails(house) == ["admin-finding"]
    await report(RUN, [])
    assert await mails(house) == ["admin-mended"]


async def test_the_same_trouble_that_two_meet_is_one_letter(house: House) -> None:
    report = house.engine.findings.report
    await report(RUN, [DOWN])
    await report(CHECK, [DOWN])
    await house.later(minutes=3)
    assert await mails(house) == ["admin-finding"]
    await report(RUN, [])
    assert await mails(house) == []  # the other still meets it
    await report(CHECK, [])
    assert await mails(house) == ["admin-mended"]


async def test_a_held_set_is_mailed_at_once_and_warnings_never(house: House) -> None:
    await house.engine.findings.report("integration:hq:held", [HELD])
    await house.engine.findings.report(RUN, [NOTE])
    assert await mails(house) == ["admin-finding"]
    await house.engine.findings.report("integration:hq:held", [])
    assert await mails(house) == ["admin-mended"]
    await house.later(days=1)
    assert await mails(house) == []


async def test_what_is_configured_no_longer_leaves_no_findings(house: House) -> None:
    await house.engine.findings.report("network:removed:run", [DOWN])
    await house.engine.findings.report("controller:removed", [DOWN])
    await house.engine.findings.report(RUN, [NOTE])
    await house.live()
    stored = await house.db.read(lambda tx: tx.execute("SELECT scope FROM findings").fetchall())
    assert [row["scope"] for row in stored] == [RUN]


def test_little_at_many_places_is_one_finding_that_names_them() -> None:
    hq = Integration("hq", "Andcards", None, None)  # type: ignore[arg-type]  # nothing is asked of it
    told = [*((Section.BOOKINGS, one) for one in ("l2", "l1", "l9")), (Section.BLOCKS, None)]
    bookings, blocks = troubles.short(hq, told, {"l1": "Baixa", "l2": "Hafen"})
    assert " of the bookings at Baixa, Hafen, l9 that it told of before." in bookings.summary
    assert " of the blocks that it told of before." in blocks.summary
    assert bookings.about != blocks.about
