"""Is a file of overrides read as spreadsheets save it, told line by line, and never done half or twice?"""

from datetime import timedelta
from functools import partial
from itertools import product

from cusna_core.admin.people_csv import BYTES, MOST, Sheet, Wrong, decoded
from cusna_core.store import people

from .conftest import House

HEAD = "email,location,until,note\n"


async def settled(house: House) -> Sheet:
    for name in ("ann", "bob"):
        house.source.add(name, plan=False)
    await house.live()
    await house.apply()
    return Sheet(house.engine)


async def test_as_spreadsheets_save_it(house: House) -> None:
    sheet = await settled(house)
    lines = ["Email,Location,Until,Note", 'ANN@example.com,Here,,"Grüße, für Ann"', ",,,"]
    for encoding, end, comma in product(
        ("utf-8", "utf-8-sig", "cp1252", "utf-16"), ("\n", "\r\n", "\r"), ",;\t"
    ):
        text = end.join(line.replace(",", comma) for line in lines).replace(f"Grüße{comma}", "Grüße,")
        read = await sheet.read(decoded(text.encode(encoding)))
        assert read.faults == (), (encoding, end, comma)
        assert [(row.line, row.name, row.note) for row in read.rows] == [(2, "Ann", "Grüße, für Ann")]


async def test_what_is_far_too_large_is_told_and_not_read(house: House) -> None:
    sheet = await settled(house)
    rows = HEAD + "ann@example.com,here,,x\n" * 50_000
    assert len(rows) > BYTES
    (fault,) = (await sheet.read(rows)).faults
    assert fault.what is Wrong.LARGE
    (*_, fault) = (await sheet.read(HEAD + "ann@example.com,here,,x\n" * (MOST + 1))).faults
    assert fault.what is Wrong.MANY


async def test_one_broken_row_and_nothing_is_done(house: House) -> None:
    sheet = await settled(house)
    text = HEAD + "ann@example.com,here,,=cmd|' /C calc'!A0\nnobody@example.com,here,,x\n"
    read = await sheet.read(text)
    assert [(fault.line, fault.what) for fault in read.faults] == [(3, Wrong.UNKNOWN)]
    assert await sheet.give(text, read.digest, "it@example.com") is None
    ann = await house.account("ann")
    assert await house.db.read(lambda tx: people.overrides(tx, ann)) == []


async def test_what_somebody_has_already_is_not_given_again(house: House) -> None:
    sheet = await settled(house)
    last = (house.clock.now() + timedelta(days=9)).date()
    text = f"{HEAD}ann@example.com,here,{last},Summer school\n"
    read = await sheet.read(text)
    given = await sheet.give(text, read.digest, "it@example.com")
    assert given is not None
    assert [row.there for row in given.rows] == [False]
    # The button pressed twice; or the same file a week later, with one more line.
    for more in ("", f"bob@example.com,here,{last},Summer school\n"):
        read = await sheet.read(text + more)
        assert (read.rows[0].name, read.rows[0].there) == ("Ann", True)
        assert await sheet.give(text + more, read.digest, "it@example.com") is not None
    for account in (await house.account("ann"), await house.account("bob")):
        given_to = await house.db.read(partial(people.overrides, account_id=account))
        assert [one.note for one in given_to] == ["Summer school"]
