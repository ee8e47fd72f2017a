"""How is something taken out again? Only what nothing else needs, and after a question."""

from aiohttp import web

from cusna_core.config.setup import Kind
from cusna_core.engine.kept import Kept
from cusna_core.web.console.connect import changeable, needed, own_address, saved, version
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.routes import Handler
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


def remove(kind: Kind) -> Handler:
    """Take something out that nothing else needs."""

    async def handler(request: web.Request) -> web.StreamResponse:
        site, workshop = request.app[SITE], request.app[BENCH].workshop
        kept = changeable(await needed(request, kind))
        if request.method == "GET" or "sure" not in request[FORM]:
            return await _sure(request, kind, kept, {})
        language = site.language(request)
        if await _working(request, kept) and "anyway" not in request[FORM]:
            told = language.text("Say that you know what happens to the keys, or wait until they are gone.")
            return await _sure(request, kind, kept, {"": told}, 422)
        failed = await saved(
            language,
            (),
            lambda: workshop.remove(kind, kept.name, by=who(request), version=version(request)),
        )
        if failed is not None:
            status, problems = failed
            return await _sure(request, kind, kept, problems, status)
        return see(own_address(kind) + "?removed")

    return handler


async def _working(request: web.Request, kept: Kept) -> int:
    """Keys of ours that would be left to nobody."""
    return await request.app[BENCH].survey.working(kept.name) if kept.kind == "network" else 0


async def _sure(
    request: web.Request, kind: Kind, kept: Kept, problems: dict[str, str], status: int = 200
) -> web.Response:
    needing = await request.app[BENCH].workshop.needing(kind, kept.name)
    return page(
        request,
        "remove.html",
        at=kind,
        status=status,
        kind=kind,
        kept=kept,
        needing=needing,
        working=await _working(request, kept),
        problems=problems,
    )
