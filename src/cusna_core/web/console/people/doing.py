"""What is done for, or to, one person? By POST, after the page has said what it does."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime

from aiohttp import web

from cusna_core.admin.acts_people import clean
from cusna_core.admin.people import Person, days_at
from cusna_core.web.console.paper import fresh, page, who
from cusna_core.web.console.people.area import acts, address, engine, needed, perform
from cusna_core.web.console.people.person import shown
from cusna_core.web.routes import Handler
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE
from cusna_core.words import Language

STALE = 403
CONFLICT = 409
INVALID = 422


def stamp(instant: datetime) -> str:
    """A form says which state it was made from."""
    return instant.astimezone(UTC).isoformat()


async def _conflict(request: web.Request, one: Person) -> web.Response:
    told = (
        request.app[SITE]
        .language(request)
        .text("Somebody else was faster. Nothing was done; this is how it stands now.")
    )
    return await shown(request, one, {"": told}, status=CONFLICT)


def suspending(name: str) -> Handler:
    """`disable` and `restore-access`."""

    async def handler(request: web.Request) -> web.StreamResponse:
        one = await needed(request)
        if one.row.suspended is (name == "disable"):
            return await _conflict(request, one)
        done = await perform(request, name, {"email": one.row.id})
        if done.refused is not None:
            return await _conflict(request, one)
        return see(address(one.row.id) + ("?done=disabled" if name == "disable" else "?done=restored"))

    return handler


async def rotate(request: web.Request) -> web.Response:
    one = await needed(request)
    if request[FORM].get("changed") != stamp(one.row.changed):
        return await _conflict(request, one)
    done = await perform(request, "rotate", {"email": one.row.id})
    if done.refused is not None:
        return await _conflict(request, one)
    return see(address(one.row.id) + "?done=rotated")


async def sign_out(request: web.Request) -> web.Response:
    one = await needed(request)
    await perform(request, "sign-out", {"email": one.row.id})
    return see(address(one.row.id) + "?done=signed-out#sessions")


async def override(request: web.Request) -> web.Response:
    one, form = await needed(request), request[FORM]
    site = request.app[SITE]
    language = site.language(request)
    _ = language.text
    estate, now = engine(request).estate, site.clock.now()
    places = {place.id: place.zone for place in estate.places(one.row.integration)}
    chosen = [] if "all" in form else [name for name in places if f"at.{name}" in form]
    note, problems = clean(form.get("note")), dict[str, str]()
    if "all" not in form and not chosen:
        problems["at"] = _("Choose at least one location.")
    if not note:
        problems["note"] = _("Say why, for other admins.")
    starts, ends = _day(form, "starts", problems, language), _day(form, "ends", problems, language)
    zones = [places[name] for name in chosen] or [days_at(one.home)]
    today = max(now.astimezone(zone).date() for zone in zones)
    if ends is not None and ends < max(starts or today, today):
        problems["ends"] = _("This day is over before the access begins.")
    if problems:
        return await shown(request, one, problems, form, INVALID)
    values = {
        "email": one.row.id,
        "locations": chosen,
        "starts": starts.isoformat() if starts else "",
        "ends": ends.isoformat() if ends else "",
        "note": note,
    }
    done = await perform(request, "override", values)
    if done.refused is not None:
        return await _conflict(request, one)
    return see(address(one.row.id) + "?done=override#overrides")


def _day(form: Mapping[str, str], name: str, problems: dict[str, str], language: Language) -> date | None:
    said = form.get(name, "").strip()
    if not said:
        return None
    day: date | None = None
    with suppress(ValueError):
        day = date.fromisoformat(said)
    if day is None or not 2000 <= day.year <= 2200:
        problems[name] = language.text("This is no date. Write it as 2026-12-31.")
    return day if name not in problems else None


async def end_override(request: web.Request) -> web.Response:
    one = await needed(request)
    done = await perform(request, "end-override", {"id": request[FORM].get("id", ""), "email": one.row.id})
    if done.refused is not None:
        return await _conflict(request, one)
    return see(address(one.row.id) + "?done=override-ended#overrides")


async def code(request: web.Request) -> web.Response:
    """Shown once, big, for the desk to read aloud."""
    one, form = await needed(request), request[FORM]
    values = {"email": one.row.email or "", "location": form.get("location", "")}
    own = {place.id for place in engine(request).estate.places(one.row.integration)}
    if not one.row.email or values["location"] not in own:
        return await _conflict(request, one)
    done = await perform(request, "sign-in-code", values, 30.0)
    if done.result is None:
        return await _conflict(request, one)
    return page(
        request,
        "people_code.html",
        at="people",
        here=address(one.row.id),
        secret=True,
        one=one,
        **done.result,
    )


async def reveal(request: web.Request) -> web.Response:
    """The passphrase, after a reason and with a fresh sign-in; its owner is told."""
    one, here = await needed(request), address(request.match_info["account"], "reveal")
    new, reason, passphrase = fresh(request), "", None
    problems: dict[str, str] = {}
    if request.method == "POST":
        reason = clean(request[FORM].get("reason"))
        if not reason:
            problems["reason"] = request.app[SITE].language(request).text("Say why you have to see it.")
        elif new:
            passphrase = await acts(request).reveal(one.row.id, reason, who(request))
    status = 200
    if request.method == "POST" and passphrase is None:
        status = INVALID if problems else STALE
    return page(
        request,
        "people_reveal.html",
        at="people",
        here=here,
        status=status,
        secret=True,
        one=one,
        fresh=new,
        reason=reason,
        problems=problems,
        passphrase=passphrase,
    )
