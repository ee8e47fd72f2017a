"""Plugins: the good ones work, whatever the bad ones do."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import cusna_core
from cusna_core.api import Finding, Level
from cusna_core.config import plugins
from cusna_core.config.plugins import Installed, Registry

from .conftest import PLUGIN, Distribute


def one(registry: Registry, name: str = "odd") -> Finding:
    """The one finding, which is about this plugin; and the good plugin works."""
    (finding,) = registry.findings
    assert finding.level is Level.ERROR
    assert finding.path == "plugins.enable"
    assert finding.about == name
    assert set(registry.sources) == {"club"}
    assert set(registry.drivers) == {"box"}
    return finding


@pytest.fixture(autouse=True)
def good(distribute: Distribute) -> None:
    distribute("vendor", PLUGIN)


def test_a_good_plugin() -> None:
    registry = plugins.load(["vendor"])
    assert registry.findings == ()
    assert registry.sources["club"].title == "Club"
    assert registry.drivers["box"].title == "Box"
    assert registry.installed == (
        Installed("vendor", "cusna-vendor", "1.2", True, sources=("club",), drivers=("box",)),
    )


def test_what_is_not_enabled_is_not_imported(distribute: Distribute) -> None:
    module = distribute("other", "raise SystemExit('imported')")
    registry = plugins.load(["vendor", "vendor"])
    assert registry.findings == ()
    assert module not in sys.modules
    assert registry.installed[0] == Installed("other", "cusna-other", "1.2")


def test_nothing_enabled() -> None:
    registry = plugins.load([])
    assert (registry.sources, registry.drivers, registry.findings) == ({}, {}, ())


def test_one_that_is_not_installed() -> None:
    finding = one(plugins.load(["vendor", "Ruckus_One"]), "Ruckus_One")
    assert finding.code == "plugins.absent"
    assert "cusna-ruckus-one" in finding.fix
    # Nothing of ours is on an index, and a name there may be anybody's.
    assert "pip install" not in finding.fix


@pytest.mark.parametrize("name", ["vendr", "Vendor", "cusna-vendor", "cusna_vendor"])
def test_a_misspelt_one(name: str) -> None:
    finding = one(plugins.load(["vendor", name]), name)
    assert finding.code == "plugins.misspelt"
    assert finding.fix.startswith("Did you mean vendor?")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import cusna_no_such_module", "(ModuleNotFoundError, cusna_no_such_module)"),
        ("raise ImportError('canary')", "(ImportError)"),
        ("raise ValueError('canary')", "(ValueError)"),
        ("def", "(SyntaxError)"),
        ("raise SystemExit('canary')", "(SystemExit)"),
        (None, "(ModuleNotFoundError, cusna_test_cusna_odd)"),
    ],
)
def test_one_that_cannot_be_imported(distribute: Distribute, code: str | None, what: str) -> None:
    distribute("odd", code)
    registry = plugins.load(["odd", "vendor"])
    finding = one(registry)
    assert finding.code == "plugins.broken"
    assert what in finding.summary
    assert "canary" not in f"{finding}"
    assert 'python -c "import cusna_test_cusna_odd"' in finding.fix
    assert registry.installed[0].problem == finding.summary


@pytest.mark.parametrize("hook", ["sources", "drivers"])
@pytest.mark.parametrize("error", ["ValueError('canary')", "SystemExit(3)"])
def test_one_whose_hook_fails(distribute: Distribute, hook: str, error: str) -> None:
    distribute("odd", f"from cusna_core.api import hookimpl\n@hookimpl\ndef cusna_{hook}(): raise {error}")
    finding = one(plugins.load(["odd", "vendor"]))
    assert finding.code == "plugins.broken"
    assert f"fails in cusna_{hook} ({error.split('(')[0]})" in finding.summary
    assert "canary" not in finding.summary


def test_an_unknown_hook(distribute: Distribute) -> None:
    distribute("odd", "from cusna_core.api import hookimpl\n@hookimpl\ndef cusna_driver(): return []")
    finding = one(plugins.load(["vendor", "odd"]))
    assert finding.code == "plugins.hooks"
    assert "has a hook cusna_driver, which Cusna does not know" in finding.summary
    assert finding.fix == "Did its author mean cusna_drivers?"
    distribute("far", "from cusna_core.api import hookimpl\n@hookimpl\ndef paint(): return []")
    finding = one(plugins.load(["vendor", "far"]), "far")
    assert finding.fix == "Hooks are cusna_drivers, cusna_fakes, cusna_sinks, cusna_sources."


def test_a_hook_for_another_core_may_be_optional(distribute: Distribute) -> None:
    code = PLUGIN.replace('"club"', '"c"').replace('"box"', '"b"')
    distribute("odd", f"{code}\n@hookimpl(optionalhook=True)\ndef cusna_later(): return []")
    assert plugins.load(["odd"]).findings == ()


def test_a_hook_with_strange_arguments(distribute: Distribute) -> None:
    distribute("odd", "from cusna_core.api import hookimpl\n@hookimpl\ndef cusna_drivers(config): return []")
    finding = one(plugins.load(["vendor", "odd"]))
    assert finding.code == "plugins.hooks"
    assert "takes other arguments" in finding.summary


@pytest.mark.parametrize(
    ("requires", "core", "loads"),
    [
        ("cusna-core>=0.1,<0.2", "0.1.5", True),
        ("cusna_core (>=0.1)", "0.2.dev1", True),
        ("cusna-core>=9", "0.1.0", False),
        ("Cusna.Core<0.1", "0.1.0", False),
        ("cusna-core>=9; python_version < '3'", "0.1.0", True),
        ("something-else>=9", "0.1.0", True),
        ("not a requirement !!", "0.1.0", True),
        ("", "0.1.0", True),
    ],
)
def test_the_version_of_the_core(distribute: Distribute, requires: str, core: str, loads: bool) -> None:
    code = PLUGIN.replace('"club"', '"club_two"').replace('"box"', '"box_two"')
    module = distribute("odd", code, requires=requires, version="7.0")
    registry = plugins.load(["odd"], version=core)
    assert ("club_two" in registry.sources) is loads
    assert (module in sys.modules) is loads, "the version is judged before the import"
    if not loads:
        (finding,) = registry.findings
        assert finding.code == "plugins.version"
        assert (
            f"(cusna-odd 7.0) is made for cusna-core {requires[10:]}, and this is {core}" in finding.summary
        )


def test_the_real_version_of_the_core_is_asked(distribute: Distribute) -> None:
    distribute("odd", PLUGIN, requires=f"cusna-core!={cusna_core.__version__}")
    assert one(plugins.load(["vendor", "odd"])).code == "plugins.version"


def test_two_plugins_with_one_type(distribute: Distribute) -> None:
    distribute("twin", PLUGIN.replace('"club"', '"club_two"'))
    registry = plugins.load(["vendor", "twin"])
    assert set(registry.sources) == {"club", "club_two"}
    assert registry.drivers == {}, "credentials never go to whichever comes first"
    assert [(finding.code, finding.about) for finding in registry.findings] == [
        ("plugins.clash", "vendor box"),
        ("plugins.clash", "twin box"),
    ]
    assert "The plugins vendor and twin both bring" in registry.findings[0].summary
    assert all(row.problem for row in registry.installed)


def test_two_packages_with_one_name(distribute: Distribute) -> None:
    first = distribute("odd", "", distribution="cusna-odd")
    second = distribute("odd", "", distribution="evil-odd")
    registry = plugins.load(["vendor", "odd"])
    finding = one(registry)
    assert finding.code == "plugins.clash"
    assert "cusna-odd 1.2 and evil-odd 1.2" in finding.summary
    assert not {first, second} & set(sys.modules)


GOOD_CLASS = (
    "from cusna_test_cusna_vendor import Box, Club, Controller, Options\n"
    "from cusna_core.api import hookimpl\n"
)
ANSWERS = [
    ("drivers", "return 3", "returns int from cusna_drivers instead of a list of classes"),
    ("drivers", "return 'Box'", "returns str from cusna_drivers"),
    ("drivers", "return Box", "returns ABCMeta from cusna_drivers"),
    ("drivers", "return ['Box']", "returns an object of str from cusna_drivers"),
    ("drivers", "return [int]", "returns int from cusna_drivers, which is no subclass of Controller"),
    ("drivers", "return [Club]", "returns Club from cusna_drivers, which is no subclass of Controller"),
    ("sources", "return [Box]", "returns Box from cusna_sources, which is no subclass of Source"),
    ("drivers", "return [Controller]", "has an unfinished Controller: network, networks is missing"),
    ("drivers", "return [type('A', (Box,), {'type': 'Big Box'})]", "has no good `type` in A"),
    ("drivers", "return [type('A', (Box,), {'type': 7})]", "has no good `type` in A"),
    ("drivers", "return [type('A', (Box,), {'title': ''})]", "has no `title` in A"),
    (
        "drivers",
        "return [type('A', (Box,), {'options_class': dict})]",
        "has no `options_class` derived from Options",
    ),
    ("drivers", "return [type('A', (Box,), {'network_options_class': 1})]", "has no `network_options_class`"),
    (
        "drivers",
        "return [type('A', (Box,), {'network_options_class': type('O', (Options,), "
        "{'__annotations__': {'apply': bool}, '__module__': 'x'})})]",
        "has an option apply in O, a name that belongs to Cusna",
    ),
    ("drivers", "return [Box, Box]", 'brings the type "box" twice'),
    ("drivers", "return []", "brings neither a source nor a driver"),
    ("drivers", "return None", "brings neither a source nor a driver"),
]


@pytest.mark.parametrize(("hook", "answer", "what"), ANSWERS)
def test_garbage_from_a_hook(distribute: Distribute, hook: str, answer: str, what: str) -> None:
    distribute("odd", f"{GOOD_CLASS}@hookimpl\ndef cusna_{hook}(): {answer}")
    finding = one(plugins.load(["vendor", "odd"]))
    assert finding.code == "plugins.answer"
    assert what in finding.summary


def test_an_async_hook(distribute: Distribute) -> None:
    distribute("odd", f"{GOOD_CLASS}@hookimpl\nasync def cusna_drivers(): return [Box]")
    finding = one(plugins.load(["vendor", "odd"]))
    assert "has an async cusna_drivers; hooks are plain functions" in finding.summary


FAKE = """
from cusna_core.api import Fake, hookimpl
class InABox(Fake):
    type = "box"
    async def start(self, port=0): return ""
    async def stop(self): ...
    def options(self): return {}
@hookimpl
def cusna_fakes(): return [InABox]
"""


def test_fakes_are_asked_for_by_tests_and_the_demo_only(distribute: Distribute, site: Path) -> None:
    distribute("boxed", PLUGIN.replace('"club"', '"c"').replace('"box"', '"b"') + FAKE)
    assert plugins.load(["boxed"]).fakes == {}
    registry = plugins.load(["boxed"], fakes=True)
    assert list(registry.fakes) == ["box"]
    assert registry.installed[0].fakes == ("box",)


def test_a_plugin_may_bring_a_fake_alone(distribute: Distribute) -> None:
    distribute("odd", FAKE)
    assert plugins.load(["odd"], fakes=True).findings == ()


def test_a_fake_that_cannot_be_imported_hurts_the_demo_only(distribute: Distribute) -> None:
    code = PLUGIN.replace('"club"', '"c"').replace('"box"', '"b"')
    distribute("odd", f"{code}\n@hookimpl\ndef cusna_fakes(): import cusna_no_such_module")
    assert plugins.load(["odd"]).findings == ()
    assert one(plugins.load(["odd", "vendor"], fakes=True)).code == "plugins.broken"


def test_an_entry_point_without_a_package(monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    bare = EntryPoint("bare", "cusna_test_no_such", "cusna")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [bare])
    registry = plugins.load(["bare"])
    assert "(unknown package) cannot be imported" in registry.findings[0].summary
    assert registry.installed == (
        Installed("bare", "unknown package", "", True, problem=registry.findings[0].summary),
    )
