"""How does a place get its portal? A name, an address, a time zone, and the networks people get there."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from cusna_core.admin.kept import Kept
from cusna_core.api import SourceLocation
from cusna_core.config.models import Location
from cusna_core.config.problems import Problem
from cusna_core.web.console.connect import called, changeable, needed, own_address, saved, slug_field, version
from cusna_core.web.console.forms import Field, Form, draw, read, typed, wrong
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

SKIPPED = ("integration", "source_location", "networks", "enabled")
NETWORK = "network:"
"""What the names of the checkboxes begin with."""


@cache
def zones() -> Sequence[str]:
    """Asked of the files once."""
    return sorted(one for one in available_timezones() if "/" in one and not one.startswith("Etc/"))


async def choose(request: web.Request) -> web.Response:
    """Which place of which integration."""
    bench = request.app[BENCH]
    integrations = [one for one in await bench.workshop.all("integration") if not one.off]
    places = {one.name: await bench.survey.places(one.name) for one in integrations}
    return page(request, "choose_place.html", at="location", integrations=integrations, places=places)


async def _told(request: web.Request, place: str) -> SourceLocation:
    """The place that is to get a portal, or 404."""
    bench = request.app[BENCH]
    integration = request.match_info["integration"]
    if integration not in bench.workshop.setup.integrations:
        raise web.HTTPNotFound
    for one in await bench.survey.places(integration):
        if one.told.id == place:
            return one.told
    raise web.HTTPNotFound


def _fields(request: web.Request, slug: str = "", title: str = "") -> list[Field]:
    language = request.app[SITE].language(request)
    fields = draw([Location], language, skip=SKIPPED)
    if not slug:
        return fields
    hint = language.text(
        "The last part of the portal's address: %(base)s/portal/…", base=request.app[SITE].base
    )
    return [*fields, slug_field(language, slug, language.text("Address of the portal"), hint)]


async def new(request: web.Request) -> web.Response:
    told = await _told(request, request.query.get("place", ""))
    slug = await request.app[BENCH].workshop.free_name("location", told.title)
    return await _form(request, told, None, _fields(request, slug), {"name": told.title}, _only(request))


def _only(request: web.Request) -> Sequence[str]:
    """A single network needs no choice."""
    networks = tuple(request.app[BENCH].workshop.setup.networks)
    return networks if len(networks) == 1 else ()


async def _form(
    request: web.Request,
    told: SourceLocation | None,
    kept: Kept | None,
    fields: Sequence[Field],
    said: Mapping[str, str],
    chosen: Sequence[str],
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    bench = request.app[BENCH]
    order = {"name": 0, "slug": 1, "timezone": 2, "contact": 4, "privacy_url": 5}
    ordered = tuple(sorted(fields, key=lambda one: order.get(one.name, 9)))
    return page(
        request,
        "location.html",
        at="location",
        status=status,
        told=told,
        kept=kept,
        labels=called(request, kept) if kept else {},
        version=kept.version if kept else 0,
        form=Form(ordered, (), said, frozenset(), problems or {}),
        chosen=chosen,
        networks=await bench.workshop.all("network"),
        wifis=bench.workshop.engine.estate.wifis,
        titles={one.name: one.title for one in await bench.workshop.all("controller")},
        zones=zones(),
        place=next((one for one in await bench.survey.locations() if kept and one.id == kept.name), None),
        findings=await bench.survey.findings(kept.path) if kept else (),
        made="made" in request.query,
        file=bench.workshop.file.path,
    )


def _chosen(form: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(NETWORK) for name in form if name.startswith(NETWORK)]


async def add(request: web.Request) -> web.Response:
    workshop = request.app[BENCH].workshop
    form = request[FORM]
    told = await _told(request, form.get("place", ""))
    fields = _fields(request, await workshop.free_name("location", told.title))
    answer = read(fields, form)
    chosen = _chosen(form)
    name = answer.typed.get("slug", "")
    if answer.values.get("name") == told.title:
        # It follows the source when that calls the place something else one day.
        del answer.values["name"]
    values = {
        **{name: value for name, value in answer.values.items() if name != "slug"},
        "integration": request.match_info["integration"],
        "source_location": told.id,
        "networks": chosen,
    }
    failed = await _saved(request, fields, name, values, 0, told)
    if failed is not None:
        return await _form(request, told, None, fields, answer.typed, chosen, failed[1], failed[0])
    return see(own_address("location", name) + "?made")


async def _saved(
    request: web.Request,
    fields: Sequence[Field],
    name: str,
    values: dict[str, Any],
    read_version: int,
    told: SourceLocation | None,
) -> tuple[int, dict[str, str]] | None:
    language = request.app[SITE].language(request)
    missing = []
    if not values["networks"]:
        missing.append(Problem("networks", language.text("Choose at least one network.")))
    if told is not None and not told.timezone and not values.get("timezone"):
        missing.append(Problem("timezone", "is missing"))
    if missing:
        found = wrong([one for one in missing if one.path != "networks"], fields, language)
        found |= {one.path: one.text for one in missing if one.path == "networks"}
        return 422, found
    workshop = request.app[BENCH].workshop
    return await saved(
        language,
        fields,
        lambda: workshop.save("location", name, values, by=who(request), version=read_version),
    )


async def show(request: web.Request) -> web.Response:
    """The location, as a form where it can be changed here."""
    kept = await needed(request, "location")
    return await _show(request, kept, typed(kept.values), kept.values.get("networks", ()))


async def _show(
    request: web.Request,
    kept: Kept,
    said: Mapping[str, str],
    chosen: Sequence[str],
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    return await _form(request, None, kept, _fields(request), said, chosen, problems, status)


async def change(request: web.Request) -> web.Response:
    kept = changeable(await needed(request, "location"))
    fields = _fields(request)
    answer = read(fields, request[FORM])
    chosen = _chosen(request[FORM])
    values = {
        **answer.values,
        "integration": kept.values.get("integration"),
        "source_location": kept.values.get("source_location"),
        "networks": chosen,
        **{name: kept.values[name] for name in ("enabled",) if name in kept.values},
    }
    failed = await _saved(request, fields, kept.name, values, version(request), None)
    if failed is not None:
        kept = await needed(request, "location")
        return await _show(request, kept, answer.typed, chosen, failed[1], failed[0])
    return see(own_address("location", kept.name) + "?made")
