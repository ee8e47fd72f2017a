"""Are companies and looks clean in a real browser, and can a portal with a strong colour still be read?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cusna_core.config import plugins
from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import Stage, until
from cusna_core.store import groups

from ..ports import free
from .admin import LINK, mailed
from .test_console_appearance import PRIVACY, png
from .test_console_browser import WANTED, Page, Walk, page, pytestmark

__all__ = ["page", "pytestmark"]
LOOK = "/console/settings/locations/kreuzberg/look"
STRONG = {"yellow": "#ffd400", "red": "#e30613"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The whole demo, everything connected."""
    made = await Stage.build(tmp_path / "demo", plugins.load(WANTED, fakes=True), free(), given=False)
    yield made
    await made.stop()


async def _in(walk: Walk) -> None:
    await walk.to("/console")
    await walk.page.fill("#email", ADMIN)
    before = len(walk.stage.inbox.mails)
    await walk.press("button[type=submit]")
    await walk.to((await mailed(walk.stage, before, LINK)).group())
    await walk.press("form.pass button")


async def test_companies_and_looks_are_clean_in_a_browser(stage: Stage, page: Page) -> None:
    walk = Walk(stage, page)
    await _in(walk)
    source = stage.source
    source.add_company(stage.cast.locations["hafen"], "nordlicht STUDIO")
    stage.app.core.engine.nudge()

    async def given() -> bool:
        return len(await stage.app.core.db.read(groups.groups)) > 1

    assert await until(given)
    await walk.to("/console/companies")
    await walk.look("companies")
    await walk.to("/console/companies?q=nobody")
    await walk.look("companies-none")
    await walk.to("/console/companies?q=nordlicht")
    await walk.press("main .who a >> nth=0")
    await walk.look("company")
    await walk.press("main a[href*='/join?with=']")
    await walk.look("company-join")
    await walk.press("main form.row button")
    await walk.look("company-joined")
    await walk.press("main a[href$='/part']")
    await walk.look("company-part")
    await walk.to("/console/companies?q=kiez")
    await walk.press("main .who a >> nth=0")
    await walk.press("main a[href*='/pin/']")
    await page.fill("#vlan", "99999")
    await walk.press("main form.card button")
    await walk.look("company-pin-refused")
    await page.fill("#vlan", "250")
    await walk.press("main form.card button")
    await walk.look("company-pin")
    await walk.press("main form.row button")
    await walk.look("company-pinned")

    await walk.to("/console/settings/locations/kreuzberg")
    await walk.look("location-links")
    for name, colour in STRONG.items():
        await walk.to(LOOK)
        await page.fill("[name=accent]", colour)
        await page.fill("[name=name]", "Haus am Kreuzberg")
        await page.fill("[name=help]", "Ask Kim at the desk,\nor write to help@space.example.")
        await page.fill("[name=privacy]", PRIVACY)
        await page.set_input_files(
            "[name=logo]", files=[{"name": "logo.png", "mimeType": "image/png", "buffer": png(160, 60)}]
        )
        await walk.press("button[value=preview]")
        await walk.look(f"preview-{name}-sign-in")
        for one in ("wifi", "poster", "privacy"):
            await walk.press(f".preview a[href$='/preview/{one}']")
            await walk.look(f"preview-{name}-{one}")
        await walk.press(".preview a.second")
        await walk.look(f"look-{name}-draft")
        await walk.to(f"{LOOK}/preview/sign-in")
        await walk.press(".preview button")
        await walk.look(f"look-{name}-saved")
        for address in ("kreuzberg", "kreuzberg/privacy", "kreuzberg/poster", "kreuzberg/sent"):
            await walk.to(f"/portal/{address}")
            await walk.look(f"portal-{name}-{address.rpartition('/')[2]}")
    await walk.to("/console/settings/locations/kreuzberg/mails")
    await walk.look("mails")
    await walk.to("/console/settings/locations/kreuzberg/mails/sign-in")
    # A sandbox runs no script, axe included: looked at, and its policy is tested elsewhere.
    assert "41937205"[:4] in await page.content()
    assert sorted(set(walk.complaints)) == []
    assert [one for one in walk.said if "Failed to load resource" not in one and "sandboxed" not in one] == []
    assert [one for one in walk.foreign if not one.startswith((walk.base + "/", "data:"))] == []
