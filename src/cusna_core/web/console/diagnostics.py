"""What goes into a bug report? One file without anybody in it, looked at before it is taken."""

import json
from datetime import date

from aiohttp import web

from cusna_core.admin.diagnostics import Diagnostics
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.site import SITE

HERE = "/console/diagnostics"


def routes() -> tuple[Route, ...]:
    return (get(HERE, show, Who.ADMIN), post(f"{HERE}/file", take, Who.ADMIN))


async def show(request: web.Request) -> web.Response:
    found = await Diagnostics(request.app[BENCH].workshop).collect()
    return page(
        request,
        "diagnostics.html",
        at="diagnostics",
        versions=found["versions"],
        errors=sum(1 for one in found["log"] if one["level"] != "warning"),
        findings=len(found["findings"]),
        parts={name: _plain(value) for name, value in found.items()},
    )


async def take(request: web.Request) -> web.Response:
    """By POST, since it is written down who took it."""
    diagnostics = Diagnostics(request.app[BENCH].workshop)
    found = await diagnostics.collect()
    await diagnostics.taken(who(request))
    day: date = request.app[SITE].clock.now().date()
    return web.Response(
        body=_plain(found).encode() + b"\n",
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": f'attachment; filename="cusna-diagnostics-{day.isoformat()}.json"',
        },
    )


def _plain(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
