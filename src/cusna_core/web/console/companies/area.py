"""The list of companies, and a page for each."""

from dataclasses import dataclass, field
from typing import get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from cusna_core.admin.companies import Companies, Detail, Known, Show, called
from cusna_core.admin.firming import Firming
from cusna_core.engine.engine import Engine
from cusna_core.flow.firms import Company
from cusna_core.web.console.companies.words import told
from cusna_core.web.console.paper import BENCH, page, zone
from cusna_core.web.site import SITE

HERE = "/console/companies"
LONGEST = 100
DONE = ("pinned", "unpinned", "joined", "parted")


def address(company: Company, *below: str) -> str:
    """Ids are the source's: they may hold anything."""
    return "/".join([HERE, *(quote(one, safe="") for one in (*company, *below))])


def named(request: web.Request) -> Company:
    return request.match_info["integration"], request.match_info["company"]


def numbered(request: web.Request) -> int:
    said = request.query.get("page", "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 1


@dataclass(slots=True)
class Area:
    """The pages, with what they ask."""

    _companies: Companies | None = field(default=None)
    _firming: Firming | None = field(default=None)

    def companies(self, request: web.Request) -> Companies:
        if self._companies is None:
            self._companies = Companies(self._engine(request))
        return self._companies

    def firming(self, request: web.Request) -> Firming:
        if self._firming is None:
            self._firming = Firming(self._engine(request), self.companies(request))
        return self._firming

    def _engine(self, request: web.Request) -> Engine:
        return request.app[BENCH].workshop.engine

    async def needed(self, request: web.Request, number: int = 1) -> Detail:
        """The company in the address, or 404."""
        found = await self.companies(request).one(named(request), number)
        if found is None:
            raise web.HTTPNotFound
        return found

    async def listed(self, request: web.Request) -> web.Response:
        wanted = request.query.get("q", "").strip()[:LONGEST]
        said = request.query.get("show", "")
        shows: tuple[Show, ...] = get_args(Show)
        show: Show = next((one for one in shows if one == said), "all")
        listing = await self.companies(request).listing(wanted, show, numbered(request))
        engine = self._engine(request)
        return page(
            request,
            "companies.html",
            at="companies",
            listing=listing,
            wanted=wanted,
            show=show,
            shows=shows,
            address=address,
            integrations=bool(engine.estate.integrations),
            managed=any(one.policy.manage_vlans for one in engine.estate.integrations.values()),
        )

    async def show(self, request: web.Request) -> web.Response:
        it = await self.needed(request, numbered(request))
        engine, language = self._engine(request), request.app[SITE].language(request)
        company = it.row.known.company
        return page(
            request,
            "company.html",
            at="companies",
            it=it,
            company=company,
            address=address,
            managed=engine.estate.policy(company[0]).manage_vlans,
            there=_zone(engine, it.row.known) or zone(request),
            history=[(one, told(one, language, _ssids(engine))) for one in it.history],
            done=next(
                (one for one in ("pinned", "unpinned", "joined", "parted") if one in request.query), ""
            ),
        )


def _zone(engine: Engine, known: Known) -> ZoneInfo | None:
    """In whose days its members' ends are told: those of its own location, or of its integration's first."""
    places = engine.estate.places(known.company[0])
    named = [one for one in places if engine.estate.locations[one.id].name == known.place]
    return next((one.zone for one in (*named, *places)), None)


def _ssids(engine: Engine) -> dict[str, str]:
    return {one: called(engine.estate, one) for one in engine.estate.wifis}
