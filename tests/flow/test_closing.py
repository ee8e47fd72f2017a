"""What does a location that is switched off still give, and whose key may leave a network?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cusna_core.flow.closing import closing
from cusna_core.flow.leaving import TO_REJOIN, Leaving, stays
from cusna_core.flow.rights import Rights
from cusna_core.flow.world import Because, Kind, Refusal, Refused, Right

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FRIDAY, MONTH = NOON + timedelta(days=4), NOON + timedelta(days=30)
HOUR = timedelta(hours=1)


def right(account: str = "a", place: str = "ost", ends: datetime | None = FRIDAY, id_: str = "") -> Right:
    because = Because(Kind.PLAN, "Hot desk", "sub-1")
    return Right(id_ or f"{account}:{place}", account, place, NOON - HOUR, ends, because)


@pytest.mark.parametrize(
    ("told", "promised", "left"),
    [
        (FRIDAY, FRIDAY, FRIDAY),
        (MONTH, FRIDAY, FRIDAY),
        (None, FRIDAY, FRIDAY),
        (FRIDAY, MONTH, FRIDAY),
        (FRIDAY, None, FRIDAY),
        (None, None, None),
    ],
)
def test_a_promise_is_kept_and_not_extended(
    told: datetime | None, promised: datetime | None, left: datetime | None
) -> None:
    found = closing(Rights((right(ends=told),), (), (), {}), [right(ends=promised)], {"ost"})
    assert [one.ends for one in found.in_force] == [left]
    assert found.refused == {}


def test_nothing_new_is_given_and_it_says_why() -> None:
    here = right("new")
    before = {("late", "ost"): Refused(Refusal.NOT_STARTED)}
    found = closing(Rights((here,), (right("late"),), (right("booked"),), before), [], {"ost"})
    assert (found.in_force, found.coming, found.claimable) == ((), (), ())
    assert {who: one.code for who, one in found.refused.items()} == {
        ("new", "ost"): Refusal.CLOSED,
        ("late", "ost"): Refusal.CLOSED,
        ("booked", "ost"): Refusal.CLOSED,
    }


def test_who_has_access_there_is_not_refused_because_of_something_new() -> None:
    kept, more = right("a"), right("a", id_="a:ost:2")
    found = closing(Rights((kept, more), (), (), {}), [kept], {"ost"})
    assert found.in_force == (kept,)
    assert found.refused == {}


def test_elsewhere_everything_goes_on() -> None:
    some = Rights((right(place="west"),), (right("b", "west"),), (right("c", "west"),), {})
    assert closing(some, [], {"ost"}) == some
    assert closing(some, [], ()) is some


LEFT = Leaving(NOON, ("new",))


@pytest.mark.parametrize(
    ("leaving", "working", "later", "stay"),
    [
        (LEFT, {}, 10 * TO_REJOIN, True),
        (LEFT, {"new": {}}, 10 * TO_REJOIN, True),
        (LEFT, {"new": {"b": NOON}}, 10 * TO_REJOIN, True),
        (LEFT, {"new": {"a": NOON + HOUR}}, TO_REJOIN, True),
        (LEFT, {"new": {"a": NOON + HOUR}}, TO_REJOIN + HOUR, False),
        # It worked there long before: the day counts from the move.
        (LEFT, {"new": {"a": NOON - 9 * TO_REJOIN}}, TO_REJOIN - HOUR, True),
        (LEFT, {"new": {"a": NOON - 9 * TO_REJOIN}}, TO_REJOIN, False),
        (replace(LEFT, heirs=("new", "two")), {"new": {"a": NOON}}, 10 * TO_REJOIN, True),
        (replace(LEFT, heirs=("new", "two")), {"new": {"a": NOON}, "two": {"a": NOON}}, TO_REJOIN, False),
        (replace(LEFT, heirs=()), {}, 10 * TO_REJOIN, True),
        (replace(LEFT, at_once=True), {}, timedelta(), False),
    ],
)
def test_a_key_leaves_when_it_has_worked_elsewhere_for_a_day(
    leaving: Leaving, working: dict[str, dict[str, datetime]], later: timedelta, stay: bool
) -> None:
    assert ("a" in stays(leaving, ["a"], working, NOON + later)) is stay
