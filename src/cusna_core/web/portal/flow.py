"""Which sign-in does a form belong to, where the browser has lost its cookies meanwhile?

The small browser that a phone opens for a WiFi's own page may forget them while the page is still there. Its
form holds the sign-in, sealed; with it the code is good once the address is typed again, and never without.
"""

from dataclasses import dataclass, field

from aiohttp import web

from cusna_core.api import email_key
from cusna_core.engine.views import Door
from cusna_core.store.vault import Tampered
from cusna_core.web.proof import asked, flow_of
from cusna_core.web.security import FORM
from cusna_core.web.site import SITE, Site

FIELD = "flow"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was asked for."""

    flow: str = field(repr=False)
    typed: str = field(repr=False)

    def is_of(self, address: str) -> bool:
        key = email_key(address)
        return key is not None and key == email_key(self.typed)


def begun(request: web.Request, door: Door) -> Begun | None:
    """By the browser's cookies, else by the form's hidden field."""
    flow = flow_of(request)
    return Begun(flow, asked(request)) if flow else _hidden(request, door)


def seal(site: Site, door: Door, one: Begun | None) -> str:
    """The hidden field's value. Another one each time, so that its length in a packed page tells nothing."""
    return site.vault.seal(f"{one.flow} {one.typed}", _about(door)) if one and one.typed else ""


def _hidden(request: web.Request, door: Door) -> Begun | None:
    sealed = request[FORM].get(FIELD, "") if FORM in request else ""
    if not sealed:
        return None
    try:
        flow, _, typed = request.app[SITE].vault.unseal(sealed, _about(door)).partition(" ")
    except Tampered:
        return None
    return Begun(flow, typed)


def _about(door: Door) -> str:
    return f"form:{door.id}"
