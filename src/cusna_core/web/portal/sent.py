"""The mail is on its way: what now? A code to type, another mail, another address."""

import unicodedata

from aiohttp import web

from cusna_core.store import refusals
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.web.portal.entry import Entered, enter, let_in
from cusna_core.web.portal.flow import begun, seal
from cusna_core.web.portal.paper import address, page
from cusna_core.web.portal.sign_in import LONGEST, asked, begin, flow_of
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

DIGITS = 8


def _page(request: web.Request, problem: str = "", left: int = 0, status: int = 200) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    return page(
        request,
        "sent.html",
        door,
        here=address(door, "sent"),
        status=status,
        typed=asked(request),
        lost=not flow_of(request),
        hidden=seal(site, door, begun(request, door)),
        said=request[FORM].get("email", "")[:LONGEST] if FORM in request else "",
        problem=problem,
        left=left,
        repeated="again" in request.query,
    )


async def show(request: web.Request) -> web.Response:
    return _page(request)


async def again(request: web.Request) -> web.Response:
    """Another mail to the same address. Too early looks the same (M15)."""
    site = request.app[SITE]
    door = site.door(request)
    typed = asked(request)
    if not typed:
        return see(address(door))
    response = await begin(request, door, typed)
    response.headers["Location"] = address(door, "sent") + "?again"
    return response


async def code(request: web.Request) -> web.Response:
    """A typed code. It is counted before it is compared, in a transaction of its own (M10)."""
    site = request.app[SITE]
    typed = unicodedata.normalize("NFKC", request[FORM].get("code", ""))[:40]
    digits = "".join(one for one in typed if one.isdecimal() and one.isascii())
    if len(digits) != DIGITS:
        return _page(request, "shape", status=422)
    one = begun(request, site.door(request))
    if one is None:
        return _page(request, status=422)
    if not flow_of(request) and not one.is_of(request[FORM].get("email", "")):
        return _page(request, "address" if "email" in request[FORM] else "", status=422)
    flow = one.flow
    ip, now = site.address(request), site.clock.now()

    def count(tx: Tx) -> int | None:
        """Tries left after this one; -1: this one is too many; None: this connection tries too often."""
        if not store.allowed(tx, "verify", store.ip_key(site.vault, ip), now, store.VERIFY):
            refusals.of_flow(tx, "fast", now, flow)
            return None
        if store.attempt(tx, flow):
            return store.left(tx, flow)
        refusals.of_flow(tx, "spent", now, flow)
        return -1

    left = await site.db.share(count)
    if left is None:
        return _page(request, "fast", status=429)
    if left < 0:
        return _page(request, "spent", status=422)
    stay = "stay" in request[FORM]

    def use(tx: Tx) -> Entered | None:
        used = store.use_code(tx, site.vault, flow, digits, now)
        if used is None:
            refusals.of_flow(tx, "wrong-code", now, flow)
            return None
        return enter(tx, site, request, used, stay)

    entered = await site.db.share(use)
    if entered is None:
        return _page(request, "wrong" if left else "spent", left=left, status=422)
    return await let_in(request, entered)
