"""How do several companies become one firm, and several again? Never by themselves, and never unseen."""

import json
from dataclasses import dataclass

from aiohttp import web

from cusna_core.admin.firming import Prospect
from cusna_core.flow.firms import Company
from cusna_core.web.console.companies.area import LONGEST, Area, address, named
from cusna_core.web.console.paper import page, who
from cusna_core.web.security import FORM, see


def _named(said: str) -> Company | None:
    """A company as a form names it: its two ids as JSON, for they may hold anything."""
    try:
        match json.loads(said[:1000]):
            case [str(integration), str(company)]:
                return integration, company
    except ValueError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class Firms:
    area: Area

    async def choose(self, request: web.Request) -> web.Response:
        """Which other company; and once it is chosen, what would move."""
        it = await self.area.needed(request)
        other = _named(request.query.get("with", ""))
        if other is None:
            wanted = request.query.get("q", "").strip()[:LONGEST]
            found = await self.area.companies(request).others(named(request), wanted)
            return page(
                request,
                "company_choose.html",
                at="companies",
                it=it,
                company=named(request),
                address=address,
                wanted=wanted,
                found=found,
                as_json=json.dumps,
            )
        return await self._sure(request, other)

    async def _sure(
        self, request: web.Request, other: Company, *, again: bool = False, status: int = 200
    ) -> web.Response:
        it = await self.area.needed(request)
        companies, company = self.area.companies(request), named(request)
        coming = await companies.one(other)
        mine = {company, *(one.company for one in it.row.firm)}
        if coming is None or other in mine:
            raise web.HTTPNotFound
        return page(
            request,
            "company_join.html",
            at="companies",
            status=status,
            here=f"{address(company, 'join')}",
            it=it,
            company=company,
            address=address,
            coming=coming.row.known,
            value=json.dumps(other),
            prospect=await self.area.firming(request).would_join(company, other),
            again=again,
        )

    async def join(self, request: web.Request) -> web.Response:
        form, company = request[FORM], named(request)
        other = _named(form.get("with", ""))
        await self.area.needed(request)
        if other is None or other == company or await self.area.companies(request).one(other) is None:
            raise web.HTTPNotFound
        digest = form.get("digest", "")
        if await self.area.firming(request).join(company, other, who(request), digest) is None:
            return see(address(company) + "?joined#firm")
        return await self._sure(request, other, again=True, status=409)

    async def leave(self, request: web.Request) -> web.Response:
        it = await self.area.needed(request)
        if not it.row.firm:
            return see(address(named(request)))
        return await self._leave(request, await self.area.firming(request).would_part(named(request)))

    async def _leave(
        self, request: web.Request, prospect: Prospect, *, again: bool = False, status: int = 200
    ) -> web.Response:
        return page(
            request,
            "company_part.html",
            at="companies",
            status=status,
            here=address(named(request), "part"),
            it=await self.area.needed(request),
            company=named(request),
            address=address,
            prospect=prospect,
            again=again,
        )

    async def part(self, request: web.Request) -> web.Response:
        await self.area.needed(request)
        digest = request[FORM].get("digest", "")
        prospect = await self.area.firming(request).part(named(request), who(request), digest)
        if prospect is None:
            return see(address(named(request)) + "?parted#firm")
        return await self._leave(request, prospect, again=True, status=409)
