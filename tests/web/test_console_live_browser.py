"""Does a page change under one's eyes, read well while it does, and work without a script too?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from yarl import URL

from cusna_core.demo.stage import until
from cusna_core.engine import watch as watching
from cusna_core.engine.watch import Progress
from cusna_core.flow.keys import Wait
from cusna_core.store import keys
from cusna_core.store import rights as right_rows

from ..eyes import chromium_at_work
from .admin import HQ, Admin
from .running import CHANGES, MEMBERS, planned, running
from .test_console_browser import Walk, pytestmark

__all__ = ["pytestmark"]
HELD = "/console/changes/held/andcards"
NETWORK = watching.network("members")
READ = watching.integration("andcards")
Page = Any


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    async with chromium_at_work() as opened:
        yield opened


async def signed_in(browser: Any, admin: Admin, **options: Any) -> Page:
    """A page in a browser that has the admin's cookies."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", reduced_motion="reduce", **options
    )
    jar = admin.http.cookie_jar.filter_cookies(URL(admin.base))
    await context.add_cookies(
        [{"name": one.key, "value": one.value, "url": admin.base} for one in jar.values()]
    )
    return await context.new_page()


async def says(page: Page, selector: str, text: str, seconds: float = 8) -> None:
    """Wait until a part of the page holds these words."""
    from playwright.async_api import expect

    await expect(page.locator(selector).first).to_contain_text(text, timeout=seconds * 1000)


async def test_numbers_and_bars_move_without_a_reload(admin: Admin, browser: Any) -> None:
    await running(admin)
    stage, watch = admin.stage, admin.stage.app.core.engine.watch
    page = await signed_in(browser, admin)
    walk = Walk(stage, page)
    await walk.to("/console")
    await says(page, "[data-figure=on]", "8")
    await page.evaluate("window.mark = 'the same page'")
    here = stage.cast.locations["kreuzberg"]
    person = stage.source.add_person(here, "Nora New", "nora@example.com")
    stage.source.subscribe(here, person, "Hot desk", starts=stage.clock.now() - timedelta(days=9))
    stage.app.core.engine.nudge("andcards")
    await says(page, "[data-figure=on]", "9")
    await says(page, "#live-head", "9 people may be on the WiFi now")

    # A first read and a large apply, as the engine tells of them.
    async def reading() -> bool:
        """The engine's own read, should it end just now, takes the bar away again."""
        watch.under_way(READ, Progress("read", 1200))
        return bool(await page.locator(".fact .progress").count())

    assert await until(reading)
    await says(page, ".fact .progress", "Reading members: 1,200 so far")
    watch.under_way(NETWORK, Progress("keys", 340, 5000))
    await says(page, ".nets .progress", "Keys: 340 of 5,000")
    assert await page.locator(".nets progress").evaluate("one => one.value") == 340
    await walk.look("overview-moving")
    watch.under_way(NETWORK, Progress("keys", 3400, 5000))
    await says(page, ".nets .progress", "Keys: 3,400 of 5,000")
    bar = page.locator(".nets progress")
    assert await until(lambda: _is(bar, 3400)), "the bar has moved"
    watch.over(NETWORK)
    watch.over(READ)
    await page.locator("progress").first.wait_for(state="detached")

    # A controller that goes away shows at once, is said aloud once, and the focus stays where it was.
    await page.focus("a[href='/console/settings/locations/kreuzberg'].plain-link")
    engine = stage.app.core.engine
    stage.vendors()[0].break_down(True)
    await engine.look_again(engine.estate.wifis["members"], 10)
    await says(page, ".nets", "Does not answer")
    focused = await page.evaluate("document.activeElement.getAttribute('href')")
    assert focused == "/console/settings/locations/kreuzberg"
    stage.vendors()[0].break_down(False)
    await engine.look_again(engine.estate.wifis["members"], 10)
    await says(page, ".nets", "Up to date")
    assert await page.evaluate("window.mark") == "the same page"

    # In a hidden tab nothing is open; back in front it hears what it missed.
    streams = _streams(admin)
    await page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    assert await until(lambda: all(one.gone for one in streams.open))
    watch.under_way(NETWORK, Progress("keys", 1, 2))
    await page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await says(page, ".nets .progress", "Keys: 1 of 2")

    # The session ends: the page says so, and asks no more.
    await admin.post("/console/logout")
    await stage.jump(stage.clock.now() + timedelta(seconds=16))
    await says(page, "#live-ended", "You were signed out")
    assert await page.evaluate("window.mark") == "the same page"
    assert walk.complaints == []
    assert [one for one in walk.said if "Failed to load resource" not in one] == []


async def _is(bar: Any, value: int) -> bool:
    return bool(await bar.evaluate("one => one.value") == value)


def _streams(admin: Admin) -> Any:
    from cusna_core.web.console.live import STREAMS

    runner = admin.stage.app._runner
    assert runner is not None
    return runner.app[STREAMS]


async def test_what_one_decides_upon_does_not_change_under_ones_hands(admin: Admin, browser: Any) -> None:
    await planned(admin)
    stage = admin.stage
    page = await signed_in(browser, admin)
    walk = Walk(stage, page)
    await walk.to(CHANGES)
    before = await page.input_value("[name=digest]")
    rows = await page.locator("td.who").count()
    assert not await page.locator("[data-outdated]").is_visible()
    await walk.look("changes-planned")
    here = stage.cast.locations["kreuzberg"]
    person = stage.source.add_person(here, "Nora New", "nora@example.com")
    stage.source.subscribe(here, person, "Hot desk", starts=stage.clock.now() - timedelta(days=9))
    stage.app.core.engine.nudge("andcards")
    await says(page, "[data-outdated]", "This has changed since you opened it.")
    await page.locator("[data-outdated]").wait_for(state="visible")
    assert await page.input_value("[name=digest]") == before
    assert await page.locator("td.who").count() == rows
    await walk.look("changes-outdated")
    await walk.press("[data-outdated] a")
    assert await page.locator("td.who").count() == rows + 1
    await walk.press(f"form[action='{MEMBERS}/switch'] button")
    assert page.url.endswith("?on"), page.url
    assert walk.complaints == []
    assert walk.said == []


async def test_changes_and_held_sets_look_well_in_both_languages(admin: Admin, browser: Any) -> None:
    await running(admin)
    core = admin.stage.app.core
    answer = await admin.send(
        HQ, f"{HQ}/policy", plans_without_wifi="Virtual Office\nTeam office\nHot desk\n"
    )
    assert answer.status == 200
    assert await until(lambda: core.db.read(lambda tx: right_rows.held(tx, "andcards")))
    names = await core.db.read(
        lambda tx: [row["id"] for row in tx.execute("SELECT id FROM accounts ORDER BY name")]
    )
    now = core.clock.now()
    sentence = "The controller does not take this passphrase: it is too short for it."
    page = await signed_in(browser, admin)
    walk = Walk(admin.stage, page)
    pages = {
        "changes": "/console/changes",
        "changes-refused": CHANGES,
        "held": HELD,
        "overview-held": "/console",
    }
    for language in ("en", "de"):
        for name, path in pages.items():
            # Anew each time: a look at the network finds that in truth all is well.
            await core.db.run(lambda tx: keys.failed(tx, "members", names[1], sentence, now))
            await core.db.run(
                lambda tx: keys.waiting(tx, "members", {names[2]: Wait.NO_VLAN}, now, only=names[2])
            )
            await walk.to(f"{path}?lang={language}")
            await walk.look(f"{name}-{language}")
    await walk.to(f"{HELD}?lang=en")
    await walk.press(f"form[action='{HELD}'] button")
    assert page.url.endswith("?accepted"), page.url
    await walk.look("held-accepted")
    assert walk.complaints == []
    assert walk.said == []


async def test_all_of_it_works_without_a_script(admin: Admin, browser: Any) -> None:
    await running(admin)
    watch = admin.stage.app.core.engine.watch
    page = await signed_in(browser, admin, java_script_enabled=False)

    async def under_way() -> bool:
        """The engine's own read, should it end just now, takes the bar away again."""
        watch.under_way(NETWORK, Progress("keys", 340, 5000))
        watch.under_way(READ, Progress("read", 1200))
        await page.goto(admin.base + "/console")
        return bool(await page.locator(".fact .progress").count())

    assert await until(under_way)
    await says(page, ".fact .progress", "Reading members: 1,200 so far")
    await says(page, ".nets .progress", "Keys: 340 of 5,000")
    assert await page.locator("meta[http-equiv=refresh]").count() == 1, "it looks again by itself meanwhile"
    watch.over(READ)
    watch.over(NETWORK)
    # After ten seconds, without anybody's doing.
    await page.locator("progress").first.wait_for(state="detached", timeout=15000)
    assert await page.locator("meta[http-equiv=refresh]").count() == 0
    await page.goto(admin.base + CHANGES)
    async with page.expect_navigation():
        await page.click("form[action$='/look'] button")
    await says(page, "#plan", "What is still to be done")
    assert not _streams(admin).open
