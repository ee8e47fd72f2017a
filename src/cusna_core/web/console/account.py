"""When and where was I signed in, and do I want a mail about new devices?"""

from aiohttp import web

from cusna_core.admin.activity import PAGE, Activity, Asked
from cusna_core.store import audit, devices
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.security import FORM, SESSION, see
from cusna_core.web.site import SITE

HERE = "/console/account"
KINDS = frozenset({"signed-in", "new-device", "sign-in-refused", "admin-link"})


def routes() -> tuple[Route, ...]:
    return (
        get(HERE, show, Who.ADMIN),
        post(f"{HERE}/notices", notices, Who.ADMIN),
        post(f"{HERE}/others", others, Who.ADMIN),
    )


async def show(request: web.Request) -> web.Response:
    site = request.app[SITE]
    me, now = who(request), site.clock.now()
    shown = await Activity(request.app[BENCH].workshop.engine).page(Asked(KINDS, admin=me), None, PAGE)
    quiet, elsewhere = await site.db.read(
        lambda tx: (devices.quiet(tx, me), store.others_of_admin(tx, me, request[SESSION].id, now))
    )
    return page(
        request,
        "account.html",
        at="account",
        log=[one.entry for one in shown.lines if one.entry.kind == "signed-in"],
        signed_in=request[SESSION].signed_in,
        quiet=quiet,
        elsewhere=elsewhere,
        saved="saved" in request.query,
        out="out" in request.query,
    )


async def notices(request: web.Request) -> web.Response:
    site, me = request.app[SITE], who(request)
    quiet, now = "mail" not in request[FORM], site.clock.now()

    def be(tx: Tx) -> None:
        if devices.quiet(tx, me) != quiet:
            devices.be_quiet(tx, me, quiet)
            audit.write(tx, "quiet" if quiet else "not-quiet", now, who=me, data={"console": True})

    await site.db.run(be)
    return see(f"{HERE}?saved")


async def others(request: web.Request) -> web.Response:
    """Sign me out everywhere but here."""
    site, me, here = request.app[SITE], who(request), request[SESSION].id
    now = site.clock.now()

    def close(tx: Tx) -> None:
        if store.close_others_of_admin(tx, me, here):
            audit.write(tx, "signed-out", now, who=me, data={"console": True})

    await site.db.run(close)
    return see(f"{HERE}?out")
