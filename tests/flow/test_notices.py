"""Who is told that their access ends soon, and who is left in peace?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.flow.notices import MENDED, WORTH_IT, ending
from cusna_core.flow.world import Because, Kind, Right

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 3
SOON = NOON + 2 * DAY
PLAN = Right("p", "mia", "hall", NOON - 60 * DAY, SOON, Because(Kind.PLAN, "Hot desk", "sub-1"))
DESK = replace(PLAN, id="d", because=Because(Kind.DESK, "Desk 4", "b-1"))
NEXT = replace(PLAN, id="n", starts=SOON, ends=SOON + 30 * DAY)


def told(
    *rights: Right, coming: tuple[Right, ...] = (), now: datetime = NOON, days: int = DAYS
) -> Right | None:
    return ending(rights, coming, now, BERLIN, days)


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ((PLAN,), PLAN),
        ((replace(PLAN, because=Because(Kind.OVERRIDE, "note", "o")),), "override"),
        ((), None),
        ((DESK,), None),
        ((PLAN, replace(DESK, ends=SOON + DAY)), None),
        ((PLAN, replace(PLAN, id="open", ends=None)), None),
        ((PLAN, replace(PLAN, id="longer", ends=NOON + 20 * DAY)), None),
        ((PLAN, replace(PLAN, id="shorter", ends=NOON + DAY)), PLAN),
        ((replace(PLAN, ends=NOON + DAYS * DAY),), "the first moment"),
        ((replace(PLAN, ends=NOON + DAYS * DAY + timedelta(seconds=1)),), None),
        ((replace(PLAN, ends=NOON),), None),
        ((replace(PLAN, starts=SOON - WORTH_IT * DAYS * DAY),), None),
        ((replace(PLAN, starts=SOON - WORTH_IT * DAYS * DAY - timedelta(hours=1)),), "long enough"),
    ],
)
def test_whose_end_is_told(rights: tuple[Right, ...], expected: object) -> None:
    found = told(*rights)
    assert (found is None) == (expected is None)
    if isinstance(expected, Right):
        assert found == expected


@pytest.mark.parametrize(
    ("coming", "is_told"),
    [
        ((NEXT,), False),
        ((replace(NEXT, ends=None),), False),
        ((replace(NEXT, starts=SOON + MENDED),), False),
        ((replace(NEXT, starts=SOON + MENDED + timedelta(minutes=1)),), True),
        ((replace(NEXT, ends=SOON),), True),
    ],
)
def test_what_follows_goes_on(coming: tuple[Right, ...], is_told: bool) -> None:
    assert (told(PLAN, coming=coming) is not None) is is_told


@pytest.mark.parametrize(("hour", "is_told"), [(7, False), (8, True), (18, True), (19, False), (0, False)])
def test_only_in_the_daytime_of_the_place(hour: int, is_told: bool) -> None:
    now = datetime(2026, 11, 23, hour, 30, tzinfo=BERLIN).astimezone(UTC)
    assert (told(PLAN, now=now) is not None) is is_told


def test_nobody_is_told_where_it_is_off() -> None:
    assert told(PLAN, days=0) is None


@given(
    days=st.integers(0, 28),
    hours=st.integers(-100, 2000),
    length=st.integers(1, 3000),
    hour=st.integers(0, 23),
)
def test_an_end_that_is_told_is_ahead_and_within_the_notice(
    days: int, hours: int, length: int, hour: int
) -> None:
    now = NOON.replace(hour=hour)
    ends = now + timedelta(hours=hours)
    found = ending([replace(PLAN, starts=ends - timedelta(hours=length), ends=ends)], (), now, BERLIN, days)
    if found is not None:
        assert found.ends == ends
        assert timedelta(0) < ends - now <= days * DAY
        assert timedelta(hours=length) > WORTH_IT * days * DAY
