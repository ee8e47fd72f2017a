"""How does somebody use the portal? Over HTTP, as a browser does, and reading their own mail."""

import asyncio
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp

LINK = re.compile(r"https?://\S+/portal/\S+/link/\S+")
JSON = {"Accept": "application/json"}


class Page(HTMLParser):
    """What a page says: its `data-field` elements, its forms, and its text."""

    def __init__(self, status: int, url: str, html: str) -> None:
        super().__init__()
        self.status = status
        self.url = url
        self.fields: dict[str, list[str]] = {}
        self.values: dict[str, list[str]] = {}
        """Of inputs and buttons, by name."""
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        name = of.get("data-field")
        if name:
            self.fields.setdefault(name, []).append(of.get("data-value") or "")
        if tag in ("input", "button") and of.get("name"):
            self.values.setdefault(str(of["name"]), []).append(of.get("value") or "")

    def handle_data(self, data: str) -> None:
        self.text += data

    def field(self, name: str) -> str | None:
        found = self.fields.get(name)
        return found[0] if found else None


@dataclass(slots=True)
class Visitor:
    """One person with one browser and one inbox."""

    portal: str
    panel: str
    email: str
    session: aiohttp.ClientSession = field(
        default_factory=lambda: aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )
    read: int = 0

    async def get(self, path: str) -> Page:
        async with self.session.get(self.portal + path) as answer:
            return Page(answer.status, str(answer.url), await answer.text())

    async def post(self, path: str, **values: str) -> Page:
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.portal}
        async with self.session.post(self.portal + path, data=values, headers=headers) as answer:
            return Page(answer.status, str(answer.url), await answer.text())

    async def ask(self, location: str) -> Page:
        """Type the address, press *Continue*."""
        return await self.post(f"/portal/{location}", email=self.email)

    async def mail(self, seconds: float = 15.0) -> dict[str, Any] | None:
        """The next mail to this person, if one comes in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            async with self.session.get(f"{self.panel}/inbox.json", headers=JSON) as answer:
                mails = [one for one in await answer.json() if one["to"] == self.email]
            if len(mails) > self.read:
                self.read += 1
                return dict(mails[self.read - 1])
            await asyncio.sleep(0.05)
        return None

    async def sign_in(self, location: str) -> Page | None:
        """The whole way: address, mail, link, button. None where no mail comes."""
        await self.ask(location)
        mail = await self.mail()
        found = LINK.search(mail["text"]) if mail else None
        if found is None:
            return None
        path = found.group().removeprefix(self.portal)
        return await self.open(path)

    async def open(self, path: str) -> Page:
        """Press *Sign in* on the link's page, and stay signed in on this phone."""
        await self.get(path)
        return await self.post(path, stay="1")

    async def wifi(self, location: str) -> Page:
        return await self.get(f"/portal/{location}/wifi")

    async def passphrase(self, location: str) -> str | None:
        """Press *Show*."""
        return (await self.post(f"/portal/{location}/show")).field("passphrase")

    async def until_working(self, location: str, seconds: float = 20.0) -> Page:
        """Look at the page until it says that the passphrase works."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            page = await self.wifi(location)
            if page.field("state") == "working" or loop.time() > end:
                return page
            await asyncio.sleep(0.1)

    async def change(self, location: str) -> Page:
        """Ask for three new passphrases and choose the first."""
        offered = await self.post(f"/portal/{location}/change/offer")
        choice = offered.values.get("choice", [""])[0]
        return await self.post(f"/portal/{location}/change", choice=choice)

    async def do(self, path: str, **values: str) -> dict[str, Any]:
        """Something on the demo's own page."""
        async with self.session.post(self.panel + path, data=values, headers=JSON) as answer:
            return dict(await answer.json())

    async def join(self, location: str, passphrase: str, name: str) -> int | None:
        """A device joins: its VLAN (0: shared), or None where it is refused."""
        told = await self.do("/join", location=location, passphrase=passphrase, name=name)
        return told["vlan"] if told["joined"] else None

    async def devices(self) -> set[str]:
        """Names of all devices that are online anywhere."""
        async with self.session.get(f"{self.panel}/devices.json", headers=JSON) as answer:
            return {one["name"] for one in await answer.json() if one["online"]}

    async def online(self, name: str, location: str) -> bool:
        async with self.session.get(f"{self.panel}/devices.json", headers=JSON) as answer:
            devices = await answer.json()
        return any(one["online"] for one in devices if (one["name"], one["location"]) == (name, location))
