"""What became of the plans and bookings that a complete read no longer showed?

Each is asked for by its id. Only the vendor's own word ends one: "it is not there", a deletion or a
cancellation. Whatever could not be asked is told neither as there nor as gone.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from cusna_andcards import mapping, records
from cusna_andcards.reading import Reading
from cusna_core.api import (
    BadAnswer,
    BookingState,
    Missing,
    PluginError,
    Section,
    Transient,
)


class Again:
    """Asks on behalf of one reading, and puts into it what was answered."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.api = reading.api

    async def ask(self, missing: Sequence[tuple[Section, str]]) -> None:
        """Raises what the very first call meets; later troubles end the asking with a failure."""
        for asked, (section, one) in enumerate(dict.fromkeys(missing)):
            try:
                if section is Section.SUBSCRIPTIONS:
                    await self.subscription(one)
                elif section is Section.BOOKINGS:
                    await self.booking(one)
            except Missing:
                self.reading.gone.add((section, one))
            except PluginError as error:
                self.reading.heed(error)
                down = isinstance(error, Transient) and not isinstance(error, BadAnswer)
                weary = down or self.reading.refused is not None
                if weary and not asked:
                    raise
                self.reading.failures.append(
                    f"Andcards did not say what became of some plans or bookings, so they stay as they "
                    f"are. {error}"
                )
                if weary:
                    return

    async def subscription(self, one: str) -> None:
        if not await self.reading.take_subscription(await self.api.subscription(one), None):
            raise _strange("subscription")
        if one not in self.reading.subscriptions:
            raise Missing("The membership that held this subscription is no more.")

    async def booking(self, one: str) -> None:
        vendor_id, attendee = mapping.booking_and_attendee(one)
        record = await self._record(vendor_id)
        if record.resource and await self.reading.resource(record.resource) is None:
            raise Missing("The desk or room of this booking is no more.")
        state = BookingState.CONFIRMED if record.deleted else await self._state(record)
        if not await self.reading.take_booking(record, None, state):
            raise _strange("booking")
        if attendee is not None and one not in self.reading.bookings:
            raise Missing("This person attends the booking no more.")

    async def _record(self, vendor_id: str) -> records.Booking:
        """Whether an occurrence of a series can be asked for by its own id (`series_date`) is not
        documented: if it is not there, the series is asked for, and listed around that day."""
        series, joint, day = vendor_id.partition("_")
        try:
            return await self.api.booking(vendor_id)
        except Missing:
            if not joint:
                raise
        whole = await self.api.booking(series)
        if whole.deleted or not whole.resource:
            raise Missing("The series of this booking is cancelled.")
        begin = _day(day) - timedelta(days=1)
        end = begin + timedelta(days=3)  # every zone's idea of that day
        for record in await self._listed(whole.resource, begin, end, "confirmed,tentative"):
            if record.id == vendor_id:
                return record
        raise Missing("This day of the series is cancelled.")

    async def _state(self, record: records.Booking) -> BookingState:
        """A booking does not tell its own state: it is confirmed if the list of those has it."""
        if self.reading.options.tentative_counts or not (record.resource and record.starts and record.ends):
            return BookingState.CONFIRMED
        listed = await self._listed(record.resource, record.starts, record.ends, "confirmed")
        confirmed = any(one.id == record.id for one in listed)
        return BookingState.CONFIRMED if confirmed else BookingState.TENTATIVE

    async def _listed(
        self, resource: str, starts: datetime, ends: datetime, status: str
    ) -> list[records.Booking]:
        pages = self.api.bookings(starts, ends, status, resource=resource)
        return [record async for page in pages for record in page.records]


def _day(text: str) -> datetime:
    """UTC midnight of an occurrence's date, which is written as a date or as an instant."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        raise _strange("booking's id") from None
    return datetime.combine(found, time.min, tzinfo=UTC)


def _strange(what: str) -> BadAnswer:
    return BadAnswer(f"Andcards answered a {what} in a form that cannot be understood.")
