"""How does a member get another passphrase? By choosing one of three that were made for them.

No free text: with one SSID the passphrase is the identity, and refusing a duplicate would tell one
member another's.
"""

from random import Random

from aiohttp import web

from cusna_core.store import accounts
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.web.portal.paper import address, page
from cusna_core.web.portal.wifi import viewed
from cusna_core.web.security import FORM, SESSION, see
from cusna_core.web.site import SITE
from cusna_core.words.passphrases import characters, words


def three(random: Random) -> tuple[str, ...]:
    return words(random), words(random), characters(random)


async def show(request: web.Request) -> web.Response:
    """What it means, and the three once they were asked for."""
    site = request.app[SITE]
    door = site.door(request)
    session, now = request[SESSION], site.clock.now()
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    fresh = store.fresh(session, now)
    offered = await site.db.read(lambda tx: store.offered(tx, site.vault, session.id)) if fresh else ()
    return page(
        request,
        "change.html",
        door,
        here=address(door, "change"),
        secret=True,
        view=view,
        fresh=fresh,
        offered=offered,
        taken="taken" in request.query,
        unchosen="unchosen" in request.query,
    )


async def offer(request: web.Request) -> web.Response:
    """Three new ones, kept with the session, so that only they can be chosen."""
    site = request.app[SITE]
    door = site.door(request)
    session, now = request[SESSION], site.clock.now()
    if store.fresh(session, now):
        made = three(site.parts.random)
        await site.db.run(lambda tx: store.offer(tx, site.vault, session.id, made, now))
    return see(address(door, "change"))


async def take(request: web.Request) -> web.Response:
    site = request.app[SITE]
    door = site.door(request)
    session, now = request[SESSION], site.clock.now()
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    if not store.fresh(session, now):
        return see(address(door, "change"))
    offered = await site.db.read(lambda tx: store.offered(tx, site.vault, session.id))
    said = request[FORM].get("choice", "")
    choice = int(said) if said in ("0", "1", "2") else -1
    if not 0 <= choice < len(offered):
        return see(address(door, "change") + "?unchosen")
    made = three(site.parts.random)
    try:
        language = site.language(request).code
        await site.members.change(view.account_id, door.id, offered[choice], language=language)
    except accounts.Taken:
        # Chance, or a race: three others, and no word about whose it was (P5).
        await site.db.run(lambda tx: store.offer(tx, site.vault, session.id, made, now))
        return see(address(door, "change") + "?taken")

    def settle(tx: Tx) -> None:
        store.offer(tx, site.vault, session.id, (), now)
        if "others" in request[FORM]:
            store.close_others(tx, view.account_id, session.id)

    await site.db.run(settle)
    return see(address(door, "wifi") + "?changed")
