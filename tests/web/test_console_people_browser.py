"""Do the pages about people look well in a real browser, on a phone and a desk, in both languages?"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cusna_core.config import plugins
from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import Stage, until

from ..ports import free
from .test_console_browser import WANTED, Page, Walk, pytestmark
from .test_console_browser import page as page

__all__ = ["page", "pytestmark"]
HERE = "/console/people"
LONG = "Donaudampfschifffahrtsgesellschaftskapitaenswitwe"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Everything is set up, and people are there."""
    made = await Stage.build(tmp_path / "demo", plugins.load(WANTED, fakes=True), free())
    here = made.cast.locations["kreuzberg"]
    company = made.source.add_company(here, f"{LONG} & Söhne")
    address = f"{LONG.lower()}.maximiliana@{LONG.lower()}.example"
    person = made.source.add_person(here, f"{LONG} Maximiliana", address, company=company)
    made.source.subscribe(
        here, person, f"{LONG} office", starts=made.clock.now() - timedelta(days=9), ends=None
    )
    yield made
    await made.stop()


async def test_people_are_clean_in_a_browser(stage: Stage, page: Page) -> None:
    walk = Walk(stage, page)
    await walk.to("/console/sign-in")
    await page.fill("#email", ADMIN)
    await walk.sign_in()
    found = re.search(r"/console/link/[\w-]+", walk.mail)
    assert found
    await walk.to(found.group())
    await walk.press("form.pass button")
    core = stage.app.core
    assert await until(
        lambda: core.db.read(lambda tx: tx.execute("SELECT 1 FROM people WHERE rights > 0").fetchone()), 30
    )
    await walk.to(HERE)
    await walk.look("people")
    await page.fill("#q", "zzzz")
    await walk.press("form[role=search] button")
    await walk.look("people-none")
    engine = core.engine
    await engine.sync.read(next(iter(engine.estate.integrations.values())))
    await engine.decide(engine.estate.integrations)
    await walk.to(f"{HERE}?q={LONG}")
    await walk.press("a.person")
    long = page.url.partition("?")[0].removeprefix(walk.base)
    companies = page.url.partition("/people")[0].removeprefix(walk.base) + f"/companies?q={LONG}"
    await page.set_viewport_size({"width": 390, "height": 844})
    for there in (long, f"{long}/erase", f"{long}/reveal", companies):
        await walk.to(there)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), there
    await walk.press("td.who a")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a company"
    await page.set_viewport_size({"width": 1280, "height": 900})
    await walk.to(f"{HERE}?state=on")
    await walk.press("a.person")
    here = page.url.partition("?")[0].removeprefix(walk.base)
    await walk.look("person")
    await page.click("details.act summary")
    await walk.press("form[action$='/override'] button[type=submit]")
    await walk.look("person-wrong")
    await page.fill("#f-note", "Speaker of the week")
    await walk.press("form[action$='/override'] button[type=submit]")
    for summary in await page.query_selector_all(".acts details:not([open]) > summary"):
        await summary.click()
    await walk.look("person-open")
    await walk.to(f"{here}?lang=de")
    await walk.look("person-de")
    await walk.to(HERE)
    await walk.look("people-de")
    await walk.to(f"{here}/erase")
    await walk.look("erase-de")
    await walk.to(f"{here}/reveal?lang=en")
    await walk.look("reveal")
    await page.fill("#f-reason", "Their printer cannot scan")
    await walk.press("main form.card button[type=submit]")
    assert await page.query_selector("[data-field=passphrase]")
    await walk.look("revealed")
    await walk.to(here)
    await page.click("summary:has-text('Sign-in code')")
    await walk.press("form[action$='/code'] button")
    await walk.look("code")
    await walk.to(f"{HERE}/import")
    await page.set_input_files(
        "#f-file",
        files=[{"name": "x.csv", "mimeType": "text/csv", "buffer": b"email,location,until,note\nx,y,z,\n"}],
    )
    await walk.press("button[name=look]")
    await walk.look("import-wrong")
    one = stage.cast.people[0]
    await page.fill("#f-text", f"email,location,until,note\n{one.email},{one.spot.slug},,Summer school\n")
    await walk.press("button[name=look]")
    await walk.look("import")
    await walk.press("button[name=give]")
    assert "imported=1" in page.url
    assert walk.complaints == []
    assert [one for one in walk.said if "Failed to load resource" not in one] == []
    assert [one for one in walk.foreign if not one.startswith((walk.base + "/", "data:"))] == []
