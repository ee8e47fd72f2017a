"""How does a healthy source look, of which every broken one is a small change?"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, RootModel

from cusna_core.api import (
    Address,
    Affiliation,
    Answer,
    BadAnswer,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Context,
    Finding,
    JsonApi,
    Missing,
    Options,
    Person,
    Plan,
    PluginError,
    Secret,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Subscription,
    SubscriptionState,
    Window,
    email_key,
    parse,
)

Row = dict[str, Any]
Query = dict[str, str | int]


class ClubOptions(Options):
    url: Address
    key: Secret


class Token(BaseModel):
    token: Secret


class Rows(BaseModel):
    items: list[Row]
    next: int | None


class Place(BaseModel):
    id: str
    title: str
    zone: str


class Team(BaseModel):
    id: str
    place: str
    name: str


class Who(BaseModel):
    id: str
    name: str
    email: str


class Record(BaseModel):
    id: str
    place: str
    team: str | None
    member: bool
    who: Who


class Pass(BaseModel):
    id: str
    place: str
    person: str | None = None
    team: str | None = None
    plan: str
    state: SubscriptionState
    starts: AwareDatetime
    ends: AwareDatetime | None


class Booked(BaseModel):
    id: str
    place: str
    person: str
    what: str
    kind: BookingKind
    starts: AwareDatetime
    ends: AwareDatetime


class Blocked(BaseModel):
    person: str


class ClubApi(JsonApi):
    token: Secret | None = None

    def __init__(self, options: ClubOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self.key = options.key

    def needs_login(self) -> bool:
        return self.token is None

    async def log_in(self) -> None:
        body = {"key": self.key.get_secret_value()}
        answer = await self.request("POST", "/login", json=body, login=False)
        self.token = parse(Token, answer.json(), "The login").token

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self.token is not None:
            headers["X-Token"] = self.token.get_secret_value()

    async def pages(self, path: str, query: Query) -> AsyncIterator[list[Row]]:
        after: int | None = 0
        while after is not None:
            more: Query = {"after": after} if after else {}
            page = parse(Rows, await self.get(path, query=query | more), f"The list {path}")
            yield page.items
            after = page.next


class Reading:
    """What one read told so far."""

    def __init__(self, api: ClubApi, began: datetime) -> None:
        self.api = api
        self.began = began
        self.facts: dict[str, dict[str, Any]] = {
            name: {}
            for name in ("people", "affiliations", "companies", "subscriptions", "bookings", "blocks")
        }
        self.complete: set[tuple[Section, str | None]] = set()
        self.gone: set[tuple[Section, str]] = set()
        self.failures: list[str] = []
        self.errors: list[PluginError] = []

    def snapshot(self) -> Snapshot:
        told: dict[str, Any] = {name: tuple(rows.values()) for name, rows in self.facts.items()}
        return Snapshot(
            self.began,
            **told,
            complete=frozenset(self.complete),
            gone=frozenset(self.gone),
            failures=tuple(self.failures),
        )

    async def section(self, section: Section, place: str | None, path: str, query: Query) -> None:
        try:
            async for rows in self.api.pages(path, query):
                for row in rows:
                    self.take(section, row)
        except PluginError as error:
            self.fail(section, error)
        else:
            self.complete.add((section, place))

    def fail(self, section: Section, error: PluginError) -> None:
        self.errors.append(error)
        self.failures.append(f"The {section} were not read to the end. {error}")

    def take(self, section: Section, row: Row) -> None:
        match section:
            case Section.PEOPLE:
                record = parse(Record, row, "A record")
                who = record.who
                self.facts["people"][who.id] = Person(who.id, who.email, who.name)
                self.facts["affiliations"][record.id] = Affiliation(
                    record.id, who.id, record.place, record.team, member=record.member
                )
            case Section.COMPANIES:
                team = parse(Team, row, "A team")
                self.facts["companies"][team.id] = Company(team.id, team.name, team.place)
            case Section.SUBSCRIPTIONS:
                one = parse(Pass, row, "A plan")
                plans = (Plan(one.plan, one.plan),)
                starts, ends = one.starts.astimezone(UTC), one.ends and one.ends.astimezone(UTC)
                self.facts["subscriptions"][one.id] = Subscription(
                    one.id, one.place, one.person, one.team, one.state, plans, starts, ends
                )
            case Section.BOOKINGS:
                booked = parse(Booked, row, "A booking")
                starts, ends = booked.starts.astimezone(UTC), booked.ends.astimezone(UTC)
                confirmed = BookingState.CONFIRMED
                self.facts["bookings"][booked.id] = Booking(
                    booked.id, booked.place, booked.kind, confirmed, starts, ends, booked.person, booked.what
                )
            case Section.BLOCKS:
                person = parse(Blocked, row, "A block").person
                self.facts["blocks"][person] = Block(person)


def span(window: Window) -> Query:
    return {"from": window.starts.isoformat(), "until": window.ends.isoformat()}


class Club(Source[ClubOptions]):
    type = "club"
    title = "Club"
    options_class = ClubOptions
    api_class: Callable[[ClubOptions, Context], ClubApi] = ClubApi

    def __init__(self, options: ClubOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = type(self).api_class(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def check(self) -> Sequence[Finding]:
        await self.locations()
        return []

    async def locations(self) -> Sequence[SourceLocation]:
        rows = [row async for page in self.api.pages("/places", {}) for row in page]
        places = parse(RootModel[list[Place]], rows, "The list of places").root
        return [SourceLocation(one.id, one.title, one.zone) for one in places]

    def reading(self) -> Reading:
        return Reading(self.api, self.context.clock.now())

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        reading = self.reading()
        for place in locations:
            here: Query = {"place": place}
            await reading.section(Section.COMPANIES, place, "/teams", here)
            await reading.section(Section.PEOPLE, place, "/records", here)
            await reading.section(Section.SUBSCRIPTIONS, place, "/plans", here)
            await reading.section(Section.BOOKINGS, place, "/bookings", here | span(window))
        await reading.section(Section.BLOCKS, None, "/blocks", {})
        if reading.errors and not any(reading.facts.values()):
            raise reading.errors[0]
        return reading.snapshot()

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        if email_key(email) is None:
            return None
        reading = self.reading()
        await reading.section(Section.PEOPLE, None, "/records", {"email": email.strip()})
        if reading.errors:
            raise reading.errors[0]
        if not reading.facts["people"]:
            return None
        [who] = reading.facts["people"]
        await reading.section(Section.SUBSCRIPTIONS, None, "/plans", {"person": who})
        for team in {one.company_id for one in reading.facts["affiliations"].values()} - {None}:
            await reading.section(Section.SUBSCRIPTIONS, None, "/plans", {"team": team})
        await reading.section(Section.BOOKINGS, None, "/bookings", span(window) | {"person": who})
        reading.complete.clear()
        return reading.snapshot()

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        reading = self.reading()
        for section, one in missing:
            await self.ask(reading, section, one)
        return reading.snapshot()

    async def ask(self, reading: Reading, section: Section, one: str) -> None:
        path = "/plans" if section is Section.SUBSCRIPTIONS else "/bookings"
        try:
            row = await self.api.get(f"{path}/{one}")
            if not isinstance(row, dict):
                raise BadAnswer(f"GET {path} answered something that is no record.")
            reading.take(section, row)
        except Missing:
            reading.gone.add((section, one))
        except PluginError as error:
            reading.fail(section, error)


Ask = Callable[[Source[Any]], Awaitable[Any]]
