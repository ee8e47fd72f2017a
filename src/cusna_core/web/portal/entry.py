"""What happens at the moment somebody has proven who they are?"""

from aiohttp import web

from cusna_core.store import sign_in as store
from cusna_core.web.cookies import ASKED, FLOW, MEMBER, STAY_SECONDS, THEN
from cusna_core.web.portal.paper import address
from cusna_core.web.security import see
from cusna_core.web.site import SITE, Site

ARRIVE_SECONDS = 2.0
"""So long a sign-in waits for the controllers: most answer sooner, and the page is right at once."""
DEVICES = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("macintosh", "Mac"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)


def device(request: web.Request) -> str:
    """What kind of device it says it is: enough to tell one's own sessions apart."""
    agent = request.headers.get("User-Agent", "").lower()
    return next((name for sign, name in DEVICES if sign in agent), "")


def opened(tx: store.Tx, site: Site, request: web.Request, used: store.Used, stay: bool) -> str:
    """A new session with a new id, in the transaction that used the proof; the browser's old one is over (M20)."""
    now = site.clock.now()
    old = site.cookies.get(request, MEMBER)
    before = store.session(tx, site.vault, old, now) if old else None
    if before is not None:
        store.close_session(tx, before.id)
    return store.open_session(
        tx,
        site.vault,
        "member",
        account=used.account_id,
        location=used.location,
        stay=stay,
        now=now,
        user_agent_hint=device(request),
    )


async def let_in(request: web.Request, used: store.Used, *, stay: bool, token: str = "") -> web.Response:
    site = request.app[SITE]
    if not token:
        token = await site.db.run(lambda tx: opened(tx, site, request, used, stay))
    await site.soon(site.members.arrive(used.account_id, used.location), ARRIVE_SECONDS)
    door = site.members.door(used.location)
    then = site.cookies.get(request, THEN)
    if door is None:
        target = "/portal"
    else:
        target = address(door, "change" if then == "change" else "wifi")
    response = see(target)
    site.cookies.set(response, MEMBER, token, STAY_SECONDS if stay else None)
    for name in (FLOW, ASKED, THEN):
        site.cookies.drop(response, name)
    return response
