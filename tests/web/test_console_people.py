"""Does the people area say who may be on and why? Does what admins do there happen, once and on record?"""

import html
import io
import re
from datetime import timedelta

import aiohttp
import pytest

from cusna_core.demo.people import Somebody
from cusna_core.demo.stage import until
from cusna_core.store import accounts, audit, erase
from cusna_core.store.audit import Entry
from cusna_core.store.db import Tx

from .admin import Admin, Answer, Forms, mailed, needs_plugins

pytestmark = needs_plugins
HERE = "/console/people"


@pytest.fixture
def configured() -> bool:
    """Everything is in the file: people are there from the start."""
    return True


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def names(answer: Answer) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'class="person" href="[^"]+">([^<]+)<', answer.text)]


async def account(admin: Admin, who: Somebody) -> str:
    core = admin.stage.app.core
    await until(lambda: core.engine.decisions.integrations())

    async def find() -> list[str]:
        return await core.db.read(lambda tx: accounts.ids(tx, "", who.email))

    assert await until(find)
    return (await find())[0]


async def log(admin: Admin, kind: str) -> list[Entry]:
    return await admin.stage.app.core.db.read(lambda tx: audit.recent(tx, kind=kind))


async def settled(admin: Admin) -> None:
    """All of the cast are known and decided about."""
    core = admin.stage.app.core

    async def known() -> bool:
        def many(tx: Tx) -> int:
            return int(tx.execute("SELECT count(*) FROM people WHERE rights > 0").fetchone()[0])

        return await core.db.read(many) > 5

    assert await until(known, 30)


async def test_the_list_finds_people_by_name_address_and_company(admin: Admin) -> None:
    await settled(admin)
    cast = admin.stage.cast
    everybody = await admin.get(HERE)
    assert everybody.status == 200
    assert f'href="{HERE}" aria-current="page"' in everybody.text
    listed = names(everybody)
    assert {one.name for one in cast.people} <= set(listed)
    assert listed == sorted(listed, key=str.casefold)
    one = next(one for one in cast.people if one.company)
    for typed in (one.name, one.name[1:5].upper(), one.email, one.company.split()[0].lower()):
        assert one.name in names(await admin.get(f"{HERE}?q={typed}")), typed
    colleagues = {each.name for each in cast.people if each.company == one.company}
    assert set(names(await admin.get(f"{HERE}?q={one.company.replace(' ', '+')}"))) == colleagues
    for hostile in ("%25", "_", "'%20OR%201=1--", "%22*", "%00", "%3Cscript%3E", "NEAR(", "a" * 3000):
        answer = await admin.get(f"{HERE}?q={hostile}")
        assert answer.status == 200, hostile
        assert "<script>" not in answer.text
        assert names(answer) == [] or hostile == "%00"
    # Filters, alone and together; what makes no sense asks for nothing.
    on = await admin.get(f"{HERE}?state=on")
    off = await admin.get(f"{HERE}?state=off")
    assert set(names(on)) | set(names(off)) == set(listed)
    assert not set(names(on)) & set(names(off))
    assert names(await admin.get(f"{HERE}?state=disabled")) == []
    assert "Nobody fits" in (await admin.get(f"{HERE}?state=disabled")).text
    there = names(await admin.get(f"{HERE}?location=kreuzberg"))
    assert one.name in there if one.spot.slug == "kreuzberg" else one.name not in there
    assert 0 < len(there) < len(listed)
    assert names(await admin.get(f"{HERE}?state=what&location=nowhere&company=x&integration=y")) == listed
    count = re.search(r'aria-current="true">All&nbsp;<span class="count">(\d+)<', everybody.text)
    assert count is not None
    assert int(count[1]) == len(listed)


async def test_a_person_is_explained_and_what_is_done_is_on_record(admin: Admin) -> None:
    await settled(admin)
    one = next(one for one in admin.stage.cast.people if one.company)
    name = await account(admin, one)
    here = f"{HERE}/{name}"
    page = await admin.get(here)
    said = words(page.text)
    assert f"{one.spot.title}: yes, no end date." in said
    assert one.company in said
    assert "was given a new passphrase" not in said
    assert (await admin.get(f"{HERE}/nobody")).status == 404

    # Disable, and what another admin does with an old page; restore.
    page = await admin.post(f"{here}/disable", page.form(f"{here}/disable"))
    assert page.path == f"{here}?done=disabled"
    assert "Disabled by an admin" in page.text
    assert (await admin.post(f"{here}/disable")).status == 409
    assert one.name in names(await admin.get(f"{HERE}?state=disabled"))
    given = await admin.post(f"{here}/override", {"all": "1", "note": "Not while disabled"})
    assert "Access is given, but this person is disabled." in given.text
    assert f"{one.spot.title}: no, disabled by an admin." in words(given.text)
    assert (await admin.post(f"{here}/restore")).path == f"{here}?done=restored"
    assert [entry.who for entry in await log(admin, "disabled")] == ["admin@space.example"]

    # A new passphrase, for exactly the one that the page showed.
    page = await admin.get(here)
    form, mails = page.form(f"{here}/rotate"), len(admin.stage.inbox.mails)
    assert (await admin.post(f"{here}/rotate", form)).path == f"{here}?done=rotated"
    assert (await admin.post(f"{here}/rotate", form)).status == 409
    assert len(await log(admin, "passphrase-rotated")) == 1
    assert await mailed(admin.stage, mails, "The team gave you a new WiFi passphrase")

    # A code for the desk, shown once; at the location where they are known, unless another is chosen.
    assert (await admin.get(here)).form(f"{here}/code") == {"location": one.spot.slug}
    answer = await admin.post(f"{here}/code", {"location": one.spot.slug})
    code = re.search(r'data-field="code">(\d{4} \d{4})<', answer.text)
    assert code is not None
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    assert (await admin.post(f"{here}/code", {"location": "nowhere"})).status == 409
    assert len(await log(admin, "desk-code")) == 1
    assert (await admin.post(f"{here}/sign-out")).path == f"{here}?done=signed-out"
    history = words((await admin.get(here)).text)
    for told in ("was given a new passphrase by an admin", "A sign-in code for the desk", "was disabled"):
        assert told in history, told


async def test_an_override_survives_a_read_and_ends_once(admin: Admin) -> None:
    await settled(admin)
    stage = admin.stage
    off = names(await admin.get(f"{HERE}?state=off"))
    one = next(each for each in stage.cast.people if each.name in off)
    here = f"{HERE}/{await account(admin, one)}"
    bad = await admin.send(
        here, f"{here}/override", note="", ends="2001-13-01", **{f"at__{one.spot.slug}": None}
    )
    assert bad.status == 422
    for told in ("Choose at least one location.", "Say why, for other admins.", "This is no date."):
        assert told in bad.text
    past = (stage.clock.now() - timedelta(days=3)).date().isoformat()
    bad = await admin.post(f"{here}/override", {f"at.{one.spot.slug}": "1", "note": "x", "ends": past})
    assert "over before" in bad.text
    last = (stage.clock.now() + timedelta(days=30)).date().isoformat()
    note = "<b>Visiting</b> speaker"
    given = await admin.post(f"{here}/override", {f"at.{one.spot.slug}": "1", "note": note, "ends": last})
    assert given.path == f"{here}?done=override", given.text[:300]
    assert "&lt;b&gt;Visiting&lt;/b&gt; speaker" in given.text
    assert "<b>Visiting" not in given.text
    assert one.name in names(await admin.get(f"{HERE}?state=override"))
    core = stage.app.core
    await core.engine.sync.read(next(iter(core.engine.estate.integrations.values())))
    await core.engine.decide(core.engine.estate.integrations)
    assert one.name in names(await admin.get(f"{HERE}?state=on"))
    found = re.search(r'data-override="(\w+)"', given.text)
    assert found is not None
    assert (await admin.post(f"{here}/end-override", {"id": found[1]})).path.startswith(f"{here}?done=")
    assert (await admin.post(f"{here}/end-override", {"id": found[1]})).status == 409
    assert one.name not in names(await admin.get(f"{HERE}?state=on"))
    assert [entry.kind for entry in await log(admin, "override-given")] == ["override-given"]


async def test_a_look_at_a_passphrase_is_told_to_its_owner(admin: Admin) -> None:
    await settled(admin)
    stage = admin.stage
    one = next(one for one in stage.cast.people if one.company)
    name = await account(admin, one)
    here = f"{HERE}/{name}/reveal"
    core = stage.app.core
    secret = await core.members.passphrase(name)
    mails = len(stage.inbox.mails)
    assert (await admin.post(here, {"reason": "  "})).status == 422
    answer = await admin.post(here, {"reason": "Their printer cannot scan"})
    assert f'data-value="{secret}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    letter = (await mailed(stage, mails, "Their printer cannot scan")).string
    assert "admin@space.example" in letter
    assert secret not in letter
    (entry,) = await log(admin, "passphrase-revealed")
    assert (entry.who, entry.account, entry.data) == (
        "admin@space.example", name, {"reason": "Their printer cannot scan"},
    )  # fmt: skip
    # Ten minutes later it needs a new sign-in, and nothing is shown or told.
    await stage.jump(stage.clock.now() + timedelta(minutes=11))
    stale = await admin.post(here, {"reason": "once more"})
    assert stale.status == 403
    assert secret not in stale.text
    assert len(await log(admin, "passphrase-revealed")) == 1
    for page in (HERE, f"{HERE}/{name}", f"{HERE}/import"):
        assert secret not in (await admin.get(page)).text
    assert secret not in (await admin.post(f"{HERE}/export")).text


async def test_who_asks_is_forgotten_and_kept_out(admin: Admin) -> None:
    await settled(admin)
    stage, core = admin.stage, admin.stage.app.core
    one = next(one for one in stage.cast.people if one.company)
    name = await account(admin, one)
    here = f"{HERE}/{name}/erase"
    before = await core.db.read(lambda tx: accounts.get(tx, name))
    assert before is not None
    preview = await admin.get(here)
    assert "still tells of this person" in preview.text
    assert (await admin.post(here, {"address": "somebody@else.example"})).status == 422
    gone = await admin.send(here, address=one.email.upper())
    if gone.status == 409:  # a network that did not answer in time: said, and done when asked again
        gone = await admin.send(here, address=one.email, anyway="1")
    assert gone.path == f"{HERE}?erased", words(gone.text)[:900]

    def dump(tx: Tx) -> str:
        tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = [str([tuple(row) for row in tx.execute(f"SELECT * FROM {table}")]) for table in tables]
        return "\n".join(rows)

    async def nowhere() -> None:
        everything = await core.db.read(dump)
        for trace in (one.email, one.name, one.person):
            assert trace not in everything, trace

    await nowhere()
    taken = await core.db.read(
        lambda tx: tx.execute(
            "SELECT 1 FROM fingerprints WHERE fingerprint = ?", (before.fingerprint,)
        ).fetchone()
    )
    assert taken is not None, "nobody else ever gets that passphrase"
    # The source tells of them still, and nothing of it is taken in.
    (integration,) = core.engine.estate.integrations.values()
    await core.engine.sync.read(integration)
    await nowhere()
    assert await core.engine.sync.find(integration, one.email) is not None
    await nowhere()
    (entry,) = await log(admin, "erased")
    assert entry.account is None
    # Until somebody lets them in again.
    kept = await admin.get(f"{HERE}?q={one.email}")
    assert "Erased, and kept out" in kept.text
    assert (await admin.post(f"{HERE}/let-in", {"email": one.email})).path == f"{HERE}?admitted"
    await core.engine.sync.find(integration, one.email)
    again = await core.db.read(lambda tx: accounts.by_email(tx, integration.id, one.email))
    assert again is not None
    assert again.id != name
    assert again.fingerprint != before.fingerprint
    assert await core.db.read(lambda tx: erase.marks(tx, integration.id)) == frozenset()


async def test_files_out_and_in(admin: Admin) -> None:
    await settled(admin)
    stage, core = admin.stage, admin.stage.app.core
    one, two = stage.cast.people[:2]
    evil = stage.source.add_person(stage.cast.locations["kreuzberg"], "=cmd|' /C calc'!A0", "+evil@x.example")
    assert evil
    await core.engine.sync.read(next(iter(core.engine.estate.integrations.values())))
    answer = await admin.post(f"{HERE}/export", {"q": "evil"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "'=cmd|" in answer.text
    assert "'+evil@x.example" in answer.text
    assert answer.text.count("\n") == 2, "filtered as the list is"
    assert len(await log(admin, "people-exported")) == 1

    last = (stage.clock.now() + timedelta(days=9)).date()
    rows = [
        "email;location;until;note",
        f"{one.email};{one.spot.title};{last:%d.%m.%Y};Summer school",
        "",
        "nobody@x.example;Kreuzberg;;x",
        f"{one.email};{one.spot.slug};;twice",
        f"{two.email};Atlantis;;x",
        f"{two.email};{two.spot.slug};31.02.2027;x",
        f"{two.email};{two.spot.slug};2001-01-01;x",
        f"{two.email};{two.spot.slug};;",
        "no address;Kreuzberg;;x",
    ]
    bad = await admin.post(f"{HERE}/import", {"text": "\r\n".join(rows), "look": "1"})
    assert bad.status == 422
    said = words(bad.text)
    for told in (
        "7 rows cannot be read", "Line 4: Nobody here has the address nobody@x.example.",
        "Line 5: This person has this location on line 2 already.", "Line 6: There is no location",
        "Line 7: “31.02.2027” is no date", "Line 8: 2001-01-01 is over", "Line 9: Say why",
        "Line 10: “no address” is no e-mail",
    ):  # fmt: skip
        assert told in said, told
    assert 'name="give"' not in bad.text
    good = await admin.post(f"{HERE}/import", {"text": "\n".join(rows[:2]), "look": "1"})
    form = good.form(f"{HERE}/import")
    assert "1 override would be given" in good.text
    forged = await admin.post(
        f"{HERE}/import", {**form, "text": form["text"].replace("Summer", "Winter"), "give": "1"}
    )
    assert forged.status == 409
    assert await log(admin, "override-given") == []
    done = await admin.post(f"{HERE}/import", {**form, "give": "1"})
    assert done.path == f"{HERE}?imported=1"
    assert len(await log(admin, "override-given")) == 1
    assert one.name in names(await admin.get(f"{HERE}?state=override"))
    for text in (
        "",
        "a,b\n1,2",
        'email,location,until,note\n"x',
        "email,location,until,note\n" + "x,y,,z\n" * 2001,
    ):
        assert (await admin.post(f"{HERE}/import", {"text": text})).status == 422, text[:30]
    # A file as a spreadsheet on Windows saves it, without a script; then what was shown of it is given.
    sheet = f"email;location;until;note\r\n{one.email};{one.spot.slug};;Für die Schüler\r\n"
    for file, status in ((sheet.encode("cp1252"), 200), (b"email\n" * 200_000, 422), (b"x" * 9_000_000, 413)):
        data = aiohttp.FormData({"text": ""})
        data.add_field("file", io.BytesIO(file), filename="people.csv", content_type="text/csv")
        headers = {"Origin": admin.base}
        async with admin.http.post(f"{admin.base}{HERE}/import", data=data, headers=headers) as answer_:
            told = await answer_.text()
            assert answer_.status == status
        if status == 200:
            assert "Für die Schüler" in told
            shown = Forms(told).found[f"{HERE}/import"]
            assert (await admin.post(f"{HERE}/import", {**shown, "give": "1"})).path == f"{HERE}?imported=1"
        elif status == 422:
            assert "larger than 1024 KB" in told


async def test_only_admins_come_in(visitor: Admin) -> None:
    for path in (HERE, f"{HERE}/import", f"{HERE}/x", f"{HERE}/x/reveal", f"{HERE}/x/erase"):
        answer = await visitor.ask("GET", path, follow=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/console/sign-in"), path
    for path in (f"{HERE}/export", f"{HERE}/x/reveal", f"{HERE}/x/erase", f"{HERE}/x/disable"):
        assert (await visitor.ask("POST", path, {}, follow=False)).status == 303, path
