"""A co-worker opens the location's WiFi portal, and signs in by magic link."""

import re

import pytest

from cusna_core.demo.visitor import LINK

from .conftest import Eventually, Space

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = re.compile(r"\b(\d{4}) (\d{4})\b")


async def test_magic_link(space: Space) -> None:
    mara = space.visitor("Mara Lindqvist")
    sent = await mara.ask("kreuzberg")
    assert "/portal/kreuzberg/sent" in sent.url
    mail = await space.mail(mara)
    path = LINK.findall(mail["text"])[0].removeprefix(space.portal)

    scanner = space.stranger("nobody@scanner.example")
    for _ in range(3):
        looked = await scanner.get(path)
        assert looked.status == 200, "a mail scanner that looks at the link uses it up"
    page = await mara.open(path)
    assert page.url.endswith("/portal/kreuzberg/wifi")
    assert page.field("ssid") is not None

    again = await scanner.open(path)
    assert again.status == 410, "the link works a second time"
    assert (await scanner.wifi("kreuzberg")).field("ssid") is None


async def test_the_code_of_the_same_mail_signs_in_too(space: Space) -> None:
    jonas, thief = space.visitor("Jonas Weber"), space.visitor("Jonas Weber")
    await jonas.ask("kreuzberg")
    mail = await space.mail(jonas)
    code = "".join(CODE.findall(mail["text"])[0])
    stolen = await thief.post("/portal/kreuzberg/sent", code=code)
    assert stolen.status == 422, "a code works in a browser that did not ask for it"
    page = await jonas.post("/portal/kreuzberg/sent", code=code)
    assert page.url.endswith("/portal/kreuzberg/wifi")


async def test_unknown_address_gets_the_same_answer_and_no_mail(space: Space) -> None:
    known, unknown = space.visitor("Aylin Demir"), space.stranger("who@elsewhere.example")
    one, other = await known.ask("kreuzberg"), await unknown.ask("kreuzberg")
    assert (one.status, one.url) == (other.status, other.url)
    assert one.text.replace(known.email, "…") == other.text.replace(unknown.email, "…")
    assert len(await space.mails_to(known.email)) == 1
    assert await space.mails_to(unknown.email) == []


async def test_blocked_gets_no_mail(space: Space, eventually: Eventually) -> None:
    async def read() -> bool:
        return bool((await space.explain("Igor Blok")).get("blocked"))

    assert await eventually(read), "the source's block is not known"
    igor = space.visitor("Igor Blok")
    await igor.ask("kreuzberg")
    assert await space.mails_to(igor.email) == []
    assert await space.key_state("Igor Blok") is None


async def test_passphrase_is_shown_on_request_and_joins(space: Space) -> None:
    sofia = await space.inside("Sofia Marek")
    page = await sofia.wifi("kreuzberg")
    assert page.field("passphrase") is None
    assert page.field("because") == "Hot desk"
    passphrase = await sofia.passphrase("kreuzberg")
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", passphrase or "")
    assert await sofia.join("kreuzberg", passphrase or "", "Sofia's phone") == 0
    assert await sofia.join("kreuzberg", (passphrase or "")[:-1] + "?", "Somebody's phone") is None


async def test_own_change_of_passphrase(space: Space) -> None:
    theo = await space.inside("Theo Brandt")
    priya = await space.inside("Priya Nair")
    old = await theo.passphrase("kreuzberg") or ""
    colleague = await priya.passphrase("kreuzberg") or ""
    await priya.join("kreuzberg", colleague, "Priya's laptop")

    await theo.change("kreuzberg")
    new = await theo.passphrase("kreuzberg") or ""
    assert new != old
    await theo.until_working("kreuzberg")
    assert await theo.join("kreuzberg", old, "Theo's old phone") is None
    assert await theo.join("kreuzberg", new, "Theo's phone") is not None
    assert await priya.online("Priya's laptop", "kreuzberg"), "a colleague was thrown off"

    told = await space.mail(theo)
    assert "was changed" in told["subject"]
    assert new not in told["text"]
    assert old not in told["text"]
