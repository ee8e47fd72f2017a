"""Does every page of the portal look and read well in a real browser? With CUSNA_LOCALE=de-DE, in German."""
# ruff: noqa: N802  # tests are named by the requirement they prove; tables of hostile input are wide

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from cusna_core.engine.views import BookingView, NetworkView
from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Refusal, Refused

from ..eyes import chromium_at_work, look, looks, needs_browser
from ..ports import free

pytestmark = needs_browser
HERE = "/portal/kreuzberg"

House = Any
Page = Any


@pytest.fixture
def base() -> str:
    """Plain http on this machine: the port has to be known before the cookies are."""
    return f"http://127.0.0.1:{free()}"


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    async with chromium_at_work() as browser:
        yield browser


async def submit(page: Page, selector: str) -> None:
    async with page.expect_navigation():
        await page.click(selector)


async def sign_in(
    house: House, page: Page, email: str = "anna@example.com", location: str = "kreuzberg"
) -> None:
    await page.goto(f"{house.base}/portal/{location}")
    await page.fill("#email", email)
    await submit(page, "button[type=submit]")
    letter = (await house.deliver())[-1]
    await page.goto(house.base + letter.path)
    await submit(page, "button[type=submit]")
    assert page.url.endswith("/wifi"), page.url


async def places(house: House, page: Page) -> None:
    await page.goto(f"{house.base}/portal")


async def login(house: House, page: Page) -> None:
    await page.goto(house.base + HERE)


async def login_wrong(house: House, page: Page) -> None:
    await login(house, page)
    await page.fill("#email", "anna@example")
    await submit(page, "button[type=submit]")


async def sent(house: House, page: Page) -> None:
    await login(house, page)
    await page.fill("#email", "anna@example.com")
    await submit(page, "button[type=submit]")


async def sent_wrong(house: House, page: Page) -> None:
    await sent(house, page)
    await page.fill("#code", "12345678")
    await submit(page, "button[type=submit]")


async def sent_again(house: House, page: Page) -> None:
    await sent(house, page)
    await page.evaluate("document.querySelector('[data-wait]').disabled = false")
    await submit(page, "[data-wait]")


async def sent_lost(house: House, page: Page) -> None:
    await page.goto(f"{house.base}{HERE}/sent")


async def sent_forgotten(house: House, page: Page) -> None:
    """The cookies went while the page was open, and the address that is typed then is another one."""
    await sent(house, page)
    await page.context.clear_cookies()
    await page.fill("#code", "12345678")
    await submit(page, "button[type=submit]")
    await page.fill("#email", "bea@example.com")
    await page.fill("#code", "12345678")
    await submit(page, "button[type=submit]")


async def link(house: House, page: Page) -> None:
    await sent(house, page)
    letter = (await house.deliver())[-1]
    await page.context.clear_cookies()
    await page.goto(house.base + letter.path)


async def link_expired(house: House, page: Page) -> None:
    await sent(house, page)
    letter = (await house.deliver())[-1]
    house.clock.later(minutes=31)
    await page.goto(house.base + letter.path)


async def link_unknown(house: House, page: Page) -> None:
    await page.goto(f"{house.base}{HERE}/link/{'x' * 43}")


async def wifi(house: House, page: Page) -> None:
    await sign_in(house, page)


async def wifi_shown(house: House, page: Page) -> None:
    await sign_in(house, page)
    await submit(page, "form[action$='/show'] button")


async def wifi_big(house: House, page: Page) -> None:
    await wifi_shown(house, page)
    await page.click(".first summary")


async def wifi_settling(house: House, page: Page) -> None:
    house.now_sees(
        house.people["anna@example.com"],
        company="Acme GmbH",
        vlan_own=True,
        replaced=True,
        networks=(
            NetworkView("Ost Members", "pending", None, 30.0),
            NetworkView("Ost IoT", "waiting", Wait.FULL, 0.0),
        ),
    )
    await sign_in(house, page, location="ost")
    await page.goto(f"{house.base}/portal/ost/wifi?look=stop")


async def wifi_none(house: House, page: Page) -> None:
    house.now_sees(
        house.people["anna@example.com"],
        access=None,
        refused=Refused(Refusal.BOOKING_LATER, "Desk 4", house.clock.now() + timedelta(days=2)),
        next_booking=BookingView("Desk 4", "Kreuzberg", house.clock.now() + timedelta(days=2)),
        networks=(NetworkView("Members", "off", None, 0.0),),
    )
    await sign_in(house, page)


async def wifi_claim(house: House, page: Page) -> None:
    account = house.people["anna@example.com"]
    house.now_sees(account, access=None, claimable=house.a_desk(account), networks=())
    await sign_in(house, page)


async def wifi_unbuilt(house: House, page: Page) -> None:
    house.now_sees(house.people["anna@example.com"], networks=())
    await sign_in(house, page)


async def ended(house: House, page: Page) -> None:
    await sign_in(house, page)
    del house.folk.views[house.people["anna@example.com"]]
    await page.goto(f"{house.base}{HERE}/wifi")


async def change(house: House, page: Page) -> None:
    await sign_in(house, page)
    await page.goto(f"{house.base}{HERE}/change")


async def change_three(house: House, page: Page) -> None:
    await change(house, page)
    await submit(page, "form[action$='/offer'] button")


async def change_stale(house: House, page: Page) -> None:
    await sign_in(house, page)
    house.clock.later(minutes=11)
    await page.goto(f"{house.base}{HERE}/change")


async def poster(house: House, page: Page) -> None:
    await page.goto(f"{house.base}{HERE}/poster")


async def privacy(house: House, page: Page) -> None:
    await page.goto(f"{house.base}{HERE}/privacy")


async def missing(house: House, page: Page) -> None:
    await page.goto(f"{house.base}/portal/nowhere")


STATES: tuple[Callable[[House, Page], Awaitable[None]], ...] = (
    places, login, login_wrong, sent, sent_wrong, sent_again, sent_lost, sent_forgotten, link, link_expired,
    link_unknown,
    wifi, wifi_shown, wifi_big, wifi_settling, wifi_none, wifi_claim, wifi_unbuilt, ended,
    change, change_three, change_stale, poster, privacy, missing,
)  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_M27_pages_are_clean_in_a_browser(
    house: House, chromium: Any, state: Callable[[House, Page], Awaitable[None]]
) -> None:
    await house.person("anna@example.com")
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=os.environ.get("CUSNA_LOCALE", "en-GB"),
        reduced_motion="reduce",
    )
    page = await context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: foreign.append(asked.url))
    await state(house, page)
    assert await look(page, state.__name__, looks(STATES.index(state))) == []
    # Chromium itself reports a 4xx page as a console message; that is no fault of the page.
    assert [one for one in said if "Failed to load resource" not in one] == []
    assert [one for one in foreign if not one.startswith((house.base + "/", "data:"))] == []
    await context.close()


async def test_what_the_script_adds(house: House, chromium: Any) -> None:
    """Copy, a pasted code that is tidied, a countdown, and states that are looked at again."""
    account = await house.person("anna@example.com", networks=(NetworkView("Members", "pending", None, 0.0),))
    context = await chromium.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await sent(house, page)
    assert await page.is_disabled("[data-wait]")
    letter = (await house.deliver())[-1]
    await page.evaluate(
        "text => navigator.clipboard.writeText(text)", f"Your code: {letter.code[:4]} {letter.code[4:]}."
    )
    await page.focus("#code")
    await page.keyboard.press("Control+V")
    assert await page.input_value("#code") == letter.code
    await submit(page, "form[action$='/sent'] button")
    await submit(page, "form[action$='/show'] button")
    passphrase = await house.folk.passphrase(account)
    await page.click("[data-copy]")
    await page.wait_for_function("document.querySelector('[data-copy]').textContent.includes('Copied')")
    assert await page.evaluate("navigator.clipboard.readText()") == passphrase
    house.now_sees(account, networks=(NetworkView("Members", "working", None, 0.0),))
    await page.wait_for_selector("[data-field=state][data-value=working]")
    assert passphrase in await page.inner_text("main"), "the page was not loaded anew"
    await context.close()


async def test_the_poster_is_one_sheet(house: House, chromium: Any) -> None:
    context = await chromium.new_context(locale="en-GB")
    page = await context.new_page()
    await poster(house, page)
    pdf = await page.pdf(format="A4", prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") == 1
    await context.close()
