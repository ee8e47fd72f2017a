"""Can settings be changed while people are on: mail, moves, what is disabled, what is removed?

The real program with the plugins' fakes behind it. Nobody is off longer than needed, promised ends come,
what others have made stays, and of two who save at once the second is told.
"""

from datetime import timedelta
from typing import Any

import pytest

from cusna_core.admin.survey import Survey
from cusna_core.api import FakeWifi
from cusna_core.app import App
from cusna_core.demo.file import ADMIN, SENDER
from cusna_core.demo.people import KREUZBERG
from cusna_core.demo.stage import PRINTER, SSID, Stage, until
from cusna_core.store import accounts, retired
from cusna_core.store.db import Tx

from .admin import HQ, SETTINGS, Admin, Answer, connected, needs_plugins, place

pytestmark = needs_plugins
MAIL = f"{SETTINGS}/mail"
MEMBERS = f"{SETTINGS}/networks/members"
KREUZ = f"{SETTINGS}/locations/kreuzberg"
GUESTS = "Guests"
DAY = timedelta(days=1, minutes=20)


def air(stage: Stage) -> FakeWifi:
    return stage.air[KREUZBERG.slug]


async def running(admin: Admin) -> None:
    """Kreuzberg is on the WiFi Members, and its people have their keys."""
    await connected(admin)
    action = f"{SETTINGS}/new-location/andcards"
    answer = await admin.send(f"{action}?place={place(admin.stage, 'Kreuzberg')}", action)
    assert answer.path == f"{KREUZ}?made", answer.trouble
    await switched_on(admin)


async def switched_on(admin: Admin) -> None:
    assert await until(lambda: _steps(admin.stage) > 0)
    answer = Answer(0, "", "", {})
    for _ in range(3):
        answer = await admin.send(MEMBERS, f"{MEMBERS}/switch")
        if answer.path == f"{MEMBERS}?on":
            break
    assert answer.path == f"{MEMBERS}?on", answer.trouble

    async def all_working() -> bool:
        return await _keys(admin.stage, "working") >= 8

    assert await until(all_working, 20)


def _steps(stage: Stage) -> int:
    engine = stage.app.core.engine
    plan = engine.standing(engine.estate.wifis["members"]).plan
    return len(plan.steps) if plan else 0


async def _keys(stage: Stage, state: str, network: str = "members") -> int:
    def count(tx: Tx) -> int:
        row = tx.execute(
            "SELECT count(*) FROM key_states WHERE network = ? AND state = ?", (network, state)
        ).fetchone()
        return int(row[0])

    return await stage.app.core.db.read(count)


async def passphrase(stage: Stage, email: str) -> str:
    core = stage.app.core

    def read(tx: Tx) -> str:
        row = tx.execute("SELECT id FROM accounts WHERE email = ?", (email,)).fetchone()
        return accounts.passphrase(tx, core.vault, row[0]) if row else "nobody-has-this-one"

    return await core.db.read(read)


async def joins_as(stage: Stage, email: str, ssid: str = SSID) -> bool:
    return await air(stage).join(ssid, await passphrase(stage, email), "02:00:00:00:00:77") is not None


async def joins(stage: Stage, name: str, ssid: str = SSID) -> bool:
    return await joins_as(stage, stage.cast.find(name).email, ssid)


async def later(stage: Stage, span: timedelta) -> None:
    """Time passes; the loops get their turns."""
    for _ in range(8):
        await stage.jump(stage.clock.now() + span / 8)


# Mail


async def test_the_files_mail_server_is_shown_and_tried(admin: Admin) -> None:
    stage = admin.stage
    assert "This is set in the configuration file." in (await admin.get(MAIL)).text
    assert (await admin.post(MAIL, {})).status == 404
    assert (await admin.get(f"{MAIL}/remove")).status == 404
    before = len(stage.inbox.mails)
    assert "accepted a test mail" in (await admin.post(f"{MAIL}/test")).text
    assert [one.to for one in stage.inbox.mails[before:]] == [ADMIN]


@pytest.mark.parametrize("bare", [True])
async def test_mail_from_nothing(visitor: Admin) -> None:
    admin, stage = visitor, visitor.stage
    core = stage.app.core
    await enter(admin)
    good = {"host": "127.0.0.1", "port": str(stage.inbox.port), "security": "none", "sender": SENDER}
    answer = await admin.send(MAIL, **(good | {"host": "mail.example.com"}))
    assert answer.status == 422
    assert "in clear" in answer.trouble
    answer = await admin.send(MAIL, **(good | {"username": "wifi"}))
    assert "belong together" in answer.trouble
    answer = await admin.send(MAIL, **(good | {"port": "1"}))
    assert (answer.status, served(admin)) == (422, None)
    assert "cannot be reached" in answer.trouble
    assert await admin.stored() == {}
    form = answer.form(MAIL)
    assert form["sender"] == SENDER, "what was typed is lost"

    answer = await admin.post(MAIL, form | {"anyway": "1"})
    assert answer.path == f"{MAIL}?untaken"
    assert served(admin) is not None
    await admin.post("/console/sign-in", {"email": ADMIN})
    waits = await admin.get(MAIL)
    assert "wait" in waits.text.partition('id="letters"')[2]
    sent = "The test mail was not taken."
    assert sent in (await admin.post(f"{MAIL}/test")).text

    stale = (await admin.get(MAIL)).form(MAIL)
    answer = await admin.send(MAIL, **good)
    assert answer.path == f"{MAIL}?saved", answer.trouble
    assert [one.to for one in stage.inbox.mails][:1] == [ADMIN]
    assert await until(lambda: len(stage.inbox.mails) >= 2), "what waited does not go out"
    answer = await admin.post(MAIL, stale | good)
    assert answer.status == 409
    assert "Somebody else changed this" in answer.trouble
    version = (await admin.get(f"{MAIL}/remove")).form(f"{MAIL}/remove")
    assert (await admin.post(f"{MAIL}/remove", version | {"version": "1"})).status == 409
    assert (await admin.post(f"{MAIL}/remove", version)).path == f"{MAIL}?removed"
    assert served(admin) is None
    assert "config.no-mail" in {one.code for one in core.engine.estate.findings}


def served(admin: Admin) -> object:
    """The mail server at work."""
    setup = admin.stage.app.core.setup
    return setup.mail if setup else None


async def enter(admin: Admin) -> None:
    """`cusna admin-link`."""
    async for event in admin.stage.app.core.operations.run("admin-link", {}, "a test"):
        if "result" in event:
            path = event["result"]["url"].removeprefix(admin.base)
            assert (await admin.post(path)).path == "/console"


# Networks


async def test_a_network_moves_and_nobody_is_off_longer_than_needed(admin: Admin) -> None:
    stage = admin.stage
    await running(admin)
    assert await joins(stage, "Mara Lindqvist")
    air(stage).network_options(GUESTS)
    air(stage).add_foreign_key(GUESTS, "tv", "the-tv-in-the-hall")
    whither = await admin.get(f"{MEMBERS}/move")
    assert f"{MEMBERS}/move/unifi?choice={GUESTS}" in whither.text

    move = f"{MEMBERS}/move/unifi"
    asked = await admin.send(f"{move}?choice={GUESTS}", f"{move}?choice={GUESTS}", write_interval="0")
    assert "leave Members" in asked.text
    assert "join Guests" in asked.text
    assert (await admin.stored())["network"]["members"]["ssid"] == SSID, "stored before it was agreed to"
    answer = await admin.post(f"{move}?choice={GUESTS}", asked.form(f"{move}?choice={GUESTS}"))
    assert answer.path == MEMBERS, answer.trouble

    engine = stage.app.core.engine
    assert not engine.estate.wifis["members"].apply, "it writes to an SSID that nobody has looked at"
    assert engine.estate.wifis["members~1"].ssid == SSID
    assert "Being emptied" in (await admin.get(f"{SETTINGS}/networks")).text
    await later(stage, 2 * DAY)
    assert await joins(stage, "Mara Lindqvist"), "off before the new one was switched on"
    assert not await joins(stage, "Mara Lindqvist", GUESTS)

    await admin.sign_in()
    await switched_on(admin)
    assert await joins(stage, "Mara Lindqvist", GUESTS)
    assert await joins(stage, "Mara Lindqvist"), "no time to move"

    # Also after a restart, and when the controller was down for a while.
    path = stage.app.core.file.path
    await stage.app.stop()
    stage.app = await App.start(path, clock=stage.clock)
    air(stage).break_down(True)
    await later(stage, DAY)
    air(stage).break_down(False)

    async def gone() -> bool:
        await later(stage, timedelta(minutes=20))
        core = stage.app.core
        return not await core.db.read(lambda tx: retired.all(tx, core.vault))

    assert await until(gone, 30), "it is never done"
    assert not await joins(stage, "Mara Lindqvist"), "the old key works on"
    assert await joins(stage, "Mara Lindqvist", GUESTS)
    assert air(stage).foreign_keys(SSID) == {"printer": PRINTER}
    assert air(stage).foreign_keys(GUESTS) == {"tv": "the-tv-in-the-hall"}


async def test_back_to_where_it_came_from(admin: Admin) -> None:
    """What was about to be emptied is in use again: its keys are the network's own, and stay."""
    stage = admin.stage
    await running(admin)
    before = await passphrase(stage, stage.cast.find("Mara Lindqvist").email)
    air(stage).network_options(GUESTS)
    for ssid in (GUESTS, SSID):
        edit = f"{MEMBERS}/edit"
        answer = await admin.send(edit, ssid=ssid)
        if "Move it" in answer.text:
            answer = await admin.post(edit, answer.form(edit))
        assert answer.path == MEMBERS, answer.trouble
    assert set(stage.app.core.engine.estate.wifis) == {"members"}
    await later(stage, timedelta(minutes=40))
    assert await joins(stage, "Mara Lindqvist")
    assert await passphrase(stage, stage.cast.find("Mara Lindqvist").email) == before, (
        "its own key was taken for somebody else's"
    )


async def test_a_removed_network_keeps_its_promises(admin: Admin) -> None:
    stage = admin.stage
    await running(admin)
    air(stage).network_options(GUESTS)
    new = f"{SETTINGS}/new-network/unifi?choice={GUESTS}"
    assert (await admin.send(new, write_interval="0")).path == f"{SETTINGS}/networks/guests?connected"
    answer = await admin.get(f"{MEMBERS}/remove")
    assert "locations.kreuzberg" in answer.text
    answer = await admin.send(KREUZ, **{"network:members": None, "network:guests": "1"})
    assert answer.path == f"{KREUZ}?made", answer.trouble
    await later(stage, 2 * DAY)
    assert await joins(stage, "Mara Lindqvist"), "off, though the new network only plans"

    await admin.sign_in()
    form = (await admin.get(f"{MEMBERS}/remove")).form(f"{MEMBERS}/remove")
    answer = await admin.post(f"{MEMBERS}/remove", form | {"how": "now", "keys": "1"})
    assert answer.status == 409
    answer = await admin.post(f"{MEMBERS}/remove", form | {"how": "ends"})
    assert answer.path.endswith("?removed"), answer.trouble
    await later(stage, DAY)
    assert await joins(stage, "Mara Lindqvist"), "her plan goes on"
    await admin.sign_in()
    old = f"{SETTINGS}/retired/members~1"
    form = (await admin.get(old)).form(old)
    assert (await admin.post(old, form | {"do": "hurry", "keys": "0"})).status == 409
    answer = await admin.post(old, form | {"do": "hurry"})
    assert answer.path.startswith(f"{SETTINGS}/networks"), answer.text

    async def off() -> bool:
        await later(stage, timedelta(minutes=20))
        return not await joins(stage, "Mara Lindqvist")

    assert await until(off, 20)
    assert air(stage).foreign_keys(SSID) == {"printer": PRINTER}


# Disabled


@pytest.mark.parametrize("one", [MEMBERS, f"{SETTINGS}/controllers/unifi", KREUZ, HQ])
async def test_what_is_disabled_keeps_its_promises_and_gives_nothing_new(admin: Admin, one: str) -> None:
    stage = admin.stage
    await running(admin)
    engine = stage.app.core.engine
    page = await admin.get(f"{one}/enabled")
    assert "promised end" in page.text
    stale = page.form(f"{one}/enabled")
    assert (await admin.send(f"{one}/enabled")).path == one
    assert (await admin.post(f"{one}/enabled", stale)).status == 409, "two at once"
    assert "It is disabled." in (await admin.get(one)).text
    assert not [one for one in engine.estate.findings if one.level == "error"]
    there = stage.cast.locations["kreuzberg"]
    person = stage.source.add_person(there, "Nora Neu", "nora@neu.example")
    stage.source.subscribe(there, person, "Hot desk", starts=stage.clock.now() - timedelta(days=1))
    await later(stage, timedelta(minutes=40))
    assert await joins(stage, "Mara Lindqvist")
    assert not await joins_as(stage, "nora@neu.example")
    await later(stage, timedelta(days=10))

    async def ended() -> bool:
        await later(stage, timedelta(minutes=20))
        return not await joins(stage, "Ben Okafor")

    assert await until(ended, 20), "a promised end did not come"
    assert await joins(stage, "Mara Lindqvist")
    await admin.sign_in()
    assert (await admin.send(f"{one}/enabled")).path == one
    assert "It is disabled." not in (await admin.get(one)).text

    async def nora() -> bool:
        await later(stage, timedelta(minutes=5))
        return await joins_as(stage, "nora@neu.example")

    assert await until(nora, 20), "enabled, and nothing new comes"


async def test_of_two_who_save_at_once_the_second_is_told_by_every_form(admin: Admin) -> None:
    stage = admin.stage
    await running(admin)
    air(stage).network_options(GUESTS)
    forms = {
        HQ: f"{HQ}/policy",
        MEMBERS: f"{MEMBERS}/switch",
        KREUZ: KREUZ,
        f"{MEMBERS}/edit": f"{MEMBERS}/edit",
        f"{HQ}/edit": f"{HQ}/edit",
        f"{SETTINGS}/controllers/unifi/edit": f"{SETTINGS}/controllers/unifi/edit",
        f"{MEMBERS}/move/unifi?choice={GUESTS}": f"{MEMBERS}/move/unifi?choice={GUESTS}",
        f"{KREUZ}/remove": f"{KREUZ}/remove",
    }
    before = {page: (await admin.get(page)).form(action) for page, action in forms.items()}
    for one in (HQ, f"{SETTINGS}/controllers/unifi", MEMBERS, KREUZ):
        # Somebody else, meanwhile: off, and on again.
        for _ in range(2):
            assert (await admin.send(f"{one}/enabled")).path == one
    stored = await admin.stored()
    for page, action in forms.items():
        answer = await admin.post(action, before[page])
        assert answer.status == 409, action
        assert "Somebody else changed this" in answer.trouble, action
    assert await admin.stored() == stored
    assert stage.app.core.engine.estate.wifis["members"].apply


# Choosing an SSID


async def test_of_two_wifis_with_one_name_each_can_be_taken(admin: Admin) -> None:
    """An organisation with a network for every house, and everywhere the same name on the air."""
    stage = admin.stage
    cloud: Any = next(one for one in stage.vendors() if one.type == "meraki")
    annexe = cloud.cloud.add_site(cloud.org, "Annexe")
    cloud.cloud.set_up_ssid(annexe, SSID)
    vendor = {name: str(value) for name, value in cloud.options().items()}
    vendor["requests_per_second"] = "9"
    there = f"{SETTINGS}/controllers/meraki"
    answer = await admin.send(f"{SETTINGS}/new-controller/meraki", **vendor)
    assert answer.path == f"{there}?connected", answer.trouble
    new = f"{SETTINGS}/new-network/meraki"
    house, other = (f"{new}?choice={one}%3A%20Members" for one in ("House", "Annexe"))
    assert house in answer.text
    assert other in answer.text

    async def take(choice: str, name: str) -> None:
        answer = await admin.send(choice, choice.replace("%3A", ":"))
        assert answer.path == f"{SETTINGS}/networks/{name}?connected", answer.trouble

    await take(house, "members")
    for page in (new, there):
        text = (await admin.get(page)).text
        assert house not in text, page
        assert other in text, page
    await take(other, "members-meraki")
    assert other not in (await admin.get(new)).text


async def test_a_move_on_one_controller_keeps_the_options_that_name_no_ssid(admin: Admin) -> None:
    stage = admin.stage
    await connected(admin)
    edit = f"{MEMBERS}/edit"
    assert (await admin.send(edit, vlan_networks="vlan-only")).path == MEMBERS
    air(stage).network_options(GUESTS)
    move = f"{MEMBERS}/move/unifi?choice={GUESTS}"
    form = (await admin.get(move)).form(move)
    assert form["ssid"] == GUESTS
    assert form["vlan_networks"] == "vlan-only"
    assert form["write_interval"] == "0"


async def test_an_ssid_that_is_being_emptied_is_no_network_of_the_controllers_page(admin: Admin) -> None:
    stage = admin.stage
    await running(admin)
    air(stage).network_options(GUESTS)
    move = f"{MEMBERS}/move/unifi?choice={GUESTS}"
    asked = await admin.send(move)
    assert (await admin.post(move, asked.form(move))).path == MEMBERS
    assert "members~1" in stage.app.core.engine.estate.wifis
    page = await admin.get(f"{SETTINGS}/controllers/unifi")
    assert "networks/members~1" not in page.text
    assert f"{SETTINGS}/networks/members" in page.text


# What does not work


async def test_what_does_not_work_is_not_called_connected(admin: Admin) -> None:
    stage = admin.stage
    await connected(admin)
    for kind, one in (("integrations", HQ), ("controllers", f"{SETTINGS}/controllers/unifi")):
        for page in (f"{SETTINGS}/{kind}", one):
            text = (await admin.get(page)).text
            assert "Connected" in text, page
            assert "Does not work" not in text, page
    stage.source.regenerate_credentials()  # type: ignore[attr-defined]  # of this fake
    air(stage).break_down(True)
    survey = Survey(stage.app.core.engine)

    async def noticed() -> bool:
        return all([await survey.troubled("integration"), await survey.troubled("controller")])

    for _ in range(4):  # the time may pass before a loop has gone to sleep
        await later(stage, timedelta(minutes=20))
        if await until(noticed, 3):
            break
    assert await noticed()
    await admin.sign_in()  # more time than a session may be idle
    for kind, one in (("integrations", HQ), ("controllers", f"{SETTINGS}/controllers/unifi")):
        for page in (f"{SETTINGS}/{kind}", one):
            text = (await admin.get(page)).text
            assert "Does not work" in text, page
            assert "Connected" not in text, page
