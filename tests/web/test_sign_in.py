"""Can somebody be let in who should not be, or kept out who should be in? Named by the requirements (M1 …)."""
# ruff: noqa: N802, E501  # tests are named by the requirement they prove; tables of hostile input are wide

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from cusna_core.store import sign_in
from cusna_core.store.db import Database
from cusna_core.store.sessions import ABSOLUTE, IDLE, STAY
from cusna_core.web import SITE

House = Any
HERE = "/portal/kreuzberg"
ANNA = "anna@example.com"
MEMBER, FLOW, ASKED = "__Host-cusna_member", "__Host-cusna_flow", "__Host-cusna_asked"
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "SafeLinks/1.0", "Mimecast-URL-Protect", "Barracuda Sentinel", "Slackbot-LinkExpanding 1.0",
    "Mozilla/5.0 (compatible; Proofpoint)", "WhatsApp/2.0", "curl/8.0", "",
)  # fmt: skip


async def test_M01_M02_tokens_and_codes(house: House) -> None:
    site = house.app[SITE]
    tokens = {site.token() for _ in range(10_000)}
    assert len(tokens) == 10_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    codes = [site.code() for _ in range(20_000)]
    assert all(re.fullmatch(r"\d{8}", code) for code in codes)
    assert any(code.startswith("0") for code in codes)
    for place in range(8):
        counted = Counter(code[place] for code in codes)
        chi = sum((counted[str(digit)] - 2000) ** 2 / 2000 for digit in range(10))
        assert chi < 45, place  # p = 1e-6 with nine degrees of freedom; the generator is seeded


async def test_M05_one_of_many_succeeds(house: House) -> None:
    await house.person(ANNA)
    letter = await house.letter(house.browser(), ANNA)
    browsers = [house.browser() for _ in range(40)]
    answers = await asyncio.gather(*(one.post(letter.path) for one in browsers))
    assert sorted(one.status for one in answers) == [303] + [410] * 39
    assert sum(MEMBER in one.cookies for one in browsers) == 1
    assert len(house.folk.calls) == 1


async def test_M06_get_never_consumes(house: House) -> None:
    """The scanner suite: HEAD, GET and OPTIONS, by many programs, many times; then the person signs in."""
    await house.person(ANNA)
    person = house.browser()
    letter = await house.letter(person, ANNA)
    for agent in AGENTS:
        scanner = house.browser()
        for method in ("HEAD", "GET", "OPTIONS", "GET"):
            answer = await scanner.ask(method, letter.path, headers={"User-Agent": agent})
            assert answer.status == (405 if method == "OPTIONS" else 200)
            assert not scanner.cookies
            if method == "HEAD":
                assert answer.body == b""
    assert house.folk.calls == []
    assert (await person.post(letter.path)).to == f"{HERE}/wifi"


async def test_M07_nothing_presses_the_button_by_itself(house: House) -> None:
    await house.person(ANNA)
    page = await house.browser().get((await house.letter(house.browser(), ANNA)).path)
    assert "<script" not in page.text
    assert "http-equiv" not in page.text
    assert "Refresh" not in page.headers
    assert page.text.count("<form") == 1


async def test_M08_a_scanner_that_clicks_leaves_the_code(house: House) -> None:
    await house.person(ANNA)
    person, scanner = house.browser(), house.browser()
    letter = await house.letter(person, ANNA)
    assert (await scanner.post(letter.path)).status == 303
    late = await person.get(letter.path)
    assert late.status == 410
    assert "The code in the same mail still works" in late.text
    answer = await person.post(f"{HERE}/sent", {"code": f"{letter.code[:4]} {letter.code[4:]}"})
    assert answer.to == f"{HERE}/wifi"
    assert MEMBER in person.cookies


async def test_M09_a_code_is_good_in_its_own_browser_only(house: House) -> None:
    await house.person(ANNA)
    await house.person("bea@example.com", "Bea")
    anna, bea, nobody = house.browser(), house.browser(), house.browser()
    a, b = await house.letter(anna, ANNA), await house.letter(bea, "bea@example.com")
    assert (await anna.post(f"{HERE}/sent", {"code": b.code})).status == 422
    assert (await bea.post(f"{HERE}/sent", {"code": a.code})).status == 422
    assert (await nobody.post(f"{HERE}/sent", {"code": a.code})).status == 422
    assert (await anna.post(f"{HERE}/sent", {"code": a.code})).status == 303
    again = house.browser()
    again.cookies[FLOW] = anna.cookies.get(FLOW, "x" * 43)
    assert (await again.post(f"{HERE}/sent", {"code": a.code})).status == 422


async def test_a_browser_without_its_cookies_types_the_address_again(house: House) -> None:
    """The sheet of a captive network forgets cookies while the page is still there: its form knows the sign-in."""
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    page = await browser.get(f"{HERE}/sent")
    hidden = re.search(r'name="flow" value="([^"]+)"', page.text)
    assert hidden
    assert 'name="email"' not in page.text, "with its cookies it need not"
    assert ANNA not in hidden[1]
    browser.cookies.clear()
    given = {"flow": hidden[1], "code": letter.code}
    asked = await browser.post(f"{HERE}/sent", given)
    assert (asked.status, 'name="email"' in asked.text, 'name="flow"' in asked.text) == (422, True, True)
    assert ANNA not in asked.text, "whoever finds the page open does not learn it"
    for wrong in (
        given | {"email": "bea@example.com"},
        given | {"email": ""},
        {"flow": hidden[1][:-4] + "AAAA", "code": letter.code, "email": ANNA},
        {"code": letter.code, "email": ANNA},
        given | {"email": ANNA, "code": "00000000" if letter.code != "00000000" else "11111111"},
    ):
        assert (await browser.post(f"{HERE}/sent", wrong)).status == 422, wrong
        assert MEMBER not in browser.cookies
    assert (await browser.post("/portal/ost/sent", given | {"email": ANNA})).status == 422, (
        "another door's form"
    )
    answer = await browser.post(f"{HERE}/sent", given | {"email": "Anna@Example.com"})
    assert (answer.status, answer.to) == (303, f"{HERE}/wifi")
    assert MEMBER in browser.cookies
    other = house.browser()
    assert (await other.post(f"{HERE}/sent", given | {"email": ANNA})).status == 422, "once"


async def test_M10_five_tries_then_not_even_the_right_code(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    wrong = "00000000" if letter.code != "00000000" else "11111111"
    said = [(await browser.post(f"{HERE}/sent", {"code": wrong})).text for _ in range(5)]
    assert [f"You have {n} tr" in text for n, text in zip((4, 3, 2, 1), said, strict=False)] == [True] * 4
    assert "too many tries" in said[4]
    sixth = await browser.post(f"{HERE}/sent", {"code": letter.code})
    assert sixth.status == 422
    assert "too many tries" in sixth.text
    assert (await browser.post(letter.path)).status == 303, "the link is another proof"


async def test_M10_tries_at_once_are_counted_too(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    wrong = [f"{n:08d}" for n in range(20) if f"{n:08d}" != letter.code]
    await asyncio.gather(*(browser.post(f"{HERE}/sent", {"code": one}) for one in wrong))
    assert (await browser.post(f"{HERE}/sent", {"code": letter.code})).status == 422


async def test_a_mistyped_code_costs_no_try(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    for typed in ("", "1234567", "123456789", "abcdefgh", "１２３４", "²" * 8):
        assert "8 digits" in (await browser.post(f"{HERE}/sent", {"code": typed})).text
    full = letter.code.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    assert (await browser.post(f"{HERE}/sent", {"code": full})).status == 303, "a keyboard with wide digits"


async def test_M12_M15_the_same_answer_for_everybody(house: House) -> None:
    """Known, unknown, not allowed any more, asking too often: byte for byte the same, but for random tokens."""
    blocked = await house.person("carl@example.com")
    del house.folk.views[blocked]
    for n in range(2):
        await house.person(f"ann{n}@example.com")
    often = house.browser()
    await often.post(HERE, {"email": "ann1@example.com"})

    async def seen(email: str) -> object:
        browser = house.browser()
        # As it is: packed, the letters of the typed address count for a byte more or less.
        as_is = {"accept_encoding": "identity"}
        first = await browser.post(HERE, {"email": email}, **as_is)
        await house.deliver()
        page = await browser.get(f"{HERE}/sent", **as_is)
        wrong = await browser.post(f"{HERE}/sent", {"code": "00000000"}, **as_is)
        link = await browser.get(f"{HERE}/link/{'y' * 43}", **as_is)
        flow, asked = browser.cookies[FLOW], browser.cookies[ASKED]
        shape = {name: len(value) for name, value in browser.cookies.items()}

        def plain(answer: Any) -> object:
            text = re.sub(r"\d\d:\d\d:\d\d", "T", str(sorted(answer.headers.items())))
            for random in (flow, asked):
                text = text.replace(random, "R" * len(random))
            body = re.sub(rb'name="flow" value="[^"]+"', lambda one: b"F" * len(one[0]), answer.body)
            return answer.status, text, body.replace(email.encode(), b"E")

        return shape, *(plain(one) for one in (first, page, wrong, link))

    known = await seen("ann0@example.com")
    assert await seen("nobo@example.com") == known
    assert await seen("carl@example.com") == known or len("carl@example.com") != len("ann0@example.com")
    assert await seen("ann1@example.com") == known, "asked twice within a minute"


async def test_M13_the_same_work_for_everybody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hop to the database with the same statements, and no question to anybody else."""
    await house.person(ANNA)
    hops: list[list[str]] = []
    run = Database.run

    async def counted(self: Database, fn: Any) -> Any:
        said: list[str] = []

        def traced(tx: Any) -> Any:
            tx.set_trace_callback(lambda text: said.append(re.sub(r"'[^']*'|\b\d+\b|\bNULL\b", "?", text)))
            try:
                return fn(tx)
            finally:
                tx.set_trace_callback(None)

        hops.append(said)
        return await run(self, traced)

    async def forbidden(*_: object) -> None:
        raise AssertionError("asked during the request")

    monkeypatch.setattr(Database, "run", counted)
    monkeypatch.setattr(Database, "read", forbidden)
    for name in ("resolve", "view"):
        monkeypatch.setattr(type(house.folk), name, forbidden)
    for email in (ANNA, "nobody@example.com", "ANNA@example.com"):
        assert (await house.browser().post(HERE, {"email": email})).status == 303
    assert len(hops) == 3
    assert hops[0]
    assert hops[0] == hops[1] == hops[2]


EVIL = (
    "anna@example.com,evil@evil.example", '"evil@evil.example"@example.com', "anna＠example.com",
    "anna@example.com\r\nBcc: evil@evil.example", "anna@example.com;evil@evil.example", "<anna@example.com>",
    "Anna <anna@example.com>", "anna@example.com evil@evil.example", "anna@@example.com", "anna@example.com@evil.example",
    "anna(comment)@example.com", "anna@example", "@example.com", "anna@", "anna", "a" * 250 + "@example.com",
    "anna@example.com\x00", "anna@[127.0.0.1]", "anna\\@example.com@evil.example", "anna@exa mple.com", "\u202eanna@example.com",
)  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
async def test_M17_what_is_no_address_goes_nowhere(house: House, evil: str) -> None:
    await house.person(ANNA)
    browser = house.browser()
    answer = await browser.post(HERE, {"email": evil})
    assert answer.status == 422
    assert await house.deliver() == []
    assert FLOW not in browser.cookies


@pytest.mark.parametrize("typed", ["anna@example.com", "  ANNA@Example.COM  ", "Anna@EXAMPLE.com"])
async def test_M17_case_and_blanks_do_not_matter(house: House, typed: str) -> None:
    await house.person(ANNA)
    assert await house.letter(house.browser(), typed)


async def test_M20_a_session_set_by_somebody_else_is_worth_nothing(house: House) -> None:
    await house.person(ANNA)
    await house.person("eve@example.com", "Eve")
    eve = await house.signed_in("eve@example.com")
    victim = house.browser()
    victim.cookies[MEMBER] = eve.cookies[MEMBER]
    letter = await house.letter(victim, ANNA)
    await victim.post(letter.path)
    assert victim.cookies[MEMBER] != eve.cookies[MEMBER]
    assert "anna@example.com" in (await victim.get(f"{HERE}/wifi")).text
    assert (await eve.get(f"{HERE}/wifi")).to == HERE, "the old session is dead"


async def test_M21_cookies(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    first = await browser.post(HERE, {"email": ANNA})
    letter = (await house.deliver())[-1]
    second = await browser.post(letter.path)
    lines = [*first.headers.getall("Set-Cookie"), *second.headers.getall("Set-Cookie")]
    assert len(lines) >= 4
    for line in lines:
        assert line.startswith("__Host-cusna_")
        parts = {part.strip() for part in line.split(";")}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert "domain" not in line.lower()
    session = next(line for line in lines if line.startswith(MEMBER))
    assert "Max-Age" not in session, "gone with the window"


async def test_M22_sessions_end(house: House) -> None:
    await house.person(ANNA)
    for stay, span, alive in (
        (False, IDLE.total_seconds() - 60, True),
        (False, IDLE.total_seconds() + 1, False),
        (True, ABSOLUTE.total_seconds() * 2, True),
        (True, STAY.total_seconds() + 1, False),
    ):
        house.clock.later(hours=2)
        browser = await house.signed_in(ANNA, **({"stay": "1"} if stay else {}))
        house.clock.later(seconds=span)
        answer = await browser.get(f"{HERE}/wifi")
        assert (answer.status == 200) == alive, (stay, span)
        assert (MEMBER in browser.cookies) == alive


async def test_M22_logging_out_ends_it_on_the_server(house: House) -> None:
    await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    token = browser.cookies[MEMBER]
    answer = await browser.post(f"{HERE}/logout")
    assert (answer.status, answer.to) == (303, HERE)
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert MEMBER not in browser.cookies
    browser.cookies[MEMBER] = token
    assert (await browser.get(f"{HERE}/wifi")).to == HERE
    assert (await house.browser().get(f"{HERE}/logout")).status == 405


async def test_M23_who_may_not_be_in_any_more_is_out_at_once(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    token = browser.cookies[MEMBER]
    view = house.folk.views.pop(account)
    answer = await browser.post(f"{HERE}/show")
    assert answer.status == 403
    assert "You have been signed out" in answer.text
    house.folk.views[account] = view
    browser.cookies[MEMBER] = token
    assert (await browser.get(f"{HERE}/wifi")).to == HERE, "the session is gone, not paused"


async def test_M37_send_again_keeps_what_is_on_its_way(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    first = await house.letter(browser, ANNA)
    answer = await browser.post(f"{HERE}/sent/again")
    assert answer.to == f"{HERE}/sent?again"
    assert await house.deliver() == [], "within a minute there is no second mail, and nobody can tell"
    house.clock.later(seconds=61)
    await browser.post(f"{HERE}/sent/again")
    second = (await house.deliver())[-1]
    other = house.browser()
    assert (await other.post(first.path)).status == 303
    assert (await browser.post(f"{HERE}/sent", {"code": second.code})).status == 303


async def test_the_code_on_its_way_survives_an_impatient_press(house: House) -> None:
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    await browser.post(f"{HERE}/sent/again")
    assert (await browser.post(f"{HERE}/sent", {"code": letter.code})).status == 303


async def test_the_desk_can_give_a_code(house: House) -> None:
    account = await house.person(ANNA)
    browser = house.browser()
    await browser.post(HERE, {"email": ANNA})
    now = house.clock.now()
    assert await house.db.run(lambda tx: sign_in.desk_code(tx, house.vault, account, "13572468", now, "desk"))
    assert (await browser.post(f"{HERE}/sent", {"code": "13572468"})).to == f"{HERE}/wifi"


@pytest.mark.parametrize(("minutes", "words"), [(29, "One tap"), (31, "This link has expired")])
async def test_M04_a_link_is_good_for_half_an_hour(house: House, minutes: int, words: str) -> None:
    await house.person(ANNA)
    browser = house.browser()
    letter = await house.letter(browser, ANNA)
    house.clock.later(minutes=minutes)
    page = await browser.get(letter.path)
    assert words in page.text
    assert (await browser.post(letter.path)).status == (303 if minutes < 30 else 410)
    if minutes > 30:
        assert f"{HERE}/sent/again" in page.actions(), "Send a new one"


async def test_a_link_belongs_to_its_location(house: House) -> None:
    await house.person(ANNA)
    letter = await house.letter(house.browser(), ANNA)
    elsewhere = letter.path.replace("kreuzberg", "ost")
    assert (await house.browser().get(elsewhere)).status == 404
    assert (await house.browser().post(elsewhere)).status == 404
    assert (await house.browser().post(letter.path)).status == 303


async def test_another_day_is_one_tap(house: House) -> None:
    await house.person(ANNA)
    browser = await house.signed_in(ANNA, stay="1")
    house.clock.later(days=3)
    assert (await browser.get(HERE)).to == f"{HERE}/wifi"
    assert (await browser.get("/portal/ost")).to == "/portal/ost/wifi"


async def test_addresses_of_the_portal(house: House) -> None:
    browser = house.browser()
    assert (await browser.get("/")).to == "/portal"
    assert "Kreuzberg" in (await browser.get("/portal")).text
    house.folk._doors.pop("ost")
    assert (await browser.get("/portal")).to == HERE
    assert (await browser.get("/portal/nowhere")).status == 404
    house.folk._doors.clear()
    assert "no location here yet" in (await browser.get("/portal")).text


async def test_the_language_is_asked_for_chosen_and_kept(house: House) -> None:
    browser = house.browser()
    browser.language = "fr, de-AT;q=0.8, en;q=0.5"
    assert '<html lang="de">' in (await browser.get(HERE)).text
    assert '<html lang="en">' in (await browser.get(f"{HERE}?lang=en")).text
    assert '<html lang="en">' in (await browser.get(HERE)).text
    assert '<html lang="de">' in (await browser.get(f"{HERE}?lang=de")).text
    assert '<html lang="de">' in (await browser.get(f"{HERE}?lang=xx")).text


@pytest.mark.parametrize("language", ["en", "de"])
async def test_F10_the_sign_in_page_is_light(house: House, language: str) -> None:
    """At most 14 KB on the wire, in two requests, and no script."""
    browser = house.browser()
    browser.language = language
    page = await browser.ask("GET", HERE, headers={"Accept-Encoding": "gzip"})
    links = re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="(/[^"]+)"', page.text)
    assert len(links) == 1
    style = await browser.ask("GET", links[0], headers={"Accept-Encoding": "gzip"})
    assert style.headers["Content-Encoding"] == page.headers["Content-Encoding"] == "gzip"
    wire = sum(int(one.headers["Content-Length"]) + len(str(one.headers)) for one in (page, style))
    assert wire <= 14 * 1024
    assert "<script" not in page.text
