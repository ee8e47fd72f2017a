"""Can a phone on mobile data open the portal?"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from yarl import URL

from cusna_core.api import Finding, Level, is_loopback

PATIENCE = 5.0


async def look(base_url: str) -> Sequence[Finding]:
    """A warning where every address behind `base_url` is one that only this site reaches.

    Names that cannot be looked up from here say nothing: the site's own DNS may be another one.
    """
    url = URL(base_url)
    if url.host is None or is_loopback(url.host):
        return ()
    try:
        async with asyncio.timeout(PATIENCE):
            found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        return ()
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses or any(one.is_global for one in addresses):
        return ()
    return (
        Finding(
            Level.WARNING,
            "portal.private-address",
            f"{url.host} is the private address {addresses[0]}: phones on mobile data cannot open the "
            "portal, and who is not on the WiFi yet has nothing else.",
            "Give the portal a public name and address, or let people onto an onboarding WiFi that "
            "reaches it (docs: onboarding without WiFi).",
            path="base_url",
        ),
    )
