"""How would the portal look? Its real pages with sample data, which only this admin sees."""

from datetime import datetime

from aiohttp import web

from cusna_core.engine.views import Door, MemberView, NetworkView
from cusna_core.flow.rights import Access, day_bounds, local_day
from cusna_core.flow.world import Because, Kind, Right
from cusna_core.web.console.appearance.form import bare, here, looks
from cusna_core.web.console.paper import who
from cusna_core.web.portal import wifi
from cusna_core.web.portal.paper import address, page
from cusna_core.web.site import SITE

PAGES = ("sign-in", "wifi", "poster", "privacy")
SSID = "Members"


async def show(request: web.Request) -> web.Response:
    wanted = request.match_info["page"]
    if wanted not in PAGES:
        raise web.HTTPNotFound
    plain, site = bare(request), request.app[SITE]
    state = await looks(request).state(plain.id, who(request))
    door = looks(request).tried(plain, state.values)
    preview = {
        "page": wanted,
        "pages": PAGES,
        "here": here(request),
        "draft": state.draft is not None,
    }
    match wanted:
        case "sign-in":
            return page(
                request,
                "sign_in.html",
                door,
                here=here(request, f"/preview/{wanted}"),
                problem="",
                typed="",
                preview=preview,
            )
        case "wifi":
            # The page as members get it, so that it cannot become another one than theirs.
            return await wifi._page(request, _member(door, site.clock.now()), preview=preview)
        case "poster":
            url = site.base + address(door)
            title = site.language(request).text("QR code of %(url)s", url=url)
            code = await site.codes.code(f"{url} {title}", url, title)
            return page(
                request,
                "poster.html",
                door,
                here=here(request, f"/preview/{wanted}"),
                url=url,
                code=code,
                preview=preview,
            )
    return page(request, "privacy.html", door, here=here(request, f"/preview/{wanted}"), preview=preview)


def _member(door: Door, now: datetime) -> MemberView:
    """Somebody who never was: with a desk until tonight."""
    starts, ends = day_bounds(local_day(now, door.zone), door.zone)
    right = Right("preview", "preview", door.id, starts, ends, Because(Kind.DESK, "Desk 4", "preview"))
    return MemberView(
        account_id="preview",
        email="mara@example.com",
        name="Mara",
        door=door,
        access=Access("preview", door.id, ends, right, roaming=False),
        because_place=None,
        refused=None,
        refused_place=None,
        claimable=None,
        next_booking=None,
        company=None,
        vlan_own=False,
        networks=tuple(NetworkView(one, "working", None, 0.0) for one in door.ssids or (SSID,)),
        changed=now,
        replaced=False,
    )
