"""Does an admin who reads German get every field of the forms in German?"""

from collections.abc import Iterator

import pytest

from cusna_core.words import language
from cusna_ruckus import cusna_drivers

SAME = {"Region", "SSID", "WLAN", "Zone"}
"""Called the same in both languages."""


def texts() -> Iterator[str]:
    for driver in cusna_drivers():
        for options in (driver.options_class, driver.network_options_class):
            for name, field in options.model_fields.items():
                assert field.title, name
                assert field.description, name
                yield field.title
                yield field.description


@pytest.mark.parametrize("text", sorted(set(texts()) - SAME))
def test_a_form_is_german_for_who_reads_german(text: str) -> None:
    assert language("de").text(text) != text
