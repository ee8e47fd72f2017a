"""How is something switched off without removing it, and on again?

What was promised is kept: nobody loses access because of it before the promised end. So one click may do it.
"""

from aiohttp import web

from cusna_core.config.setup import Kind
from cusna_core.web.console.connect import changeable, needed, own_address, saved, version
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.routes import Handler
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


def enabling(kind: Kind) -> Handler:
    """GET says what switching off does; POST does it, or switches on."""

    async def handler(request: web.Request) -> web.StreamResponse:
        bench = request.app[BENCH]
        kept = changeable(await needed(request, kind))
        problems: dict[str, str] = {}
        status = 200
        if request.method == "POST":
            on = "on" in request[FORM]
            failed = await saved(
                request.app[SITE].language(request),
                (),
                lambda: bench.workshop.change(
                    kind, kept.name, {"enabled": on}, by=who(request), version=version(request)
                ),
            )
            if failed is None:
                return see(own_address(kind, kept.name))
            status, problems = failed
        return page(
            request,
            "enabling.html",
            at=kind,
            here=f"{own_address(kind, kept.name)}/enabled",
            status=status,
            kind=kind,
            kept=await needed(request, kind),
            affected=await bench.effects.of(kind, kept.name),
            problems=problems,
        )

    return handler
