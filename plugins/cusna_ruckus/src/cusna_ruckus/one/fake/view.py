"""What does a call point at, and what does its body hold?"""

from typing import Any

from aiohttp import web

from cusna_ruckus.one.fake.gate import HOUSE, Refused
from cusna_ruckus.one.fake.state import Json, Pool


def pool_of(request: web.Request) -> Pool:
    pool = request[HOUSE].pools.get(request.match_info["pool"])
    if pool is None:
        raise Refused(404, "DPSK-10001", "DPSK service does not exist")
    return pool


async def body_of(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise Refused(400, "GENERAL-002", "The body is not JSON") from None


def object_of(body: Any) -> Json:
    if not isinstance(body, dict):
        raise Refused(400, "GENERAL-003", "The body must be an object")
    return body


def list_of(body: Any) -> list[str]:
    if not isinstance(body, list) or not all(isinstance(one, str) for one in body):
        raise Refused(400, "GENERAL-003", "The body must be an array")
    return body


def refuse_unknown(body: Json, known: frozenset[str]) -> None:
    if set(body) - known:
        raise Refused(400, "GENERAL-004", "The body holds unknown fields")


def accepted(request_id: str) -> web.Response:
    return web.json_response({"requestId": request_id}, status=202)
