"""The mail is on its way: what now? A code to type, another mail, another address."""

import unicodedata

from aiohttp import web

from cusna_core.store import sign_in as store
from cusna_core.store.vault import Tampered
from cusna_core.web.cookies import ASKED, FLOW
from cusna_core.web.portal.entry import let_in
from cusna_core.web.portal.paper import address, page
from cusna_core.web.portal.sign_in import begin, flows
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE, Site

DIGITS = 8


def asked(site: Site, request: web.Request) -> str:
    """The address this browser asked with, or nothing."""
    sealed = site.cookies.get(request, ASKED)
    if not sealed:
        return ""
    try:
        return site.vault.unseal(sealed, ASKED)
    except (Tampered, ValueError):
        return ""


def _page(request: web.Request, problem: str = "", left: int = 0, status: int = 200) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    return page(
        request,
        "sent.html",
        door,
        here=address(door, "sent"),
        status=status,
        typed=asked(site, request),
        lost=not flows(request),
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
    typed = asked(site, request)
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
    open_flows = flows(request)
    if not open_flows:
        return _page(request, status=422)
    ip, now = site.address(request), site.clock.now()

    def count(tx: store.Tx) -> list[int] | None:
        if not store.allowed(tx, "verify", store.network(ip), now, store.VERIFY):
            return None
        return [store.attempt(tx, site.vault, flow, now) for flow in open_flows]

    left = await site.db.run(count)
    if left is None:
        return _page(request, "fast", status=429)
    still = [flow for flow, n in zip(open_flows, left, strict=True) if n >= 0]
    if not still:
        return _page(request, "spent", status=422)

    def use(tx: store.Tx) -> store.Used | None:
        for flow in still:
            used = store.use_code(tx, site.vault, flow, digits, now)
            if used is not None:
                return used
        return None

    used = await site.db.run(use)
    if used is None:
        best = max(left)
        return _page(request, "wrong" if best else "spent", left=best, status=422)
    return await let_in(request, used, stay="stay" in request[FORM])


__all__ = ["FLOW", "again", "asked", "code", "show"]
