"""What does the link in the mail do? A GET shows a button; only its POST consumes (M6, M7)."""

from aiohttp import web

from cusna_core.web.portal.entry import enter, let_in
from cusna_core.web.portal.paper import address, page
from cusna_core.web.proof import asked, by_link, fate, flow_of
from cusna_core.web.security import FORM
from cusna_core.web.site import SITE


async def show(request: web.Request) -> web.Response:
    """The same page for a scanner and for a person."""
    door = request.app[SITE].door(request)
    token = request.match_info["token"]
    state, status = await fate(request, door.id)
    return page(
        request,
        "link.html",
        door,
        here=address(door, f"link/{token}" if state == "fresh" else ""),
        status=status,
        state=state,
        token=token,
        typed=asked(request),
        same_browser=bool(flow_of(request)),
    )


async def use(request: web.Request) -> web.Response:
    site = request.app[SITE]
    stay = "stay" in request[FORM]
    door = site.door(request)
    entered = await by_link(request, door.id, lambda tx, used: enter(tx, site, request, used, stay))
    return await let_in(request, entered) if entered is not None else await show(request)
