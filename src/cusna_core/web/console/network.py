"""How is an SSID taken into use? Chosen from what the controller has, looked at, and then switched on."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from cusna_core.config.models import Network
from cusna_core.engine.kept import Kept, Shape
from cusna_core.engine.states import LocationState
from cusna_core.engine.workshop import Moves
from cusna_core.web.console.connect import called, changeable, needed, own_address, saved, slug_field, version
from cusna_core.web.console.forms import Field, Form, draw, read, split, typed
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

SKIPPED = ("controller", "apply", "enabled")
CORE = frozenset(Network.model_fields)


async def choose(request: web.Request) -> web.Response:
    """On which controller."""
    bench = request.app[BENCH]
    controllers = [one for one in await bench.workshop.all("controller") if not one.off]
    if len(controllers) == 1:
        return see(f"/console/settings/new-network/{controllers[0].name}")
    return page(request, "choose_controller.html", at="network", controllers=controllers)


def _shape(request: web.Request, controller: str) -> Shape:
    workshop = request.app[BENCH].workshop
    shape = workshop.shape("network", workshop.controller_type(controller))
    if shape is None or controller not in workshop.setup.controllers:
        raise web.HTTPNotFound
    return shape


def _fields(request: web.Request, shape: Shape, slug: str = "") -> list[Field]:
    language = request.app[SITE].language(request)
    fields = draw(shape.models, language, skip=SKIPPED)
    return [*fields, slug_field(language, slug)] if slug else fields


def _parts(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The pool is worth a thought at once, although it may be empty."""
    own = [one for one in fields if one.name not in ("slug", "vlan_pool")]
    first, _ = split(own)
    named = {"ssid", "vlan_pool", *(one.name for one in first if one.required)}
    order = sorted((one for one in fields if one.name in named), key=lambda one: one.name == "vlan_pool")
    return tuple(order), tuple(one for one in fields if one.name not in named)


async def new(request: web.Request) -> web.Response:
    """First the SSIDs that the controller has; then the form, with the one that was chosen filled in."""
    bench = request.app[BENCH]
    controller = request.match_info["controller"]
    shape = _shape(request, controller)
    told = await bench.survey.choices(controller)
    choices = () if isinstance(told, str) else told
    wanted = request.query.get("choice")
    if wanted is None and choices:
        used = {
            one.ssid for one in bench.workshop.engine.estate.wifis.values() if one.controller_id == controller
        }
        return page(
            request, "choose_ssid.html", at="network", controller=controller, choices=choices, used=used
        )
    chosen = next((one for one in choices if one.title == wanted), None)
    slug = await bench.workshop.free_name("network", chosen.ssid if chosen else "network")
    said = typed(chosen.options) if chosen else {}
    silent = told if isinstance(told, str) else ""
    if chosen is None and wanted:
        raise web.HTTPNotFound
    return _new(request, controller, shape, _fields(request, shape, slug), said, silent=silent)


def _new(
    request: web.Request,
    controller: str,
    shape: Shape,
    fields: Sequence[Field],
    said: dict[str, str],
    problems: dict[str, str] | None = None,
    status: int = 200,
    silent: str = "",
) -> web.Response:
    first, more = _parts(fields)
    chosen = request.query.get("choice", "")
    if chosen:
        # What the choice filled in needs no thought; it stands with the rest.
        more = (*(one for one in first if one.name != "vlan_pool"), *more)
        first = tuple(one for one in first if one.name == "vlan_pool")
    return page(
        request,
        "network_form.html",
        at="network",
        status=status,
        controller=controller,
        chosen=chosen,
        moving=False,
        kept=None,
        version=0,
        silent=silent,
        form=Form(first, more, said, frozenset(), problems or {}),
    )


async def add(request: web.Request) -> web.Response:
    """New networks start with apply off: first somebody looks at what would change."""
    site, workshop = request.app[SITE], request.app[BENCH].workshop
    controller = request.match_info["controller"]
    shape = _shape(request, controller)
    fields = _fields(request, shape, await workshop.free_name("network", request[FORM].get("ssid", "")))
    answer = read(fields, request[FORM])
    name = answer.typed.get("slug", "")
    values = {**_values(answer.values), "controller": controller, "apply": False}
    failed = await saved(
        site.language(request),
        fields,
        lambda: workshop.save("network", name, values, by=who(request), version=0),
    )
    if failed is not None:
        return _new(request, controller, shape, fields, answer.typed, failed[1], failed[0])
    return see(own_address("network", name) + "?connected")


def _values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "slug"}


async def show(request: web.Request) -> web.Response:
    return await _show(request)


async def _show(
    request: web.Request, problems: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    """What would change, read from the controller now."""
    bench = request.app[BENCH]
    kept = await needed(request, "network")
    places = {one.id: one.name for one in await bench.survey.locations()}
    wifi = bench.survey.wifi(kept.name)
    sight = await bench.survey.look(wifi) if wifi else ""
    return page(
        request,
        "network.html",
        at="network",
        here=own_address("network", kept.name),
        status=status,
        kept=kept,
        labels=called(request, kept),
        wifi=wifi,
        state=await bench.survey.network(wifi) if wifi else None,
        sight=None if isinstance(sight, str) else sight,
        silent=sight if isinstance(sight, str) else "",
        findings=await bench.survey.findings(kept.path),
        locations=await bench.workshop.needing("network", kept.name),
        places=places,
        connected="connected" in request.query,
        switched="on" in request.query,
        problems=problems or {},
        file=bench.workshop.file.path,
    )


async def switch(request: web.Request) -> web.Response:
    """On: exactly what was shown may begin. Off: plan only, from now on."""
    site, bench = request.app[SITE], request.app[BENCH]
    language = site.language(request)
    kept = changeable(await needed(request, "network"))
    wifi = bench.survey.wifi(kept.name)
    on = "on" in request[FORM]
    if on:
        sight = await bench.survey.look(wifi) if wifi else language.text("The network is switched off.")
        if isinstance(sight, str):
            return await _show(request, {"": sight}, 422)
        if sight.plan.digest != request[FORM].get("digest"):
            told = language.text(
                "It is not the same any more. Look at what would change now, then switch it on."
            )
            return await _show(request, {"": told}, 409)
    failed = await saved(
        language,
        (),
        lambda: bench.workshop.change(
            "network", kept.name, {"apply": on}, by=who(request), version=version(request)
        ),
    )
    if failed is not None:
        return await _show(request, failed[1], failed[0])
    return see(own_address("network", kept.name) + ("?on" if on else ""))


async def edit(request: web.Request) -> web.Response:
    kept = changeable(await needed(request, "network"))
    said = typed(kept.values)
    wanted = request.query.get("choice")
    if "controller" in request.match_info and wanted is not None:
        told = await request.app[BENCH].survey.choices(_controller(request, kept))
        choices = () if isinstance(told, str) else told
        chosen = next((one for one in choices if one.title == wanted), None)
        own = {name: value for name, value in said.items() if name in CORE}
        said = {**own, **(typed(chosen.options) if chosen else {})}
    return await _edit(request, said)


async def _edit(
    request: web.Request, said: dict[str, str], problems: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    kept = changeable(await needed(request, "network"))
    controller = _controller(request, kept)
    first, more = _parts(_fields(request, _shape(request, controller)))
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
    fields = _fields(request, _shape(request, controller))
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
    used = {one.ssid + "@" + one.controller_id for one in bench.workshop.engine.estate.wifis.values()}
    told = await asyncio.gather(*(bench.survey.choices(one.name) for one in controllers))
    return page(
        request,
        "network_whither.html",
        at="network",
        kept=kept,
        controllers=list(zip(controllers, told, strict=True)),
        used=used,
    )
