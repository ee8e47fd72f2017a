"""Do our client and our fake keep to what Meraki publishes about its API?

Every call of every test in this folder is checked (see conftest); here one run makes them all.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cusna_core.api import Change, Create, EnsureSegment, Key, Ref, Revoke, Segment, Update
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import Entry, MerakiFake
from cusna_meraki.network import MerakiNetwork


@pytest.fixture
def present(specification: Any) -> Any:
    if not specification.present:
        pytest.skip(f"{specification.path} is not there: set CUSNA_SPECS to the folder of vendors' documents")
    return specification


async def test_every_call_of_ours_is_described(
    fake: MerakiFake,
    controller: Meraki,
    make_network: Callable[..., MerakiNetwork],
    key: Callable[..., Key],
    present: Any,
) -> None:
    network = make_network()
    await controller.check()
    await controller.networks()
    await network.check()
    await network.ensure_segment(Segment(120, "x"))
    ref = await network.create(key("mia", "green-river-42", 120, datetime(2026, 12, 1, tzinfo=UTC)))
    await fake.join("Members", "green-river-42", "02:00:00:00:00:01")
    await network.update(ref, key("mia", "blue-mountain-7"))
    await network.read()
    await network.segments()
    await network.clients()
    await network.revoke(ref)
    lots: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in (121, 122)]
    lots += [Create(key(f"m{n}", f"passphrase-{n:02}", 121 + n % 2)) for n in range(30)]
    made = [one.ref async for one in network.apply(lots) if isinstance(one.change, Create)]
    await network.read()
    updates: list[Change] = [
        Update(one or Ref(""), key(f"m{n}", f"another-{n:02}", None, datetime(2026, 12, 1, tzinfo=UTC)))
        for n, one in enumerate(made)
    ]
    assert [one.error async for one in network.apply([Revoke(Ref("1"), "x"), *updates])] == [None] * 31
    async for _ in network.apply([Revoke(one or Ref(""), "x") for one in made]):
        pass
    before = Counter(present.counts)
    for entry in fake.journal:
        present.check(entry)
    seen = present.counts - before
    assert seen["requests"] == seen["answers"] >= 30
    assert seen["actions of batches"] == 2 + 30 + 30 + 30
    undescribed = {
        entry.path.rsplit("/", 1)[1] for entry in fake.journal if entry.path.count("/") in (4, 5)
    } & {"firmwareUpgrades", fake.site.id}
    assert seen["calls that it does not describe"] == len(undescribed) == 2


WRONG: list[tuple[str, str, str, str, int, str]] = [
    (
        "a number for a policy",
        "POST",
        "wireless/ssids/0/identityPsks",
        '{"name":"x","groupPolicyId":1}',
        400,
        "",
    ),
    (
        "a wrong body in a batch",
        "POST",
        "actionBatches",
        '{"actions": [{"operation": "create", "resource": "/networks/N_1/groupPolicies", "body": {"x": 1}}]}',
        400,
        "",
    ),
    ("a field too many", "POST", "groupPolicies", '{"name":"x","vlan":1}', 400, ""),
    ("a field too few", "POST", "groupPolicies", "{}", 400, ""),
    ("a body to a GET", "GET", "groupPolicies", "{}", 400, ""),
    ("another status", "POST", "groupPolicies", '{"name":"x"}', 200, "{}"),
    ("another shape", "GET", "wireless/ssids", "", 200, "{}"),
    ("an id as a number", "GET", "wireless/ssids/0/identityPsks", "", 200, '[{"id": 1}]'),
]


@pytest.mark.parametrize("call", WRONG, ids=[one[0] for one in WRONG])
def test_what_is_not_allowed_is_noticed(present: Any, call: tuple[str, str, str, str, int, str]) -> None:
    _, method, path, body, status, answer = call
    where = "organizations/1" if path == "actionBatches" else "networks/N_1"
    entry = Entry(
        method, f"/api/v1/{where}/{path}", "", 1, {"User-Agent": "Cusna/1 Cusna"}, body, status, answer
    )
    with pytest.raises(AssertionError):
        present.check(entry)


def test_null_is_allowed_where_the_text_says_so(present: Any) -> None:
    path = "/api/v1/networks/N_1/wireless/ssids/0/identityPsks"
    agent = {"User-Agent": "Cusna/1 Cusna"}
    present.check(Entry("PUT", path + "/1", "", 1, agent, '{"expiresAt": null}', 200, "{}"))
    present.check(
        Entry("GET", path, "", 1, agent, "", 200, '[{"id": "1", "email": null, "expiresAt": null}]')
    )
