"""Does the box behave like the vendor, where the driver does not look?"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from cusna_unifi.fake import BASE, UnifiFake
from cusna_unifi.fake.rules import REFERRED

ANNA, PRINTER = "anna-anna-anna-anna", "printer on 3rd floor"
KEY = {"X-API-KEY": "local-api-key-0001"}


class Browser:
    """Calls as somebody else's program makes them."""

    def __init__(self, session: aiohttp.ClientSession, fake: UnifiFake) -> None:
        self.session, self.fake = session, fake
        self.site = "/proxy/network/api/s/default/"

    async def __call__(self, method: str, path: str, **how: Any) -> tuple[int, Any]:
        how.setdefault("headers", KEY)
        url = self.fake.url + (path if path.startswith("/") else self.site + path)
        async with self.session.request(method, url, allow_redirects=False, **how) as response:
            json = response.content_type == "application/json"
            return response.status, await response.json() if json else await response.text()

    async def error(self, method: str, path: str, **how: Any) -> str:
        status, body = await self(method, path, **how)
        assert status >= 400
        return str(body["meta"]["msg"]).removeprefix("api.err.")


@pytest.fixture
async def browser(rack: Any) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(session, rack.fake)


async def test_the_doors(browser: Browser, rack: Any) -> None:
    assert (await browser("GET", "/"))[0] == 200
    rack.fake.knobs.root_302 = True
    assert (await browser("GET", "/"))[0] == 302
    assert (await browser("GET", "/somewhere"))[0] == 404
    assert (await browser("GET", "self", headers={}))[0] == 401
    assert (await browser("GET", "self"))[1]["data"][0]["role"] == "admin"
    assert (await browser("GET", "/proxy/network/status"))[1]["meta"]["up"] is True
    assert (await browser("POST", "/api/auth/login", data="no json"))[0] == 403


async def test_paths_and_ids_that_nobody_knows(browser: Browser, rack: Any) -> None:
    wlan = "rest/wlanconf/"
    for method, path in (("GET", "rest/nothing"), ("GET", "stat/nothing"), ("GET", "/proxy/network/x"),
                         ("DELETE", "rest/wlanconf"),
                         ("PATCH", f"rest/networkconf/{rack.fake.site.home}")):  # fmt: skip
        assert await browser.error(method, path) == "NotFound"
    assert await browser.error("GET", "/proxy/network/api/s/nowhere/self") == "NoSiteContext"
    assert await browser.error("GET", wlan + "x") == "IdInvalid"
    assert await browser.error("PUT", wlan + "f" * 24, json={}) == "IdInvalid"
    assert await browser.error("GET", "stat/sta/aa:bb:cc:00:00:01") == "InvalidObject"
    assert await browser.error("POST", "cmd/stamgr", json={"cmd": "dance"}) == "InvalidObject"
    rack.fake.server.classic.version = "9.5.21"
    assert (await browser("GET", "stat/sta/aa:bb:cc:00:00:01"))[1]["data"] == []
    groups = await browser("GET", "/proxy/network/v2/api/site/default/apgroups")
    assert groups[1][0]["device_macs"] == list(rack.fake.site.aps)


async def test_what_a_wlan_refuses(browser: Browser, rack: Any) -> None:
    stored = rack.fake.site.wlan("Members")
    path = f"rest/wlanconf/{stored['_id']}"
    assert (await browser("GET", path))[1]["data"] == [stored]
    key = {"password": ANNA, "networkconf_id": ""}
    for fields, field in (
        ({"private_preshared_keys": None}, ""),
        ({"private_preshared_keys": ["no object"]}, ""),
        ({"private_preshared_keys": [{"networkconf_id": ""}]}, ""),
        ({"private_preshared_keys": [key, key]}, ""),
        ({"private_preshared_keys": [{"password": "short"}]}, "private_preshared_keys.password"),
        ({"name": "n" * 33}, "name"),
        ({"security": "magic"}, "security"),
        ({"security": "open"}, ""),
        ({"x_passphrase": "short"}, "x_passphrase"),
        ({"wpa3_support": True}, ""),
        ({"wlan_bands": ["6g"]}, ""),
        ({"radius_mac_auth_enabled": "true"}, ""),
        ({"hotspot_enabled": True}, ""),
    ):
        status, body = await browser("PUT", path, json=fields)
        assert (status, body["meta"]["msg"]) == (400, "api.err.InvalidPayload")
        assert [one["validationError"]["field"] for one in body["data"]] == ([field] if field else [])
    unknown = {"private_preshared_keys": [{"password": ANNA, "networkconf_id": "f" * 24}]}
    assert await browser.error("PUT", path, json=unknown) == "IdInvalid"
    rack.fake.knobs.empty_list = False
    assert await browser.error("PUT", path, json={"private_preshared_keys": []}) == "InvalidPayload"
    assert rack.fake.site.wlan("Members") == stored
    rack.fake.knobs.empty_list = True
    merged = (await browser("PUT", path, json={"name": "Guests", "no_such_field": 1}))[1]["data"]
    assert merged == [{**stored, "name": "Guests"}]
    count = rack.fake.site.provision_count
    await browser("PUT", path, json={"name": "Guests"})
    assert rack.fake.site.provision_count == count == 1
    # Where the WLAN itself leads is the controller's affair while PPSK is on.
    lounge = rack.fake.site.add_network("Lounge", 50)
    assert (await browser("PUT", path, json={"networkconf_id": lounge}))[1] == {
        "meta": {"rc": "ok"},
        "data": [],
    }
    assert rack.fake.site.wlan("Guests")["networkconf_id"] == rack.fake.site.home
    assert rack.fake.calls("PUT")[1].body == {"private_preshared_keys": ["no object"]}
    assert ANNA not in str(rack.fake.journal)


async def test_what_a_network_refuses(browser: Browser, rack: Any) -> None:
    good = {"name": "A", "purpose": "vlan-only", "enabled": True, "vlan_enabled": True, "vlan": 700}
    path = "rest/networkconf"
    for fields, code in (
        ({"name": ""}, "InvalidPayload"),
        ({"purpose": "party"}, "InvalidPayload"),
        ({"vlan": 4019}, "InvalidPayload"),
        ({"vlan_enabled": False}, "VlanUsed"),
        ({"network_isolation_enabled": True}, "NetworkIsolationAppliedOnNonCorporateNetwork"),
        ({"purpose": "corporate"}, "MissingIPAddress"),
    ):
        assert await browser.error("POST", path, json=good | fields) == code
    made = (await browser("POST", path, json=good))[1]["data"][0]
    status, body = await browser("POST", path, json=good | {"name": "B"})
    assert (status, body["meta"]) == (400, {"rc": "error", "vlan": 700, "msg": "api.err.VlanUsed"})
    item = f"{path}/{made['_id']}"
    assert (await browser("GET", item))[1]["data"] == [made]
    assert (await browser("PUT", item, json={"name": "C"}))[1]["data"][0]["name"] == "C"
    untagged = {"name": "D", "purpose": "vlan-only", "vlan": ""}
    assert (await browser("POST", path, json=untagged))[0] == 200
    rack.fake.edit("Members", {"password": ANNA, "networkconf_id": made["_id"]})
    assert await browser.error("DELETE", item) == REFERRED.removeprefix("api.err.")
    assert await browser.error("DELETE", f"{path}/{rack.fake.site.home}") == "NoDelete"
    rack.fake.site.wlan("Members")["private_preshared_keys"].clear()
    assert (await browser("DELETE", item, json={"name": "C"}))[1] == {"meta": {"rc": "ok"}, "data": []}


async def test_the_air(rack: Any) -> None:
    fake: UnifiFake = rack.fake
    mac = "aa:bb:cc:00:00:01"
    fake.add_foreign_key("Members", "printer", PRINTER)
    assert fake.foreign_keys("Members") == {"printer": PRINTER}
    assert await fake.join("Members", PRINTER, mac) == 0
    assert fake.online("Members") == {mac: 0}
    assert fake.online("Guests") == {}
    assert await fake.join("Members", "wrong passphrase", mac) is None
    assert await fake.join("Members", BASE, "aa:bb:cc:00:00:02") == 0
    fake.knobs.base_admits = False
    assert await fake.join("Members", BASE, "aa:bb:cc:00:00:03") is None
    assert await fake.join("Nobody", BASE, mac) is None
    fake.edit("Members", enabled=False)
    assert await fake.join("Members", PRINTER, "aa:bb:cc:00:00:04") is None
    fake.edit("Members", enabled=True, private_preshared_keys_enabled=False)
    assert await fake.join("Members", BASE, "aa:bb:cc:00:00:03") == 0
    options = fake.network_options("Guests")
    assert options["ssid"] == "Guests"
    assert fake.foreign_keys("Guests") == {}
    assert fake.network_options("Guests") == options


@pytest.mark.parametrize(("drop", "left"), [("none", 3), ("changed", 2), ("all", 2)])
async def test_a_reload_drops_whom_the_knob_says(rack: Any, drop: str, left: int) -> None:
    lounge = rack.fake.site.add_network("Lounge", 50)
    entries = [{"password": f"passphrase {n}", "networkconf_id": ""} for n in range(3)]
    rack.fake.edit("Members", *entries)
    for place in range(3):
        await rack.fake.join("Members", f"passphrase {place}", f"aa:bb:cc:00:00:0{place}")
    rack.fake.knobs.drop_clients = drop
    stale = rack.fake.copy("Members")
    stale["private_preshared_keys"] = [entries[0], {**entries[1], "networkconf_id": lounge}]
    rack.fake.ui_save(stale)
    online = rack.fake.online("Members")
    assert len(online) == left
    assert online["aa:bb:cc:00:00:01"] == (0 if drop == "none" else 50)


async def test_a_key_whose_network_was_deleted_leads_nowhere(rack: Any) -> None:
    rack.fake.edit("Members", {"password": ANNA, "networkconf_id": "f" * 24})
    assert await rack.fake.join("Members", ANNA, "aa:bb:cc:00:00:01") is None


async def test_a_bad_day_and_a_slow_one(browser: Browser, rack: Any, clock: Any) -> None:
    rack.fake.break_down(True)
    assert (await browser("GET", "self"))[0] == 503
    rack.fake.break_down(False)
    before = clock.seconds
    rack.fake.knobs.latency = 2.0
    assert (await browser("GET", "self"))[0] == 200
    assert clock.seconds == before + 2


async def test_a_self_hosted_application_has_other_paths(make_rack: Any) -> None:
    rack = await make_rack(flavour="network_app")
    async with aiohttp.ClientSession() as session:
        browser = Browser(session, rack.fake)
        assert (await browser("GET", "/"))[0] == 302
        assert await browser.error("GET", "/api/self/sites") == "LoginRequired"
        assert await browser.error("GET", "/proxy/network/api/self/sites") == "LoginRequired"
        network = await rack.network()
        assert await network.read() == []
        (token,) = rack.fake.server.gate.sessions
        assert (
            await browser.error("GET", "/integration/v1/info", headers={"Cookie": f"unifises={token}"})
            == "NotFound"
        )


async def test_it_stops_twice_and_has_a_clock_of_its_own() -> None:
    fake = UnifiFake()
    assert (await fake.start()).startswith("http://127.0.0.1:")
    await fake.stop()
    await fake.stop()
