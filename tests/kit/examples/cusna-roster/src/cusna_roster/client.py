"""How is Roster's API spoken? Lists and single records, in the shapes that its documents promise."""

from datetime import datetime
from typing import Any, Literal

from cusna_core.api import Context, JsonApi, parse
from cusna_core.api.http import M
from pydantic import BaseModel, RootModel

from cusna_roster.options import RosterOptions


class Place(BaseModel):
    id: str
    name: str
    zone: str


class Team(BaseModel):
    id: str
    place: str
    name: str


class Member(BaseModel):
    """A person's record at one place; `person` is the same at all of them."""

    id: str
    person: str
    place: str
    email: str | None
    name: str
    team: str | None
    guest: bool


class Pass(BaseModel):
    """A plan, held by a person or by a team."""

    id: str
    place: str
    person: str | None
    team: str | None
    plan: str
    state: Literal["active", "scheduled", "incomplete", "cancelled"]
    starts: datetime
    ends: datetime | None


class Booked(BaseModel):
    id: str
    place: str
    person: str
    resource: str
    kind: Literal["desk", "room", "other"]
    state: Literal["confirmed", "tentative", "cancelled"]
    starts: datetime
    ends: datetime


class RosterApi(JsonApi):
    def __init__(self, options: RosterOptions, context: Context) -> None:
        super().__init__(options.url, context, token=options.token)

    async def all(self, model: type[M], path: str, **query: str) -> list[M]:
        """The records of a list that fit the query, such as place="p1"."""
        found = parse(RootModel[list[Any]], await self.get(path, query=query), f"The list {path}")
        return [parse(model, one, f"A record of {path}") for one in found.root]

    async def one(self, model: type[M], path: str, id_: str) -> M:
        return parse(model, await self.get(f"{path}/{id_}"), f"A record of {path}")

    async def banned(self) -> list[str]:
        return parse(RootModel[list[str]], await self.get("/banned"), "The list of banned people").root
