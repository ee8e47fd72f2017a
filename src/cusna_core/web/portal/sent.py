"""The mail is on its way: what now? A code to type, another mail, another address."""

from aiohttp import web

from cusna_core.web.portal.entry import enter, let_in
from cusna_core.web.portal.flow import begun, seal
from cusna_core.web.portal.paper import address, page
from cusna_core.web.proof import LONGEST, Wrong, asked, begin, by_code, digits_of, flow_of
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


def _page(request: web.Request, problem: str = "", left: int = 0, status: int = 200) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    return page(
        request,
        "sent.html",
        door,
        here=address(door, "sent"),
        status=status,
        typed=asked(request),
        lost=not flow_of(request),
        hidden=seal(site, door, begun(request, door)),
        said=request[FORM].get("email", "")[:LONGEST] if FORM in request else "",
        problem=problem,
        left=left,
        repeated="again" in request.query,
    )


async def show(request: web.Request) -> web.Response:
    return _page(request)


async def again(request: web.Request) -> web.Response:
    """Another mail to the same address. Too early looks the same (M15)."""
    door = request.app[SITE].door(request)
    typed = asked(request)
    if not typed:
        return see(address(door))
    return await begin(request, door.id, typed, address(door, "sent") + "?again")


async def code(request: web.Request) -> web.Response:
    site = request.app[SITE]
    digits = digits_of(request)
    if not digits:
        return _page(request, "shape", status=422)
    one = begun(request, site.door(request))
    if one is None:
        return _page(request, status=422)
    if not flow_of(request) and not one.is_of(request[FORM].get("email", "")):
        return _page(request, "address" if "email" in request[FORM] else "", status=422)
    stay = "stay" in request[FORM]
    entered = await by_code(request, one.flow, digits, lambda tx, used: enter(tx, site, request, used, stay))
    if isinstance(entered, Wrong):
        return _page(request, entered.problem, entered.left, entered.status)
    return await let_in(request, entered)
