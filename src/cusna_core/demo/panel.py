"""What can be done around the demo? A page to read mail, join the WiFi, book a desk and jump to midnight."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from cusna_core.demo.people import Somebody, Spot
from cusna_core.demo.stage import SSID, Stage

STAGE = web.AppKey("STAGE", Stage)
PAGES = web.AppKey("PAGES", Environment)
NOBODY_TITLE = "Andcards tells of nobody"
"""Your first day says to press the button beside it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location, what its clocks say, and who works there."""

    spot: Spot
    vendor: str
    now: datetime
    people: list[Somebody]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that can be broken and mended."""

    what: str
    title: str
    on: bool
    spot: Spot | None = None


def build(stage: Stage, portal: str) -> web.Application:
    """The demo's own pages; `portal` is the real program's address."""
    application = web.Application()
    application[STAGE] = stage
    pages = Environment(
        loader=PackageLoader("cusna_core.demo"), autoescape=select_autoescape(), trim_blocks=True
    )
    pages.globals |= {"portal": portal, "spots": stage.cast.spots, "ssid": SSID}
    application[PAGES] = pages
    application.add_routes(
        [
            web.get("/", overview),
            web.get("/style.css", style),
            web.get("/live.js", script),
            web.get("/inbox", inbox),
            web.get("/inbox.json", inbox_json),
            web.get("/inbox/{number}", mail),
            web.get("/inbox/{number}/html", mail_html),
            web.get("/devices.json", devices_json),
            web.post("/join", join),
            web.post("/book", book),
            web.post("/clock", clock),
            web.post("/days", bad_day),
        ]
    )
    return application


def _page(request: web.Request, name: str, **values: Any) -> web.Response:
    stage = request.app[STAGE]
    text = (
        request.app[PAGES]
        .get_template(name)
        .render(
            stage=stage,
            here=name,
            said=request.query.get("said", ""),
            good=request.query.get("good", "1") == "1",
            **values,
        )
    )
    return web.Response(text=text, content_type="text/html")


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _back(said: str, *, good: bool = True, at: str = "/") -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"{at}?{urlencode({'said': said, 'good': int(good)})}")


def _spot(stage: Stage, values: Mapping[str, Any]) -> Spot:
    for spot in stage.cast.spots:
        if spot.slug == values.get("location"):
            return spot
    raise web.HTTPBadRequest(text="There is no such location.")


async def overview(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    now = stage.clock.now()
    places = [
        Place(
            spot,
            stage.vendor(spot),
            now.astimezone(ZoneInfo(spot.zone)),
            [one for one in stage.cast.people if one.spot is spot],
        )
        for spot in stage.cast.spots
    ]
    return _page(
        request,
        "overview.html",
        mails=stage.inbox.mails[-4:][::-1],
        online=stage.online,
        places=places,
        # One button for each midnight: Amsterdam's is Berlin's.
        midnights=list({one.now.utcoffset(): one.spot for one in reversed(places)}.values())[::-1],
        troubles=_troubles(stage),
    )


def _troubles(stage: Stage) -> list[Trouble]:
    """What can break here. A controller is one, however many locations it serves."""
    found = [
        Trouble("nobody", NOBODY_TITLE, stage.nobody),
        Trouble("mail", "Mail server down", stage.inbox.down),
    ]
    for vendor in stage.vendors():
        spot = next(one for one in stage.cast.spots if stage.air[one.slug] is vendor)
        title = f"Controller at {_served(stage, spot)} down"
        found.append(Trouble("controller", title, spot.slug in stage.broken, spot))
    return found


def _served(stage: Stage, spot: Spot) -> str:
    """The locations that have the same controller."""
    return " and ".join(one.title for one in stage.cast.spots if stage.air[one.slug] is stage.air[spot.slug])


async def style(_: web.Request) -> web.Response:
    """The product's own design system, and the few rules that only the demo has."""
    base = files("cusna_core.web").joinpath("static/base.css").read_text()
    own = files("cusna_core.demo").joinpath("templates/demo.css").read_text()
    return web.Response(text=base + own, content_type="text/css")


async def script(_: web.Request) -> web.Response:
    text = files("cusna_core.demo").joinpath("templates/live.js").read_text()
    return web.Response(text=text, content_type="text/javascript")


async def inbox(request: web.Request) -> web.Response:
    return _page(request, "inbox.html", mails=request.app[STAGE].inbox.mails[::-1])


async def inbox_json(request: web.Request) -> web.Response:
    mails = request.app[STAGE].inbox.mails
    return web.json_response(
        [{"number": one.number, "to": one.to, "subject": one.subject, "text": one.text} for one in mails]
    )


async def mail(request: web.Request) -> web.Response:
    return _page(request, "mail.html", mail=_mail(request))


async def mail_html(request: web.Request) -> web.Response:
    """The mail's own HTML, for the frame that shows it. Links open in the whole window."""
    html = _mail(request).html.replace("<head>", '<head><base target="_top">', 1)
    return web.Response(text=html, content_type="text/html")


def _mail(request: web.Request) -> Any:
    number = request.match_info["number"]
    for one in request.app[STAGE].inbox.mails:
        if str(one.number) == number:
            return one
    raise web.HTTPNotFound(text="There is no such mail.")


async def devices_json(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    return web.json_response(
        [
            {
                "name": one.name,
                "location": one.spot.slug,
                "mac": one.mac,
                "vlan": one.vlan,
                "online": stage.online(one),
            }
            for one in stage.devices
        ]
    )


async def join(request: web.Request) -> web.Response:
    values = await request.post()
    spot, name = _spot(request.app[STAGE], values), str(values.get("name") or "A phone")
    device = await request.app[STAGE].join(spot, str(values.get("passphrase", "")).strip(), name)
    if _wants_json(request):
        return web.json_response({"joined": device.vlan is not None, "vlan": device.vlan})
    if device.vlan is None:
        raise _back(f"Refused: this passphrase does not work at {spot.title}.", good=False)
    where = "the shared network" if device.vlan == 0 else f"VLAN {device.vlan}"
    raise _back(f"{name} is on the WiFi at {spot.title}, in {where}.")


async def book(request: web.Request) -> web.Response:
    values = await request.post()
    stage = request.app[STAGE]
    spot = _spot(stage, values)
    who = next((one for one in stage.cast.people if one.email == values.get("person")), None)
    if who is None:
        raise web.HTTPBadRequest(text="There is no such person.")
    stage.book_now(who, spot, str(values.get("resource") or "Desk 12"))
    if _wants_json(request):
        return web.json_response({"booked": True})
    raise _back(
        f"{who.name} has booked a desk at {spot.title} just now. Sign in, or check again, in the portal."
    )


async def clock(request: web.Request) -> web.Response:
    values = await request.post()
    stage = request.app[STAGE]
    spot = _spot(stage, values)
    to = stage.midnight(spot)
    if values.get("to") == "morning":
        to += timedelta(hours=9)
    elif values.get("to") == "hour":
        to = stage.clock.now() + timedelta(hours=1)
    elif values.get("to") == "soon":
        to = stage.clock.now() + timedelta(minutes=10)
    await stage.jump(to)
    if _wants_json(request):
        return web.json_response({"now": stage.clock.now().isoformat()})
    there = stage.clock.now().astimezone(ZoneInfo(spot.zone))
    raise _back(f"Time has passed: in {spot.title} it is {there:%A, %H:%M}.")


async def bad_day(request: web.Request) -> web.Response:
    """Break something, or mend it."""
    values = await request.post()
    stage, on = request.app[STAGE], values.get("on") == "1"
    match values.get("what"):
        case "nobody":
            stage.let_nobody_be_told(on)
            said = "Andcards now answers with nobody." if on else "Andcards tells of everybody again."
        case "mail":
            await stage.inbox.bad_day(on)
            said = "The mail server is down: mails wait." if on else "The mail server is back."
        case "controller":
            spot = _spot(stage, values)
            stage.break_down(spot, on)
            said = f"The controller at {_served(stage, spot)} is {'down' if on else 'back'}."
        case _:
            raise web.HTTPBadRequest(text="Nothing like that can break.")
    stage.app.core.engine.nudge()
    stage.app.core.engine.mark_all()
    if _wants_json(request):
        return web.json_response({"said": said})
    raise _back(said, good=not on)
