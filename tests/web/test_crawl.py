"""Does any address open to the wrong person, fall over, or tell a secret? Every route that is served.

Routes are found where the program keeps them (`site.routes`), so a new page is in it from the day it is made.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from cusna_core.admin.companies import Companies
from cusna_core.demo.stage import Stage, until
from cusna_core.store import accounts as account_rows
from cusna_core.store import settings
from cusna_core.store import sign_in as sign_in_rows
from cusna_core.web.routes import Route, Who
from cusna_core.web.site import SITE
from cusna_core.web.tint import style

from .admin import SETTINGS, Admin, connected, needs_plugins, place

pytestmark = needs_plugins

HOSTILE = (
    "x", "..", "%2e%2e%2fetc%2fpasswd", "a%00b", "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}",
    "%(person)s", "\N{FULLWIDTH COMMERCIAL AT}", "9" * 400, "-1", "\N{PILE OF POO}" * 20,
)  # fmt: skip
QUERY = (
    "lang=de&before=-1&group=x&person=%00%FF&place=:&from=9999-99-99&to=0001-01-01&look=99999999999&page=x"
    "&q=%25&admin='&since=1e9&size=1e99&after=%00&integration=x&choice=%FF"
)
FORMS: tuple[Mapping[str, str], ...] = (
    {},
    {
        "version": "-1",
        "digest": "x",
        "email": "<script>",
        "code": "1" * 500,
        "back": "//evil.example",
        "as": "exe",
    },
    {
        "version": "99999999999999999999",
        "reason": "",
        "agreed": "yes",
        "from": "x",
        "to": "\0",
        "person": "\0",
    },
    {f"f{n}": "x" for n in range(30)},
    {
        "name": "\ud83d\udca9".encode("utf-16", "surrogatepass").decode("utf-16") * 50,
        "slug": "../..",
        "vlan": "1e9",
    },
)
PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
HUGE = 300_000
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)
ABSENT = {
    ("admin", "/console/changes/held/{name}"): 404,  # nothing is held
    ("admin", f"{SETTINGS}/retired/{{name}}"): 404,  # nothing is being emptied
    ("admin", f"{SETTINGS}/mail/remove"): 404,  # the file says how mail goes
    ("admin", f"{SETTINGS}/new-network"): 303,  # one controller needs no choice
    ("admin", SETTINGS): 303,
    ("admin", "/console/sign-in"): 303,
    ("nobody", "/console/link/{token}"): 404,
    ("nobody", "/portal/{location}/link/{token}"): 404,
    ("nobody", "/hooks/{integration}"): 404,  # no secret is set up for them (test_console_events.py)
    ("admin", "/console/companies/{integration}/{company}/part"): 303,  # it is joined with no other
    ("admin", "/console/companies/{integration}/{company}/join"): 404,  # with one that nobody named
    ("admin", f"{SETTINGS}/mail"): 404,  # nothing can be changed of what stands in the file
    ("admin", f"{SETTINGS}/new-location/{{integration}}"): 404,  # of a place that nobody named
    ("admin", f"{SETTINGS}/sinks/{{name}}/test"): 404,  # the file has none (test_console_events.py)
    ("nobody", "/"): 303,
    ("nobody", "/portal"): 303,  # one location needs no choice
}
"""What this house does not have; every other page is there, and must have been seen."""
FEW = 3
"""Bad words that are tried where nobody is let in anyway."""
OUT = ("logout",)
"""These end the session that asks: they come last."""


@dataclass
class Answer:
    status: int
    to: str
    body: bytes
    headers: Mapping[str, str]


class Crawler:
    """Somebody, and what they have got."""

    def __init__(self, base: str, who: str, cookies: Mapping[str, str]) -> None:
        self.base, self.who, self.cookies = base, who, dict(cookies)
        self.wrong: list[str] = []
        self.reached: dict[Route, int] = {}
        """What each route answered when it was asked as it should be."""
        self.asked = 0
        self.http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, data: Any = None) -> Answer:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": "text/html, text/event-stream",
        }
        if method not in ("GET", "HEAD"):
            headers["Origin"] = self.base
        target = URL(self.base + path, encoded=True)
        try:
            async with self.http.request(
                method,
                target,
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(30),
            ) as answer:
                # What goes on for as long as somebody listens is listened to for a moment.
                live = answer.content_type == "text/event-stream"
                body = await answer.content.readany() if live else await answer.read()
                found = Answer(answer.status, answer.headers.get("Location", ""), body, answer.headers)
        except aiohttp.ServerDisconnectedError:
            found = Answer(599, "", b"", {})
        except aiohttp.ClientOSError:
            # A body that is refused before it is read whole may reset the connection.
            found = Answer(413, "", b"", {})
        self.asked += 1
        self.judge(method, path, found)
        return found

    def judge(self, method: str, path: str, got: Answer) -> None:
        about = f"{self.who} {method} {path[:120]}: {got.status}"
        if got.status >= 500:
            self.wrong.append(f"{about} falls over")
        if not got.headers:
            return
        policy = got.headers.get("Content-Security-Policy", "")
        if not policy.startswith("sandbox;") and not all(one in policy for one in POLICY):
            self.wrong.append(f"{about} without the policy: {policy}")
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ):
            if got.headers.get(name) != value:
                self.wrong.append(f"{about} without {name}")
        if not path.startswith("/static/") and got.headers.get("Cache-Control") != "no-store":
            kept = got.headers.get("Cache-Control")
            if "immutable" not in (kept or "") and "no-store" not in (kept or ""):
                self.wrong.append(f"{about} may be kept: {kept}")
        if "Server" in got.headers:
            self.wrong.append(f"{about} says what serves it")
        if got.to and (not got.to.startswith("/") or got.to.startswith("//")):
            self.wrong.append(f"{about} leads to {got.to}")


def fill(path: str, values: Mapping[str, str], fallback: str = "x") -> str:
    return PARAMETER.sub(lambda part: values.get(part[1], fallback), path)


def hostile(path: str, words: Sequence[str] = HOSTILE) -> Iterator[str]:
    """The same address with each bad word in place of its parameters; without any, with a bad query."""
    if "{" in path:
        for one in words:
            yield PARAMETER.sub(quote(one, safe="%").replace("\\", "%5C"), path)
    yield fill(path, {}) + "?" + QUERY


@pytest.fixture
async def house(admin: Admin) -> dict[str, Any]:
    """Everything is set up, a member is signed in as well."""
    stage: Stage = admin.stage
    await connected(admin)
    new = f"{SETTINGS}/new-location/andcards?place={place(stage, 'Kreuzberg')}"
    answer = await admin.get(new)
    form = answer.form(f"{SETTINGS}/new-location/andcards")
    answer = await admin.post(f"{SETTINGS}/new-location/andcards", form)
    assert answer.path.endswith("?made"), answer.trouble
    slug = answer.path.rsplit("/", 1)[1].partition("?")[0]
    core = stage.app.core

    async def may_sign_in() -> list[account_rows.Row]:
        """Not everybody may: one is blocked, another has left."""
        rows = await core.db.read(lambda tx: list(account_rows.rows(tx)))
        latest = core.engine.decisions.latest("andcards")
        return [one for one in rows if latest and one.email and latest.rights_of(one.id)]

    assert await until(may_sign_in, 20)
    member = (await may_sign_in())[0]
    now = core.clock.now()
    token = await core.db.run(
        lambda tx: sign_in_rows.open_session(tx, "member", member.id, slug, True, now, "")
    )
    admins = {one.key: one.value for one in admin.http.cookie_jar if one.key.endswith("admin")}
    assert admins
    secret = await core.db.read(lambda tx: account_rows.passphrase(tx, core.vault, member.id))
    companies = (await Companies(core.engine).listing("", "all", 1)).rows
    company = next(one.known.company[1] for one in companies)
    site = stage.app._runner.app[SITE]  # type: ignore[union-attr]  # it runs
    spare = next(one for one in stage.cast.locations.values() if one != place(stage, "Kreuzberg"))
    return {
        "values": {
            "location": slug,
            "kind": "csv",
            "id": member.id,
            "account": member.id,
            "person": member.id,
            "type": "andcards",
            "controller": "unifi",
            "integration": "andcards",
            "token": "x" * 43,
            "company": company,
            "network": "members",
            "page": "wifi",
        },
        "paths": {
            "/static/{name}": next(iter(site.pages.static)),
            "/look/{name}": style("#0b6e5c")[0],
            f"{SETTINGS}/locations/{{name}}/mails/{{kind}}": "sign-in",
            f"{SETTINGS}/new-location/{{integration}}": f"andcards?place={spare}",
        },
        "names": {
            "integrations": "andcards",
            "controllers": "unifi",
            "networks": "members",
            "locations": slug,
        },
        "member": {"cusna_member": token},
        "admin": admins,
        "secret": secret,
        "base": admin.base,
        "routes": site.routes,
    }


def good(route: Route, house: Mapping[str, Any]) -> str:
    """The address with the names of what there is."""
    path = route.path
    if path in house["paths"]:
        path = re.sub(r"\{\w+\}$", house["paths"][path], path)
    for table, name in house["names"].items():
        path = re.sub(rf"/{table}/" + PARAMETER.pattern, f"/{table}/{name}", path)
    return fill(path.replace("new-controller/{type}", "new-controller/unifi"), house["values"])


async def still_in(crawler: Crawler, house: Mapping[str, Any]) -> None:
    """Nothing so far has ended the session; what is not there is not there."""
    for who, path in (("admin", "/console"), ("member", f"/portal/{house['values']['location']}/wifi")):
        if (await crawler.ask("GET", path)).status != (200 if who == crawler.who else 303):
            crawler.wrong.append(f"{crawler.who} is not who they were: {path}")
    console = 404 if crawler.who == "admin" else 303
    for path, status in (
        ("/nothing", 404),
        ("/console/nothing", 404),
        ("/portal/nothing", 404),
        ("/console/settings/networks/nothing", console),
        ("/console/settings/locations/nothing/remove", console),
        ("/console/people/nothing", console),
    ):
        got = await crawler.ask("GET", path)
        if got.status != status:
            crawler.wrong.append(f"{crawler.who} GET {path}: {got.status}")


async def crawl(house: Mapping[str, Any], who: str, cookies: Mapping[str, str]) -> Crawler:
    crawler = Crawler(house["base"], who, cookies)
    routes: list[Route] = sorted(
        house["routes"], key=lambda one: (any(word in one.path for word in OUT), one.path, one.method)
    )
    mine = {"nobody": Who.PUBLIC, "member": Who.MEMBER, "admin": Who.ADMIN}[who]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        crawler.http = http
        checked = False
        for route in routes:
            if not checked and any(word in route.path for word in OUT):
                checked = True
                await still_in(crawler, house)
            closed = route.who is not Who.PUBLIC and route.who is not mine
            path = good(route, house)
            words = HOSTILE[:FEW] if closed else HOSTILE
            asks: list[tuple[str, str, Any]] = [
                (route.method, one, None) for one in (path, *hostile(route.path, words))
            ]
            if route.method == "POST":
                asks = [
                    (route.method, path, form) for form in (*FORMS[: FEW if closed else None], b"x" * HUGE)
                ]
                asks += [(route.method, one, {}) for one in hostile(route.path, words)]
            for method, target, data in asks:
                if who == "admin" and method == "POST" and "/remove" in target and data == {}:
                    continue  # what is there stays there for the rest of the crawl
                got = await crawler.ask(method, target, data)
                crawler.reached.setdefault(route, got.status)
                huge = isinstance(data, bytes)
                if (
                    closed
                    and not huge
                    and not (got.status in (303, 400, 404) and b"data-field" not in got.body)
                ):
                    crawler.wrong.append(
                        f"{who} {method} {target[:100]}: {got.status} is open to the wrong person"
                    )
                if closed and got.status == 303 and "sign-in" not in got.to and "/portal" not in got.to:
                    crawler.wrong.append(f"{who} {method} {target[:100]} leads to {got.to}")
                if method == "GET" and house["secret"].encode() in got.body:
                    crawler.wrong.append(f"{who} {method} {target[:100]} tells a passphrase")
                if method == "GET" and any(one in got.body for one in house["credentials"]):
                    crawler.wrong.append(f"{who} {method} {target[:100]} tells a credential")
                if huge and not closed and got.status not in (413, 415, 404, 303, 400, 401, 422, 204):
                    crawler.wrong.append(f"{who} {method} {target[:100]} takes {HUGE} bytes: {got.status}")
            for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND") if who == "nobody" else ():
                got = await crawler.ask(method, path)
                if got.status not in (405, 404):
                    crawler.wrong.append(f"{who} {method} {path}: {got.status}")
    return crawler


async def test_every_address_as_nobody_member_and_admin(house: dict[str, Any], admin: Admin) -> None:
    core = admin.stage.app.core
    assert isinstance(core.dice, SystemRandom), "what tokens, codes and passphrases are made of (M1)"
    stored = await core.db.read(lambda tx: settings.all(tx, core.vault))
    house["credentials"] = [
        str(value).encode()
        for kind in stored.values()
        for one in kind.values()
        for name, value in one.items()
        if name in ("client_secret", "api_key", "password") and value
    ]
    assert house["credentials"]
    assert len(house["routes"]) > 60
    assert {one.who for one in house["routes"]} == set(Who)
    for route in house["routes"]:
        assert isinstance(route.who, Who), route
        if route.path.startswith("/console") and route.who is Who.PUBLIC:
            assert re.search(r"/(sign-in|link|logout)", route.path), f"{route.path} of the console is public"
    wrong: list[str] = []
    for who in ("nobody", "member", "admin"):
        crawler = await crawl(house, who, house.get(who, {}))
        assert crawler.asked > len(house["routes"]) * 5
        wrong += crawler.wrong
        mine = {"nobody": Who.PUBLIC, "member": Who.MEMBER, "admin": Who.ADMIN}[who]
        # A crawl that meets nothing but 404 finds nothing.
        for route, status in crawler.reached.items():
            seen = status == 200 if route.method == "GET" else status != 404
            if route.who is mine and not seen and ABSENT.get((who, route.path)) != status:
                wrong.append(f"{who} {route.method} {route.path} was never seen at work: {status}")
    assert wrong == [], "\n".join(["", *wrong[:60]])


async def test_sessions_are_of_one_kind(house: dict[str, Any]) -> None:
    """A member's token as an admin's cookie, and the other way round."""
    member, admins = house["member"]["cusna_member"], next(iter(house["admin"].values()))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        for cookies, path in (
            ({"cusna_admin": member}, "/console"),
            ({"cusna_member": admins}, f"/portal/{house['values']['location']}/wifi"),
        ):
            crawler = Crawler(house["base"], "mixed", cookies)
            crawler.http = http
            assert (await crawler.ask("GET", path)).status == 303


FRESH = {
    ("POST", f"{SETTINGS}/new-integration/{{type}}"),
    ("POST", f"{SETTINGS}/new-controller/{{type}}"),
    ("POST", f"{SETTINGS}/integrations/{{name}}/edit"),
    ("POST", f"{SETTINGS}/controllers/{{name}}/edit"),
    ("POST", "/console/people/{account:[0-9a-zA-Z_-]{1,64}}/reveal"),
    ("POST", "/console/people/{account:[0-9a-zA-Z_-]{1,64}}/erase"),
}
"""Where secrets go in or come out: these ask for a sign-in of the last ten minutes."""


async def test_secrets_ask_for_a_fresh_sign_in(house: dict[str, Any], admin: Admin) -> None:
    from datetime import timedelta

    declared = {(one.method, one.path) for one in house["routes"]}
    assert declared >= FRESH
    assert {one for one in declared if one[0] == "POST" and "reveal" in one[1]} <= FRESH
    await admin.stage.jump(admin.stage.clock.now() + timedelta(minutes=10, seconds=1))
    seen = len(admin.seen)
    secret: str = house["secret"]
    for method, path in sorted(FRESH):
        route = next(one for one in house["routes"] if (one.method, one.path) == (method, path))
        form = {
            "version": "1",
            "client_id": "x",
            "client_secret": "y" * 20,
            "api_key": "z" * 20,
            "reason": "lost",
            "agreed": "yes",
            "sure": "yes",
        }
        answer = await admin.ask(method, good(route, house), form, follow=False)
        assert answer.status in (303, 403, 422), (path, answer.status)
        assert secret not in answer.text
        if answer.status != 303:
            assert "/console/renew" in answer.text, path
    assert len(admin.seen) > seen
    # Wherever a secret could be typed, the page says first that it wants a newer sign-in.
    asking = []
    for route in house["routes"]:
        if (route.method, route.who) == ("GET", Who.ADMIN) and not route.quiet:
            answer = await admin.ask("GET", good(route, house), follow=False)
            if 'type="password"' in answer.text:
                asking.append(route.path)
                assert "/console/renew" in answer.text, route.path
    assert len(asking) >= 4, asking
    core = admin.stage.app.core
    assert (
        await core.db.read(lambda tx: account_rows.passphrase(tx, core.vault, house["values"]["id"]))
        == secret
    )
