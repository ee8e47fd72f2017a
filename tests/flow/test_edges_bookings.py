"""Edge cases 27 to 53: bookings, time, sync and failure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import Booking, BookingKind, BookingState, Person, merged
from cusna_core.api.facts import Snapshot
from cusna_core.flow.brake import Past, brake, stated_ends
from cusna_core.flow.rights import day_bounds, midnight_after, next_booking
from cusna_core.flow.world import Facts, Kind, Policy, Refusal, Right

World = Any


@pytest.fixture
def ann(world: World) -> World:
    """Who only books: a nonmember."""
    world.person("ann", member=False)
    return world


# Bookings


def test_edge_27_all_day_is_each_named_day(ann: World) -> None:
    # The plugin says what "all day" is as instants; the rules make whole local days of it.
    ann.booking("b", "ann", "2026-03-02 00:00", "2026-03-04 00:00")
    for day, expected in [
        ("2026-03-01", False),
        ("2026-03-02", True),
        ("2026-03-03", True),
        ("2026-03-04", False),
    ]:
        ann.claims = []
        ann.claim("ann", day)
        ann.wait_until(f"{day} 12:00")
        assert ann.on("ann") is expected, day


def test_edge_28_an_overnight_booking_renews_itself_at_midnight(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 22:00", "2026-03-03 02:00")
    ann.claim("ann", "2026-03-02")
    assert ann.until("ann") == ann.local("2026-03-03 00:00")
    assert ann.ids() == ["a-ann:one:day:2026-03-02"]
    ann.wait_until("2026-03-03 00:00")
    assert ann.ids() == ["a-ann:one:day:2026-03-03"]
    assert ann.until("ann") == ann.local("2026-03-04 00:00")
    ann.wait_until("2026-03-04 00:00")
    assert not ann.on("ann")


def test_edge_29_bounds_are_strict(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-01 20:00", "2026-03-02 00:00")
    ann.claim("ann", "2026-03-02")
    ann.claim("ann", "2026-03-01")
    assert not ann.on("ann")
    ann.booking("b", "ann", "2026-03-03 00:00", "2026-03-03 02:00")
    assert not ann.on("ann")
    ann.booking("b", "ann", "2026-03-01 20:00", "2026-03-02 00:01")
    assert ann.on("ann")


def test_edge_30_every_day_of_a_long_booking(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-06 18:00")
    ann.claim("ann", "2026-03-02")
    for day in range(2, 7):
        ann.wait_until(f"2026-03-{day:02} 23:00")
        assert ann.until("ann") == ann.local(f"2026-03-{day + 1:02} 00:00")
    ann.wait_until("2026-03-07 00:00")
    assert not ann.on("ann")


def test_edge_31_tomorrow_is_refused_with_the_date_and_later_today_is_granted(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-03 09:00", "2026-03-03 18:00")
    refused = ann.rights().refused["a-ann", "one"]
    assert (refused.code, refused.when) == (Refusal.BOOKING_LATER, ann.local("2026-03-03 09:00"))
    assert not ann.rights().claimable
    ann.booking("b", "ann", "2026-03-02 20:00", "2026-03-02 21:00")
    assert ann.why_not("ann") is Refusal.UNCLAIMED
    assert [right.id for right in ann.rights().claimable] == ["a-ann:one:day:2026-03-02"]
    ann.claim("ann", "2026-03-02")
    assert ann.on("ann")
    assert not ann.rights().claimable


def test_edge_32_over_since_noon_counts_until_midnight(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 08:00", "2026-03-02 09:00")
    ann.wait_until("2026-03-02 15:00")
    (right,) = ann.rights().claimable
    assert (right.starts, right.ends) == (ann.local("2026-03-02 00:00"), ann.local("2026-03-03 00:00"))


@pytest.mark.parametrize("how", ["cancelled", "gone", "vanished"])
def test_edge_33_cancelled_after_access_was_given(ann: World, how: str) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    ann.claim("ann", "2026-03-02")
    ledger = ann.rights().in_force
    if how == "cancelled":
        ann.bookings["b"] = replace(ann.bookings["b"], state=BookingState.CANCELLED)
    else:
        del ann.bookings["b"]
    assert not ann.on("ann")
    gone = {"b"} if how == "gone" else set()
    stated = stated_ends(ledger, ann.facts, ann.accounts, gone, ann.places)
    assert bool(stated) is (how != "vanished")


@pytest.mark.parametrize("to", ["day", "place", "person"])
def test_edge_34_moved_needs_the_portal_again(ann: World, to: str) -> None:
    ann.person("bob")
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    ann.claim("ann", "2026-03-02")
    ledger = ann.rights().in_force
    assert not stated_ends(ledger, ann.facts, ann.accounts, set(), ann.places)
    if to == "day":
        ann.booking("b", "ann", "2026-03-03 09:00", "2026-03-03 18:00")
    elif to == "place":
        ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00", at="L2")
    else:
        ann.booking("b", "bob", "2026-03-02 09:00", "2026-03-02 18:00")
    assert not ann.rights().in_force
    assert stated_ends(ledger, ann.facts, ann.accounts, set(), ann.places) == {ledger[0].id}
    ann.wait_until("2026-03-03 10:00")
    assert not ann.rights().in_force
    assert bool(ann.rights().claimable) is (to == "day")


def test_edge_35_one_grant_a_day_and_a_plan_before_it(world: World) -> None:
    world.person("ann")
    world.booking("b1", "ann", "2026-03-02 09:00", "2026-03-02 12:00", kind=BookingKind.ROOM)
    world.booking("b2", "ann", "2026-03-02 14:00", "2026-03-02 15:00")
    world.claim("ann", "2026-03-02")
    assert world.ids() == ["a-ann:one:day:2026-03-02"]
    assert world.right("ann").because.kind is Kind.DESK
    world.plan("s", "ann", ends=world.local("2026-03-02 12:00"))
    found = world.access()["ann", "one"]
    assert found.right.because.kind is Kind.PLAN
    assert found.ends == world.local("2026-03-03 00:00")  # the plan ends at noon: the booking goes on
    world.wait_until("2026-03-02 12:00")
    assert world.access()["ann", "one"].right.because.kind is Kind.DESK


@pytest.mark.parametrize("state", [BookingState.TENTATIVE, BookingState.CANCELLED])
def test_edge_36_only_confirmed_counts(ann: World, state: BookingState) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00", state=state)
    ann.claim("ann", "2026-03-02")
    assert not ann.on("ann")
    assert not ann.rights().claimable
    ann.affiliations["ann@L1"] = replace(ann.affiliations["ann@L1"], approved=False)
    ann.bookings["b"] = replace(ann.bookings["b"], state=BookingState.CONFIRMED)
    assert not ann.on("ann")
    assert ann.why_not("ann") is Refusal.UNAPPROVED


def test_edge_37_a_booking_of_nobody_gives_nobody_access(ann: World) -> None:
    ann.booking("b", None, "2026-03-02 09:00", "2026-03-02 18:00")
    ann.booking("c", "who", "2026-03-02 09:00", "2026-03-02 18:00")
    assert not ann.rights().claimable
    assert ann.why_not("ann") is Refusal.NOTHING


def test_edge_38_the_owner_counts_once_and_attendees_do_not(ann: World) -> None:
    ann.person("bob", member=False)
    ann.booking(
        "b", "ann", "2026-03-02 09:00", "2026-03-02 18:00"
    )  # bob attends: the facts tell the owner only
    assert [right.account_id for right in ann.rights().claimable] == ["a-ann"]


def test_edge_39_an_unknown_resource_gives_nothing(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00", kind=BookingKind.OTHER)
    assert not ann.rights().claimable
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00", kind=BookingKind.ROOM)
    assert [right.because.kind for right in ann.rights().claimable] == [Kind.ROOM]


def test_edge_40_parking_is_no_desk(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00", kind=BookingKind.OTHER)
    ann.claim("ann", "2026-03-02")
    assert not ann.on("ann")
    assert next_booking(ann.facts, ann.places, ann.accounts["a-ann"], ann.now) is None


def test_edge_41_of_a_series_only_todays_occurrence_counts(ann: World) -> None:
    for day in (2, 4, 9):
        ann.booking(f"x_2026-03-{day:02}", "ann", f"2026-03-{day:02} 09:00", f"2026-03-{day:02} 18:00")
    ann.claim("ann", "2026-03-02")
    assert ann.on("ann")
    assert ann.right("ann").because.fact_id == "x_2026-03-02"
    ann.wait_until("2026-03-03 12:00")  # excluded
    assert not ann.rights().claimable
    ann.wait_until("2026-03-04 12:00")
    assert not ann.on("ann")
    assert len(ann.rights().claimable) == 1


def test_edge_42_a_booking_elsewhere_needs_roaming(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    ann.claim("ann", "2026-03-02")
    assert not ann.on("ann", "two")
    ann.claim("ann", "2026-03-02", at="two")  # a claim is for the location of the booking
    assert not ann.on("ann", "two")
    ann.policy = Policy(roaming=True)
    assert ann.until("ann", "two") == ann.local("2026-03-03 00:00")


# Time


def test_edge_43_days_are_judged_by_each_location(ann: World) -> None:
    new_york = ZoneInfo("America/New_York")
    ann.booking("b1", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    ann.booking("b2", "ann", "2026-03-02 09:00", "2026-03-02 18:00", at="L2", zone=new_york)
    ann.claim("ann", "2026-03-02")
    ann.claim("ann", "2026-03-02", at="two")
    ann.wait_until("2026-03-03 00:30")  # 18:30 on Monday in New York
    assert not ann.on("ann", "one")
    assert ann.until("ann", "two") == ann.local("2026-03-03 00:00", new_york)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "midnight"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23, "2026-03-29T22:00"),
        ("Europe/Berlin", date(2026, 10, 25), 25, "2026-10-25T23:00"),
        ("Asia/Beirut", date(2026, 3, 28), 24, "2026-03-28T22:00"),  # 00:00 of the 29th does not exist
        ("Asia/Beirut", date(2026, 3, 29), 23, "2026-03-29T21:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5, "2026-04-05T13:30"),
        ("America/St_Johns", date(2010, 11, 6), 24, "2010-11-07T02:30"),  # 00:01 became 23:01 once more
        ("Pacific/Apia", date(2011, 12, 30), 0, "2011-12-30T10:00"),  # a day that never was
    ],
)
def test_edge_44_days_of_23_and_25_hours(zone: str, day: date, hours: float, midnight: str) -> None:
    starts, ends = day_bounds(day, ZoneInfo(zone))
    assert ends - starts == timedelta(hours=hours)
    assert ends == midnight_after(day, ZoneInfo(zone)) == datetime.fromisoformat(midnight).replace(tzinfo=UTC)


def test_edge_44_a_day_that_ended_does_not_come_back_with_the_clock(ann: World) -> None:
    zone = ZoneInfo("America/St_Johns")
    ann.places[0] = replace(ann.places[0], zone=zone)
    ann.booking("b", "ann", "2010-11-06 09:00", "2010-11-06 18:00", zone=zone)
    ann.claim("ann", "2010-11-06")
    midnight = midnight_after(date(2010, 11, 6), zone)
    ann.now = midnight - timedelta(seconds=1)
    assert ann.on("ann")
    ann.now = midnight + timedelta(minutes=10)  # the wall says 23:11 of the 6th again
    assert ann.now.astimezone(zone).date() == date(2010, 11, 6)
    assert not ann.on("ann")


def test_edge_45_another_zone_moves_the_end(ann: World) -> None:
    # Unknown zones are refused before the rules. Another one moves midnight; earlier is a withdrawal.
    ann.booking("b", "ann", "2026-03-02 12:00", "2026-03-02 13:00")
    ann.claim("ann", "2026-03-02")
    ledger = ann.rights().in_force
    ann.places[0] = replace(ann.places[0], zone=ZoneInfo("Europe/Kyiv"))
    found = brake(ann.rights().in_force, ledger, set(), [Past(ann.now, stated=False)] * 3, set(), ann.now)
    assert [one.ends for one in found.held] == [ann.local("2026-03-02 23:00")]
    assert [one.ends for one in found.in_force] == [ann.local("2026-03-03 00:00")]


def test_edge_46_overdue_ends_come_first_after_a_night_down(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 12:00", "2026-03-02 13:00")
    ann.claim("ann", "2026-03-02")
    ledger = ann.rights().in_force
    ann.wait_until("2026-03-03 07:00")
    frozen = brake((), ledger, set(), [], set(), ann.now, frozen=True)
    assert frozen.in_force == ()
    assert frozen.withdrawn == ()
    assert not ann.on("ann")


# Sync and failure


def many(world: World, count: int) -> tuple[Right, ...]:
    for number in range(count):
        world.person(f"p{number}")
        world.plan(f"s{number}", f"p{number}")
    found: tuple[Right, ...] = world.rights().in_force
    return found


def test_edge_47_a_read_that_broke_off_is_not_complete() -> None:
    # The rules see facts after rule 9; a broken read leaves its section out, so nothing leaves the facts.
    broken = Snapshot(
        began=datetime(2026, 3, 2, tzinfo=UTC), people=(Person("p", None),), failures=("page 2",)
    )
    assert merged([broken, broken]).complete == frozenset()
    assert merged([broken, broken]).people == (Person("p", None),)


def test_edge_48_frozen_takes_nothing_away_and_ends_still_come(world: World) -> None:
    many(world, 5)
    world.plan("s0", "p0", ends=world.now + timedelta(hours=1))
    ledger = world.rights().in_force
    kept = brake((), ledger, {right.id for right in ledger}, [], set(), world.now, frozen=True)
    assert set(kept.in_force) == set(ledger)
    assert (kept.withdrawn, kept.held, kept.digest) == ((), (), None)
    later = brake((), kept.ledger, set(), [], set(), world.now + timedelta(hours=1), frozen=True)
    assert len(later.in_force) == 4


def test_edge_49_an_empty_answer_takes_nobody_off(world: World) -> None:
    ledger = many(world, 400)
    found = brake((), ledger, set(), [], set(), world.now)
    assert len(found.held) == len(found.in_force) == 400
    assert (found.limit, found.counted) == (80, 400)
    assert found.digest
    accepted = brake((), found.ledger, set(), [], {found.digest}, world.now + timedelta(minutes=7))
    assert len(accepted.withdrawn) == 400
    assert accepted.in_force == ()


def test_edge_50_a_location_that_is_configured_no_longer_waits_for_confirmation(world: World) -> None:
    ledger = many(world, 10)
    del world.places[0]
    found = brake(world.rights().in_force, ledger, set(), [], set(), world.now)
    assert len(found.held) == 10
    assert stated_ends(ledger, world.facts, world.accounts, set(), world.places) == set()


def test_edge_51_the_same_facts_twice_change_nothing(world: World) -> None:
    ledger = many(world, 10)
    again = brake(world.rights().in_force, ledger, set(), [], set(), world.now + timedelta(seconds=1))
    assert set(again.ledger) == set(ledger)
    assert not again.withdrawn


def test_edge_52_what_is_told_twice_counts_once(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann", at=None)
    world.affiliate("ann", "L2")
    assert world.ids() == ["a-ann:one:plan:s", "a-ann:two:plan:s"]
    booking = Booking("b", "L1", BookingKind.DESK, BookingState.CONFIRMED, world.now, world.now, "ann")
    began = datetime(2026, 3, 2, tzinfo=UTC)
    assert merged([Snapshot(began, bookings=(booking,)), Snapshot(began, bookings=(booking,))]).bookings == (
        booking,
    )


def test_edge_53_equal_ids_of_two_sources_stay_apart(world: World) -> None:
    # Facts, places and accounts are those of one integration each; right ids begin with the account.
    world.person("ann")
    world.plan("s", "ann")
    other = Facts(people=world.people)
    assert world.facts.index.own.keys() == {"ann"}
    assert other.index.own == {}
    world.accounts["other"] = replace(world.accounts.pop("a-ann"), id="other", integration="east")
    assert world.ids() == ["other:one:plan:s"]
