"""Who is told what happens here, and does it get through? And do webhooks of sources come in?"""

from dataclasses import dataclass

from aiohttp import web

from cusna_core.engine.hints import Hints
from cusna_core.engine.sinks import Sinks
from cusna_core.store.events import Heard
from cusna_core.web.console.paper import BENCH, SETTINGS, page
from cusna_core.web.hooks import address
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.security import see
from cusna_core.web.site import SITE

HERE = f"{SETTINGS}/sinks"
SINKS = web.AppKey("SINKS", Sinks)
HINTS = web.AppKey("HINTS", Hints)


@dataclass(frozen=True, slots=True)
class Hooked:
    """An integration's webhooks, for its page."""

    address: str
    ready: bool
    """Its options hold the secret that they are checked with."""
    heard: Heard


def equip(application: web.Application, sinks: Sinks, hints: Hints) -> None:
    application[SINKS], application[HINTS] = sinks, hints


def routes() -> tuple[Route, ...]:
    return (get(HERE, show, Who.ADMIN), post(f"{HERE}/{{name}}/test", test, Who.ADMIN))


async def show(request: web.Request) -> web.Response:
    return await _page(request, tested=request.query.get("tested", ""))


async def _page(
    request: web.Request, *, tested: str = "", failed: str = "", said: str = "", status: int = 200
) -> web.Response:
    bench = request.app[BENCH]
    views = await request.app[SINKS].views()
    findings = await bench.survey.findings("sinks")
    return page(
        request,
        "sinks.html",
        at="sinks",
        here=HERE,
        status=status,
        sinks=views,
        findings=findings,
        tested=next((one.name for one in views if one.name == tested), ""),
        failed=failed,
        said=said,
        file=bench.workshop.file.path,
    )


async def test(request: web.Request) -> web.Response:
    """Deliver a test event now, and say what became of it."""
    name = request.match_info["name"]
    tried = await request.app[SINKS].test(name)
    if tried is None:
        raise web.HTTPNotFound
    if tried.went:
        return see(f"{HERE}?tested={name}")
    return await _page(request, failed=name, said=tried.said, status=422)


async def hooked(request: web.Request, integration: str) -> Hooked | None:
    """None where the source's system sends no webhooks."""
    known = request.app[BENCH].workshop.engine.estate.integrations.get(integration)
    if known is None or not known.source.hints:
        return None
    hints = request.app[HINTS]
    where = request.app[SITE].base + address(integration)
    return Hooked(where, hints.ready(integration), await hints.heard(integration))
