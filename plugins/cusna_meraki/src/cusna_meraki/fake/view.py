"""What does a call point at, may it, and how does a long list turn its pages?"""

from typing import Any

from aiohttp import web

from cusna_meraki.fake.gate import ACCESS, Invisible, Refused
from cusna_meraki.fake.state import Cloud, Json, Site


def org_of(cloud: Cloud, request: web.Request, *, write: bool = False) -> str:
    org = request.match_info["org"]
    access = request[ACCESS]
    if org not in access.orgs or org not in cloud.orgs:
        raise Invisible
    if write and not access.writes:
        raise Refused(403, "You do not have permission to do this")
    return org


def sees(request: web.Request, site: Site) -> bool:
    access = request[ACCESS]
    return site.org in access.orgs and (access.networks is None or site.id in access.networks)


def site_of(cloud: Cloud, request: web.Request, *, write: bool = False) -> Site:
    site = cloud.sites.get(request.match_info["network"])
    if site is None or not sees(request, site):
        raise Invisible
    if write and not request[ACCESS].writes:
        raise Refused(403, "You do not have permission to do this")
    return site


def ssid_of(request: web.Request) -> int:
    text = request.match_info["number"]
    if not text.isdigit() or int(text) > 14:
        raise Refused(404, "Not found")
    return int(text)


def require_writable(site: Site) -> None:
    if site.template_bound:
        raise Refused(400, "This network is bound to a configuration template")


async def body_of(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body must be an object")
    return body


def named(body: Json, name: str, *, required: bool = False) -> None:
    """A text field: there if it must be, and a string if it is there."""
    if name not in body:
        if required:
            raise Refused(400, f"'{name}' is required")
    elif not isinstance(body[name], str):
        raise Refused(400, f"'{name}' must be a string")


def page(
    request: web.Request, items: list[Json], *, least: int, most: int, default: int, cap: int | None = None
) -> web.Response:
    """One page of a list, with Meraki's own kind of Link header: `rel` has no quotes.

    `cap`: pages are never larger, whatever was asked for.
    """
    text = request.query.get("perPage", str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise Refused(400, f"'perPage' must be {least} to {most}")
    size = min(int(text), cap or most)
    after = request.query.get("startingAfter")
    ids = [item["id"] for item in items]
    first = ids.index(after) + 1 if after in ids else 0
    shown = items[first : first + size]
    links = [_link(request, "first", {"startingAfter": ""})]
    if first + size < len(items):
        links.append(_link(request, "next", {"startingAfter": shown[-1]["id"]}))
    return web.json_response(shown, headers={"Link": ", ".join(links)})


def _link(request: web.Request, rel: str, change: dict[str, Any]) -> str:
    url = request.url.update_query(change)
    return f"<{url}>; rel={rel}"
