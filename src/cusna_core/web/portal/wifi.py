"""Which WiFi, which passphrase, until when and why? And if not: why not, and what now?"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup

from cusna_core.engine.views import Door, MemberView
from cusna_core.flow.world import Refusal, Refused
from cusna_core.store import audit, devices, reveals
from cusna_core.store import sign_in as store
from cusna_core.web.arrival import last
from cusna_core.web.cookies import MEMBER
from cusna_core.web.portal.paper import address, page
from cusna_core.web.portal.steps import ordered
from cusna_core.web.qr import wifi
from cusna_core.web.security import FORM, SESSION, see
from cusna_core.web.site import SITE

PAUSES = (2, 2, 3, 3, 4, 5, 5, 8, 10, 15, 20, 30, 30, 30)
"""Seconds between two looks of a waiting page: about three minutes, then a button."""
WORK_SECONDS = 2.5
SETTLING = frozenset({"pending", "delayed"})


async def viewed(request: web.Request, door: Door) -> MemberView | web.Response:
    """What this member sees here, or the page that ends a session which may not go on (M23, as amended)."""
    site = request.app[SITE]
    session = request[SESSION]
    view = await site.members.view(session.account_id, door.id) if session.account_id else None
    if view is not None:
        return view
    if session.location_id not in (None, door.id) and session.account_id is not None:
        home = site.members.door(session.location_id or "")
        if home is not None and await site.members.view(session.account_id, home.id):
            # Somebody of another integration's location: signed in there, unknown here.
            return page(request, "elsewhere.html", door, here=address(door), status=403, home=home)
    await site.db.run(lambda tx: store.close_session(tx, session.id))
    response = page(request, "ended.html", door, here=address(door), status=403)
    site.cookies.drop(response, MEMBER)
    return response


async def _page(request: web.Request, view: MemberView, **values: Any) -> web.Response:
    site = request.app[SITE]
    quiet, looked = await site.db.read(
        lambda tx: (devices.quiet(tx, view.account_id), reveals.unseen(tx, view.account_id))
    )
    here = address(view.door, "wifi")
    before = last(request, MEMBER)
    named = {before.place if before else "", (view.refused.location_id if view.refused else None) or ""}
    doors = [door for door in map(site.members.door, named - {""}) if door is not None]
    settling = any(one.state in SETTLING for one in view.networks)
    values = {
        "view": view,
        "why": view.refused or Refused(Refusal.NOTHING),
        "places": {one.id: one.name for one in doors},
        "settling": settling,
        "looking": False,
        "revealed": "",
        "codes": {},
        "fresh": store.fresh(request[SESSION], site.clock.now()),
        "joining": _joining(request, view),
        "checked": "checked" in request.query,
        "changed": "changed" in request.query,
        "last": before,
        "quiet": quiet,
        "reveals": looked,
        **values,
    }
    return page(request, "wifi.html", view.door, here=here, secret=bool(values["revealed"]), **values)


def _joining(request: web.Request, view: MemberView) -> Markup:
    site = request.app[SITE]
    if not view.networks:
        return Markup()
    steps = ordered(request.headers.get("User-Agent", ""))
    ssid = view.networks[0].ssid
    return site.pages.kept("portal/pieces.html", "joining", site.language(request), steps, ssid)


async def show(request: web.Request) -> web.Response:
    """Without the passphrase. While something settles the page looks again by itself, for a while."""
    door = request.app[SITE].door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    look = _look(request)
    settling = any(one.state in SETTLING for one in view.networks)
    if not settling or not 0 <= look < len(PAUSES):
        return await _page(request, view)
    response = await _page(request, view, looking=True)
    # A header and not a meta element: the document stays the same for who reads it aloud.
    response.headers["Refresh"] = f"{PAUSES[look]}; url={address(door, 'wifi')}?look={look + 1}"
    return response


def _look(request: web.Request) -> int:
    """Which look this is; -1 when the person stopped it."""
    said = request.query.get("look", "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1


async def reveal(request: web.Request) -> web.Response:
    """The same page with the passphrase in it; who saw it is written down."""
    site = request.app[SITE]
    door = site.door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    if view.access is None:
        return see(address(door, "wifi"))
    passphrase = await site.members.passphrase(view.account_id)
    now = site.clock.now()
    await site.db.run(
        lambda tx: audit.write(
            tx, "passphrase-shown", now, who="member", account=view.account_id, location=door.id
        )
    )
    language = site.language(request)
    codes = {}
    for ssid in dict.fromkeys(one.ssid for one in view.networks):
        text = wifi(ssid, passphrase)
        title = language.text("QR code that joins %(ssid)s", ssid=ssid)
        codes[ssid] = await site.codes.code(site.vault.fingerprint(f"{text}\n{title}"), text, title)
    return await _page(request, view, revealed=passphrase, codes=codes)


async def again(request: web.Request) -> web.Response:
    """ "I have just booked": ask the source now."""
    site = request.app[SITE]
    door = site.door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    await site.soon(site.members.check_again(view.account_id, door.id), 2 * WORK_SECONDS)
    return see(address(door, "wifi") + "?checked")


async def claim(request: web.Request) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    await site.soon(site.members.claim(view.account_id, door.id), WORK_SECONDS)
    return see(address(door, "wifi"))


async def seen(request: web.Request) -> web.Response:
    """The member knows that an admin looked at the passphrase; a look that came since is still told."""
    site = request.app[SITE]
    door = site.door(request)
    session, now = request[SESSION], site.clock.now()
    with suppress(ValueError):
        until = datetime.fromisoformat(request[FORM].get("until", ""))
        if until.tzinfo is not None and session.account_id is not None:
            account = session.account_id
            await site.db.run(lambda tx: reveals.seen(tx, account, until, now))
    return see(address(door, "wifi"))
