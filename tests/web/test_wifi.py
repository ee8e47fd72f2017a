"""Does the WiFi page tell each member the truth, and nobody a secret?"""
# ruff: noqa: N802, E501  # tests are named by the requirement they prove; tables of hostile input are wide

import html
import plistlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cusna_core.engine.views import BookingView, Door, NetworkView
from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Refusal, Refused
from cusna_core.store import accounts, audit
from cusna_core.web.portal.wifi import PAUSES

House = Any
HERE = "/portal/kreuzberg"
ANNA = "anna@example.com"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"


async def test_M33_the_passphrase_is_not_in_the_page_before_show(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    passphrase = await house.folk.passphrase(account)
    hidden = await browser.get(f"{HERE}/wifi")
    assert hidden.fields("ssid") == ["Members"]
    assert hidden.fields("passphrase") == []
    assert passphrase not in hidden.text
    shown = await browser.post(f"{HERE}/show")
    assert shown.fields("passphrase") == [passphrase]
    assert "<svg" in shown.text
    assert "Content-Encoding" not in shown.headers, "a packed page would tell its secret by its length"
    entries = await house.db.read(lambda tx: audit.recent(tx, 10, account=account))
    assert entries[0].kind == "passphrase-shown"
    assert passphrase not in str(entries)


async def test_copied_text_is_the_passphrase_to_the_letter(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    text = (await browser.post(f"{HERE}/show")).text
    inner = text.split('data-field="passphrase"')[1].split(">", 1)[1].split("</p>")[0]
    import re

    assert html.unescape(re.sub(r"<[^>]+>", "", inner)) == await house.folk.passphrase(account)


async def test_when_the_disk_is_full_who_is_signed_in_sees_the_page(house: House) -> None:
    await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    house.clock.later(minutes=2)  # it is time to note that the session is alive
    await house.db._hop(house.db._writer, "BEGIN", lambda tx: tx.execute("PRAGMA query_only = 1"))
    page = await browser.get(f"{HERE}/wifi")
    assert (page.status, page.fields("ssid")) == (200, ["Members"])


async def test_data_values(house: House) -> None:
    account = await house.person(ANNA)
    ends = house.clock.now().replace(hour=23)
    house.now_sees(account, access=house.a_plan(account, ends=ends), company="Acme & Söhne", vlan_own=True)
    page = await (await house.signed_in(ANNA)).get(f"{HERE}/wifi")
    assert page.fields("until") == ["2026-11-23T23:00:00+00:00"]
    assert "until midnight tonight (Mon 23 → Tue 24)" in page.text
    assert page.fields("because") == ["Hot desk"]
    assert page.fields("state") == ["working"]
    assert page.fields("group") == ["Acme & Söhne"]
    house.now_sees(account, vlan_own=False)
    house.clock.later(minutes=2)
    assert (await (await house.signed_in(ANNA, "ost")).get("/portal/ost/wifi")).fields("group") == [""]


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (NetworkView("Members", "pending", None, 30.0), "Allow about 30 seconds"),
        (NetworkView("Members", "delayed", None, 0.0), "takes longer than usual"),
        (NetworkView("Members", "waiting", Wait.FULL, 0.0), "no room for another passphrase"),
        (NetworkView("Members", "waiting", Wait.NO_VLAN, 0.0), "no free network for your company"),
        (NetworkView("Members", "waiting", Wait.TAKEN, 0.0), "has to be replaced"),
    ],
)
async def test_states_as_sentences(house: House, network: NetworkView, sentence: str) -> None:
    await house.person(ANNA, networks=(network,))
    page = await (await house.signed_in(ANNA)).get(f"{HERE}/wifi")
    assert page.fields("state") == [network.state]
    assert sentence in page.text


async def test_a_location_without_a_network_says_so(house: House) -> None:
    await house.person(ANNA, networks=())
    page = await (await house.signed_in(ANNA)).get(f"{HERE}/wifi")
    assert "No WiFi is connected to Kreuzberg yet" in page.text
    assert f"{HERE}/show" not in page.actions()


async def test_access_that_ended_keeps_the_session_and_hides_the_passphrase(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    later = house.clock.now() + timedelta(days=2)
    house.now_sees(
        account,
        access=None,
        refused=Refused(Refusal.BOOKING_LATER, "Desk 4", later),
        next_booking=BookingView("Desk 4", "Kreuzberg", later),
        networks=(NetworkView("Members", "off", None, 0.0),),
    )
    page = await browser.get(f"{HERE}/wifi")
    assert page.status == 200
    assert page.fields("state") == ["off"]
    assert "Your next one is Desk 4 on Wed 25 Nov" in page.text
    assert "stays the same" in page.text
    assert f"{HERE}/again" in page.actions()
    shown = await browser.post(f"{HERE}/show")
    assert (shown.status, shown.to) == (303, f"{HERE}/wifi")
    assert await house.folk.passphrase(account) not in page.text


@pytest.mark.parametrize("refusal", list(Refusal))
async def test_every_refusal_has_its_sentence(house: House, refusal: Refusal) -> None:
    account = await house.person(ANNA)
    house.now_sees(account, access=None, refused=Refused(refusal, "Desk 4", house.clock.now(), "ost"))
    for language in ("en", "de"):
        browser = await house.signed_in(ANNA)
        browser.language = language
        page = await browser.get(f"{HERE}/wifi")
        assert page.status == 200
        assert page.fields("because") == ["Desk 4"]
        house.clock.later(hours=2)


async def test_claiming_and_checking_again(house: House) -> None:
    account = await house.person(ANNA)
    house.now_sees(account, access=None, claimable=house.a_desk(account))
    browser = await house.signed_in(ANNA)
    assert "You have booked Desk 4 for today" in (await browser.get(f"{HERE}/wifi")).text
    assert (await browser.post(f"{HERE}/claim")).to == f"{HERE}/wifi"
    assert (await browser.post(f"{HERE}/again")).to == f"{HERE}/wifi?checked"
    assert house.folk.calls[1:] == [("claim", account, "kreuzberg"), ("check_again", account, "kreuzberg")]
    assert "We have just looked again" in (await browser.get(f"{HERE}/wifi?checked")).text


async def test_a_waiting_page_looks_again_and_stops(house: House) -> None:
    account = await house.person(ANNA, networks=(NetworkView("Members", "pending", None, 0.0),))
    browser = await house.signed_in(ANNA)
    at, waited, looks = f"{HERE}/wifi", 0.0, 0
    while "Refresh" in (page := await browser.get(at)).headers:
        pause, _, target = page.headers["Refresh"].partition("; url=")
        at, waited, looks = target, waited + float(pause), looks + 1
        assert looks < 50
    assert looks == len(PAUSES)
    assert 60 < waited < 300
    assert "Look again" in page.text
    assert "Refresh" not in (await browser.get(f"{HERE}/wifi?look=stop")).headers
    assert "Refresh" not in (await browser.post(f"{HERE}/show")).headers, "what is shown stays"
    house.now_sees(account, networks=(NetworkView("Members", "working", None, 0.0),))
    assert "Refresh" not in (await browser.get(f"{HERE}/wifi")).headers


async def test_a_sign_in_elsewhere_is_no_reason_to_be_thrown_out(house: House) -> None:
    account = await house.person(ANNA)
    house.folk.here[account] = frozenset({"kreuzberg"})
    browser = await house.signed_in(ANNA)
    page = await browser.get("/portal/ost/wifi")
    assert page.status == 403
    assert "You are signed in at Kreuzberg" in page.text
    assert (await browser.get("/portal/ost")).status == 200
    assert (await browser.get(f"{HERE}/wifi")).status == 200


async def test_this_device_comes_first(house: House) -> None:
    await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    page = await browser.get(f"{HERE}/wifi", User_Agent=IPHONE)
    assert page.text.index("iPhone, iPad") < page.text.index("Android")
    assert page.text.count("<details open>") == 1
    android = await browser.get(f"{HERE}/wifi", User_Agent="Mozilla/5.0 (Linux; Android 15; Pixel 9)")
    assert android.text.index("Android") < android.text.index("iPhone, iPad")


async def test_M33_a_change_needs_a_fresh_sign_in(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    before = await house.folk.passphrase(account)
    house.clock.later(minutes=11)
    page = await browser.get(f"{HERE}/change")
    assert "Sign in again to change it" in page.text
    assert page.actions() == [f"{HERE}/renew"]
    await browser.post(f"{HERE}/change/offer")
    await browser.post(f"{HERE}/change", {"choice": "0"})
    assert await house.folk.passphrase(account) == before
    assert (await browser.post(f"{HERE}/renew")).to == f"{HERE}/sent"
    letter = (await house.deliver())[-1]
    assert (await browser.post(letter.path)).to == f"{HERE}/change"


async def test_M33_three_that_were_offered_in_time_cannot_be_taken_too_late(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    before = await house.folk.passphrase(account)
    await browser.post(f"{HERE}/change/offer")
    house.clock.later(minutes=11)
    assert (await browser.post(f"{HERE}/change", {"choice": "0"})).to == f"{HERE}/change"
    assert 'type="radio"' not in (await browser.get(f"{HERE}/change")).text
    assert await house.folk.passphrase(account) == before


async def test_choosing_one_of_three(house: House) -> None:
    account = await house.person(ANNA)
    other, browser = await house.signed_in(ANNA), None
    house.clock.later(minutes=2)
    browser = await house.signed_in(ANNA)
    before = await house.folk.passphrase(account)
    assert "passphrase" not in (await browser.get(f"{HERE}/change")).fields("passphrase")
    await browser.post(f"{HERE}/change/offer")
    page = await browser.get(f"{HERE}/change")
    assert page.text.count('type="radio"') == 3
    again = await browser.get(f"{HERE}/change")
    assert again.body == page.body, "a reload offers the same three"
    for nonsense in ("", "3", "-1", "hunter2hunter2", "00"):
        assert (await browser.post(f"{HERE}/change", {"choice": nonsense})).to == f"{HERE}/change?unchosen"
    assert await house.folk.passphrase(account) == before
    assert (await browser.post(f"{HERE}/change", {"choice": "1", "others": "1"})).to == f"{HERE}/wifi?changed"
    after = await house.folk.passphrase(account)
    assert after != before
    assert after.split("-")[0] in page.text
    assert (await other.get(f"{HERE}/wifi")).to == HERE, "M24: signed out elsewhere"
    assert (await browser.get(f"{HERE}/change")).text.count('type="radio"') == 0


async def test_P5_a_taken_one_is_replaced_without_a_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    await browser.post(f"{HERE}/change/offer")
    first = (await browser.get(f"{HERE}/change")).text

    async def taken(*_: object, **__: object) -> None:
        raise accounts.Taken("that is somebody's")

    monkeypatch.setattr(house.folk, "change", taken)
    assert (await browser.post(f"{HERE}/change", {"choice": "0"})).to == f"{HERE}/change?taken"
    page = await browser.get(f"{HERE}/change?taken")
    assert "That one could not be used" in page.text
    assert "somebody" not in page.text.lower()
    assert page.text != first
    assert account


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; alert(1); //", "{{ 7 * 7 }}", "{% raw %}",
    "</title><script>", "<svg/onload=alert(1)>", "&lt;b&gt;", "javascript:alert(1)", "\u202eevil", "%(name)s %s %d",
    "<a href='//evil.example'>", "]]><b>", "x" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("evil", HOSTILE)
async def test_M36_hostile_names_stay_text(house: House, evil: str) -> None:
    """Names of people, companies, plans, desks, places and SSIDs come from elsewhere."""
    account = await house.person(ANNA, evil, company=evil, vlan_own=True)
    door = Door("kreuzberg", evil, house.folk.door("kreuzberg").zone, (evil,), evil)
    house.folk._doors["kreuzberg"] = door
    networks: tuple[NetworkView, ...] = (
        NetworkView(evil, "working", None, 0.0),
        NetworkView(evil + "2", "pending", None, 3.0),
    )
    if len(evil) > 100:
        networks = ()
    house.now_sees(account, access=house.a_plan(account, name=evil), networks=networks)
    browser = await house.signed_in(ANNA)
    pages = [
        await browser.get(f"{HERE}/wifi"),
        await browser.get(f"{HERE}/poster"),
        await browser.get("/portal"),
    ]
    if networks:
        pages.append(await browser.post(f"{HERE}/show"))
    house.now_sees(
        account, access=None, refused=Refused(Refusal.BOOKING_LATER, evil, house.clock.now()),
        next_booking=BookingView(evil, evil, house.clock.now()),
    )  # fmt: skip
    pages += [await browser.get(f"{HERE}/wifi"), await house.browser().get(HERE)]
    pages.append(await house.browser().post(HERE, {"email": evil[:1000]}))
    for page in pages:
        assert page.status in (200, 422)
        if "<" in evil:
            assert evil not in page.text
        assert "49" not in page.text or "{{" not in evil
        assert page.text.count("<script") == page.text.count('<script src="/static/portal.')
    assert pages[0].fields("because") == [evil]
    assert replace(door, name="x") != door


async def test_complete_without_javascript(house: House) -> None:
    """From the address to the new passphrase with forms alone, as a captive mini-browser does it."""
    account = await house.person(ANNA)
    browser = house.browser()
    at = (await browser.get(HERE)).actions()
    assert at == [HERE]
    sent = await browser.post(at[0], {"email": ANNA})
    code = (await house.deliver())[-1].code
    page = await browser.get(sent.to)
    entered = await browser.post(page.actions()[0], {"code": code, "stay": "1"})
    page = await browser.get(entered.to)
    own = {f"{HERE}/{one}" for one in ("show", "again", "logout", "notices")}
    assert set(page.actions()) == {*own, "profile"}
    shown = await browser.post(f"{HERE}/show")
    assert shown.fields("passphrase") == [await house.folk.passphrase(account)]
    page = await browser.get(f"{HERE}/change")
    await browser.post(page.actions()[0])
    page = await browser.get(f"{HERE}/change")
    done = await browser.post(page.actions()[0], {"choice": "2"})
    assert done.to == f"{HERE}/wifi?changed"
    assert (await browser.post(f"{HERE}/logout")).to == HERE


async def test_a_profile_sets_an_apple_device_up(house: House) -> None:
    account = await house.person(ANNA)
    networks = (
        NetworkView("Members", "working", None, 0.0),
        NetworkView('Ost & "IoT"', "pending", None, 0.0),
        NetworkView("Members", "working", None, 0.0),
    )
    house.now_sees(account, networks=networks)
    browser = await house.signed_in(ANNA)
    page = await browser.get(f"{HERE}/wifi", user_agent=IPHONE)
    assert page.actions().count("profile") == 2, "for an iPhone and for a Mac"
    passphrase = await house.folk.passphrase(account)
    answer = await browser.post(f"{HERE}/profile")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/x-apple-aspen-config"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="wifi-kreuzberg.mobileconfig"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    profile = plistlib.loads(answer.body)
    assert profile["PayloadType"] == "Configuration"
    assert profile["PayloadIdentifier"] == "com.example.wifi.wifi.kreuzberg"
    assert profile["PayloadDisplayName"] == "WiFi at Kreuzberg"
    wifis = profile["PayloadContent"]
    assert [(one["SSID_STR"], one["Password"]) for one in wifis] == [
        ("Members", passphrase),
        ('Ost & "IoT"', passphrase),
    ]
    assert {one["PayloadType"] for one in wifis} == {"com.apple.wifi.managed"}
    ids = [profile["PayloadUUID"], *(one["PayloadUUID"] for one in wifis)]
    assert len(set(ids)) == 3
    again = plistlib.loads((await browser.post(f"{HERE}/profile")).body)
    assert again == profile, "the next one takes the place of the one before"
    entries = await house.db.read(lambda tx: audit.recent(tx, 10, account=account))
    assert [(one.kind, one.data) for one in entries[:1]] == [("passphrase-shown", {"as": "profile"})]
    assert passphrase not in str(entries)


async def test_nobody_gets_a_profile_without_access_or_without_a_network(house: House) -> None:
    account = await house.person(ANNA)
    browser = await house.signed_in(ANNA)
    assert (await house.browser().post(f"{HERE}/profile")).status == 303
    assert (await browser.get(f"{HERE}/profile")).status == 405
    house.now_sees(account, networks=())
    assert (await browser.post(f"{HERE}/profile")).to == f"{HERE}/wifi"
    house.now_sees(account, access=None, refused=Refused(Refusal.NOTHING))
    assert (await browser.post(f"{HERE}/profile")).to == f"{HERE}/wifi"
