"""Does the source suite let a healthy source pass, and no broken one?"""

import inspect
import re
from typing import Any

import pytest
from tests.kit import sources_broken as broken
from tests.kit.sources import Club
from tests.kit.sources_broken import calling
from tests.kit.sources_fake import ClubFake

from cusna_core.testing.faults import BAD_ANSWERS
from cusna_core.testing.overrides import unreasoned
from cusna_core.testing.source_suite import GUARD, OPEN, SourceSuite

BAD = {str(one): one for one in BAD_ANSWERS}


class TestClub(SourceSuite):
    source = Club
    fake = ClubFake


ALL_BAD = "test_nothing_but_bad_answers"
ONE_BAD = "test_one_bad_answer_among_good_ones"
LOOKUP = "test_a_lookup_that_fails_knows_nobody_less"
TOLD = "test_no_secret_is_told"
WHOLE = "test_a_snapshot_tells_everything"
KNOWS = "test_find_knows_an_address_in_any_case"

Meant = tuple[type[Club], str, dict[str, Any], str]
"""The broken source, the test that must see it, with what, and a piece of what it says."""
BROKEN: list[Meant] = [
    (calling(broken.PageOneApi), "test_it_reads_past_the_first_page", {"size": 2}, "are missing"),
    (calling(broken.PageOneApi), "test_locations", {}, "2 of 3 locations"),
    (calling(broken.LogsTokenApi), TOLD, {}, "A credential stands"),
    (calling(broken.LogsQueryApi), TOLD, {}, "address stands"),
    (calling(broken.TokenInErrorApi), TOLD, {}, "A credential stands"),
    (calling(broken.BodyInErrorApi), TOLD, {}, "stands in what the source says"),
    (calling(broken.SecretCauseApi), TOLD, {}, "stands in what the source says"),
    (broken.ShowsKey, TOLD, {}, "repr of the source"),
    (calling(broken.PrintsApi), TOLD, {}, "(called print)"),
    (
        calling(broken.BelievesAnybodyApi),
        "test_a_certificate_that_nobody_vouches_for_is_refused",
        {},
        "would read it all",
    ),
    (calling(broken.FollowsApi), "test_redirects_carry_no_credentials_away", {"status": 307}, "took"),
    (calling(broken.FollowsApi), "test_redirects_carry_no_credentials_away", {"status": 301}, "took"),
    (calling(broken.BelievesHtmlApi), ONE_BAD, {"bad": "HTML", "warm": True}, "are missing"),
    (calling(broken.BelievesHtmlApi), LOOKUP, {"bad": "truncated"}, "nobody has the address"),
    *(
        (calling(broken.BelievesAnythingApi), ONE_BAD, {"bad": name, "warm": warm}, "are missing")
        for name in ("{}", "[]", "[{}]", "null")
        for warm in (False, True)
    ),
    (calling(broken.BelievesAnythingApi), ALL_BAD, {"bad": "null", "warm": True}, "returned"),
    (calling(broken.AuthIsTransientApi), ALL_BAD, {"bad": "401", "warm": True}, "instead of AuthFailed"),
    (calling(broken.AuthIsTransientApi), "test_refused_credentials", {}, "instead of AuthFailed"),
    (calling(broken.NoWaitApi), ALL_BAD, {"bad": "429 with a date", "warm": True}, "after=None instead of 7"),
    (calling(broken.LimitIsRefusalApi), ALL_BAD, {"bad": "429", "warm": False}, "instead of RateLimited"),
    (calling(broken.BlocksApi), "test_nothing_blocks_the_loop", {}, "time.sleep"),
    (calling(broken.KeepsOneTokenApi), "test_time_goes_by", {}, "hours later"),
    (broken.Swallows, ONE_BAD, {"bad": "503", "warm": False}, "are missing"),
    (broken.Swallows, "test_a_later_page_fails", {"warm": False}, "are missing"),
    (broken.Swallows, "test_the_vendor_goes_down_in_the_middle", {"warm": True}, "are missing"),
    (broken.Swallows, "test_connections_are_cut", {"drop": "before"}, "are missing"),
    (broken.Silent, ONE_BAD, {"bad": "500", "warm": True}, "without a word"),
    (broken.Strict, "test_a_later_page_fails", {"warm": True}, "return what was read"),
    (broken.NoKind, WHOLE, {}, "instead of <BookingKind.ROOM"),
    (broken.LastDay, WHOLE, {}, "told otherwise"),
    (broken.BeganLate, WHOLE, {}, "`began`"),
    (broken.UnstableIds, "test_reading_twice_tells_the_same", {}, "affiliations"),
    (broken.Remembers, "test_changes_are_seen", {}, "is told, but is not there"),
    (broken.NoWindow, WHOLE, {}, "not in the window"),
    (broken.NoWindow, "test_another_window", {}, "not in the window"),
    (broken.OneZone, "test_locations", {}, "otherwise than they are"),
    (broken.FindsAll, KNOWS, {"form": "as it is"}, "not asked for"),
    (broken.FindsSlowly, "test_find_keeps_to_its_time", {}, "find() took"),
    (broken.FindsExactly, KNOWS, {"form": "upper case"}, "does not know an address"),
    (broken.FindsNoPlans, "test_find_tells_all_that_lets_somebody_in", {}, "lacks 1 plans"),
    (broken.FindsInMemory, "test_find_knows_what_is_new", {}, "joined after the last read"),
    (broken.FindRaises, "test_find_knows_nobody_by_an_unknown_address", {"email": "x@y.example"}, "raised"),
    (broken.FindKnowsNobody, LOOKUP, {"bad": "503"}, "nobody has the address"),
    (broken.FindKnowsNobody, ALL_BAD, {"bad": "502", "warm": True}, "returned None"),
    (broken.GoneByGuess, LOOKUP, {"bad": "500"}, "something is gone"),
    (broken.NeverGone, "test_what_is_no_more_is_gone", {}, "would never end"),
    (broken.ChecksNothing, "test_refused_credentials", {}, "instead of AuthFailed"),
    (broken.Cries, "test_check_finds_nothing_wrong", {}, "club.wolf"),
    (broken.AllGone, "test_what_still_exists_is_told_again", {}, "they are there"),
    (broken.AsksInVain, "test_nothing_asked_nothing_told", {}, "made calls"),
    (broken.FirstPlace, "test_one_location_alone", {}, "`complete` lacks"),
    (broken.GivesUp, "test_a_bad_day_passes", {}, "still raises"),
    (broken.Reopens, "test_closed_is_closed", {}, "after close() came to a list"),
    (broken.ShrugsAtTheEnd, "test_closing_in_the_middle_of_a_call", {}, "came to a list"),
    (broken.LeavesOpen, "test_closing_leaves_nothing_open", {}, "connections open"),
    (broken.LeavesTask, "test_closing_leaves_nothing_open", {}, "['Event.wait']"),
    (broken.CallsAtStart, "test_opening_makes_no_call", {}, "open() made calls"),
    (broken.NeverStops, "test_calling_off", {}, "cancelled"),
]


async def ask(source: type[Club], test: str, given: dict[str, Any]) -> None:
    """One test of the suite, as pytest would run it."""

    class Suite(SourceSuite):
        fake = ClubFake

    Suite.source = source
    suite = Suite()
    async with suite.at_fake() as boxed:
        method = getattr(suite, test)
        fixtures = {"boxed": boxed, "desk": boxed}
        wanted = inspect.signature(method).parameters.keys()
        known = {name: value for name, value in fixtures.items() if name in wanted}
        if "bad" in given:
            given = given | {"bad": BAD[given["bad"]]}
        await method(**known, **given)


@pytest.mark.parametrize(
    ("source", "test", "given", "says"), BROKEN, ids=[f"{one[0].__name__}-{one[1]}" for one in BROKEN]
)
async def test_a_broken_source_is_seen(
    source: type[Club], test: str, given: dict[str, Any], says: str
) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception), match=re.escape(says)):
        await ask(source, test, given)


def test_every_test_of_the_suite_has_seen_a_broken_source() -> None:
    seen = {test for _, test, _, _ in BROKEN} | {GUARD}
    assert seen == {name for name in dir(SourceSuite) if name.startswith("test_")}


# Overrides


class Reasoned(SourceSuite):
    __test__ = False

    @pytest.mark.xfail(reason="The vendor tells no titles, and its support will not say when.", strict=True)
    async def test_locations(self) -> None:  # type: ignore[override]  # as plugins will write it
        raise AssertionError


class Curt(SourceSuite):
    __test__ = False

    @pytest.mark.xfail(reason="no", strict=True)
    async def test_locations(self) -> None:  # type: ignore[override]  # as plugins will write it
        raise AssertionError


class Quiet(SourceSuite):
    __test__ = False

    async def test_locations(self) -> None:  # type: ignore[override]  # as plugins will write it
        return


class Loose(SourceSuite):
    __test__ = False

    @pytest.mark.xfail(reason="The vendor tells no titles, and its support will not say when.")
    async def test_locations(self) -> None:  # type: ignore[override]  # as plugins will write it
        raise AssertionError


@pytest.mark.skip(reason="We have no time for this now, and perhaps never will.")
class Skipped(SourceSuite):
    __test__ = False


def test_overrides_need_a_reason() -> None:
    assert unreasoned(Reasoned, SourceSuite, OPEN) == []
    for suite in (Curt, Quiet, Loose):
        assert unreasoned(suite, SourceSuite, OPEN) == ["test_locations"]
    assert unreasoned(Skipped, SourceSuite, OPEN) == ["skip"]


async def test_the_suite_itself_says_so() -> None:
    with pytest.raises(AssertionError, match="Quiet overrides test_locations"):
        await Quiet().test_no_standard_test_is_overridden_without_a_reason()
    await Reasoned().test_no_standard_test_is_overridden_without_a_reason()


def test_the_guard_cannot_be_overridden() -> None:
    with pytest.raises(TypeError, match="overrides the test that looks"):

        class Sly(SourceSuite):
            async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
                return
