"""Which requests come in, and what does every answer carry?

The numbers are those of the requirements the tests are named by (M16, M25 …).
"""

import asyncio
import logging
import traceback
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Middleware
from multidict import CIMultiDict

from cusna_core.engine.ring import Harmless
from cusna_core.store import sign_in
from cusna_core.store.db import Unwritable
from cusna_core.web.cookies import ADMIN, MEMBER
from cusna_core.web.errors import refusal
from cusna_core.web.routes import FORM_BYTES, Declared, Handler, Route, Who
from cusna_core.web.serve import BODY_SECONDS
from cusna_core.web.site import SITE, Site
from cusna_core.web.upload import parts

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELDS = 40
"""The most fields a form may have."""
LOOK = "X-Cusna-Look"
"""A page of ours that looks again by itself says so (static/console.js)."""
MANY_FIELDS = 300
"""Of a page of settings: its options, and a line for each network."""
CSP = "Content-Security-Policy"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

FORM = web.RequestKey("FORM", Mapping[str, str])
FILES = web.RequestKey("FILES", Mapping[str, bytes])
"""By the names of their fields; only where the route takes files and the form had some."""
BODY = web.RequestKey("BODY", bytes)
"""As it came, of a route that machines call."""
SESSION = web.RequestKey("SESSION", sign_in.Session)


def headers(secure: bool) -> CIMultiDict[str]:
    """What every answer carries.

    The referrer is for ourselves: that keeps Origin on our own forms and tells others nothing (M19, M25).
    """
    return CIMultiDict(
        {
            CSP: POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            **({"Strict-Transport-Security": "max-age=31536000"} if secure else {}),
        }
    )


def dress(site: Site, application: web.Application) -> None:
    """Put the headers on whatever is sent, errors and redirects included."""
    prebuilt = headers(site.secure)

    async def prepare(_: web.Request, response: web.StreamResponse) -> None:
        own = response.headers.get(CSP)
        response.headers.update(prebuilt)
        if own is not None and own.startswith("sandbox;"):
            response.headers[CSP] = own  # a document of somebody else's making that may do nothing at all
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.pop("Server", None)

    application.on_response_prepare.append(prepare)


def gate(site: Site, declared: Declared) -> Middleware:
    """The one middleware: what it does not let through never reaches a handler."""

    @web.middleware
    async def enter(request: web.Request, handler: Handler) -> web.StreamResponse:
        site.waiting.discard(request.protocol)
        try:
            route = declared.get(request.match_info.route)
            if not (route and route.any_host) and not ours(site, request):
                return refusal(request, site, 421)
            if route is None:
                return await handler(request)
            if route.machine:
                request[BODY] = await body(request, route.body)
            elif request.method not in SAFE:
                if not same_origin(site, request):
                    return refusal(request, site, 403)
                if route.files and request.content_type == "multipart/form-data":
                    request[FORM], request[FILES] = await parts(request, route.body)
                else:
                    request[FORM] = await form(request, route.body)
            if route.who is not Who.PUBLIC:
                away = await admit(site, request, route)
                if away is not None:
                    return away
            return await handler(request)
        except web.HTTPException as answer:
            allow = answer.headers.get("Allow")
            return refusal(request, site, answer.status, {"Allow": allow} if allow else None)
        except ConnectionResetError:
            raise
        except Exception as error:  # noqa: BLE001  # the last net: a page for the person, a reference for the log
            return failed(request, site, error)

    return enter


def failed(request: web.Request, site: Site, error: Exception) -> web.Response:
    """The frames and the kind of an error, never its text: a text may hold what somebody typed (M29)."""
    reference = site.token()[:8]
    resource = request.match_info.route.resource
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "%s %s failed, reference %s: %s\n%s",
        Harmless(request.method),
        Harmless(resource.canonical if resource else "(unknown)"),
        Harmless(reference),
        Harmless(type(error).__name__),
        Harmless(frames),
    )
    return refusal(request, site, 500, reference=reference)


def ours(site: Site, request: web.Request) -> bool:
    """Whether exactly one Host was said and it is ours, in the request line too if that names one (M16)."""
    said = request.headers.getall("Host", ())
    if len(said) != 1 or said[0].lower() not in site.hosts:
        return False
    return request.host.lower() in site.hosts or request.host.lower() == site.bare_host


def same_origin(site: Site, request: web.Request) -> bool:
    """M25. A browser that says nothing at all, or `null`, is not let through."""
    for one in ("Sec-Fetch-Site", "Origin", "Referer"):
        if len(request.headers.getall(one, ())) > 1:
            return False
    fetched = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if fetched is not None and fetched not in ("same-origin", "none"):
        return False
    if origin is not None and origin != "null":
        return origin.lower() == site.base
    if fetched is not None:
        return True
    if origin is not None:
        return False
    referer = request.headers.get("Referer", "")
    return referer == site.base or referer.startswith(site.base + "/")


async def body(request: web.Request, limit: int) -> bytes:
    """The body, within its route's limit (M31)."""
    if request.content_length is not None and request.content_length > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length)
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                found += chunk
                if len(found) > limit:
                    raise web.HTTPRequestEntityTooLarge(limit, len(found))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(found)


async def form(request: web.Request, limit: int) -> Mapping[str, str]:
    """The fields of a form. Of two with one name the first counts."""
    found = await body(request, limit)
    if not found:
        return {}
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        most = FIELDS if limit <= FORM_BYTES else MANY_FIELDS
        pairs = parse_qsl(found.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise web.HTTPBadRequest from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


async def session(
    site: Site, request: web.Request, cookie: str = MEMBER, *, quiet: bool = False
) -> sign_in.Session | None:
    """The session that a cookie names, if it is alive and of that kind. One hop to the database.

    `quiet`: a page asks by itself, and the session ends no later for it.
    """
    token = site.cookies.get(request, cookie)
    if not token:
        return None
    now = site.clock.now()
    try:
        found = await site.db.read(lambda tx: sign_in.session(tx, site.vault, token, now, quiet=quiet))
    except Unwritable:
        # That somebody was here cannot be noted on a full disk; what there is can be shown all the same.
        found = await site.db.read(lambda tx: sign_in.session(tx, site.vault, token, now, quiet=True))
    return found if found is not None and found.kind == cookie else None


async def admit(site: Site, request: web.Request, route: Route) -> web.Response | None:
    """None, with the session in the request; or the way to the sign-in."""
    cookie = ADMIN if route.who is Who.ADMIN else MEMBER
    quiet = route.quiet or (request.method in SAFE and LOOK in request.headers)
    found = await session(site, request, cookie, quiet=quiet)
    if found is not None and (found.kind == "member" or site.is_admin(found.admin)):
        request[SESSION] = found
        return None
    if found is not None and found.admin is not None:
        # Who is no admin any more is out everywhere at once.
        gone = found.admin
        await site.db.run(lambda tx: sign_in.close_admin(tx, gone))
    if route.who is Who.ADMIN:
        target = "/console/sign-in"
    else:
        location = request.match_info.get("location", "")
        target = f"/portal/{location}" if site.members.door(location) else "/portal"
    response = web.Response(status=303, headers={"Location": target})
    if site.cookies.get(request, cookie):
        site.cookies.drop(response, cookie)
    return response


def see(target: str) -> web.Response:
    """303: go and GET that. Targets are ours, built from a route and a location's id (M18)."""
    return web.Response(status=303, headers={"Location": target})


__all__ = ["BODY", "FORM", "SESSION", "SITE", "dress", "gate", "headers", "see", "session"]
