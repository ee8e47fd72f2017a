"""What does Andcards tell Cusna? Everything at times, one person at a sign-in, one id when in doubt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from cusna_andcards import mapping, records, webhooks
from cusna_andcards.again import Again
from cusna_andcards.client import SpacebringApi
from cusna_andcards.memory import Memory, known_zone
from cusna_andcards.options import AndcardsOptions
from cusna_andcards.reading import Reading
from cusna_core.api import (
    ConfigError,
    Context,
    Finding,
    Hint,
    Level,
    Missing,
    PluginError,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Unsupported,
    Window,
    email_key,
)

AT_ONCE = 2
"""Locations that a snapshot reads at the same time. Calls wait in one queue for their turn, and a
sign-in should find it short."""


class AndcardsSource(Source[AndcardsOptions]):
    """One network of Andcards, with all its locations. Andcards is called Spacebring today."""

    type = "andcards"
    title = "Andcards"
    options_class = AndcardsOptions
    hints = True

    def __init__(self, options: AndcardsOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = SpacebringApi(options, context)
        self._memory = Memory()

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def check(self) -> Sequence[Finding]:
        try:
            networks = await self.api.networks()
        except Missing:
            raise ConfigError(
                "There is no Andcards API at this address. Leave base_url out to use the usual one.",
                path="base_url",
            ) from None
        findings = list(self._check_network(networks))
        if not any(finding.level is Level.ERROR for finding in findings):
            findings += [finding for place in await self.locations() for finding in _check_zone(place)]
        return findings

    def _check_network(self, networks: Sequence[records.Network]) -> Sequence[Finding]:
        wanted = self.options.network_id
        choice = ", ".join(f"{one.id} ({one.title})" for one in networks) or "none"
        if wanted and wanted not in [one.id for one in networks]:
            return [
                Finding(
                    Level.ERROR,
                    "andcards.network-unknown",
                    "These credentials do not belong to the network of network_id, so nothing can be read.",
                    f"Set network_id to one of these: {choice}. Or leave it out.",
                    path="network_id",
                )
            ]
        if not wanted and self.options.auth_mode == "client_credentials":
            return [
                Finding(
                    Level.ERROR,
                    "andcards.network-needed",
                    "With client credentials Andcards must be told which network is meant.",
                    f"Set network_id to one of these: {choice}.",
                    path="network_id",
                )
            ]
        return []

    async def locations(self) -> Sequence[SourceLocation]:
        page = await self.api.locations()
        places = [place for place in map(mapping.location, page.records) if place is not None]
        self._memory.places = {place.id: place for place in places}
        return places

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        reading = self._reading()
        await self.locations()
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(place: str) -> None:
            async with turns:
                await reading.everything(place, window)

        for missing in (place for place in locations if place not in self._memory.places):
            reading.failures.append(
                f"Andcards no longer lists the location {missing}. Its people keep what they have; "
                "map another location, or remove this one."
            )
        await asyncio.gather(*(one(place) for place in locations if place in self._memory.places))
        await reading.section(Section.BLOCKS, None, reading.read_blocks)
        return reading.snapshot()

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        key = email_key(email)
        if key is None:
            return None
        reading = self._reading()
        troubles = await asyncio.gather(
            *(self._find_at(reading, email, key, place, window) for place in locations)
        )
        people = {one.id for one in reading.people.values() if email_key(one.email) == key}
        if people:
            return _only(reading.snapshot(), people)
        for trouble in troubles:
            if trouble is not None:
                raise trouble
        return None

    async def _find_at(
        self, reading: Reading, email: str, key: str, place: str, window: Window
    ) -> PluginError | None:
        try:
            hits = await self._memberships(email, key, place)
        except PluginError as error:
            return error
        hits = [hit for hit in hits if reading.take_membership(hit, place)]
        for hit in hits:
            await self._find_plans(reading, hit, place)
        # A guest has no membership, and a lookup by owner does not tell who else attends.
        owners = [None] if self.options.include_attendees else [hit.id for hit in hits]
        for owner in owners:
            read = partial(reading.read_bookings, place, window, owner)
            await reading.section(Section.BOOKINGS, place, read)
        return None

    async def _memberships(self, email: str, key: str, place: str) -> list[records.Membership]:
        """Whether the vendor's filter heeds the case is not documented: so ask for the address as
        it was last seen there, as it was typed, and in lower case, until one answers."""
        typed = email.strip()
        forms = (self._memory.spellings.get(key, typed), typed, typed.lower(), key)
        for form in dict.fromkeys(forms):
            hits = [
                record
                async for page in self.api.memberships(place, email=form)
                for record in page.records
                if record.id and record.user and email_key(record.user.email) == key and not record.deleted
            ]
            if hits:
                return hits
        return []

    async def _find_plans(self, reading: Reading, hit: records.Membership, place: str) -> None:
        for customer in (hit.id, hit.company):
            if customer:
                read = partial(reading.read_subscriptions, place, customer)
                await reading.section(Section.SUBSCRIPTIONS, place, read)
        if hit.company:
            look = partial(reading.read_company, hit.company, place)
            await reading.section(Section.COMPANIES, place, look)

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        reading = self._reading()
        await Again(reading).ask(missing)
        return reading.snapshot()

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        if self.options.webhook_secret is None:
            raise Unsupported("Webhooks are taken when webhook_secret is set.")
        secret = webhooks.key(self.options.webhook_secret.get_secret_value())
        id_ = webhooks.signed(secret, headers, body, self.context.clock.now())
        return None if id_ is None else webhooks.hint(id_, body)

    def _reading(self) -> Reading:
        return Reading(self.api, self.options, self._memory, self.context.clock.now())


class SpacebringSource(AndcardsSource):
    """The same under the name that Andcards goes by today."""

    type = "spacebring"
    title = "Spacebring"


def _check_zone(place: SourceLocation) -> Sequence[Finding]:
    if known_zone(place.timezone):
        return []
    return [
        Finding(
            Level.WARNING,
            "andcards.timezone",
            f"Andcards names no time zone that exists for {place.title or place.id}, so nobody can tell "
            "when its days begin and end.",
            "Set the location's time zone in Andcards, or `timezone` at the location here.",
            about=place.id,
        )
    ]


def _only(snapshot: Snapshot, people: set[str]) -> Snapshot:
    """The part that is about these people. It claims no completeness: absence here means nothing."""
    affiliations = tuple(one for one in snapshot.affiliations if one.person_id in people)
    companies = {one.company_id for one in affiliations} - {None}
    return replace(
        snapshot,
        people=tuple(one for one in snapshot.people if one.id in people),
        affiliations=affiliations,
        companies=tuple(one for one in snapshot.companies if one.id in companies),
        subscriptions=tuple(
            one
            for one in snapshot.subscriptions
            if one.person_id in people or (one.company_id is not None and one.company_id in companies)
        ),
        bookings=tuple(one for one in snapshot.bookings if one.person_id in people),
        complete=frozenset(),
    )
