"""Can somebody who has only a browser walk the demo's whole story, on a phone and at a desk?"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ..eyes import SIZES, chromium_at_work, look, needs_browser

pytestmark = [pytest.mark.asyncio(loop_scope="module"), *needs_browser]

Space = Any
Page = Any


@pytest_asyncio.fixture(loop_scope="module")
async def chromium() -> AsyncIterator[Any]:
    async with chromium_at_work() as browser:
        yield browser


class Walker:
    """A person at a browser, who also looks whether the page reads well."""

    def __init__(self, space: Space, page: Page, size: str) -> None:
        self.space = space
        self.page = page
        self.size = size

    async def home(self) -> None:
        await self.page.goto(self.space.panel)

    async def press(self, selector: str) -> None:
        async with self.page.expect_navigation():
            await self.page.click(selector)

    async def said(self) -> str:
        return str(await self.page.inner_text("[role=status]"))

    async def looks_well(self, name: str) -> None:
        assert await look(self.page, f"demo-{name}", [(self.size, "light"), (self.size, "dark")]) == []

    def card(self, name: str) -> str:
        """Somebody's card among the people."""
        return f".people li:has-text('{name}')"

    async def sign_in(self, name: str) -> None:
        """From the person's card over the portal and the mail to the page with the passphrase."""
        page = self.page
        await self.home()
        email = await page.inner_text(f"{self.card(name)} code")
        await self.press(f"{self.card(name)} a")
        await page.fill("#email", email)
        await self.press("button[type=submit]")
        await page.goto(f"{self.space.panel}/inbox")
        # The list fills by itself, as an inbox does.
        await page.wait_for_selector(f".mail-row:has-text('{email}')", timeout=15_000)
        await self.press(f".mail-row:has-text('{email}')")
        frame = page.frame_locator("iframe")
        async with page.expect_navigation():
            await frame.locator("a[href*='/link/']").first.click()
        await self.press("button[type=submit]")
        assert page.url.endswith("/wifi"), page.url

    async def passphrase(self) -> str:
        await self.press("form[action$='/show'] button")
        shown = await self.page.get_attribute("[data-field=passphrase]", "data-value")
        assert shown
        return str(shown)

    async def join(self, passphrase: str, device: str, location: str = "Kreuzberg") -> str:
        """Copy the passphrase into the form, and read what it says."""
        await self.home()
        await self.page.fill("#passphrase", passphrase)
        await self.page.fill("#device", device)
        await self.page.select_option("#where", label=location)
        await self.press("form[action='/join'] button")
        return await self.said()

    async def until_working(self) -> None:
        await self.page.wait_for_selector("[data-field=state][data-value=working]", timeout=20_000)


@pytest.mark.parametrize("size", SIZES)
async def test_somebody_with_a_browser_walks_the_whole_story(own: Space, chromium: Any, size: str) -> None:
    width, height = SIZES[size]
    context = await chromium.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: foreign.append(asked.url))
    walker = Walker(own, page, size)

    await walker.home()
    await walker.looks_well("overview")
    await page.goto(f"{own.panel}/inbox")
    await walker.looks_well("inbox-empty")

    # Mara's company has a plan: her own passphrase, on the company's own VLAN.
    await walker.sign_in("Mara Lindqvist")
    await walker.until_working()
    mara = await walker.passphrase()
    assert "is on the WiFi at Kreuzberg, in VLAN 1" in await walker.join(mara, "Mara's laptop")
    assert "Refused" in await walker.join("not-a-passphrase", "A stranger's phone")
    await walker.looks_well("overview-refused")
    assert "online" in await page.inner_text('li:has-text("Mara\'s laptop")')
    assert "refused" in await page.inner_text('li:has-text("A stranger\'s phone")')

    # One browser is one person at a time.
    await page.goto(f"{own.portal}/portal/kreuzberg/wifi")
    await walker.press("form[action$='/logout'] button")
    await walker.home()

    # Nina has no plan: she books a desk, and is on until midnight.
    await walker.press(f"{walker.card('Nina Rossi')} form button")
    assert "Nina Rossi has booked a desk at Kreuzberg" in await walker.said()
    await walker.sign_in("Nina Rossi")
    await walker.until_working()
    nina = await walker.passphrase()
    assert nina != mara
    assert "in the shared network" in await walker.join(nina, "Nina's phone")

    await page.goto(f"{own.panel}/inbox")
    await walker.looks_well("inbox")
    await walker.press(".mail-row >> nth=0")
    await walker.looks_well("mail")

    # Midnight: Nina's booking is over, Mara's plan is not.
    await walker.home()
    before = await page.inner_text(".clock")
    await walker.press("button:has-text('Midnight in Kreuzberg')")
    assert "00:00" in await walker.said()
    assert await page.inner_text(".clock") != before
    await page.wait_for_selector('#devices li:has-text("Nina\'s phone") .badge.off', timeout=20_000)
    assert "online" in await page.inner_text('li:has-text("Mara\'s laptop")')
    assert "Refused" in await walker.join(nina, "Nina's phone")
    await walker.looks_well("overview-midnight")

    # Bad days come and go, and nobody is thrown out.
    for thing in ("Andcards tells of nobody", "Mail server down", "Controller at Kreuzberg and Baixa down"):
        await walker.press(f".toggles form:has-text('{thing}') button")
        button = await page.inner_text(f".toggles form:has-text('{thing}') button")
        assert button.startswith("Mend")
    await walker.looks_well("overview-broken")
    for thing in ("Controller at Kreuzberg and Baixa down", "Mail server down", "Andcards tells of nobody"):
        await walker.press(f".toggles form:has-text('{thing}') button")
        button = await page.inner_text(f".toggles form:has-text('{thing}') button")
        assert button.startswith("Break")
    assert "is on the WiFi" in await walker.join(mara, "Mara's phone")

    # Chromium itself tells of a refused call and of what a logout clears; that is no fault of a page.
    own_words = ("Failed to load resource", "Clear-Site-Data")
    assert [one for one in said if not one.startswith(own_words)] == []
    assert [one for one in foreign if not one.startswith((own.panel, own.portal, "data:"))] == []
    await context.close()
