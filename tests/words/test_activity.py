"""Has everything that is written down a sentence, in every language, and is none of it ever markup?"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from cusna_core.admin.activity import GROUPS
from cusna_core.flow.changes import Verb
from cusna_core.mail.kinds import KINDS as KINDS_OF_MAIL
from cusna_core.words import activity, languages
from cusna_core.words.mails import LETTERS, UNSENT

SOURCES = Path(__file__).parents[2] / "src/cusna_core"
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCES.rglob("*.py"))}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for one in ast.walk(tree):
        if isinstance(one, ast.Call) and ast.unparse(one.func).rpartition("self.")[2] in names:
            yield one


def kinds_in(path: Path, at: ast.expr, inside: ast.AST) -> set[str]:
    """What an expression in the place of a kind can be."""
    match at:
        case ast.Constant(value=str(kind)):
            return {kind}
        case ast.IfExp():
            return kinds_in(path, at.body, inside) | kinds_in(path, at.orelse, inside)
        case ast.JoinedStr(values=[ast.Constant(value="key-"), *_]):
            return {f"key-{verb}" for verb in Verb if verb is not Verb.ENSURE}
        case ast.Name(id=name):
            return named(path, name)
    raise AssertionError(f"{path.name}:{at.lineno}: what kind is {ast.unparse(at)}?")


def named(path: Path, name: str) -> set[str]:
    """What is assigned to it, or it is a parameter: then whatever it is called with there or elsewhere."""
    found = set[str]()
    for one in ast.walk(TREES[path]):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            said = ast.unparse(one.targets[0] if isinstance(one, ast.Assign) else one.target)
            found |= kinds_in(path, one.value, one) if said == name else set()
    for function in ast.walk(TREES[path]):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs) if one.arg != "self"]
        writes = any(
            call.args[1:] and ast.unparse(call.args[1]) == name for call in calls(function, "audit.write")
        )
        lines = any(call.args and ast.unparse(call.args[0]) == name for call in calls(function, "audit.Line"))
        if name not in names or not (writes or lines):
            continue
        for other, tree in TREES.items():
            if other != path and function.name.startswith("_"):
                continue
            for call in calls(tree, function.name, f"{path.stem}.{function.name}"):
                given = {one.arg: one.value for one in call.keywords}
                place = names.index(name)
                if name in given or place < len(call.args):
                    found |= kinds_in(other, given.get(name) or call.args[place], tree)
    assert found, f"{path.name}: with which kinds is {name} written?"
    return {one for one in found if "." not in one}  # a variable of that name for outgoing events


def written() -> set[str]:
    found = set[str]()
    for path, tree in TREES.items():
        if path.name == "audit.py":
            continue
        for call in calls(tree, "audit.write"):
            found |= kinds_in(path, call.args[1], tree)
        for call in calls(tree, "audit.Line"):
            found |= kinds_in(path, call.args[0], tree)
    return found


KINDS = sorted(written())


def said(kind: str, code: str, /, **changes: object) -> str:
    data: dict[str, object] = {"because": "plan", "name": "Hot desk", "until": None, "causes": ["new"]}
    data |= {
        "kind": "network",
        "person": [1, 2, 3],
        "code": "x.y",
        "summary": "Off.",
        "fields": ["apply"],
        **changes,
    }
    link = Markup("<a href='/'>{}</a>").format
    return activity.sentence(
        kind,
        data,
        languages()[code],
        person=link("Zoe"),
        place=link("Ost"),
        network=link("Members"),
        zone=ZONE,
        now=NOW,
    )


def test_the_kinds_are_found() -> None:
    assert {"granted", "extended", "withdrawn", "key-revoke", "signed-in", "sign-in-refused"} <= set(KINDS)
    assert {"disabled", "held", "held-accepted", "setting-changed", "left", "finding-mended"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_is_written_has_a_sentence(kind: str) -> None:
    english, german = said(kind, "en"), said(kind, "de")
    assert "no words for" not in english, f"words/happened.py has no sentence for {kind}"
    assert english != german
    assert said(kind, "en", console=True)


def test_every_kind_is_in_one_group_which_has_a_name() -> None:
    grouped = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(set(KINDS) - set(grouped)) == []
    assert len(grouped) == len(set(grouped))
    for name in GROUPS:
        assert all(activity.group(name, one) for one in languages().values())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_log_is_markup_or_a_placeholder(kind: str) -> None:
    evil = "<script>%(person)s %s</script>"
    text = said(
        kind,
        "en",
        name=evil,
        summary=evil,
        path=evil,
        integration=evil,
        fields=[evil],
        why=evil,
        code=evil,
        kind=evil,
    )
    assert "<script>" not in text


def test_what_a_newer_version_wrote_is_shown_all_the_same() -> None:
    assert "teleported" in said("teleported", "de")


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (
            "granted",
            {"until": "2026-11-29T23:00:00+00:00"},
            "Zoe has access at Ost: plan Hot desk, until Sun 29 Nov, end of the day.",
        ),
        ("ended", {}, "The access of Zoe at Ost has ended as promised (plan Hot desk)."),
        ("key-create", {}, "The key of Zoe was set up on Members (new)."),
        ("synced", {"integration": "hq"}, "Read hq: people 1 new, 2 changed, 3 gone."),
        ("setting-changed", {"name": "members"}, "Changed: networks.members (apply)."),
        ("mail-sent", {"kind": "access-ends"}, "A mail went out to Zoe (access ends soon)."),
        (
            "mail-dropped",
            {"kind": "desk-code", "why": "too-late"},
            "A mail to Zoe was not sent (code for the desk: it would have come too late).",
        ),
        (
            "override-given",
            {"until": "2026-11-29T23:00:00+00:00"},
            "Zoe was given access at Ost by an admin, until Sun 29 Nov, end of the day.",
        ),
    ],
)
def test_some_sentences(kind: str, data: dict[str, object], expected: str) -> None:
    assert Markup(said(kind, "en", **data)).striptags() == expected


def test_every_letter_and_every_reason_why_none_went_out_has_words() -> None:
    assert set(LETTERS) == set(KINDS_OF_MAIL)
    whys = {
        whole.group(1)
        for path, tree in TREES.items()
        if path.parent.name == "mail"
        for call in calls(tree, "Drop", "_drop")
        for whole in re.finditer(r"'([a-z-]+)'", ast.unparse(call))
    }
    assert set(UNSENT) == whys


@pytest.mark.parametrize("code", sorted(languages()))
def test_a_company_that_is_named_is_no_count_of_companies(code: str) -> None:
    assert "104" in said("vlan-given", code, company="c-1", name="Elbe", vlan=104)


def test_what_was_found_is_told_in_the_readers_language() -> None:
    found = said("finding", "de", summary="No location uses the network members: nobody gets a key there.")
    assert "Kein Standort benutzt das Netzwerk members: Niemand bekommt dort einen Schlüssel." in found
