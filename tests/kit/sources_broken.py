"""What do people get wrong in a source? Each class is the healthy one with a single mistake."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from tests.kit.sources import Club, ClubApi, Query, Reading, Row
from yarl import URL

from cusna_core.api import (
    Answer,
    BadAnswer,
    BookingKind,
    Finding,
    Level,
    Missing,
    PluginError,
    RateLimited,
    Section,
    Snapshot,
    SourceLocation,
    Transient,
    Unreachable,
    Window,
)

log = logging.getLogger(__name__)


# In its calls


class PageOneApi(ClubApi):
    async def pages(self, path: str, query: Query) -> AsyncIterator[list[Row]]:
        async for rows in super().pages(path, query):
            yield rows
            return


class LogsTokenApi(ClubApi):
    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        super().sign(headers, query)
        log.debug("Headers: %s", headers)


class LogsQueryApi(ClubApi):
    async def pages(self, path: str, query: Query) -> AsyncIterator[list[Row]]:
        log.debug("GET %s %s", path, query)
        async for rows in super().pages(path, query):
            yield rows


class PrintsApi(ClubApi):
    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        super().sign(headers, query)
        print("Headers:", headers)  # noqa: T201 - the bug


class BelievesAnybodyApi(ClubApi):
    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.DummyCookieJar()
        )


class TokenInErrorApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        if answer.status >= 500:
            return Unreachable(f"The club is down (asked with {self.key.get_secret_value()}).")
        return super().failure(answer)


class BodyInErrorApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        error = super().failure(answer)
        if error is not None:
            error.add_note(answer.body.decode())
        return error


class SecretCauseApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        try:
            if answer.status == 503:
                raise ValueError(answer.body)
        except ValueError as error:
            raise Unreachable("The club is down.") from error
        return super().failure(answer)


class FollowsApi(ClubApi):
    def may_follow(self, url: URL) -> bool:
        return True


class BelievesHtmlApi(ClubApi):
    async def pages(self, path: str, query: Query) -> AsyncIterator[list[Row]]:
        try:
            async for rows in super().pages(path, query):
                yield rows
        except BadAnswer:
            return


class BelievesAnythingApi(ClubApi):
    """`answer.get("items", [])`, as everybody writes it first."""

    async def pages(self, path: str, query: Query) -> AsyncIterator[list[Row]]:
        after: int | None = 0
        while after is not None:
            answer = await self.get(path, query={**query, "after": after})
            kept = answer if isinstance(answer, dict) else {}
            yield kept.get("items", [])
            after = kept.get("next")


class AuthIsTransientApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        if answer.status in (401, 403):
            return Transient("Something is wrong, let us try again.")
        return super().failure(answer)


class NoWaitApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        return RateLimited("Too many calls.") if answer.status == 429 else super().failure(answer)


class LimitIsRefusalApi(ClubApi):
    def failure(self, answer: Answer) -> PluginError | None:
        return Missing("No.") if answer.status == 429 else super().failure(answer)


class BlocksApi(ClubApi):
    async def log_in(self) -> None:
        time.sleep(0.001)
        await super().log_in()


class KeepsOneTokenApi(ClubApi):
    def expired(self, answer: Answer) -> bool:
        return False


# In its facts


class SwallowsReading(Reading):
    """An error is an empty list."""

    async def section(self, section: Section, place: str | None, path: str, query: Query) -> None:
        await super().section(section, place, path, query)
        self.complete.add((section, place))


class SilentReading(Reading):
    def fail(self, section: Section, error: PluginError) -> None:
        self.errors.append(error)


class StrictReading(Reading):
    """One list fails, everything fails."""

    def fail(self, section: Section, error: PluginError) -> None:
        raise error


class NoKindReading(Reading):
    def take(self, section: Section, row: Row) -> None:
        super().take(section, row)
        for one, booking in self.facts["bookings"].items():
            self.facts["bookings"][one] = replace(booking, kind=BookingKind.DESK)


class LastDayReading(Reading):
    """Ends are a day off."""

    def take(self, section: Section, row: Row) -> None:
        if section is Section.SUBSCRIPTIONS and row["ends"]:
            row = {**row, "ends": row["ends"].replace("T23", "T22")}
        super().take(section, row)


class With(Club):
    """The healthy one, with another reading."""

    reading_class: type[Reading] = Reading

    def reading(self) -> Reading:
        return self.reading_class(self.api, self.context.clock.now())


class Swallows(With):
    reading_class = SwallowsReading


class Silent(With):
    reading_class = SilentReading


class Strict(With):
    reading_class = StrictReading


class NoKind(With):
    reading_class = NoKindReading


class LastDay(With):
    reading_class = LastDayReading


class BeganLate(Club):
    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        snapshot = await super().snapshot(locations, window)
        return replace(snapshot, began=self.context.clock.now())


class UnstableIds(Club):
    count = itertools.count()

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        snapshot = await super().snapshot(locations, window)
        records = tuple(replace(one, id=f"r{next(self.count)}") for one in snapshot.affiliations)
        return replace(snapshot, affiliations=records)


class Remembers(Club):
    kept: Snapshot | None = None

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        if self.kept is None:
            self.kept = await super().snapshot(locations, window)
        return self.kept


class NoWindow(Club):
    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        wide = Window(window.starts - timedelta(days=9), window.ends + timedelta(days=9))
        return await super().snapshot(locations, wide)


class OneZone(Club):
    async def locations(self) -> Sequence[SourceLocation]:
        return [replace(one, timezone="Europe/Berlin") for one in await super().locations()]


class FindsAll(Club):
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        found = await super().find(email, locations, window)
        return found and await self.snapshot(locations, window)


class FindsSlowly(Club):
    """Right, and too late."""

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        await self.snapshot(locations, window)
        return await super().find(email, locations, window)


class FindsExactly(Club):
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        found = await super().find(email, locations, window)
        return found if found and any(one.email == email for one in found.people) else None


class FindsNoPlans(Club):
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        found = await super().find(email, locations, window)
        return found and replace(
            found, subscriptions=tuple(one for one in found.subscriptions if one.person_id)
        )


class FindRaises(Club):
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        found = await super().find(email, locations, window)
        if found is None:
            raise Missing("Nobody has this address.")
        return found


class FindsInMemory(Club):
    kept: Snapshot | None = None

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        self.kept = await super().snapshot(locations, window)
        return self.kept

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        if self.kept is not None and not any(one.email == email for one in self.kept.people):
            return None
        return await super().find(email, locations, window)


class FindKnowsNobody(Club):
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        try:
            return await super().find(email, locations, window)
        except PluginError:
            return None


class GoneByGuess(Club):
    async def ask(self, reading: Reading, section: Section, one: str) -> None:
        await super().ask(reading, section, one)
        if reading.errors:
            reading.gone.add((section, one))


class NeverGone(Club):
    async def ask(self, reading: Reading, section: Section, one: str) -> None:
        await super().ask(reading, section, one)
        reading.gone.clear()


class ChecksNothing(Club):
    async def check(self) -> Sequence[Finding]:
        try:
            return await super().check()
        except PluginError:
            return []


class Cries(Club):
    async def check(self) -> Sequence[Finding]:
        return [Finding(Level.ERROR, "club.wolf", "There is a wolf.", "Run.")]


class AllGone(Club):
    async def ask(self, reading: Reading, section: Section, one: str) -> None:
        reading.gone.add((section, one))


class AsksInVain(Club):
    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        await self.locations()
        return await super().again(missing)


class FirstPlace(Club):
    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        places = [one.id for one in await self.locations()]
        return await super().snapshot(places[: len(locations)], window)


class GivesUp(Club):
    error: PluginError | None = None

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        try:
            if self.error is None:
                return await super().snapshot(locations, window)
        except PluginError as error:
            self.error = error
        assert self.error is not None
        raise self.error


# In its life


class Reopens(Club):
    async def locations(self) -> Sequence[SourceLocation]:
        await self.open()
        return await super().locations()


class ShrugsAtTheEnd(Club):
    async def locations(self) -> Sequence[SourceLocation]:
        try:
            return await super().locations()
        except Unreachable:
            return []


class LeavesOpen(Club):
    closed = 0

    async def close(self) -> None:
        self.closed += 1
        if self.closed > 2:  # the test's own end
            await super().close()


class LeavesTask(Club):
    waiting: asyncio.Task[Any] | None = None
    closed = 0

    async def open(self) -> None:
        await super().open()
        self.waiting = self.waiting or asyncio.create_task(asyncio.Event().wait())

    async def close(self) -> None:
        await super().close()
        self.closed += 1
        if self.waiting and self.closed > 2:  # the test's own end
            self.waiting.cancel()


class CallsAtStart(Club):
    async def open(self) -> None:
        await super().open()
        await self.locations()


class NeverStops(Club):
    """`except BaseException` around a call."""

    async def locations(self) -> Sequence[SourceLocation]:
        try:
            return await super().locations()
        except asyncio.CancelledError:
            return []


class ShowsKey(Club):
    def __repr__(self) -> str:
        return f"Club({self.options.key.get_secret_value()})"


def calling(api: type[ClubApi]) -> type[Club]:
    """The healthy one, calling in another way."""
    made: Any = type(api.__name__, (Club,), {"api_class": api, "__module__": __name__})
    source: type[Club] = made
    return source
