"""What does the link in the mail do? A GET shows a button; only its POST consumes (M6, M7)."""

import re
from datetime import datetime

from aiohttp import web

from cusna_core.store import refusals
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.store.vault import Vault
from cusna_core.web.portal.entry import Entered, enter, let_in
from cusna_core.web.portal.paper import address, page
from cusna_core.web.portal.sign_in import asked, flow_of
from cusna_core.web.security import FORM
from cusna_core.web.site import SITE

TOKEN = re.compile(r"\A[A-Za-z0-9_-]{20,100}\Z")


async def show(request: web.Request) -> web.Response:
    """The same page for a scanner and for a person."""
    site = request.app[SITE]
    door = site.door(request)
    token = request.match_info["token"]
    state = "unknown"
    if TOKEN.match(token):
        now = site.clock.now()
        found = await site.db.read(lambda tx: store.by_link(tx, site.vault, token, now))
        if found.location == door.id:
            state = found.state.value
    return page(
        request,
        "link.html",
        door,
        here=address(door, f"link/{token}" if state == "fresh" else ""),
        status={"fresh": 200, "used": 410, "expired": 410}.get(state, 404),
        state=state,
        token=token,
        typed=asked(request),
        same_browser=bool(flow_of(request)),
    )


def dead(tx: Tx, vault: Vault, token: str, now: datetime) -> None:
    """Somebody pressed a link that was used already or has expired: written down (M30)."""
    match store.by_link(tx, vault, token, now).state:
        case store.LinkFate.USED:
            refusals.of_link(tx, "link-used", now, vault.token_hash(token))
        case store.LinkFate.EXPIRED:
            refusals.of_link(tx, "link-expired", now, vault.token_hash(token))


async def use(request: web.Request) -> web.Response:
    """Consume: of any number at once exactly one succeeds (M5)."""
    site = request.app[SITE]
    door = site.door(request)
    token = request.match_info["token"]
    if not TOKEN.match(token):
        return await show(request)
    now = site.clock.now()
    stay = "stay" in request[FORM]

    def consume(tx: Tx) -> Entered | None:
        if store.by_link(tx, site.vault, token, now).location != door.id:
            return None
        used = store.use_link(tx, site.vault, token, now)
        if used is None:
            dead(tx, site.vault, token, now)
            return None
        return enter(tx, site, request, used, stay)

    entered = await site.db.share(consume)
    return await let_in(request, entered) if entered is not None else await show(request)
