"""Has somebody proven that an address is theirs? What members and admins do alike on their way in.

The pages, and what opens behind them, are the portal's and the console's own.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from cusna_core.api import email_key
from cusna_core.store import refusals
from cusna_core.store import sign_in as store
from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered
from cusna_core.web.cookies import ASKED, FLOW
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

E = TypeVar("E")
Enter = Callable[[Tx, store.Used], E | None]
"""Opens a session in the transaction that used the proof, or says that this one may not enter."""

FLOW_SECONDS = 15 * 60
LONGEST = 254
DIGITS = 8
TOKEN = re.compile(r"\A[A-Za-z0-9_-]{20,100}\Z")


def address_of(request: web.Request) -> tuple[str, str]:
    """What was typed, and what is wrong with it: only its shape counts, so it tells nothing about anybody."""
    typed = request[FORM].get("email", "").strip()
    if len(typed) > LONGEST or email_key(typed) is None:
        return typed[:LONGEST], "shape" if typed else "empty"
    return typed, ""


async def begin(request: web.Request, location: str, typed: str, then: str) -> web.Response:
    """Start a sign-in: one transaction, whoever it is; the mail worker finds out who (M12, M13)."""
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
            location=location,
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
    response = see(then)
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


def digits_of(request: web.Request) -> str:
    """The typed code, or nothing where it has not the shape of one."""
    typed = unicodedata.normalize("NFKC", request[FORM].get("code", ""))[:40]
    digits = "".join(one for one in typed if one.isdecimal() and one.isascii())
    return digits if len(digits) == DIGITS else ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a code opened nothing."""

    problem: str
    """`fast`, `spent`, `wrong`"""
    status: int
    left: int = 0
    """Tries that are left."""


async def by_code(request: web.Request, flow: str, digits: str, enter: Enter[E]) -> E | Wrong:
    """A typed code. It is counted before it is compared, in a transaction of its own (M10)."""
    site = request.app[SITE]
    ip, now = site.address(request), site.clock.now()

    def count(tx: Tx) -> int | None:
        """Tries left after this one; -1: this one is too many; None: this connection tries too often."""
        if not store.allowed(tx, "verify", store.ip_key(site.vault, ip), now, store.VERIFY):
            refusals.of_flow(tx, "fast", now, flow)
            return None
        if store.attempt(tx, flow):
            return store.left(tx, flow)
        refusals.of_flow(tx, "spent", now, flow)
        return -1

    left = await site.db.share(count)
    if left is None:
        return Wrong("fast", 429)
    if left < 0:
        return Wrong("spent", 422)

    def use(tx: Tx) -> E | None:
        used = store.use_code(tx, site.vault, flow, digits, now)
        if used is None:
            refusals.of_flow(tx, "wrong-code", now, flow)
            return None
        return enter(tx, used)

    entered = await site.db.share(use)
    return Wrong("wrong" if left else "spent", 422, left) if entered is None else entered


async def fate(request: web.Request, location: str) -> tuple[str, int]:
    """How the request's link stands at this door, and its page's status. Looking changes nothing (M6)."""
    site = request.app[SITE]
    token, now = request.match_info["token"], site.clock.now()
    if TOKEN.match(token):
        found = await site.db.read(lambda tx: store.by_link(tx, site.vault, token, now))
        if found.location == location:
            state = found.state.value
            return state, {"fresh": 200, "used": 410, "expired": 410}.get(state, 404)
    return "unknown", 404


async def by_link(request: web.Request, location: str, enter: Enter[E]) -> E | None:
    """Consume: of any number at once exactly one succeeds (M5)."""
    site = request.app[SITE]
    token, now = request.match_info["token"], site.clock.now()
    if not TOKEN.match(token):
        return None

    def consume(tx: Tx) -> E | None:
        found = store.by_link(tx, site.vault, token, now)
        if found.location != location:
            return None
        used = store.use_link(tx, site.vault, token, now)
        if used is not None:
            return enter(tx, used)
        # Somebody pressed a link that was used already or has expired: written down (M30).
        match store.by_link(tx, site.vault, token, now).state:
            case store.LinkFate.USED:
                refusals.of_link(tx, "link-used", now, site.vault.token_hash(token))
            case store.LinkFate.EXPIRED:
                refusals.of_link(tx, "link-expired", now, site.vault.token_hash(token))
        return None

    return await site.db.share(consume)


async def close(request: web.Request, cookie: str) -> None:
    """End this browser's session on the server (M22)."""
    site = request.app[SITE]
    token = site.cookies.get(request, cookie)
    if token:
        now = site.clock.now()

        def end(tx: Tx) -> None:
            found = store.session(tx, site.vault, token, now)
            if found is not None:
                store.close_session(tx, found.id)

        await site.db.run(end)
