"""How is somebody forgotten who asks for it? After a look at what goes, what stays and what comes first."""

from aiohttp import web

from cusna_core.api import email_key
from cusna_core.store import erase as rows
from cusna_core.web.console.paper import fresh, page
from cusna_core.web.console.people.area import HERE, acts, address, needed, perform
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

PATIENCE = 40.0
"""Seconds: the keys leave the networks before anything else does."""


async def show(request: web.Request) -> web.Response:
    return await _show(request, {})


async def _show(request: web.Request, problems: dict[str, str], status: int = 200) -> web.Response:
    one, site = await needed(request), request.app[SITE]
    account = one.row.id
    remains = await site.db.read(lambda tx: rows.remains(tx, account))
    left = await acts(request).left([account])
    return page(
        request,
        "people_erase.html",
        at="people",
        here=address(account, "erase"),
        status=status,
        one=one,
        remains=remains,
        left=left,
        fresh=fresh(request),
        word=one.row.email or account,
        stuck="left" in problems,
        problems=problems,
    )


async def erase(request: web.Request) -> web.Response:
    one, form = await needed(request), request[FORM]
    _ = request.app[SITE].language(request).text
    if not fresh(request):
        return await _show(request, {}, 403)
    typed, word = form.get("address", ""), one.row.email or one.row.id
    if typed.strip() != word and (email_key(typed) is None or email_key(typed) != email_key(word)):
        return await _show(request, {"address": _("This is not the address that stands above.")}, 422)
    values = {"email": one.row.id, "keep_out": "keep_out" in form, "anyway": "anyway" in form}
    done = await perform(request, "erase", values, PATIENCE)
    if done.refused is not None:
        told = _(
            "The key may still work on %(networks)s: the network did not answer, or may not be changed. "
            "They are disabled, and not erased yet.",
            networks=", ".join(done.refused.get("left", ())) or "?",
        )
        return await _show(request, {"": told, "left": told}, 409)
    return see(f"{HERE}?erased")
