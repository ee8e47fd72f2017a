"""How is a company pinned to a VLAN? A number, what would move, and then it is done."""

from dataclasses import dataclass

from aiohttp import web

from cusna_core.admin.companies import Vlan
from cusna_core.admin.firming import No, Prospect
from cusna_core.web.console.companies.area import Area, address, named
from cusna_core.web.console.companies.words import refused
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


@dataclass(frozen=True, slots=True)
class Pins:
    area: Area

    async def _vlan(self, request: web.Request) -> Vlan:
        """The company on the network in the address, or 404."""
        it = await self.area.needed(request)
        network = request.match_info["network"]
        for one in it.networks:
            if one.network_id == network:
                return one
        raise web.HTTPNotFound

    async def show(self, request: web.Request) -> web.Response:
        vlan = await self._vlan(request)
        return await self._page(request, vlan, str(vlan.pin or vlan.vlan or ""))

    async def _page(
        self,
        request: web.Request,
        vlan: Vlan,
        typed: str,
        problem: str = "",
        prospect: Prospect | None = None,
        *,
        again: bool = False,
        status: int = 200,
    ) -> web.Response:
        it = await self.area.needed(request)
        limits = request.app[BENCH].workshop.engine.estate.wifis[vlan.network_id].network.limits
        return page(
            request,
            "company_pin.html",
            at="companies",
            status=status,
            here=address(named(request), "pin", vlan.network_id),
            it=it,
            company=named(request),
            address=address,
            vlan=vlan,
            limits=limits,
            typed=typed,
            problem=problem,
            prospect=prospect,
            again=again,
        )

    async def pin(self, request: web.Request) -> web.Response:
        """First what would move; with its digest it is done, if it is still so."""
        vlan, form = await self._vlan(request), request[FORM]
        language = request.app[SITE].language(request)
        typed = form.get("vlan", "").strip()[:10]
        if not (typed.isascii() and typed.isdigit()):
            return await self._page(request, vlan, typed, language.text("Please enter a number."), status=422)
        firming, company, number = self.area.firming(request), named(request), int(typed)
        digest = form.get("digest", "")
        if digest:
            found = await firming.pin(company, vlan.network_id, number, who(request), digest)
            if found is None:
                return see(address(company) + "?pinned#vlans")
        else:
            found = await firming.would_pin(company, vlan.network_id, number)
        if isinstance(found, No):
            limits = request.app[BENCH].workshop.engine.estate.wifis[vlan.network_id].network.limits
            problem = refused(
                found,
                language,
                vlan=number,
                ssid=vlan.ssid,
                lowest=limits.vlan_min,
                highest=limits.vlan_max,
            )
            return await self._page(request, vlan, typed, problem, status=422)
        return await self._page(
            request, vlan, typed, prospect=found, again=bool(digest), status=409 if digest else 200
        )

    async def unpin(self, request: web.Request) -> web.Response:
        await self.area.needed(request)
        await self.area.firming(request).unpin(named(request), request.match_info["network"], who(request))
        return see(address(named(request)) + "?unpinned#vlans")
