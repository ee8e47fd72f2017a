"""Does the controller in a box behave as the facts say, and does each of its knobs do what it says?"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from cusna_core.testing import HandClock
from cusna_ruckus.smartzone.fake import BASE, PASSWORD, USERNAME, Fault, SmartZoneFake

MAC, OTHER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
AP = "00:00:5E:00:53:01"


class Caller:
    """Somebody with the vendor's manual and no library."""

    def __init__(self, fake: SmartZoneFake, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.session = session
        self.ticket = ""
        self.wlan = fake.wlan("Members")
        self.path = f"/rkszones/{fake.zone.id}/wlans/{self.wlan.id}"

    async def call(
        self, method: str, path: str, json: Any = None, version: str = "/v13_1", **query: Any
    ) -> tuple[int, Any]:
        params = {**query, "serviceTicket": self.ticket} if self.ticket else query
        url = self.fake.address + BASE + version + path
        async with self.session.request(
            method, url, json=json, params=params, allow_redirects=False
        ) as response:
            if response.content_type != "application/json":
                return response.status, await response.text()
            return response.status, await response.json()

    async def log_in(self, password: str = PASSWORD) -> tuple[int, Any]:
        status, body = await self.call("POST", "/serviceTicket", {"username": USERNAME, "password": password})
        self.ticket = body.get("serviceTicket", "")
        return status, body

    async def make(self, passphrase: str = "a-good-passphrase", **fields: Any) -> tuple[int, Any]:
        body = {"amount": 1, "userName": "mia", "passphraseList": [passphrase], "groupDpsk": True, **fields}
        return await self.call("POST", f"{self.path}/dpsk/batchGenUnbound", body)

    async def dpsks(self, **query: Any) -> list[Any]:
        status, body = await self.call("GET", f"{self.path}/dpsk", **query)
        assert status == 200
        found = body["list"]
        assert isinstance(found, list)
        return found


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def caller(clock: HandClock) -> AsyncIterator[Caller]:
    fake = SmartZoneFake(clock)
    await fake.start()
    async with aiohttp.ClientSession() as session:
        made = Caller(fake, session)
        await made.log_in()
        yield made
    await fake.stop()


# Doors


async def test_versions(caller: Caller) -> None:
    caller.ticket = ""
    status, body = await caller.call("GET", "/apiInfo", version="")
    assert (status, body["apiSupportVersions"][-1]) == (200, "v13_1")
    caller.fake.knobs.versions = ["v9_1"]
    assert (await caller.call("POST", "/serviceTicket", {}))[0] == 404
    assert (await caller.call("POST", "/serviceTicket", {}, version="/v9_1"))[0] == 401


async def test_tickets(caller: Caller, clock: HandClock) -> None:
    assert (await caller.call("GET", "/rkszones"))[0] == 200
    clock.advance(24 * 3600)
    status, body = await caller.call("GET", "/rkszones")
    assert (status, body["errorCode"]) == (401, 201)
    await caller.log_in()
    assert (await caller.call("DELETE", "/serviceTicket"))[0] == 200
    assert (await caller.call("DELETE", "/serviceTicket"))[0] == 401
    caller.ticket = ""
    assert (await caller.call("GET", "/rkszones"))[0] == 401
    status, body = await caller.log_in("wrong")
    assert (status, body["errorCode"]) == (401, 202)
    caller.fake.knobs.max_tickets = 1
    assert [(await caller.log_in())[0] for _ in range(2)] == [200, 503]


async def test_roles(caller: Caller) -> None:
    for role, reads, writes in (("admin", 200, 201), ("reader", 200, 403), ("nobody", 403, 403)):
        caller.fake.knobs.role = role  # type: ignore[assignment]  # mypy widens the tuple
        assert (await caller.call("GET", "/rkszones"))[0] == reads
        status, body = await caller.make(f"passphrase-of-{role}")
        assert status == writes
        assert body.get("errorCode") != 211


@pytest.mark.parametrize(("setting", "status", "code"), [("403", 403, 211), ("404", 404, 0)])
async def test_unknown_objects(caller: Caller, setting: Any, status: int, code: int) -> None:
    caller.fake.knobs.not_found = setting
    for path in ("/rkszones/x/wlans", f"/rkszones/{caller.fake.zone.id}/wlans/99", f"{caller.path}/dpsk/x"):
        got, body = await caller.call("GET", path)
        assert (got, body["errorCode"]) == (status, code)
    assert (await caller.call("GET", f"/rkszones/{caller.fake.zone.id}/wlans/Members"))[0] == 500
    assert (await caller.call("GET", "/nowhere"))[0] == 404


@pytest.mark.parametrize("status", [503, 423])
async def test_a_busy_configuration(caller: Caller, status: Any) -> None:
    caller.fake.knobs.busy_status, caller.fake.knobs.busy_writes = status, 2
    assert [(await caller.make())[0] for _ in range(3)] == [status, status, 201]
    assert (await caller.call("GET", "/rkszones"))[0] == 200


async def test_plain_errors(caller: Caller) -> None:
    caller.fake.knobs.plain_errors = True
    assert await caller.make("short") == (422, "The passphrase must have 8 to 63 characters")
    caller.fake.knobs.plain_errors = False
    assert (await caller.make("short"))[1]["errorType"]


async def test_faults(caller: Caller, clock: HandClock) -> None:
    faults = caller.fake.faults
    faults.append(Fault("status", "/rkszones", status=429, headers={"RateLimit-Reset": "3"}, skip=1))
    assert [(await caller.call("GET", "/rkszones"))[0] for _ in range(3)] == [200, 429, 200]
    faults.append(Fault("slow", "/rkszones", seconds=9))
    assert (await caller.call("GET", "/rkszones"))[0] == 200
    assert clock.passed == 9
    faults.append(Fault("drop", "/batchGenUnbound", applied=True))
    with pytest.raises(aiohttp.ClientError):
        await caller.make()
    assert len(await caller.dpsks()) == 1, "lost, and made"
    faults.append(Fault("drop", "/batchGenUnbound"))
    with pytest.raises(aiohttp.ClientError):
        await caller.make("another-passphrase")
    assert len(await caller.dpsks()) == 1, "lost, and not made"
    caller.fake.break_down(True)
    assert (await caller.call("GET", "/rkszones"))[0] == 503
    caller.fake.break_down(False)
    assert (await caller.call("GET", "/rkszones"))[0] == 200


async def test_the_journal_tells_no_secret(caller: Caller) -> None:
    await caller.make()
    text = repr(caller.fake.journal)
    assert PASSWORD not in text
    assert "a-good-passphrase" not in text
    assert caller.ticket not in text


# Lists


async def test_pages(caller: Caller) -> None:
    for number in range(5):
        caller.fake.wlan(f"WLAN {number}")
    path = f"/rkszones/{caller.fake.zone.id}/wlans"
    status, body = await caller.call("GET", path, listSize=4)
    assert (body["totalCount"], body["hasMore"], body["firstIndex"], len(body["list"])) == (6, True, 0, 4)
    status, body = await caller.call("GET", path, listSize=4, index=4)
    assert (body["hasMore"], body["firstIndex"], len(body["list"])) == (False, 4, 2)
    assert (await caller.call("GET", path, listSize=1001))[0] == 400
    for text in ("", "x"):
        status, body = await caller.call("GET", path, index=text)
        assert (status, body["message"]) == (500, f'For input string: "{text}"')
    caller.fake.pages(2)
    assert len((await caller.call("GET", path, listSize=4))[1]["list"]) == 2
    caller.fake.knobs.ignore_index = True
    assert (await caller.call("GET", path, index=4))[1]["firstIndex"] == 0


async def test_searches(caller: Caller) -> None:
    await caller.make(vlanId=120)
    await caller.fake.join("Members", "a-good-passphrase", MAC)
    assert (await caller.call("POST", "/query/dpsk", {"page": 0, "limit": 1}))[0] == 422
    _, body = await caller.call("POST", "/query/dpsk", {"page": 1, "limit": 10})
    (row,) = body["list"]
    assert (row["userName"], row["vlanId"], row["group"]) == ("mia", 120, True)
    assert "passphrase" not in row
    for value, count in ((caller.wlan.id, 1), ("99", 0)):
        filters = {"filters": [{"type": "WLAN", "value": value}], "page": 1, "limit": 10}
        assert (await caller.call("POST", "/query/client", filters))[1]["totalCount"] == count
        caller.fake.knobs.ignore_filters = True
        assert (await caller.call("POST", "/query/client", filters))[1]["totalCount"] == 1
        caller.fake.knobs.ignore_filters = False
    text = {"fullTextSearch": {"type": "AND", "value": "MIA"}}
    (client,) = (await caller.call("POST", "/query/client", text))[1]["list"]
    assert (client["clientMac"], client["apMac"], client["vlan"]) == (MAC, AP, 120)
    assert not [name for name in client if name.startswith("_")]


# DPSKs


async def test_making(caller: Caller) -> None:
    status, body = await caller.make(vlanId=120)
    (dpsk,) = body["dpskInfoList"]
    assert (status, body["resultCount"]) == (201, 1)
    assert (dpsk["userName"], dpsk["passphrase"], dpsk["vlanId"]) == ("mia", "a-good-passphrase", 120)
    assert dpsk["expirationDateTime"] == "Unlimited"
    assert isinstance(dpsk["creationDateTime"], int)
    status, body = await caller.make("another-passphrase")
    assert status == 201, "a userName is not unique"
    status, body = await caller.call(
        "POST", f"{caller.path}/dpsk/batchGenUnbound", {"amount": 3, "userName": "student"}
    )
    names = [one["userName"] for one in body["dpskInfoList"]]
    assert names == ["student_0", "student_1", "student_2"]
    assert {len(one["passphrase"]) for one in body["dpskInfoList"]} == {62}
    assert not any(one["groupDpsk"] for one in body["dpskInfoList"])
    status, body = await caller.call("GET", f"{caller.path}/dpsk/{dpsk['id']}")
    assert body["list"] == [dpsk]
    assert len((await caller.call("GET", f"/rkszones/{caller.fake.zone.id}/dpsk"))[1]["list"]) == 5


async def test_the_overlooked_fields(caller: Caller) -> None:
    knobs = caller.fake.knobs
    knobs.passphrase_list = knobs.group_flag = knobs.vlan_field = False
    (dpsk,) = (await caller.make(vlanId=120))[1]["dpskInfoList"]
    assert dpsk["passphrase"] != "a-good-passphrase"
    assert (dpsk["groupDpsk"], dpsk["vlanId"]) == (False, None)


async def test_what_is_refused(caller: Caller) -> None:
    knobs = caller.fake.knobs
    for passphrase in ("short-1", "x" * 64):
        assert (await caller.make(passphrase))[0] == 422
    knobs.passphrase_length = (4, 70)
    assert (await caller.make("four"))[0] == (await caller.make("x" * 70))[0] == 201
    knobs.passphrase_length = (8, 62)
    assert (await caller.make("x" * 63))[0] == 422
    assert (await caller.make(amount=101, passphraseList=["x"]))[0] == 422
    assert (await caller.make(amount=2))[0] == 422
    assert (await caller.make(vlanId=4095))[0] == 422
    assert (await caller.make(userName="x" * 300))[0] == 201
    knobs.max_username = 32
    assert (await caller.make("another-passphrase", userName="x" * 33))[0] == 422
    assert (await caller.make())[0] == 422, "twice the same passphrase"
    knobs.dup_passphrase = True
    assert (await caller.make())[0] == 201
    caller.wlan.doc["dpsk"]["dpskEnabled"] = False
    assert (await caller.make("another-passphrase"))[0] == 422


async def test_unknown_fields(caller: Caller) -> None:
    assert (await caller.make(numberOfDevices=3))[0] == 201
    caller.fake.knobs.strict_bodies = True
    assert (await caller.make("another-passphrase", numberOfDevices=3))[0] == 400


async def test_caps(caller: Caller) -> None:
    knobs = caller.fake.knobs
    knobs.group_cap = 2
    assert [(await caller.make(f"passphrase-{one}"))[0] for one in range(3)] == [201, 201, 422]
    assert (await caller.make("passphrase-4", groupDpsk=False))[0] == 201
    knobs.group_cap, knobs.zone_cap = None, 4
    assert [(await caller.make(f"passphrase-{one}"))[0] for one in range(5, 7)] == [201, 422]


async def test_deleting_is_a_post(caller: Caller) -> None:
    ids = [(await caller.make(f"passphrase-{one}"))[1]["dpskInfoList"][0]["id"] for one in range(3)]
    path = f"{caller.path}/dpsk"
    assert await caller.call("POST", path, {"idList": ids[:1]}) == (200, {"resultCount": 1})
    assert (await caller.call("POST", path, {"idList": ids[:2]}))[1]["errorCode"] == 211
    assert len(await caller.dpsks()) == 2, "one that is gone spoils it for all"
    caller.fake.knobs.unknown_id_spoils = False
    assert await caller.call("POST", path, {"idList": ids[:2]}) == (200, {"resultCount": 1})
    nothing: list[dict[str, list[str]]] = [{}, {"idList": []}]
    for body in nothing:
        assert (await caller.call("POST", path, body))[0] == 422
    assert len(await caller.dpsks()) == 1


async def test_renaming_and_nothing_else(caller: Caller) -> None:
    (dpsk,) = (await caller.make())[1]["dpskInfoList"]
    path = f"{caller.path}/dpsk/{dpsk['id']}"
    assert (await caller.call("PATCH", path, {"userName": "ben", "vlanId": 130}))[0] == 204
    (now,) = await caller.dpsks()
    assert now == {**dpsk, "userName": "ben"}
    caller.fake.knobs.patch_unknown = 422
    assert (await caller.call("PATCH", path, {"vlanId": 130}))[0] == 422
    caller.fake.knobs.patch_fields = ("userName", "vlanId")
    assert (await caller.call("PATCH", path, {"vlanId": 130}))[0] == 204
    assert (await caller.dpsks())[0]["vlanId"] == 130


async def test_uploading_the_controllers_own_export(caller: Caller) -> None:
    text = (
        "\ufeff"
        '"User Name","MAC Address","WLAN (SSID)","Passphrase","User Role","VLAN ID","Created Date",'
        '"Expiration Date","Group DPSK"\n'
        '"student_1","","Members","uploaded-passphrase-1","","120","","Unlimited","Yes"\n'
        '"student_1","","Members","uploaded-passphrase-2","","","","Unlimited","No"\n'
    )
    form = aiohttp.FormData()
    form.add_field("uploadFile", text.encode(), filename="dpsk.csv", content_type="text/csv")
    url = f"{caller.fake.address}{BASE}/v13_1{caller.path}/dpsk/upload"
    async with caller.session.post(url, data=form, params={"serviceTicket": caller.ticket}) as response:
        assert response.status == 201
        assert (await response.json())["resultCount"] == 2
    rows = await caller.dpsks()
    assert [(one["userName"], one["vlanId"], one["groupDpsk"]) for one in rows] == [
        ("student_1", 120, True),
        ("student_1", None, False),
    ]


async def test_expired_dpsks_and_their_setting(caller: Caller, clock: HandClock) -> None:
    path = f"/rkszones/{caller.fake.zone.id}/deleteExpiredDpsk"
    assert await caller.call("GET", path) == (200, {"deleteExpiredDpsk": "Never"})
    assert (await caller.call("PUT", path, {"deleteExpiredDpsk": "AfterOneDay"}))[0] == 204
    assert (await caller.call("PUT", path, {"deleteExpiredDpsk": "Soon"}))[0] == 422
    assert await caller.call("GET", path) == (200, {"deleteExpiredDpsk": "AfterOneDay"})
    caller.wlan.doc["dpsk"]["expiration"] = "OneDay"
    await caller.make()
    assert await caller.fake.join("Members", "a-good-passphrase", MAC) == 0
    assert (await caller.dpsks())[0]["expirationDateTime"] == "2026/11/24 09:00:00"
    _, found = await caller.call("POST", "/query/dpsk", {})
    assert [one["expired"] for one in found["list"]] == [False]
    clock.advance(24 * 3600)
    await caller.log_in()
    _, found = await caller.call("POST", "/query/dpsk", {})
    assert [one["expired"] for one in found["list"]] == [True]
    assert await caller.fake.join("Members", "a-good-passphrase", MAC) is None
    caller.wlan.doc["dpsk"]["dpskFromType"] = "FirstUse"
    assert (await caller.dpsks())[0]["expirationDateTime"] == "Not start using"


async def test_dates_and_nulls(caller: Caller) -> None:
    await caller.make()
    assert (await caller.dpsks())[0]["vlanId"] is None
    caller.fake.knobs.absent_nulls = caller.fake.knobs.date_text = True
    (dpsk,) = await caller.dpsks()
    assert "vlanId" not in dpsk
    assert dpsk["creationDateTime"] == "2026/11/23 09:00:00"


# The air


async def test_groups_and_the_others(caller: Caller) -> None:
    fake = caller.fake
    await caller.make("the-group-passphrase")
    await caller.make("the-single-passphrase", groupDpsk=False)
    for mac in (MAC, OTHER_MAC):
        assert await fake.join("Members", "the-group-passphrase", mac) == 0
    assert await fake.join("Members", "the-single-passphrase", MAC) == 0
    assert await fake.join("Members", "the-single-passphrase", OTHER_MAC) is None, "bound to the first"
    assert await fake.join("Members", "the-single-passphrase", MAC) == 0
    assert await fake.join("Members", "nobody-has-this", MAC) is None
    assert fake.online("Members") == {}
    caller.wlan.doc["externalDpsk"]["enabled"] = True
    assert await fake.join("Members", "the-group-passphrase", MAC) is None


async def test_vlans_and_the_switch_they_need(caller: Caller) -> None:
    fake = caller.fake
    await caller.make(vlanId=120)
    assert await fake.join("Members", "a-good-passphrase", MAC) == 120
    caller.wlan.doc["vlan"]["aaaVlanOverride"] = False
    assert await fake.join("Members", "a-good-passphrase", MAC) == 0
    fake.knobs.vlan_needs_override = False
    assert await fake.join("Members", "a-good-passphrase", MAC) == 120


@pytest.mark.parametrize("drops", [False, True])
async def test_deleting_and_who_is_on(caller: Caller, drops: bool) -> None:
    caller.fake.knobs.drop_on_delete = drops
    (dpsk,) = (await caller.make())[1]["dpskInfoList"]
    await caller.fake.join("Members", "a-good-passphrase", MAC)
    await caller.call("POST", f"{caller.path}/dpsk", {"idList": [dpsk["id"]]})
    assert (MAC in caller.fake.online("Members")) is not drops


@pytest.mark.parametrize("how", ["disconnect", "deauth"])
@pytest.mark.parametrize("bulk", [False, True])
async def test_dropping(caller: Caller, how: str, bulk: bool) -> None:
    fake = caller.fake
    device = {"mac": MAC, "apMac": AP}
    path = f"/clients/bulk{how.capitalize()}" if bulk else f"/clients/{how}"
    body = {"clientList": [device]} if bulk else device
    (dpsk,) = (await caller.make())[1]["dpskInfoList"]
    await fake.join("Members", "a-good-passphrase", MAC)
    assert (await caller.call("POST", path, body))[0] == 204
    assert MAC in fake.online("Members"), "its key is good: it is back at once"
    assert fake.cluster.dropped == [MAC]
    fake.cluster.remove(caller.wlan, dpsk["id"])
    fake.knobs.dropped_by = frozenset()
    await caller.call("POST", path, body)
    assert MAC in fake.online("Members"), "a call that does nothing"
    fake.knobs.dropped_by = frozenset({how})
    await caller.call("POST", path, body)
    assert fake.online("Members") == {}
    assert (await caller.call("POST", path, body))[1]["errorCode"] == 211


async def test_dropping_needs_all_of_it(caller: Caller) -> None:
    device = {"mac": MAC, "apMac": AP}
    await caller.make()
    await caller.fake.join("Members", "a-good-passphrase", MAC)
    lists: list[Any] = [[], [device, device], [{"mac": MAC}], None]
    for body in ({"clientList": one} for one in lists):
        assert (await caller.call("POST", "/clients/bulkDisconnect", body))[0] == 422
    assert (await caller.call("POST", "/clients/disconnect", {"mac": MAC}))[0] == 422


# Other people


async def test_what_others_made_is_told_apart(caller: Caller) -> None:
    fake = caller.fake
    fake.add_foreign_key("Members", "printer", "the-printer-key")
    fake.add_foreign_segment("Members", "Cameras", 66)
    before = repr(fake.others("Members"))
    await caller.make()
    assert repr(fake.others("Members")) == before
    assert fake.foreign_keys("Members") == {"printer": "the-printer-key"}
    next(iter(fake.dpsks("Members")))["userName"] = "scanner"
    assert repr(fake.others("Members")) != before
