"""Do the pages of events and webhooks look and read well in a real browser?"""

from pathlib import Path
from typing import Any

from cusna_core.demo.stage import Stage

from .test_console_browser import Page, Walk, page, pytestmark
from .test_console_events import HERE, HQ, door, stage

__all__ = ["door", "page", "pytestmark", "stage"]


async def test_pages(stage: Stage, page: Page, tmp_path: Path) -> None:
    walk = Walk(stage, page)
    told: dict[str, Any] = {}
    async for event in stage.app.core.operations.run("admin-link", {}, "a test"):
        told |= event
    await page.goto(told["result"]["url"])
    await walk.press("main button[type=submit]")
    await walk.to(HERE)
    await walk.look("events")
    await walk.press(f"form[action='{HERE}/door/test'] button")
    await walk.look("events-tested")
    stage.source.add_company(stage.cast.locations["kreuzberg"], "Told GmbH")
    await walk.to(HQ)
    await page.evaluate("document.getElementById('webhooks').scrollIntoView()")
    await walk.look("webhooks")
    assert walk.complaints == []
    assert walk.said == []
