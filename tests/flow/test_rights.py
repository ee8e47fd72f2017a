"""Rules 1, 2, 3 and 6 where no edge case tells of them, and the reasons of those who are not on."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cusna_core.api import BookingKind, Pause, Subscription, SubscriptionState
from cusna_core.flow.rights import access, next_booking
from cusna_core.flow.world import Because, Kind, Policy, Refusal, Refused, Right

World = Any


@pytest.fixture
def ann(world: World) -> World:
    world.person("ann")
    return world


# Rights


def test_a_plan_begins_with_the_local_day_of_its_start(ann: World) -> None:
    ann.plan("s", "ann", starts=ann.local("2026-03-02 17:00"))
    right = ann.right("ann")
    assert right.starts == ann.local("2026-03-02 00:00")
    assert right.because == Because(Kind.PLAN, "Hot desk", "s", None)
    ann.plan("s", "ann")
    assert ann.right("ann").starts == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("starts", [date(1, 1, 1), datetime(1, 1, 1, tzinfo=UTC), None])
@pytest.mark.parametrize("ends", [date(9999, 12, 31), datetime(9999, 12, 31, tzinfo=UTC), None])
def test_the_first_and_last_dates_there_are_mean_always(ann: World, starts: Any, ends: Any) -> None:
    ann.plan("s", "ann", starts=starts, ends=ends)
    assert ann.until("ann") is None


def test_a_plan_of_nobody_and_one_without_items(ann: World) -> None:
    ann.subscriptions["s"] = Subscription("s", "L1", None, None, SubscriptionState.ACTIVE)
    assert not ann.on("ann")
    assert ann.why_not("ann") is Refusal.NOTHING
    ann.plan("s", "ann", names=())
    assert ann.right("ann").because.name == ""


def test_a_plan_at_a_location_that_is_not_configured_gives_nothing(ann: World) -> None:
    ann.plan("s", "ann", at="L9")
    assert not ann.on("ann")


def test_who_left_the_source_has_no_right_of_a_plan_or_booking_left_behind(ann: World) -> None:
    ann.plan("s", "ann")
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    del ann.people["ann"]
    assert not ann.on("ann")
    assert not ann.rights().claimable


@pytest.mark.parametrize(
    ("approved", "member", "at", "expected"),
    [
        (True, True, "L1", True),
        (False, True, "L1", False),
        (True, False, "L1", False),
        (False, True, "L2", True),  # nothing is said of them here, and the plan is
    ],
)
def test_own_plans_ask_the_affiliation_at_their_location(
    world: World, approved: bool, member: bool, at: str, expected: bool
) -> None:
    world.person("ann", at=at, approved=approved, member=member)
    world.plan("s", "ann")
    assert world.on("ann") is expected


def test_a_companys_plan_reaches_its_people_at_its_location_only(world: World) -> None:
    world.person("ann", at="L2", company="acme")
    world.plan("s", company="acme", at="L1")
    assert not world.on("ann")
    world.plan("s", company="acme", at=None)
    assert world.ids() == ["a-ann:one:plan:s", "a-ann:two:plan:s"]
    world.affiliate("ann", "L2", "acme", approved=False)
    assert not world.on("ann")


def test_two_places_may_be_fed_by_one_location(ann: World) -> None:
    ann.places.append(replace(ann.places[0], id="annex"))
    ann.plan("s", "ann")
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    ann.claim("ann", "2026-03-02", at="annex")
    assert ann.ids() == ["a-ann:annex:day:2026-03-02", "a-ann:annex:plan:s", "a-ann:one:plan:s"]


def test_overrides_hold_where_and_while_they_say(ann: World) -> None:
    hour = timedelta(hours=1)
    ann.override("ann", "two", ann.now - hour, ann.now + hour)
    ann.override("ann", None, ann.now + hour, ann.now + 2 * hour)
    ann.override("ann", "one", ann.now - 2 * hour, ann.now - hour)
    ann.override("ann", "one", ann.now + 2 * hour, ann.now + hour)
    assert ann.ids() == ["a-ann:two:override:o0"]
    assert [right.id for right in ann.rights().coming] == ["a-ann:one:override:o1", "a-ann:two:override:o1"]
    assert ann.until("ann", "two") == ann.now + 2 * hour  # one follows the other without a gap
    assert ann.right("ann").because == Because(Kind.OVERRIDE, "fair", "o0")


def test_the_note_of_an_override_is_no_plan_and_never_a_reason_that_is_told(ann: World) -> None:
    hour = timedelta(hours=1)
    ann.override("ann", "one", ann.now + hour, ann.now + 2 * hour)
    assert ann.rights().refused["a-ann", "one"] == Refused(Refusal.GRANTED_LATER, when=ann.now + hour)
    ann.overrides.clear()
    ann.override("ann", "two", ann.now - hour, ann.now + hour)
    assert ann.rights().refused["a-ann", "one"] == Refused(Refusal.ELSEWHERE, location_id="two")


def test_pauses_that_touch_are_one_and_malformed_ones_none(ann: World) -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 3, day, tzinfo=UTC)

    ann.plan(
        "s",
        "ann",
        pauses=(Pause(at(4), at(9)), Pause(at(1), at(5)), Pause(at(11), at(10)), Pause(at(14), at(15))),
    )
    (right,) = ann.rights().coming
    assert (right.starts, right.ends) == (at(9), at(14))
    ann.plan("s", "ann", ends=at(8), pauses=(Pause(at(1), at(9)),))
    assert not ann.rights().coming


def test_claims_of_other_days_do_not_count(ann: World) -> None:
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    for day in ("2026-03-01", "2026-03-03"):
        ann.claim("ann", day)
    assert not ann.on("ann")
    ann.booking("b", "ann", "2026-03-02 09:00", "2026-03-03 18:00")
    assert not ann.on("ann")  # a claim of tomorrow is none of today


def test_a_renewed_booking_does_not_claim_its_neighbour(ann: World) -> None:
    ann.booking("long", "ann", "2026-03-02 09:00", "2026-03-03 10:00", kind=BookingKind.ROOM)
    ann.booking("next", "ann", "2026-03-03 09:00", "2026-03-04 18:00")
    ann.claim("ann", "2026-03-02")
    ann.wait_until("2026-03-03 12:00")
    assert ann.right("ann").because.fact_id == "long"
    ann.wait_until("2026-03-04 12:00")
    assert not ann.on("ann")
    assert [right.because.fact_id for right in ann.rights().claimable] == ["next"]


# Access


def right(key: str, at: str, kind: Kind, ends: datetime | None) -> Right:
    return Right(key, "ann", at, datetime(2026, 1, 1, tzinfo=UTC), ends, Because(kind, "", key))


NOON, NIGHT = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rights", "named", "ends"),
    [
        ([right("b", "one", Kind.DESK, NIGHT), right("p", "one", Kind.PLAN, NOON)], "p", NIGHT),
        ([right("p1", "one", Kind.PLAN, NOON), right("p2", "one", Kind.PLAN, NIGHT)], "p2", NIGHT),
        ([right("p2", "one", Kind.PLAN, NOON), right("p1", "one", Kind.PLAN, NOON)], "p1", NOON),
        ([right("p1", "one", Kind.PLAN, NOON), right("p2", "one", Kind.PLAN, None)], "p2", None),
    ],
)
def test_the_latest_end_and_a_plan_before_a_booking(
    rights: list[Right], named: str, ends: Any, world: World
) -> None:
    (found,) = access(rights, world.places, Policy())
    assert (found.right.id, found.ends, found.roaming) == (named, ends, False)


def test_roaming_until_the_rights_own_end_everywhere(world: World) -> None:
    rights = [right("p", "one", Kind.PLAN, NOON), right("d", "gone", Kind.DESK, NIGHT)]
    found = {one.location_id: one for one in access(rights, world.places, Policy(roaming=True))}
    # "gone" is configured no longer: a held right goes on there.
    assert {at: (one.right.id, one.ends, one.roaming) for at, one in found.items()} == {
        "one": ("p", NIGHT, False),
        "gone": ("d", NIGHT, False),
        "two": ("p", NIGHT, True),
    }


def test_what_comes_after_a_gap_prolongs_nothing(world: World) -> None:
    rights = [right("p", "one", Kind.PLAN, NOON)]
    after = replace(right("q", "one", Kind.PLAN, None), starts=NOON + timedelta(seconds=1))
    assert access(rights, world.places, Policy(), [after])[0].ends == NOON
    assert access(rights, world.places, Policy(), [replace(after, starts=NOON)])[0].ends is None


# Why not


def test_the_soonest_of_what_is_ahead_is_told(ann: World) -> None:
    ann.plan("s", "ann", starts=date(2026, 3, 9))
    ann.booking("b", "ann", "2026-03-05 09:00", "2026-03-05 18:00")
    ann.booking("c", "ann", "2026-03-04 09:00", "2026-03-04 18:00", at="L2")
    assert ann.why_not("ann") is Refusal.BOOKING_LATER
    ann.plan("s", "ann", starts=date(2026, 3, 3))
    refused = ann.rights().refused["a-ann", "one"]
    assert (refused.code, refused.name) == (Refusal.NOT_STARTED, "Hot desk")


def test_the_last_plan_that_ended_is_told(ann: World) -> None:
    ann.plan("s1", "ann", ends=date(2026, 1, 31), names=("Old",))
    ann.plan("s2", "ann", ends=date(2026, 2, 28), names=("Newer",))
    ann.plan("s3", "ann", state=SubscriptionState.CANCELLED, names=())
    refused = ann.rights().refused["a-ann", "one"]
    assert (refused.code, refused.name) == (Refusal.ENDED, "Newer")
    assert refused.when == ann.local("2026-03-01 00:00")


def test_a_plan_without_wifi_that_ended_has_ended(ann: World) -> None:
    ann.policy = Policy(plans_without_wifi=frozenset({"hot desk"}))
    ann.plan("s", "ann", ends=date(2026, 2, 28))
    assert ann.why_not("ann") is Refusal.ENDED
    ann.plan("s", "ann")
    assert ann.why_not("ann") is Refusal.PLAN_WITHOUT_WIFI


def test_elsewhere_is_no_reason_where_one_roams(ann: World) -> None:
    ann.plan("s", "ann")
    assert ann.why_not("ann", "two") is Refusal.ELSEWHERE
    ann.policy = Policy(roaming=True)
    assert ann.why_not("ann", "two") is Refusal.NOTHING


def test_a_companys_plan_is_told_to_its_people(world: World) -> None:
    world.person("ann", company="acme")
    world.plan("s", company="acme", state=SubscriptionState.INCOMPLETE)
    assert world.why_not("ann") is Refusal.INCOMPLETE


def test_reasons_are_a_mapping_of_who_is_not_on(ann: World) -> None:
    ann.plan("s", "ann")
    refused = ann.rights().refused
    assert list(refused) == [("a-ann", "two")]
    assert len(refused) == 1
    assert refused.get(("a-ann", "one")) is None
    assert refused.get(("a-who", "one")) is None
    assert refused.get(("a-ann", "nowhere")) is None


def test_the_next_booking_has_not_ended_its_day(ann: World) -> None:
    account = ann.accounts["a-ann"]
    ann.booking("past", "ann", "2026-03-01 09:00", "2026-03-01 18:00")
    ann.booking("later", "ann", "2026-03-05 09:00", "2026-03-05 18:00", at="L2")
    assert next_booking(ann.facts, ann.places, account, ann.now) == ann.bookings["later"]
    ann.booking("today", "ann", "2026-03-02 08:00", "2026-03-02 09:00")
    assert next_booking(ann.facts, ann.places, account, ann.now) == ann.bookings["today"]
    assert next_booking(ann.facts, ann.places[:0], account, ann.now) is None
