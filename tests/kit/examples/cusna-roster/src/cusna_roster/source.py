"""What does Roster tell Cusna? Records there are facts here: people, plans, bookings.

A read that fails in the middle returns what it has, with the sections that it did not finish left out of
`complete`. A source never turns a failed read into "nobody".
"""

from collections.abc import Sequence

from cusna_core.api import Context, Finding, Section, Snapshot, Source, SourceLocation, Window

from cusna_roster.client import RosterApi
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
        raise NotImplementedError("Write Source.check: try the credentials with a cheap call, and return [].")

    async def locations(self) -> Sequence[SourceLocation]:
        raise NotImplementedError("Write Source.locations: every place of the account, with its time zone.")

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        raise NotImplementedError("Write Source.snapshot: all facts of these places, and what is complete.")

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        raise NotImplementedError("Write Source.find: what is known of one address, None if nobody has it.")

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        raise NotImplementedError("Write Source.again: ask for each id; what is no more goes into `gone`.")
