"""Does every letter say what it should, in both languages, whatever the names in it?"""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from cusna_core.engine.views import Door
from cusna_core.mail import Composer
from cusna_core.mail.kinds import KINDS as EVERY_KIND
from cusna_core.mail.kinds import write
from cusna_core.mail.letters import KINDS
from cusna_core.mail.samples import sample
from cusna_core.mail.values import clean, greetable
from cusna_core.words import language

BASE = "https://wifi.example.com"
TOKEN = "t" * 43
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MEMBER = {"place": "Kreuzberg", "portal": f"{BASE}/portal/kreuzberg", "name": "Zoë Müller"}
ADMIN = {"site": "wifi.example.com", "console": f"{BASE}/console"}
WHEN = {"when": "Mon 23 Nov 2026, 13:05"}
VALUES: dict[str, dict[str, Any]] = {
    "sign-in": {**MEMBER, "link": f"{BASE}/portal/kreuzberg/link/{TOKEN}", "code": "01234567"},
    "passphrase-changed": {**MEMBER, **WHEN},
    "passphrase-replaced": {**MEMBER, **WHEN},
    "desk-code": {**MEMBER, **WHEN},
    "admin-sign-in": {**ADMIN, "link": f"{BASE}/console/link/{TOKEN}", "code": "01234567"},
    "admin-finding": {
        **ADMIN, "where": "controller rack", "summary": "It refuses the key.", "fix": "Make a new one.",
        "path": "controllers.rack.api_key",
    },
    "admin-mended": {**ADMIN, "where": "controller rack", "summary": "It refuses the key."},
    "admin-held": {
        **ADMIN, "integration": "hq", "people": 34, "limit": 20, "counted": 41,
        "digest": "a3f9c0d1e2b4f677", "names": ["Ada Lovelace", "Zoë"],
    },
    "test": ADMIN,
}  # fmt: skip
SUBJECTS = {
    "sign-in": ("Sign in to the WiFi at Kreuzberg", "Anmelden im WLAN von Kreuzberg"),
    "passphrase-changed": (
        "Your WiFi passphrase at Kreuzberg was changed",
        "Deine WLAN-Passphrase bei Kreuzberg wurde geändert",
    ),
    "passphrase-replaced": (
        "You have a new WiFi passphrase at Kreuzberg",
        "Du hast eine neue WLAN-Passphrase bei Kreuzberg",
    ),
    "desk-code": (
        "A sign-in code was made for you at Kreuzberg",
        "Bei Kreuzberg wurde ein Anmeldecode für dich erstellt",
    ),
    "admin-sign-in": (
        "Sign in to the Cusna console (wifi.example.com)",
        "Anmelden in der Cusna-Konsole (wifi.example.com)",
    ),
    "admin-finding": (
        "Cusna needs you: controller rack (wifi.example.com)",
        "Cusna braucht dich: controller rack (wifi.example.com)",
    ),
    "admin-mended": (
        "Mended: controller rack (wifi.example.com)",
        "Behoben: controller rack (wifi.example.com)",
    ),
    "admin-held": (
        "Cusna holds back: 34 people would lose WiFi (wifi.example.com)",
        "Cusna hält zurück: 34 Personen verlören ihr WLAN (wifi.example.com)",
    ),
    "test": ("Cusna can send mail (wifi.example.com)", "Cusna kann Mails senden (wifi.example.com)"),
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Acme\r\nBcc: everybody@evil.example",
    "Acme\nX-Evil: 1\n\nbody",
    "Acme\u2028Bcc: x@evil.example",
    "{{ 7*7 }}{% raw %}",
    "100 % %(place)s %s {0}",
    "Ünïcödé GmbH & Söhne 株式会社 🏢",
    "=?utf-8?q?evil?= <x@evil.example>",
    "\u202eevil\u202c.exe",
    "a" * 5000,
]


COMPOSER = Composer("WiFi <wifi@example.com>", BASE)


def compose(kind: str, lang: str = "en", to: str = "zoe@example.com", **values: Any) -> EmailMessage:
    mail = COMPOSER.compose(
        kind, language(lang), {**VALUES[kind], **values}, to=to, letter="0a1b2c3d", now=NOW
    )
    # As it arrives: written out and read again.
    read = BytesParser(policy=SMTP).parsebytes(mail.as_bytes())
    assert isinstance(read, EmailMessage)
    return read


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


class Page(HTMLParser):
    """What a mail program makes of the HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.seen: list[str] = []
        self._quiet = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._quiet = self._quiet + 1 if tag in ("style", "title") else self._quiet
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "background", "action"):
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._quiet = self._quiet - 1 if tag in ("style", "title") else self._quiet

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split())


def test_every_kind_is_tested() -> None:
    assert VALUES.keys() == KINDS.keys() == SUBJECTS.keys()


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("lang", "at"), [("en", 0), ("de", 1)])
def test_a_letter_is_whole(kind: str, lang: str, at: int) -> None:
    mail = compose(kind, lang)
    assert mail["Subject"] == SUBJECTS[kind][at]
    assert mail["From"] == "WiFi <wifi@example.com>"
    assert mail["To"] == "zoe@example.com"
    assert mail["Message-ID"] == "<0a1b2c3d@example.com>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == lang
    assert mail.get_content_type() == "multipart/alternative"
    text, html = parts(mail)
    page = Page(html)
    for said in (text, page.text):
        assert "None" not in said
        assert "Undefined" not in said
        assert not re.search(r"%\(|\{\{|\}\}|\{%|\"\"|  \.|\( *\)", said)
    assert f'lang="{lang}"' in html
    assert VALUES[kind].get("place", "wifi.example.com") in text
    # The two say the same.
    for line in text.splitlines():
        plain = line.removeprefix("- ").removesuffix(":").strip()
        assert plain in ("", "--") or plain in page.text or plain in page.links
    assert len(mail.as_bytes()) < 20_000


@pytest.mark.parametrize("kind", VALUES)
def test_nothing_comes_from_elsewhere(kind: str) -> None:
    _, html = parts(compose(kind))
    page = Page(html)
    assert page.links
    assert all(link == BASE or link.startswith(BASE + "/") for link in page.links)
    assert not {"img", "script", "link", "iframe", "object", "form", "svg"} & set(page.tags)
    assert "src" not in page.attributes
    assert "url(" not in html
    assert "@import" not in html


def test_the_sign_in_mail() -> None:
    text, html = parts(compose("sign-in"))
    assert f"\n{BASE}/portal/kreuzberg/link/{TOKEN}\n" in text.replace("\r\n", "\n")
    assert f'href="{BASE}/portal/kreuzberg/link/{TOKEN}"' in html
    for said in (text, html):
        assert "0123 4567" in said
        assert "within 30 minutes" in said
        assert "within 10 minutes" in said
        assert "ignore this mail" in said
    assert "Hello Zoë Müller," in text


def test_the_held_set_mail() -> None:
    text, html = parts(compose("admin-held"))
    for said in (text, html):
        for part in (
            "34",
            "41",
            "20",
            "Ada Lovelace",
            "and 32 more",
            "cusna apply --accept a3f9c0d1e2b4f677",
        ):
            assert part in said
    text, _ = parts(compose("admin-held", people=1, names=["Ada"]))
    assert "one person's WiFi" in text
    assert "more" not in text


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["sign-in", "passphrase-changed", "admin-finding", "admin-held"])
def test_hostile_names_stay_text(name: str, kind: str) -> None:
    changed: dict[str, Any] = {}
    for field in ("place", "name", "integration", "where", "summary", "fix"):
        if field in VALUES[kind]:
            changed[field] = name
    if kind == "admin-held":
        changed["names"] = [name]
    mail = compose(kind, **changed)
    plain = compose(kind)
    assert mail.keys() == plain.keys()
    assert "\n" not in mail["Subject"]
    assert mail["To"] == "zoe@example.com"
    text, html = parts(mail)
    page = Page(html)
    assert set(page.tags) == set(Page(parts(plain)[1]).tags)
    assert set(page.attributes) == set(Page(parts(plain)[1]).attributes)
    assert all(link.startswith(BASE) for link in page.links)
    assert "\u202e" not in text + html
    assert clean(name, 80)[:20].strip() in page.text
    assert not any(line.startswith(("Bcc", "X-Evil")) for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Zoë", "Zoë"),
        ("Anne-Marie d'Arc", "Anne-Marie d'Arc"),
        ("  Jean\tLuc ", "Jean Luc"),
        ("J. R. Tolkien", "J. R. Tolkien"),
        ("山田 太郎", "山田 太郎"),
        ("नेहा", "नेहा"),
        ("O’Brien", "O’Brien"),
        ("", ""),
        ("You won! Go to evil.example", ""),
        ("evil.example", ""),
        ("https://evil.example/x", ""),
        ("Call +49 170 123", ""),
        ("a@b.example", ""),
        ("one two three four five six", ""),
    ],
)
def test_only_names_are_greeted(name: str, greeted: str) -> None:
    assert greetable(name) == greeted
    text, _ = parts(compose("sign-in", name=name))
    assert (f"Hello {greeted}," in text) is bool(greeted)
    assert "Hello ," not in text


@pytest.mark.parametrize("kind", VALUES)
def test_no_letter_with_a_gap(kind: str) -> None:
    optional = {"name", "path", "names"}
    for field in VALUES[kind].keys() - optional:
        with pytest.raises(ValidationError):
            compose(kind, **{field: ""})
        with pytest.raises(ValidationError):
            compose(kind, **{field: "\u200b\r\n"})
        values = {name: value for name, value in VALUES[kind].items() if name != field}
        with pytest.raises(ValidationError):
            COMPOSER.compose(kind, language("en"), values, to="z@example.com", letter="x", now=NOW)


def test_an_error_shows_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        compose("sign-in", code="secret-code", link="javascript:secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/x", "https://wifi.example.com.evil.example/", "https://wifi.example.com@evil/"],
)
def test_links_are_of_base_url_only(link: str) -> None:
    with pytest.raises(ValueError, match="not of base_url"):
        compose("sign-in", link=link)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
        ("Zoe+wifi@Example.COM", "Zoe+wifi@Example.COM"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_addresses_that_are_written_to(address: str, written: str) -> None:
    assert compose("sign-in", to=address)["To"] == written


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "zoe@",
        "@example.com",
        "a@b\r\nBcc: c@evil.example",
        "a\nb@example.com",
        "z@" + "a" * 64 + ".example",
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an address") as caught:
        compose("sign-in", to=address)
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize("code", ["en", "de"])
@pytest.mark.parametrize("kind", sorted(EVERY_KIND))
def test_a_preview_has_a_value_for_whatever_its_letter_tells(kind: str, code: str) -> None:
    door = Door("kreuzberg", "Kreuzberg", ZoneInfo("Europe/Berlin"), ("Members",))
    values = sample(kind, door, BASE, language(code), NOW)
    letter = write(kind, language(code), values)
    told = " ".join([letter.subject, *(f"{one.text} {one.note}" for one in letter.blocks)])
    assert not re.search(r"…|\bNone\b|%\(", told), told
    if kind == "access-ends":
        until, why = (
            ("until Thu 26 Nov, end of the day", "plan Hot desk") if code == "en" else ("bis", "Tarif")
        )
        assert until in told
        assert why in told
