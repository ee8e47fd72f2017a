"""Do many changes go through in few calls, and does each end as it would have by itself?"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cusna_core.api import (
    AuthFailed,
    Change,
    Clock,
    ConfigError,
    Create,
    EnsureSegment,
    Full,
    Key,
    Missing,
    Outcome,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Segment,
    Taken,
    Unreachable,
    Update,
)
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import API_KEY, Access, Fault, MerakiFake
from cusna_meraki.network import MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions

TONIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
MakeKey = Callable[..., Key]
MakeNetwork = Callable[..., MerakiNetwork]
MAC = "02:00:00:00:00:01"


async def applied(network: MerakiNetwork, changes: Sequence[Change]) -> list[Outcome]:
    return [outcome async for outcome in network.apply(changes)]


def refs(outcomes: Sequence[Outcome]) -> list[Ref]:
    return [outcome.ref for outcome in outcomes if outcome.ref is not None]


def writes(fake: MerakiFake) -> Counter[str]:
    """Calls that write, by the last word of their path."""
    words = [(one.method, one.path.rstrip("/").split("/")[-1]) for one in fake.journal if one.method != "GET"]
    return Counter(f"{method} {'one' if word.isdigit() else word}" for method, word in words)


@pytest.fixture
def creates(key: MakeKey) -> Callable[..., list[Change]]:
    def make(count: int, vlan: int | None = None, first: int = 0) -> list[Change]:
        return [
            Create(key(f"m{n}", f"passphrase-{n:04}", vlan, TONIGHT)) for n in range(first, first + count)
        ]

    return make


MakeCreates = Callable[..., list[Change]]

SIZES = [
    (1, {"POST identityPsks": 1}, True),
    (2, {"POST actionBatches": 1}, True),
    (20, {"POST actionBatches": 1}, True),
    (21, {"POST actionBatches": 1}, False),
    (100, {"POST actionBatches": 1}, False),
    (101, {"POST actionBatches": 1, "POST identityPsks": 1}, False),
    (250, {"POST actionBatches": 3}, False),
]


@pytest.mark.parametrize(("count", "calls", "at_once"), SIZES)
async def test_as_many_go_at_once_as_meraki_takes(
    fake: MerakiFake,
    network: MerakiNetwork,
    creates: MakeCreates,
    clock: Clock,
    count: int,
    calls: dict[str, int],
    at_once: bool,
) -> None:
    await network.read()
    await network._policies.for_vlan(None)
    fake.journal.clear()
    before = clock.monotonic()
    outcomes = await applied(network, creates(count))
    assert [one.error for one in outcomes] == [None] * count
    assert writes(fake) == calls
    assert (clock.monotonic() - before < 2) is at_once
    states = {one.ref: one.label for one in await network.read()}
    assert len(states) == count
    for outcome in outcomes:
        assert isinstance(outcome.change, Create)
        assert states[outcome.ref or Ref("")] == outcome.change.key.label
    assert await fake.join("Members", "passphrase-0000", MAC) == 0


async def test_every_kind_of_change_in_one_call_and_in_its_order(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    """What is revoked frees the passphrase for who comes after."""
    await network.ensure_segment(Segment(120, "x"))
    old, moved, gone = refs(
        await applied(
            network,
            [
                Create(key("old", "green-river-42")),
                Create(key("moved", "blue-mountain-7", None, TONIGHT)),
                Create(key("gone", "red-valley-99")),
            ],
        )
    )
    await network.revoke(gone)
    await network.read()
    fake.journal.clear()
    changes: list[Change] = [
        Revoke(old, "x"),
        Revoke(gone, "x"),
        Update(moved, key("moved", "blue-mountain-7", 120)),
        Create(key("new", "green-river-42", 120)),
    ]
    outcomes = await applied(network, changes)
    assert {id(one.change): one.error for one in outcomes} == {id(one): None for one in changes}
    assert writes(fake) == {"POST actionBatches": 1}
    update = next(one for one in fake.journal[-1].json["actions"] if one["operation"] == "update")
    assert set(update["body"]) == {"groupPolicyId", "expiresAt"}, "only what differs"
    association = fake.associate("Members", "green-river-42", MAC)
    assert association is not None
    assert (association.psk, association.vlan) == ("cusna-ab12-new", 120)
    assert [one.ends for one in await network.read()] == [None, None]


async def test_what_ends_is_over_before_what_begins(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, creates: MakeCreates
) -> None:
    made = refs(await applied(network, creates(150)))
    fake.journal.clear()
    again = [Create(key(f"n{n}", f"passphrase-{n:04}")) for n in range(150)]
    outcomes = await applied(network, [*(Revoke(ref, "x") for ref in made), *again])
    assert Counter(one.error for one in outcomes) == {None: 300}
    assert writes(fake) == {"POST actionBatches": 3}
    sent = [
        (one.method, {action["operation"] for action in one.json["actions"]} if one.body else None)
        for one in fake.journal
        if "actionBatches" in one.path
    ]
    posts = [number for number, one in enumerate(sent) if one[0] == "POST"]
    assert all(later - earlier > 1 for earlier, later in pairwise(posts)), "each awaited"


# Who shares what


async def test_no_more_batches_at_once_than_allowed_over_all_networks(
    fake: MerakiFake, make_controller: Callable[..., Any], creates: MakeCreates
) -> None:
    controller: Meraki = await make_controller(action_batches=2)
    networks = [
        controller.network(MerakiNetworkOptions.model_validate(fake.network_options(name)))
        for name in ("Members", "Studio")
    ]
    most = 0
    real = fake.batches.settle

    def settle() -> None:
        nonlocal most
        real()
        most = max(most, fake.batches.unfinished(fake.org))

    fake.gate.settle = settle
    results = await asyncio.gather(*(applied(network, creates(300)) for network in networks))
    assert [len(refs(outcomes)) for outcomes in results] == [300, 300]
    assert most == 2
    assert networks[0].limits.batch == 200
    assert controller.batches.under_way == 0


async def test_other_programs_batches_are_waited_for(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates, clock: Clock
) -> None:
    fake.batches.occupy(fake.org, 5, 30)
    before = clock.monotonic()
    outcomes = await applied(network, creates(30))
    assert len(refs(outcomes)) == 30
    assert 30 < clock.monotonic() - before < 60
    refused = [one for one in fake.journal if one.method == "POST" and one.status == 400]
    assert 1 <= len(refused) <= 6, "and not asked for all the time"


async def test_where_others_keep_all_batches_changes_go_one_by_one(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, creates: MakeCreates, clock: Clock
) -> None:
    """Ends come as promised, and new keys too, whoever else is busy in the organisation."""
    made = refs(await applied(network, creates(30)))
    fake.batches.occupy(fake.org, 5, 3600)
    fake.journal.clear()
    before = clock.monotonic()
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in (120, 121)]
    changes += [Revoke(ref, "x") for ref in made[:10]]
    changes += [Update(ref, key(f"m{n}", f"blue-mountain-{n}")) for n, ref in enumerate(made[10:20], 10)]
    outcomes = await applied(network, [*changes, *creates(30, vlan=120, first=100)])
    assert [one.error for one in outcomes] == [None] * 52
    assert {psk["name"] for psk in fake.psks("Members")} >= {"cusna-ab12-m10", "cusna-ab12-m129"}
    assert len(fake.psks("Members")) == 50
    asked = [one for one in fake.journal if one.method == "POST" and "actionBatches" in one.path]
    assert len(asked) <= 20, "and they are not asked for all the time"
    assert clock.monotonic() - before < 120 + 2 * 52, "before the core loses its own patience"
    fake.batches.all.clear()
    fake.journal.clear()
    assert len(refs(await applied(network, creates(30, first=200)))) == 30
    assert writes(fake) == {"POST actionBatches": 1}, "when they are to be had again, they are used"


# Batches that fail


async def test_a_foreign_passphrase_costs_one_key_and_one_more_batch(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.add_foreign_key("Members", "Printer", "passphrase-0042")
    fake.add_foreign_key("Members", "cusna-ab12-m7", "printer-printer")
    outcomes = await applied(network, creates(100))
    wrong = {one.change.key.label: type(one.error) for one in outcomes if one.error}  # type: ignore[union-attr]
    assert wrong == {"cusna-ab12-m42": Taken, "cusna-ab12-m7": Taken}
    assert len(outcomes) == 100
    assert writes(fake)["POST actionBatches"] == 2
    assert writes(fake)["POST identityPsks"] == 0
    assert len(fake.foreign_keys("Members")) == 2


@pytest.mark.parametrize("sync_failure", ["status", "400"])
@pytest.mark.parametrize("count", [1, 3, 100])
async def test_who_is_to_blame_is_found_in_bounded_calls(
    fake: MerakiFake,
    network: MerakiNetwork,
    key: MakeKey,
    creates: MakeCreates,
    count: int,
    sync_failure: Any,
) -> None:
    """For a reason that nobody can see: Meraki refuses the passphrase as such."""
    fake.knobs.sync_failure = sync_failure
    changes = creates(100)
    bad = range(5, 5 + count) if count < 100 else range(100)
    for n in bad:
        changes[n] = Create(key(f"m{n}", "ünfit-passphrase"))
    outcomes = await applied(network, changes)
    assert len(outcomes) == 100
    assert {changes.index(one.change) for one in outcomes if isinstance(one.error, Rejected)} == set(bad)
    assert len(fake.psks("Members")) == 100 - count
    assert len(fake.journal) <= {1: 30, 3: 60, 100: 160}[count]


async def test_a_full_ssid_refuses_who_does_not_fit(
    fake: MerakiFake, make_network: MakeNetwork, creates: MakeCreates
) -> None:
    fake.knobs.max_psks = 70
    network = make_network(max_keys=70)
    outcomes = await applied(network, creates(100))
    assert [type(one.error) for one in outcomes if one.error] == [Full] * 30
    assert len(fake.psks("Members")) == 70
    assert len(fake.journal) <= 12


async def test_a_key_that_vanished_does_not_hold_up_the_others(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, creates: MakeCreates
) -> None:
    made = refs(await applied(network, creates(6)))
    await network.read()
    for ref in made[:2]:
        del fake.site.psks[0][ref]
    changes: list[Change] = [Revoke(made[0], "x"), Revoke(made[2], "x")]
    changes += [Update(ref, key("x", f"blue-mountain-{ref}")) for ref in (made[1],)]
    changes += [Update(made[n], key(f"m{n}", f"blue-mountain-{n}")) for n in (3, 4, 5)]
    outcomes = await applied(network, changes)
    assert {id(one.change): type(one.error) for one in outcomes} == {
        id(one): Missing if number == 2 else type(None) for number, one in enumerate(changes)
    }
    assert {one["passphrase"] for one in fake.psks("Members")} == {f"blue-mountain-{n}" for n in (3, 4, 5)}


async def test_a_batch_that_fails_for_no_reason_is_tried_in_halves(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.knobs.failing_batches = 1
    outcomes = await applied(network, creates(50))
    assert len(refs(outcomes)) == 50
    assert writes(fake)["POST actionBatches"] == 3


async def test_a_policy_deleted_meanwhile_is_made_anew_for_all(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    await network.read()
    await network.create(creates(1)[0].key)  # type: ignore[union-attr]
    await network.revoke(Ref(fake.psks("Members")[0]["id"]))
    fake.site.policies.clear()
    outcomes = await applied(network, creates(50))
    assert len(refs(outcomes)) == 50
    assert writes(fake)["POST actionBatches"] == 2


async def test_nothing_of_a_failed_batch_is_told(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, told: Callable[[BaseException], str]
) -> None:
    """The vendor's error text holds the passphrases: neither log (see conftest) nor error repeats it."""
    changes = [Create(key("a", "green-river-42")), Create(key("b", "no"))]
    [error] = [one.error for one in await applied(network, changes) if one.error]
    assert "green" not in told(error)
    assert any("green-river-42" in one.answer for one in fake.journal), "the cloud did tell it"


# Answers that are lost


@pytest.mark.parametrize("count", [20, 100])
@pytest.mark.parametrize("kind", ["drop", "html"])
async def test_a_batch_whose_answer_is_lost_makes_neither_twin_nor_orphan(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates, count: int, kind: Any
) -> None:
    fake.faults.append(Fault(kind, match="POST .*actionBatches", applied=True))
    outcomes = await applied(network, creates(count))
    assert len(refs(outcomes)) == count
    assert writes(fake)["POST actionBatches"] == 1
    assert {one.ref for one in await network.read()} == set(refs(outcomes))


async def test_a_batch_that_never_arrived_is_not_believed(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.faults.append(Fault("status", match="POST .*actionBatches", status=502))
    outcomes = await applied(network, creates(30))
    assert [type(one.error) for one in outcomes] == [Unreachable] * 30
    assert fake.psks("Members") == []
    assert len(refs(await applied(network, creates(30)))) == 30


async def test_a_poll_that_fails_is_asked_again(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.faults.append(Fault("status", match="GET .*actionBatches/", status=503, times=5))
    assert len(refs(await applied(network, creates(30)))) == 30


async def test_polls_that_never_come_back_are_resolved_by_reading(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.faults.append(Fault("status", match="GET .*actionBatches/", status=503, times=9999))
    outcomes = await applied(network, creates(30))
    assert len(refs(outcomes)) == 30
    assert {one.ref for one in await network.read()} == set(refs(outcomes))


async def test_a_batch_that_does_not_end_is_heeded_until_it_does(
    fake: MerakiFake, network: MerakiNetwork, controller: Meraki, creates: MakeCreates, clock: Clock
) -> None:
    fake.knobs.batches_stay_pending = True
    before = clock.monotonic()
    outcomes = await applied(network, creates(30))
    assert {type(one.error) for one in outcomes} == {Unreachable}
    assert clock.monotonic() - before < 120 + 2 * 30, "before the core loses its own patience"
    assert controller.batches.under_way == 1
    again = await applied(network, creates(30))
    assert [type(one.error) for one in again] == [Unreachable], "nothing is sent beside it"
    assert writes(fake)["POST actionBatches"] == 1
    [stuck] = fake.batches.all.values()
    stuck.due = clock.now()
    fake.knobs.batches_stay_pending = False
    last = await applied(network, creates(30))
    assert len(refs(last)) == 30
    assert len(fake.psks("Members")) == 30, "those that the late batch made are taken as made"
    assert controller.batches.under_way == 0


async def test_a_batch_that_never_ends_does_not_keep_promised_ends_from_coming(
    fake: MerakiFake, network: MerakiNetwork, controller: Meraki, creates: MakeCreates, clock: Clock
) -> None:
    made = refs(await applied(network, creates(5)))
    fake.knobs.batches_stay_pending = True
    await applied(network, creates(30, first=100))
    fake.knobs.batches_stay_pending = False
    await clock.sleep(900)
    outcomes = await applied(network, [Revoke(ref, "x") for ref in made])
    assert [one.error for one in outcomes] == [None] * 5
    assert fake.psks("Members") == []
    assert len(refs(await applied(network, creates(30, first=100)))) == 30
    [stuck] = [one for one in fake.batches.all.values() if one.unfinished]
    stuck.due = clock.now()
    assert len(await network.read()) == 30, "should it be carried out after all, nothing is there twice"


async def test_a_batch_that_meraki_forgot_is_not_waited_for(
    fake: MerakiFake, network: MerakiNetwork, controller: Meraki, creates: MakeCreates
) -> None:
    fake.knobs.batches_stay_pending = True
    await applied(network, creates(30))
    fake.knobs.batches_stay_pending = False
    fake.batches.all.clear()
    assert len(refs(await applied(network, creates(30)))) == 30
    assert controller.batches.under_way == 0


@pytest.mark.parametrize("mask", ["no", "stars"])
async def test_a_batch_outlives_a_restart(
    fake: MerakiFake, make_controller: Callable[..., Any], creates: MakeCreates, clock: Clock, mask: Any
) -> None:
    """The program ends while Meraki is at work; the next one plans by what was there before."""
    fake.knobs.mask_passphrases = mask
    options = MerakiNetworkOptions.model_validate(fake.network_options("Members"))
    before: MerakiNetwork = (await make_controller()).network(options)
    changes = creates(30)
    fake.faults.append(Fault("hang", match="GET .*actionBatches/"))
    running = asyncio.create_task(applied(before, changes))
    while not any(one.method == "GET" and "actionBatches/" in one.path for one in fake.journal):
        await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    after: MerakiNetwork = (await make_controller()).network(options)
    assert await after.read() == []
    outcomes = await applied(after, changes)
    states = {state.label: state.ref for state in await after.read()}
    assert len(states) == len(fake.psks("Members")) == 30, "neither twin nor orphan"
    if mask == "no":
        assert set(refs(outcomes)) == set(states.values())
    else:
        # Whether these are ours is not for us to say: the core looks again, and knows them by label.
        assert not [one.error for one in outcomes if isinstance(one.error, Taken)], "nobody else's"


async def test_two_controllers_of_one_organisation_get_along(
    fake: MerakiFake, make_controller: Callable[..., Any], creates: MakeCreates, clock: Clock
) -> None:
    """Two keys, two networks, and one budget of calls and batches that neither knows all of."""
    fake.cloud.access["f" * 40] = fake.cloud.access[API_KEY]
    networks = [
        (await make_controller(api_key=key, action_batches=5, requests_per_second=9)).network(
            MerakiNetworkOptions.model_validate(fake.network_options(name))
        )
        for key, name in ((API_KEY, "Members"), ("f" * 40, "Studio"))
    ]

    async def bring(network: MerakiNetwork) -> int:
        """As the core does: what was not done is done the next time, after the pause that was asked for."""
        todo, rounds = creates(300), 0
        while todo:
            rounds += 1
            there = {state.label for state in await network.read()}
            todo = [one for one in todo if isinstance(one, Create) and one.key.label not in there]
            for one in await applied(network, todo):
                if one.error is not None:
                    assert isinstance(one.error, RateLimited), one.error
                    await clock.sleep(one.error.after or 15)
        return rounds

    most = 0
    real = fake.batches.settle

    def settle() -> None:
        nonlocal most
        real()
        most = max(most, fake.batches.unfinished(fake.org))

    fake.gate.settle = settle
    rounds = await asyncio.gather(*(bring(network) for network in networks))
    assert [len(fake.psks(name)) for name in ("Members", "Studio")] == [300, 300]
    assert most == 5
    assert max(rounds) <= 10


async def test_an_answer_without_ids_is_completed_by_reading(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cusna_meraki.fake.batches import Batch

    real = Batch.shown

    def shown(batch: Batch) -> Any:
        answer = real(batch)
        return answer | {"status": answer["status"] | {"createdResources": []}}

    monkeypatch.setattr(Batch, "shown", shown)
    outcomes = await applied(network, creates(5))
    assert {one.ref for one in await network.read()} == set(refs(outcomes))


@pytest.mark.parametrize("after", [0, 1])
async def test_too_fast_for_meraki_stops_the_rest(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates, after: int
) -> None:
    fake.faults.append(Fault("status", match="POST .*actionBatches", status=429, skip=after))
    outcomes = await applied(network, creates(250))
    assert [type(one.error) for one in outcomes if one.error] == [RateLimited]
    assert len(refs(outcomes)) == 100 * after, "what was under way is followed up"


async def test_single_calls_stop_as_well(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), networks=frozenset({fake.site.id}))
    fake.knobs.batches_need_organization = True
    fake.faults.append(Fault("status", match="POST .*identityPsks", status=429, skip=1))
    outcomes = await applied(network, creates(5))
    assert [type(one.error) for one in outcomes] == [type(None), RateLimited]


async def test_an_invisible_network_stops_everything(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    made = refs(await applied(network, creates(2)))
    del fake.cloud.sites[fake.site.id]
    for changes in ([Revoke(one, "x") for one in made], creates(3)):
        [outcome] = await applied(network, changes)
        assert isinstance(outcome.error, ConfigError)


async def test_a_wrong_key_stops_everything(
    fake: MerakiFake, network: MerakiNetwork, creates: MakeCreates
) -> None:
    await network.read()
    await network._policies.for_vlan(None)
    fake.cloud.access.clear()
    [outcome] = await applied(network, creates(30))
    assert isinstance(outcome.error, AuthFailed)


async def test_left_alone_a_batch_goes_on_and_is_found_again(
    fake: MerakiFake, network: MerakiNetwork, controller: Meraki, creates: MakeCreates
) -> None:
    from contextlib import aclosing

    async with aclosing(network.apply(creates(250))) as outcomes:  # type: ignore[type-var]
        async for _ in outcomes:
            break
    assert controller.batches.under_way == 2
    await applied(network, creates(2, first=500))
    assert controller.batches.under_way == 0
    assert len(await network.read()) == 252


# Without batches


async def test_a_key_that_may_not_use_batches_goes_one_by_one(
    fake: MerakiFake, network: MerakiNetwork, controller: Meraki, creates: MakeCreates, clock: Clock
) -> None:
    fake.cloud.access[API_KEY] = Access(frozenset({fake.org}), networks=frozenset({fake.site.id}))
    fake.knobs.batches_need_organization = True
    assert len(refs(await applied(network, creates(30)))) == 30
    await applied(network, creates(5, first=100))
    assert writes(fake)["POST actionBatches"] == 1, "and is not tried again soon"
    assert [one.code for one in await controller.check()] == ["meraki.no-batches"]
    fake.knobs.batches_need_organization = False
    assert await controller.check() == []
    await applied(network, creates(5, first=200))
    assert writes(fake)["POST actionBatches"] == 2


# VLANs


@pytest.mark.parametrize("count", [2, 60])
async def test_many_vlans_are_made_in_few_calls_before_the_keys_that_name_them(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, count: int
) -> None:
    fake.cloud.add_policy(fake.site, {"name": "cusna-ab12-v100", "vlanTagging": {"settings": "ignore"}})
    vlans = range(100, 100 + count)
    await network.read()
    fake.journal.clear()
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in vlans]
    changes += [Create(key(f"m{vlan}", f"passphrase-{vlan}", vlan)) for vlan in vlans]
    outcomes = await applied(network, changes)
    assert [one.error for one in outcomes] == [None] * 2 * count
    assert writes(fake) == {"POST actionBatches": 2}
    assert await fake.join("Members", "passphrase-101", MAC) == 101
    assert [one.vlan for one in await network.read()] == list(vlans)


@pytest.mark.parametrize("applied_too", [False, True])
async def test_vlans_whose_answer_is_lost(
    fake: MerakiFake, network: MerakiNetwork, applied_too: bool
) -> None:
    fake.faults.append(Fault("drop", match="POST .*actionBatches", applied=applied_too))
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in (120, 121)]
    outcomes = await applied(network, changes)
    assert [one.error for one in outcomes] == [None, None]
    names = [policy["name"] for policy in fake.site.policies.values()]
    assert sorted(names) == ["House devices", "cusna-ab12-v120", "cusna-ab12-v121"]


async def test_vlans_beyond_the_most(fake: MerakiFake, make_network: MakeNetwork) -> None:
    network = make_network(max_group_policies=3)
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in (120, 121, 122)]
    outcomes = await applied(network, changes)
    assert [type(one.error) for one in outcomes] == [type(None), type(None), Full]


async def test_no_vlan_where_the_ssid_would_ignore_it(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey
) -> None:
    fake.cloud.set_up_ssid(fake.site, "Members")
    fake.site.ssids[0]["ipAssignmentMode"] = "NAT mode"
    changes: list[Change] = [EnsureSegment(Segment(vlan, "x")) for vlan in (120, 121)]
    changes += [Create(key("mia", "green-river-42", 120)), Create(key("ben", "blue-mountain-7"))]
    [outcome] = await applied(network, changes)
    assert isinstance(outcome.error, ConfigError)
    assert fake.psks("Members") == []


@pytest.mark.parametrize("in_use", ["refuse", "allow"])
async def test_what_a_company_left_behind_makes_room_where_there_is_none(
    fake: MerakiFake, make_network: MakeNetwork, key: MakeKey, clock: Clock, in_use: Any
) -> None:
    fake.knobs.policy_delete_in_use = in_use
    network = make_network(max_group_policies=5)
    for vlan in (120, 121, 122):
        await network.ensure_segment(Segment(vlan, "x"))
    foreign = {"name": "cusna-zz99-v50", "vlanTagging": {"settings": "custom", "vlanId": "50"}}
    fake.cloud.add_policy(fake.site, foreign)
    studio = make_network(ssid_number=fake.cloud.set_up_ssid(fake.site, "Studio"))
    await studio.create(key("mia", "green-river-42", 120))
    await network.create(key("ben", "blue-mountain-7", 122))
    with pytest.raises(Full):
        await network.ensure_segment(Segment(123, "x"))
    await clock.sleep(86400)
    before = fake.cloud.unmanaged("cusna-ab12-")
    await network.ensure_segment(Segment(123, "x"))
    names = {policy["name"] for policy in fake.site.policies.values()}
    assert names == {"House devices", "cusna-zz99-v50"} | {f"cusna-ab12-v{n}" for n in (120, 122, 123)}
    assert fake.cloud.unmanaged("cusna-ab12-") == before
    assert not any("force" in one.query for one in fake.journal)
    with pytest.raises(Full):
        await network.ensure_segment(Segment(121, "x"))


async def test_a_policy_that_meraki_holds_on_to_stays(
    fake: MerakiFake, make_network: MakeNetwork, clock: Clock
) -> None:
    network = make_network(max_group_policies=2)
    await network.ensure_segment(Segment(120, "x"))
    await clock.sleep(86400)
    fake.faults.append(Fault("status", match="DELETE", status=400))
    with pytest.raises(Full):
        await network.ensure_segment(Segment(121, "x"))


# Lists


async def test_a_list_that_was_on_its_way_during_a_write_is_not_relied_on(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal changes a key while bulk work reads: what it read is older than the change."""
    ref = await network.create(key("mia", "green-river-42"))
    real = network._api.psks

    async def slow(site: str, number: int) -> Any:
        psks = await real(site, number)
        await network.update(ref, key("mia", "blue-mountain-7"))
        return psks

    with monkeypatch.context() as patched:
        patched.setattr(network._api, "psks", slow)
        await network.read()
    await network.update(ref, key("mia", "green-river-42"))
    assert await fake.join("Members", "green-river-42", MAC) == 0


# Ends that are not shown


async def test_an_end_that_is_never_shown_is_written_once(
    fake: MerakiFake, network: MerakiNetwork, key: MakeKey, creates: MakeCreates
) -> None:
    fake.knobs.hide_expiry = True
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    [one] = refs([*await applied(network, creates(1))])
    many = refs(await applied(network, creates(4, first=1)))
    assert [state.ends for state in await network.read()] == [None] + [TONIGHT] * 5
    later = TONIGHT + timedelta(days=1)
    await network.update(one, key("m0", "passphrase-0000", None, later))
    assert [state.ends for state in await network.read()] == [None, later] + [TONIGHT] * 4
    await network.update(many[0], key("m1", "passphrase-0001"))
    assert [state.ends for state in await network.read()] == [None, later, None] + [TONIGHT] * 3
    fake.knobs.hide_expiry = False
    fake.psks("Members")[-1]["expiresAt"] = None
    assert [state.ends for state in await network.read()][-1] is None, "where ends are shown, they count"
