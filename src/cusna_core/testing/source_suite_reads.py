"""Does a source tell what is there, when all is well?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from cusna_core.api import (
    Affiliation,
    Booking,
    BookingState,
    Level,
    PluginError,
    Section,
    Snapshot,
    email_key,
)
from cusna_core.testing.source_suite_base import BUDGET, Desk, SourceBase, StoryDesk, outcome
from cusna_core.testing.source_suite_story import ANN, CLEO, NOBODY


class Reads(SourceBase):
    async def test_check_finds_nothing_wrong(self, desk: Desk) -> None:
        """`check` must not raise, nor tell of an error, where everything is as it should be."""
        source = await desk.source()
        errors = [one.code for one in await source.check() if one.level is Level.ERROR]
        assert not errors, f"All is well, but check() finds {errors}."

    async def test_locations(self, desk: Desk) -> None:
        """All of them, with the vendor's own ids, titles and IANA time zones; read past the first page."""
        source = await desk.source()
        if isinstance(desk, StoryDesk):
            desk.vendor.pages(2)
        told = await source.locations()
        ids = [one.id for one in told]
        assert ids, "The account has no location: nothing can be mapped."
        assert len(ids) == len(set(ids)), "locations() tells one id twice."
        if isinstance(desk, StoryDesk):
            known = desk.story.locations
            assert {one.id: one for one in told} == known, (
                f"locations() tells {len(ids)} of {len(known)} locations, or otherwise than they are."
            )

    async def test_a_snapshot_tells_everything(self, desk: Desk) -> None:
        """People with their companies, plans, bookings of the window and blocks, as they are; `complete`
        names every section of every location, and `failures` are empty."""
        source = await desk.source()
        if isinstance(desk, StoryDesk):
            desk.vendor.latency = 0.1
        began = desk.clock.now()
        snapshot = await desk.read(source)
        assert snapshot.complete, f"Nothing was read to the end: {snapshot.failures}"
        assert not snapshot.gone, "A snapshot was asked for nothing by id, so nothing can be gone."
        if isinstance(desk, StoryDesk):
            desk.whole(snapshot, "A plain snapshot")
            assert snapshot.began <= began, (
                "`began` is later than when the read began: what changed meanwhile would be withdrawn. "
                "Take context.clock.now() before the first call."
            )

    @pytest.mark.parametrize("size", [1, 2])
    async def test_it_reads_past_the_first_page(self, boxed: StoryDesk, size: int) -> None:
        """Follow the vendor's pages to the last one, in every list."""
        boxed.vendor.pages(size)
        boxed.whole(await boxed.read(await boxed.source()), f"A snapshot in pages of {size}")

    async def test_one_location_alone(self, boxed: StoryDesk) -> None:
        """Only the locations that are asked for count as read."""
        boxed.places = (boxed.story.annex,)
        source = await boxed.source()
        snapshot = await boxed.read(source)
        boxed.whole(snapshot, "A snapshot of one location")

    async def test_another_window(self, boxed: StoryDesk) -> None:
        """Bookings that overlap [starts, ends) and no others: one that ends when it begins is outside."""
        boxed.window = boxed.story.day(1)
        snapshot = await boxed.read(await boxed.source())
        boxed.whole(snapshot, "A snapshot of tomorrow")

    async def test_reading_twice_tells_the_same(self, desk: Desk) -> None:
        """Ids come from the vendor and stay; a new process tells the same as an old one."""
        source = await desk.source()
        first = await desk.read(source)
        for who in (source, await desk.source()):
            again = await desk.read(who)
            different = [name for name in FACTS if _sorted(first, name) != _sorted(again, name)]
            assert not different, (
                f"Nothing changed, but a second read tells other {', '.join(different)}: people would lose "
                "and regain their access. Use the vendor's own ids, and nothing that is made up or counted."
            )

    async def test_changes_are_seen(self, boxed: StoryDesk) -> None:
        """Remember nothing that the vendor may change: what is new is told, what is cancelled is not."""
        source, story = await boxed.source(), boxed.story
        await boxed.read(source)
        gus = story.person(story.hall, "Gus", "gus@story.example", company=None)
        story.subscribe(story.hall, gus, "Flex", 0, 5)
        guest = story.person(story.annex, "Gus", "gus@story.example", member=False)
        story.book(story.annex, guest, "Desk 9", "desk", 9, 12)
        story.cancel(story.desk)
        story.block(gus)
        boxed.whole(await boxed.read(source), "A snapshot after changes")

    # One person, at a sign-in

    @pytest.mark.parametrize("form", ["as it is", "lower case", "upper case", "with spaces"])
    async def test_find_knows_an_address_in_any_case(self, desk: Desk, form: str) -> None:
        """People type their address as they like: compare by `email_key`."""
        source = await desk.source()
        email = desk.somebody(await desk.read(source))
        typed = {"lower case": email.lower(), "upper case": email.upper(), "with spaces": f" {email} "}
        found = await desk.find(source, typed.get(form, email))
        assert found is not None, f"find() does not know an address that is there ({form})."
        self._only(found, email)

    async def test_find_tells_all_that_lets_somebody_in(self, boxed: StoryDesk) -> None:
        """Their records and company, its plans and theirs, their bookings of the window; also cold."""
        story = boxed.story
        for email in (ANN, CLEO, "ben@story.example"):
            found = await boxed.find(await boxed.source(), email)
            assert found is not None, "find() does not know an address that is there."
            self._only(found, email)
            boxed.true(replace(found, complete=frozenset()), "find()")
            [who] = {one.id for one in found.people}
            everything = await boxed.read(await boxed.source())
            mine = {one.company_id for one in everything.affiliations if one.person_id == who} - {None}
            plans = {one.id for one in everything.subscriptions if one.person_id == who}
            plans |= {one.id for one in everything.subscriptions if one.company_id in mine}
            told: tuple[tuple[str, set[str], set[str]], ...] = (
                ("records", _of(found.affiliations, who), _of(everything.affiliations, who)),
                ("bookings", _of(found.bookings, who), _of(everything.bookings, who)),
                ("plans", {one.id for one in found.subscriptions}, plans),
            )
            for section, ids, true in told:
                lacking = [one for one in true if one not in ids]
                assert not lacking, (
                    f"find() lacks {len(lacking)} {section} of the person: the portal would turn them away."
                )
        assert story.emails

    async def test_find_knows_what_is_new(self, boxed: StoryDesk) -> None:
        """Somebody joins, books, and stands before the door: ask the vendor, not a memory."""
        source, story = await boxed.source(), boxed.story
        await boxed.read(source)
        assert await boxed.find(source, "zoe@story.example") is None
        zoe = story.person(story.hall, "Zoe", "zoe@story.example")
        booking = story.book(story.hall, zoe, "Desk 2", "desk", 9, 11)
        found = await boxed.find(source, "zoe@story.example")
        assert found is not None, "find() does not know who joined after the last read."
        assert booking in {one.id for one in found.bookings}, "find() does not know a booking made just now."

    @pytest.mark.parametrize(
        "email", [NOBODY, "ann.lee@story.exampl", "n.lee@story.example", "no address", ""]
    )
    async def test_find_knows_nobody_by_an_unknown_address(self, desk: Desk, email: str) -> None:
        """None, and no error, for an address that nobody has (whole: a piece of one is another)."""
        for source in (await desk.source(), await desk.source()):
            found = await outcome(desk.find(source, email))
            assert not isinstance(found, PluginError), (
                f"find() raised {type(found).__name__} for an address that nobody has: return None."
            )
            assert found is None, "find() tells of somebody who was not asked for."
            await desk.read(source)

    async def test_find_keeps_to_its_time(self, boxed: StoryDesk) -> None:
        """A member waits at the portal: five seconds are all there is, with a vendor that takes 0.3 for
        each call and whose lists have many pages."""
        boxed.vendor.pages(2)
        for warm in (False, True):
            source = await boxed.source()
            if warm:
                await boxed.read(source)
            boxed.vendor.latency = 0.3
            before, calls = boxed.clock.monotonic(), boxed.vendor.calls()
            await boxed.find(source, ANN)
            took = boxed.clock.monotonic() - before
            boxed.vendor.latency = 0.0
            assert took <= BUDGET, (
                f"find() took {took:.1f} s with {boxed.vendor.calls() - calls} calls of 0.3 s: the core "
                "gives it five seconds. Ask for the one address, not for everybody."
            )

    def _only(self, found: Snapshot, email: str) -> None:
        """It tells of one address, and ends nothing."""
        strangers = [one.id for one in found.people if email_key(one.email) != email_key(email)]
        assert not strangers, f"find() tells of {len(strangers)} people who were not asked for."
        assert found.people, "find() returned a snapshot without the person."
        assert not found.gone, "find() must withdraw nobody: leave `gone` empty."
        people = {one.id for one in found.people}
        companies = {one.company_id for one in found.affiliations if one.person_id in people}
        others = [one.id for one in found.affiliations if one.person_id not in people]
        others += [one.id for one in found.bookings if one.person_id not in people]
        others += [
            one.id
            for one in found.subscriptions
            if one.person_id not in people and (one.company_id is None or one.company_id not in companies)
        ]
        assert not others, f"find() tells {len(others)} facts about others than the one who was asked for."

    # By id, when in doubt

    async def test_what_still_exists_is_told_again(self, desk: Desk) -> None:
        """Ask for each id by itself; what is there is returned, and is not gone."""
        source = await desk.source()
        snapshot = await desk.read(source)
        missing = [(Section.SUBSCRIPTIONS, one.id) for one in snapshot.subscriptions[:3]]
        missing += [(Section.BOOKINGS, one.id) for one in snapshot.bookings[:3]]
        if not missing:
            pytest.skip("cusna-live: there is no subscription and no booking to ask for.")
        again = await source.again(missing)
        ids = {(Section.SUBSCRIPTIONS, one.id) for one in again.subscriptions}
        ids |= {(Section.BOOKINGS, one.id) for one in again.bookings}
        assert not again.gone, f"again() says of {len(again.gone)} that they are gone, and they are there."
        assert set(missing) <= ids, "again() does not tell what it was asked for, though it is there."
        if isinstance(desk, StoryDesk):
            desk.true(replace(again, complete=frozenset()), "again()")

    async def test_what_is_no_more_is_gone(self, boxed: StoryDesk) -> None:
        """A cancelled booking is `gone`, or told as cancelled; others that were asked for stay."""
        source, story = await boxed.source(), boxed.story
        await boxed.read(source)
        story.cancel(story.desk)
        asked = [(Section.BOOKINGS, story.desk), (Section.SUBSCRIPTIONS, story.plan)]
        again = await source.again(asked)
        cancelled = {
            (Section.BOOKINGS, one.id) for one in again.bookings if one.state is BookingState.CANCELLED
        }
        assert asked[0] in again.gone | cancelled, (
            "again() does not say that a cancelled booking is gone: its right would never end."
        )
        assert again.gone <= {asked[0]}, "again() says of what is there that it is gone."
        assert story.plan in {one.id for one in again.subscriptions}

    async def test_nothing_asked_nothing_told(self, boxed: StoryDesk) -> None:
        """An empty list of ids costs no call, and ends nothing."""
        source = await boxed.source()
        boxed.vendor.forget()
        again = await source.again([])
        assert not again.gone, "again() was asked for nothing, and says that something is gone."
        assert boxed.vendor.calls() == 0, "again() was asked for nothing, and made calls."

    async def test_time_goes_by(self, boxed: StoryDesk) -> None:
        """A session, a token or a page that has grown old is renewed without anybody's doing."""
        source = await boxed.source()
        await boxed.read(source)
        for hours in (1, 24 * 40):
            boxed.vendor.clock.advance(timedelta(hours=hours))
            got = await outcome(source.locations())
            assert not isinstance(got, PluginError), f"{hours} hours later, nothing can be read any more."


FACTS = ("people", "affiliations", "companies", "subscriptions", "bookings", "blocks")


def _of(facts: Iterable[Affiliation | Booking], person: str) -> set[str]:
    return {one.id for one in facts if one.person_id == person}


def _sorted(snapshot: Snapshot, name: str) -> list[str]:
    return sorted(map(repr, getattr(snapshot, name)))
