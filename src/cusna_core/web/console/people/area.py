"""What do the pages about people have in common?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from cusna_core.admin.acts import Acts
from cusna_core.admin.acts_people import PeopleActs
from cusna_core.admin.looks import Looks
from cusna_core.admin.operations import Operations
from cusna_core.admin.people import People, Person
from cusna_core.engine.engine import Engine
from cusna_core.web.console.paper import BENCH, who
from cusna_core.web.site import SITE
from cusna_core.words.passphrases import characters

HERE: Final = "/console/people"
SECONDS: Final = 5.0
"""So long a page waits until an act has come to the networks; then it shows how far it is."""

Json = dict[str, Any]


def engine(request: web.Request) -> Engine:
    return request.app[BENCH].workshop.engine


def people(request: web.Request) -> People:
    return People(engine(request))


def address(account_id: str, page: str = "") -> str:
    return f"{HERE}/{account_id}" + (f"/{page}" if page else "")


async def needed(request: web.Request) -> Person:
    """Who is in the address, or 404."""
    found = await people(request).person(request.match_info["account"])
    if found is None:
        raise web.HTTPNotFound
    return found


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act. Neither: it goes on by itself."""

    result: Json | None = None
    refused: Json | None = None


async def perform(
    request: web.Request, name: str, values: Mapping[str, Any], seconds: float = SECONDS
) -> Done:
    """The same operation that the command line runs; it goes on where it takes longer than a page may."""
    site = request.app[SITE]
    random = site.parts.random
    operations = Operations(
        engine(request),
        site.base,
        new_passphrase=lambda: characters(random),
        new_code=site.code,
        new_token=site.token,
    )
    told: Json = {}

    async def run(by: str) -> None:
        async for event in operations.run(name, dict(values), by):
            told.update(event)

    by = who(request)
    await site.soon(run(by), seconds)
    if "refused" in told:
        return Done(refused=dict(told))
    return Done(result=told.get("result"))


def acts(request: web.Request) -> PeopleActs:
    """For what has no name on the socket: a look at a passphrase, and many overrides at once."""
    site = request.app[SITE]
    random = site.parts.random
    looks = Looks(engine(request))
    made = Acts(
        engine(request),
        looks,
        site.base,
        new_passphrase=lambda: characters(random),
        new_code=site.code,
        new_token=site.token,
    )
    return PeopleActs(engine(request), looks, made)
