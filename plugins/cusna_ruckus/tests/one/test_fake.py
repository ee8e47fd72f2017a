"""Is the cloud in a box as strict as RUCKUS One, and does somebody else's client think so too?"""

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aioruckus.ajaxsession import AjaxSession

from cusna_core.testing import HandClock
from cusna_ruckus.one.fake import CLIENT_ID, CLIENT_SECRET, TENANT, RuckusOneFake

SSID = "Members"


class Vendor:
    """Calls without any of our own client in between."""

    def __init__(self, fake: RuckusOneFake, session: aiohttp.ClientSession, clock: HandClock) -> None:
        self.fake = fake
        self.session = session
        self.clock = clock
        self.token = ""

    async def log_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        async with self.session.post(f"{self.fake.address}/oauth2/token/{TENANT}", data=form) as answer:
            self.token = (await answer.json())["access_token"]

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(
            method, self.fake.address + path, json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json()

    async def done(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """What became of a write."""
        status, receipt = await self.call(method, path, body)
        assert status == 202, receipt
        self.clock.advance(1)
        _, activity = await self.call("GET", f"/activities/{receipt['requestId']}")
        assert isinstance(activity, dict)
        return activity


@pytest.fixture
async def vendor(fake: RuckusOneFake, clock: HandClock) -> AsyncIterator[Vendor]:
    async with aiohttp.ClientSession() as session:
        made = Vendor(fake, session, clock)
        await made.log_in()
        yield made


@pytest.fixture
def rows(fake: RuckusOneFake) -> str:
    return f"/dpskServices/{fake.pool(SSID).id}/passphrases"


def good(**fields: Any) -> dict[str, Any]:
    return {"username": "u", "passphrase": "passphrase-1", "numberOfDevicesType": "UNLIMITED"} | fields


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "", good(passphrase="short"), 400, "DPSK-032"),
        ("POST", "", good(passphrase=""), 400, "DPSK-032"),
        ("POST", "", {"passphrases": [good()]}, 400, "GENERAL-004"),
        ("POST", "", [good()], 400, "GENERAL-003"),
        ("DELETE", "", {"passphraseIds": []}, 400, "GENERAL-003"),
        ("POST", "/query", {"page": 0}, 500, "GENERAL-500"),
        ("POST", "/query", {"page": 1, "surprise": 1}, 500, "GENERAL-500"),
        ("GET", "/0", None, 404, "DPSK-10030"),
    ],
)
async def test_what_is_refused_at_once(
    vendor: Vendor, rows: str, method: str, path: str, body: Any, status: int, code: str
) -> None:
    got, answer = await vendor.call(method, rows + path, body)
    assert (got, answer["errors"][0]["code"]) == (status, code)


COLLECTION: list[tuple[str, str, Any]] = [
    ("POST", "/dpskServices/{pool}/passphrases", {"format": "MOST_SECURED", "numberOfPassphrases": 1}),
    ("POST", "/dpskServices/{pool}/passphrases", {"format": "NUMBERS_ONLY", "passphrase": "18273645"}),
    ("POST", "/dpskServices/{pool}/passphrases", {"format": "MOST_SECURED", "numberOfPassphrases": 5}),
    ("PATCH", "/dpskServices/{pool}/passphrases", {"ids": ["{row}"], "changes": {"numberOfDevices": 9}}),
    ("DELETE", "/dpskServices/{pool}/passphrases", ["{row}"]),
    ("POST", "/dpskServices/{pool}/passphrases/{row}/devices", ["02:00:00:00:00:01", "02:00:00:00:00:02"]),
    ("DELETE", "/dpskServices/{pool}/passphrases/{row}/devices", ["02:00:00:00:00:01"]),
    ("PATCH", "/dpskServices/{pool}", {"deviceCountLimit": 7}),
    (
        "POST",
        "/dpskServices",
        {
            "name": "PSKs",
            "deviceCountLimit": 5,
            "expirationDate": "2027-08-24T14:15:22Z",
            "expirationOffset": 1,
            "expirationType": "SPECIFIED_DATE",
            "passphraseFormat": "NUMBERS_ONLY",
            "passphraseLength": 8,
            "policyDefaultAccess": True,
        },
    ),
    ("DELETE", "/dpskServices/{pool}", None),
]
"""Every write that the vendor's own Postman collection shows for DPSK, field for field."""
BESIDES = {
    "username": "marcelo",
    "email": "somebody@example.com",
    "expiration": "UNLIMITED",
    "expirationDate": "2027-08-24T14:15:22Z",
    "length": 8,
    "mac": "02:00:00:00:00:09",
    "numberOfDevices": 1,
    "numberOfDevicesType": "UNLIMITED",
    "vlanId": 333,
}
"""What stands beside it in each new passphrase there."""


@pytest.mark.parametrize(("method", "path", "body"), COLLECTION, ids=lambda one: str(one)[:50])
async def test_the_vendor_s_own_examples_are_taken_as_they_are(
    vendor: Vendor, fake: RuckusOneFake, method: str, path: str, body: Any
) -> None:
    pool = fake.pool(SSID)
    row = fake.add_row_by_hand(SSID, passphrase="a-passphrase")["id"]
    if path.endswith("/passphrases") and method == "POST":
        body = BESIDES | body
    text = json.dumps(body).replace("{row}", row)
    answer = await vendor.done(method, path.format(pool=pool.id, row=row), json.loads(text))
    assert answer["status"] == "SUCCESS"
    made = [one for one in pool.rows.values() if one.get("username") == "marcelo"]
    if body and "format" in body:
        assert [one["vlanId"] for one in made] == [333] * body.get("numberOfPassphrases", 1)
        assert len({one["passphrase"] for one in made}) == len(made)
        assert all(len(one["passphrase"]) >= 8 for one in made)


async def test_many_passphrases_at_once_are_made_up_and_no_more_than_the_vendor_makes(
    vendor: Vendor, rows: str
) -> None:
    for wrong in ({"numberOfPassphrases": 5001}, {"numberOfPassphrases": 2, "passphrase": "a-passphrase"}):
        assert (await vendor.call("POST", rows, {"username": "u"} | wrong))[0] == 400


@pytest.mark.parametrize("known", [True, False])
async def test_paging_of_pools(vendor: Vendor, fake: RuckusOneFake, known: bool) -> None:
    fake.knobs.services_query_paging_500 = known
    status, _ = await vendor.call("POST", "/dpskServices/query", {"page": 1, "pageSize": 10})
    assert status == (500 if known else 200)
    status, _ = await vendor.call("POST", "/dpskServices/query", {})
    assert status == 200


async def test_what_fails_late(vendor: Vendor, fake: RuckusOneFake, rows: str) -> None:
    """Taken on with 202, and not carried out: the rejected value stands in the answer, deep down."""
    failed = await vendor.done("POST", rows, good(passphrase="z" * 64))
    assert failed["status"] == "FAIL"
    assert "z" * 64 in failed["error"]
    assert fake.rows(SSID) == []
    await vendor.done("POST", rows, good())
    assert (await vendor.done("POST", rows, good(username="v")))["status"] == "FAIL"


async def test_an_activity_is_not_there_at_first(vendor: Vendor, rows: str, clock: HandClock) -> None:
    _, receipt = await vendor.call("POST", rows, good())
    path = f"/activities/{receipt['requestId']}"
    assert (await vendor.call("GET", path))[0] == 404
    clock.advance(0.25)
    assert (await vendor.call("GET", path))[1]["status"] == "INPROGRESS"
    clock.advance(0.1)
    assert (await vendor.call("GET", path))[1]["status"] == "SUCCESS"
    assert (await vendor.call("POST", rows + "/query", {"page": 1}))[1]["data"] == []
    clock.advance(0.4)
    [row] = (await vendor.call("POST", rows + "/query", {"page": 1}))[1]["data"]
    assert "vlanId" not in row
    assert "expirationDate" not in row


@pytest.mark.parametrize(("asked", "kept"), [(0, 1), (3, 3), (999, 512)])
async def test_a_number_of_devices_is_adjusted_in_silence(
    vendor: Vendor, fake: RuckusOneFake, rows: str, asked: int, kept: int
) -> None:
    await vendor.done("POST", rows, good(numberOfDevicesType="LIMITED", numberOfDevices=asked))
    [row] = fake.rows(SSID)
    assert row["numberOfDevices"] == kept


@pytest.mark.parametrize("works", [True, False])
async def test_revoking(vendor: Vendor, fake: RuckusOneFake, rows: str, works: bool) -> None:
    fake.knobs.tier_without_revoke = not works
    await vendor.done("POST", rows, good())
    [row] = fake.rows(SSID)
    body = {"ids": [row["id"]], "changes": {"revocationReason": "gone"}}
    assert (await vendor.done("PATCH", rows, body))["status"] == "SUCCESS"
    assert ("revocationDate" in row) is works
    joined = await fake.join(SSID, "passphrase-1", "02:00:00:00:00:01")
    assert joined == (None if works else 0)
    await vendor.done("PATCH", rows, {"ids": [row["id"]], "changes": {"revocationReason": None}})
    assert "revocationDate" not in row


@pytest.mark.parametrize("on", [True, False])
async def test_notifications_go_out_in_clear(
    vendor: Vendor, fake: RuckusOneFake, rows: str, on: bool
) -> None:
    fake.pool(SSID).fields["autoNotificationsEnabled"] = on
    await vendor.done("POST", rows, good())
    [row] = fake.rows(SSID)
    await vendor.done("PATCH", f"{rows}/{row['id']}", {"passphrase": "passphrase-2"})
    assert fake.house.mails == (["passphrase-1", "passphrase-2"] if on else [])
    fake.house.mails.clear()  # else the fixture would say that we let it happen


async def test_devices_need_bare_arrays(vendor: Vendor, fake: RuckusOneFake, rows: str) -> None:
    await vendor.done("POST", rows, good())
    [row] = fake.rows(SSID)
    devices = f"{rows}/{row['id']}/devices"
    assert (await vendor.call("POST", devices, {"mac": "x"}))[0] == 400
    await vendor.done("POST", devices, ["02:00:00:00:00:01"])
    assert (await vendor.call("GET", devices))[1][0]["deviceConnectivity"] == "CONFIGURED"
    assert (await vendor.call("POST", f"{devices}/query", {}))[1]["content"][0]["mac"] == "02:00:00:00:00:01"
    await vendor.done("DELETE", devices, ["02:00:00:00:00:01"])
    assert (await vendor.call("GET", devices))[1] == []


async def test_the_older_lists(vendor: Vendor, fake: RuckusOneFake, rows: str) -> None:
    for number in range(3):
        fake.add_foreign_key(SSID, f"p{number}", f"passphrase-{number}")
    _, page = await vendor.call("GET", f"{rows}?page=0&size=2")
    assert (len(page["content"]), page["totalElements"]) == (2, 3)
    async with vendor.session.get(
        f"{fake.address}/dpskServices", headers={"Authorization": f"Bearer {vendor.token}"}
    ) as answer:
        assert answer.headers["Deprecation"] == "true"


async def test_a_pool_is_made_in_the_vendor_s_order(vendor: Vendor, fake: RuckusOneFake) -> None:
    """Identity group, pool below it, network, attached."""
    await vendor.done("POST", "/identityGroups", {"name": "People"})
    [group] = [one["id"] for one in fake.house.groups.values() if one["name"] == "People"]
    body = {"name": "P", "passphraseFormat": "KEYBOARD_FRIENDLY", "passphraseLength": 12}
    assert (await vendor.call("POST", f"/identityGroups/{group}/dpskServices", body))[0] == 400
    await vendor.done("POST", f"/identityGroups/{group}/dpskServices", body | {"name": "People"})
    [pool] = fake.house.pools
    wlan = fake.house.add_wlan("New", [])
    await vendor.done("PUT", f"/wifiNetworks/{wlan['id']}/dpskServices/{pool}", None)
    _, attached = await vendor.call("GET", f"/wifiNetworks/{wlan['id']}/dpskServices")
    assert [one["id"] for one in attached] == [pool]
    status, _ = await vendor.call("POST", f"/identityGroups/{group}/dpskServices", body | {"name": "People"})
    assert status == 409


async def test_a_bucket_of_calls(vendor: Vendor, fake: RuckusOneFake, clock: HandClock) -> None:
    clock.advance(60)
    fake.knobs.rate = 5.0
    statuses = [(await vendor.call("GET", "/tenants/self"))[0] for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    clock.advance(12)
    assert (await vendor.call("GET", "/tenants/self"))[0] == 200


async def test_a_bad_day(vendor: Vendor, fake: RuckusOneFake) -> None:
    fake.break_down(True)
    async with vendor.session.get(f"{fake.address}/tenants/self") as answer:
        assert (answer.status, answer.content_type) == (503, "text/html")
    fake.break_down(False)
    assert (await vendor.call("GET", "/tenants/self"))[0] == 200


class Loopback(AbstractResolver):
    """The vendor's names, here."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: set[str] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.add(host)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self.port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("region", ["", "eu.", "asia."])
async def test_somebody_else_s_client_works_with_it(
    fake: RuckusOneFake, clock: HandClock, region: str
) -> None:
    """aioruckus finds RUCKUS One by the host's name, logs in and reads. It writes nothing about DPSK."""
    pool = fake.pool(SSID)
    resolver = Loopback(int(fake.address.rpartition(":")[2]))
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
    ) as session:
        host = f"http://{region}ruckus.cloud/{TENANT}"
        made = AjaxSession(session, host, CLIENT_ID, CLIENT_SECRET)
        async with made as logged_in:
            api = logged_in.api
            [wlan] = await api.get_wlans()
            assert wlan["ssid"] == SSID
            [ap] = await api.get_aps()
            assert ap["serial"] == fake.house.ap["serialNumber"]
            assert (await api.get_system_info())["identity"]["name"] == "Members' house"
            assert await api.get_active_clients() == []
            fake.add_foreign_key(SSID, "Printer", "printer-on-3rd-floor")
            await fake.join(SSID, "printer-on-3rd-floor", "02:00:00:00:00:01")
            [client] = await api.get_active_clients()
            assert client["mac"] == "02:00:00:00:00:01"
    assert resolver.asked == {f"api.{region}ruckus.cloud"}
    assert pool.fields["name"] == "Members members"
