"""How does somebody ask to be let in? The same work and the same answer for every address (M12, M13)."""

from aiohttp import web

from cusna_core.api import email_key
from cusna_core.engine.views import Door
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered
from cusna_core.web.arrival import forget
from cusna_core.web.cookies import ASKED, FLOW, MEMBER, THEN
from cusna_core.web.pages import Body
from cusna_core.web.portal.paper import address, page, remember_language
from cusna_core.web.security import FORM, SESSION, see, session
from cusna_core.web.site import SITE, Site

FLOW_SECONDS = 15 * 60
LONGEST = 254


async def show(request: web.Request) -> web.Response:
    """The sign-in page: kept bytes per location and language. Who is signed in already goes on."""
    site = request.app[SITE]
    door = site.door(request)
    if site.cookies.get(request, MEMBER):
        found = await session(site, request)
        if found and found.account_id and await site.members.view(found.account_id, door.id):
            return see(address(door, "wifi"))
    response = _kept(site, request, door).answer(request)
    remember_language(request, response)
    return response


def _kept(site: Site, request: web.Request, door: Door) -> Body:
    language = site.language(request)
    kept = site.kept.get((door.id, language.code))
    if kept is None or kept[0] != door:
        values = {"door": door, "here": address(door), "problem": "", "typed": "", "now": site.clock.now()}
        kept = (door, Body(site.pages.render("portal/sign_in.html", language, values)))
        site.kept[door.id, language.code] = kept
    return kept[1]


async def ask(request: web.Request) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    typed = request[FORM].get("email", "").strip()
    if len(typed) > LONGEST or email_key(typed) is None:
        # Only the shape of what was typed decides: it tells nothing about who is known.
        problem = "shape" if typed else "empty"
        return page(
            request,
            "sign_in.html",
            door,
            here=address(door),
            status=422,
            problem=problem,
            typed=typed[:LONGEST],
        )
    return await begin(request, door, typed)


async def begin(request: web.Request, door: Door, typed: str) -> web.Response:
    """Start a sign-in: one transaction, whoever it is; the mail worker finds out who."""
    site = request.app[SITE]
    key = email_key(typed)
    assert key is not None
    # The same flow for the same address: "Send again" too early must not kill the code that is on its way.
    earlier = flow_of(request) if asked(request) == typed else ""
    flow, link, code = earlier or site.token(), site.token(), site.code()
    ip, language, now = site.address(request), site.language(request).code, site.clock.now()
    await site.db.share(
        lambda tx: store.ask(
            tx,
            site.vault,
            flow_token=flow,
            location=door.id,
            typed=typed,
            email_key=key,
            ip=ip,
            language=language,
            link_token=link,
            code=code,
            now=now,
        )
    )
    site.parts.nudge()
    response = see(address(door, "sent"))
    site.cookies.set(response, FLOW, flow, FLOW_SECONDS)
    site.cookies.set(response, ASKED, site.vault.seal(typed, ASKED), FLOW_SECONDS)
    return response


def flow_of(request: web.Request) -> str:
    """The sign-in that this browser asked for, or nothing."""
    kept = request.app[SITE].cookies.get(request, FLOW)
    return kept if 20 <= len(kept) <= 100 else ""


def asked(request: web.Request) -> str:
    """The address this browser asked with, or nothing."""
    site = request.app[SITE]
    sealed = site.cookies.get(request, ASKED)
    if not sealed:
        return ""
    try:
        return site.vault.unseal(sealed, ASKED)
    except Tampered:
        return ""


async def renew(request: web.Request) -> web.Response:
    """A fresh sign-in for the address that is signed in, on the way to a new passphrase."""
    site = request.app[SITE]
    door = site.door(request)
    account = request[SESSION].account_id
    view = await site.members.view(account, door.id) if account else None
    if view is None:
        return see(address(door, "wifi"))
    response = await begin(request, door, view.email)
    site.cookies.set(response, THEN, "change", FLOW_SECONDS)
    return response


async def leave(request: web.Request) -> web.Response:
    """End the session here and on the server (M22)."""
    site = request.app[SITE]
    door = site.door(request)
    token = site.cookies.get(request, MEMBER)
    if token:
        now = site.clock.now()

        def close(tx: Tx) -> None:
            found = store.session(tx, site.vault, token, now)
            if found is not None:
                store.close_session(tx, found.id)

        await site.db.run(close)
    response = see(address(door))
    forget(request, response, MEMBER)
    for name in (MEMBER, FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    # Not "cookies": that would sign people out of every other site under the same domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
