"""Rule 10: what may be taken away earlier than was accepted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.api import Pause, SubscriptionState
from cusna_core.flow.brake import Past, brake, stated_ends
from cusna_core.flow.world import Because, Kind, Right

World = Any
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def right(number: int, ends: datetime | None = None, *, plan: str = "s", at: str = "one") -> Right:
    because = Because(Kind.PLAN, "Hot desk", plan)
    account = f"a{number}"
    return Right(f"{account}:{at}:plan:{plan}", account, at, NOW - HOUR, ends, because)


def some(count: int, ends: datetime | None = None) -> list[Right]:
    return [right(number, ends) for number in range(count)]


@pytest.mark.parametrize(
    ("there", "gone", "held"),
    [(3, 3, 0), (4, 4, 4), (15, 3, 0), (15, 4, 4), (20, 4, 0), (20, 5, 5), (400, 80, 0), (400, 81, 81)],
)
def test_the_limit_is_three_or_a_fifth(there: int, gone: int, held: int) -> None:
    ledger = some(there)
    found = brake(ledger[gone:], ledger, set(), [], set(), NOW)
    assert (len(found.held), len(found.withdrawn)) == (held, gone - held)
    assert len(found.in_force) == there - gone + held
    assert set(found.ledger) == set(found.in_force)
    assert bool(found.digest) is bool(held)
    assert found.limit == max(3, there // 5)


def test_ends_that_were_promised_never_count() -> None:
    ledger = some(50, NOW) + [right(number) for number in range(50, 60)]
    found = brake(ledger[50:], ledger, set(), [], set(), NOW)
    assert (found.withdrawn, found.held, found.counted, len(found.in_force)) == ((), (), 0, 10)
    assert found.limit == 3  # of ten rights in force, not of sixty


def test_a_longer_end_is_accepted_at_once_and_a_nearer_one_is_a_withdrawal() -> None:
    ledger = some(10, NOW + 5 * HOUR)
    longer = brake(some(10), ledger, set(), [], set(), NOW)
    assert {one.ends for one in longer.ledger} == {None}
    nearer = brake(some(10, NOW + HOUR), ledger, set(), [], set(), NOW)
    assert {one.ends for one in nearer.held} == {NOW + HOUR}
    assert {one.ends for one in nearer.in_force} == {NOW + 5 * HOUR}
    assert nearer.digest
    accepted = brake(some(10, NOW + HOUR), ledger, set(), [], {nearer.digest}, NOW)
    assert {one.ends for one in accepted.ledger} == {NOW + HOUR}


def test_nothing_is_taken_from_whom_another_right_lets_stay() -> None:
    ledger = some(10, NOW + HOUR)
    other = [right(number, plan="new") for number in range(10)]
    found = brake(other, ledger, set(), [], set(), NOW)
    assert (found.withdrawn, found.held) == ((), ())
    assert set(found.ledger) == set(other)
    elsewhere = [right(number, plan="new", at="two") for number in range(10)]
    assert len(brake(elsewhere, ledger, set(), [], set(), NOW).held) == 10
    shorter = [right(number, NOW + HOUR / 2, plan="new") for number in range(10)]
    assert len(brake(shorter, ledger, set(), [], set(), NOW).held) == 10


@pytest.mark.parametrize(
    ("before", "count", "passes"),
    [(0, 10, True), (0, 11, False), (9, 1, True), (10, 1, True), (10, 8, False)],
)
def test_ten_stated_in_an_hour(before: int, count: int, passes: bool) -> None:
    """Beyond that they count like the others, whose limit here is four."""
    ledger = some(20)
    stated = {one.id for one in ledger[:count]}
    past = [Past(NOW - HOUR / 2, stated=True)] * before + [Past(NOW - HOUR, stated=True)] * 50
    found = brake(ledger[count:], ledger, stated, past, set(), NOW)
    assert (found.held == ()) is passes
    explicit = before + count <= 10
    assert {one.stated for one in (*found.withdrawn, *found.held)} == {explicit}
    assert found.counted == (0 if explicit else count)


def test_a_stated_one_passes_while_others_are_held() -> None:
    ledger = some(20)
    found = brake(ledger[10:], ledger, {ledger[0].id}, [], set(), NOW)
    assert [one.right for one in found.withdrawn] == [ledger[0]]
    assert len(found.held) == 9


def test_the_count_rolls_over_twenty_four_hours() -> None:
    ledger = some(10)
    past = [Past(NOW - 24 * HOUR, stated=False), Past(NOW - 23 * HOUR, stated=False), Past(NOW, stated=False)]
    assert brake(ledger[1:], ledger, set(), past, set(), NOW).counted == 3
    past.append(Past(NOW - HOUR, stated=False))
    assert brake(ledger[1:], ledger, set(), past, set(), NOW).counted == 4
    assert len(brake(ledger[1:], ledger, set(), past, set(), NOW).held) == 1


def test_the_digest_is_of_the_set_and_not_of_the_moment() -> None:
    ledger = some(10, NOW + 9 * HOUR)
    one = brake((), ledger, set(), [], set(), NOW).digest
    assert one == brake((), ledger[::-1], set(), [], set(), NOW + HOUR).digest
    assert one is not None
    assert len(one) == 16
    others = [
        brake(ledger[:1], ledger, set(), [], set(), NOW).digest,
        brake((), some(10, NOW + 8 * HOUR), set(), [], set(), NOW).digest,
        brake((), some(10), set(), [], set(), NOW).digest,
        brake(some(10, NOW + HOUR), ledger, set(), [], set(), NOW).digest,
    ]
    assert len({one, *others}) == 5
    # Accepting one set lets no other pass.
    assert len(brake((), some(11, NOW + 9 * HOUR), set(), [], {one}, NOW).held) == 11


def test_what_an_admin_accepted_does_not_stop_the_next_days() -> None:
    ledger = some(10)
    digest = brake((), ledger, set(), [], set(), NOW).digest
    assert digest
    found = brake((), ledger, set(), [], {digest}, NOW)
    assert {one.stated for one in found.withdrawn} == {True}


moments = st.integers(0, 72).map(lambda hours: NOW + hours * HOUR)
ends = st.one_of(st.none(), moments)


@given(
    st.lists(st.tuples(moments, st.sets(st.integers(0, 39)), ends, st.sets(st.integers(0, 39))), max_size=12),
)
def test_no_day_takes_away_more_than_allowed(
    rounds: list[tuple[datetime, set[int], datetime | None, set[int]]],
) -> None:
    """Whatever the facts say, hour after hour: unstated withdrawals of any 24 hours stay under the limit."""
    ledger: tuple[Right, ...] = tuple(some(40))
    past: list[tuple[datetime, bool, int]] = []
    for now, there, end, stated in sorted(rounds, key=lambda one: one[0]):
        in_force = [one for one in (right(number, end) for number in there) if end is None or end > now]
        before = {one.id: one for one in ledger}
        history = [Past(at, stated=said) for at, said, _ in past]
        found = brake(in_force, ledger, {right(number).id for number in stated}, history, set(), now)
        past += [(now, one.stated, found.limit) for one in found.withdrawn]
        unstated = [at for at, said, _ in past if not said and at > now - 24 * HOUR]
        if any(not one.stated for one in found.withdrawn):
            assert len(unstated) <= found.limit
        # A held set withdraws nobody (each keeps its accepted end) and holds up nothing else.
        kept = {one.id: one for one in found.in_force}
        for one in found.held:
            assert kept[one.right.id].ends == before[one.right.id].ends
        assert not {one.right.id for one in found.held} & {one.right.id for one in found.withdrawn}
        assert {one.id for one in in_force} <= kept.keys()
        assert all(one.ends is None or one.ends > now for one in found.in_force)
        # A second look a minute later, with the same facts, is the same.
        again = brake(found.in_force, found.ledger, set(), [], set(), now)
        assert (again.withdrawn, again.held, set(again.ledger)) == ((), (), set(found.ledger))
        ledger = found.ledger


# What the source states for one person


def test_absence_states_nothing(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    ledger = world.rights().in_force
    world.subscriptions.clear()
    assert stated_ends(ledger, world.facts, world.accounts, set()) == set()
    assert stated_ends(ledger, world.facts, world.accounts, {"s"}) == {"a-ann:one:plan:s"}
    assert stated_ends(ledger, world.facts, {}, {"s"}) == set()


def test_a_companys_cancellation_is_of_nobody_alone(world: World) -> None:
    world.person("ann", company="acme")
    world.plan("s", company="acme")
    ledger = world.rights().in_force
    world.plan("s", company="acme", state=SubscriptionState.CANCELLED)
    assert stated_ends(ledger, world.facts, world.accounts, {"s"}) == set()
    world.subscriptions.clear()
    assert stated_ends(ledger, world.facts, world.accounts, {"s"}) == set()


@pytest.mark.parametrize("how", ["date", "pause", "gone", "removed", "override", "same"])
def test_what_is_stated_of_one_person(world: World, how: str) -> None:
    world.person("ann")
    world.plan("s", "ann", ends=date(2026, 5, 31))
    if how == "override":
        world.subscriptions.clear()
        world.override("ann", "one", NOW)
    ledger = world.rights().in_force
    gone: set[str] = set()
    if how == "date":
        world.plan("s", "ann", ends=date(2026, 5, 30))
    elif how == "pause":
        world.plan("s", "ann", ends=date(2026, 5, 31), pauses=(Pause(NOW),))
    elif how == "gone":
        gone = {"s"}
    elif how == "override":
        assert stated_ends(ledger, world.facts, world.accounts, gone, ()) == set(), "no admin has ended it"
        gone = {one.because.fact_id for one in ledger}
    elif how == "removed":
        world.affiliate("ann", "L1", member=False)
    expected = set() if how == "same" else {one.id for one in ledger}
    assert stated_ends(ledger, world.facts, world.accounts, gone, world.places) == expected


def test_without_zones_a_moved_date_is_told_only_where_it_moved_everywhere(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann", ends=date(2026, 5, 31))
    ledger = world.rights().in_force
    assert stated_ends(ledger, world.facts, world.accounts, set()) == set()
    world.plan("s", "ann", ends=date(2026, 5, 29))
    assert stated_ends(ledger, world.facts, world.accounts, set()) == {"a-ann:one:plan:s"}
