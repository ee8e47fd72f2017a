"""When and where was the sign-in before this one, and is this a device that was not used before? (M38)"""

import json
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from cusna_core.store import activity, audit, devices, outbox
from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered
from cusna_core.web.cookies import DEVICE, DEVICE_SECONDS, LAST
from cusna_core.web.site import SITE, Site

DEVICES = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("macintosh", "Mac"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)
FORGETFUL = ("captivenetworksupport", "captiveportallogin", "; wv)")
"""Browsers that phones open for a WiFi's own page: they keep no cookies."""


def device(request: web.Request) -> str:
    """What kind of device it says it is: enough to tell one's own sessions apart."""
    agent = request.headers.get("User-Agent", "").lower()
    return next((name for sign, name in DEVICES if sign in agent), "")


@dataclass(frozen=True, slots=True)
class Last:
    """The sign-in before this one."""

    at: datetime
    device: str
    place: str
    """A location's id; of an admin the network address."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the browser is given to keep."""

    token: str = field(repr=False)
    last: Last | None


def arrived(
    tx: Tx,
    site: Site,
    request: web.Request,
    *,
    account: str | None = None,
    admin: str | None = None,
    location: str | None = None,
) -> Arrival:
    """Write down a sign-in, in the transaction that opened the session; a new device makes a letter."""
    now, hint = site.clock.now(), device(request)
    who = account if account is not None else admin or ""
    kept = site.cookies.get(request, DEVICE)
    token = kept if 40 <= len(kept) <= 100 else site.token()
    before = _before(tx, account, admin)
    agent = request.headers.get("User-Agent", "").lower()
    new = devices.seen(tx, who, token, now, hint, forgetful=any(sign in agent for sign in FORGETFUL))
    said = {"device": hint}
    if account is None:
        said["ip"] = site.address(request)
    data = said if account is not None else {"console": True, **said}
    by = "member" if account is not None else who
    audit.write(tx, "signed-in", now, who=by, account=account, location=location, data=data)
    if new:
        audit.write(tx, "new-device", now, who=by, account=account, location=location, data=data)
        if not devices.quiet(tx, who):
            to = {"account": account, "location": location} if account is not None else {"to": admin}
            letter = {**to, **said, "language": site.language(request).code}
            key = f"new-device:{who}:{int(now.timestamp() * 1000)}"
            outbox.put(tx, site.vault, "new-device", key, letter, now)
    return Arrival(token, before)


def _before(tx: Tx, account: str | None, admin: str | None) -> Last | None:
    accounts = frozenset({account}) if account is not None else None
    asked = activity.Asked(frozenset({"signed-in"}), admin or "", accounts)
    for one in activity.page(tx, asked, 1):
        place = one.location if account is not None else one.data.get("ip")
        return Last(one.at, str(one.data.get("device", "")), str(place or ""))
    return None


def remember(request: web.Request, response: web.Response, arrival: Arrival, kind: str) -> None:
    """`kind` is the session's cookie: a member's and an admin's are told apart."""
    site = request.app[SITE]
    site.cookies.set(response, DEVICE, arrival.token, DEVICE_SECONDS)
    last = arrival.last
    if last is None:
        site.cookies.drop(response, f"{LAST}_{kind}")
        return
    told = json.dumps([last.at.isoformat(), last.device, last.place])
    site.cookies.set(response, f"{LAST}_{kind}", site.vault.seal(told, f"{LAST}:{kind}"))


def last(request: web.Request, kind: str) -> Last | None:
    """What this browser was told when it signed in."""
    site = request.app[SITE]
    sealed = site.cookies.get(request, f"{LAST}_{kind}")
    try:
        told = json.loads(site.vault.unseal(sealed, f"{LAST}:{kind}")) if sealed else None
    except Tampered:
        return None
    return Last(datetime.fromisoformat(told[0]), told[1], told[2]) if told else None


def forget(request: web.Request, response: web.Response, kind: str) -> None:
    """At the end of a session. The browser stays known: else the next sign-in would look new."""
    request.app[SITE].cookies.drop(response, f"{LAST}_{kind}")
