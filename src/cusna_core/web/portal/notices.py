"""Does a member want a mail about sign-ins on new devices?"""

from aiohttp import web

from cusna_core.store import audit, devices
from cusna_core.store.db import Tx
from cusna_core.web.portal.paper import address
from cusna_core.web.portal.wifi import viewed
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE


async def switch(request: web.Request) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    account, now = view.account_id, site.clock.now()
    quiet = request[FORM].get("mail") != "on"

    def be(tx: Tx) -> None:
        if devices.quiet(tx, account) != quiet:
            devices.be_quiet(tx, account, quiet)
            audit.write(tx, "quiet" if quiet else "not-quiet", now, who="member", account=account)

    await site.db.run(be)
    return see(address(door, "wifi") + "#sign-ins")
