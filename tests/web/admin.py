"""Who walks the console in tests? An admin at the real program, with the plugins' fakes behind it."""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest

from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import Stage, until
from cusna_core.store import settings

WANTED = ["andcards", "unifi", "meraki"]
SETTINGS = "/console/settings"
NEW = f"{SETTINGS}/new-integration/andcards"
HQ = f"{SETTINGS}/integrations/andcards"
LINK = r"/console/link/[\w-]+"
CODE = r"\b(\d{4}) ?(\d{4})\b"
needs_plugins = pytest.mark.skipif(
    any(importlib.util.find_spec(f"cusna_{one}") is None for one in WANTED),
    reason="Install the plugins of this repository: the path is walked with their fakes.",
)


class Forms(HTMLParser):
    """The forms of a page, with what would be sent if nobody changed anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._now: dict[str, str] = {}
        self._area = ""
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._now = self.found.setdefault(given["action"], {})
        elif tag == "input" and name and "disabled" not in given:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._now[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self._now[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._now):
            self._now[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._area:
            self._now[self._area] += data


@dataclass
class Answer:
    status: int
    path: str
    text: str
    headers: Mapping[str, str]

    @property
    def trouble(self) -> str:
        """What stands in the alert on top, without its tags."""
        found = re.search(r'id="trouble">(.*?)</div>\s*</div>', self.text, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split()) if found else ""

    def form(self, action: str) -> dict[str, str]:
        return dict(Forms(self.text).found[action])


class Admin:
    """A browser, and every page it ever got."""

    def __init__(self, stage: Stage, http: aiohttp.ClientSession) -> None:
        self.stage, self.http = stage, http
        self.base = stage.app.core.file.general.base_url
        self.seen: list[str] = []

    async def ask(
        self, method: str, path: str, data: Mapping[str, str] | None = None, *, follow: bool = True
    ) -> Answer:
        headers = {"Origin": self.base} if method != "GET" else {}
        async with self.http.request(
            method, self.base + path, data=data, headers=headers, allow_redirects=follow
        ) as answer:
            text = await answer.text()
            self.seen.append(text)
            return Answer(answer.status, str(answer.url.relative()), text, answer.headers)

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, data: Mapping[str, str] | None = None) -> Answer:
        return await self.ask("POST", path, data or {})

    async def send(self, page: str, action: str | None = None, **changes: str | None) -> Answer:
        """Open a page, change some fields of its form (None: untick), and submit it."""
        action = action or page
        form = (await self.get(page)).form(action)
        for name, value in changes.items():
            name = name.replace("__", ".")
            if value is None:
                form.pop(name, None)
            else:
                form[name] = value
        return await self.post(action, form)

    async def link(self, email: str = ADMIN) -> str:
        before = len(self.stage.inbox.mails)
        answer = await self.post("/console/sign-in", {"email": email})
        assert answer.path == "/console/sign-in/sent"
        return (await mailed(self.stage, before, LINK)).group()

    async def sign_in(self) -> None:
        assert (await self.post(await self.link())).path == "/console"

    async def connect(self, **changes: str) -> Answer:
        given = {name: str(value) for name, value in self.stage.source.options().items()}
        return await self.send(NEW, **(given | changes))

    async def stored(self) -> dict[str, Any]:
        core = self.stage.app.core
        return await core.db.read(lambda tx: settings.all(tx, core.vault))


async def mailed(stage: Stage, before: int, pattern: str) -> re.Match[str]:
    """In the newest mail since so many that says this: what Cusna finds may be mailed at any time."""

    def found() -> list[re.Match[str]]:
        return [one for mail in stage.inbox.mails[before:] if (one := re.search(pattern, mail.text))]

    assert await until(found), [mail.text for mail in stage.inbox.mails[before:]]
    return found()[-1]


async def connected(admin: Admin) -> None:
    """Everything but the locations: Andcards, UniFi, and its WiFi."""
    assert (await admin.connect()).path == f"{HQ}?connected"
    vendor = {name: str(value) for name, value in admin.stage.vendors()[0].options().items()}
    answer = await admin.send(f"{SETTINGS}/new-controller/unifi", **vendor)
    assert answer.path == f"{SETTINGS}/controllers/unifi?connected", answer.trouble
    new = f"{SETTINGS}/new-network/unifi?choice=Members"
    answer = await admin.send(new, vlan_pool="100-199", write_interval="0")
    assert answer.path == f"{SETTINGS}/networks/members?connected", answer.trouble


def place(stage: Stage, title: str) -> str:
    return stage.cast.locations[title.lower()]
