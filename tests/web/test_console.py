"""Can an admin set everything up through the pages alone, and can nobody else?

The real program with the plugins' own fakes behind it, from an empty data folder. Forms are sent as a
browser sends them: read from the page, filled in, submitted.
"""

import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from yarl import URL

from cusna_core.admin.survey import Survey
from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import Stage, until
from cusna_core.store import audit
from cusna_core.web import Who, console

from .admin import CODE, HQ, LINK, NEW, SETTINGS, Admin, connected, mailed, needs_plugins, place

WRONG = "a-secret-that-is-wrong-4711"
pytestmark = needs_plugins


# The path


async def test_the_whole_path_through_the_pages(admin: Admin) -> None:
    stage = admin.stage
    empty = await admin.get("/console")
    assert f"{SETTINGS}/new-integration" in empty.text
    assert "Andcards" in (await admin.get(f"{SETTINGS}/new-integration")).text
    await connected(admin)
    engine = stage.app.core.engine
    assert set(engine.estate.integrations) == {"andcards"}
    assert not engine.estate.wifis["members"].apply

    page = await admin.get(HQ)
    assert "Kreuzberg" in page.text
    assert "disabled" in page.text.partition('name="manage_vlans"')[2].partition(">")[0]
    new = f"{SETTINGS}/new-location/andcards?place={place(stage, 'Kreuzberg')}"
    form = (await admin.get(new)).form(f"{SETTINGS}/new-location/andcards")
    assert (form["name"], form["slug"], form["network:members"]) == ("Kreuzberg", "kreuzberg", "1")
    answer = await admin.send(new, f"{SETTINGS}/new-location/andcards", contact="Ask Kim")
    assert answer.path == f"{SETTINGS}/locations/kreuzberg?made", answer.trouble
    assert (await admin.get("/portal/kreuzberg")).status == 200
    assert f"{admin.base}/portal/kreuzberg" in (await admin.get(HQ)).text

    answer = await admin.send(
        HQ, f"{HQ}/policy", roaming="1", manage_vlans="1", plans_without_wifi="Virtual Office\n"
    )
    assert answer.status == 200
    policy = engine.estate.integrations["andcards"].policy
    assert (policy.roaming, policy.manage_vlans) == (True, True)
    assert "virtual office" in policy.plans_without_wifi
    assert "On at Kreuzberg." in answer.text
    notify = engine.estate.integrations["andcards"].notify
    assert (notify.ending_days, notify.passphrase) == (3, True)
    answer = await admin.send(HQ, f"{HQ}/policy", ending_notice="7", passphrase_notice=None)
    notify = engine.estate.integrations["andcards"].notify
    assert (notify.ending_days, notify.passphrase) == (7, False), answer.trouble
    answer = await admin.send(HQ, f"{HQ}/policy", ending_notice="a week")
    assert (answer.status, "between 0 and 28" in answer.trouble) == (422, True)

    members = f"{SETTINGS}/networks/members"
    assert await until(lambda: _steps(stage) > 0)
    shown = await admin.get(members)
    assert "Mara Lindqvist" in shown.text
    assert not _ours(stage)
    answer = await admin.send(members, f"{members}/switch")
    assert answer.path == f"{members}?on", answer.trouble
    assert _applies(stage)
    answer = await admin.send(members, f"{members}/switch")
    assert not _applies(stage)
    overview = await admin.get("/console")
    assert "Only planned" in overview.text
    assert "Kreuzberg" in overview.text


def _applies(stage: Stage) -> bool:
    return stage.app.core.engine.estate.wifis["members"].apply


def _steps(stage: Stage) -> int:
    engine = stage.app.core.engine
    plan = engine.standing(engine.estate.wifis["members"]).plan
    return len(plan.steps) if plan else 0


def _ours(stage: Stage) -> int:
    engine = stage.app.core.engine
    plan = engine.standing(engine.estate.wifis["members"]).plan
    return len(plan.owned.ours) if plan else 0


async def test_a_plan_that_is_not_what_was_shown_is_not_switched_on(admin: Admin) -> None:
    await connected(admin)
    members = f"{SETTINGS}/networks/members"
    answer = await admin.send(members, f"{members}/switch", digest="0" * 16)
    assert answer.status == 409
    assert "not the same any more" in answer.trouble
    assert not admin.stage.app.core.engine.estate.wifis["members"].apply


# What is refused is refused whole


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_secret": WRONG}, "refuses the Client ID and Client Secret"),
        ({"base_url": "http://127.0.0.1:1"}, "Andcards"),
        ({"base_url": "https://nowhere.invalid"}, "Andcards"),
        ({"base_url": "http://example.com"}, "https"),
        ({"client_id": ""}, "Please fill in “Client ID”."),
        ({"client_secret": "env:HOME"}, "work in the file only"),
        ({"slug": "Not A Name"}, "Name should be 1 to 40 small letters"),
        ({"requests_per_second": "many"}, "Requests a second should be a number."),
        ({"requests_per_second": "11"}, "Requests a second should be less than or equal to 10."),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_stored(
    admin: Admin, changes: dict[str, str], says: str
) -> None:
    answer = await admin.connect(network_id="kept-as-typed", **changes)
    assert answer.status == 422
    assert says in answer.trouble
    assert await admin.stored() == {}
    assert not admin.stage.app.core.engine.estate.integrations
    form = answer.form(NEW)
    assert form["network_id"] == "kept-as-typed"
    assert (form["client_id"], form["client_secret"]) == ("", "")


async def test_all_that_is_missing_is_said_at_once(admin: Admin) -> None:
    answer = await admin.send(NEW)
    assert answer.status == 422
    assert answer.text.count('aria-invalid="true"') == 2
    for field in ("client-id", "client-secret"):
        assert f'id="f-{field}-wrong"' in answer.text
        assert f'href="#f-{field}"' in answer.text
    assert await admin.stored() == {}


async def test_a_location_needs_a_network_and_a_free_address(admin: Admin) -> None:
    await connected(admin)
    action = f"{SETTINGS}/new-location/andcards"
    for title, slug, changes, says in (
        ("Kreuzberg", "kreuzberg", {"network:members": None}, "Choose at least one network."),
        ("Kreuzberg", "kreuzberg", {"timezone": "Europe/Berln"}, "Did you mean Europe/Berlin?"),
        ("Kreuzberg", "kreuzberg", {}, ""),
        ("Hafen", "kreuzberg", {}, "is in use already"),
    ):
        page = f"{action}?place={place(admin.stage, title)}"
        answer = await admin.send(page, action, slug=slug, **changes)
        assert says in answer.trouble, answer.trouble
        assert answer.status == (422 if says else 200)
    assert set((await admin.stored())["location"]) == {"kreuzberg"}


# Secrets go one way


async def test_secrets_are_in_no_page_no_log_and_no_database_file(
    admin: Admin, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    await admin.connect(client_secret=WRONG)
    await connected(admin)
    for path in (
        HQ,
        f"{HQ}/edit",
        f"{SETTINGS}/controllers/unifi",
        f"{SETTINGS}/controllers/unifi/edit",
        "/console",
    ):
        page = await admin.get(path)
        assert page.status == 200, path
    assert "is set" in (await admin.get(HQ)).text
    core = admin.stage.app.core
    source = core.engine.estate.integrations["andcards"].source.options
    hidden = [
        WRONG,
        source.client_id.get_secret_value(),
        source.client_secret.get_secret_value(),
        core.engine.estate.controllers["unifi"].options.api_key.get_secret_value(),
    ]
    trail = json.dumps([one.data for one in await core.db.read(lambda tx: audit.recent(tx, 1000))])
    files = b"".join(one.read_bytes() for one in (tmp_path / "demo" / "data").glob("cusna.db*"))
    for secret in hidden:
        assert not [one for one in admin.seen if secret in one]
        assert secret not in caplog.text
        assert secret not in trail
        assert secret.encode() not in files


async def test_a_secret_that_is_left_empty_stays_and_a_new_one_replaces_it(admin: Admin) -> None:
    await connected(admin)
    before = (await admin.stored())["integration"]["andcards"]
    assert (await admin.send(f"{HQ}/edit", requests_per_second="5")).path == f"{HQ}?connected"
    after = (await admin.stored())["integration"]["andcards"]
    assert after == before | {"requests_per_second": 5}
    answer = await admin.send(f"{HQ}/edit", client_secret=WRONG)
    assert answer.status == 422
    assert (await admin.stored())["integration"]["andcards"] == after


async def test_every_act_is_written_down(admin: Admin) -> None:
    await connected(admin)
    await admin.send(HQ, f"{HQ}/policy", roaming="1")
    await admin.send(f"{SETTINGS}/networks/members/remove")
    db = admin.stage.app.core.db
    acts = [
        (one.kind, one.data.get("kind"), one.data.get("fields"))
        for one in reversed(await db.read(lambda tx: audit.recent(tx, 1000, who=ADMIN)))
    ]
    assert ("setting-made", "integration", ["base_url", "client_id", "client_secret", "type"]) in acts
    changed = [fields for kind, what, fields in acts if (kind, what) == ("setting-changed", "integration")]
    assert any(fields and {"plans_without_wifi", "roaming"} <= set(fields) for fields in changed), acts
    assert ("setting-removed", "network", None) in acts
    assert acts[0][0] == "signed-in"


# Two at once, the file, and removing


async def test_of_two_who_save_at_once_the_second_is_told(admin: Admin) -> None:
    await connected(admin)
    first = (await admin.get(f"{HQ}/edit")).form(f"{HQ}/edit")
    second = dict(first)
    assert (await admin.post(f"{HQ}/edit", first | {"requests_per_second": "5"})).status == 200
    answer = await admin.post(f"{HQ}/edit", second | {"requests_per_second": "3"})
    assert answer.status == 409
    assert "Somebody else changed this" in answer.trouble
    assert answer.form(f"{HQ}/edit")["requests_per_second"] == "3"
    assert (await admin.stored())["integration"]["andcards"]["requests_per_second"] == 5


async def test_what_is_needed_cannot_be_removed(admin: Admin) -> None:
    await connected(admin)
    one = f"{SETTINGS}/controllers/unifi"
    page = await admin.get(f"{one}/remove")
    assert "networks.members" in page.text
    answer = await admin.post(f"{one}/remove", {"sure": "1", "version": "1"})
    assert answer.status == 422
    assert "controller" in await admin.stored()
    assert (await admin.send(f"{SETTINGS}/networks/members/remove")).path.endswith("?removed")
    assert (await admin.send(f"{one}/remove")).path.endswith("?removed")
    assert "controller" not in await admin.stored()
    assert not admin.stage.app.core.engine.estate.controllers


async def test_a_network_is_not_left_with_keys_that_nobody_ends(admin: Admin) -> None:
    await connected(admin)
    stage = admin.stage
    action = f"{SETTINGS}/new-location/andcards"
    await admin.send(f"{action}?place={place(stage, 'Kreuzberg')}", action)
    members = f"{SETTINGS}/networks/members"
    assert await until(lambda: _steps(stage) > 0)
    assert (await admin.send(members, f"{members}/switch")).path == f"{members}?on"
    survey = Survey(stage.app.core.engine)
    assert await until(lambda: survey.working("members"))
    # The controller is gone for good: the keys cannot be taken away any more.
    stage.vendors()[0].break_down(True)
    assert (await admin.send(f"{SETTINGS}/locations/kreuzberg/remove")).path.endswith("?removed")
    answer = await admin.send(f"{members}/remove")
    assert answer.status == 422
    assert "are still there" in answer.text
    assert "network" in await admin.stored()
    assert (await admin.send(f"{members}/remove", how="ends")).path.endswith("?removed")
    listed = await admin.get(f"{SETTINGS}/networks")
    assert "Being emptied" in listed.text
    answer = await admin.get(f"{SETTINGS}/controllers/unifi/remove")
    assert "is being emptied" in answer.text
    answer = await admin.post(f"{SETTINGS}/controllers/unifi/remove", {"sure": "1", "version": "1"})
    assert "still being emptied" in answer.trouble
    gone = f"{SETTINGS}/retired/members~1"
    assert (await admin.post(gone, {"do": "give-up"})).status == 200
    assert (await admin.get(gone)).status == 404
    assert (await admin.send(f"{SETTINGS}/controllers/unifi/remove")).path.endswith("?removed")


@pytest.mark.parametrize("configured", [True])
async def test_what_the_file_says_is_shown_and_not_changed(admin: Admin) -> None:
    hq = f"{SETTINGS}/integrations/hq"
    page = await admin.get(hq)
    assert "[integrations.hq]" in page.text
    assert "This is set in the configuration file." in page.text
    assert "is set" in page.text
    assert f"{hq}/edit" not in page.text
    for path in (f"{hq}/edit", f"{hq}/policy", f"{hq}/remove"):
        assert (await admin.post(path, {"roaming": "1", "sure": "1", "version": "0"})).status == 404
    for kind, name in (("controllers", "unifi"), ("networks", "members-unifi"), ("locations", "kreuzberg")):
        page = await admin.get(f"{SETTINGS}/{kind}/{name}")
        assert f"[{kind}.{name}]" in page.text
        assert f"{name}/edit" not in page.text
    answer = await admin.connect(slug="hq")
    assert answer.status == 422
    assert "the file counts" in answer.trouble
    assert await admin.stored() == {}


# Who may enter


async def test_nobody_enters_without_a_session(visitor: Admin) -> None:
    for route in console.routes():
        if route.who is Who.ADMIN:
            path = re.sub(r"{\w+(?::[^{}]*(?:{[^{}]*}[^{}]*)*)?}", "andcards", route.path)
            answer = await visitor.ask(
                route.method, path, {} if route.method == "POST" else None, follow=False
            )
            assert (answer.status, answer.headers.get("Location")) == (303, "/console/sign-in"), path
    assert await visitor.stored() == {}


async def test_an_address_that_is_no_admins_gets_the_same_answer_and_no_mail(visitor: Admin) -> None:
    answers = []
    for email in ("nobody@space.example", ADMIN):
        visitor.http.cookie_jar.clear()
        answer = await visitor.ask("POST", "/console/sign-in", {"email": email}, follow=False)
        shown = (await visitor.get("/console/sign-in/sent")).text.replace(email, "ADDRESS")
        answers.append((answer.status, answer.headers["Location"], answer.text, shown))
    assert answers[0] == answers[1]
    assert await until(lambda: bool(visitor.stage.inbox.mails))
    assert {one.to for one in visitor.stage.inbox.mails} == {ADMIN}


async def test_a_link_signs_in_once_and_only_by_its_button(visitor: Admin) -> None:
    link = await visitor.link()
    for _ in range(3):
        assert (await visitor.get(link)).status == 200
        assert (await visitor.ask("HEAD", link)).status == 200
    assert (await visitor.ask("GET", "/console", follow=False)).status == 303
    assert (await visitor.post(link)).path == "/console"
    visitor.http.cookie_jar.clear()
    assert (await visitor.post(link)).status == 410
    assert (await visitor.post("/console/link/" + "x" * 43)).status == 404


async def test_the_code_of_the_mail_signs_in_within_five_tries(visitor: Admin) -> None:
    await visitor.link()
    code = await mailed(visitor.stage, 0, CODE)
    right = code.group(1) + code.group(2)
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    sent = "/console/sign-in/sent"
    for _ in range(4):
        assert (await visitor.post(sent, {"code": wrong})).status == 422
    assert (await visitor.post(sent, {"code": right})).path == "/console"
    visitor.http.cookie_jar.clear()
    await visitor.stage.jump(visitor.stage.clock.now() + timedelta(minutes=2))
    before = len(visitor.stage.inbox.mails)
    await visitor.link()
    for _ in range(5):
        await visitor.post(sent, {"code": wrong})
    code = await mailed(visitor.stage, before, CODE)
    assert (await visitor.post(sent, {"code": code.group(1) + code.group(2)})).status == 422


@pytest.mark.parametrize("configured", [True])
async def test_a_members_session_opens_no_console(visitor: Admin) -> None:
    stage = visitor.stage
    assert await until(lambda: stage.app.core.engine.decisions.latest("hq") is not None)
    email = stage.cast.find("Mara Lindqvist").email
    assert (await visitor.post("/portal/kreuzberg", {"email": email})).path == "/portal/kreuzberg/sent"
    assert await until(lambda: any(one.to == email for one in stage.inbox.mails))
    text = next(one.text for one in stage.inbox.mails if one.to == email)
    link = re.search(r"/portal/kreuzberg/link/([\w-]+)", text)
    assert link
    # A member's link is none for the console, and is not used up by trying.
    assert (await visitor.post(f"/console/link/{link.group(1)}")).status == 404
    assert (await visitor.post(link.group())).path.startswith("/portal/kreuzberg/wifi")
    assert (await visitor.get("/console")).path == "/console/sign-in"
    cookies = {one.key: one.value for one in visitor.http.cookie_jar}
    visitor.http.cookie_jar.update_cookies({"cusna_admin": cookies["cusna_member"]}, URL(visitor.base))
    assert (await visitor.get("/console")).path == "/console/sign-in"


async def test_who_is_no_admin_any_more_is_out_at_once(admin: Admin) -> None:
    assert (await admin.get("/console")).path == "/console"
    core = admin.stage.app.core
    general = core.file.general
    core.file = replace(core.file, general=general.model_copy(update={"admins": ("new@space.example",)}))
    assert (await admin.get("/console")).path == "/console/sign-in"
    core.file = replace(core.file, general=general)
    # The session itself is gone, not only hidden.
    assert (await admin.get("/console")).path == "/console/sign-in"


async def test_an_admins_link_from_the_command_line_signs_in(visitor: Admin) -> None:
    events = [one async for one in visitor.stage.app.core.operations.run("admin-link", {}, "root")]
    link = events[-1]["result"]["url"].removeprefix(visitor.base)
    assert (await visitor.get(link)).status == 200
    assert (await visitor.post(link)).path == "/console"


async def test_saving_secrets_needs_a_fresh_sign_in_which_leads_back(admin: Admin) -> None:
    assert "Sign in again to connect" not in (await admin.get(NEW)).text
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=10, seconds=1))
    page = await admin.get(NEW)
    assert "Sign in again to connect" in page.text
    answer = await admin.connect(network_id="kept-as-typed")
    assert answer.status == 403
    assert await admin.stored() == {}
    assert answer.form(NEW)["network_id"] == "kept-as-typed"
    before = len(admin.stage.inbox.mails)
    assert (await admin.post("/console/renew", page.form("/console/renew"))).path == "/console/sign-in/sent"
    assert (await admin.post((await mailed(admin.stage, before, LINK)).group())).path == NEW
    assert (await admin.connect()).path == f"{HQ}?connected"


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "/portal",
        "/console/../x",
        "/console//evil.example",
        "/console\\x",
    ],
)
async def test_m18_a_sign_in_leads_nowhere_else(admin: Admin, back: str) -> None:
    before = len(admin.stage.inbox.mails)
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=2))
    await admin.post("/console/renew", {"back": back})
    assert (await admin.post((await mailed(admin.stage, before, LINK)).group())).path == "/console"


async def test_signing_out_ends_the_session_on_the_server(admin: Admin) -> None:
    token = next(one.value for one in admin.http.cookie_jar if one.key == "cusna_admin")
    assert (await admin.post("/console/logout")).path == "/console/sign-in"
    admin.http.cookie_jar.update_cookies({"cusna_admin": token}, URL(admin.base))
    assert (await admin.get("/console")).path == "/console/sign-in"


async def test_m25_m26_m27_every_console_page_carries_the_headers(admin: Admin) -> None:
    await connected(admin)
    names = {"{type}": "andcards", "{token}": "x" * 43, "{controller}": "unifi", "{integration}": "andcards"}
    for route in console.routes():
        kind = route.path.removeprefix(f"{SETTINGS}/").partition("s/")[0]
        path = route.path.replace(
            "{name}",
            {"integration": "andcards", "controller": "unifi", "network": "members"}.get(kind, "none"),
        )
        for name, value in names.items():
            path = path.replace(name, value)
        path = re.sub(r"{(\w+)(?::[^{}]*(?:{[^{}]*}[^{}]*)*)?}", "somebody", path)
        if route.method == "POST":
            foreign = {"Origin": "https://evil.example"}
            async with admin.http.post(admin.base + path, headers=foreign) as refused:
                assert refused.status == 403, path
            continue
        answer = await admin.ask("GET", path, follow=False)
        assert answer.status < 500, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        inline = r"<style|\sstyle=|\son\w+=|<script(?! src=./static/[\w.]+. defer>)"
        assert not re.search(inline, answer.text), path
        for attribute in re.findall(r'(?:src|href|action)="([^"]*)"', answer.text):
            assert attribute.startswith(("/", "#", "data:")), (path, attribute)


async def test_hostile_names_are_only_text(admin: Admin) -> None:
    evil = '"><script>alert(1)</script>'
    admin.stage.source.add_location(evil, "Europe/Berlin")
    await admin.connect()
    page = await admin.get(HQ)
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    answer = await admin.connect(network_id=evil, slug=evil)
    assert "<script>" not in answer.text


async def test_there_is_no_dead_link(admin: Admin) -> None:
    await connected(admin)
    seen: set[str] = set()
    ahead = ["/console"]
    while ahead:
        path = ahead.pop()
        if path in seen or not path.startswith("/console") or "lang=" in path:
            continue
        seen.add(path)
        page = await admin.get(path)
        assert page.status == 200, path
        ahead += [one.replace("&amp;", "&") for one in re.findall(r'<a [^>]*href="([^"#]*)', page.text)]
    assert len(seen) > 20
