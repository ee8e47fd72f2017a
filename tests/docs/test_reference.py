"""The generated pages of docs/reference are current, complete, and name no secret value."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cusna_core.api import Options
from cusna_core.config import file, models, plugins, program, reference, resolve
from cusna_core.config.models import KINDS
from cusna_core.config.program import General, Mail, Plugins

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    path.parent.name.removeprefix("cusna_") for path in (ROOT / "plugins").glob("*/pyproject.toml")
)
INSTALLED = {point.name for point in entry_points(group="cusna")}
STALE = "is not what the code says now: run script/docs and commit what it writes"


def test_the_reference_of_the_file_is_current() -> None:
    text = (ROOT / reference.FOLDER / "configuration.md").read_text(encoding="utf-8")
    assert text == reference.reference(), f"docs/reference/configuration.md {STALE}"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_reference_of_each_plugin_is_current(name: str) -> None:
    if name not in INSTALLED:
        pytest.skip(f"cusna-{name} is not installed: run script/setup")
    page = Path("plugins") / f"{name}.md"
    current = reference.pages(plugins.load([name]))[page]
    assert (ROOT / reference.FOLDER / page).read_text(encoding="utf-8") == current, f"{page} {STALE}"


@pytest.mark.parametrize("model", [General, Plugins, Mail, *KINDS.values()])
def test_every_option_has_a_title_and_a_description(model: type[Options]) -> None:
    assert (model.__doc__ or "").endswith(".")
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith((".", ")")), name
        assert f"| `{name}` |" in reference.reference()


def test_every_model_of_the_file_is_in_the_reference() -> None:
    named = {**vars(models), **vars(program)}.values()
    ours = {one for one in named if isinstance(one, type) and issubclass(one, Options)}
    assert ours - {Options} == {model for _, model in reference.SECTIONS}


def test_the_pages_are_written_where_the_docs_link_to(tmp_path: Path) -> None:
    registry = plugins.load(sorted(INSTALLED)[:1])
    reference.write(tmp_path, registry)
    assert (tmp_path / "configuration.md").read_text(encoding="utf-8") == reference.reference()
    assert len(list((tmp_path / "plugins").glob("*.md"))) == len(sorted(INSTALLED)[:1])


def test_the_sample_is_good() -> None:
    names = ("SMTP_USER", "SMTP_PASSWORD", "ANDCARDS_ID", "ANDCARDS_SECRET", "UNIFI_KEY")
    secrets = dict.fromkeys(names, "secret")
    got = file.read(ROOT / reference.FOLDER / "sample.toml", secrets)
    missing = set(got.plugins.enable) - INSTALLED
    if missing:
        pytest.skip(f"{', '.join(sorted(missing))} is not installed: run script/setup")
    setup = resolve.resolve(got, plugins.load(got.plugins.enable))
    assert setup.findings == ()
    assert setup.networks["members"].apply is False
    assert set(setup.locations) == {"kreuzberg"}
