"""Can somebody who has never seen it set everything up in the browser alone, and does a member then join?

It begins with a file that holds `base_url`, `data_dir`, `admins` and `plugins`, and nothing else: no mail
server, no membership system, no controller.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cusna_core.api import FakeWifi
from cusna_core.config import plugins
from cusna_core.demo.file import ADMIN, SENDER
from cusna_core.demo.people import HAFEN, JORDAAN, KALLIO, KREUZBERG, Spot
from cusna_core.demo.stage import PRINTER, SSID, Stage, until

from ..ports import free
from .admin import mailed
from .test_console_browser import Walk
from .test_console_browser import page as page
from .test_console_browser import pytestmark as needed

pytestmark = needed
WANTED = ["andcards", "unifi", "meraki", "ruckus"]
FOUR = (KREUZBERG, HAFEN, JORDAAN, KALLIO)
"""UniFi, Meraki, RUCKUS One, SmartZone."""
MEMBER = "Saskia de Vries"
Page = Any


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Nothing is set up; the fakes run."""
    registry = plugins.load(WANTED, fakes=True)
    if not {"ruckus_one", "smartzone"} <= set(registry.fakes):
        pytest.skip("Install the plugins of this repository: the path is walked with their fakes.")
    made = await Stage.build(tmp_path / "space", registry, free(), bare=True)
    yield made
    await made.stop()


class Newcomer(Walk):
    """Reads the pages, presses what they offer, and types what stands on the vendors' own pages."""

    def picture(self, name: str) -> str:
        return f"nothing_{self.seen:02d}-{name}"

    def __init__(self, stage: Stage, page: Page) -> None:
        super().__init__(stage, page)
        page.set_default_timeout(8000)

    async def type(self, values: Mapping[str, str]) -> None:
        """Into the fields of these names; what is folded away is unfolded."""
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']")
            if not await field.is_visible():
                await self.page.click("main .more summary")
            if await field.evaluate("one => one.tagName") == "SELECT":
                await field.select_option(value)
            elif await field.get_attribute("type") == "checkbox":
                await field.set_checked(value == "True")
            else:
                await field.fill(value)

    async def next_step(self) -> None:
        """What the overview offers to do now: the button of the first step that is not done."""
        await self.to("/console")
        await self.press(".steps-list .step.open a.button")

    async def submit(self) -> None:
        await self.press("main form.card button[type=submit]")


async def admin_link(stage: Stage) -> str:
    """What `cusna admin-link` prints on the server."""
    async for event in stage.app.core.operations.run("admin-link", {}, "a test"):
        if "result" in event:
            return str(event["result"]["url"])
    raise AssertionError("no link")


def settings(stage: Stage, vendor: FakeWifi) -> dict[str, str]:
    return dict(stage.settings())[f"Controller: {vendor.type}"]


def test_the_file_holds_almost_nothing(stage: Stage) -> None:
    text = stage.app.core.file.path.read_text()
    named = re.findall(r"^(\[?\w+)", text, re.MULTILINE)
    assert set(named) == {"base_url", "listen", "data_dir", "admins", "[plugins", "enable"}


async def test_from_an_almost_empty_file_to_a_member_who_joins(stage: Stage, page: Page) -> None:
    walk = Newcomer(stage, page)
    await walk.to("/console")
    await walk.look("sign-in")
    assert "cusna admin-link" in await page.inner_text("main")
    await page.goto(await admin_link(stage))
    await walk.look("link")
    await walk.press("form.pass button")
    await walk.look("overview-nothing")

    await set_up_the_mail(walk)
    await connect_the_members(walk)
    for spot in FOUR:
        await connect_the_wifi(walk, spot)
    await give_portals(walk)
    await switch_on(walk)
    await a_member_joins_everywhere(walk)

    await stage.jump(stage.clock.now())
    await walk.to("/console")
    await walk.look("overview-done")
    await change_ones_mind(walk)
    for vendor in stage.vendors():
        assert vendor.foreign_keys(SSID) == {"printer": PRINTER}, "what was there is not as it was"
    assert walk.complaints == []
    assert [one for one in walk.said if "Failed to load resource" not in one] == []
    assert [one for one in walk.foreign if not one.startswith((walk.base + "/", "data:"))] == []


async def set_up_the_mail(walk: Newcomer) -> None:
    page, stage = walk.page, walk.stage
    await walk.next_step()
    await walk.look("mail-empty")
    await walk.submit()
    await walk.look("mail-missing")
    await walk.type({"host": "127.0.0.1", "security": "none", "port": "1", "sender": SENDER})
    await walk.submit()
    assert "cannot be reached" in await page.inner_text("#trouble")
    await walk.look("mail-refused")
    assert stage.inbox.mails == []
    await walk.type({"port": str(stage.inbox.port)})
    await walk.submit()
    assert page.url.endswith("/settings/mail?saved"), page.url
    await walk.look("mail")
    assert [one.to for one in stage.inbox.mails] == [ADMIN]


async def connect_the_members(walk: Newcomer) -> None:
    page = walk.page
    await walk.next_step()
    await walk.look("integration-choose")
    await walk.press("main a.tile[href$='/andcards']")
    await walk.look("integration-setup")
    await walk.type(dict(walk.stage.settings())["Integration: andcards"])
    await walk.submit()
    assert page.url.endswith("/integrations/andcards?connected"), page.url
    await walk.look("integration")


async def connect_the_wifi(walk: Newcomer, spot: Spot) -> None:
    """A controller, and the SSID on it."""
    page, vendor = walk.page, walk.stage.air[spot.slug]
    await walk.to("/console/settings/controllers")
    if vendor.type == "unifi":
        await walk.next_step()
    else:
        await walk.press("main a.button[href$='/new-controller']")
    await walk.look(f"{vendor.type}-choose")
    await walk.press(f"main a.tile[href$='/{vendor.type}']")
    await walk.look(f"{vendor.type}-setup")
    await walk.type(settings(walk.stage, vendor))
    await walk.submit()
    assert "/controllers/" in page.url, (vendor.type, await page.inner_text("main"))
    assert page.url.endswith("?connected"), await page.inner_text("main")
    await walk.look(f"{vendor.type}-controller")
    await walk.press(f"main li:has(strong:text-is('{SSID}')) a.button, main li:has-text('{SSID}') a.button")
    await walk.look(f"{vendor.type}-network-new")
    await walk.type({"vlan_pool": "100-199"})
    if vendor.type == "unifi":
        # Else somebody has to make a network for each number of the pool in UniFi beforehand.
        assert await page.is_visible("[name=vlan_networks]")
        await walk.type({"vlan_networks": "vlan-only"})
    await walk.submit()
    assert page.url.endswith("?connected"), await page.inner_text("main")
    await walk.look(f"{vendor.type}-network")


async def give_portals(walk: Newcomer) -> None:
    page = walk.page
    for number, spot in enumerate(FOUR):
        if number == 0:
            await walk.next_step()
            await walk.look("location-choose")
        else:
            await walk.to("/console/settings/new-location")
        await walk.press(f"main a.tile:has-text('{spot.title}')")
        engine = walk.stage.app.core.engine
        vendor = walk.stage.air[spot.slug]
        (network,) = (
            one.id
            for one in engine.estate.wifis.values()
            if walk.stage.app.core.setup
            and walk.stage.app.core.setup.controllers[one.controller_id].driver.type == vendor.type
        )
        await page.check(f"main [name='network:{network}']")
        if number == 0:
            await walk.look("location-new")
        await walk.submit()
        assert page.url.endswith("?made"), await page.inner_text("main")
        if number == 0:
            await walk.look("location")
    await walk.to("/console/settings/integrations/andcards")
    await page.check("[name=roaming]")
    await page.check("[name=manage_vlans]")
    await page.fill("[name=plans_without_wifi]", "Virtual Office")
    await walk.press("form[action$='/policy'] button")
    await walk.look("integration-switches")


async def switch_on(walk: Newcomer) -> None:
    page, engine = walk.page, walk.stage.app.core.engine
    for number, name in enumerate(sorted(engine.estate.wifis)):
        assert not engine.estate.wifis[name].apply, "it began to write by itself"
        if number == 0:
            await walk.next_step()
            # Until all locations are read for the first time nothing can be switched on blindly.
            await page.wait_for_selector("main .verb", timeout=20_000)
        else:
            await walk.to(f"/console/settings/networks/{name}")
        assert await page.query_selector("main .verb"), "it does not say what would change"
        if number == 0:
            await walk.look("network-plan")
        for _ in range(3):
            # What was decided meanwhile (roaming has just been switched on) is shown, and read, again.
            await walk.press("form:has([name=digest]) button")
            if page.url.endswith("?on"):
                break
        assert page.url.endswith("?on"), await page.inner_text("main")
    await walk.look("network-on")


async def a_member_joins_everywhere(walk: Newcomer) -> None:
    """By the portal, on a phone; with the one passphrase at all four."""
    page, stage = walk.page, walk.stage
    her = stage.cast.find(MEMBER)
    before = len(stage.inbox.mails)
    await page.set_viewport_size({"width": 390, "height": 844})
    await walk.to(f"/portal/{her.spot.slug}")
    await walk.look("portal")
    await page.fill("[name=email]", her.email)
    await walk.press("main button[type=submit]")
    await walk.look("portal-sent")
    found = await mailed(stage, before, r"/portal/\S+/link/[\w-]+")
    (mail,) = (one for one in stage.inbox.mails[before:] if one.text == found.string)
    assert mail.to == her.email
    await walk.to(found.group())
    await walk.press("main form button")
    # Changes that disturb the radios gather for a minute: nobody waits for that here.
    await stage.jump(stage.clock.now() + timedelta(minutes=2))
    for spot in FOUR:
        works = await until(lambda spot=spot: _works(walk, spot), 30)
        assert works, f"not working at {spot.title}: {await page.inner_text('main')}"
    await walk.look("portal-wifi")
    await page.click("main form[action*='/show'] button, main button:has-text('Show')")
    await page.wait_for_selector("[data-field=passphrase]")
    passphrase = await page.get_attribute("[data-field=passphrase]", "data-value")
    await walk.look("portal-passphrase")
    vlans = {spot.title: (await stage.join(spot, passphrase, "Saskia's phone")).vlan for spot in FOUR}
    assert all(one in range(100, 200) for one in vlans.values()), vlans


async def change_ones_mind(walk: Newcomer) -> None:
    """Looks at what moving, disabling and removing would do, and moves one network."""
    page = walk.page
    for name, path in (
        ("disable", "networks/members/enabled"),
        ("remove-location", "locations/kreuzberg/remove"),
        ("remove-network", "networks/members/remove"),
        ("remove-mail", "mail/remove"),
    ):
        await walk.to(f"/console/settings/{path}")
        await walk.look(name)
    walk.stage.air[KREUZBERG.slug].network_options("Guests")
    await walk.to("/console/settings/networks/members")
    await walk.press("main a[href$='/move']")
    await walk.look("move-where")
    await walk.press("main a.tile:has-text('Guests')")
    await walk.look("move-options")
    await walk.submit()
    await walk.look("move-preview")
    assert "leave Members" in await page.inner_text("main")
    await walk.press("main form button")
    assert page.url.endswith("/networks/members"), await page.inner_text("main")
    await walk.to("/console/settings/networks")
    await walk.look("networks-emptying")
    await walk.press("main a[href*='/retired/']")
    await walk.look("retired")


async def _works(walk: Newcomer, spot: Spot) -> bool:
    await walk.to(f"/portal/{spot.slug}/wifi")
    state = await walk.page.get_attribute("[data-field=state]", "data-value")
    return bool(state == "working")
