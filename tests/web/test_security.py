"""Which requests come in, and what does every answer carry? Named by the requirements of the security table."""
# ruff: noqa: N802, E501  # tests are named by the requirement they prove; tables of hostile input are wide

import asyncio
import logging
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from aiohttp import web

from cusna_core.store import outbox
from cusna_core.store.db import Database
from cusna_core.web import SITE, Route, Who, build
from cusna_core.web.client import networks
from cusna_core.web.portal import routes as portal_routes
from cusna_core.web.routes import Undeclared, get, post

House = Any
HERE = "/portal/kreuzberg"
SECRET = "correct-horse-battery-staple"


async def boom(_: web.Request) -> web.Response:
    raise RuntimeError(f"could not use {SECRET}")


async def wide(request: web.Request) -> web.Response:
    return web.Response(text="fine")


async def who(request: web.Request) -> web.Response:
    return web.Response(text=request.app[SITE].address(request))


@pytest.fixture
def more() -> Sequence[Route]:
    return (
        get("/boom", boom, Who.PUBLIC),
        get("/who", who, Who.PUBLIC),
        get("/console", wide, Who.ADMIN),
        post("/wide", wide, Who.PUBLIC, body=100_000),
    )


def filled(path: str) -> str:
    return path.replace("{location}", "kreuzberg").replace("{token}", "x" * 43).replace("{name}", "base.css")


async def test_M26_M27_M28_every_answer_carries_the_headers(house: House) -> None:
    await house.person("anna@example.com")
    signed_in = await house.signed_in("anna@example.com")
    asked = 0
    paths = {(route.method, filled(route.path)) for route in house.app[SITE].routes}
    out = ("POST", f"{HERE}/logout")
    for method, path in (
        *sorted(paths - {out}),
        ("GET", "/nothing"),
        ("DELETE", HERE),
        ("OPTIONS", "/"),
        out,
    ):
        for browser in (house.browser(), signed_in):
            answer = await browser.ask(method, path)
            asked += 1
            headers = answer.headers
            policy = headers["Content-Security-Policy"]
            for part in (
                "default-src 'none'", "style-src 'self'", "img-src 'self' data:", "script-src 'self'",
                "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
            ):  # fmt: skip
                assert part in policy.split("; "), (method, path)
            assert "unsafe" not in policy
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert int(headers["Strict-Transport-Security"].removeprefix("max-age=")) >= 31536000
            assert headers["Cache-Control"] == "no-store", (method, path)
            assert "Server" not in headers
            assert "X-Powered-By" not in headers
            assert answer.status < 500 or path == "/boom", (method, path, answer.status)
    assert asked > 40


async def test_M19_no_page_names_anything_outside(house: House) -> None:
    browser = house.browser()
    for path in (
        "/portal",
        HERE,
        f"{HERE}/sent",
        f"{HERE}/link/{'x' * 43}",
        f"{HERE}/poster",
        f"{HERE}/privacy",
        "/no",
    ):
        text = (await browser.get(path)).text
        for attribute in re.findall(r'(?:src|href|action)="([^"]*)"', text):
            assert attribute.startswith(("/", "#", "mailto:", "data:")), (path, attribute)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", text), path


async def test_static_files_are_kept_for_ever_under_their_digest(house: House) -> None:
    browser = house.browser()
    address = re.search(r"/static/base\.[0-9a-f]{12}\.css", (await browser.get(HERE)).text)
    assert address
    answer = await browser.get(address[0])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["Cache-Control"]
    for other in (
        "/static/base.css",
        "/static/base.000000000000.css",
        "/static/..%2fapp.py",
        "/static/%2e%2e/site.py",
    ):
        assert (await browser.get(other)).status == 404


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://wifi.example.com"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": None}, True),
        ({"Sec-Fetch-Site": "none", "Origin": None}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://wifi.example.com"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://wifi.example.com"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "nonsense", "Origin": None}, False),
        ({"Sec-Fetch-Site": None, "Origin": "https://wifi.example.com"}, True),
        ({"Sec-Fetch-Site": None, "Origin": "https://wifi.example.com:443"}, False),
        ({"Sec-Fetch-Site": None, "Origin": "http://wifi.example.com"}, False),
        ({"Sec-Fetch-Site": None, "Origin": "https://wifi.example.com.evil.example"}, False),
        ({"Sec-Fetch-Site": None, "Origin": "null"}, False),
        ({"Sec-Fetch-Site": None, "Origin": "null", "Referer": "https://wifi.example.com/portal"}, False),
        ({"Sec-Fetch-Site": None, "Origin": None, "Referer": "https://wifi.example.com/portal"}, True),
        (
            {"Sec-Fetch-Site": None, "Origin": None, "Referer": "https://wifi.example.com.evil.example/"},
            False,
        ),
        (
            {
                "Sec-Fetch-Site": None,
                "Origin": None,
                "Referer": "https://evil.example/?https://wifi.example.com/",
            },
            False,
        ),
        ({"Sec-Fetch-Site": None, "Origin": None}, False),
    ],
)
async def test_M25_forms_come_from_our_own_pages(
    house: House, headers: dict[str, str | None], passes: bool
) -> None:
    for path in (HERE, f"{HERE}/sent", f"{HERE}/logout", f"{HERE}/link/{'x' * 43}"):
        answer = await house.browser().ask("POST", path, {"email": "anna@example.com"}, headers)
        assert (answer.status != 403) == passes, (path, answer.status)
    assert bool(await house.deliver()) is False
    assert (house.nudges > 0) == passes


def hosts() -> list[dict[str, str | None]]:
    random = Random(16)
    evil = ["evil.example", "wifi.example.com.evil.example", "wifi.example.com@evil.example", "evil.example:443",
            "wifi.example.com:8080", "WIFI.example.org", "127.0.0.1", "localhost", "[::1]", "wifi.example.com ."]  # fmt: skip
    evil += ["".join(random.choices("abcxyz.-:0123456789", k=random.randint(1, 30))) for _ in range(1000)]
    return [{"Host": one} for one in evil]


async def test_M16_another_host_is_not_answered(house: House) -> None:
    browser = house.browser()
    for headers in hosts():
        answer = await browser.ask("GET", HERE, headers=headers)
        assert answer.status in (400, 421), headers
        assert "Kreuzberg" not in answer.text
    for same in ("wifi.example.com", "wifi.example.com:443", "WiFi.Example.COM"):
        assert (await browser.ask("GET", HERE, headers={"Host": same})).status == 200
    for path in ("/healthz", "/readyz"):
        assert (await browser.ask("GET", path, headers={"Host": "10.0.0.7:8080"})).status == 200


async def test_M16_links_never_come_from_a_request(house: House) -> None:
    """Forwarded headers of any kind change neither a redirect nor a page."""
    await house.person("anna@example.com")
    plain = (await house.browser().get(f"{HERE}/poster")).body
    for name in (
        "X-Forwarded-Host",
        "X-Forwarded-Server",
        "X-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Forwarded",
    ):
        value = "host=evil.example;proto=http" if name == "Forwarded" else "evil.example"
        browser = house.browser()
        assert (await browser.ask("GET", f"{HERE}/poster", headers={name: value})).body == plain
        answer = await browser.ask(
            "POST", HERE, {"email": "anna@example.com"}, {name: value, "X-Forwarded-Proto": "http"}
        )
        assert answer.to == f"{HERE}/sent"
        assert "evil" not in str(answer.headers)
    # All that the mail will be made of: where it leads comes from the configuration (mail/test_worker.py).
    now = house.clock.now()
    waiting = await house.db.run(lambda tx: outbox.due(tx, house.vault, now, 100))
    assert waiting
    assert not [one for one in waiting if "evil" in str(one.payload)]


async def raw(house: House, request: str) -> str:
    reader, writer = await asyncio.open_connection(house.url.host, house.url.port)
    writer.write(request.replace("\n", "\r\n").encode())
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_M16_two_hosts_and_absolute_request_lines(house: House) -> None:
    two = "GET /portal HTTP/1.1\nHost: wifi.example.com\nHost: evil.example\nConnection: close\n\n"
    assert (
        " 400 " in (await raw(house, two)).splitlines()[0]
        or " 421 " in (await raw(house, two)).splitlines()[0]
    )
    evil = "GET http://evil.example/portal HTTP/1.1\nHost: wifi.example.com\nConnection: close\n\n"
    assert " 421 " in (await raw(house, evil)).splitlines()[0]
    ours = f"GET https://wifi.example.com{HERE} HTTP/1.1\nHost: wifi.example.com\nConnection: close\n\n"
    assert " 200 " in (await raw(house, ours)).splitlines()[0]
    mixed = "GET https://wifi.example.com/portal HTTP/1.1\nHost: evil.example\nConnection: close\n\n"
    assert " 421 " in (await raw(house, mixed)).splitlines()[0]
    none = "GET /portal HTTP/1.0\n\n"
    assert " 421 " in (await raw(house, none)).splitlines()[0]


@pytest.mark.parametrize(
    "target", ["//evil.example", "\\\\evil.example", "%2f%2fevil.example", "https://evil.example"]
)
async def test_M18_there_is_no_way_to_be_sent_elsewhere(house: House, target: str) -> None:
    await house.person("anna@example.com")
    browser = await house.signed_in("anna@example.com")
    for name in ("next", "redirect", "url", "then", "return_to"):
        for path in ("/", HERE, f"{HERE}/wifi"):
            assert "evil" not in (await browser.get(f"{path}?{name}={target}")).to
        assert "evil" not in (await browser.post(HERE, {"email": "anna@example.com", name: target})).to


async def test_M31_bodies_are_limited_by_route(house: House) -> None:
    browser = house.browser()
    assert (await browser.post(HERE, {"email": "a" * 1_000_000})).status == 413
    assert (await browser.post(HERE, {"email": "a" * 5000})).status == 413
    assert (await browser.post("/wide", {"text": "a" * 50_000})).status == 200
    assert (await browser.post(HERE, {f"f{n}": "" for n in range(100)})).status == 400
    chunks = "\n".join(["7D0", "a" * 2000] * 4)
    endless = "POST /portal/kreuzberg HTTP/1.1\nHost: wifi.example.com\nSec-Fetch-Site: same-origin\nConnection: close\n" \
        f"Content-Type: application/x-www-form-urlencoded\nTransfer-Encoding: chunked\n\n{chunks}\n0\n\n"  # fmt: skip
    assert " 413 " in (await raw(house, endless)).splitlines()[0]
    json = await browser.ask("POST", HERE, None, {"Content-Type": "application/json"})
    assert json.status in (415, 422)
    latin = "POST /portal/kreuzberg HTTP/1.1\nHost: wifi.example.com\nSec-Fetch-Site: same-origin\nConnection: close\n" \
        "Content-Type: application/x-www-form-urlencoded\nContent-Length: 8\n\nemail=%F"  # fmt: skip
    assert " 422 " in (await raw(house, latin)).splitlines()[0]


async def test_M31_a_long_line_is_refused(house: House) -> None:
    answer = await raw(house, f"GET /{'a' * 9000} HTTP/1.1\nHost: wifi.example.com\nConnection: close\n\n")
    assert " 400 " in answer.splitlines()[0]


async def test_M31_a_connection_that_says_nothing_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cusna_core.web.serve.HEADER_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(house.url.host, house.url.port)
    writer.write(b"GET /portal HTTP/1.1\r\nHost: wifi")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert not house.app[SITE].waiting


async def test_M32_unknown_methods(house: House) -> None:
    browser = house.browser()
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        answer = await browser.ask(method, HERE)
        assert answer.status == 405, method
        assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
    assert (await browser.ask("POST", "/portal")).status == 405


async def test_M29_M32_an_error_says_a_reference_and_nothing_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await house.browser().get("/boom")
    assert answer.status == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    (record,) = [one for one in caplog.records if "reference" in one.getMessage()]
    reference = re.search(r"reference (\S+):", record.getMessage())
    assert reference
    assert reference[1] in answer.text
    assert "RuntimeError" in record.getMessage()
    assert "in boom" in record.getMessage()
    assert SECRET not in caplog.text


async def test_M29_the_access_log_knows_templates_only(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await house.person("anna@example.com")
    browser = house.browser()
    letter = await house.letter(browser, "anna@example.com")
    await browser.get(letter.path + "?lang=de&secret=hush")
    await browser.post(letter.path)
    shown = await browser.post(f"{HERE}/show")
    (passphrase,) = shown.fields("passphrase")
    lines = [one.getMessage() for one in caplog.records if one.name == "cusna.web.access"]
    assert any("GET /portal/{location}/link/{token} 200" in line for line in lines)
    session = browser.cookies["__Host-cusna_member"]
    for secret in (letter.link, letter.code, passphrase, "anna@example.com", "hush", session):
        assert secret not in caplog.text


def test_a_route_that_does_not_say_who_may_enter_stops_the_start(db: Database, clock: Any) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    undeclared = Route("GET", "/open", handler, who=None)  # type: ignore[arg-type]  # what must not happen
    from cusna_core.web.routes import install

    with pytest.raises(Undeclared):
        install(web.Application(), (undeclared,))
    application = web.Application()
    application.router.add_get("/open", handler)
    with pytest.raises(Undeclared, match="/open"):
        install(application, portal_routes())


async def test_members_and_admins_are_asked_who_they_are(house: House) -> None:
    browser = house.browser()
    for route in portal_routes():
        if route.who is Who.MEMBER:
            answer = await browser.ask(route.method, filled(route.path))
            assert (answer.status, answer.to) == (303, HERE), route
    assert (await browser.get("/portal/nowhere/wifi")).to == "/portal"
    assert (await browser.get("/console")).to == "/console/sign-in"
    await house.person("anna@example.com")
    member = await house.signed_in("anna@example.com")
    member.cookies["__Host-cusna_admin"] = member.cookies["__Host-cusna_member"]
    assert (await member.get("/console")).to == "/console/sign-in"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (None, "127.0.0.1"),
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_M14_the_clients_address_comes_from_a_trusted_proxy(
    house: House, forwarded: str | None, address: str
) -> None:
    assert (await house.browser().get("/who", X_Forwarded_For=forwarded)).text == address
    house.app[SITE].trusted = networks(["192.0.2.1"])
    assert (await house.browser().get("/who", X_Forwarded_For=forwarded)).text == "127.0.0.1"


@pytest.mark.parametrize(
    "base_url", ["wifi.example.com", "ftp://wifi.example.com", "https://example.com/wifi"]
)
async def test_a_base_url_that_cannot_work_is_refused(house: House, base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        build(house.parts(base_url=base_url))
