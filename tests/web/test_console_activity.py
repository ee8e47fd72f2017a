"""Does an admin find what happened, by whatever is asked, and take it along without a secret in it?"""

import csv
import io
import json
import logging
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import until
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store.db import Tx
from cusna_core.web.console.activity import safe

from .admin import SETTINGS, Admin, connected, needs_plugins, place

pytestmark = needs_plugins
HERE = "/console/activity"
DIAGNOSTICS = "/console/diagnostics"


def kinds(text: str) -> list[str]:
    return re.findall(r'<li data-kind="([\w-]+)">', text)


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def filled(admin: Admin) -> Any:
    """A house with a location, people and lines of the log; returns somebody in it."""
    await connected(admin)
    form = (
        await admin.get(f"{SETTINGS}/new-location/andcards?place={place(admin.stage, 'Kreuzberg')}")
    ).form(f"{SETTINGS}/new-location/andcards")
    assert (await admin.post(f"{SETTINGS}/new-location/andcards", form)).path.endswith("?made")
    core = admin.stage.app.core

    async def granted() -> bool:
        return bool(await core.db.read(lambda tx: audit.recent(tx, 1, kind="granted")))

    assert await until(granted, 20)
    grant = (await core.db.read(lambda tx: audit.recent(tx, 1, kind="granted")))[0]
    return await core.db.read(lambda tx: account_rows.get(tx, str(grant.account)))


async def test_what_happened_is_found_and_taken_along(admin: Admin) -> None:
    row = await filled(admin)
    core = admin.stage.app.core
    text = (await admin.get(HERE)).text
    assert {"granted", "synced", "setting-made", "signed-in"} <= set(kinds(text))
    assert f'<a href="/console/people/{row.id}">{row.name}</a> has access at' in text
    assert '<a href="/console/settings/locations/kreuzberg">Kreuzberg</a>' in text
    assert "Set up: integrations.andcards (" in text
    assert "Read andcards: people" in text

    assert set(kinds((await admin.get(f"{HERE}?group=sync")).text)) == {"synced"}
    mine = await admin.get(f"{HERE}?person={row.email}")
    assert set(kinds(mine.text)) >= {"granted"}
    assert "synced" not in kinds(mine.text)
    assert set(kinds((await admin.get(f"{HERE}?admin={ADMIN}")).text)) <= {
        "setting-made",
        "signed-in",
        "setting-changed",
    }
    assert kinds((await admin.get(f"{HERE}?admin=*")).text)
    here = kinds((await admin.get(f"{HERE}?place=location:kreuzberg")).text)
    assert "granted" in here
    assert "setting-made" not in here
    assert kinds((await admin.get(f"{HERE}?place=network:nowhere")).text) == []
    today = admin.stage.clock.now().astimezone(ZoneInfo("Europe/Berlin")).date()
    assert kinds((await admin.get(f"{HERE}?from={today}&to={today}")).text)
    nothing = await admin.get(f"{HERE}?to={today - timedelta(days=3)}")
    assert kinds(nothing.text) == []
    assert "Nothing like this has happened" in nothing.text
    assert "Nobody with this address is known" in (await admin.get(f"{HERE}?person=nobody@example.com")).text
    odd = await admin.get(f"{HERE}?group=x&place=y&from=z&before=q")
    assert "could not be read" in odd.text

    # Names that would be formulas or markup, and pages in order.
    evil = '=HYPERLINK("http://evil.example")<b>'

    def many(tx: Tx) -> None:
        tx.execute("UPDATE accounts SET name = ? WHERE id = ?", (evil, row.id))
        lines = [audit.Line("passphrase-shown", "member", account=row.id) for _ in range(120)]
        audit.write_many(tx, lines, core.clock.now())

    await core.db.run(many)
    seen: list[str] = []
    address = f"{HERE}?group=passphrases"
    while address:
        page = await admin.get(address)
        assert "<b>" not in page.text
        assert "&lt;b&gt;" in page.text
        seen += kinds(page.text)
        found = re.search(r'href="([^"]+)" rel="next"', page.text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == ["passphrase-shown"] * 120

    taken = await admin.post(f"{HERE}/export", {"as": "csv", "group": "passphrases"})
    assert taken.headers["Content-Type"].startswith("text/csv")
    assert taken.headers["Cache-Control"] == "no-store"
    assert "attachment" in taken.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(taken.text.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["at", "kind", "who", "what"]
    assert len(rows) == 121
    assert rows[1][4] == f"'{evil}"
    assert not any(cell[:1] in ("=", "+", "@") for line in rows for cell in line)
    taken = await admin.post(f"{HERE}/export", {"as": "jsonl", "person": str(row.email)})
    lines = [json.loads(line) for line in taken.text.splitlines()]
    assert {one["account"] for one in lines} == {row.id}
    assert "granted" in {one["kind"] for one in lines}
    assert kinds((await admin.get(HERE)).text)[0] == "activity-exported"
    secret = await core.db.read(lambda tx: account_rows.passphrase(tx, core.vault, row.id))
    assert not any(secret in page for page in admin.seen)
    german = plain((await admin.get(f"{HERE}?lang=de&group=settings")).text)
    assert "Eingerichtet: integrations.andcards" in german


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("Zoe", "Zoe"), ("=1+1", "'=1+1"), ("+49", "'+49"), ("-1", "'-1"), ("@x", "'@x"), (" =1", "' =1"),
        ("\t=1", "'\t=1"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(cell: str, told: str) -> None:
    assert safe(cell) == told


async def test_the_diagnostics_tell_nothing_about_anybody(admin: Admin) -> None:
    """The canary: everything that is secret or about somebody, looked for in the file."""
    await filled(admin)
    core = admin.stage.app.core
    everybody = await core.db.read(lambda tx: list(account_rows.rows(tx)))
    assert len(everybody) > 3
    log = logging.getLogger("cusna_core.engine.sync")
    log.warning(
        "Somebody called %s at %s failed (%s) %s times",
        everybody[0].name,
        everybody[0].email,
        "ValueError",
        3,
    )
    try:
        raise RuntimeError(everybody[0].name)
    except RuntimeError:
        logging.getLogger("cusna_unifi").exception(f"all in one: {everybody[0].email}")  # noqa: G004 - as plugins do
    page = await admin.get(DIAGNOSTICS)
    assert page.status == 200
    assert "Not in it" in page.text
    taken = await admin.post(f"{DIAGNOSTICS}/file")
    assert "attachment" in taken.headers["Content-Disposition"]
    told = json.loads(taken.text)
    assert told["versions"]["libraries"]["cusna-core"] != "not installed"
    assert told["configuration"]["networks"]["network-1"]["ssid"] == "is set"
    assert told["configuration"]["controllers"]["controller-1"]["api_key"] == "is set (secret)"
    assert told["counts"]["accounts"]["integration-1"] == len(everybody)
    assert told["database"]["schema"] == core.db.schema_version
    assert told["syncs"][0]["integration"] == "integration-1"
    said = [one["said"] for one in told["log"]]
    assert "Somebody called ••• at ••• failed (ValueError) 3 times" in said
    (bug,) = [one for one in told["log"] if one["logger"] == "cusna_unifi"]
    assert bug["error"] == "RuntimeError"
    assert "test_the_diagnostics" in bug["frames"][-1]

    stored = await admin.stored()
    personal = (
        {one.email for one in everybody} | {one.name for one in everybody} | {one.id for one in everybody}
    )
    personal |= set(
        await core.db.read(lambda tx: [account_rows.passphrase(tx, core.vault, one.id) for one in everybody])
    )
    personal |= {
        ADMIN,
        "Kreuzberg",
        "kreuzberg",
        "Members",
        str(core.file.path),
        str(core.file.general.data_dir),
    }
    personal |= {
        str(value)
        for kind in stored.values()
        for one in kind.values()
        for name, value in one.items()
        if name in ("client_id", "client_secret", "api_key", "url", "base_url", "password", "username")
    }
    personal |= {one.value for one in admin.http.cookie_jar}
    for canary in sorted(str(one) for one in personal if one and len(str(one)) > 3):
        assert canary not in taken.text, canary
        if canary not in (ADMIN, str(core.file.path)):
            assert canary not in plain(page.text), canary
    assert not re.search(
        r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|\b\d{1,3}(\.\d{1,3}){3}\b|[\w.]+@[\w.]+", taken.text
    )
    assert kinds((await admin.get(HERE)).text)[0] == "diagnostics-taken"


async def test_the_sign_in_before_and_new_devices(admin: Admin) -> None:
    """M38: when and where the last one was; a letter about a new device, until somebody wants none."""
    inbox = admin.stage.inbox
    first = await admin.get("/console")
    assert "The sign-in before this one" not in first.text

    async def again(*, new: bool) -> str:
        await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=2))
        await admin.post("/console/logout")
        if new:
            admin.http.cookie_jar.clear()
        await admin.sign_in()
        return (await admin.get("/console")).text

    def letters() -> int:
        return sum("not used for it before" in " ".join(one.text.split()) for one in inbox.mails)

    assert "The sign-in before this one" in await again(new=False)
    assert letters() == 0, "the same browser"
    await again(new=True)
    assert await until(lambda: letters() == 1)
    assert "Your sign-ins" in (await admin.get("/console/account")).text
    assert "It is saved" in (await admin.post("/console/account/notices", {})).text
    await again(new=True)
    assert kinds((await admin.get(f"{HERE}?group=sign-ins")).text)[:2] == ["new-device", "signed-in"]
    assert letters() == 1, "they want none"
    saved = await admin.post("/console/account/notices", {"mail": "1"})
    assert re.search(r'name="mail" value="1" checked', saved.text)

    # Somewhere else a browser was left signed in.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        left = Admin(admin.stage, http)
        await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=2))
        await left.sign_in()
        assert (await admin.post("/console/account/others")).path == "/console/account?out"
        assert (await left.get("/console")).path == "/console/sign-in"
    assert (await admin.get("/console")).path == "/console"
    told = (await admin.get(f"{HERE}?group=sign-ins")).text
    assert "signed out of the console everywhere else" in told
    await admin.post("/console/account/others")
    assert kinds((await admin.get(f"{HERE}?group=sign-ins")).text).count("signed-out") == 1, "nobody was left"


async def test_refused_sign_ins_are_written_down_without_the_address(admin: Admin) -> None:
    core = admin.stage.app.core
    await admin.post("/console/sign-in", {"email": "Nobody-Canary@example.com"})
    await admin.post("/console/sign-in/sent", {"code": "12345678"})

    async def refused() -> list[audit.Entry]:
        return await core.db.read(lambda tx: audit.recent(tx, 10, kind="sign-in-refused"))

    async def both() -> bool:
        return {one.data["why"] for one in await refused()} == {"unknown", "wrong-code"}

    assert await until(both, 10)
    found = await refused()
    assert len({one.data["address"] for one in found}) == 1, "two lines about one address are told to be"
    assert "canary" not in repr(found).lower()
    text = (await admin.get(f"{HERE}?group=sign-ins")).text
    assert "with an address that nobody here has" in text
