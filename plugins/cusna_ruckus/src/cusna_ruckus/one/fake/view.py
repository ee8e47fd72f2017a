"""What does a call point at, what does its body hold, and how are things told?"""

import json
from typing import Any

from aiohttp import web

from cusna_ruckus.one.fake.gate import HOUSE, Refused
from cusna_ruckus.one.fake.state import House, Json, Pool


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


def row_shown(house: House, row: Json) -> Json:
    """What holds nothing is not there, rather than null."""
    shown = {name: value for name, value in row.items() if value is not None}
    # Devices are another service's: they are shown without the lists' delay.
    truth = next((pool.rows[row["id"]] for pool in house.pools.values() if row["id"] in pool.rows), row)
    shown["devices"] = [device_shown(house, row, one) for one in truth["devices"]]
    return shown


def device_shown(house: House, row: Json, device: Json) -> Json:
    client = next((one for one in house.listed_clients() if one["macAddress"] == device["mac"]), None)
    if client is None or client["row"] != row["id"]:
        return device | {"deviceConnectivity": "CONFIGURED"}
    return device | {
        "deviceConnectivity": "CONNECTED",
        "lastConnectedNetwork": client["wlan"]["name"],
        "lastConnectedNetworkId": client["wlan"]["id"],
    }


def nested(code: str, name: str, rejected: str, message: str) -> str:
    """JSON inside a string inside JSON, the rejected value and all."""
    inner = {
        "message": "Validation Error",
        "code": code,
        "subErrors": [{"field": name, "rejectedValue": rejected, "message": message}],
    }
    return json.dumps({"errors": [{"code": code, "message": json.dumps(inner)}]})
