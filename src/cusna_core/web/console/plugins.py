"""Which plugins are installed, what does each bring, and what is wrong with those that do not work?"""

import json
from dataclasses import dataclass

from aiohttp import web

from cusna_core.api import Finding
from cusna_core.config.plugins import CORE, Installed, Registry
from cusna_core.web.console.paper import BENCH, SETTINGS, page
from cusna_core.web.routes import Route, Who, get
from cusna_core.web.site import SITE
from cusna_core.words import Language

HERE = f"{SETTINGS}/plugins"


@dataclass(frozen=True, slots=True)
class Shown:
    """A plugin, with the titles of what it brings."""

    installed: Installed
    sources: tuple[str, ...]
    drivers: tuple[str, ...]
    sinks: tuple[str, ...]
    finding: Finding | None
    about: str
    """What it is, where it is not loaded and so cannot say what it brings."""
    line: str
    """What `enable` would be with this plugin switched the other way."""


def routes() -> tuple[Route, ...]:
    return (get(HERE, show, Who.ADMIN),)


async def show(request: web.Request) -> web.Response:
    bench = request.app[BENCH]
    language = request.app[SITE].language(request)
    registry, enable = bench.workshop.registry, tuple(bench.workshop.file.plugins.enable)
    known = {one.name for one in registry.installed}
    return page(
        request,
        "plugins.html",
        at="plugins",
        plugins=[_shown(one, registry, enable, language) for one in registry.installed],
        missing=[one for one in registry.findings if one.about not in known],
        file=bench.workshop.file.path,
    )


def _shown(one: Installed, registry: Registry, enable: tuple[str, ...], language: Language) -> Shown:
    own = {
        "memory": language.text("A WiFi that is in memory only, to try Cusna without a controller."),
        "webhook": language.text("Tells another system of events, by signed webhooks."),
    }
    return Shown(
        one,
        tuple(registry.sources[type_].title for type_ in one.sources if type_ in registry.sources),
        tuple(registry.drivers[type_].title for type_ in one.drivers if type_ in registry.drivers),
        tuple(registry.sinks[type_].title for type_ in one.sinks if type_ in registry.sinks),
        next((each for each in registry.findings if each.about.split(" ")[0] == one.name), None),
        one.summary or (own.get(one.name, "") if one.distribution == CORE else ""),
        f"enable = {json.dumps([*enable, one.name])}",
    )
