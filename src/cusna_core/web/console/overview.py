"""What needs attention first, and how is each location?"""

from aiohttp import web

from cusna_core.admin.outlook import Slice
from cusna_core.admin.states import LocationState
from cusna_core.api import Level
from cusna_core.web.console import mend
from cusna_core.web.console.paper import BENCH, page
from cusna_core.web.site import SITE

CARDS = 24
"""Locations on one page."""
SEARCHED = 9
"""From so many locations on there is a search."""
FINDINGS = 8
"""Findings that are shown at once; the rest on request."""
LONGEST = 100


async def show(request: web.Request) -> web.Response:
    bench = request.app[BENCH]
    language = request.app[SITE].language(request)
    since = bench.survey.watch.cursor
    setup, estate = bench.workshop.setup, bench.workshop.engine.estate
    findings = await bench.survey.findings()
    locations = await bench.survey.locations()
    wanted = request.query.get("q", "").strip()[:LONGEST]
    # Trouble on top; among equals by name, as they came.
    found = sorted((one for one in locations if _matches(one, wanted)), key=lambda one: one.standing)
    cut = Slice.cut(len(found), number(request), CARDS)
    shown = found[(cut.number - 1) * CARDS : cut.number * CARDS]
    some = findings if "findings" in request.query else findings[:FINDINGS]
    off = {kind: sum(1 for one in setup.off if one.kind == kind) for kind in ("integration", "controller")}
    return page(
        request,
        "overview.html",
        at="overview",
        since=since,
        findings=[(one, mend.doors(request, one.finding, language)) for one in some],
        held={one.integration: one for one in await bench.outlooks.held()},
        unshown=len(findings) - len(some),
        # A note asks nothing of anybody.
        troubles=sum(1 for one in findings if one.finding.level is not Level.INFO),
        locations=locations,
        shown=shown,
        cut=cut,
        wanted=wanted,
        searched=len(locations) >= SEARCHED,
        on_now=sum(one.on for one in locations),
        busy=bench.survey.watch.busy(),
        counts={
            "integration": len(setup.integrations) + off["integration"],
            "controller": len(setup.controllers) + off["controller"],
            "network": len(setup.networks),
            "location": len(setup.locations),
        },
        unmapped=[
            (name, place.told)
            for name in setup.integrations
            for place in await bench.survey.places(name)
            if not place.mapped
        ],
        on=any(one.apply for one in estate.wifis.values()),
        planned=[one for one in estate.wifis.values() if not one.apply],
        waiting=mend.waiting if mend.PEOPLE in {one.path for one in request.app[SITE].routes} else None,
    )


def number(request: web.Request) -> int:
    """Which page of a list is asked for."""
    said = request.query.get("page", "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 1


def _matches(one: LocationState, wanted: str) -> bool:
    """By its name, its address or its WiFi's name."""
    if not wanted:
        return True
    words = f"{one.name} {one.id} {' '.join(net.ssid for net in one.networks)}".casefold()
    return all(each in words for each in wanted.casefold().split())
