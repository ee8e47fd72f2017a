"""Is all in the wheels that people need, and nothing else? Run by script/wheels, where they are installed.

Not collected with the other tests: only there do the variables say where wheels and checkout are.
"""

import fnmatch
import os
import sys
import tomllib
import zipfile
from importlib import import_module
from importlib.metadata import distribution, entry_points
from pathlib import Path, PurePosixPath

import pytest

WHEELS = sorted(Path(os.environ["CUSNA_WHEELS"]).glob("*.whl"))
CHECKOUT = Path(os.environ["CUSNA_CHECKOUT"])
SOURCES = {path.name: path for path in (CHECKOUT / "src/cusna_core", *CHECKOUT.glob("plugins/*/src/cusna_*"))}
NEEDED = {
    "cusna_core": (
        "py.typed",
        "mail/templates/*",
        "scaffold/templates/driver/*",
        "scaffold/templates/source/*",
        "store/schema/*.sql",
        "web/static/*.css",
        "web/static/*.js",
        "web/templates/*.html",
        "words/*.po",
    ),
}


@pytest.fixture(params=WHEELS, ids=[path.name.partition("-")[0] for path in WHEELS])
def wheel(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def name_of(wheel: Path) -> str:
    return wheel.name.partition("-")[0]


def files(wheel: Path) -> dict[str, bytes]:
    """What is in it, its own papers left out."""
    with zipfile.ZipFile(wheel) as packed:
        names = [one for one in packed.namelist() if ".dist-info/" not in one and not one.endswith("/")]
        return {one: packed.read(one) for one in names}


def test_there_is_one_wheel_for_the_core_and_each_plugin() -> None:
    assert {name_of(one) for one in WHEELS} == set(SOURCES)


def test_a_wheel_holds_its_package_to_the_letter_and_nothing_else(wheel: Path) -> None:
    source = SOURCES[name_of(wheel)]
    there = {
        path.relative_to(source.parent).as_posix(): path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files(wheel) == there


def test_no_tests_no_caches_no_secrets_are_in_it(wheel: Path) -> None:
    for name in files(wheel):
        path = PurePosixPath(name)
        if path.suffix == ".jinja":
            continue  # a plugin to be: its tests are templates
        assert not {"tests", "__pycache__", "conftest.py"} & set(path.parts), name
        assert not path.name.startswith("test_"), name
        assert path.suffix not in {".pyc", ".key", ".db", ".toml", ".log"}, name


def test_types_templates_words_and_looks_are_in_it(wheel: Path) -> None:
    name = name_of(wheel)
    names = [one.removeprefix(f"{name}/") for one in files(wheel)]
    for pattern in NEEDED.get(name, ("py.typed",)):
        assert fnmatch.filter(names, pattern), f"{name}: nothing like {pattern}"


def test_what_is_imported_is_what_is_installed(wheel: Path) -> None:
    module = import_module(name_of(wheel))
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(sys.prefix), f"imported from {module.__file__}"
    assert not any(Path(one).is_relative_to(CHECKOUT / "src") for one in sys.path if one)


def test_it_says_what_it_is(wheel: Path) -> None:
    told = distribution(name_of(wheel).replace("_", "-")).metadata
    assert told["Requires-Python"] == ">=3.11"
    assert told["License-Expression"] == "MIT"
    assert len(told.get_payload()) > 200, "the README is missing"


def test_every_plugin_is_found() -> None:
    """Those that the core brings, and at least one of each other wheel."""
    papers = [CHECKOUT / "pyproject.toml", *CHECKOUT.glob("plugins/*/pyproject.toml")]
    told = [
        tomllib.loads(one.read_text(encoding="utf-8"))["project"]["entry-points"]["cusna"] for one in papers
    ]
    assert all(told)
    assert {one.name for one in entry_points(group="cusna")} == {name for points in told for name in points}
