"""What happens at the moment somebody has proven who they are?"""

from dataclasses import dataclass, field

from aiohttp import web

from cusna_core.store import notices
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.web.arrival import Arrival, arrived, device, remember
from cusna_core.web.cookies import ASKED, FLOW, MEMBER, STAY_SECONDS, THEN
from cusna_core.web.portal.paper import address
from cusna_core.web.security import see
from cusna_core.web.site import SITE, Site

ARRIVE_SECONDS = 2.0
"""So long a sign-in waits for the controllers: most answer sooner, and the page is right at once."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who is in: the session's token goes into the cookie."""

    account_id: str
    location: str
    token: str = field(repr=False)
    stay: bool
    arrival: Arrival


def enter(tx: Tx, site: Site, request: web.Request, used: store.Used, stay: bool) -> Entered | None:
    """A new session, in the transaction that used the proof; the browser's old one ends (M20)."""
    if used.account_id is None:
        return None
    now = site.clock.now()
    old = site.cookies.get(request, MEMBER)
    before = store.session(tx, site.vault, old, now) if old else None
    if before is not None:
        store.close_session(tx, before.id)
    token = store.open_session(tx, "member", used.account_id, used.location, stay, now, device(request))
    notices.speaks(tx, used.account_id, site.language(request).code)
    arrival = arrived(tx, site, request, account=used.account_id, location=used.location)
    return Entered(used.account_id, used.location, token, stay, arrival)


async def let_in(request: web.Request, entered: Entered) -> web.Response:
    site = request.app[SITE]
    await site.soon(site.members.arrive(entered.account_id, entered.location), ARRIVE_SECONDS)
    door = site.members.door(entered.location)
    then = "change" if site.cookies.get(request, THEN) == "change" else "wifi"
    response = see(address(door, then) if door else "/portal")
    site.cookies.set(response, MEMBER, entered.token, STAY_SECONDS if entered.stay else None)
    remember(request, response, entered.arrival, MEMBER)
    site.parts.nudge()
    for name in (FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    return response
