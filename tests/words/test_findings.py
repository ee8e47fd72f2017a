"""Is what goes wrong told in German as well, although it is made as an English sentence with its values?"""

import ast
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from cusna_core.api import Finding, Level
from cusna_core.api.trust import EXPIRED, OTHER_NAME, _fault
from cusna_core.config.setup import Kind
from cusna_core.config.trouble import KEPT
from cusna_core.words import Told, language, problem
from cusna_core.words.sentences import VALUE, Sentence, patterns

SOURCES = Path(__file__).parents[2] / "src/cusna_core"
PLACES = {"Finding": (2, 3), "_say": (2, 3), "Unfit": (1, 2)}
"""Where the summary and the fix stand among the arguments."""
ERRORS = (
    "AuthFailed", "BadAnswer", "ConfigError", "Missing", "RateLimited", "Rejected", "Transient",
    "Unreachable",
)  # fmt: skip
FORMS = ("config/values.py", "admin/trial.py", "admin/workshop.py", "admin/survey.py", "mail/smtp.py")
FORM_ERRORS = ("Problem", "ValueError", "Misconfigured", "Temporary", "Deferred")
"""Whose sentences stand on forms and pages of the console as they are."""
DE = language("de")


def of(code: int) -> Exception:
    """What OpenSSL says of a certificate."""
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    return error


def made() -> Iterator[tuple[str, ast.expr]]:
    """Every sentence of a finding, of an error of the core's own, and of what the console refuses."""
    for path in sorted(SOURCES.rglob("*.py")):
        where = str(path.relative_to(SOURCES))
        if where.startswith(("demo/", "testing/", "scaffold/")):
            continue
        source = path.read_text("utf-8")
        if where not in FORMS and not any(f"{name}(" in source for name in (*PLACES, *ERRORS)):
            continue
        for node in ast.walk(ast.parse(source)):
            at = f"{where}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                spots = PLACES.get(name, (0,) if where.startswith("api/") and name in ERRORS else ())
                if where in FORMS and name in FORM_ERRORS:
                    spots = (1,) if name == "Problem" else (0,)
                yield from ((at, node.args[each]) for each in spots if each < len(node.args))
                yield from ((at, each.value) for each in node.keywords if each.arg in ("summary", "fix"))
            elif isinstance(node, ast.Assign | ast.Return) and where in FORMS[1:] and node.value is not None:
                named = [one.id for one in getattr(node, "targets", ()) if isinstance(one, ast.Name)]
                if "text" in named or isinstance(node, ast.Return):
                    yield at, node.value


def said(node: ast.expr) -> Iterator[tuple[str, list[str]]]:
    """The sentence as it may be, and its values; nothing for what is put together elsewhere."""
    match node:
        case ast.Constant(value=str(text)) if " " in text:
            yield text, []
        case ast.IfExp(body=one, orelse=other):
            yield from said(one)
            yield from said(other)
        case ast.JoinedStr(values=parts):
            text, values = "", []
            for part in parts:
                if isinstance(part, ast.Constant):
                    text += str(part.value)
                    continue
                values.append(f"<{len(values)}>")
                text += values[-1]
            yield text, values


SERVER = {"<0>": "The mail server mail.example.com:587"}
FILLED: dict[str, list[dict[str, str]]] = {
    # Sentences with values of the core's own that a language bends, by their text or by their file.
    "api/answer.py": [{"<0>": "GET /x answered 500"}],
    "<0> nowhere.": [{"<0>": "GET /x redirects to"}],
    "<0> <1> without TLS, which is never followed.": [{"<0>": "GET /x redirects to"}],
    "<0> shows a certificate <1>": [{"<1>": _fault(of(code))} for code in (EXPIRED, *OTHER_NAME, -1)],
    "The plugin <0> (<1>) is made for <2> <3>, and this is <4>. It is not used.": [{"<2>": "cusna-core"}],
    "Install versions of <0> and <1> that go together.": [{"<0>": "cusna-core"}],
    "<0> The <1> <2> is switched off until that is mended; <3>.": [
        {"<1>": kind, "<3>": KEPT} for kind in get_args(Kind)
    ],
    "The <0> <1> is switched off, because <2>; <3>.": [
        {"<0>": one, "<2>": f"its {other} <2> is switched off", "<3>": KEPT}
        for one, other in (("network", "controller"), ("location", "integration"), ("location", "network"))
    ],
    "Mend the <0> <1> first.": [{"<0>": one} for one in ("integration", "controller", "network")],
    '<0> in the source: "<1>". The location is switched off.': [
        {"<0>": one} for one in ("There is no such location", "Several locations have this title")
    ],
    'is no time zone such as "Europe/Berlin".<0>': [{"<0>": ""}, {"<0>": " Did you mean Europe/Rome?"}],
    "engine/retire.py": [{"<0>": "Members (it was the network members)"}],
    "mail/smtp.py": [SERVER],
}
NO_SENTENCE = ("Smtp(<0>:<1>, <2>)", "STARTTLS or login")


def test_every_sentence_of_the_core_is_retold_in_german_with_its_values() -> None:
    found = [(at, *one) for at, node in made() for one in said(node) if one[0] not in NO_SENTENCE]
    assert len(found) > 150, "the search finds them no more"
    silent = [f"{at}: {text}" for at, text, values in found if not retold(at, text, values)]
    assert silent == [], "\n".join(["", *silent])


def retold(at: str, text: str, values: list[str]) -> bool:
    for filled in FILLED.get(text) or FILLED.get(at.partition(":")[0]) or [{}]:
        sentence = text
        for mark, value in filled.items():
            sentence = sentence.replace(mark, value)
        german = DE.retold(sentence)
        if german == sentence or not all(one in german for one in values if one not in filled):
            return False
    return True


def test_values_are_found_and_retold_themselves() -> None:
    said = (
        "The controller does not do its part. GET /api/s answered 503: the system is down or starting. "
        "Keys that exist go on working; new ones and ends wait, and go through by themselves when it answers "
        "again."
    )
    told = problem(Finding(Level.ERROR, "controller.unreachable", said, "It is new."), DE)
    assert told.what.startswith("Der Controller tut nicht, was er soll. GET /api/s hat 503 geantwortet: ")
    assert told.do == "It is new.", "what nobody knows stays as it was said"
    assert problem(Finding(Level.ERROR, "x", said, ""), language("en")) == Told(said, "")


@pytest.mark.parametrize(
    ("message", "text", "values"),
    [
        ("%(a)s is full.", "Members is full.", {"a": "Members"}),
        ("%(a)s is full.", "Members is full. And more.", None),
        ("%(a)s is full.", " is full.", None),
        ("It is %(a)s", "It is it is %(a)s", {"a": "it is %(a)s"}),
        ("%(a)s has %(b)s of %(c)s.", "100% has 3 of 4.", {"a": "100%", "b": "3", "c": "4"}),
        ("%(a)s has %(b)s of %(c)s.", "A has 3.", None),
        ("a %(a)s b %(b)s", "a  b x", None),
    ],
)
def test_what_a_pattern_takes(message: str, text: str, values: dict[str, str] | None) -> None:
    assert Sentence.of(message).values(text) == values


def test_who_says_the_most_comes_first_and_plain_sentences_are_no_patterns() -> None:
    found = patterns(["%(a)s waits.", "Plain.", "%(a)s waits, because %(b)s is full."])
    assert [one.message for one in found] == ["%(a)s waits, because %(b)s is full.", "%(a)s waits."]


def test_what_vendors_say_is_still_said_by_their_plugins() -> None:
    """A sentence that a plugin says in other words by now would be English again without anybody noticing."""
    plugins = SOURCES.parents[1] / "plugins"
    said = set()
    for path in plugins.glob("*/src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant):
                said.add(str(node.value))
            elif isinstance(node, ast.JoinedStr):
                said.add("".join(str(getattr(one, "value", "")) if isinstance(one, ast.Constant) else "<>"
                                 for one in node.values))  # fmt: skip
    with (SOURCES / "words/catalogues/de.vendors.po").open("rb") as source:
        known = [str(one.id) for one in read_po(source) if one.id]
    assert len(known) > 50
    assert [one for one in known if VALUE.sub("<>", one) not in said] == []
    assert DE.retold('Network "House" has no access points: no key can be made in it.').startswith("Das ")


def test_a_long_sentence_that_nobody_knows_costs_nothing() -> None:
    text = "The plugin " * 20_000
    assert DE.retold(text) == text
