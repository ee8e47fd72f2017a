"""Do programs that were written for the real cloud, by others, work with the one in a box?

Cisco's own SDK and an independent client: neither is used by the driver, and both must be content with the
fake. They call it by one of Meraki's names, through the fake as their proxy, so that they see the addresses
that they expect. Their calls are checked against the vendor's specification as well (see conftest).
"""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cusna_core.api import Clock
from cusna_meraki.fake import API_KEY, Fault, MerakiFake

BASE = "http://sim.meraki.com/api/v1"
SHARD = "http://n149.meraki.com"
MAC = "02:00:00:00:00:01"
VLAN = {"settings": "custom", "vlanId": "120"}


@pytest.fixture
def cloud(fake: MerakiFake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MerakiFake:
    """With room for callers that keep to no rate, in a folder where nothing may be left."""
    fake.knobs.burst = 1000
    fake.cloud.set_up_ssid(fake.site, "Members", 0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return fake


@pytest.fixture
async def sdk(cloud: MerakiFake, clock: Clock, tmp_path: Path) -> AsyncIterator[Any]:
    """The official one."""
    meraki_aio = pytest.importorskip("meraki.aio", reason="pip install meraki, to judge the fake by it")
    made = meraki_aio.AsyncDashboardAPI(
        API_KEY,
        base_url=BASE,
        requests_proxy=cloud.address,
        suppress_logging=True,
        smart_flow_enabled=False,
        maximum_retries=3,
    )
    made._session._sleep = clock.sleep
    async with made:
        yield made
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.fixture
async def other(cloud: MerakiFake, clock: Clock, tmp_path: Path) -> AsyncIterator[Any]:
    """The independent one, whose models are strict."""
    client = pytest.importorskip(
        "meraki_client.aio", reason="pip install meraki-client, to judge the fake by it"
    )
    made = client.AsyncMerakiClient(
        api_key=API_KEY, base_url=SimpleNamespace(value=BASE), requests_proxy=cloud.address
    )
    async with made:
        yield made
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


# The official SDK


async def test_the_sdk_reads(cloud: MerakiFake, sdk: Any) -> None:
    for n in range(7):
        cloud.cloud.add_site(cloud.org, f"House {n}")
    [org] = await sdk.organizations.getOrganizations()
    assert org["id"] == cloud.org
    assert (await sdk.administered.getAdministeredIdentitiesMe())["authentication"]["api"]["key"]["created"]
    networks = await sdk.organizations.getOrganizationNetworks(cloud.org, perPage=3, total_pages="all")
    assert len(networks) == 8, "it follows the pages"
    assert len(await sdk.wireless.getNetworkWirelessSsids(cloud.site.id)) == 15
    assert (await sdk.networks.getNetwork(cloud.site.id))["timeZone"] == "Europe/Berlin"
    assert (await sdk.wireless.getNetworkWirelessSsid(cloud.site.id, "0"))["name"] == "Members"


async def test_the_sdk_keeps_keys(cloud: MerakiFake, sdk: Any) -> None:
    site = cloud.site.id
    policy = await sdk.networks.createNetworkGroupPolicy(site, "Acme", vlanTagging=VLAN)
    made = await sdk.wireless.createNetworkWirelessSsidIdentityPsk(
        site,
        "0",
        "Mia",
        policy["groupPolicyId"],
        passphrase="green-river-42",
        expiresAt="2026-12-01T00:00:00Z",
    )
    assert await cloud.join("Members", "green-river-42", MAC) == 120
    changed = await sdk.wireless.updateNetworkWirelessSsidIdentityPsk(
        site, "0", made["id"], passphrase="blue-mountain-7", expiresAt=None
    )
    assert changed == made | {"passphrase": "blue-mountain-7", "expiresAt": None}
    assert await sdk.wireless.getNetworkWirelessSsidIdentityPsks(site, "0") == [changed]
    assert await sdk.wireless.getNetworkWirelessSsidIdentityPsk(site, "0", made["id"]) == changed
    [client] = await sdk.networks.getNetworkClients(site, perPage=10, total_pages="all", statuses=["Online"])
    assert client["mac"] == MAC
    await sdk.wireless.deleteNetworkWirelessSsidIdentityPsk(site, "0", made["id"])
    assert await cloud.join("Members", "blue-mountain-7", MAC) is None
    await sdk.networks.updateNetworkGroupPolicy(site, policy["groupPolicyId"], name="Acme 2")
    await sdk.networks.deleteNetworkGroupPolicy(site, policy["groupPolicyId"])
    assert [one["name"] for one in await sdk.networks.getNetworkGroupPolicies(site)] == ["House devices"]


async def test_the_sdk_is_refused_as_it_expects(cloud: MerakiFake, sdk: Any) -> None:
    exceptions = pytest.importorskip("meraki.exceptions")
    with pytest.raises(exceptions.APIError) as caught:
        await sdk.wireless.createNetworkWirelessSsidIdentityPsk(cloud.site.id, "0", "Mia", "1")
    assert caught.value.status == 400
    assert caught.value.message == {"errors": ["Group policy does not exist in this network"]}
    with pytest.raises(exceptions.APIError) as caught:
        await sdk.wireless.getNetworkWirelessSsidIdentityPsks("N_1", "0")
    assert caught.value.status == 404


@pytest.mark.parametrize("retry_after", ["0", "2"])
async def test_the_sdk_waits_when_told_to(
    cloud: MerakiFake, sdk: Any, clock: Clock, retry_after: str
) -> None:
    cloud.faults.append(Fault("status", status=429, retry_after=retry_after))
    before = clock.monotonic()
    assert len(await sdk.organizations.getOrganizations()) == 1
    assert [one.status for one in cloud.journal] == [429, 200]
    assert clock.monotonic() - before >= int(retry_after)


@pytest.mark.parametrize("status", [302, 307, 308])
async def test_the_sdk_follows_to_a_shard(cloud: MerakiFake, sdk: Any, status: int) -> None:
    cloud.faults.append(Fault("redirect", status=status, to=SHARD))
    await sdk.networks.createNetworkGroupPolicy(cloud.site.id, "Acme")
    assert [one.headers["Host"] for one in cloud.journal] == ["sim.meraki.com", "n149.meraki.com"]
    assert {one["name"] for one in cloud.site.policies.values()} == {"House devices", "Acme"}


async def test_the_sdk_sends_batches(cloud: MerakiFake, sdk: Any, clock: Clock) -> None:
    """With actions of its own making; and it waits by itself while five are under way."""
    site, policy = cloud.site.id, cloud.house_policy["groupPolicyId"]
    cloud.batches.occupy(cloud.org, 5, 30)
    actions = [
        sdk.batch.networks.createNetworkGroupPolicy(site, "Acme", vlanTagging=VLAN),
        *(
            sdk.batch.wireless.createNetworkWirelessSsidIdentityPsk(
                site, "0", f"m{n}", policy, passphrase=f"passphrase-{n}"
            )
            for n in range(30)
        ),
    ]
    batch = await sdk.organizations.createOrganizationActionBatch(cloud.org, actions, confirmed=True)
    assert [one.status for one in cloud.journal] == [400, 201]
    assert not batch["status"]["completed"]
    [pending] = await sdk.organizations.getOrganizationActionBatches(cloud.org, status="pending")
    assert pending == batch
    await clock.sleep(6)
    done = await sdk.organizations.getOrganizationActionBatch(cloud.org, batch["id"])
    assert done["status"]["completed"]
    uris = [one["uri"] for one in done["status"]["createdResources"]]
    assert uris[0].startswith(f"/networks/{site}/groupPolicies/")
    assert len(uris) == 31
    assert await cloud.join("Members", "passphrase-29", MAC) == 0


async def test_the_sdk_previews_confirms_and_drops_batches(cloud: MerakiFake, sdk: Any) -> None:
    site = cloud.site.id
    cloud.add_foreign_key("Members", "Printer", "printer-printer")
    [printer] = cloud.psks("Members")
    action = sdk.batch.wireless.deleteNetworkWirelessSsidIdentityPsk(site, "0", printer["id"])
    first = await sdk.organizations.createOrganizationActionBatch(cloud.org, [action])
    assert not first["confirmed"]
    assert len(cloud.psks("Members")) == 1
    await sdk.organizations.deleteOrganizationActionBatch(cloud.org, first["id"])
    second = await sdk.organizations.createOrganizationActionBatch(cloud.org, [action])
    done = await sdk.organizations.updateOrganizationActionBatch(
        cloud.org, second["id"], confirmed=True, synchronous=True
    )
    assert done["status"]["completed"]
    assert cloud.psks("Members") == []
    exceptions = pytest.importorskip("meraki.exceptions")
    with pytest.raises(exceptions.APIError):
        await sdk.organizations.deleteOrganizationActionBatch(cloud.org, second["id"])


# The independent client


async def test_the_client_reads(cloud: MerakiFake, other: Any) -> None:
    for n in range(7):
        cloud.cloud.add_site(cloud.org, f"House {n}")
    assert [one.id async for one in other.organizations.get_organizations()] == [cloud.org]
    networks = other.organizations.get_organization_networks(organization_id=cloud.org, per_page=3)
    assert len([one async for one in networks]) == 8, "it follows the pages"
    ssids = await other.wireless.get_network_wireless_ssids(network_id=cloud.site.id).collect()
    assert ssids[0].name == "Members"
    await other.administered.get_administered_identities_me()


async def test_the_client_keeps_keys(cloud: MerakiFake, other: Any) -> None:
    site = cloud.site.id
    policy = await other.networks.create_network_group_policy(network_id=site, name="Acme")
    made = await other.wireless.create_network_wireless_ssid_identity_psk(
        network_id=site,
        number="0",
        name="Mia",
        group_policy_id=policy.group_policy_id,
        passphrase="green-river-42",
    )
    assert await cloud.join("Members", "green-river-42", MAC) == 0
    await other.wireless.update_network_wireless_ssid_identity_psk(
        network_id=site, number="0", identity_psk_id=made.id, passphrase="blue-mountain-7"
    )
    listed = other.wireless.get_network_wireless_ssid_identity_psks(network_id=site, number="0")
    assert [one.passphrase for one in await listed.collect()] == ["blue-mountain-7"]
    assert await cloud.join("Members", "green-river-42", MAC) is None
    await other.wireless.delete_network_wireless_ssid_identity_psk(
        network_id=site, number="0", identity_psk_id=made.id
    )
    await other.networks.delete_network_group_policy(network_id=site, group_policy_id=policy.group_policy_id)
    left = other.networks.get_network_group_policies(network_id=site)
    assert [one.name for one in await left.collect()] == ["House devices"]


@pytest.mark.parametrize(
    "fault", [Fault("status", status=429, retry_after="0"), Fault("redirect", status=308, to=SHARD)]
)
async def test_the_client_waits_and_follows(cloud: MerakiFake, other: Any, fault: Fault) -> None:
    cloud.faults.append(Fault(fault.kind, status=fault.status, retry_after=fault.retry_after, to=fault.to))
    await other.networks.create_network_group_policy(network_id=cloud.site.id, name="Acme")
    assert [one.status for one in cloud.journal] == [fault.status, 201]


async def test_the_client_sends_batches(cloud: MerakiFake, other: Any, clock: Clock) -> None:
    site, policy = cloud.site.id, cloud.house_policy["groupPolicyId"]
    build = other.batch.wireless.create_network_wireless_ssid_identity_psk
    actions = [
        build(network_id=site, number="0", name=f"m{n}", group_policy_id=policy, passphrase=f"passphrase-{n}")
        for n in range(3)
    ]
    batch: Any = None
    for synchronous, names in ((True, actions[:2]), (False, actions[1:])):
        batch = await other.organizations.create_organization_action_batch(
            organization_id=cloud.org, actions=names, confirmed=True, synchronous=synchronous
        )
        assert batch.status.completed is synchronous
    await clock.sleep(5)
    failed = await other.organizations.get_organization_action_batch(
        organization_id=cloud.org, action_batch_id=batch.id
    )
    assert failed.status.failed
    assert "Name has already been taken" in failed.status.errors[0]
    assert len(cloud.psks("Members")) == 2, "all of it or nothing"
