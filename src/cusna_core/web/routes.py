"""Which addresses are there, and who may enter?"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FORM_BYTES = 4096
"""No form of ours is larger unless its route says so: an address, a code, a choice."""


class Who(StrEnum):
    PUBLIC = "public"
    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address. GET answers HEAD as well, so a GET handler never changes anything."""

    method: str
    path: str
    handler: Handler
    who: Who
    body: int = FORM_BYTES
    """The largest body, in bytes."""
    files: bool = False
    """A form with files in it is taken too; the limit is for all of it."""
    any_host: bool = False
    """Answers whatever the Host header says: for health checks only."""
    machine: bool = False
    """Called by another program, which no browser and no cookie speaks for: its body proves itself."""
    quiet: bool = False
    """Asked for by pages by themselves: it does not count as a use of the session."""


class Undeclared(Exception):
    """A route that does not say who may enter. Nothing is served until it does."""


def get(path: str, handler: Handler, who: Who, *, any_host: bool = False, quiet: bool = False) -> Route:
    return Route("GET", path, handler, who, body=0, any_host=any_host, quiet=quiet)


def post(path: str, handler: Handler, who: Who, *, body: int = FORM_BYTES, files: bool = False) -> Route:
    return Route("POST", path, handler, who, body=body, files=files)


Declared = dict[web.AbstractRoute, Route]


def install(application: web.Application, routes: Iterable[Route]) -> Declared:
    """Add the routes, and refuse any that came in another way."""
    declared: Declared = {}
    for route in routes:
        if not isinstance(route.who, Who):
            raise Undeclared(f"{route.method} {route.path} does not say who may enter.")
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            declared[application.router.add_route(method, route.path, route.handler)] = route
    for one in application.router.routes():
        if one not in declared:
            where = one.resource.canonical if one.resource else "?"
            raise Undeclared(f"{one.method} {where} does not say who may enter.")
    return declared
