"""How do the parts become an application?"""

import re
from collections.abc import Sequence

from aiohttp import web

from cusna_core.web import look, portal
from cusna_core.web.errors import refusal
from cusna_core.web.routes import FORM_BYTES, Route, Who, get, install
from cusna_core.web.security import dress, gate
from cusna_core.web.site import SITE, Parts, Site

YEAR = "public, max-age=31536000, immutable"
FIXED = re.compile(r"\A[a-z]+\.[0-9a-f]{12}\.[a-z]+\Z")


async def health(_: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """The database answers too."""
    site = request.app[SITE]
    await site.db.read(lambda tx: tx.execute("SELECT 1").fetchone())
    return web.Response(text="ready\n")


async def static(request: web.Request) -> web.Response:
    """A file under its digest never changes, so browsers may keep it."""
    site = request.app[SITE]
    name = request.match_info["name"]
    body = site.pages.static.get(name) if FIXED.match(name) else None
    if body is None:
        return refusal(request, site, 404)
    response = body.answer(request)
    response.headers["Cache-Control"] = YEAR
    return response


def own_routes() -> tuple[Route, ...]:
    return (
        get("/healthz", health, Who.PUBLIC, any_host=True),
        get("/readyz", ready, Who.PUBLIC, any_host=True),
        get("/static/{name}", static, Who.PUBLIC),
        get("/look/{name}", look.show, Who.PUBLIC),
    )


def build(parts: Parts, *, more: Sequence[Route] = ()) -> web.Application:
    """The application, ready to be run. `more` are the console's routes.

    Raises `Undeclared` for a route that does not say who may enter.
    """
    site = Site(parts)
    application = web.Application(client_max_size=FORM_BYTES)
    application[SITE] = site
    site.routes = (*own_routes(), *portal.routes(), *more)
    declared = install(application, site.routes)
    application.middlewares.append(gate(site, declared))
    dress(site, application)
    application.on_shutdown.append(site.close)
    return application
