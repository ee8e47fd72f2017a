"""Does an admin see what would change and why, what is in the way, and decide what is held?"""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from cusna_core.api import Finding, Level
from cusna_core.demo.stage import until
from cusna_core.flow.keys import Wait
from cusna_core.store import audit, keys
from cusna_core.store import rights as right_rows

from .admin import HQ, SETTINGS, Admin, connected, needs_plugins, place
from .running import CHANGES, MEMBERS, planned, running, steps

pytestmark = needs_plugins
HELD = "/console/changes/held/andcards"


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def test_the_plan_is_shown_counted_and_switched_on_below_it(admin: Admin) -> None:
    assert "No network yet" in (await admin.get("/console/changes")).text
    await planned(admin)
    engine = admin.stage.app.core.engine
    listed = plain((await admin.get("/console/changes")).text)
    assert f"{steps(admin)} changes wait to be switched on" in listed
    shown = await admin.get(CHANGES)
    said = plain(shown.text)
    assert f"{steps(admin)} add new" in said
    assert "Mara Lindqvist" in said
    assert "plan Team office of Nordlicht Studio" in said
    assert "not Cusna's and stay" in said, "the printer's key"
    form = shown.form(f"{MEMBERS}/switch")
    assert form["digest"] == engine.standing(engine.estate.wifis["members"]).plan.digest  # type: ignore[union-attr]
    assert 'href="/console/changes/networks/members"' in (await admin.get("/console")).text

    # Look again asks the controller now, whatever the rounds do.
    vendor = admin.stage.vendors()[0]
    vendor.break_down(True)
    answer = await admin.send(CHANGES, f"{CHANGES}/look")
    assert answer.path == CHANGES
    assert "It does not go on right now." in answer.text
    assert "Does not answer" in answer.text
    vendor.break_down(False)
    answer = await admin.send(CHANGES, f"{CHANGES}/look")
    assert "It does not go on right now." not in answer.text

    answer = await admin.post(f"{MEMBERS}/switch", form)
    assert answer.path == f"{MEMBERS}?on", answer.trouble
    assert await until(lambda: steps(admin) == 0)
    assert await until(lambda: _says(admin, "Nothing: the network is as it should be."))
    # A check of its own may have met the broken controller: the next one finds it well.
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=11))

    async def well() -> bool:
        return "All is well." in (await admin.get("/console")).text

    assert await until(well)
    overview = plain((await admin.get("/console")).text)
    assert "8 people may be on the WiFi now" in overview, overview
    assert "Up to date" in overview
    # UniFi takes as many keys as it likes; the pool is what can be used up.
    assert "0 of 100 VLANs" in overview


async def test_nothing_is_switched_on_before_anybody_is_known(admin: Admin) -> None:
    """While the members are read for the first time, "nothing to do" would be a guess."""
    source: Any = admin.stage.source
    await connected(admin)
    form = (await admin.get(MEMBERS)).form(f"{MEMBERS}/switch")
    source.faults.fail("locationRef")
    new = f"{SETTINGS}/new-location/andcards"
    answer = await admin.send(f"{new}?place={place(admin.stage, 'Kreuzberg')}", new)
    assert answer.path == f"{SETTINGS}/locations/kreuzberg?made", answer.trouble
    assert await until(lambda: _says(admin, "is on it now"))
    for at in (CHANGES, MEMBERS):
        shown = await admin.get(at)
        assert "Not known yet: Andcards was never read to the end so far." in plain(shown.text)
        assert "Nothing: the network is as it should be." not in shown.text
        assert "Switch on" not in shown.text
    # Nor by a page that was opened when no location used the network.
    engine = admin.stage.app.core.engine
    early = form | {"digest": engine.standing(engine.estate.wifis["members"]).plan.digest}  # type: ignore[union-attr]
    assert (await admin.post(f"{MEMBERS}/switch", early)).status == 409
    assert not engine.estate.wifis["members"].apply

    source.faults.clear()
    engine.nudge()
    assert await until(lambda: steps(admin) > 5)
    for at in (CHANGES, MEMBERS):
        shown = await admin.get(at)
        assert "Not known yet" not in shown.text
        assert "Switch on" in shown.text


async def _says(admin: Admin, what: str) -> bool:
    return what in (await admin.get(CHANGES)).text


async def test_ends_are_told_in_the_time_of_their_place(admin: Admin) -> None:
    """A midnight in Berlin is no 23:00 for it, because the console speaks in Lisbon's time."""
    await planned(admin)
    new = f"{SETTINGS}/new-location/andcards"
    answer = await admin.send(f"{new}?place={place(admin.stage, 'Baixa')}", new)
    assert answer.path == f"{SETTINGS}/locations/baixa?made", answer.trouble
    shown = plain((await admin.get(CHANGES)).text)
    assert "Times are those of Europe/Lisbon" in shown
    for said in (shown, plain((await admin.get(f"{SETTINGS}/locations/kreuzberg/remove")).text)):
        ends = re.findall(r"until \w{3} .*?(end of the day|\d\d:\d\d)", said)
        assert ends, said
        assert set(ends) == {"end of the day"}, said


async def test_a_long_plan_comes_in_pages_and_by_verb(admin: Admin) -> None:
    stage = admin.stage
    here = stage.cast.locations["kreuzberg"]
    for number in range(120):
        person = stage.source.add_person(here, f"Extra {number:03}", f"extra{number}@example.com")
        stage.source.subscribe(here, person, "Hot desk", starts=stage.clock.now() - timedelta(days=9))
    await planned(admin)
    assert await until(lambda: steps(admin) > 120)
    first, third = await admin.get(CHANGES), await admin.get(f"{CHANGES}?page=3")
    assert first.text.count('class="who"') == 50
    assert "Page 1 of 3" in first.text
    assert third.text.count('class="who"') == steps(admin) - 100
    assert third.form(f"{MEMBERS}/switch") == first.form(f"{MEMBERS}/switch"), "all of it is agreed to"
    assert (await admin.get(f"{CHANGES}?page=99999999")).text.count('class="who"') == 50
    assert (await admin.get(f"{CHANGES}?page=77")).text.count('class="who"') == steps(admin) - 100
    assert (await admin.get(f"{CHANGES}?verb=create")).text.count('class="who"') == 50
    assert (await admin.get(f"{CHANGES}?verb=<b>")).status == 200
    assert (await admin.get("/console/changes/networks/nowhere")).status == 404
    assert (await admin.get("/console/changes/held/nowhere")).status == 404
    assert (await admin.post("/console/changes/networks/nowhere/look")).status == 404


async def test_a_held_set_is_shown_with_its_numbers_and_exactly_it_is_accepted(admin: Admin) -> None:
    await running(admin)
    core = admin.stage.app.core
    none = await admin.get(HELD)
    assert "Nothing is held back" in none.text
    answer = await admin.send(
        HQ, f"{HQ}/policy", plans_without_wifi="Virtual Office\nTeam office\nHot desk\n"
    )
    assert answer.status == 200

    async def held() -> right_rows.Held | None:
        return await core.db.read(lambda tx: right_rows.held(tx, "andcards"))

    assert await until(held)
    found = await held()
    assert found is not None
    overview = await admin.get("/console")
    assert f'<a href="{HELD}">See who it is, and decide</a>' in overview.text
    assert f"{len(found.withdrawals)} held" in plain(overview.text)
    assert f'href="{HELD}"' in (await admin.get("/console/changes")).text

    shown = await admin.get(HELD)
    said = plain(shown.text)
    assert f"Rights held {len(found.withdrawals)}" in said
    assert f"Counted in 24 hours {found.counted}" in said
    assert f"Pass by themselves {found.limit}" in said
    assert "The plan is on the list of plans without WiFi." in said
    assert "changed integrations.andcards" in said
    assert "Mara Lindqvist Kreuzberg plan Team office of Nordlicht Studio" in said
    assert "at once" in said
    assert shown.form(HELD) == {"digest": found.digest}

    # Another set than was shown: told, and shown anew.
    answer = await admin.post(HELD, {"digest": "0" * 16})
    assert answer.status == 409
    assert "not the same any more" in answer.text
    assert answer.form(HELD) == {"digest": found.digest}
    assert await held() is not None

    # Not by a sign-in of an hour ago.
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=11))
    stale = await admin.get(HELD)
    assert "Sign in again to decide" in stale.text
    assert f'action="{HELD}"' not in stale.text
    answer = await admin.post(HELD, {"digest": found.digest})
    assert answer.status == 403
    assert await held() is not None
    entries = await core.db.read(lambda tx: audit.recent(tx, kind="held-accepted"))
    assert entries == []

    await admin.sign_in()
    answer = await admin.post(HELD, {"digest": (await held()).digest})  # type: ignore[union-attr]
    assert answer.path == f"{HELD}?accepted"
    assert "You let it pass." in answer.text
    assert await held() is None
    (entry,) = await core.db.read(lambda tx: audit.recent(tx, kind="held-accepted"))
    assert (entry.who, entry.data["digest"]) == ("admin@space.example", found.digest)
    # Whoever pressed twice is told that there is nothing left, and nothing happens.
    assert (await admin.post(HELD, {"digest": found.digest})).status == 409


async def test_what_was_refused_and_who_waits_is_told_with_its_reason(admin: Admin) -> None:
    await running(admin)
    core = admin.stage.app.core
    mara = await core.db.read(
        lambda tx: tx.execute("SELECT id FROM accounts WHERE name = 'Mara Lindqvist'").fetchone()["id"]
    )
    jonas = await core.db.read(
        lambda tx: tx.execute("SELECT id FROM accounts WHERE name = 'Jonas Weber'").fetchone()["id"]
    )
    now = core.clock.now()
    await core.db.run(lambda tx: keys.failed(tx, "members", mara, "It has <b>no</b> room.", now))
    await core.db.run(lambda tx: keys.waiting(tx, "members", {jonas: Wait.NO_VLAN}, now, only=jonas))
    text = (await admin.get(CHANGES)).text
    said = plain(text)
    assert "It has &lt;b&gt;no&lt;/b&gt; room." in text
    assert "Mara Lindqvist It has <b>no</b> room." in said
    assert "Jonas Weber The VLAN pool is used up" in said
    people = "/console/people?state=waiting&amp;location=kreuzberg"
    assert f'href="{people}"' in text
    whole = (await admin.get("/console")).text
    assert f'href="{people}"' in whole
    assert "Jonas Weber" in (await admin.get(people.replace("&amp;", "&"))).text
    overview = plain(whole)
    assert "1 key was refused" in overview
    assert "1 person waits" in overview


async def test_findings_lead_to_the_page_that_helps_and_many_are_folded(admin: Admin) -> None:
    await running(admin)
    engine = admin.stage.app.core.engine

    async def told(code: str, path: str) -> str:
        finding = Finding(Level.ERROR, code, f"It is {code}.", "Do it.", path=path)
        await engine.findings.report("log", [finding])
        found = re.search(r"It is [^<]*<.*?</li>", (await admin.get("/console")).text, re.DOTALL)
        assert found
        return found.group()

    full = await told("network.full", "networks.members")
    assert f'href="{SETTINGS}/networks/members"' in full
    assert 'href="/console/people?state=waiting&amp;location=kreuzberg"' in full
    assert f'href="{CHANGES}"' in await told("network.refused", "networks.members")
    assert f'href="{SETTINGS}/controllers/unifi/edit"' in await told("controller.auth", "controllers.unifi")
    assert f'href="{HQ}"' in await told("source.unreachable", "integrations.andcards")
    assert "<a " not in await told("strange", "")
    many = [Finding(Level.WARNING, "many", f"Number {one}.", "", about=str(one)) for one in range(20)]
    await engine.findings.report("log", many)
    text = (await admin.get("/console")).text
    assert text.count("<strong>Number") == 8
    assert "Show 12 more" in text
    text = (await admin.get("/console?findings=all")).text
    assert text.count("<strong>Number") == 20
    assert "Needs attention" in text
    await engine.findings.report("log", [Finding(Level.INFO, "note", "Only a note.", "")])
    text = (await admin.get("/console")).text
    assert "Good to know" in text
    assert "Needs attention" not in text
    assert "All is well." in text, "a note asks nothing of anybody"


@pytest.mark.parametrize("configured", [True])
async def test_a_finding_about_the_file_or_an_old_network_leads_to_a_page_that_is_there(
    admin: Admin,
) -> None:
    engine = admin.stage.app.core.engine
    for code, path, about, to in (
        ("source.auth", "integrations.hq", "", f"{SETTINGS}/integrations/hq"),
        ("controller.auth", "controllers.unifi", "", f"{SETTINGS}/controllers/unifi"),
        ("sink.failing", "sinks.crm", "crm", f"{SETTINGS}/sinks"),
        ("network.emptying", "networks", "members~1", f"{SETTINGS}/retired/members~1"),
        ("flood.sign-ins", "mail", "", "/console/activity"),
    ):
        finding = Finding(Level.ERROR, code, f"It is {code}.", "Do it.", path=path, about=about)
        await engine.findings.report("log", [finding])
        found = re.search(rf"It is {code}.*?</li>", (await admin.get("/console")).text, re.DOTALL)
        assert found
        (door,) = re.findall(r'<a href="([^"]+)"', found.group())
        assert unquote(door) == to
        if "~" not in door:
            assert (await admin.get(door)).status == 200


async def test_nobody_else_may_look_or_decide(visitor: Admin) -> None:
    for path in ("/console/changes", CHANGES, HELD, "/console/live"):
        assert (await visitor.get(path)).path == "/console/sign-in", path
    assert (await visitor.post(HELD, {"digest": "0" * 16})).path == "/console/sign-in"
