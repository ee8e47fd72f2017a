"""What do the portal's pages have in common?"""

from typing import Any

from aiohttp import web

from cusna_core.engine.views import Door
from cusna_core.web.cookies import LANGUAGE, LANGUAGE_SECONDS
from cusna_core.web.site import SITE, chosen


def address(door: Door, page: str = "") -> str:
    return f"/portal/{door.id}" + (f"/{page}" if page else "")


def page(
    request: web.Request,
    template: str,
    door: Door | None,
    *,
    here: str,
    status: int = 200,
    secret: bool = False,
    **values: Any,
) -> web.Response:
    """A page of the portal. `here` is the address that the language switch leads to, always a GET."""
    site = request.app[SITE]
    language = site.language(request)
    values |= {"door": door, "here": here, "now": site.clock.now()}
    response = site.pages.answer(
        request, f"portal/{template}", language, values, status=status, secret=secret
    )
    remember_language(request, response)
    return response


def remember_language(request: web.Request, response: web.Response) -> None:
    """The switch is a plain link; what it chose is kept as a cookie and changes nothing else."""
    site = request.app[SITE]
    if chosen(request):
        site.cookies.set(response, LANGUAGE, site.language(request).code, LANGUAGE_SECONDS)
