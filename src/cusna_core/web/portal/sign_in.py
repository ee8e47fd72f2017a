"""How does somebody ask to be let in? The same work and the same answer for every address (M12, M13)."""

from aiohttp import web

from cusna_core.engine.views import Door
from cusna_core.web.arrival import forget
from cusna_core.web.cookies import ASKED, FLOW, MEMBER, THEN
from cusna_core.web.pages import Body
from cusna_core.web.portal.paper import address, page, remember_language
from cusna_core.web.proof import FLOW_SECONDS, address_of, begin, close
from cusna_core.web.security import SESSION, see, session
from cusna_core.web.site import SITE, Site


async def show(request: web.Request) -> web.Response:
    """The sign-in page: kept bytes per location and language. Who is signed in already goes on."""
    site = request.app[SITE]
    door = site.door(request)
    if site.cookies.get(request, MEMBER):
        found = await session(site, request)
        if found and found.account_id and await site.members.view(found.account_id, door.id):
            return see(address(door, "wifi"))
    response = _kept(site, request, door).answer(request)
    remember_language(request, response)
    return response


def _kept(site: Site, request: web.Request, door: Door) -> Body:
    language = site.language(request)
    kept = site.kept.get((door.id, language.code))
    if kept is None or kept[0] != door:
        values = {"door": door, "here": address(door), "problem": "", "typed": "", "now": site.clock.now()}
        kept = (door, Body(site.pages.render("portal/sign_in.html", language, values)))
        site.kept[door.id, language.code] = kept
    return kept[1]


async def ask(request: web.Request) -> web.Response:
    door = request.app[SITE].door(request)
    typed, problem = address_of(request)
    if problem:
        here = address(door)
        return page(request, "sign_in.html", door, here=here, status=422, problem=problem, typed=typed)
    return await begin(request, door.id, typed, address(door, "sent"))


async def renew(request: web.Request) -> web.Response:
    """A fresh sign-in for the address that is signed in, on the way to a new passphrase."""
    site = request.app[SITE]
    door = site.door(request)
    account = request[SESSION].account_id
    view = await site.members.view(account, door.id) if account else None
    if view is None:
        return see(address(door, "wifi"))
    response = await begin(request, door.id, view.email, address(door, "sent"))
    site.cookies.set(response, THEN, "change", FLOW_SECONDS)
    return response


async def leave(request: web.Request) -> web.Response:
    """End the session here and on the server (M22)."""
    site = request.app[SITE]
    door = site.door(request)
    await close(request, MEMBER)
    response = see(address(door))
    forget(request, response, MEMBER)
    for name in (MEMBER, FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    # Not "cookies": that would sign people out of every other site under the same domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
