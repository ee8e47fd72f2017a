"""Where are the locations, what hangs on their walls, and what is kept about people?"""

from aiohttp import web

from cusna_core.web.portal.paper import address, page
from cusna_core.web.security import see
from cusna_core.web.site import SITE


async def start(_: web.Request) -> web.Response:
    return see("/portal")


async def places(request: web.Request) -> web.Response:
    """All locations; a single one needs no choice."""
    doors = sorted(request.app[SITE].members.doors(), key=lambda door: door.name.casefold())
    if len(doors) == 1:
        return see(address(doors[0]))
    return page(request, "places.html", None, here="/portal", doors=doors)


async def poster(request: web.Request) -> web.Response:
    """For the wall: the portal's address as a QR code, the SSIDs, three steps."""
    site = request.app[SITE]
    door = site.door(request)
    url = site.base + address(door)
    title = site.language(request).text("QR code of %(url)s", url=url)
    code = await site.codes.code(f"{url} {title}", url, title)
    return page(request, "poster.html", door, here=address(door, "poster"), url=url, code=code)


async def privacy(request: web.Request) -> web.Response:
    door = request.app[SITE].door(request)
    return page(request, "privacy.html", door, here=address(door, "privacy"))
