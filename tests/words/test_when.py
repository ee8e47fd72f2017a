"""How is an end told: exclusive instants, midnights, clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cusna_core.words import duration, language, moment, until

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # Monday, 13:00 in Berlin


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("ends", "english", "german"),
    [
        (None, "no end date", "ohne Enddatum"),
        (
            "2026-11-23T23:00",
            "until midnight tonight (Mon 23 → Tue 24)",
            "bis heute um Mitternacht (Mo 23. → Di 24.)",
        ),
        ("2026-11-23T17:00", "until today, 18:00", "bis heute, 18:00 Uhr"),
        ("2026-11-23T22:59", "until today, 23:59", "bis heute, 23:59 Uhr"),
        ("2026-11-24T23:00", "until Tue 24 Nov, end of the day", "bis Di, 24. Nov, Ende des Tages"),
        ("2026-11-30T23:00", "until Mon 30 Nov, end of the day", "bis Mo, 30. Nov, Ende des Tages"),
        ("2026-12-31T23:00", "until Thu 31 Dec 2026, end of the day", "bis Do, 31. Dez 2026, Ende des Tages"),
        ("2026-12-18T17:00", "until Fri 18 Dec 2026, 18:00", "bis Fr, 18. Dez 2026, 18:00 Uhr"),
        ("2026-11-25T17:00", "until Wed 25 Nov, 18:00", "bis Mi, 25. Nov, 18:00 Uhr"),
    ],
)
def test_until(ends: str | None, english: str, german: str) -> None:
    at = utc(ends) if ends else None
    assert until(at, BERLIN, NOW, language("en")) == english
    assert until(at, BERLIN, NOW, language("de")) == german


@pytest.mark.parametrize(
    ("zone", "now", "ends", "said"),
    [
        # Spring forward at midnight: the local day 2026-03-29 in Beirut begins at 01:00.
        ("Asia/Beirut", "2026-03-28T12:00", "2026-03-28T22:00", "until midnight tonight (Sat 28 → Sun 29)"),
        # Autumn in Havana: 01:00 becomes 00:00 once more; the day ends at its first midnight only.
        ("America/Havana", "2026-10-31T12:00", "2026-11-01T04:00", "until midnight tonight (Sat 31 → Sun 1)"),
        ("America/Havana", "2026-10-31T12:00", "2026-11-01T05:00", "until Sun 1 Nov, 00:00"),
        # Samoa skipped 30 December 2011 altogether.
        ("Pacific/Apia", "2011-12-29T20:00", "2011-12-30T10:00", "until midnight tonight (Thu 29 → Sat 31)"),
        (
            "Asia/Kathmandu",
            "2026-11-23T12:00",
            "2026-11-23T18:15",
            "until midnight tonight (Mon 23 → Tue 24)",
        ),
    ],
)
def test_until_where_clocks_change(zone: str, now: str, ends: str, said: str) -> None:
    assert until(utc(ends), ZoneInfo(zone), utc(now), language("en")) == said


def test_tonight_is_the_place_s_own() -> None:
    late = utc("2026-11-23T23:30")  # it is Tuesday in Berlin already
    assert until(utc("2026-11-24T23:00"), BERLIN, late, language("en")) == (
        "until midnight tonight (Tue 24 → Wed 25)"
    )
    assert moment(utc("2026-11-23T22:30"), BERLIN, late, language("en")) == "Mon 23 Nov, 23:30"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (30, "30 seconds"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (600, "10 minutes"),
        (1800, "30 minutes"),
        (5401, "2 hours"),
        (7200, "2 hours"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds, language("en")) == said
