"""Who is at the other end of a connection, and what is written down about a request?"""

import logging
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

Networks = tuple[IPv4Network | IPv6Network, ...]

log = logging.getLogger("cusna.web.access")


def networks(addresses: Iterable[str]) -> Networks:
    """Addresses (`127.0.0.1`) or networks (`10.0.0.0/8`); raises ValueError."""
    return tuple(ip_network(one, strict=False) for one in addresses)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def address(request: web.Request, trusted: Networks) -> str:
    """The client's address. X-Forwarded-For counts only from a trusted proxy, and is read from the right."""
    peer = _parse(request.remote or "")
    if peer is None:
        return request.remote or "unknown"
    hops = [hop for line in request.headers.getall("X-Forwarded-For", ()) for hop in line.split(",")]
    while hops and any(peer in network for network in trusted):
        before = _parse(hops.pop())
        if before is None:
            break
        peer = before
    return str(peer)


class AccessLog(AbstractAccessLogger):
    """Method, the route's template, status, size, time: an address as it was asked for may hold a token."""

    @property
    def enabled(self) -> bool:
        return log.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        template = "-"
        if isinstance(request, web.Request):
            resource = request.match_info.route.resource
            template = resource.canonical if resource is not None else "(unknown)"
        log.info(
            "%s %s %s %sB %.0fms",
            request.method,
            template,
            response.status,
            response.body_length,
            time * 1000,
        )
