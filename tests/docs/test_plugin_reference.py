"""The pages for plugins are current and complete, and what they say of errors is what the engine does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cusna_core.api import (
    AuthFailed,
    Feature,
    Key,
    Limits,
    PluginError,
    Ref,
    Transient,
)
from cusna_core.cli import plugin_reference as reference
from cusna_core.cli import support_reference
from cusna_core.cli.plugin_words import ERRORS, FEATURES, HOOKS, LIMITS, MEMBERS, Whose
from cusna_core.config import plugins
from cusna_core.engine.job import LONGEST_PAUSE
from cusna_core.store import findings as finding_rows
from cusna_core.testing.memory import MemoryNetwork

from ..bench.space import space

ROOT = Path(__file__).parents[2]
STALE = "is not what the code says now: run script/docs and commit what it writes"
SHIPPED = sorted(path.parent.name.removeprefix("cusna_") for path in ROOT.glob("plugins/*/pyproject.toml"))


@pytest.mark.parametrize("page", sorted(reference.pages()), ids=str)
def test_the_pages_are_current(page: Path) -> None:
    text = (ROOT / reference.FOLDER / page).read_text(encoding="utf-8")
    assert text == reference.pages()[page], f"{page} {STALE}"


def test_the_support_matrix_is_what_the_drivers_say() -> None:
    registry = plugins.load([*SHIPPED, "memory"], fakes=True)
    if registry.findings:
        pytest.skip(f"not every plugin is installed: run script/setup ({registry.findings[0].about})")
    found = support_reference.supported(registry)
    assert {one.type for one in found} == set(registry.drivers), "a driver without a fake is left out"
    text = (ROOT / support_reference.PAGE).read_text(encoding="utf-8")
    assert text == support_reference.page(found), f"{support_reference.PAGE} {STALE}"


def test_a_feature_less_is_a_line_and_a_sentence_less() -> None:
    """The matrix follows the drivers: it is no list that somebody keeps."""
    every = support_reference.Support("acme", "Acme", ~Feature.NONE, Limits(keys=7), False)
    none = support_reference.Support("acme", "Acme", Feature.NONE, Limits(), False)
    assert "| `UPDATE` | yes |" in support_reference.page([every])
    assert "| `UPDATE` | – |" in support_reference.page([none])
    assert "Changing the passphrase makes a new key" in support_reference.page([none])
    assert "At most 7 keys" in support_reference.page([every])
    assert not set(support_reference.sentences(every)) & set(support_reference.sentences(none))


def test_what_happens_to_a_broken_plugin_is_told_whole() -> None:
    """Every finding that the loading of plugins has is in the table that authors read."""
    text = (ROOT / "docs/how-to/write-a-plugin.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`((?:plugins|setup|source|controller|network)\.[a-z-]+)`", text))
    code = "\n".join(one.read_text(encoding="utf-8") for one in (ROOT / "src/cusna_core").rglob("*.py"))
    findings = set(re.findall(r'^ +"(plugins\.[a-z-]+)",$', code, re.MULTILINE)) - {"plugins.html"}
    assert len(findings) >= 8
    assert findings <= told
    for one in told:
        assert f'"{one}"' in code, one


# Everything is explained, and nothing else


def test_every_hook_is_explained() -> None:
    assert HOOKS.keys() == reference.specs().keys()


def test_every_member_is_explained() -> None:
    there = {f"{one.__name__}.{name}" for one in reference.INTERFACES for name in reference.members(one)}
    assert MEMBERS.keys() == there


def test_every_feature_and_limit_is_explained() -> None:
    assert FEATURES.keys() == {one.name for one in Feature}
    assert LIMITS.keys() == {one.name for one in fields(Limits)}


def test_every_error_is_explained() -> None:
    assert ERRORS.keys() == {one.__name__ for one in reference.error_classes()}


# What is said of errors is so


@pytest.mark.parametrize("kind", reference.error_classes(), ids=lambda kind: kind.__name__)
async def test_whom_an_error_concerns(
    kind: type[PluginError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three first keys, of which the vendor refuses the first."""
    whose, _ = ERRORS[kind.__name__]
    async with space(tmp_path, plugins.load(["andcards", "memory"], fakes=True), "memory", {}) as here:
        here.members(3)
        await here.read()
        (wifi,) = here.core.engine.estate.wifis.values()
        create, asked = MemoryNetwork.create, []

        async def refusing(network: MemoryNetwork, key: Key) -> Ref:
            asked.append(key.label)
            if len(asked) == 1:
                raise kind("No.")
            return await create(network, key)

        monkeypatch.setattr(MemoryNetwork, "create", refusing)
        brought = await here.core.engine.bring(wifi)
        codes = {one.finding.code for one in await here.core.db.read(finding_rows.current)}
        (job,) = here.core.engine._workers["rack"]._jobs.values()
        pause = (job.due or 0.0) - here.clock.monotonic()
    assert [type(error) for _, error in brought.applied.failed] == [kind]
    if whose == Whose.KEY:
        assert (len(brought.applied.done), brought.applied.untried, brought.error) == (2, [], None)
        assert "network.refused" in codes
        return
    assert (brought.applied.done, len(brought.applied.untried)) == ([], 2)
    assert isinstance(brought.error, kind)
    assert "network.refused" not in codes
    if issubclass(kind, Transient):
        assert 1 <= pause <= 2
        assert not job.stopped
        assert not {"controller.unreachable", "controller.auth"} & codes, "one failure may pass by itself"
    else:
        assert pause == LONGEST_PAUSE
        assert job.stopped
        assert ("controller.auth" if kind is AuthFailed else "network.options") in codes
