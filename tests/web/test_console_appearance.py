"""Can an admin give a location its look, see it first, and can nothing harmful come in with it?"""

import re
import struct
import zlib
from html import unescape
from pathlib import Path

import aiohttp
import pytest

from cusna_core.demo.stage import until
from cusna_core.store import audit

from .admin import SETTINGS, Admin, Answer, needs_plugins

pytestmark = needs_plugins
ONE = f"{SETTINGS}/locations/kreuzberg"
LOOK = f"{ONE}/look"
PRIVACY = "We keep little.\n\nAsk <b>us</b> at privacy@space.example or https://space.example/privacy."


@pytest.fixture
def configured() -> bool:
    return True


def png(width: int = 64, height: int = 32) -> bytes:
    rows = b"".join(b"\0" + b"\xd0\x10\x40" * width for _ in range(height))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\0taken at home")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + text
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def send(admin: Admin, do: str, logo: bytes = b"", **changes: str | None) -> Answer:
    """The look's form, as a browser sends it: with a file."""
    form = (await admin.get(LOOK)).form(LOOK) | {"do": do}
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in (form | changes).items():
        if value is not None and name != "logo":
            data.add_field(name, value)
    data.add_field("logo", logo, filename="../../etc/logo.svg", content_type="text/html")
    async with admin.http.post(admin.base + LOOK, data=data, headers={"Origin": admin.base}) as answer:
        return Answer(answer.status, str(answer.url.relative()), await answer.text(), answer.headers)


async def test_a_look_is_tried_and_then_saved(admin: Admin) -> None:
    before = (await admin.get("/portal/kreuzberg")).text
    page = await admin.get(ONE)
    assert f'href="{LOOK}"' in page.text
    assert f'data-value="{admin.base}/portal/kreuzberg"' in page.text
    shown = await send(
        admin, "preview", png(), name="Kreuz & Berg", accent="FFD400", help="Ask Kim.", privacy=PRIVACY
    )
    assert (shown.status, shown.path) == (200, f"{LOOK}/preview/sign-in")
    assert "This is a preview" in shown.text
    assert "Kreuz &amp; Berg" in shown.text
    assert (await admin.get("/portal/kreuzberg")).text == before, "members see nothing of it yet"
    for name in ("wifi", "poster", "privacy"):
        look = await admin.get(f"{LOOK}/preview/{name}")
        assert look.status == 200
        assert "Kreuz &amp; Berg" in look.text, name
        assert "inert" in look.text
    assert (await admin.get(f"{LOOK}/preview/nothing")).status == 404
    form = await admin.get(LOOK)
    assert "This is not saved yet." in form.text
    assert "darker, for #ffd400 could not be read on white" in plain(form.text)

    saved = await admin.post(f"{LOOK}/save")
    assert saved.path == f"{LOOK}?saved"
    portal = await admin.get("/portal/kreuzberg")
    assert "Kreuz &amp; Berg" in portal.text
    assert "<p>Ask Kim.</p>" in portal.text
    privacy = (await admin.get("/portal/kreuzberg/privacy")).text
    assert 'Ask &lt;b&gt;us&lt;/b&gt; at <a href="mailto:privacy@space.example"' in privacy
    assert (
        '<a href="https://space.example/privacy" rel="noreferrer nofollow">https://space.example/privacy</a>.'
        in privacy
    )
    assert "What this page keeps about you" in privacy
    await _dressed(admin, portal.text)
    entries = await admin.stage.app.core.db.read(lambda tx: audit.recent(tx, kind="look-changed"))
    assert entries[0].data["fields"] == ["name", "accent", "logo", "help", "privacy"]
    assert (await admin.post(f"{LOOK}/save")).path == LOOK, "there is nothing more to save"
    # A mail that goes out has the colour and the name, and nothing from elsewhere.
    await admin.post("/portal/kreuzberg", {"email": "mara@nordlicht.example"})
    mails = admin.stage.inbox.mails
    assert await until(lambda: any("Kreuz & Berg" in one.subject for one in mails))


async def _dressed(admin: Admin, portal: str) -> None:
    """The stylesheet and the logo are there for everybody, for ever, and are what they say."""
    sheet = re.search(r'href="(/look/ffd400\.[0-9a-f]{12}\.css)"', portal)
    logo = re.search(r'src="(/look/[0-9a-f]{32}\.png)" alt="" width="64" height="32"', portal)
    assert sheet
    assert logo
    style = await admin.get(sheet.group(1))
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["Cache-Control"]
    assert "prefers-color-scheme:dark" in style.text
    async with admin.http.get(admin.base + logo.group(1)) as answer:
        data = await answer.read()
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert b"taken at home" not in data
    for wrong in (sheet.group(1).replace("ffd400", "ffd401"), "/look/x", f"/look/{'0' * 32}.png"):
        assert (await admin.get(wrong)).status == 404


async def test_what_cannot_be_a_look(admin: Admin) -> None:
    answer = await send(admin, "save", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    assert answer.status == 422
    assert "SVG is not taken" in answer.text
    assert "no PNG, JPEG or WebP" in (await send(admin, "save", b"GIF89a" + bytes(100))).text
    assert "is damaged" in (await send(admin, "save", png()[:-20])).text
    assert "larger than 200 KB" in (await send(admin, "save", png() + bytes(205 * 1024))).text
    assert (await send(admin, "save", bytes(500 * 1024))).status == 413
    assert "Each side should have" in (await send(admin, "save", png(8, 8))).text
    answer = await send(admin, "save", accent="red; background: url(//evil)")
    assert (answer.status, "A colour looks like" in answer.text) == (422, True)
    assert "at most 1000 characters" in (await send(admin, "save", help="x" * 1001)).text
    assert not await admin.stage.app.core.db.read(lambda tx: audit.recent(tx, kind="look-changed"))
    assert (await admin.get(f"{SETTINGS}/locations/nowhere/look")).status == 404
    async with admin.http.post(
        admin.base + LOOK, data=b"x", headers={"Origin": admin.base, "Content-Type": "multipart/form-data"}
    ) as broken:
        assert broken.status == 400


async def test_two_admins_and_a_draft_thrown_away(admin: Admin) -> None:
    assert (await send(admin, "preview", accent="#0057ff")).path == f"{LOOK}/preview/sign-in"
    appearance = admin.stage.app.core.engine.appearance
    state = await appearance.state("kreuzberg", "other@space.example")
    await appearance.publish("kreuzberg", state.values, state.version, "other@space.example")
    late = await admin.post(f"{LOOK}/save")
    assert (late.status, "Somebody else changed the look" in late.text) == (409, True)
    assert "#0057ff" in late.text
    assert (await admin.post(f"{LOOK}/save")).path == f"{LOOK}?saved", "now that it was seen"
    await send(admin, "preview", accent="#ff0000")
    assert (await admin.post(f"{LOOK}/discard")).path == f"{LOOK}?gone"
    assert "#ff0000" not in (await admin.get(LOOK)).text
    assert "#0057ff" in (await admin.get(LOOK)).text


async def test_every_letter_in_every_language(admin: Admin) -> None:
    await send(admin, "save", accent="#e30613", name="Haus am Kreuz")
    listed = await admin.get(f"{ONE}/mails?in=de")
    kinds = re.findall(r'data-letter="([\w-]+)"', listed.text)
    assert {"sign-in", "passphrase-changed", "admin-held", "test"} <= set(kinds)
    assert "Haus am Kreuz" in plain(listed.text)
    for kind in kinds:
        for language in ("en", "de"):
            mail = await admin.get(f"{ONE}/mails/{kind}?in={language}")
            assert mail.status == 200
            assert f'lang="{language}"' in mail.text
            policy = mail.headers["Content-Security-Policy"]
            assert policy.startswith("sandbox; default-src 'none'")
            assert "script" not in policy
            assert "src=" not in mail.text
    letter = (await admin.get(f"{ONE}/mails/sign-in")).text
    assert "background:#cf000e;color:#ffffff" in letter, "the red, as dark as white text on it needs"
    assert "#0a6a59" not in letter
    assert (await admin.get(f"{ONE}/mails/nothing")).status == 404


async def test_what_the_file_says_of_a_name_stays(admin: Admin, tmp_path: Path) -> None:
    appearance = admin.stage.app.core.engine.appearance
    members = admin.stage.app.core.members
    await send(admin, "save", name="Another", contact="Ask Kim")
    appearance.heed({"kreuzberg": {"name": "Kreuzberg", "contact": "desk@space.example"}})
    door = members.door("kreuzberg")
    assert door is not None
    assert door.name == "Kreuzberg"
    assert door.contact != "Ask Kim"
