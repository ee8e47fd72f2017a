"""The page of events says what the code says."""

from pathlib import Path

from cusna_core.api import EVENTS
from cusna_core.cli import event_reference
from cusna_core.config import plugins, reference

ROOT = Path(__file__).parents[2]
STALE = "is not what the code says now: run script/docs and commit what it writes"


def test_the_page_is_current_and_whole() -> None:
    text = (ROOT / event_reference.FOLDER / event_reference.PAGE).read_text(encoding="utf-8")
    assert text == event_reference.page(), f"events.md {STALE}"
    assert event_reference.DATA.keys() == EVENTS.keys()
    for type_ in EVENTS:
        assert f"| `{type_}` |" in text


def test_the_options_of_a_webhook() -> None:
    page = Path("plugins/webhook.md")
    current = reference.pages(plugins.load(["webhook"]))[page]
    assert (ROOT / reference.FOLDER / page).read_text(encoding="utf-8") == current, f"{page} {STALE}"
