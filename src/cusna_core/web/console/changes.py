"""What would change on each network and why, and what is held back?"""

from aiohttp import web

from cusna_core.admin.outlook import Slice
from cusna_core.admin.states import NetworkState
from cusna_core.engine.estate import Wifi
from cusna_core.flow.changes import Verb
from cusna_core.web.console.connect import CONFLICT, STALE
from cusna_core.web.console.mend import CHANGES, PEOPLE, waiting
from cusna_core.web.console.overview import LONGEST, number
from cusna_core.web.console.paper import BENCH, fresh, page, who
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

ROWS = 50
SEARCHED = 9
PATIENCE = 10.0
"""Seconds that somebody waits for a controller to be looked at; then the page says that it goes on."""


def routes() -> tuple[Route, ...]:
    one, held = f"{CHANGES}/networks/{{name}}", f"{CHANGES}/held/{{name}}"
    return (
        get(CHANGES, show, Who.ADMIN),
        get(one, network, Who.ADMIN),
        post(f"{one}/look", look, Who.ADMIN),
        get(held, held_set, Who.ADMIN),
        post(held, accept, Who.ADMIN),
    )


async def show(request: web.Request) -> web.Response:
    """Held sets, then every network with its numbers."""
    bench = request.app[BENCH]
    since = bench.survey.watch.cursor
    networks = await bench.survey.networks()
    wanted = request.query.get("q", "").strip()[:LONGEST]
    found = sorted((one for one in networks if _matches(one, wanted)), key=_first)
    cut = Slice.cut(len(found), number(request), ROWS)
    return page(
        request,
        "changes.html",
        at="changes",
        since=since,
        held=await bench.outlooks.held(),
        networks=found[(cut.number - 1) * ROWS : cut.number * ROWS],
        every=len(networks),
        cut=cut,
        wanted=wanted,
        searched=len(networks) >= SEARCHED,
        busy=bench.survey.watch.busy(),
    )


def _matches(one: NetworkState, wanted: str) -> bool:
    words = f"{one.ssid} {one.id}".casefold()
    return all(each in words for each in wanted.casefold().split())


def _first(one: NetworkState) -> tuple[int, str, str]:
    """Trouble, then what waits for somebody, then what goes on, then the rest."""
    if one.trouble or one.refused:
        rank = 0
    elif not one.apply:
        rank = 1 if one.steps else 3
    else:
        rank = 2 if one.steps or one.waiting else 4
    return rank, one.ssid.casefold(), one.id


def _wifi(request: web.Request) -> Wifi:
    found = request.app[BENCH].survey.wifi(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return found


async def network(request: web.Request) -> web.Response:
    """What was planned when it was last looked at. Nothing is asked of the controller for it."""
    bench, wifi = request.app[BENCH], _wifi(request)
    since = bench.survey.watch.cursor
    said = request.query.get("verb", "")
    verb = said if said in set(Verb) else ""
    outlook = await bench.outlooks.network(wifi, number(request), verb)
    return page(
        request,
        "changes_network.html",
        at="changes",
        since=since,
        wifi=wifi,
        kept=await bench.workshop.kept("network", wifi.id),
        outlook=outlook,
        verb_shown=verb,
        verbs=sorted({one for one, _ in outlook.counts}, key=list(Verb).index),
        total=sum(outlook.counts.values()),
        busy=outlook.state.progress is not None or outlook.state.looked is None,
        slow="slow" in request.query,
        file=bench.workshop.file.path,
        waiting=waiting(wifi.location_ids),
    )


async def look(request: web.Request) -> web.Response:
    """*Look again*: the controller is asked now."""
    wifi = _wifi(request)
    done = await request.app[BENCH].workshop.engine.look_again(wifi, PATIENCE)
    return see(f"{CHANGES}/networks/{wifi.id}" + ("" if done else "?slow"))


async def held_set(request: web.Request) -> web.Response:
    return await _held(request)


async def _held(request: web.Request, problem: str = "", status: int = 200) -> web.Response:
    bench, name = request.app[BENCH], request.match_info["name"]
    since = bench.survey.watch.cursor
    held = await bench.outlooks.held_set(name, number(request))
    known = name in bench.workshop.engine.decisions.integrations()
    if not known:
        raise web.HTTPNotFound
    return page(
        request,
        "changes_held.html",
        at="changes",
        here=f"{CHANGES}/held/{name}",
        since=since,
        status=status,
        name=name,
        held=held,
        likely=held.losses[0][0].value if held else "",
        fresh=fresh(request),
        problem=problem,
        accepted="accepted" in request.query,
        people=PEOPLE in {one.path for one in request.app[SITE].routes},
        busy=False,
    )


async def accept(request: web.Request) -> web.Response:
    """Exactly what was shown. What changed meanwhile is shown anew."""
    bench, name = request.app[BENCH], request.match_info["name"]
    language = request.app[SITE].language(request)
    if not fresh(request):
        told = language.text(
            "This can only be decided within ten minutes of signing in. Nothing was let pass."
        )
        return await _held(request, told, STALE)
    digest = request[FORM].get("digest", "")
    if not await bench.workshop.engine.accept(name, digest, who(request)):
        told = language.text(
            "What is held is not the same any more, so nothing was let pass. This is what it is now."
        )
        return await _held(request, told, CONFLICT)
    return see(f"{CHANGES}/held/{name}?accepted")
