"""Which plugins are installed, what does each bring, and what is wrong with those that do not work?"""

import json
from dataclasses import dataclass

from aiohttp import web

from cusna_core.api import Finding
from cusna_core.config.plugins import Installed, Registry
from cusna_core.web.console.paper import BENCH, SETTINGS, page
from cusna_core.web.routes import Route, Who, get

HERE = f"{SETTINGS}/plugins"


@dataclass(frozen=True, slots=True)
class Shown:
    """A plugin, with the titles of what it brings."""

    installed: Installed
    sources: tuple[str, ...]
    drivers: tuple[str, ...]
    sinks: tuple[str, ...]
    finding: Finding | None
    line: str
    """What `enable` would be with this plugin switched the other way."""


def routes() -> tuple[Route, ...]:
    return (get(HERE, show, Who.ADMIN),)


async def show(request: web.Request) -> web.Response:
    bench = request.app[BENCH]
    registry, enable = bench.workshop.registry, tuple(bench.workshop.file.plugins.enable)
    known = {one.name for one in registry.installed}
    return page(
        request,
        "plugins.html",
        at="plugins",
        plugins=[_shown(one, registry, enable) for one in registry.installed],
        missing=[one for one in registry.findings if one.about not in known],
        file=bench.workshop.file.path,
    )


def _shown(one: Installed, registry: Registry, enable: tuple[str, ...]) -> Shown:
    return Shown(
        one,
        tuple(registry.sources[type_].title for type_ in one.sources if type_ in registry.sources),
        tuple(registry.drivers[type_].title for type_ in one.drivers if type_ in registry.drivers),
        tuple(registry.sinks[type_].title for type_ in one.sinks if type_ in registry.sinks),
        next((each for each in registry.findings if each.about.split(" ")[0] == one.name), None),
        f"enable = {json.dumps([*enable, one.name])}",
    )
