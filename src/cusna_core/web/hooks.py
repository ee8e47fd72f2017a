"""What does a source's system get for a webhook? An answer at once, that tells nothing.

204 for one that was believed, 401 for one that was not, 404 where none are taken. Nothing is done here: what
it names is asked for again afterwards (engine/hints.py).
"""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from cusna_core.web.routes import Route, Who
from cusna_core.web.security import BODY

PATH: Final = "/hooks/{integration}"
LARGEST: Final = 256 * 1024

Take = Callable[[str, Mapping[str, str], bytes], bool | None]
"""Whether a webhook for an integration is believed; None where none are taken."""


def address(integration: str) -> str:
    """Below the configured address: what an admin pastes at the source."""
    return PATH.replace("{integration}", integration)


def routes(take: Take) -> tuple[Route, ...]:
    async def handler(request: web.Request) -> web.Response:
        said = request.headers
        once = {name.lower(): said[name] for name in said if len(said.getall(name)) == 1}
        believed = take(request.match_info["integration"], once, request[BODY])
        return web.Response(status=404 if believed is None else 204 if believed else 401)

    return (Route("POST", PATH, handler, Who.PUBLIC, body=LARGEST, machine=True),)
