"""Does what is said between driver and fake fit the controller's own schema (v13_1, SmartZone 7.1.1)?

That names no field as required and none as nullable, and allows no others than it names. Where a definition
is known in part only, so is the check.
"""

import json
import re
from typing import Any

import pytest

from cusna_core.api import EnsureSegment, Revoke, Segment

MAC = "02:00:00:00:00:01"
Fields = dict[str, tuple[type, ...]]
TEXT, NUMBER, FLAG, LIST, THING = (str,), (int, float), (bool,), (list,), (dict,)
ENVELOPE: Fields = {"totalCount": NUMBER, "hasMore": FLAG, "firstIndex": NUMBER, "list": LIST}
DPSK: Fields = {
    "id": TEXT, "wlanId": TEXT, "userName": TEXT, "macAddress": TEXT, "passphrase": TEXT, "userRoleId": TEXT,
    "vlanId": NUMBER, "groupDpsk": FLAG, "creationDateTime": NUMBER, "expirationDateTime": TEXT,
}  # fmt: skip
FOUND_DPSK: Fields = {
    "key": TEXT, "userName": TEXT, "ueMac": TEXT, "userRoleId": TEXT, "wlanId": TEXT, "zoneId": TEXT,
    "domainId": TEXT, "tenantId": TEXT, "vlanId": NUMBER, "group": FLAG, "expired": FLAG,
    "createDateTime": NUMBER, "expirationStartTime": NUMBER, "expirationTime": NUMBER, "ttl": NUMBER,
}  # fmt: skip
CRITERIA: Fields = {
    "filters": LIST, "fullTextSearch": THING, "page": NUMBER, "limit": NUMBER, "sortInfo": THING,
    "attributes": LIST, "extraFilters": LIST, "extraNotFilters": LIST, "extraTimeRange": THING,
    "options": THING,
}  # fmt: skip
CLIENT: Fields = {
    "clientMac": TEXT, "apMac": TEXT, "userName": TEXT, "ssid": TEXT, "zoneId": TEXT, "status": TEXT,
    "authMethod": TEXT, "authStatus": TEXT, "userRoleId": TEXT, "hostname": TEXT, "ipAddress": TEXT,
    "bssid": TEXT, "mldAddr": TEXT, "vlan": NUMBER, "sessionStartTime": NUMBER,
}  # fmt: skip
NEW: Fields = {
    "amount": NUMBER, "userName": TEXT, "passphraseList": LIST, "vlanId": NUMBER, "groupDpsk": FLAG,
    "userRoleId": TEXT,
}  # fmt: skip
WLAN: dict[str, Fields] = {
    "dpsk": {
        "dpskEnabled": FLAG, "length": NUMBER, "dpskType": TEXT, "expiration": TEXT, "dpskFromType": TEXT,
    },
    "externalDpsk": {"enabled": FLAG, "authService": THING, "encryption": THING},
}  # fmt: skip
OPERATIONS: list[tuple[str, Fields | None, int, Fields | None, Fields | None]] = [
    (r"POST /rkszones/[^/]+/wlans/\d+/dpsk/batchGenUnbound", NEW, 201,
     {"resultCount": NUMBER, "dpskInfoList": LIST}, DPSK),
    (r"POST /rkszones/[^/]+/wlans/\d+/dpsk", {"idList": LIST}, 200, {"resultCount": NUMBER}, None),
    (r"GET /rkszones/[^/]+/(wlans/\d+/)?dpsk(/[^/]+)?", None, 200, ENVELOPE, DPSK),
    (r"GET /rkszones/[^/]+/dpskEnabledWlans", None, 200, ENVELOPE,
     {"wlanId": TEXT, "wlanName": TEXT, "ssid": TEXT}),
    (r"POST /query/dpsk", CRITERIA, 200, {**ENVELOPE, "extra": THING}, FOUND_DPSK),
    (r"POST /query/client", CRITERIA, 200, {**ENVELOPE, "extra": THING}, CLIENT),
    (r"POST /clients/bulkDisconnect", {"clientList": LIST}, 204, None, None),
    (r"POST /clients/disconnect", {"mac": TEXT, "apMac": TEXT}, 204, None, None),
]  # fmt: skip
"""What is asked, what answers, and what each row of an answer's list holds."""
HEX_PAIRS = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def fits(thing: Any, fields: Fields, what: str) -> None:
    assert isinstance(thing, dict), what
    assert thing.keys() <= fields.keys(), f"{what}: {sorted(thing.keys() - fields.keys())} is in no schema"
    for name, value in thing.items():
        good = isinstance(value, fields[name]) and (isinstance(value, bool) is (fields[name] is FLAG))
        assert good, f"{what}: {name} is of another type"


@pytest.fixture
async def said(house: Any) -> list[tuple[Any, Any]]:
    """Every call of a day with a key on a WLAN, with its answer."""
    heard: list[tuple[Any, Any]] = []
    answer = house.fake.gate._answer

    async def hear(request: Any, handler: Any, entry: Any) -> Any:
        response = await answer(request, handler, entry)
        heard.append((entry, response))
        return response

    house.fake.gate._answer = hear
    house.knobs.absent_nulls = True
    controller = await house.controller()
    network = await house.network(controller)
    await controller.check()
    await controller.networks()
    await network.check()
    prepare = EnsureSegment(Segment(120, "cusna-ab12cd-v120"))
    _, made, _ = await house.apply(network, prepare, house.new(vlan=120), house.new("ben"))
    await network.segments()
    await house.fake.join("Members", "mia-has-a-passphrase", MAC)
    await network.clients()
    api = controller._api
    await api._call("POST", "/query/dpsk", {"filters": [{"type": "ZONE", "value": house.fake.zone.id}]})
    await api._call("GET", f"/rkszones/{house.fake.zone.id}/wlans/{house.wlan.id}/dpsk/{made.ref}")
    states = await network.read()
    await house.apply(network, Revoke(made.ref, "cusna-ab12cd-mia"))
    assert await network.disconnect(states) == 1
    await house.fake.join("Members", "ben-has-a-passphrase", MAC)
    await api.disconnect(MAC, "00:00:5E:00:53:01")
    return heard


def test_every_call_and_every_answer_fits(said: list[tuple[Any, Any]]) -> None:
    met: set[str] = set()
    for entry, response in said:
        known = next((one for one in OPERATIONS if re.fullmatch(one[0], entry.call)), None)
        if known is None:
            continue
        pattern, asks, status, answers, row = known
        met.add(pattern)
        assert entry.query.keys() <= {"serviceTicket", "index"}, f"{entry.call} asks for what is not declared"
        assert "serviceTicket" in entry.query
        assert (asks is None) == (not entry.body), entry.call
        if asks is not None:
            fits(entry.json, asks, entry.call)
        assert response.status == status, entry.call
        if answers is None:
            assert not response.body
            continue
        told = json.loads(response.body)
        fits(told, answers, f"the answer to {entry.call}")
        for one in told.get("list", told.get("dpskInfoList", [])) if row else []:
            fits(one, row or {}, f"a row of the answer to {entry.call}")
    assert met == {one[0] for one in OPERATIONS}, "not every operation was met"


def test_what_the_schema_says_of_values(said: list[tuple[Any, Any]]) -> None:
    (kick,) = [entry.json["clientList"] for entry, _ in said if entry.path == "/clients/bulkDisconnect"]
    assert kick, "at least one entry"
    for one in kick:
        assert one.keys() == {"mac", "apMac"}
        assert all(HEX_PAIRS.fullmatch(mac) for mac in one.values())
    (deleted,) = [entry.json["idList"] for entry, _ in said if "idList" in entry.body]
    assert deleted, "what an empty list deletes is not known"
    for entry, _ in said:
        if entry.path.startswith("/query/"):
            assert entry.json.get("page", 1) >= 1
            assert entry.json.get("limit", 1) >= 1
            assert {one["type"] for one in entry.json["filters"]} <= {"ZONE", "WLAN"}


def test_a_wlan_is_told_in_known_blocks(said: list[tuple[Any, Any]]) -> None:
    told = [
        json.loads(response.body)
        for entry, response in said
        if re.fullmatch(r"GET /rkszones/[^/]+/wlans/\d+", entry.call)
    ]
    assert told
    for wlan in told:
        for name, fields in WLAN.items():
            fits(wlan[name], fields, name)
