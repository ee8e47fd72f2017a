"""How does an admin get in? By the same link and code as members, with sessions of their own.

The same work and the same answer for every address (M12, M13): the mail worker finds out who is an admin.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aiohttp import web

from cusna_core.api import email_key
from cusna_core.engine.views import Door
from cusna_core.store import refusals
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered
from cusna_core.web.arrival import Arrival, arrived, device, forget, remember
from cusna_core.web.console.paper import page, who
from cusna_core.web.cookies import ADMIN, ASKED, FLOW, THEN
from cusna_core.web.portal.link import TOKEN, dead
from cusna_core.web.portal.sent import DIGITS
from cusna_core.web.portal.sign_in import FLOW_SECONDS, LONGEST, asked, begin, flow_of
from cusna_core.web.security import FORM, see, session
from cusna_core.web.site import SITE, Site

SIGN_IN = "/console/sign-in"
HALL = Door("", "Cusna", ZoneInfo("UTC"), ())
"""The console's own door: for the store it is the location ''."""
ADDRESS = re.compile(r"\A/console(?:/[a-z0-9_-]+){0,5}\Z")


async def show(request: web.Request) -> web.Response:
    site = request.app[SITE]
    found = await session(site, request, ADMIN)
    if found is not None and site.is_admin(found.admin):
        return see("/console")
    return page(request, "sign_in.html", here=SIGN_IN, problem="", typed="")


async def ask(request: web.Request) -> web.Response:
    typed = request[FORM].get("email", "").strip()
    if len(typed) > LONGEST or email_key(typed) is None:
        problem = "shape" if typed else "empty"
        typed = typed[:LONGEST]
        return page(request, "sign_in.html", here=SIGN_IN, status=422, problem=problem, typed=typed)
    return await _begin(request, typed)


async def _begin(request: web.Request, typed: str) -> web.Response:
    response = await begin(request, HALL, typed)
    response.headers["Location"] = f"{SIGN_IN}/sent"
    return response


async def renew(request: web.Request) -> web.Response:
    """A fresh sign-in for who is signed in, and afterwards back to where it was asked for."""
    site = request.app[SITE]
    response = await _begin(request, who(request))
    back = request[FORM].get("back", "")
    if ADDRESS.match(back):
        # Sealed, so that a cookie which somebody else has set leads nowhere (M18).
        site.cookies.set(response, THEN, site.vault.seal(back, f"{THEN}:admin"), FLOW_SECONDS)
    return response


def _sent(request: web.Request, problem: str = "", left: int = 0, status: int = 200) -> web.Response:
    return page(
        request,
        "sent.html",
        here=f"{SIGN_IN}/sent",
        status=status,
        typed=asked(request),
        lost=not flow_of(request),
        problem=problem,
        left=left,
        repeated="again" in request.query,
    )


async def sent(request: web.Request) -> web.Response:
    return _sent(request)


async def again(request: web.Request) -> web.Response:
    typed = asked(request)
    if not typed:
        return see(SIGN_IN)
    response = await _begin(request, typed)
    response.headers["Location"] = f"{SIGN_IN}/sent?again"
    return response


async def code(request: web.Request) -> web.Response:
    """Counted before it is compared, in a transaction of its own (M10)."""
    site = request.app[SITE]
    typed = unicodedata.normalize("NFKC", request[FORM].get("code", ""))[:40]
    digits = "".join(one for one in typed if one.isdecimal() and one.isascii())
    if len(digits) != DIGITS:
        return _sent(request, "shape", status=422)
    flow = flow_of(request)
    if not flow:
        return _sent(request, status=422)
    ip, now = site.address(request), site.clock.now()

    def count(tx: Tx) -> int | None:
        if not store.allowed(tx, "verify", store.ip_key(site.vault, ip), now, store.VERIFY):
            refusals.of_flow(tx, "fast", now, flow)
            return None
        if store.attempt(tx, flow):
            return store.left(tx, flow)
        refusals.of_flow(tx, "spent", now, flow)
        return -1

    left = await site.db.share(count)
    if left is None:
        return _sent(request, "fast", status=429)
    if left < 0:
        return _sent(request, "spent", status=422)

    def use(tx: Tx) -> Entered | None:
        used = store.use_code(tx, site.vault, flow, digits, now)
        if used is None:
            refusals.of_flow(tx, "wrong-code", now, flow)
        return _enter(tx, site, request, used)

    entered = await site.db.share(use)
    if entered is None:
        return _sent(request, "wrong" if left else "spent", left=left, status=422)
    return _let_in(request, entered)


async def link(request: web.Request) -> web.Response:
    """The button; looking at it changes nothing (M6)."""
    site = request.app[SITE]
    token = request.match_info["token"]
    state = "unknown"
    if TOKEN.match(token):
        now = site.clock.now()
        found = await site.db.read(lambda tx: store.by_link(tx, site.vault, token, now))
        if found.location == "":
            state = found.state.value
    return page(
        request,
        "link.html",
        here=f"/console/link/{token}" if state == "fresh" else SIGN_IN,
        status={"fresh": 200, "used": 410, "expired": 410}.get(state, 404),
        state=state,
        token=token,
        typed=asked(request),
        same_browser=bool(flow_of(request)),
    )


async def use_link(request: web.Request) -> web.Response:
    """Consume: of any number at once exactly one succeeds (M5)."""
    site = request.app[SITE]
    token, now = request.match_info["token"], site.clock.now()
    if not TOKEN.match(token):
        return await link(request)

    def consume(tx: Tx) -> Entered | None:
        if store.by_link(tx, site.vault, token, now).location != "":
            return None
        used = store.use_link(tx, site.vault, token, now)
        if used is None:
            dead(tx, site.vault, token, now)
        return _enter(tx, site, request, used)

    opened = await site.db.share(consume)
    return _let_in(request, opened) if opened is not None else await link(request)


@dataclass(frozen=True, slots=True)
class Entered:
    """An admin who is in: the session's token goes into the cookie."""

    token: str = field(repr=False)
    arrival: Arrival


def _enter(tx: Tx, site: Site, request: web.Request, used: store.Used | None) -> Entered | None:
    """A new admin's session, in the transaction that used the proof; the browser's old one ends (M20)."""
    if used is None or used.admin is None:
        return None
    now = site.clock.now()
    if not site.is_admin(used.admin):
        refusals.of_letter(tx, "no-admin", now, used.flow_id)
        return None
    old = site.cookies.get(request, ADMIN)
    before = store.session(tx, site.vault, old, now) if old else None
    if before is not None:
        store.close_session(tx, before.id)
    token = store.open_session(tx, "admin", used.admin, None, False, now, device(request))
    return Entered(token, arrived(tx, site, request, admin=used.admin))


def _let_in(request: web.Request, entered: Entered) -> web.Response:
    site = request.app[SITE]
    response = see(_back(request))
    site.cookies.set(response, ADMIN, entered.token)
    remember(request, response, entered.arrival, ADMIN)
    site.parts.nudge()
    for name in (FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    return response


def _back(request: web.Request) -> str:
    """Where the sign-in was asked for."""
    site = request.app[SITE]
    sealed = site.cookies.get(request, THEN)
    try:
        back = site.vault.unseal(sealed, f"{THEN}:admin") if sealed else ""
    except Tampered:
        back = ""
    return back if ADDRESS.match(back) else "/console"


async def leave(request: web.Request) -> web.Response:
    """End the session here and on the server (M22)."""
    site = request.app[SITE]
    token = site.cookies.get(request, ADMIN)
    if token:
        now = site.clock.now()

        def close(tx: Tx) -> None:
            found = store.session(tx, site.vault, token, now)
            if found is not None:
                store.close_session(tx, found.id)

        await site.db.run(close)
    response = see(SIGN_IN)
    forget(request, response, ADMIN)
    for name in (ADMIN, FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
