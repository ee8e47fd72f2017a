"""Do Activity, Diagnostics and "Your sign-ins" look and read well, in both languages and sizes?"""

from datetime import timedelta
from typing import Any

from .admin import Admin
from .test_console_activity import filled
from .test_console_browser import Walk, page, pytestmark, stage

__all__ = ["page", "pytestmark", "stage"]
PAGES = {
    "activity": "/console/activity",
    "activity-filtered": "/console/activity?group=access&place=location:kreuzberg",
    "activity-empty": "/console/activity?person=nobody@example.com",
    "diagnostics": "/console/diagnostics",
    "account": "/console/account",
}


async def test_the_pages_are_clean_in_a_browser(admin: Admin, page: Any) -> None:
    await filled(admin)
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=2))
    await admin.post("/console/logout")
    await admin.sign_in()
    walk = Walk(admin.stage, page)
    cookies = [{"name": one.key, "value": one.value, "url": walk.base} for one in admin.http.cookie_jar]
    await page.context.add_cookies(cookies)
    for code in ("en", "de"):
        for name, path in PAGES.items():
            await walk.to(f"{path}{'&' if '?' in path else '?'}lang={code}")
            await walk.look(f"{name}-{code}")
    await walk.to("/console/activity?lang=en")
    async with page.expect_download() as download:
        await page.click("button[value=csv]")
    assert (await download.value).suggested_filename.endswith(".csv")
    await page.click(".sieve summary")
    await page.select_option("#group", "settings")
    await walk.press(".sieve button[type=submit]")
    assert "group=settings" in page.url
    kinds = {await one.get_attribute("data-kind") for one in await page.query_selector_all(".log li")}
    assert kinds <= {"setting-made", "setting-changed", "activity-exported"}
    assert walk.complaints == []
    assert [one for one in walk.said if "Failed to load resource" not in one] == []
    assert [one for one in walk.foreign if not one.startswith((walk.base + "/", "data:"))] == []
