"""What does Roster tell Cusna? Everything at times, one person at a sign-in, one record when in doubt.

A read that fails in the middle returns what it has, with the sections that it did not finish left out of
`complete`. A source never turns a failed read into "nobody".
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from cusna_core.api import (
    Context,
    Finding,
    Missing,
    PluginError,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Window,
    email_key,
    merged,
)

from cusna_roster import mapping
from cusna_roster.client import Booked, Member, Pass, Place, RosterApi, Team
from cusna_roster.mapping import Facts
from cusna_roster.options import RosterOptions


class RosterSource(Source[RosterOptions]):
    """One account at Roster, read only."""

    type = "roster"
    title = "Roster"
    options_class = RosterOptions

    def __init__(self, options: RosterOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = RosterApi(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def check(self) -> Sequence[Finding]:
        await self.locations()
        return []

    async def locations(self) -> Sequence[SourceLocation]:
        return [SourceLocation(one.id, one.name, one.zone) for one in await self.api.all(Place, "/places")]

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        began = self.context.clock.now()
        there = {one.id for one in await self.locations()}
        parts = []
        for place in locations:
            if place not in there:
                sentence = f"Roster lists the place {place} no more. Its people keep what they have."
                parts.append(Snapshot(began, failures=(sentence,)))
                continue
            for section, read in self._reads(place, window).items():
                parts.append(await _section(began, section, place, read))
        parts.append(await _section(began, Section.BLOCKS, None, self._blocks))
        return merged(parts)

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        began = self.context.clock.now()
        wanted = email_key(email)
        found = await self.api.all(Member, "/members", email=email.strip())
        mine = [one for one in found if email_key(one.email) == wanted and one.place in locations]
        if wanted is None or not mine:
            return None
        parts = [mapping.people(mine), await self._blocks()]
        for one in mine:
            parts.append(mapping.subscriptions(await self.api.all(Pass, "/passes", person=one.person)))
            parts.append(mapping.bookings(await self._booked(window, person=one.person)))
            if one.team is not None:
                parts.append(mapping.companies([await self.api.one(Team, "/teams", one.team)]))
                parts.append(mapping.subscriptions(await self.api.all(Pass, "/passes", team=one.team)))
        return merged(Snapshot(began, **part) for part in parts)

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        began = self.context.clock.now()
        told: list[Snapshot] = []
        trouble: PluginError | None = None
        for section, id_ in missing:
            try:
                told.append(Snapshot(began, **await self._one(section, id_)))
            except Missing:
                told.append(Snapshot(began, gone=frozenset({(section, id_)})))
            except PluginError as error:
                trouble = error
        if trouble is not None and not told:
            raise trouble
        return merged([Snapshot(began), *told])

    # Parts of a read

    def _reads(self, place: str, window: Window) -> dict[Section, Callable[[], Awaitable[Facts]]]:
        """How each section of a place is read."""

        async def people() -> Facts:
            return mapping.people(await self.api.all(Member, "/members", place=place))

        async def companies() -> Facts:
            return mapping.companies(await self.api.all(Team, "/teams", place=place))

        async def subscriptions() -> Facts:
            return mapping.subscriptions(await self.api.all(Pass, "/passes", place=place))

        async def bookings() -> Facts:
            return mapping.bookings(await self._booked(window, place=place))

        return {
            Section.COMPANIES: companies,
            Section.PEOPLE: people,
            Section.SUBSCRIPTIONS: subscriptions,
            Section.BOOKINGS: bookings,
        }

    async def _one(self, section: Section, id_: str) -> Facts:
        if section is Section.SUBSCRIPTIONS:
            return mapping.subscriptions([await self.api.one(Pass, "/passes", id_)])
        return mapping.bookings([await self.api.one(Booked, "/bookings", id_)])

    async def _booked(self, window: Window, **query: str) -> list[Booked]:
        span = {"from": window.starts.isoformat(), "to": window.ends.isoformat()}
        return await self.api.all(Booked, "/bookings", state="confirmed", **span, **query)

    async def _blocks(self) -> Facts:
        return mapping.blocks(await self.api.banned())


async def _section(
    began: datetime, section: Section, place: str | None, read: Callable[[], Awaitable[Facts]]
) -> Snapshot:
    """One section, complete; or why it is not."""
    try:
        facts = await read()
    except PluginError as error:
        return Snapshot(began, failures=(f"The {section} were not read, and stay as they are. {error}",))
    return Snapshot(began, complete=frozenset({(section, place)}), **facts)
