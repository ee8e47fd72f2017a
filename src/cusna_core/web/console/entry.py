"""How does an admin get in? By the same link and code as members, with sessions of their own.

The same work and the same answer for every address (M12, M13): the mail worker finds out who is an admin.
"""

import re
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from cusna_core.store import refusals
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered
from cusna_core.web.arrival import Arrival, arrived, device, forget, remember
from cusna_core.web.console.paper import page, who
from cusna_core.web.cookies import ADMIN, ASKED, FLOW, THEN
from cusna_core.web.proof import (
    FLOW_SECONDS,
    Wrong,
    address_of,
    asked,
    begin,
    by_code,
    by_link,
    close,
    digits_of,
    fate,
    flow_of,
)
from cusna_core.web.security import FORM, see, session
from cusna_core.web.site import SITE

SIGN_IN = "/console/sign-in"
HALL = ""
"""The console's own door, as a location of the store."""
ADDRESS = re.compile(r"\A/console(?:/[a-z0-9_-]+){0,5}\Z")


async def show(request: web.Request) -> web.Response:
    site = request.app[SITE]
    found = await session(site, request, ADMIN)
    if found is not None and site.is_admin(found.admin):
        return see("/console")
    return page(request, "sign_in.html", here=SIGN_IN, problem="", typed="")


async def ask(request: web.Request) -> web.Response:
    typed, problem = address_of(request)
    if problem:
        return page(request, "sign_in.html", here=SIGN_IN, status=422, problem=problem, typed=typed)
    return await begin(request, HALL, typed, f"{SIGN_IN}/sent")


async def renew(request: web.Request) -> web.Response:
    """A fresh sign-in for who is signed in, and afterwards back to where it was asked for."""
    site = request.app[SITE]
    response = await begin(request, HALL, who(request), f"{SIGN_IN}/sent")
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
    return await begin(request, HALL, typed, f"{SIGN_IN}/sent?again")


async def code(request: web.Request) -> web.Response:
    digits = digits_of(request)
    if not digits:
        return _sent(request, "shape", status=422)
    flow = flow_of(request)
    if not flow:
        return _sent(request, status=422)
    entered = await by_code(request, flow, digits, partial(_enter, request))
    if isinstance(entered, Wrong):
        return _sent(request, entered.problem, entered.left, entered.status)
    return _let_in(request, entered)


async def link(request: web.Request) -> web.Response:
    """The button; looking at it changes nothing (M6)."""
    token = request.match_info["token"]
    state, status = await fate(request, HALL)
    return page(
        request,
        "link.html",
        here=f"/console/link/{token}" if state == "fresh" else SIGN_IN,
        status=status,
        state=state,
        token=token,
        typed=asked(request),
        same_browser=bool(flow_of(request)),
    )


async def use_link(request: web.Request) -> web.Response:
    entered = await by_link(request, HALL, partial(_enter, request))
    return _let_in(request, entered) if entered is not None else await link(request)


@dataclass(frozen=True, slots=True)
class Entered:
    """An admin who is in: the session's token goes into the cookie."""

    token: str = field(repr=False)
    arrival: Arrival


def _enter(request: web.Request, tx: Tx, used: store.Used) -> Entered | None:
    """A new admin's session, in the transaction that used the proof; the browser's old one ends (M20)."""
    if used.admin is None:
        return None
    site = request.app[SITE]
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
    await close(request, ADMIN)
    response = see(SIGN_IN)
    forget(request, response, ADMIN)
    for name in (ADMIN, FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
