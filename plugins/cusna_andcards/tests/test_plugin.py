"""Is the plugin found, and do its options say what they want?"""

from importlib.metadata import entry_points
from typing import Any

import pluggy
import pytest
from pydantic import ValidationError

import cusna_andcards
from cusna_andcards.fake import AndcardsFake
from cusna_andcards.options import AndcardsOptions
from cusna_andcards.source import AndcardsSource, SpacebringSource
from cusna_core.api import hooks

PAIR = {"client_id": "a", "client_secret": "b"}


def test_the_hooks() -> None:
    plugins = pluggy.PluginManager(hooks.GROUP)
    plugins.add_hookspecs(hooks)
    plugins.register(cusna_andcards, "andcards")
    plugins.check_pending()
    assert plugins.hook.cusna_sources() == [[AndcardsSource, SpacebringSource]]
    assert plugins.hook.cusna_fakes() == [[AndcardsFake]]
    assert plugins.hook.cusna_drivers() == []


def test_the_entry_point() -> None:
    [found] = entry_points(group=hooks.GROUP, name="andcards")
    assert found.load() is cusna_andcards


def test_both_names() -> None:
    assert (AndcardsSource.type, SpacebringSource.type) == ("andcards", "spacebring")
    assert (AndcardsSource.title, SpacebringSource.title) == ("Andcards", "Spacebring")
    assert AndcardsFake.type == AndcardsSource.type


def test_the_pair_is_enough() -> None:
    options = AndcardsOptions.model_validate(PAIR)
    assert options.base_url == "https://api.spacebring.com"
    assert (options.auth_mode, options.requests_per_second) == ("basic", 8)
    assert (options.end_date_is_inclusive, options.end_date_grace_hours) == ("auto", 0)
    assert not options.include_attendees
    assert not options.tentative_counts


@pytest.mark.parametrize("value", ["auto", True, False])
def test_the_end_date_rule(value: Any) -> None:
    options = AndcardsOptions.model_validate({**PAIR, "end_date_is_inclusive": value})
    assert options.end_date_is_inclusive is value or options.end_date_is_inclusive == value


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"base_url": "http://api.spacebring.com"}, "https"),
        ({"auth_mode": "client_credentials"}, "needs token_url"),
        ({"auth_mode": "bearer"}, "auth_mode"),
        ({"requests_per_second": 0}, "requests_per_second"),
        ({"requests_per_second": 11}, "requests_per_second"),
        ({"desk_types": [""]}, "desk_types"),
        ({"network_id": "a\r\nb"}, "network_id"),
        ({"end_date_grace_hours": -1}, "end_date_grace_hours"),
        ({"end_date_is_inclusive": "perhaps"}, "end_date_is_inclusive"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_wrong_options(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        AndcardsOptions.model_validate({**PAIR, **changes})


def test_every_option_has_a_label_and_a_help_line() -> None:
    for name, field in AndcardsOptions.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
