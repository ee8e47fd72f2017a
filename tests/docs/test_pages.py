"""Does what README and docs say exist: files, anchors, tests, commands, options, functions, samples?"""

import ast
import os
import pkgutil
import re
import subprocess
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import typer

from cusna_core.api import Limits, driver, hooks, source
from cusna_core.cli import reference as commands_reference
from cusna_core.cli.commands import app
from cusna_core.config import file, models, plugins, program, reference, resolve
from cusna_core.config.models import KINDS
from cusna_core.demo.panel import NOBODY_TITLE
from cusna_core.demo.people import SPOTS

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")],
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\[([^\]\[]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
SHIPPED = ("andcards", "unifi", "meraki", "ruckus")
TABLES: dict[str, Any] = {
    title[1:-1]: model for title, model in reference.SECTIONS if re.fullmatch(r"\[\w+\]", title)
}


@pytest.fixture(params=PAGES, ids=NAMES)
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks, without the indent that they have in a list."""
    found = []
    for indent, kind, body in FENCE.findall(text):
        if kind == language:
            found.append("\n".join(line.removeprefix(indent) for line in body.splitlines()))
    return found


def prose(text: str) -> str:
    return FENCE.sub("", text)


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, functions))


@cache
def anchors(path: Path) -> frozenset[str]:
    """Headings as GitHub names them."""
    titles = re.findall(r"^#+ +(.+)$", prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", title.lower()).strip() for title in titles)
    return frozenset(title.replace(" ", "-") for title in kept)


def test_links_lead_somewhere(page: Path) -> None:
    for text, target in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{text} leads to {target}, which is not there"
        assert aim.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(aim), f"{target}: there is no such heading"
        if text.startswith("test_") and text != aim.name:
            assert text in functions_of(aim), f"{path} has no {text}"


def test_every_sentence_of_what_it_does_has_its_story() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text.split("## What it does", 1)[1].split("\n## ", 1)[0]
    items = part.split("\n- ")[1:]
    assert len(items) >= 8
    for one in items:
        told = [target for name, target in LINK.findall(one) if name.startswith("test_")]
        assert told, one
        assert all(target.startswith("tests/story/") for target in told), one


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs/images").iterdir())
    assert pictures
    used = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for one in pictures:
        assert one.stat().st_size < 150_000, one.name
        assert f"images/{one.name}" in used, f"{one.name} is shown nowhere"


def test_every_page_is_in_the_index() -> None:
    for index, folder in ((ROOT / "docs/README.md", ROOT / "docs"), *_decisions()):
        linked = {(index.parent / target).resolve() for _, target in LINK.findall(index.read_text())}
        for one in folder.rglob("*.md"):
            if one.parent.name == "decisions" and index.parent != one.parent and one.name != "README.md":
                continue
            assert one == index or one.resolve() in linked, f"{index.parent.name} does not link {one.name}"


def _decisions() -> list[tuple[Path, Path]]:
    return [(ROOT / "docs/decisions/README.md", ROOT / "docs/decisions")]


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [one.name[:4] for one in (ROOT / "docs/decisions").glob("0*.md")]
    assert len(numbers) == len(set(numbers))


# Commands


def test_the_reference_of_the_commands_is_current() -> None:
    text = (ROOT / commands_reference.PAGE).read_text(encoding="utf-8")
    assert text == commands_reference.page(), "run script/docs and commit what it writes"


def invoked(text: str) -> list[list[str]]:
    """Each `cusna WORD …` in a code span or a shell block, in words."""
    lines = [one for block in blocks(text, "sh") for one in block.splitlines()] + SPAN.findall(prose(text))
    found = []
    for line in lines:
        for part in re.split(r"&&|;|\|", line.split("#", 1)[0]):
            words = part.split()
            while words and words[0] in ("sudo", "-u"):
                words = words[2:] if words[0] == "-u" else words[1:]
            if len(words) > 1 and words[0] == "cusna":
                found.append(words[1:])
    return found


def test_commands_that_are_named_exist(page: Path) -> None:
    for name, *rest in invoked(page.read_text(encoding="utf-8")):
        if name.startswith("--") or name == "COMMAND":
            continue
        assert name in COMMANDS, f"there is no `cusna {name}`"
        known = {option for one in COMMANDS[name].params for option in one.opts} | {"--help"}
        for word in rest:
            if word.startswith("-"):
                assert word in known, f"`cusna {name}` has no {word}"


def test_scripts_that_are_named_exist(page: Path) -> None:
    for name in re.findall(r"\bscript/([a-z-]+)", page.read_text(encoding="utf-8")):
        path = ROOT / "script" / name
        assert path.exists(), f"there is no script/{name}"
        assert path.is_dir() or os.access(path, os.X_OK), f"script/{name} cannot be run"


# Configuration


@pytest.fixture(scope="module")
def registry() -> plugins.Registry:
    missing = set(SHIPPED) - {point.name for point in entry_points(group="cusna")}
    if missing:
        pytest.skip(f"{', '.join(sorted(missing))} is not installed: run script/setup")
    return plugins.load([*SHIPPED, "webhook"])


Table = dict[str, Any]


def options_of(registry: plugins.Registry, kind: str, table: Table, whole: Table) -> set[str]:
    """Every option that a table may have."""
    if kind == "sinks":
        own = registry.sinks[table["type"]].options_class.model_fields
        return {*models.Sink.model_fields, *own}
    known = set(KINDS[kind.removesuffix("s")].model_fields)
    if kind == "integrations":
        known |= set(registry.sources[table["type"]].options_class.model_fields)
    elif kind == "controllers":
        known |= set(registry.drivers[table["type"]].options_class.model_fields)
    elif kind == "networks":
        holder = whole.get("controllers", {}).get(table["controller"])
        drivers = [registry.drivers[holder["type"]]] if holder else registry.drivers.values()
        known |= {name for one in drivers for name in one.network_options_class.model_fields}
    return known


def test_options_in_samples_exist(page: Path, registry: plugins.Registry) -> None:
    for block in blocks(page.read_text(encoding="utf-8"), "toml"):
        sample = tomllib.loads(block)
        if "project" in sample:
            continue
        for name, table in sample.items():
            if name in ("integrations", "controllers", "networks", "locations", "sinks"):
                for one in table.values():
                    surplus = set(one) - options_of(registry, name, one, sample)
                    assert not surplus, f"[{name}.…] has no option {surplus}"
            elif name in TABLES:
                assert set(table) <= set(TABLES[name].model_fields), name
            else:
                assert name in program.General.model_fields, name


def test_options_in_sentences_exist(page: Path) -> None:
    """A word like `vlan_pool` is an option, or a word of the plugin interface, or a package of ours."""
    reference = "\n".join(one.read_text() for one in (ROOT / "docs/reference").rglob("*.md"))
    known = set(re.findall(r"[`\"](\w+)[`\"]", reference))  # options, and values of options
    known |= {name for one in (hooks, driver, source) for name in vars(one)}
    known |= {name for one in (driver.Controller, driver.Network, source.Source, Limits) for name in dir(one)}
    known |= {"cusna_core", *_installed()}
    if page.parent.name == "decisions":
        pytest.skip("a record says how it was when it was written")
    for word in SPAN.findall(prose(page.read_text(encoding="utf-8"))):
        if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", word):
            assert word in known, f"`{word}` is no option"


def test_the_sample_of_the_readme_is_good(tmp_path: Path, registry: plugins.Registry) -> None:
    (sample,) = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "toml")
    path = tmp_path / "cusna.toml"
    path.write_text(sample)
    path.chmod(0o600)
    secrets = dict.fromkeys(re.findall(r'"env:(\w+)"', sample), "secret")
    got = file.read(path, secrets)
    setup = resolve.resolve(got, registry)
    assert setup.findings == ()
    assert setup.networks["members"].apply is False
    assert set(setup.locations) == {"kreuzberg"}


# The demo


def test_the_first_day_names_what_the_demo_has(registry: plugins.Registry) -> None:
    text = " ".join((ROOT / "docs/tutorial/first-day.md").read_text(encoding="utf-8").split())
    assert f"beside *{NOBODY_TITLE}*" in text
    number = ("no", "one", "two", "three", "four", "five", "six")[len(SPOTS)]
    assert f"its {number} locations appear" in text
    around = re.search(r"Around it run ([^.]+)", text)
    assert around is not None
    for name in {registry.drivers[spot.vendor].title.split()[-1] for spot in SPOTS} - {"One"}:
        assert name in around[1], f"the demo has a {name}"


# Functions


def test_functions_of_the_walk_exist() -> None:
    """Each `module.function` of the life of a booking is there, by that name."""
    text = (ROOT / "docs/explanation/life-of-a-booking.md").read_text(encoding="utf-8")
    named = [one for one in SPAN.findall(text) if re.fullmatch(r"\w+(\.\w+)+", one)]
    assert len(named) > 25
    for one in named:
        path = one if one.startswith("cusna_") else f"cusna_core.{one}"
        if path.split(".")[0] not in ("cusna_core", *_installed()):
            continue
        assert callable(pkgutil.resolve_name(path)), one


def _installed() -> list[str]:
    return [f"cusna_{point.name}" for point in entry_points(group="cusna")]


# What never stands in a tracked file


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout: nothing is tracked")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_tracked_file_names_where_it_was_made() -> None:
    """No host of a package registry or a mirror of one, and no path of a machine on which we worked."""
    hosts = r"(?:files\.)?python" + r"hosted\.org|" + r"pypi\." + r"org/simple|index-" + r"url\s*=\s*http"
    paths = r"(?<![\w.}$\"'])/(?:" + "work" + r"|Users/\w+|home/\w+)/[\w.]+"
    never = re.compile(f"{hosts}|{paths}")
    for path in tracked():
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" in content[:4096]:
            continue
        found = never.search(content.decode("utf-8", "replace"))
        assert found is None, f"{path.relative_to(ROOT)} names a place"


def test_nobody_is_told_to_install_the_name_of_somebody_else(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"pip install (?:-\S+ )*[\"']?cusna(?![\w-])", text):
        before = text[max(0, found.start() - 40) : found.start()].lower()
        assert "never" in before or "ever says" in before, text[found.start() - 40 : found.end()]
