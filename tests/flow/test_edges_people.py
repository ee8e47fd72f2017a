"""Edge cases 1 to 26: people and e-mail, companies, plans."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import Feature, Limits, Pause, Person, SubscriptionState, email_key
from cusna_core.flow.allotment import allot
from cusna_core.flow.brake import brake, stated_ends
from cusna_core.flow.groups import company_of
from cusna_core.flow.keys import Net, Wait, should
from cusna_core.flow.numbers import Pool
from cusna_core.flow.world import Policy, Refusal

World = Any
NET = Net("net", frozenset({"one", "two"}), Feature.VLAN | Feature.LABEL, Limits())


def company(world: World, person: str, at: str = "one") -> str | None:
    place = next(place for place in world.places if place.id == at)
    found = world.access()[person, at]
    return company_of(world.accounts[f"a-{person}"], place, found.right, world.rights().in_force, world.facts)


# People and e-mail


def test_edge_01_case_and_blanks_of_an_address_make_no_second_account(world: World) -> None:
    world.person("ann", email="ann@x.com")
    world.people["ann2"] = Person("ann2", " Ann@X.com ")
    assert world.link().create == ()
    assert world.link().relink == (("a-ann", "ann@x.com", frozenset({"ann", "ann2"})),)
    # No folding of look-alikes: a dotless i is another person.
    assert email_key("adm\u0131n@x.com") != email_key("admin@x.com")
    world.people["eve"] = Person("eve", "an\u0578@x.com")
    assert world.link().create == ((email_key("an\u0578@x.com"), frozenset({"eve"})),)


def test_edge_02_two_persons_with_one_address_are_one_account_with_the_union(world: World) -> None:
    world.people |= {"p1": Person("p1", "ann@x.com"), "p2": Person("p2", "ANN@x.com")}
    assert world.link().create == (("ann@x.com", frozenset({"p1", "p2"})),)
    account = world.person("ann", at=None)
    world.accounts = {"a-ann": replace(account, person_ids=frozenset({"p1", "p2"}))}
    world.affiliate("p1", "L1", "acme")
    world.affiliate("p2", "L1", "zeta")
    world.companies = dict.fromkeys(("acme", "zeta"))
    world.plan("s1", "p1", ends=world.now + timedelta(days=1))
    world.plan("s2", company="zeta", ends=world.now + timedelta(days=9))
    assert world.ids() == ["a-ann:one:plan:s1", "a-ann:one:plan:s2"]
    assert world.until("ann") == world.now + timedelta(days=9)
    assert company(world, "ann") == "zeta"  # of the right that wins


def test_edge_03_invited_again_keeps_the_account(world: World) -> None:
    world.person("ann")
    world.people = {"new": Person("new", "ann@example.com")}
    assert world.link().create == ()
    assert world.link().relink == (("a-ann", "ann@example.com", frozenset({"ann", "new"})),)


def test_edge_04_the_account_follows_the_person_to_a_new_address(world: World) -> None:
    world.person("ann")
    world.people["ann"] = Person("ann", "ann@new.example")
    assert world.link().relink == (("a-ann", "ann@new.example", frozenset({"ann"})),)
    # To the address of another account: no merge, and the old address opens nothing any more.
    world.person("bob", email="ann@new.example")
    found = world.link()
    assert found.refused == (("a-ann", "ann@new.example"),)
    assert found.relink == (("a-ann", None, frozenset({"ann"})),)
    assert found.create == ()


def test_edge_05_without_an_address_the_plan_counts(world: World) -> None:
    world.people["ann"] = Person("ann", None)
    world.people["bob"] = Person("bob", "not an address")
    assert world.link().create == ((None, frozenset({"ann"})), (None, frozenset({"bob"})))
    world.person("ann", email=None)
    world.plan("s", "ann")
    assert world.on("ann")


def test_edge_06_removed_members_have_no_plan_but_may_book(world: World) -> None:
    world.person("ann", company="acme", member=False)
    world.plan("own", "ann")
    world.plan("shared", company="acme")
    assert not world.on("ann")
    assert world.why_not("ann") is Refusal.ENDED
    world.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    world.claim("ann", "2026-03-02")
    assert world.on("ann")


@pytest.mark.parametrize("how", ["blocked", "suspended"])
def test_edge_07_who_is_shut_out_never_gets_on(world: World, how: str) -> None:
    world.person("ann")
    world.plan("s", "ann")
    world.booking("b", "ann", "2026-03-02 09:00", "2026-03-02 18:00")
    world.claim("ann", "2026-03-02")
    world.override("ann", None, world.now)
    before = world.rights().in_force
    assert len(before) == 4
    if how == "blocked":
        world.blocked.add("ann")
    else:
        world.suspend("ann")
    found = world.rights()
    assert not found.in_force
    assert not found.claimable
    assert found.refused["a-ann", "one"].code == how
    assert stated_ends(before, world.facts, world.accounts, set()) == {right.id for right in before}


def test_edge_08_known_and_unknown_addresses_are_keyed_alike() -> None:
    # The portal's part (same answer, same time) is tested there; the rules never raise for any address.
    for address in ("", "x", "a@b@c", "a b@x.com", "a@x.com,b@x.com", "a@" + "x" * 300 + ".com", None):
        assert email_key(address) is None


# Companies


def test_edge_09_one_of_several_companies_is_chosen_alike_each_time(world: World) -> None:
    world.person("ann", at="L1", company="acme")
    world.affiliate("ann", "L2", "zeta")
    world.companies |= dict.fromkeys(("zeta",))
    world.plan("s1", "ann", at="L1", ends=world.now + timedelta(days=1))
    world.plan("s2", "ann", at="L2", ends=world.now + timedelta(days=9))
    assert company(world, "ann", "one") == "acme"
    assert company(world, "ann", "two") == "zeta"
    # Roaming, where ann has no affiliation: of the right that lets them in, the one that ends last.
    world.places.append(replace(world.places[0], id="three", source_id="L3"))
    world.policy = Policy(roaming=True)
    assert company(world, "ann", "three") == "zeta"


def test_edge_10_a_companys_plan_is_for_all_its_people(world: World) -> None:
    for number in range(5):
        world.person(f"p{number}", company="acme")
    world.person("other", company="zeta")
    world.plan("s", company="acme", names=("Team of 3",))
    assert [world.on(f"p{number}") for number in range(5)] == [True] * 5
    assert not world.on("other")
    assert world.right("p0").because.company_id == "acme"


def test_edge_11_leaving_the_company_ends_its_plan(world: World) -> None:
    world.person("ann", company="acme")
    world.person("bob", company="acme")
    world.plan("s", company="acme")
    ledger = world.rights().in_force
    world.companies["zeta"] = None
    world.affiliate("ann", "L1", "zeta")
    assert not world.on("ann")
    assert world.on("bob")
    assert stated_ends(ledger, world.facts, world.accounts, set()) == {"a-ann:one:plan:s"}
    world.plan("own", "ann")
    assert company(world, "ann") == "zeta"


def test_edge_12_groups_go_by_id_not_by_name(world: World) -> None:
    pools = {"net": Pool("net", "site", range(10, 20))}
    both = [(("hq", "c1"), "net"), (("hq", "c2"), "net")]  # equal names are not even known here
    first = allot(both, {("hq", "c1"), ("hq", "c2")}, (), pools, {}, world.now)
    assert [group.vlan for group in first.groups] == [10, 11]
    again = allot(both, {("hq", "c1"), ("hq", "c2")}, first.groups, pools, {}, world.now)
    assert again.groups == first.groups


def test_edge_13_a_deleted_company_leaves_its_people_in_the_default_network(world: World) -> None:
    world.person("ann", company="acme")
    world.plan("s", "ann")
    assert company(world, "ann") == "acme"
    del world.companies["acme"]
    assert company(world, "ann") is None
    pools = {"net": Pool("net", "site", range(10, 12))}
    old = allot([(("hq", "acme"), "net")], {("hq", "acme")}, (), pools, {}, world.now).groups
    late = world.now + timedelta(days=29)
    new = allot([(("hq", "zeta"), "net")], {("hq", "zeta")}, old, pools, {}, late)
    assert [group.vlan for group in new.groups] == [10, 11]  # not used again at once
    later = world.now + timedelta(days=30)
    assert [group.vlan for group in allot([], set(), old, pools, {}, later).freed] == [10]


def test_edge_14_without_a_company_there_is_no_vlan(world: World) -> None:
    account = world.person("ann")
    world.plan("s", "ann")
    assert company(world, "ann") is None
    found = should(NET, world.access().values(), {"a-ann": account}, {}, set(), {}, set(), 0, "cusna-x-")
    assert [(one.account_id, one.vlan) for one in found.wanted] == [("a-ann", None)]


# Plans


def test_edge_15_no_end_is_open(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    assert world.until("ann") is None
    world.plan("s", "ann", ends=date(9999, 12, 31))  # some sources' word for it
    assert world.until("ann") is None


def test_edge_16_an_end_that_comes_and_goes_moves_the_end(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    ledger = world.rights().in_force
    end = world.now + timedelta(days=9)
    world.plan("s", "ann", ends=end)
    assert world.until("ann") == end
    assert stated_ends(ledger, world.facts, world.accounts, set()) == {"a-ann:one:plan:s"}
    shorter = brake(world.rights().in_force, ledger, {"a-ann:one:plan:s"}, [], set(), world.now)
    assert [one.ends for one in shorter.in_force] == [end]
    world.plan("s", "ann")
    longer = brake(world.rights().in_force, shorter.ledger, set(), [], set(), world.now)
    assert [one.ends for one in longer.in_force] == [None]
    assert not longer.withdrawn


def test_edge_17_cancelled_at_once_ends_at_once(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    ledger = world.rights().in_force
    world.plan("s", "ann", state=SubscriptionState.CANCELLED)
    stated = stated_ends(ledger, world.facts, world.accounts, set())
    found = brake(world.rights().in_force, ledger, stated, [], set(), world.now)
    assert [(one.right.id, one.stated) for one in found.withdrawn] == [("a-ann:one:plan:s", True)]
    assert found.in_force == ()


@pytest.mark.parametrize("state", [SubscriptionState.ACTIVE, SubscriptionState.SCHEDULED])
def test_edge_18_nothing_before_the_start_day(world: World, state: SubscriptionState) -> None:
    world.person("ann")
    world.plan("s", "ann", state=state, starts=world.local("2026-03-04 09:00"))
    assert not world.on("ann")
    refused = world.rights().refused["a-ann", "one"]
    assert (refused.code, refused.when) == (Refusal.NOT_STARTED, world.local("2026-03-04 00:00"))
    world.wait_until("2026-03-03 23:59:59")
    assert not world.on("ann")
    world.wait_until("2026-03-04 00:00")
    assert world.on("ann")


def test_edge_18_who_is_scheduled_still_on_the_next_day_is_not_on(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann", state=SubscriptionState.SCHEDULED, starts=date(2026, 3, 2))
    assert world.until("ann") == world.local("2026-03-03 00:00")
    world.wait_until("2026-03-03 00:00")
    assert not world.on("ann")
    world.plan("s", "ann", state=SubscriptionState.SCHEDULED)
    assert not world.on("ann")


def test_edge_19_plans_that_follow_each_other_leave_no_gap(world: World) -> None:
    world.person("ann")
    world.plan("old", "ann", ends=date(2026, 3, 31))
    world.plan("new", "ann", starts=date(2026, 4, 1), state=SubscriptionState.SCHEDULED)
    assert world.until("ann") is None  # the end of the old one is no end of access
    ledger = world.rights().in_force
    for minute in ("2026-03-31 23:59", "2026-04-01 00:00", "2026-04-01 00:01"):
        world.wait_until(minute)
        assert world.on("ann"), minute
        found = brake(world.rights().in_force, ledger, set(), [], set(), world.now)
        assert not found.withdrawn
        assert not found.held
        ledger = found.ledger


def test_edge_20_a_gap_disables_and_comes_back_with_the_same_passphrase(world: World) -> None:
    account = world.person("ann")
    world.plan("old", "ann", ends=world.local("2026-03-02 12:00"))
    world.plan("new", "ann", starts=date(2026, 3, 3))
    assert world.until("ann") == world.local("2026-03-02 12:00")
    world.wait_until("2026-03-02 15:00")
    assert not world.on("ann")
    world.wait_until("2026-03-03 00:00")
    found = should(NET, world.access().values(), world.accounts, {}, set(), {}, set(), 0, "cusna-x-")
    assert [one.fingerprint for one in found.wanted] == [account.fingerprint]


def test_edge_21_a_frozen_plan_gives_nothing_within_the_pause(world: World) -> None:
    world.person("ann")
    pause = Pause(world.local("2026-03-05 00:00"), world.local("2026-03-10 00:00"))
    world.plan("s", "ann", pauses=(pause,))
    assert world.until("ann") == pause.starts
    world.now = pause.starts
    assert not world.on("ann")
    assert world.rights().refused["a-ann", "one"].when == pause.ends
    world.plan("other", "ann")
    assert world.on("ann")
    del world.subscriptions["other"]
    assert pause.ends is not None
    world.now = pause.ends
    assert world.on("ann")
    world.plan("s", "ann", pauses=(Pause(pause.starts),))  # and one without an end
    assert not world.on("ann")


def test_edge_22_paused_billing_is_no_pause(world: World) -> None:
    # A source tells a pause of billing by saying nothing of it: the plan is active and has no pauses.
    world.person("ann")
    world.plan("s", "ann", pauses=())
    assert world.until("ann") is None


def test_edge_23_incomplete_and_listed_plans_give_nothing(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann", state=SubscriptionState.INCOMPLETE)
    assert world.why_not("ann") is Refusal.INCOMPLETE
    world.plan("s", "ann", names=("Virtual Office", "Mail"))
    world.policy = Policy(plans_without_wifi=frozenset({"virtual office", "id-Mail"}))
    assert world.why_not("ann") is Refusal.PLAN_WITHOUT_WIFI
    world.plan("s", "ann", names=("Virtual Office", "Hot desk"))
    assert world.right("ann").because.name == "Hot desk"


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Europe/Berlin", "America/New_York", "Pacific/Pago_Pago"]
)
def test_edge_24_a_date_is_the_last_day_in_its_zone(world: World, zone: str) -> None:
    world.places[0] = replace(world.places[0], zone=ZoneInfo(zone))
    world.person("ann")
    world.plan("s", "ann", ends=date(2026, 3, 31))
    local = datetime(2026, 4, 1, tzinfo=ZoneInfo(zone))
    assert world.until("ann") == local.astimezone(UTC)
    world.now = local.astimezone(UTC) - timedelta(seconds=1)
    assert world.on("ann")
    world.now = local.astimezone(UTC)
    assert not world.on("ann")


def test_edge_25_the_dates_are_trusted_before_the_state(world: World) -> None:
    world.person("ann")
    for starts, ends in [
        (date(2026, 3, 1), date(2026, 2, 1)),
        (date(2026, 5, 1), date(2026, 4, 1)),
        (None, date(2026, 3, 1)),
        (date(1, 1, 1), date(1, 1, 1)),
        (date(9999, 12, 31), None),
    ]:
        world.plan("s", "ann", starts=starts, ends=ends)
        assert not world.on("ann")
        assert not world.rights().coming
        assert world.why_not("ann") is Refusal.ENDED


def test_edge_26_a_plan_elsewhere_needs_roaming(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    assert not world.on("ann", "two")
    refused = world.rights().refused["a-ann", "two"]
    assert (refused.code, refused.location_id) == (Refusal.ELSEWHERE, "one")
    world.policy = Policy(roaming=True)
    assert world.access()["ann", "two"].roaming
    world.policy = Policy()
    world.plan("s", "ann", at=None)
    assert not world.access()["ann", "two"].roaming


def test_no_number_means_no_key_there(world: World) -> None:
    """Rule 5, seen from the edges: an empty pool and a moved company."""
    world.person("ann")
    world.plan("s", "ann")
    found = should(
        NET, world.access().values(), world.accounts, {}, {"a-ann"}, {"a-ann": 10}, set(), 0, "cusna-x-"
    )
    assert found.wanted == ()
    assert [one.why for one in found.waiting] == [Wait.NO_VLAN]
