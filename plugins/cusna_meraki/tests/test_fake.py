"""Does the cloud in a box speak as Meraki does, also to callers who are not us?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from cusna_core.api import Clock, FakeWifi, Key, Unreachable
from cusna_meraki.fake import API_KEY, Access, MerakiFake
from cusna_meraki.network import MerakiNetwork

MAC = "02:00:00:00:00:01"
Reply = tuple[int, Any, Any]


class Raw:
    """A caller of the bare API."""

    def __init__(self, session: aiohttp.ClientSession, fake: MerakiFake) -> None:
        self.session = session
        self.base = fake.options()["base_url"]
        self.headers = {"Authorization": f"Bearer {API_KEY}"}

    async def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        options.setdefault("headers", self.headers)
        async with self.session.request(method, self.base + path, json=body, **options) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else text, response.headers


@pytest.fixture
async def raw(fake: MerakiFake) -> AsyncIterator[Raw]:
    fake.knobs.burst = 1000
    async with aiohttp.ClientSession() as session:
        yield Raw(session, fake)


@pytest.fixture
def psks(fake: MerakiFake) -> str:
    return (
        f"/networks/{fake.site.id}/wireless/ssids/{fake.cloud.set_up_ssid(fake.site, 'Members')}/identityPsks"
    )


@pytest.fixture
def policies(fake: MerakiFake) -> str:
    return f"/networks/{fake.site.id}/groupPolicies"


# Who may do what


async def test_keys_are_taken_in_either_header(fake: MerakiFake, raw: Raw) -> None:
    me = "/administered/identities/me"
    for headers, status in (
        (raw.headers, 200),
        ({"X-Cisco-Meraki-API-Key": API_KEY}, 200),
        ({"Authorization": "Bearer wrong"}, 401),
        ({}, 401),
    ):
        assert (await raw("GET", me, headers=headers))[0] == status
    assert (await raw("GET", me, headers={}))[1] == {"errors": ["No valid authentication method found"]}


async def test_what_may_not_be_seen_is_an_empty_404(fake: MerakiFake, raw: Raw, psks: str) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), networks=frozenset({"N_1"}))
    for path in (psks, f"/networks/{fake.site.id}", "/networks/N_9", "/organizations/1/networks"):
        status, body, headers = await raw("GET", path)
        assert (status, body) == (404, "")
        assert "json" not in headers["Content-Type"]
    assert (await raw("GET", "/nowhere"))[0] == 404
    assert (await raw("PATCH", f"/networks/{fake.site.id}"))[0] == 405


async def test_a_read_only_key_reads(fake: MerakiFake, raw: Raw, psks: str, policies: str) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), writes=False)
    assert (await raw("GET", psks))[0] == 200
    assert (await raw("POST", psks, {}))[0] == 403
    assert (await raw("POST", policies, {}))[0] == 403


async def test_calls_beyond_the_rate_are_told_to_wait(fake: MerakiFake, raw: Raw, clock: Clock) -> None:
    """Ten a second and ten at once more: twenty in the first second, thirty in the first two."""
    fake.knobs.burst = 10
    statuses = [(await raw("GET", "/organizations"))[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    _, body, headers = await raw("GET", "/organizations")
    assert body == {"errors": ["API rate limit exceeded for organization"]}
    assert headers["Retry-After"] == "1"
    for _ in range(2):
        await clock.sleep(1)
        assert [(await raw("GET", "/organizations"))[0] for _ in range(11)] == [200] * 10 + [429]
    await clock.sleep(60)
    statuses = [(await raw("GET", "/organizations"))[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429], "no more is saved up"


async def test_the_rate_is_an_organisations_whoever_calls(fake: MerakiFake, raw: Raw) -> None:
    """Also a key that sees two, as a consultant's does; and what one has used up leaves the other's."""
    fake.knobs.burst = 10
    other = fake.cloud.add_org("Another house")
    for name, orgs in (("both", {fake.org, other}), ("theirs", {other})):
        fake.cloud.access[name] = Access(frozenset(orgs))
    both = {"headers": {"Authorization": "Bearer both"}}
    assert [(await raw("GET", f"/networks/{fake.site.id}"))[0] for _ in range(10)] == [200] * 10
    assert (await raw("GET", f"/networks/{fake.site.id}", **both))[0] == 429
    assert (await raw("GET", f"/organizations/{fake.org}/networks", **both))[0] == 429
    assert (await raw("GET", f"/organizations/{other}/networks", **both))[0] == 200


# Identity PSKs


PSK: dict[str, Any] = {"name": "Mia", "groupPolicyId": "?", "passphrase": "green-river-42"}
BODIES: list[tuple[str, dict[str, Any], int, str]] = [
    ("no name", {"name": ...}, 400, "'name' is required"),
    ("no policy", {"groupPolicyId": ...}, 400, "'groupPolicyId' is required"),
    ("policy as a number", {"groupPolicyId": 101}, 400, "'groupPolicyId' must be a string"),
    ("policy from elsewhere", {"groupPolicyId": "1"}, 400, "Group policy does not exist in this network"),
    ("no name to speak of", {"name": ""}, 400, "Name must be 1 to 127 characters"),
    ("long name", {"name": "x" * 128}, 400, "Name must be 1 to 127 characters"),
    ("short", {"passphrase": "1234567"}, 400, "Passphrase must be 8 to 63 printable ASCII characters"),
    ("long", {"passphrase": "x" * 64}, 400, "Passphrase must be 8 to 63 printable ASCII characters"),
    ("umlaut", {"passphrase": "grüner-fluss"}, 400, "Passphrase must be 8 to 63 printable ASCII characters"),
    ("taken name", {"name": "Printer"}, 400, "Name has already been taken"),
    ("taken passphrase", {"passphrase": "printer-printer"}, 400, "Passphrase has already been taken"),
    ("past", {"expiresAt": "2020-01-01T00:00:00Z"}, 400, "'expiresAt' must be in the future"),
    ("no zone", {"expiresAt": "2027-01-01T00:00:00"}, 400, "'expiresAt' must have a time zone"),
    ("no date", {"expiresAt": "soon"}, 400, "'expiresAt' must be a date-time"),
    ("unknown field", {"vlan": 12}, 201, ""),
    ("read-only field", {"email": "mia@example.com"}, 201, ""),
    ("no end", {"expiresAt": None}, 201, ""),
    ("empty end", {"expiresAt": ""}, 201, ""),
]


@pytest.mark.parametrize(("change", "status", "error"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
async def test_new_identity_psks(
    fake: MerakiFake, raw: Raw, psks: str, change: dict[str, Any], status: int, error: str
) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    body = PSK | {"groupPolicyId": fake.house_policy["groupPolicyId"]} | change
    answer = await raw("POST", psks, {name: value for name, value in body.items() if value is not ...})
    assert answer[0] == status
    if error:
        assert answer[1] == {"errors": [error]}
    else:
        assert answer[1]["email"] is None
        assert answer[1]["expiresAt"] is None
        assert "vlan" not in answer[1]


async def test_a_blank_passphrase_is_made_up(fake: MerakiFake, raw: Raw, psks: str) -> None:
    body = {"name": "Mia", "groupPolicyId": fake.house_policy["groupPolicyId"]}
    made = (await raw("POST", psks, body))[1]
    assert await fake.join("Members", made["passphrase"], MAC) == 0


async def test_one_identity_psk(fake: MerakiFake, raw: Raw, psks: str, clock: Clock) -> None:
    made = (await raw("POST", psks, PSK | {"groupPolicyId": fake.house_policy["groupPolicyId"]}))[1]
    one = f"{psks}/{made['id']}"
    assert (await raw("GET", one))[1] == made
    changed = (await raw("PUT", one, {"expiresAt": "2026-12-01T01:00:00+01:00"}))[1]
    assert changed == made | {"expiresAt": "2026-12-01T00:00:00Z"}
    assert (await raw("PUT", one, {"expiresAt": None}))[1] == made
    assert (await raw("DELETE", one))[0] == 204
    assert (await raw("DELETE", one))[0] == 404
    assert (await raw("GET", one))[0] == 404
    assert (await raw("GET", psks.replace("/ssids/0/", "/ssids/15/")))[0] == 404


@pytest.mark.parametrize("body", ["[]", "{"])
async def test_a_body_must_be_an_object(raw: Raw, psks: str, body: str) -> None:
    async with raw.session.post(raw.base + psks, data=body, headers=raw.headers) as response:
        assert response.status == 400


async def test_knobs_of_keys(fake: MerakiFake, raw: Raw, psks: str, clock: Clock) -> None:
    body = PSK | {"groupPolicyId": fake.house_policy["groupPolicyId"]}
    fake.knobs.past_expiry = "accept"
    past = await raw("POST", psks, body | {"expiresAt": "2020-01-01T00:00:00Z"})
    assert past[0] == 201
    assert await fake.join("Members", body["passphrase"], MAC) is None
    assert len((await raw("GET", psks))[1]) == 1
    fake.knobs.list_expired = False
    assert (await raw("GET", psks))[1] == []
    fake.knobs.unique_name = fake.knobs.unique_passphrase = False
    assert (await raw("POST", psks, body))[0] == 201
    fake.knobs.push_delay_s = 30
    late = await raw("POST", psks, body | {"name": "Ben", "passphrase": "blue-mountain-7"})
    assert late[0] == 201
    assert await fake.join("Members", "blue-mountain-7", MAC) is None
    await clock.sleep(30)
    assert await fake.join("Members", "blue-mountain-7", MAC) == 0


async def test_a_template_bound_network_takes_no_writes(
    fake: MerakiFake, raw: Raw, psks: str, policies: str
) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    one = f"{psks}/{fake.psks('Members')[0]['id']}"
    fake.site.template_bound = True
    body = PSK | {"groupPolicyId": fake.house_policy["groupPolicyId"]}
    for method, path, sent in (
        ("POST", psks, body),
        ("PUT", one, {}),
        ("DELETE", one, None),
        ("PUT", psks.removesuffix("/identityPsks"), {}),
        ("POST", policies, {"name": "x"}),
        ("DELETE", f"{policies}/{body['groupPolicyId']}", None),
    ):
        assert (await raw(method, path, sent))[0] == 400, f"{method} {path}"


async def test_devices_drop_at_once_where_the_knob_says_so(
    fake: MerakiFake, raw: Raw, psks: str, clock: Clock
) -> None:
    fake.knobs.drop_clients = True
    body = PSK | {"groupPolicyId": fake.house_policy["groupPolicyId"]}
    ends = (clock.now() + timedelta(hours=1)).isoformat()
    first = (await raw("POST", psks, body | {"expiresAt": ends}))[1]
    second = (await raw("POST", psks, body | {"name": "Ben", "passphrase": "blue-mountain-7"}))[1]
    await fake.join("Members", "green-river-42", MAC)
    await fake.join("Members", "blue-mountain-7", "02:00:00:00:00:02")
    await raw("PUT", f"{psks}/{first['id']}", {"expiresAt": ends})
    assert len(fake.online("Members")) == 2
    await clock.sleep(3600)
    assert list(fake.online("Members")) == ["02:00:00:00:00:02"]
    await raw("DELETE", f"{psks}/{second['id']}")
    assert fake.online("Members") == {}


# SSIDs and group policies


async def test_an_ssid_shows_what_its_mode_has(fake: MerakiFake, raw: Raw, psks: str) -> None:
    path = psks.removesuffix("/identityPsks")
    assert "useVlanTagging" in (await raw("GET", path))[1]
    changed = await raw("PUT", path, {"ipAssignmentMode": "NAT mode", "number": 9})
    assert changed[0] == 200
    assert "useVlanTagging" not in changed[1]
    assert changed[1]["number"] == 0
    assert (await raw("PUT", path, {"authMode": "magic"}))[0] == 400
    assert len((await raw("GET", path.removesuffix("/0")))[1]) == 15


POLICIES: list[tuple[str, dict[str, Any], int]] = [
    ("no name", {}, 400),
    ("plain", {"name": "x"}, 201),
    ("VLAN as a number", {"name": "x", "vlanTagging": {"settings": "custom", "vlanId": 120}}, 400),
    ("VLAN", {"name": "x", "vlanTagging": {"settings": "custom", "vlanId": "120"}}, 201),
    ("no VLAN", {"name": "x", "vlanTagging": {"settings": "custom"}}, 400),
    ("VLAN 0", {"name": "x", "vlanTagging": {"settings": "custom", "vlanId": "0"}}, 400),
    ("VLAN 4095", {"name": "x", "vlanTagging": {"settings": "custom", "vlanId": "4095"}}, 400),
    ("unknown setting", {"name": "x", "vlanTagging": {"settings": "magic"}}, 400),
    ("taken", {"name": "House devices"}, 400),
]


@pytest.mark.parametrize(("body", "status"), [p[1:] for p in POLICIES], ids=[p[0] for p in POLICIES])
async def test_new_group_policies(raw: Raw, policies: str, body: dict[str, Any], status: int) -> None:
    assert (await raw("POST", policies, body))[0] == status


async def test_a_group_policy_in_use_stays_unless_forced(
    fake: MerakiFake, raw: Raw, psks: str, policies: str
) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    one = f"{policies}/{fake.house_policy['groupPolicyId']}"
    assert (await raw("GET", one))[1]["name"] == "House devices"
    assert (await raw("PUT", one, {"name": "House"}))[1]["name"] == "House"
    assert (await raw("DELETE", one))[0] == 400
    association = fake.associate("Members", "printer-printer", MAC)
    del fake.site.psks[0][fake.psks("Members")[0]["id"]]
    assert (await raw("DELETE", one))[0] == 400, "a device is online with it"
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    assert (await raw("DELETE", one + "?force=true"))[0] == 204
    assert (await raw("GET", one))[0] == 404
    association = fake.associate("Members", "printer-printer", MAC)
    assert association is not None
    assert association.group_policy == ""
    fake.knobs.max_group_policies = 1
    assert (await raw("POST", policies, {"name": "a"}))[0] == 201
    assert (await raw("POST", policies, {"name": "b"}))[0] == 400


async def test_policies_made_at_the_same_time(fake: MerakiFake, raw: Raw, policies: str) -> None:
    fake.knobs.parallel_policy_400 = True
    answers = await asyncio.gather(*[raw("POST", policies, {"name": f"p{n}"}) for n in range(4)])
    assert 400 in {answer[0] for answer in answers}


async def test_a_vlan_needs_tagging_where_the_knob_says_so(
    fake: MerakiFake, network: MerakiNetwork, key: Callable[..., Key]
) -> None:
    fake.cloud.add_policy(
        fake.site, {"name": "cusna-ab12-v120", "vlanTagging": {"settings": "custom", "vlanId": "120"}}
    )
    await network.create(key("mia", "green-river-42", 120))
    fake.knobs.vlan_needs_tagging = True
    assert await fake.join("Members", "green-river-42", MAC) == 0
    fake.site.ssids[0]["useVlanTagging"] = True
    assert await fake.join("Members", "green-river-42", MAC) == 120


# Action batches


@pytest.fixture
def batches(fake: MerakiFake) -> str:
    return f"/organizations/{fake.org}/actionBatches"


def action(fake: MerakiFake, name: str, **fields: Any) -> dict[str, Any]:
    resource = f"/networks/{fake.site.id}/groupPolicies"
    return {"operation": "create", "resource": resource, "body": {"name": name}} | fields


async def test_a_batch_has_its_limits(fake: MerakiFake, raw: Raw, batches: str) -> None:
    for count, synchronous, status in (
        (100, False, 201),
        (101, False, 400),
        (20, True, 201),
        (21, True, 400),
    ):
        body = {
            "confirmed": True, "synchronous": synchronous,
            "actions": [action(fake, f"{count} {n}") for n in range(count)],
        }  # fmt: skip
        assert (await raw("POST", batches, body))[0] == status, count
    for wrong in ({"resource": "/networks/N_1/vlans"}, {"operation": "destroy"}):
        answer = await raw("POST", batches, {"confirmed": True, "actions": [action(fake, "x", **wrong)]})
        assert answer[:2] == (400, {"errors": ["Unsupported operation"]})
    assert (await raw("POST", batches, {"confirmed": True, "actions": []}))[0] == 400


async def test_five_batches_of_an_organisation_are_under_way(
    fake: MerakiFake, raw: Raw, batches: str, clock: Clock
) -> None:
    body = {"confirmed": True, "synchronous": False}
    for n in range(5):
        assert (await raw("POST", batches, body | {"actions": [action(fake, f"p{n}")]}))[0] == 201
    for synchronous in (False, True):
        sixth = body | {"synchronous": synchronous, "actions": [action(fake, "p6")]}
        assert (await raw("POST", batches, sixth))[:2] == (
            400,
            {
                "errors": [
                    "Too many concurrently executing batches. Maximum is 5 confirmed but not yet executed "
                    "batches."
                ]
            },
        )
    unconfirmed = await raw("POST", batches, {"actions": [action(fake, "p7")]})
    assert unconfirmed[0] == 201, "it is not under way"
    await clock.sleep(3)
    assert (await raw("POST", batches, body | {"actions": [action(fake, "p6")]}))[0] == 201


async def test_a_batch_is_all_or_nothing_and_in_order(
    fake: MerakiFake, raw: Raw, batches: str, clock: Clock
) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    [printer] = fake.psks("Members")
    keys = f"/networks/{fake.site.id}/wireless/ssids/0/identityPsks"
    again = {"name": "Printer", "groupPolicyId": printer["groupPolicyId"], "passphrase": "printer-printer"}
    free = {"operation": "destroy", "resource": f"{keys}/{printer['id']}", "body": {}}
    make = {"operation": "create", "resource": keys, "body": again}
    before = fake.others("Members")
    for actions, good in (
        ([make, free], False),
        ([free, action(fake, "x"), make, make], False),
        ([free, make], True),
    ):
        sent = (await raw("POST", batches, {"confirmed": True, "actions": actions}))[1]
        assert sent["status"] == {"completed": False, "failed": False, "errors": [], "createdResources": []}
        await clock.sleep(3)
        done = (await raw("GET", f"{batches}/{sent['id']}"))[1]
        assert done["actions"] == actions, "passphrases are told to whoever may look"
        assert (done["status"]["completed"], done["status"]["failed"]) == (good, not good)
        if not good:
            assert "printer-printer" in done["status"]["errors"][0]
            assert fake.others("Members") == before
    [made] = done["status"]["createdResources"]
    assert made == {"id": fake.psks("Members")[0]["id"], "uri": f"{keys}/{made['id']}"}
    assert len((await raw("GET", f"{batches}?status=failed"))[1]) == 2
    assert (await raw("GET", f"{batches}?status=magic"))[0] == 400


async def test_a_batch_may_change_an_ssid_as_a_call_may(fake: MerakiFake, raw: Raw, batches: str) -> None:
    fake.cloud.set_up_ssid(fake.site, "Members")

    async def change(**fields: Any) -> bool:
        resource = f"/networks/{fake.site.id}/wireless/ssids/0"
        actions = [{"operation": "update", "resource": resource, "body": fields}]
        body = {"confirmed": True, "synchronous": True, "actions": actions}
        return bool((await raw("POST", batches, body))[1]["status"]["completed"])

    assert await change(name="Co-workers")
    assert not await change(authMode="magic")
    fake.site.template_bound = True
    assert not await change(name="Members")
    assert fake.site.ssids[0]["name"] == "Co-workers"


async def test_a_batch_that_nobody_confirms_is_dropped_after_a_week(
    fake: MerakiFake, raw: Raw, batches: str, clock: Clock
) -> None:
    one = (await raw("POST", batches, {"actions": [action(fake, "x")]}))[1]
    two = (await raw("POST", batches, {"actions": [action(fake, "y")], "confirmed": True}))[1]
    await clock.sleep(7 * 86400 - 1)
    assert (await raw("GET", f"{batches}/{one['id']}"))[0] == 200
    await clock.sleep(2)
    assert (await raw("GET", f"{batches}/{one['id']}"))[0] == 404
    assert (await raw("GET", f"{batches}/{two['id']}"))[0] == 200


# Lists and devices


async def test_pages_turn_by_an_unquoted_rel(fake: MerakiFake, raw: Raw) -> None:
    for n in range(4):
        fake.cloud.add_site(fake.org, f"House {n}")
    path = f"/organizations/{fake.org}/networks"
    _, first, headers = await raw("GET", path + "?perPage=3")
    assert len(first) == 3
    assert "; rel=next" in headers["Link"]
    assert f"<{raw.base}{path}?perPage=3&startingAfter={first[-1]['id']}>" in headers["Link"]
    _, second, headers = await raw("GET", f"{path}?perPage=3&startingAfter={first[-1]['id']}")
    assert len(second) == 2
    assert "rel=next" not in headers["Link"]
    for size in ("2", "100001", "many"):
        assert (await raw("GET", f"{path}?perPage={size}"))[0] == 400


async def test_devices(fake: MerakiFake, raw: Raw, psks: str) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    await fake.join("Members", "printer-printer", MAC)
    clients = f"/networks/{fake.site.id}/clients"
    [client] = (await raw("GET", f"{clients}?pskGroup=Printer&statuses[]=Online"))[1]
    assert (client["mac"], client["pskGroup"], client["ssid"]) == (MAC, "Printer", "Members")
    assert (await raw("GET", f"{clients}?pskGroup=Mia"))[1] == []
    assert (await raw("GET", f"{clients}?timespan=9999999"))[0] == 400
    policy = f"{clients}/{client['id']}/policy"
    assert (await raw("GET", policy))[1] == {"mac": MAC, "devicePolicy": "Normal"}
    assert (await raw("PUT", policy, {"devicePolicy": "Blocked"}))[1]["devicePolicy"] == "Blocked"
    assert (await raw("GET", policy))[1]["devicePolicy"] == "Blocked"
    assert (await raw("GET", f"{clients}/k99/policy"))[0] == 404
    tool = f"/organizations/{fake.org}/wireless/devices/liveTools/clients"
    assert (await raw("POST", f"{tool}/{client['id']}/disconnect"))[0] == 201
    assert (await raw("POST", f"{tool}/k99/disconnect"))[0] == 404
    assert (await raw("GET", f"{clients}?statuses[]=Online"))[1] == []
    assert len((await raw("GET", clients))[1]) == 1
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), writes=False)
    assert (await raw("PUT", policy, {"devicePolicy": "Normal"}))[0] == 403


# What the demo uses


async def test_it_is_a_wifi_for_the_demo(
    fake: MerakiFake, network: MerakiNetwork, key: Callable[..., Key]
) -> None:
    wifi: FakeWifi = fake
    assert wifi.network_options("Members") == wifi.network_options("Members")
    assert wifi.network_options("Studio") != wifi.network_options("Members")
    wifi.add_foreign_key("Members", "Printer", "printer-printer")
    await network.create(key("mia", "green-river-42"))
    assert await wifi.join("Members", "printer-printer", MAC) == 0
    assert await wifi.join("Studio", "printer-printer", "02:00:00:00:00:02") is None
    assert wifi.online("Members") == {MAC: 0}
    assert wifi.foreign_keys("Members") == {"Printer": "printer-printer"}
    assert wifi.foreign_keys("Studio") == {}
    wifi.break_down(True)
    with pytest.raises(Unreachable):
        await network.read()
    wifi.break_down(False)
    assert len(await network.read()) == 2


async def test_a_device_that_is_refused_is_offline(fake: MerakiFake, network: MerakiNetwork) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    await fake.join("Members", "printer-printer", MAC)
    assert await fake.join("Members", "wrong-wrong", MAC) is None
    assert fake.online("Members") == {}
    for change in ({"enabled": False}, {"wpaEncryptionMode": "WPA3 only"}, {"authMode": "psk"}):
        good = dict(fake.site.ssids[0])
        fake.site.ssids[0].update(change)
        assert fake.cloud.associate(fake.site, 0, "printer-printer", MAC) is None
        fake.site.ssids[0].update(good)


async def test_stopping_twice_is_fine(clock: Clock) -> None:
    fake = MerakiFake(clock)
    await fake.start()
    with pytest.raises(AssertionError):
        await fake.listen("192.0.2.1")
    await fake.stop()
    await fake.stop()
