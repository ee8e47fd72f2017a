"""Is everything that the program says said in every language?"""

import re
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from cusna_core.words import choose, language, languages

SOURCES = Path(__file__).parents[2] / "src/cusna_core"
KEYWORDS = {
    "_": None,
    "text": None,
    "markup": None,
    "several": (1, 2),
    "pgettext": ((1, "c"), 2),
}
TEMPLATES = {"encoding": "utf-8", "extensions": "jinja2.ext.do", "silent": "false"}
Id = tuple[str | None, str | tuple[str, ...]]
METHOD = re.compile(r"\blanguage\.(text|markup|several|pgettext)\(")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")


def used() -> Iterator[tuple[Id, str]]:
    """Every message in the code and the templates, with where it is."""
    for layer in ("words", "mail", "web"):
        for path in sorted((SOURCES / layer).rglob("*")):
            if path.suffix == ".py":
                method, options = "python", {}
            elif path.suffix in (".html", ".txt", ".svg") and "templates" in path.parts:
                method, options = "jinja2.ext:babel_extract", TEMPLATES
            else:
                continue
            # The extraction of templates knows plain names only, and macros say `language.text(...)`.
            plain = (
                METHOD.sub(r"\1(", path.read_text("utf-8")) if "jinja2" in method else path.read_text("utf-8")
            )
            for line, message, _, context in extract(
                method, BytesIO(plain.encode()), keywords=KEYWORDS, options=options, strip_comment_tags=False
            ):
                if message:
                    yield (context, message), f"{path.relative_to(SOURCES)}:{line}"


def parts(code: str) -> list[tuple[str, Catalog]]:
    folder = files("cusna_core.words").joinpath("catalogues")
    found = []
    for one in folder.iterdir():
        if one.name.endswith(".po") and one.name.split(".", 1)[0] == code:
            with one.open("rb") as source:
                found.append((one.name, read_po(source, locale=code)))
    return found


def entry(ident: Id, where: str) -> str:
    context, message = ident
    lines = [f"#: {where}"]
    if context:
        lines.append(f'msgctxt "{context}"')
    quoted = [
        str(one).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for one in ((message,) if isinstance(message, str) else message)
    ]
    lines.append(f'msgid "{quoted[0]}"')
    if len(quoted) > 1:
        lines += [f'msgid_plural "{quoted[1]}"', 'msgstr[0] ""', 'msgstr[1] ""']
    else:
        lines.append('msgstr ""')
    return "\n".join(lines) + "\n"


def strings(of: object) -> tuple[str, ...]:
    return (of,) if isinstance(of, str) else tuple(of)  # type: ignore[arg-type]


COMPLETE = sorted(
    {
        one.name.split(".", 1)[0]
        for one in files("cusna_core.words").joinpath("catalogues").iterdir()
        if one.name.endswith(".po")
    }
)


def test_german_is_there() -> None:
    assert "de" in COMPLETE
    assert language("de").name == "Deutsch"
    assert language("de").text("no end date") == "ohne Enddatum"


def test_the_extraction_sees_code_and_templates() -> None:
    where = {place.split(":")[0] for _, place in used()}
    assert "words/reasons.py" in where
    assert "mail/letters.py" in where
    assert (None, "Move to another WiFi") in {ident for ident, _ in used()}, "said in a macro"


@pytest.mark.parametrize("code", COMPLETE)
def test_every_message_is_translated(code: str) -> None:
    known = {
        (one.context, one.id if isinstance(one.id, str) else tuple(one.id)): one
        for _, catalogue in parts(code)
        for one in catalogue
        if one.id and not one.fuzzy
    }
    missing = {
        ident: place for ident, place in used() if ident not in known or not all(strings(known[ident].string))
    }
    told = "\n".join(entry(ident, place) for ident, place in missing.items())
    assert not missing, f"Missing in {code}, to be pasted into {code}.po or {code}.PART.po:\n\n{told}"


@pytest.mark.parametrize("code", COMPLETE)
def test_translations_keep_their_values_and_agree(code: str) -> None:
    seen: dict[Id, tuple[str, ...]] = {}
    for name, catalogue in parts(code):
        for one in catalogue:
            if not one.id:
                continue
            ident = (one.context, one.id if isinstance(one.id, str) else tuple(one.id))
            assert all(text.strip() for text in strings(one.string)), f"{name}: {one.id!r} is empty"
            wanted = {match.group(1) for text in strings(one.id) for match in PLACEHOLDER.finditer(text)}
            for text in strings(one.string):
                got = {match.group(1) for match in PLACEHOLDER.finditer(text)}
                # A plural may say "one" instead of the number.
                assert got | {"n"} == wanted | {"n"}, f"{name}: {one.id!r} has other values"
            assert seen.setdefault(ident, strings(one.string)) == strings(one.string), (
                f"{name}: {one.id!r} is said in two ways"
            )


@pytest.mark.parametrize("code", COMPLETE)
def test_nothing_is_left_over(code: str) -> None:
    wanted = {ident for ident, _ in used()}
    for name, catalogue in parts(code):
        if name not in (f"{code}.po", f"{code}.mail.po"):
            continue
        left = [
            one.id
            for one in catalogue
            if one.id and (one.context, one.id if isinstance(one.id, str) else tuple(one.id)) not in wanted
        ]
        assert not left, f"{name}: nobody says {left} any more"


@pytest.mark.parametrize(
    ("header", "cookie", "code"),
    [
        (None, None, "en"),
        ("", None, "en"),
        ("de", None, "de"),
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"),
        ("en-GB,en;q=0.9,de;q=0.8", None, "en"),
        ("en;q=0.2, de;q=0.9", None, "de"),
        ("fr-FR, fr;q=0.9, de;q=0.1", None, "de"),
        ("fr", None, "en"),
        ("de;q=0", None, "en"),
        ("de;q=nan", None, "en"),
        ("de;q=x, en", None, "en"),
        ("*", None, "en"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("de", "../../etc", "de"),
        ("," * 100_000, None, "en"),
    ],
)
def test_the_language_somebody_gets(header: str | None, cookie: str | None, code: str) -> None:
    assert choose(header, cookie).code == code


def test_english_is_first_and_unknown_codes_are_english() -> None:
    assert next(iter(languages())) == "en"
    assert language("tlh").code == language(None).code == "en"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        language("de").text("until %(day)s, end of the day", dya="Mon")


def test_values_in_markup_are_escaped() -> None:
    said = language("en").markup("<b>%(name)s</b>", name="<script>")
    assert said == "<b>&lt;script&gt;</b>"
