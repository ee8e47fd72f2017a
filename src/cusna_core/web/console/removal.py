"""How is something taken out again? Only what nothing else needs, and after it was said what that does."""

from typing import get_args

from aiohttp import web

from cusna_core.admin.kept import Kept
from cusna_core.config.setup import Kind
from cusna_core.engine.retire import Emptying
from cusna_core.store.retired import How
from cusna_core.web.console.connect import CONFLICT, changeable, needed, own_address, saved, version
from cusna_core.web.console.paper import BENCH, SETTINGS, page, who
from cusna_core.web.routes import Handler
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


def remove(kind: Kind) -> Handler:
    """Take something out that nothing else needs."""

    async def handler(request: web.Request) -> web.StreamResponse:
        site, bench = request.app[SITE], request.app[BENCH]
        kept = changeable(await needed(request, kind))
        form = request[FORM] if request.method == "POST" else {}
        if "sure" not in form:
            return await _sure(request, kind, kept, {})
        language = site.language(request)
        how = next((one for one in get_args(How) if one == form.get("how")), None)
        if kind == "network" and how is None and (await bench.effects.of(kind, kept.name)).keys:
            told = language.text("Choose what becomes of the keys that Cusna made there.")
            return await _sure(request, kind, kept, {"": told}, 422)
        if how == "now" and form.get("keys") != str((await bench.effects.of(kind, kept.name)).keys):
            # As with all that is taken from many at once: exactly what was shown is agreed to.
            told = language.text("It is not the same any more: look at the number, and say it again.")
            return await _sure(request, kind, kept, {"": told}, CONFLICT)
        failed = await saved(
            language,
            (),
            lambda: bench.workshop.remove(
                kind, kept.name, by=who(request), version=version(request), how=how
            ),
        )
        if failed is not None:
            status, problems = failed
            return await _sure(request, kind, await needed(request, kind), problems, status)
        return see(own_address(kind) + "?removed")

    return handler


async def _sure(
    request: web.Request, kind: Kind, kept: Kept, problems: dict[str, str], status: int = 200
) -> web.Response:
    bench = request.app[BENCH]
    return page(
        request,
        "remove.html",
        at=kind,
        here=own_address(kind, kept.name) + "/remove",
        status=status,
        kind=kind,
        kept=kept,
        needing=await bench.workshop.needing(kind, kept.name),
        emptying=[
            one
            for one in await bench.retirements.all()
            if kind == "controller" and one.old.controller == kept.name
        ],
        effect=await bench.effects.of(kind, kept.name),
        chosen=request[FORM].get("how", "") if request.method == "POST" else "",
        problems=problems,
    )


async def retired(request: web.Request) -> web.Response:
    """A network that is being emptied: faster, or not at all any more."""
    bench = request.app[BENCH]
    id_ = request.match_info["name"]
    one = next((one for one in await bench.retirements.all() if one.old.id == id_), None)
    if one is None:
        raise web.HTTPNotFound
    if request.method == "POST":
        match request[FORM].get("do"):
            case "hurry" if request[FORM].get("keys") != str(one.left):
                language = request.app[SITE].language(request)
                told = language.text("It is not the same any more: look at the number, and say it again.")
                return _retired(request, one, {"": told}, CONFLICT)
            case "hurry":
                await bench.workshop.hurry(one.old.id, by=who(request))
            case "give-up":
                await bench.workshop.give_up(one.old.id, by=who(request))
            case _:
                raise web.HTTPBadRequest
        return see(f"{SETTINGS}/networks#retired")
    return _retired(request, one, {})


def _retired(
    request: web.Request, one: Emptying, problems: dict[str, str], status: int = 200
) -> web.Response:
    return page(request, "retired.html", at="network", status=status, one=one, problems=problems)
