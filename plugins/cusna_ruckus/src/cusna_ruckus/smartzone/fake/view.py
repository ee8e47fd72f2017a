"""What does a call point at, how does a long list turn its pages, and what does a search find?"""

from typing import Any

from aiohttp import web

from cusna_ruckus.smartzone.fake.gate import NotThere, Refused
from cusna_ruckus.smartzone.fake.state import Cluster, Json, Wlan, Zone


def zone_of(cluster: Cluster, request: web.Request) -> Zone:
    zone = cluster.zones.get(request.match_info["zone"])
    if zone is None:
        raise NotThere
    return zone


def wlan_of(cluster: Cluster, request: web.Request) -> Wlan:
    text = request.match_info["wlan"]
    if not text.isdecimal():
        raise Refused(500, f'For input string: "{text}"')
    wlan = zone_of(cluster, request).wlans.get(text)
    if wlan is None:
        raise NotThere
    return wlan


async def body_of(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body must be an object")
    return body


def page(cluster: Cluster, request: web.Request, rows: list[Json]) -> web.Response:
    """A list by `index` and `listSize`."""
    knobs = cluster.knobs
    index = request.query.get("index", "0")
    size = request.query.get("listSize", str(knobs.page))
    for text in (index, size):
        if not text.isdecimal():
            raise Refused(500, f'For input string: "{text}"')
    if not 1 <= int(size) <= 1000:
        raise Refused(400, "listSize must be 1 to 1000")
    first = 0 if knobs.ignore_index else int(index)
    return _envelope(rows, first, min(int(size), knobs.most))


def search(cluster: Cluster, body: Json, rows: list[Json], filters: dict[str, str]) -> web.Response:
    """A list by `page` from 1 and `limit`. `filters`: which field of a row a filter's type looks at."""
    if not cluster.knobs.ignore_filters:
        for one in body.get("filters", []):
            name = filters.get(one["type"])
            if name is None:
                raise Refused(422, "Unknown filter")
            rows = [row for row in rows if row[name] == one["value"]]
        text = body.get("fullTextSearch", {}).get("value", "")
        rows = [row for row in rows if text.casefold() in " ".join(map(str, row.values())).casefold()]
    number, limit = body.get("page", 1), body.get("limit", cluster.knobs.page)
    if not (isinstance(number, int) and number >= 1 and isinstance(limit, int) and limit >= 1):
        raise Refused(422, "page and limit begin at 1")
    limit = min(limit, cluster.knobs.most)
    shown = [{name: value for name, value in row.items() if not name.startswith("_")} for row in rows]
    return _envelope(shown, (number - 1) * limit, limit, extra={})


def _envelope(rows: list[Json], first: int, size: int, **more: Any) -> web.Response:
    shown = rows[first : first + size]
    return web.json_response(
        {
            "totalCount": len(rows),
            "hasMore": first + len(shown) < len(rows),
            "firstIndex": first,
            "list": shown,
            **more,
        }
    )
