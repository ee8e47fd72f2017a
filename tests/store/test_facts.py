"""Rule 9: nothing is taken away on a guess."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cusna_core.api import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Pause,
    Person,
    Plan,
    Section,
    Snapshot,
    Subscription,
    SubscriptionState,
    Window,
)
from cusna_core.flow.world import Facts
from cusna_core.store import facts, scopes
from cusna_core.store.db import Tx
from cusna_core.store.merge import Merged, merge, of_the_past

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=10)
PLACES = ("A", "B")
COMPLETE = frozenset(
    {(section, place) for section in Section if section is not Section.BLOCKS for place in PLACES}
    | {(Section.BLOCKS, None)}
)


def person(n: int, email: str | None = None) -> Person:
    return Person(f"p{n}", email or f"p{n}@example.com", f"Person {n}")


def affiliation(n: int, place: str = "A") -> Affiliation:
    return Affiliation(f"a{n}{place}", f"p{n}", place, "c1")


def subscription(n: int, place: str | None = "A", **changes: object) -> Subscription:
    plan = (Plan("plan", "Full time"),)
    made = Subscription(
        f"s{n}", place, f"p{n}", None, SubscriptionState.ACTIVE, plan, NOW - timedelta(days=9)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def booking(n: int, place: str = "A", **changes: object) -> Booking:
    starts = NOW + timedelta(hours=1)
    made = Booking(
        f"b{n}",
        place,
        BookingKind.DESK,
        BookingState.CONFIRMED,
        starts,
        starts + timedelta(hours=2),
        f"p{n}",
        "Desk 1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def world(count: int = 4, place: str = "A") -> Snapshot:
    numbers = range(1, count + 1)
    return Snapshot(
        NOW,
        people=tuple(person(n) for n in numbers),
        affiliations=tuple(affiliation(n, place) for n in numbers),
        companies=(Company("c1", "Acme", place),),
        subscriptions=tuple(subscription(n, place) for n in numbers),
        bookings=tuple(booking(n, place) for n in numbers),
        blocks=(Block("p9"),),
        complete=COMPLETE,
    )


class Story:
    """Reads one after another, ten minutes apart."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.at = NOW

    def read(self, snapshot: Snapshot, **options: object) -> Merged:
        self.at += STEP
        return merge(self.tx, "hq", replace(snapshot, began=self.at), **options)  # type: ignore[arg-type]

    @property
    def facts(self) -> Facts:
        return facts.load(self.tx, "hq")

    @property
    def subscriptions(self) -> set[str]:
        return set(self.facts.subscriptions)


@pytest.fixture
def story(tx: Tx) -> Story:
    return Story(tx)


def without(snapshot: Snapshot, *gone: str) -> Snapshot:
    return replace(
        snapshot,
        people=tuple(one for one in snapshot.people if one.id not in gone),
        affiliations=tuple(one for one in snapshot.affiliations if one.id not in gone),
        companies=tuple(one for one in snapshot.companies if one.id not in gone),
        subscriptions=tuple(one for one in snapshot.subscriptions if one.id not in gone),
        bookings=tuple(one for one in snapshot.bookings if one.id not in gone),
        blocks=tuple(one for one in snapshot.blocks if one.person_id not in gone),
    )


def test_what_is_told_is_loaded_to_the_letter(story: Story) -> None:
    told = Snapshot(
        NOW,
        people=(Person("p1", None), Person("p2", "Ünal@Example.com", "Ünal")),
        affiliations=(Affiliation("a1", "p1", "A", None, approved=False, member=False),),
        companies=(Company("c1", "Acme"), Company("c2", "Büro", "A")),
        subscriptions=(
            Subscription(
                "s1",
                None,
                None,
                "c1",
                SubscriptionState.SCHEDULED,
                (Plan("x", "X"), Plan("y", "Y")),
                date(2024, 4, 1),
                date(2024, 4, 30),
                (Pause(NOW, None), Pause(NOW, NOW + timedelta(days=1, microseconds=1))),
            ),
            subscription(2, ends=NOW + timedelta(days=3)),
            subscription(3, starts=None),
        ),
        bookings=(
            booking(1, kind=BookingKind.ROOM, state=BookingState.TENTATIVE, person_id=None, resource="Ä"),
        ),
        blocks=(Block("p2"),),
    )
    assert story.read(told, partial=True) == Merged((), (), 0, changed=True)
    loaded = story.facts
    assert tuple(loaded.people.values()) == told.people
    assert tuple(loaded.affiliations.values()) == told.affiliations
    assert tuple(loaded.companies.values()) == told.companies
    assert tuple(loaded.subscriptions.values()) == told.subscriptions
    assert tuple(loaded.bookings.values()) == told.bookings
    assert loaded.blocked == {"p2"}
    assert story.read(told, partial=True).changed is False
    assert facts.load(story.tx, "elsewhere").people == {}


KINDS: dict[str, tuple[str, Callable[[Facts], object]]] = {
    "person with affiliation": ("p1", lambda known: known.people),
    "affiliation": ("a1A", lambda known: known.affiliations),
    "company": ("c1", lambda known: known.companies),
    "block": ("p9", lambda known: known.blocked),
}


@pytest.mark.parametrize("kind", KINDS)
def test_absence_counts_in_the_second_complete_read(story: Story, kind: str) -> None:
    fact_id, of = KINDS[kind]
    gone = {fact_id, "a1A"} if fact_id == "p1" else {fact_id}
    # The only company and the only block are, without them, an empty answer; that is another test.
    full = replace(
        world(), companies=(Company("c1", "Acme", "A"), Company("c2", "B", "A"), Company("c3", "C", "A"))
    )
    full = replace(full, blocks=(Block("p9"), Block("p8"), Block("p7")))
    story.read(full)
    less = without(full, *gone)
    first = story.read(less)
    assert fact_id in of(story.facts)  # type: ignore[operator]
    assert (first.removed, first.changed) == (0, False)
    second = story.read(less)
    assert fact_id not in of(story.facts)  # type: ignore[operator]
    assert second.removed == len(gone)
    assert second.changed is True
    assert story.read(less).removed == 0


def test_a_read_in_between_that_tells_it_starts_the_count_again(story: Story) -> None:
    full = world()
    less = without(full, "a1A")
    for snapshot in (full, less, full, less):
        assert story.read(snapshot).removed == 0
    assert "a1A" in story.facts.affiliations
    assert story.read(less).removed == 1


def test_incomplete_reads_add_and_change_but_count_nothing(story: Story) -> None:
    story.read(world(3))
    half = replace(without(world(5), "a1A", "p1", "s1", "b1"), complete=COMPLETE - {(Section.PEOPLE, "A")})
    for _ in range(5):
        merged = story.read(half)
        assert merged.removed == 0
    assert set(story.facts.affiliations) == {f"a{n}A" for n in range(1, 6)}
    assert set(story.facts.people) == {f"p{n}" for n in range(1, 6)}
    nothing = replace(Snapshot(NOW), failures=("Page 2 failed.",))
    for _ in range(5):
        assert story.read(nothing) == Merged((), (), 0, changed=False)
    failing = [read for read in scopes.reads(story.tx, "hq") if read.failure]
    assert {read.failure for read in failing} == {"Page 2 failed."}
    assert len(failing) == len(COMPLETE)


def test_a_vanished_subscription_is_asked_for_at_the_second_absence(story: Story) -> None:
    full, less = world(), without(world(), "s1", "b2")
    story.read(full)
    assert story.read(less).ask_again == ()
    merged = story.read(less)
    assert merged.ask_again == ((Section.BOOKINGS, "b2"), (Section.SUBSCRIPTIONS, "s1"))
    assert merged.removed == 0
    assert {"s1", "s2", "s3", "s4"} == story.subscriptions
    # Nobody could be asked: it stays, and is asked for again.
    assert story.read(less).ask_again == merged.ask_again
    assert "b2" in story.facts.bookings


def test_what_again_says_is_gone_is_removed_and_stated(story: Story) -> None:
    less = without(world(), "s1", "s2")
    for snapshot in (world(), less, less):
        story.read(snapshot)
    answer = Snapshot(NOW, subscriptions=(subscription(2),), gone=frozenset({(Section.SUBSCRIPTIONS, "s1")}))
    merged = story.read(answer, partial=True)
    assert (merged.removed, merged.changed) == (1, True)
    assert story.subscriptions == {"s2", "s3", "s4"}
    assert facts.gone(story.tx, "hq") == {"s1"}
    assert story.read(less).ask_again == ()  # s2 counts anew
    assert story.read(less).ask_again == ((Section.SUBSCRIPTIONS, "s2"),)
    assert facts.gone(story.tx, "hq", story.at + timedelta(hours=47)) == {"s1"}
    assert facts.gone(story.tx, "hq", story.at + timedelta(hours=49)) == frozenset()
    story.at += timedelta(hours=49)
    story.read(less)
    assert facts.gone(story.tx, "hq") == frozenset()


def test_gone_does_not_undo_what_was_seen_later(story: Story) -> None:
    story.read(world())
    early = Snapshot(story.at - STEP, gone=frozenset({(Section.SUBSCRIPTIONS, "s1")}))
    assert merge(story.tx, "hq", early, partial=True).removed == 0
    assert "s1" in story.subscriptions


def test_an_older_read_does_not_bring_back_what_was_stated_gone(story: Story) -> None:
    story.read(world())
    began = story.at + timedelta(minutes=1)
    story.at += timedelta(minutes=5)
    story.read(Snapshot(NOW, gone=frozenset({(Section.SUBSCRIPTIONS, "s1")})), partial=True)
    merge(story.tx, "hq", replace(world(), began=began))
    assert "s1" not in story.subscriptions
    story.read(world())
    assert "s1" in story.subscriptions
    assert facts.gone(story.tx, "hq") == frozenset()


def test_a_read_is_newer_than_what_a_clock_that_ran_ahead_wrote(story: Story) -> None:
    """Also one that begins in the very millisecond in which that is set right."""
    story.read(world())
    story.read(Snapshot(NOW, gone=frozenset({(Section.SUBSCRIPTIONS, "s1")})), partial=True)
    now = story.at - timedelta(days=1)
    of_the_past(story.tx, "hq", now)
    merge(story.tx, "hq", replace(world(), began=now))
    assert "s1" in story.subscriptions


def test_what_was_seen_during_a_read_is_not_absent_from_it(story: Story) -> None:
    story.read(world())
    began = [story.at + n * timedelta(minutes=1) for n in (1, 2, 3)]
    # A sign-in finds p1 while three reads, which do not tell of p1 any more, are still on their way.
    story.read(replace(world(1), complete=frozenset()), partial=True)
    for at in began:
        merged = merge(story.tx, "hq", replace(without(world(), "p1", "a1A", "s1"), began=at))
        assert merged == Merged((), (), 0, changed=False)


def test_an_older_read_does_not_overwrite_a_newer_one(story: Story) -> None:
    story.read(world())
    began = story.at + timedelta(minutes=1)
    cancelled = subscription(1, state=SubscriptionState.CANCELLED)
    story.read(Snapshot(NOW, subscriptions=(cancelled,)), partial=True)
    merge(story.tx, "hq", replace(world(), began=began))
    assert story.facts.subscriptions["s1"] == cancelled


@pytest.mark.parametrize("left", [0, 1, 4])
def test_an_answer_under_half_waits_until_three_agree(story: Story, left: int) -> None:
    story.read(world(10))
    scope = (Section.PEOPLE, "A")
    little = replace(world(10), affiliations=world(left).affiliations)
    for _ in range(2):
        merged = story.read(little)
        assert merged.short == (scope,)
        assert merged.removed == 0
    (read,) = [one for one in scopes.reads(story.tx, "hq") if (one.section, one.location) == scope]
    assert (read.count, read.failure) == (10, "It told of less than half of what it told of before.")
    third = story.read(little)
    assert (third.short, third.removed) == ((), 0)  # believed now, and this is the first complete one
    assert story.read(little).removed == 10 - left
    (read,) = [one for one in scopes.reads(story.tx, "hq") if (one.section, one.location) == scope]
    assert (read.count, read.failure, read.last_good) == (left, "", story.at)


def test_half_is_not_under_half(story: Story) -> None:
    story.read(world(10))
    half = replace(world(10), affiliations=world(5).affiliations)
    assert story.read(half).short == ()
    assert story.read(half).removed == 5


def test_short_answers_that_do_not_agree_start_again(story: Story) -> None:
    story.read(world(20))
    for left in (0, 8, 0, 8, 0, 8, 3, 9):
        merged = story.read(replace(world(20), affiliations=world(left).affiliations))
        assert merged.short == ((Section.PEOPLE, "A"),)
    story.read(world(20))
    assert len(story.facts.affiliations) == 20


def test_a_short_answer_is_of_its_location_alone(story: Story) -> None:
    both = replace(world(6), affiliations=world(6).affiliations + world(6, "B").affiliations)
    story.read(both)
    less = replace(both, affiliations=world(1).affiliations + world(5, "B").affiliations)
    assert story.read(less).short == ((Section.PEOPLE, "A"),)
    assert story.read(less).removed == 1
    assert "a6B" not in story.facts.affiliations


def test_a_bad_day_that_begins_in_the_middle_of_a_read_is_one_bad_day(story: Story) -> None:
    """What is believed sooner would be taken away sooner, few enough at a time to pass the brake."""
    everybody = replace(world(6), affiliations=world(6).affiliations + world(6, "B").affiliations)
    nobody = Snapshot(NOW, complete=COMPLETE)
    story.read(everybody)
    # Location A was read before it began, and B after.
    story.read(replace(everybody, affiliations=world(6).affiliations))
    for _ in range(3):
        merged = story.read(nobody)
        assert (merged.removed, merged.ask_again) == (0, ())
        assert len(story.facts.affiliations) == 12
    assert merged.short == ()  # believed now, all of it at once
    story.read(nobody)
    assert story.facts.affiliations == {}


def test_a_source_that_tells_of_most_is_believed_where_it_is_sure(story: Story) -> None:
    """A location that is never sure holds up its own facts only."""
    both = replace(world(9), affiliations=world(9).affiliations + world(9, "B").affiliations)
    story.read(both)
    for left in (0, 4, 0, 4):
        few = world(9).affiliations + world(left, "B").affiliations
        merged = story.read(replace(both, affiliations=few, bookings=()))
        assert (Section.PEOPLE, "B") in merged.short
    assert {section for section, _ in merged.ask_again} == {Section.BOOKINGS}


def test_an_empty_sunday_is_no_short_answer(story: Story) -> None:
    story.read(world(10))
    story.at += timedelta(hours=4)  # all of today's bookings are over
    merged = story.read(replace(world(10), bookings=()))
    assert merged.short == ()
    assert merged.ask_again == ()
    assert len(story.facts.bookings) == 10
    story.at += timedelta(hours=48)
    merged = story.read(replace(world(10), bookings=()))
    assert merged.removed == 10
    assert story.facts.bookings == {}


def test_a_window_says_which_bookings_to_expect(story: Story) -> None:
    story.read(world(4))
    window = Window(NOW + timedelta(days=1), NOW + timedelta(days=2))
    for _ in range(3):
        assert story.read(replace(world(4), bookings=()), window=window).ask_again == ()
    today = Window(NOW - timedelta(hours=12), NOW + timedelta(hours=12))
    story.at += timedelta(hours=4)  # over, but of today: still told
    story.read(replace(world(4), bookings=world(3).bookings), window=today)
    merged = story.read(replace(world(4), bookings=world(3).bookings), window=today)
    assert merged.ask_again == ((Section.BOOKINGS, "b4"),)


@pytest.mark.parametrize(
    ("ends", "asked"), [(NOW - timedelta(days=1), False), (NOW + timedelta(days=1), True)]
)
@pytest.mark.parametrize("dated", [False, True])
def test_a_plan_that_ended_by_itself_is_not_asked_for(
    story: Story, ends: datetime, asked: bool, dated: bool
) -> None:
    end = ends.date() - timedelta(days=1) if dated else ends
    full = replace(world(), subscriptions=(*world().subscriptions[1:], subscription(1, ends=end)))
    for snapshot in (full, without(full, "s1")):
        story.read(snapshot)
    assert bool(story.read(without(full, "s1")).ask_again) is asked
    assert "s1" in story.subscriptions
    if not asked:
        story.at += timedelta(days=62)
        story.read(without(full, "s1"))
        assert "s1" not in story.subscriptions


def test_a_cancelled_fact_is_kept_as_such_for_sixty_days(story: Story) -> None:
    cancelled = subscription(1, state=SubscriptionState.CANCELLED)
    full = replace(world(), subscriptions=(*world().subscriptions[1:], cancelled))
    story.read(full)
    less = without(full, "s1")
    for _ in range(3):
        assert story.read(less).ask_again == ()
    story.at += timedelta(days=59)
    story.read(less)
    assert story.facts.subscriptions["s1"] == cancelled
    story.at += timedelta(days=2)
    assert story.read(less).removed >= 1
    assert "s1" not in story.subscriptions


def test_a_fact_told_twice_is_one(story: Story) -> None:
    twice = replace(world(), people=(*world().people, Person("p1", "new@example.com")))
    story.read(twice)
    assert story.facts.people["p1"].email == "new@example.com"
    assert len(story.facts.people) == 4


def test_removed_and_invited_again_is_another_person_until_the_old_one_is_gone(story: Story) -> None:
    full = world(6)
    story.read(full)
    again = replace(
        without(full, "p1", "a1A"),
        people=(*without(full, "p1").people, Person("p77", "p1@example.com")),
        affiliations=(*without(full, "a1A").affiliations, Affiliation("a77", "p77", "A")),
    )
    assert story.read(again).changed
    assert {"p1", "p77"} <= story.facts.people.keys()
    story.read(again)
    assert "p1" not in story.facts.people
    assert story.facts.people["p77"].email == "p1@example.com"


def test_a_changed_address_is_a_change(story: Story) -> None:
    story.read(world())
    moved = replace(world(), people=(person(1, "other@example.com"), *world().people[1:]))
    assert story.read(moved).changed
    assert story.facts.people["p1"].email == "other@example.com"


def test_who_is_at_two_places_leaves_with_the_second(story: Story) -> None:
    both = replace(world(4), affiliations=world(4).affiliations + world(4, "B").affiliations)
    story.read(both)
    only_b = without(both, "p1", "a1A", "a1B")
    part = replace(only_b, complete=COMPLETE - {(Section.PEOPLE, "B")})
    story.read(part)
    story.read(part)
    assert "a1A" not in story.facts.affiliations
    assert "p1" in story.facts.people
    story.read(only_b)
    story.read(only_b)
    assert "p1" not in story.facts.people


def test_who_is_known_by_a_booking_only_lasts_as_long_as_that(story: Story) -> None:
    full = replace(
        world(4), people=(*world(4).people, person(50)), bookings=(*world(4).bookings, booking(50))
    )
    story.read(full)
    for _ in range(4):
        story.read(without(full, "p50"))
    assert "p50" in story.facts.people
    story.at += timedelta(hours=4)
    story.read(without(full, "p50"))
    story.read(without(full, "p50"))
    assert "p50" not in story.facts.people


def test_facts_of_locations_that_nobody_reads_any_more_stay(story: Story) -> None:
    both = replace(world(4), affiliations=world(4).affiliations + world(4, "B").affiliations)
    story.read(both)
    only_a = replace(
        world(4),
        complete=frozenset(scope for scope in COMPLETE if scope[1] != "B") | {(Section.PEOPLE, None)},
    )
    for _ in range(3):
        assert story.read(only_a, asked=("A",)).removed == 0
    assert "a1B" in story.facts.affiliations


def test_a_plan_for_all_locations_is_missing_only_where_all_were_read(story: Story) -> None:
    full = replace(world(4), subscriptions=(*world(4).subscriptions, subscription(9, None)))
    story.read(full)
    part = replace(without(full, "s9"), complete=COMPLETE - {(Section.SUBSCRIPTIONS, "B")})
    for _ in range(3):
        assert story.read(part).ask_again == ()
    story.read(without(full, "s9"))
    assert story.read(without(full, "s9")).ask_again == ((Section.SUBSCRIPTIONS, "s9"),)
    assert story.read(part, asked=("A",)).ask_again == ((Section.SUBSCRIPTIONS, "s9"),)


def test_a_whole_that_was_read_covers_its_locations(story: Story) -> None:
    whole = replace(world(4), complete=frozenset({(Section.SUBSCRIPTIONS, None)}))
    story.read(whole)
    story.read(without(whole, "s1"))
    assert story.read(without(whole, "s1")).ask_again == ((Section.SUBSCRIPTIONS, "s1"),)


def test_integrations_are_apart(story: Story) -> None:
    story.read(world())
    merge(story.tx, "other", replace(world(2), began=story.at))
    for _ in range(3):
        merge(story.tx, "other", Snapshot(story.at + STEP, complete=COMPLETE))
        story.at += STEP
    assert len(story.facts.people) == 4


def test_a_source_that_fails_is_noted_until_it_answers(story: Story) -> None:
    story.read(world())
    scopes.failed(story.tx, "hq", "The credentials are refused.", story.at)
    read = scopes.reads(story.tx, "hq")[0]
    assert (read.failure, read.last_failure) == ("The credentials are refused.", story.at)
    assert {one.location for one in scopes.reads(story.tx, "hq")} == {None, "A", "B"}
    story.read(world())
    read = scopes.reads(story.tx, "hq")[0]
    assert (read.failure, read.last_good) == ("", story.at)


def test_only_asked_locations_are_noted_as_failing(story: Story) -> None:
    story.read(world())
    story.read(replace(Snapshot(NOW), failures=("Down.",)), asked=("A",))
    failing = {one.location for one in scopes.reads(story.tx, "hq") if one.failure}
    assert failing == {"A", None}
