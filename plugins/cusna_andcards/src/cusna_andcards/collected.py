"""How do records that refer to each other become facts? What a record names and nobody has read
yet (a desk, an owner) is asked for by its id; a record that cannot be completed is left out.
"""

from dataclasses import replace
from datetime import datetime

from cusna_andcards import mapping, records
from cusna_andcards.client import Forbidden, SpacebringApi
from cusna_andcards.memory import Memory
from cusna_andcards.options import AndcardsOptions
from cusna_core.api import (
    Affiliation,
    AuthFailed,
    BadAnswer,
    Block,
    Booking,
    BookingState,
    Company,
    Missing,
    Person,
    PluginError,
    Section,
    Snapshot,
    Subscription,
    email_key,
)


class Collected:
    """What a read found so far, and what may be asked for to understand a record."""

    def __init__(self, api: SpacebringApi, options: AndcardsOptions, memory: Memory, began: datetime) -> None:
        self.api = api
        self.options = options
        self.memory = memory
        self.began = began
        self.people: dict[str, Person] = {}
        self.affiliations: dict[str, Affiliation] = {}
        self.companies: dict[str, Company] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.bookings: dict[str, Booking] = {}
        self.blocks: dict[str, Block] = {}
        self.complete: set[tuple[Section, str | None]] = set()
        self.deleted_companies: set[str] = set()
        self.gone: set[tuple[Section, str]] = set()
        self.failures: list[str] = []
        self.refused: AuthFailed | None = None
        """Set once the credentials were refused: there is no point in asking on."""

    def snapshot(self) -> Snapshot:
        return Snapshot(
            began=self.began,
            people=tuple(self.people.values()),
            affiliations=tuple(self.affiliations.values()),
            companies=tuple(self.companies.values()),
            subscriptions=tuple(self.subscriptions.values()),
            bookings=tuple(self.bookings.values()),
            blocks=tuple(self.blocks.values()),
            complete=frozenset(self.complete),
            gone=frozenset(self.gone),
            failures=tuple(self.failures),
        )

    # Records: False for one that cannot be used

    def take_company(self, record: records.Company, place: str) -> bool:
        company = mapping.company(record, place)
        if company is None:
            return False
        if record.deleted:
            self.deleted_companies.add(company.id)
            self.memory.companies.pop(company.id, None)
        else:
            self.companies[company.id] = self.memory.companies[company.id] = company
        return True

    def take_membership(self, record: records.Membership, place: str) -> bool:
        person = mapping.person(record)
        affiliation = mapping.affiliation(record, place, deleted_companies=self.deleted_companies)
        if person is None or affiliation is None:
            return False
        self.memory.users[affiliation.id] = person.id
        if not record.deleted:
            self.affiliations[affiliation.id] = affiliation
            self.take_person(person)
        return True

    def take_person(self, person: Person) -> None:
        known = self.people.get(person.id)
        if known is None or person.email:
            self.people[person.id] = person
        self.memory.people.add(person.id)
        key = email_key(person.email)
        if key and person.email:
            self.memory.spellings[key] = person.email

    async def take_subscription(self, record: records.Subscription, place: str | None) -> bool:
        user, company, membership = mapping.holder(record)
        if membership:
            try:
                user = await self.user_of(membership)
            except PluginError as error:
                return self.cannot_join(error)
            if user is None:
                return True  # its holder is no more, so it is nobody's
        subscription = mapping.subscription(
            record,
            place,
            self.memory.zone(record.timezone, record.location or place),
            self.options,
            person_id=user,
            company_id=company,
            now=self.began,
        )
        if subscription is None:
            return False
        self.subscriptions[subscription.id] = subscription
        return True

    async def take_booking(
        self, record: records.Booking, place: str | None, state: BookingState = BookingState.CONFIRMED
    ) -> bool:
        try:
            resource = await self.resource(record.resource)
            owner = await self.owner(record)
            guests = await self.attendees(record, owner) if self.options.include_attendees else ()
        except PluginError as error:
            return self.cannot_join(error)
        where = (resource.location if resource else None) or place
        if where is None:
            return False
        booking = mapping.booking(record, where, resource, self.options, owner=owner, state=state)
        if booking is None:
            return False
        self.bookings[booking.id] = booking
        for guest in guests:
            own = mapping.attendee_booking_id(booking.id, guest)
            self.bookings[own] = replace(booking, id=own, person_id=guest)
        return True

    def heed(self, error: PluginError) -> None:
        if isinstance(error, AuthFailed) and not isinstance(error, Forbidden):
            self.refused = error

    def cannot_join(self, error: PluginError) -> bool:
        """A booking whose desk or owner could not be asked for is left out, rather than told as
        nobody's: that would take its right away."""
        self.heed(error)
        if self.refused is not None:
            raise error
        return False

    # Joins: None for what the vendor says is not there

    async def user_of(self, membership: str) -> str | None:
        if membership not in self.memory.users:
            try:
                record = await self.api.membership(membership)
            except Missing:
                return None
            person = mapping.person(record)
            if person is None:
                raise BadAnswer("A membership names no user.")
            self.memory.users[membership] = person.id
            self.get_to_know(person)
        return self.memory.users[membership]

    async def resource(self, one: str | None) -> records.Resource | None:
        if not one:
            return None
        if one not in self.memory.resources:
            try:
                self.memory.resources[one] = await self.api.resource(one)
            except Missing:
                return None
        return self.memory.resources[one]

    async def owner(self, record: records.Booking) -> str | None:
        """`userOwner` is left out where the owner hides, so the membership is the second way. It may
        be a company's id too: then the booking has no person."""
        if record.owner and record.owner.id:
            self.get_to_know(mapping.somebody(record.owner, record.owner.id))
            return record.owner.id
        if not record.owner_membership or record.owner_membership in self.memory.companies:
            return None
        return await self.user_of(record.owner_membership)

    async def attendees(self, record: records.Booking, owner: str | None) -> tuple[str, ...]:
        """Those who are known, or can be by an address; the owner is none of them."""
        found: dict[str, None] = {}
        for one in record.attendees or ():
            who = one.user.id if one.user else None
            if one.user and who:
                self.get_to_know(mapping.somebody(one.user, who))
            elif one.membership:
                who = await self.user_of(one.membership)
            if who and who != owner and (who in self.memory.people or one.membership):
                found[who] = None
        return tuple(found)

    def get_to_know(self, person: Person) -> None:
        """Somebody without a membership in this read (they booked from another location). An address
        that is hidden here must not replace one that is known."""
        if person.email and person.id not in self.people:
            self.take_person(person)
