"""Who is there, may they be on, why and until when? People as the console's pages list and show them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cusna_core.admin.explain import explain, refusal
from cusna_core.engine import ledger
from cusna_core.engine.decision import Decision, Mine
from cusna_core.engine.engine import Engine
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account, Because, Claim, Override, Place, Refusal, Refused
from cusna_core.store import accounts as account_rows
from cusna_core.store import keys as key_rows
from cusna_core.store import people as rows
from cusna_core.store.db import Tx
from cusna_core.store.keys import KeyRow
from cusna_core.store.people import Line as Line
from cusna_core.store.people import State as State
from cusna_core.store.people import Wanted as Wanted

PAGE: Final = 50
CHUNK: Final = 250
"""People that an export looks at before everybody else's requests go in between."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the list. Never with a passphrase."""

    row: account_rows.Row
    source: str
    """What people call the integration."""
    companies: tuple[str, ...]
    state: State
    """`ON`, `OFF`, `DISABLED`; `WAITING` where a key of somebody who may be on waits."""
    because: Because | None
    holder: str | None
    """The company that holds the plan, by name."""
    why_not: Json | None
    """As `admin.explain` tells it."""
    until: datetime | None
    """None with access: no end."""
    places: tuple[str, ...]
    """Names of the locations where they have a right of their own, or are known."""
    zone: ZoneInfo
    home: Place | None
    """Where they are known: the days there count for what holds at all locations."""
    overrides: int


@dataclass(frozen=True, slots=True)
class Found:
    people: tuple[Person, ...]
    lines: tuple[Line, ...]
    earlier: bool
    later: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database has of one person."""

    row: account_rows.Row
    account: Account
    claims: list[Claim]
    overrides: list[Override]
    keys: list[KeyRow]


class People:
    """Looks, and changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wanted(self, text: str, state: str, location: str, company: str, integration: str) -> Wanted:
        """What was asked for, as far as there is such a thing; what there is not, is not asked for."""
        estate = self._engine.estate
        place = estate.locations.get(location)
        if place is not None:
            integration = place.place.integration
        known = integration in self._engine.decisions.integrations()
        return Wanted(
            text,
            State(state) if state in tuple(State) else None,
            location if place is not None else "",
            place.place.source_id if place is not None else "",
            company if known else "",
            integration if known else "",
        )

    def company(self, wanted: Wanted) -> str:
        """The name of the company that is looked for."""
        decision = self._engine.decisions.latest(wanted.integration)
        known = decision.facts.companies.get(wanted.company) if decision else None
        return known.name if known else wanted.company

    async def counts(self, wanted: Wanted) -> Mapping[State | None, int]:
        now = self._engine.now()
        return await self._engine.db.read(lambda tx: rows.counts(tx, wanted, now))

    async def page(self, wanted: Wanted, *, after: str = "", before: str = "", size: int = PAGE) -> Found:
        """By name, from the account `after` on, or those ahead of `before`; from the start without either.

        One more than is shown says whether there is more.
        """
        now = self._engine.now()
        lines, known, turned = await self._engine.db.read(
            lambda tx: self._page(tx, wanted, now, size, after, before)
        )
        more = len(lines) > size
        if turned == "before":
            lines, earlier, later = lines[-size:], more, True
        else:
            lines, earlier, later = lines[:size], turned == "after", more
        people = tuple([self._person(known[one.id], now) for one in lines if one.id in known])
        return Found(people, tuple(lines), earlier, later)

    def _page(
        self, tx: Tx, wanted: Wanted, now: datetime, size: int, after: str, before: str
    ) -> tuple[list[Line], dict[str, _Known], str]:
        first, last = rows.line(tx, after), rows.line(tx, before)
        lines = rows.page(tx, wanted, now, size + 1, after=first, before=last)
        known = (_known(tx, one.id, now) for one in lines)
        turned = "after" if first else "before" if last else ""
        return lines, {one.row.id: one for one in known if one is not None}, turned

    async def all(self, wanted: Wanted) -> AsyncIterator[Sequence[Person]]:
        """In chunks: nothing is held in memory."""
        after = ""
        while True:
            found = await self.page(wanted, after=after, size=CHUNK)
            if found.people:
                yield found.people
            if not found.later or not found.lines:
                return
            after = found.lines[-1].id

    async def person(self, account_id: str) -> Person | None:
        now = self._engine.now()
        known = await self._engine.db.read(lambda tx: _known(tx, account_id, now))
        return self._person(known, now) if known is not None else None

    async def explained(self, account_id: str) -> Json:
        """The steps, as `cusna explain` tells them."""
        return await explain(self._engine, account_id)

    def _person(self, known: _Known, now: datetime) -> Person:
        row, name = known.row, known.row.integration
        decision = self._engine.decisions.latest(name)
        places = self._engine.estate.places(name)
        integration = self._engine.estate.integrations.get(name)
        source = integration.title if integration else name
        if decision is None:
            return Person(
                row, source, (), State.DISABLED if row.suspended else State.OFF, None, None, None, None, (),
                ZoneInfo("UTC"), home_of(self._engine, row), len(known.overrides),
            )  # fmt: skip
        account = decision.account(row.id) or known.account
        mine = self._engine.decisions.mine(account, decision, known.claims, known.overrides, now)
        accesses = () if row.suspended else self._engine.decisions.accesses_by(mine, decision, now)
        known_at = {one.location_id for one in mine.facts.affiliations.values()}
        home = [one for one in places if one.source_id in known_at]
        own = [one for one in accesses if not one.roaming]
        best = min(own, key=_furthest) if own else None
        why = None if best or row.suspended else self._why_not(mine, home or list(places))
        zone = self._zone(best.location_id if best else "", home or places)
        there = {one.location_id for one in own} or {one.id for one in home}
        waiting = any(one.state == "waiting" for one in known.keys)
        return Person(
            row=row,
            source=source,
            companies=tuple(sorted(one.name for one in mine.facts.companies.values())),
            state=_state(row, best, waiting),
            because=best.right.because if best else None,
            holder=self._holder(decision, best),
            why_not=refusal(self._engine, why),
            until=best.ends if best else None,
            places=tuple(sorted(self._names(there))),
            zone=zone,
            home=home_of(self._engine, row),
            overrides=sum(1 for one in known.overrides if one.ends is None or one.ends > now),
        )

    def _why_not(self, mine: Mine, places: Sequence[Place]) -> Refused | None:
        """The best reason of the places where they are known."""
        found = [mine.rights.refused.get((mine.account.id, one.id)) for one in places[:20]]
        told = [one for one in found if one is not None and one.code is not Refusal.NOTHING]
        return told[0] if told else Refused(Refusal.NOTHING)

    def _zone(self, location_id: str, places: Sequence[Place]) -> ZoneInfo:
        location = self._engine.estate.locations.get(location_id)
        if location is not None:
            return location.place.zone
        return places[0].zone if places else ZoneInfo("UTC")

    def _holder(self, decision: Decision, access: Access | None) -> str | None:
        company = access.right.because.company_id if access else None
        known = decision.facts.companies.get(company) if company else None
        return known.name if known else company

    def _names(self, locations: Collection[str]) -> list[str]:
        estate = self._engine.estate
        return [estate.locations[one].name if one in estate.locations else one for one in locations]


def home_of(engine: Engine, row: account_rows.Row) -> Place | None:
    """The first place where somebody is known; any place of their integration else."""
    places = engine.estate.places(row.integration)
    decision = engine.decisions.latest(row.integration)
    account = decision.account(row.id) if decision else None
    if decision is not None and account is not None:
        told = decision.facts_of(row.id).index.affiliations
        known_at = {one.location_id for person in account.person_ids for one in told.get(person, ())}
        places = tuple(one for one in places if one.source_id in known_at) or places
    return places[0] if places else None


def days_at(place: Place | None) -> ZoneInfo:
    """Whose days count there."""
    return place.zone if place is not None else ZoneInfo("UTC")


def _known(tx: Tx, account_id: str, now: datetime) -> _Known | None:
    row, account = account_rows.get(tx, account_id), account_rows.one(tx, account_id)
    if row is None or account is None:
        return None
    return _Known(row, account, *ledger.asked_for(tx, account_id, now), key_rows.states(tx, account_id))


def _state(row: account_rows.Row, access: Access | None, waiting: bool) -> State:
    if row.suspended:
        return State.DISABLED
    if access is None:
        return State.OFF
    return State.WAITING if waiting else State.ON


def _furthest(one: Access) -> tuple[bool, float, str]:
    """The latest end first; an open one before all."""
    return one.ends is not None, -(one.ends.timestamp() if one.ends else 0.0), one.location_id
