"""A house with two locations: the real web and store, and members whose state a test sets."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from cusna_core.api import Clock, email_key
from cusna_core.config import plugins
from cusna_core.demo.stage import Stage
from cusna_core.engine.members import Members
from cusna_core.engine.views import Door, MemberView, NetworkView
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Because, Kind, Right
from cusna_core.store import accounts, outbox, sign_in
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault
from cusna_core.web import Parts, Route, build, listen
from cusna_core.words.passphrases import words

from ..ports import free
from .admin import WANTED, Admin

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
KREUZBERG = Door("kreuzberg", "Kreuzberg", BERLIN, ("Members",), "desk@example.com")
OST = Door("ost", "Ost", BERLIN, ("Ost Members", "Ost IoT"))
BASE = "https://wifi.example.com"


class Time(Clock):
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)


def plan(
    account: str, location: str = "kreuzberg", *, ends: datetime | None = None, name: str = "Hot desk"
) -> Access:
    because = Because(Kind.PLAN, name, "sub-1")
    return Access(account, location, ends, Right("r1", account, location, NOON, ends, because), roaming=False)


def desk(account: str, location: str = "kreuzberg", name: str = "Desk 4") -> Right:
    return Right("r2", account, location, NOON, MIDNIGHT, Because(Kind.DESK, name, "booking-1"))


class Folk(Members):
    """Members whose state a test sets: `views` by account; an account without a view may not be in."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = {door.id: door for door in doors}
        self.db: Database
        self.vault: Vault
        self.clock: Time
        self.views: dict[str, MemberView] = {}
        self.here: dict[str, frozenset[str]] = {}
        self.calls: list[tuple[str, ...]] = []
        self.taken: set[str] = set()

    def doors(self) -> Sequence[Door]:
        return tuple(self._doors.values())

    def door(self, location_id: str) -> Door | None:
        return self._doors.get(location_id)

    async def view(self, account_id: str, location_id: str) -> MemberView | None:
        view, door = self.views.get(account_id), self.door(location_id)
        if (
            view is None
            or door is None
            or location_id not in self.here.get(account_id, frozenset(self._doors))
        ):
            return None
        return replace(view, door=door)

    async def arrive(self, account_id: str, location_id: str) -> None:
        self.calls.append(("arrive", account_id, location_id))

    async def claim(self, account_id: str, location_id: str) -> None:
        self.calls.append(("claim", account_id, location_id))

    async def check_again(self, account_id: str, location_id: str) -> None:
        self.calls.append(("check_again", account_id, location_id))

    async def passphrase(self, account_id: str) -> str:
        return await self.db.read(lambda tx: accounts.passphrase(tx, self.vault, account_id))

    async def change(self, account_id: str, location_id: str, new: str, *, language: str = "") -> None:
        self.calls.append(("change", account_id, location_id))
        now = self.clock.now()
        await self.db.run(lambda tx: accounts.set_passphrase(tx, self.vault, account_id, new, now))


@dataclass
class Page:
    """An answer, read whole."""

    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def to(self) -> str:
        return self.headers.get("Location", "")

    def fields(self, name: str) -> list[str]:
        """The `data-value`s of a `data-field`."""
        found: list[str] = []

        class Reader(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                given = dict(attrs)
                if given.get("data-field") == name:
                    found.append(given.get("data-value") or "")

        Reader().feed(self.text)
        return found

    def actions(self) -> list[str]:
        return re.findall(r'<form[^>]*action="([^"]+)"', self.text)


class Browser:
    """Cookies and the headers that browsers send. It follows no redirect by itself."""

    def __init__(self, http: aiohttp.ClientSession, url: URL, base: str = BASE) -> None:
        self.http, self.url, self.base = http, url, base
        self.cookies: dict[str, str] = {}
        self.language = "en"

    async def ask(
        self,
        method: str,
        path: str,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Page:
        sent: dict[str, str | None] = {"Host": URL(self.base).authority, "Accept-Language": self.language}
        if method not in ("GET", "HEAD"):
            sent |= {"Sec-Fetch-Site": "same-origin", "Origin": self.base}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent |= headers or {}
        plain = {name: value for name, value in sent.items() if value is not None}
        target = URL(f"{self.url.origin()}{path}", encoded=True)
        async with self.http.request(
            method, target, data=data, headers=plain, allow_redirects=False
        ) as answer:
            for line in answer.headers.getall("Set-Cookie", ()):
                for name, morsel in SimpleCookie(line).items():
                    if morsel["max-age"] == "0":
                        self.cookies.pop(name, None)
                    else:
                        self.cookies[name] = morsel.value
            return Page(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **headers: str | None) -> Page:
        return await self.ask("GET", path, headers=_names(headers))

    async def post(self, path: str, data: Mapping[str, str] | None = None, **headers: str | None) -> Page:
        return await self.ask("POST", path, data or {}, headers=_names(headers))


def _names(headers: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Letter:
    link: str
    code: str
    location: str
    path: str


class House:
    """The running web, with hands on what is around it."""

    def __init__(self, db: Database, vault: Vault, folk: Folk, clock: Time, base: str) -> None:
        self.db, self.vault, self.folk, self.clock, self.base = db, vault, folk, clock, base
        folk.db, folk.vault, folk.clock = db, vault, clock
        self.nudges = 0
        self.people: dict[str, str] = {}
        self.sent: list[Letter] = []
        self.url: URL
        self.http: aiohttp.ClientSession
        self.app: web.Application

    def nudge(self) -> None:
        self.nudges += 1

    def parts(self, **changes: object) -> Parts:
        made = Parts(
            self.base,
            self.db,
            self.vault,
            self.folk,
            self.clock,
            trusted_proxies=("127.0.0.1",),
            nudge=self.nudge,
            random=Random(7),
        )
        return replace(made, **changes)  # type: ignore[arg-type]  # of any part

    def browser(self) -> Browser:
        return Browser(self.http, self.url, self.base)

    async def person(self, email: str, name: str = "Anna Schmidt", **changes: object) -> str:
        """Somebody with an account, a plan and a working key."""
        key = email_key(email)
        passphrase = words(Random(email))
        now = self.clock.now()
        account = await self.db.run(
            lambda tx: accounts.create(tx, self.vault, "hq", key, email, name, [email], passphrase, now)
        )
        assert key is not None
        self.people[key] = account
        view = MemberView(
            account_id=account, email=email, name=name, door=KREUZBERG,
            access=plan(account), because_place=None, refused=None, refused_place=None,
            claimable=None, next_booking=None, company=None, vlan_own=False,
            networks=(NetworkView("Members", "working", None, 0.0),), changed=now, replaced=False,
        )  # fmt: skip
        self.folk.views[account] = replace(view, **changes)  # type: ignore[arg-type]  # of any field
        return account

    a_plan = staticmethod(plan)
    a_desk = staticmethod(desk)

    def now_sees(self, account: str, **changes: object) -> None:
        self.folk.views[account] = replace(self.folk.views[account], **changes)  # type: ignore[arg-type]

    async def deliver(self) -> list[Letter]:
        """What the mail worker does: find out whose the addresses are, and send to those."""
        now = self.clock.now()

        def work(tx: Tx) -> list[Letter]:
            letters = []
            for letter in outbox.due(tx, self.vault, now, 1000):
                payload = letter.payload
                if letter.kind != "sign-in":
                    outbox.done(tx, letter.id, now)
                    continue
                account = self.people.get(email_key(payload["typed"]) or "")
                if account is not None:
                    sign_in.resolve(tx, payload["flow_id"], account)
                    path = f"/portal/{payload['location']}/link/{payload['link_token']}"
                    letters.append(Letter(payload["link_token"], payload["code"], payload["location"], path))
                outbox.done(tx, letter.id, now)
            return letters

        new = await self.db.run(work)
        self.sent += new
        return new

    async def letter(self, browser: Browser, email: str, location: str = "kreuzberg") -> Letter:
        """Ask for a mail and read it."""
        answer = await browser.post(f"/portal/{location}", {"email": email})
        assert answer.status == 303
        return (await self.deliver())[-1]

    async def signed_in(self, email: str, location: str = "kreuzberg", **form: str) -> Browser:
        browser = self.browser()
        letter = await self.letter(browser, email, location)
        answer = await browser.post(letter.path, form)
        assert (answer.status, answer.to) == (303, f"/portal/{location}/wifi")
        return browser


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(tmp_path / "cusna.db") as opened:
        yield opened


@pytest.fixture
def base() -> str:
    return BASE


@pytest.fixture
def more() -> Sequence[Route]:
    """More routes than the portal's."""
    return ()


@pytest.fixture
async def house(db: Database, clock: Time, base: str, more: Sequence[Route]) -> AsyncIterator[House]:
    house = House(db, Vault.ephemeral(), Folk((KREUZBERG, OST)), clock, base)
    house.app = build(house.parts(), more=more)
    runner = await listen(house.app, "127.0.0.1", (URL(base).port or 0) if base.startswith("http:") else 0)
    host, port = runner.addresses[0][:2]
    house.url = URL(f"http://{host}:{port}")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        house.http = http
        yield house
    await runner.cleanup()


@pytest.fixture
def configured() -> bool:
    """Whether the file names everything already."""
    return False


@pytest.fixture
def bare() -> bool:
    """Whether the file names not even a mail server."""
    return False


@pytest.fixture
async def stage(tmp_path: Path, configured: bool, bare: bool) -> AsyncIterator[Stage]:
    registry = plugins.load(WANTED, fakes=True)
    made = await Stage.build(tmp_path / "demo", registry, free(), given=not configured, bare=bare)
    yield made
    await made.stop()


@pytest.fixture
async def visitor(stage: Stage) -> AsyncIterator[Admin]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Admin(stage, http)


@pytest.fixture
async def admin(visitor: Admin) -> Admin:
    await visitor.sign_in()
    return visitor
