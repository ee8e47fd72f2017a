"""How does one read become a snapshot? Facts are collected section by section; a section counts as
complete only when every page of it was read and every record of it understood.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar

from cusna_andcards import records
from cusna_andcards.collected import Collected
from cusna_andcards.pages import Page
from cusna_core.api import BadAnswer, Block, PluginError, Section, Window

R = TypeVar("R", bound=records.Record)

NOUNS = {
    Section.PEOPLE: "people",
    Section.COMPANIES: "companies",
    Section.SUBSCRIPTIONS: "plans",
    Section.BOOKINGS: "bookings",
    Section.BLOCKS: "blocked people",
}


class Reading(Collected):
    """One read under way: section by section, and how far it came."""

    async def section(self, section: Section, place: str | None, work: Callable[[], Awaitable[int]]) -> None:
        """Do the work, which returns how many records it could not use, and note how it went."""
        known = self.memory.places.get(place or "")
        where = f" of {known.title or known.id}" if known else ""
        try:
            if self.refused is not None:
                raise self.refused
            if unusable := await work():
                raise BadAnswer(f"{unusable} of them came in a form that cannot be understood.")
        except PluginError as error:
            self.heed(error)
            self.failures.append(
                f"The {NOUNS[section]}{where} were not read to the end, so what is known of them stays "
                f"as it is. {error}"
            )
        else:
            self.complete.add((section, place))

    async def everything(self, place: str, window: Window) -> None:
        """One location. Companies first, then people: later records refer to earlier ones."""
        await self.section(Section.COMPANIES, place, partial(self.read_companies, place))
        await self.section(Section.PEOPLE, place, partial(self.read_people, place))
        await self.section(Section.SUBSCRIPTIONS, place, partial(self.read_subscriptions, place))
        await self.section(Section.BOOKINGS, place, partial(self.read_all_bookings, place, window))

    # Sections: each returns how many records it could not use

    async def read_companies(self, place: str) -> int:
        async def take(record: records.Company) -> bool:
            return self.take_company(record, place)

        return await _each(self.api.companies(place), take)

    async def read_company(self, one: str, place: str) -> int:
        """A single one, unless it is known: somebody may have joined a company that is new."""
        if one in self.memory.companies:
            self.companies[one] = self.memory.companies[one]
            return 0
        return 0 if self.take_company(await self.api.company(one), place) else 1

    async def read_people(self, place: str) -> int:
        async def take(record: records.Membership) -> bool:
            return self.take_membership(record, place)

        return await _each(self.api.memberships(place), take, self.api.context.progress)

    async def read_subscriptions(self, place: str, customer: str | None = None) -> int:
        async def take(record: records.Subscription) -> bool:
            return await self.take_subscription(record, place)

        return await _each(self.api.subscriptions(place, customer=customer), take)

    async def read_all_bookings(self, place: str, window: Window) -> int:
        """Without the list of desks and rooms the bookings are still read, joined with what is
        known of them, but that is not a complete read."""
        trouble: PluginError | None = None
        try:
            unusable = await self.read_resources(place)
        except PluginError as error:
            self.heed(error)
            if self.refused is not None:
                raise
            trouble, unusable = error, 0
        unusable += await self.read_bookings(place, window)
        if trouble is not None:
            raise trouble
        return unusable

    async def read_resources(self, place: str) -> int:
        async def take(record: records.Resource) -> bool:
            if record.id:
                self.memory.resources[record.id] = record
            return bool(record.id)

        return await _each(self.api.resources(place), take)

    async def read_bookings(self, place: str, window: Window, customer: str | None = None) -> int:
        async def take(record: records.Booking) -> bool:
            return await self.take_booking(record, place)

        status = "confirmed,tentative" if self.options.tentative_counts else "confirmed"
        pages = self.api.bookings(window.starts, window.ends, status, location=place, customer=customer)
        return await _each(pages, take)

    async def read_blocks(self) -> int:
        async def take(record: records.Registration) -> bool:
            if record.user is None or not record.user.id or record.blacklisted is None:
                return False
            if record.blacklisted:
                self.blocks[record.user.id] = Block(record.user.id)
            return True

        return await _each(self.api.registrations(), take)


async def _each(
    pages: AsyncIterator[Page[R]],
    take: Callable[[R], Awaitable[bool]],
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    unusable = 0
    async for page in pages:
        unusable += page.unreadable
        for record in page.records:
            if not await take(record):
                unusable += 1
        progress(len(page.records))
    return unusable
