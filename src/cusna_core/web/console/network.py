"""How is an SSID taken into use? Chosen from what the controller has, looked at, and then switched on."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from cusna_core.admin.first_reads import unread
from cusna_core.admin.kept import LONGEST_NAME, Kept, Shape, slug
from cusna_core.admin.offers import Offer, offers
from cusna_core.web.console.connect import called, changeable, needed, own_address, saved, slug_field, version
from cusna_core.web.console.forms import Field, Form, draw, read, split, typed
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

POOL = "vlan_pool"
SKIPPED = ("controller", "apply", "enabled")


async def choose(request: web.Request) -> web.Response:
    """On which controller."""
    bench = request.app[BENCH]
    controllers = [one for one in await bench.workshop.all("controller") if not one.off]
    if len(controllers) == 1:
        return see(f"/console/settings/new-network/{controllers[0].name}")
    return page(request, "choose_controller.html", at="network", controllers=controllers)


async def offered(
    request: web.Request, controller: str, networks: Sequence[Kept] | None = None
) -> list[Offer] | str:
    """The SSIDs of a controller; a sentence where it does not tell. `networks` are all, if they are known."""
    bench = request.app[BENCH]
    told = await bench.survey.choices(controller)
    if isinstance(told, str):
        return told
    ssids = {one.id: one.ssid for one in bench.workshop.engine.estate.wifis.values()}
    known = await bench.workshop.all("network") if networks is None else networks
    return offers(told, [one for one in known if one.values.get("controller") == controller], ssids)


def shape_of(request: web.Request, controller: str) -> Shape:
    workshop = request.app[BENCH].workshop
    shape = workshop.shape("network", workshop.controller_type(controller))
    if shape is None or controller not in workshop.setup.controllers:
        raise web.HTTPNotFound
    return shape


def fields_of(request: web.Request, shape: Shape, slug: str = "") -> list[Field]:
    language = request.app[SITE].language(request)
    fields = draw(shape.models, language, skip=SKIPPED)
    return [*fields, slug_field(language, slug)] if slug else fields


def parted(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The pool is worth a thought at once, although it may be empty; and so is who makes its VLANs."""
    own = [one for one in fields if one.name not in ("slug", POOL)]
    first, _ = split(own)
    named = {"ssid", *(one.name for one in first if one.required)}
    about_vlans = sorted((one for one in fields if _about_vlans(one)), key=lambda one: one.name != POOL)
    order = (*(one for one in fields if one.name in named and not _about_vlans(one)), *about_vlans)
    return order, tuple(one for one in fields if one not in order)


def _about_vlans(field: Field) -> bool:
    return field.name == POOL or (field.name.startswith("vlan_") and field.shown == "select")


async def new(request: web.Request) -> web.Response:
    """First the SSIDs that the controller has; then the form, with the one that was chosen filled in."""
    controller = request.match_info["controller"]
    shape = shape_of(request, controller)
    told = await offered(request, controller)
    some = () if isinstance(told, str) else told
    wanted = request.query.get("choice")
    if wanted is None and some:
        return page(request, "choose_ssid.html", at="network", controller=controller, offers=some)
    chosen = next((one.choice for one in some if one.choice.title == wanted), None)
    name = await _name(request, chosen.ssid if chosen else "network", controller)
    said = typed(chosen.options) if chosen else {}
    silent = told if isinstance(told, str) else ""
    if chosen is None and wanted:
        raise web.HTTPNotFound
    return _new(request, controller, shape, fields_of(request, shape, name), said, silent=silent)


async def _name(request: web.Request, ssid: str, controller: str) -> str:
    """After the WiFi; where another controller has the same one, after both."""
    workshop = request.app[BENCH].workshop
    plain = await workshop.free_name("network", ssid)
    taken = plain != slug(ssid)[:LONGEST_NAME]
    return await workshop.free_name("network", f"{ssid} {controller}") if taken and slug(ssid) else plain


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
    first, more = parted(fields)
    chosen = request.query.get("choice", "")
    if chosen:
        # What the choice filled in needs no thought; it stands with the rest.
        more = (*(one for one in first if not _about_vlans(one)), *more)
        first = tuple(one for one in first if _about_vlans(one))
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
    shape = shape_of(request, controller)
    fields = fields_of(request, shape, await _name(request, request[FORM].get("ssid", ""), controller))
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
    places = {one.id: one.name for one in bench.workshop.engine.estate.locations.values()}
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
        unread=await unread(bench.workshop.engine, wifi) if wifi else (),
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
        blind = wifi is not None and not sight.changes and await unread(bench.workshop.engine, wifi)
        if blind or sight.plan.digest != request[FORM].get("digest"):
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
