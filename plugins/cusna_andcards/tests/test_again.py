"""What becomes of plans and bookings that a complete read no longer showed?"""

from datetime import timedelta
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import (
    AuthFailed,
    BookingState,
    Section,
    Snapshot,
    SubscriptionState,
    Unreachable,
    Window,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def ann(fake: AndcardsFake, berlin: str) -> str:
    return fake.add_person(berlin, "Ann", "ann@example.com")


@pytest.fixture
def plan(fake: AndcardsFake, berlin: str, ann: str, day: Window) -> str:
    return fake.subscribe(berlin, ann, "Flex", starts=day.starts)


@pytest.fixture
def booking(fake: AndcardsFake, berlin: str, ann: str, day: Window) -> str:
    return fake.book(berlin, ann, "Desk 4", "desk", starts=day.starts, ends=day.starts + 9 * HOUR)


async def ask_plan(source: AndcardsSource, one: str) -> Snapshot:
    return await source.again([(Section.SUBSCRIPTIONS, one)])


async def ask_booking(source: AndcardsSource, one: str) -> Snapshot:
    return await source.again([(Section.BOOKINGS, one)])


async def test_what_is_still_there_is_told_as_it_is(
    source: AndcardsSource, plan: str, booking: str, ann: str
) -> None:
    read = await source.again([(Section.SUBSCRIPTIONS, plan), (Section.BOOKINGS, booking)])
    assert [(one.id, one.state) for one in read.subscriptions] == [(plan, SubscriptionState.ACTIVE)]
    assert [(one.id, one.state) for one in read.bookings] == [(booking, BookingState.CONFIRMED)]
    assert (read.gone, read.complete, read.failures) == (frozenset(), frozenset(), ())


async def test_deleted_is_cancelled(
    fake: AndcardsFake, source: AndcardsSource, plan: str, booking: str
) -> None:
    fake.state.cancel_subscription(plan)
    fake.cancel(booking)
    read = await source.again([(Section.SUBSCRIPTIONS, plan), (Section.BOOKINGS, booking)])
    assert [one.state for one in read.subscriptions] == [SubscriptionState.CANCELLED]
    assert [one.state for one in read.bookings] == [BookingState.CANCELLED]


async def test_not_there_is_gone(fake: AndcardsFake, source: AndcardsSource) -> None:
    asked = {(Section.SUBSCRIPTIONS, fake.state.new_id()), (Section.BOOKINGS, fake.state.new_id())}
    read = await source.again(list(asked))
    assert read.gone == asked


async def test_a_vendor_that_answers_400_for_what_is_not_there_says_nothing(
    fake: AndcardsFake, source: AndcardsSource, plan: str
) -> None:
    fake.knobs.missing_status = 400
    unknown = fake.state.new_id()
    read = await source.again([(Section.SUBSCRIPTIONS, unknown), (Section.SUBSCRIPTIONS, plan)])
    assert read.gone == frozenset()
    assert [one.id for one in read.subscriptions] == [plan], "the others are asked for"
    assert len(read.failures) == 1


async def test_other_sections_are_not_asked_for(fake: AndcardsFake, source: AndcardsSource) -> None:
    read = await source.again([(Section.PEOPLE, "someone")])
    assert not fake.calls
    assert read.gone == frozenset()


async def test_a_plan_that_became_incomplete(fake: AndcardsFake, source: AndcardsSource, plan: str) -> None:
    fake.state.subscriptions[plan]["_status"] = "incompleteExpired"
    assert (await ask_plan(source, plan)).subscriptions[0].state is SubscriptionState.INCOMPLETE


async def test_a_plan_whose_holder_is_no_more(fake: AndcardsFake, source: AndcardsSource, plan: str) -> None:
    fake.untidy = True
    lost = fake.state.new_id()
    fake.state.subscriptions[plan].update(userRef=None, customer=None, membershipRef=lost)
    assert (await ask_plan(source, plan)).gone == {(Section.SUBSCRIPTIONS, plan)}


async def test_a_booking_that_became_tentative(
    fake: AndcardsFake, source: AndcardsSource, connect: Any, booking: str
) -> None:
    """A booking does not tell its own state, so the list of confirmed ones is asked."""
    fake.state.bookings[booking]["_status"] = "tentative"
    assert (await ask_booking(source, booking)).bookings[0].state is BookingState.TENTATIVE
    generous = await connect(tentative_counts=True)
    assert (await ask_booking(generous, booking)).bookings[0].state is BookingState.CONFIRMED


async def test_a_booking_that_moved_to_another_day(
    fake: AndcardsFake, source: AndcardsSource, booking: str, day: Window
) -> None:
    fake.state.move_booking(booking, day.ends, day.ends + HOUR)
    [found] = (await ask_booking(source, booking)).bookings
    assert (found.starts, found.state) == (day.ends, BookingState.CONFIRMED)


async def test_a_booking_whose_desk_was_deleted(
    fake: AndcardsFake, source: AndcardsSource, booking: str
) -> None:
    fake.state.delete_resource(next(iter(fake.state.resources)))
    assert (await ask_booking(source, booking)).gone == {(Section.BOOKINGS, booking)}


# Series


@pytest.fixture
def series(fake: AndcardsFake, berlin: str, ann: str, day: Window) -> str:
    desk = fake.state.resource(berlin, "Desk 9")
    [member] = fake.state.memberships
    begin = day.starts + 9 * HOUR
    return fake.state.booking(desk, member, begin, begin + HOUR, days=range(5))


@pytest.mark.parametrize("by_id", [True, False])
async def test_an_occurrence_of_a_series(
    fake: AndcardsFake, source: AndcardsSource, series: str, by_id: bool
) -> None:
    fake.knobs.occurrence_by_id = by_id
    one = f"{series}_2026-03-12"
    [found] = (await ask_booking(source, one)).bookings
    assert (found.id, found.state, found.starts.day) == (one, BookingState.CONFIRMED, 12)


@pytest.mark.parametrize("by_id", [True, False])
async def test_an_occurrence_that_was_cancelled(
    fake: AndcardsFake, source: AndcardsSource, series: str, by_id: bool
) -> None:
    fake.knobs.occurrence_by_id = by_id
    one = f"{series}_2026-03-12"
    fake.cancel(one)
    assert (await ask_booking(source, one)).gone == {(Section.BOOKINGS, one)}


async def test_an_occurrence_of_a_series_that_was_cancelled(
    fake: AndcardsFake, source: AndcardsSource, series: str
) -> None:
    fake.knobs.occurrence_by_id = False
    fake.cancel(series)
    one = f"{series}_2026-03-12"
    assert (await ask_booking(source, one)).gone == {(Section.BOOKINGS, one)}


async def test_an_occurrence_with_an_id_that_nobody_understands(
    fake: AndcardsFake, source: AndcardsSource, series: str
) -> None:
    read = await ask_booking(source, f"{series}_someday")
    assert (read.gone, len(read.failures)) == (frozenset(), 1)


# Attendees


async def test_an_attendee(fake: AndcardsFake, connect: Any, berlin: str, booking: str) -> None:
    source = await connect(include_attendees=True)
    bob = fake.add_person(berlin, "Bob", "bob@example.com")
    member = list(fake.state.memberships)[-1]
    fake.state.bookings[booking]["attendees"] = [fake.state.attendee(member)]
    one = f"{booking}|{bob}"
    read = await ask_booking(source, one)
    assert {found.id: found.person_id for found in read.bookings}[one] == bob
    fake.state.bookings[booking]["attendees"] = []
    assert (await ask_booking(source, one)).gone == {(Section.BOOKINGS, one)}


# Bad days


async def test_refused_at_once_raises(fake: AndcardsFake, source: AndcardsSource, plan: str) -> None:
    fake.regenerate_credentials()
    with pytest.raises(AuthFailed):
        await ask_plan(source, plan)


async def test_down_at_once_raises(fake: AndcardsFake, source: AndcardsSource, plan: str) -> None:
    fake.faults.fail()
    with pytest.raises(Unreachable):
        await ask_plan(source, plan)


@pytest.mark.parametrize("status", [401, 503])
async def test_trouble_in_the_middle_says_nothing_of_the_rest(
    fake: AndcardsFake, source: AndcardsSource, plan: str, booking: str, status: int
) -> None:
    fake.faults.fail("/bookings", status)
    unknown = fake.state.new_id()
    read = await source.again(
        [(Section.SUBSCRIPTIONS, plan), (Section.BOOKINGS, booking), (Section.SUBSCRIPTIONS, unknown)]
    )
    assert [one.id for one in read.subscriptions] == [plan]
    assert (read.bookings, read.gone) == ((), frozenset())
    assert len(read.failures) == 1


async def test_answers_without_sense_say_nothing(
    fake: AndcardsFake, source: AndcardsSource, plan: str, booking: str
) -> None:
    fake.untidy = True
    fake.state.subscriptions[plan]["status"] = "dreaming"
    fake.state.bookings[booking]["startDate"] = None
    read = await source.again([(Section.SUBSCRIPTIONS, plan), (Section.BOOKINGS, booking)])
    assert (read.subscriptions, read.bookings, read.gone) == ((), (), frozenset())
    assert len(read.failures) == 2


async def test_a_booking_without_a_resource_says_nothing(
    fake: AndcardsFake, source: AndcardsSource, booking: str
) -> None:
    fake.untidy = True
    fake.state.bookings[booking]["resourceRef"] = None
    read = await ask_booking(source, booking)
    assert (read.bookings, read.gone, len(read.failures)) == ((), frozenset(), 1)
