"""What is set up, and how is it? The lists, and a page for each integration and controller."""

from aiohttp import web

from cusna_core.admin.outlook import Slice
from cusna_core.config.setup import Kind
from cusna_core.web.console.connect import called, changeable, needed, own_address, saved, version
from cusna_core.web.console.network import offered
from cusna_core.web.console.overview import LONGEST, SEARCHED, number
from cusna_core.web.console.paper import BENCH, Bench, page, who
from cusna_core.web.console.sinks import hooked
from cusna_core.web.routes import Handler
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

CARDS = 48
"""Of one page."""
KINDS: tuple[Kind, ...] = ("integration", "controller", "network", "location")


async def settings(_: web.Request) -> web.Response:
    return see(own_address("integration"))


def listed(kind: Kind) -> Handler:
    """A page of all of a kind, as cards."""

    async def handler(request: web.Request) -> web.StreamResponse:
        bench = request.app[BENCH]
        every = await bench.workshop.names(kind)
        wanted = request.query.get("q", "").strip()[:LONGEST]
        found = [one for one in every if _called(bench, kind, one, wanted)]
        cut = Slice.cut(len(found), number(request), CARDS)
        some = found[(cut.number - 1) * CARDS : cut.number * CARDS]
        estate = bench.workshop.engine.estate
        return page(
            request,
            "list.html",
            at=kind,
            kind=kind,
            every=len(every),
            things=await bench.workshop.some(kind, some),
            cut=cut,
            wanted=wanted,
            searched=kind in ("network", "location") and len(every) >= SEARCHED,
            networks=await bench.survey.states(some) if kind == "network" else {},
            reads={one: await bench.survey.integration(one) for one in some if kind == "integration"},
            troubled=await bench.survey.troubled(kind),
            places=estate.locations if kind == "location" else {},
            ready=bool(bench.workshop.setup.integrations and bench.workshop.setup.networks),
            removed="removed" in request.query,
            emptying=await bench.retirements.all() if kind == "network" else (),
        )

    return handler


def _called(bench: Bench, kind: Kind, name: str, wanted: str) -> bool:
    """By the name it has here, and by the one that people see."""
    if not wanted:
        return True
    estate = bench.workshop.engine.estate
    words = name
    if kind == "network" and name in estate.wifis:
        words += f" {estate.wifis[name].ssid}"
    elif kind == "location" and name in estate.locations:
        at_work = estate.locations[name]
        ssids = (estate.wifis[one].ssid for one in at_work.network_ids if one in estate.wifis)
        words += f" {at_work.name} {' '.join(ssids)}"
    words = words.casefold()
    return all(one in words for one in wanted.casefold().split())


async def integration(request: web.Request) -> web.Response:
    return await _integration(request)


async def _integration(
    request: web.Request, problems: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    bench = request.app[BENCH]
    kept = await needed(request, "integration")
    at_work = bench.workshop.setup.integrations.get(kept.name)
    return page(
        request,
        "integration.html",
        at="integration",
        here=own_address("integration", kept.name),
        status=status,
        kept=kept,
        labels=called(request, kept),
        policy=at_work.policy if at_work else None,
        notify=at_work.notify if at_work else None,
        read=await bench.survey.integration(kept.name),
        places=await bench.survey.places(kept.name),
        able=bench.survey.able(kept.name),
        plans=await bench.survey.plans(kept.name),
        findings=await bench.survey.findings(kept.path),
        troubled=kept.name in await bench.survey.troubled("integration"),
        networks=bool(bench.workshop.setup.networks),
        hooked=await hooked(request, kept.name),
        connected="connected" in request.query,
        saved="saved" in request.query,
        problems=problems or {},
        file=bench.workshop.file.path,
    )


async def policy(request: web.Request) -> web.Response:
    """The switches of an integration. Nothing is connected anew, so no new sign-in is needed."""
    site, bench = request.app[SITE], request.app[BENCH]
    kept = changeable(await needed(request, "integration"))
    form = request[FORM]
    lines = form.get("plans_without_wifi", "").splitlines()
    changes: dict[str, object] = {
        "roaming": "roaming" in form,
        "passphrase_notice": "passphrase_notice" in form,
        "plans_without_wifi": list(dict.fromkeys(line.strip() for line in lines if line.strip())),
    }
    days = form.get("ending_notice", "").strip()
    if days.isascii() and days.isdigit() and int(days[:9]) <= 28:
        changes["ending_notice"] = int(days)
    elif "ending_notice" in form:
        problem = site.language(request).text("Give a number of days between 0 and 28.")
        return await _integration(request, {"ending_notice": problem}, 422)
    if "vlans" in form:
        # The switch was there to be set: where it is greyed, nothing is said about it.
        changes["manage_vlans"] = "manage_vlans" in form
    failed = await saved(
        site.language(request),
        (),
        lambda: bench.workshop.change(
            "integration", kept.name, changes, by=who(request), version=version(request)
        ),
    )
    if failed is not None:
        return await _integration(request, failed[1], failed[0])
    return see(own_address("integration", kept.name) + "?saved#switches")


async def read_again(request: web.Request) -> web.Response:
    """Read this integration now rather than at the next round."""
    kept = await needed(request, "integration")
    request.app[BENCH].workshop.engine.nudge(kept.name)
    return see(own_address("integration", kept.name))


async def controller(request: web.Request) -> web.Response:
    bench = request.app[BENCH]
    kept = await needed(request, "controller")
    told = await offered(request, kept.name) if not kept.off else ""
    some = [] if isinstance(told, str) else told
    # Those first that the controller shows; what it does not show any more stands below.
    networks = await bench.workshop.needing("controller", kept.name)
    return page(
        request,
        "controller.html",
        at="controller",
        kept=kept,
        labels=called(request, kept),
        offers=some,
        silent=told if isinstance(told, str) else "",
        troubled=kept.name in await bench.survey.troubled("controller"),
        networks=networks,
        states=await bench.survey.states([one.name for one in networks]),
        findings=await bench.survey.findings(kept.path),
        connected="connected" in request.query,
        file=bench.workshop.file.path,
    )
