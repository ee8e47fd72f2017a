"""Does a page look and read well in a real browser, with nothing that axe-core would mind?

What all browser tests share. They need Chromium, playwright, and axe-playwright-python for its axe-core.
With CUSNA_SHOTS=FOLDER a picture of every look is kept, for people; with CUSNA_LOOKS=all every page is looked
at in all four ways: on a phone and at a desk, by day and by night.
"""

import importlib.util
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CUSNA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
AXE = importlib.util.find_spec("axe_playwright_python")
needs_browser = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="No Chromium here: install one, or name it in CUSNA_CHROMIUM."
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None or AXE is None,
        reason="Install playwright and axe-playwright-python to look at the pages.",
    ),
]
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
Looks = Sequence[tuple[str, str]]
"""Sizes and colour schemes, such as ("phone", "dark")."""
TURNS: tuple[Looks, Looks] = (("phone", "light"), ("desk", "dark")), (("desk", "light"), ("phone", "dark"))
SHOTS = os.environ.get("CUSNA_SHOTS")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AUDIT = """(tags) => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]})
    .then(({violations}) => violations.flatMap(({id, impact, nodes}) => nodes.map((one) =>
        `${id} (${impact}): ${one.html.slice(0, 160)} ${(one.failureSummary ?? "").slice(0, 300)}`)))"""
"""Only what is wrong comes back: to carry over all that is right takes longer than to find it."""
BEYOND = """() => [...document.querySelectorAll("main *:not(.hidden, thead *)")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))"""
"""Heads of tables are hidden on phones, where each cell says what it holds."""


@asynccontextmanager
async def chromium_at_work() -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


def looks(turn: int) -> Looks:
    """Two ways. Pages take turns, as they share layouts and colours, and each look costs half a second."""
    return [*TURNS[0], *TURNS[1]] if os.environ.get("CUSNA_LOOKS") == "all" else TURNS[turn % 2]


async def look(page: Any, name: str, ways: Looks) -> list[str]:
    """What is wrong with the page: axe's complaints, and whatever scrolls sideways or is cut off."""
    assert AXE is not None
    assert AXE.origin is not None
    await page.evaluate(Path(AXE.origin).with_name("axe.min.js").read_text("utf-8"))
    wrong = []
    for size, scheme in ways:
        width, height = SIZES[size]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            wrong.append(f"{name} {size} scrolls sideways")
        wrong += [f"{name} {size} is cut off: {one}" for one in await page.evaluate(BEYOND)]
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{scheme}.png", full_page=True)
        wrong += [f"{name} {size} {scheme}: {one}" for one in await page.evaluate(AUDIT, TAGS)]
    return wrong
