"""How are a network's options changed, and how does it move to another SSID or controller?

A move is shown before it is made: the old network is emptied, and nobody is off longer than needed.
"""

import asyncio

from aiohttp import web

from cusna_core.admin.kept import Kept
from cusna_core.admin.moving import Moves
from cusna_core.admin.offers import about_ssid
from cusna_core.admin.states import LocationState
from cusna_core.config.models import Network
from cusna_core.web.console.connect import changeable, needed, own_address, saved, version
from cusna_core.web.console.forms import Form, read, typed
from cusna_core.web.console.network import SKIPPED, fields_of, offered, parted, shape_of
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

CORE = frozenset(Network.model_fields)


async def edit(request: web.Request) -> web.Response:
    kept = changeable(await needed(request, "network"))
    said = typed(kept.values)
    wanted = request.query.get("choice")
    if "controller" in request.match_info and wanted is not None:
        controller = _controller(request, kept)
        told = await request.app[BENCH].survey.choices(controller)
        choices = () if isinstance(told, str) else told
        chosen = next((one for one in choices if one.title == wanted), None)
        dropped = about_ssid(choices)
        if controller != kept.values.get("controller"):
            # Another system: what its plugin calls the same need not mean the same.
            dropped |= said.keys() - CORE
        said = {name: value for name, value in said.items() if name not in dropped}
        said |= typed(chosen.options) if chosen else {}
    return await _edit(request, said)


async def _edit(
    request: web.Request, said: dict[str, str], problems: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    kept = changeable(await needed(request, "network"))
    controller = _controller(request, kept)
    first, more = parted(fields_of(request, shape_of(request, controller)))
    return page(
        request,
        "network_form.html",
        at="network",
        status=status,
        controller=controller,
        chosen="",
        moving="controller" in request.match_info,
        kept=kept,
        version=kept.version,
        silent="",
        form=Form(first, more, said, kept.given, problems or {}),
    )


async def change(request: web.Request) -> web.Response:
    """Changed options; or the whole network goes to another SSID, once it was shown what that does."""
    site, workshop, form = request.app[SITE], request.app[BENCH].workshop, request[FORM]
    kept = changeable(await needed(request, "network"))
    controller = _controller(request, kept)
    fields = fields_of(request, shape_of(request, controller))
    answer = read(fields, form, kept.given if controller == kept.values.get("controller") else ())
    values = {**answer.values, **{name: kept.values[name] for name in SKIPPED if name in kept.values}}
    values["controller"] = controller
    try:
        failed = await saved(
            site.language(request),
            fields,
            lambda: workshop.save(
                "network",
                kept.name,
                values,
                by=who(request),
                version=version(request),
                keep=answer.keep,
                move="move" in form,
            ),
        )
    except Moves as moves:
        return page(
            request,
            "network_move.html",
            at="network",
            kept=kept,
            moves=moves,
            said={name: value for name, value in form.items() if name != "move"},
            places=[one.name for one in await request.app[BENCH].survey.locations() if _has(one, kept.name)],
        )
    if failed is not None:
        return await _edit(request, answer.typed, failed[1], failed[0])
    return see(own_address("network", kept.name))


def _has(place: LocationState, network: str) -> bool:
    return any(one.id == network for one in place.networks)


def _controller(request: web.Request, kept: Kept) -> str:
    """The one in the address, where it is to move; else its own."""
    return request.match_info.get("controller") or str(kept.values.get("controller", ""))


async def whither(request: web.Request) -> web.Response:
    """To which SSID of which controller a network could move."""
    bench = request.app[BENCH]
    kept = changeable(await needed(request, "network"))
    controllers = [one for one in await bench.workshop.all("controller") if not one.off and one.enabled]
    networks = await bench.workshop.all("network")
    told = await asyncio.gather(*(offered(request, one.name, networks) for one in controllers))
    return page(
        request,
        "network_whither.html",
        at="network",
        kept=kept,
        controllers=list(zip(controllers, told, strict=True)),
    )
