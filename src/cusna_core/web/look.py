"""How do a location's colour and logo reach a page? At addresses that never change, with nothing inline."""

import re

from aiohttp import web

from cusna_core.store import appearance
from cusna_core.web.pages import Body
from cusna_core.web.site import SITE
from cusna_core.web.tint import style

YEAR = "public, max-age=31536000, immutable"
STYLE = re.compile(r"\A([0-9a-f]{6})\.([0-9a-f]{12})\.css\Z")
LOGO = re.compile(r"\A[0-9a-f]{32}\.(png|jpg|webp)\Z")


async def show(request: web.Request) -> web.Response:
    """A stylesheet of a colour, or a logo."""
    site, name = request.app[SITE], request.match_info["name"]
    if found := STYLE.match(name):
        made, text = style(f"#{found[1]}")
        if made != name:
            raise web.HTTPNotFound
        response = Body(text.encode(), "text/css; charset=utf-8").answer(request)
    elif LOGO.match(name):
        logo = await site.db.read(lambda tx: appearance.logo(tx, name))
        if logo is None:
            raise web.HTTPNotFound
        response = web.Response(body=logo.data, headers={"Content-Type": logo.type})
    else:
        raise web.HTTPNotFound
    response.headers["Cache-Control"] = YEAR
    return response
