"""Which keys a network should have, and which VLAN a company has there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.api import Feature, Limits
from cusna_core.flow.allotment import allot
from cusna_core.flow.groups import Group, company_of
from cusna_core.flow.keys import Net, Should, Wait, should
from cusna_core.flow.numbers import Pool
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account, Because, Kind, Policy, Right

World = Any
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
NET = Net("net", frozenset({"one", "two"}), Feature.VLAN | Feature.LABEL, Limits())
GROUP = Group(("hq", "acme"), "net", "site", 10, NOW, NOW)


def account(name: str, *, visited: bool = True) -> Account:
    return Account(name, "hq", None, frozenset(), NOW, f"f-{name}", NOW if visited else None)


def reach(
    name: str, at: str = "one", *, ends: datetime | None = None, roaming: bool = False, age: int = 0
) -> Access:
    right = Right(f"{name}:{at}", name, at, NOW - age * DAY, ends, Because(Kind.PLAN, "Hot desk", at))
    return Access(name, at, ends, right, roaming)


def keys(
    *accesses: Access,
    net: Net = NET,
    accounts: tuple[Account, ...] = (),
    groups: dict[str, Group | None] | None = None,
    without: frozenset[str] = frozenset(),
    present: dict[str, int | None] | None = None,
    foreign: frozenset[str] = frozenset(),
    foreign_count: int = 0,
) -> Should:
    known = {one.account_id: account(one.account_id) for one in accesses} | {one.id: one for one in accounts}
    return should(
        net, accesses, known, groups or {}, without, present or {}, foreign, foreign_count, "cusna-x-"
    )


def names(found: Should) -> list[str]:
    return [one.account_id for one in found.wanted]


def waits(found: Should) -> dict[str, Wait]:
    return {one.account_id: one.why for one in found.waiting}


def test_a_key_has_label_passphrase_vlan_end_and_reason() -> None:
    (key,) = keys(reach("ann", ends=NOW + DAY), groups={"ann": GROUP}).wanted
    assert (key.label, key.fingerprint, key.vlan, key.ends) == ("cusna-x-ann", "f-ann", 10, NOW + DAY)
    assert (key.because.name, key.location_id, key.network_id) == ("Hot desk", "one", "net")
    assert keys(reach("ann", "elsewhere")) == Should((), ())


@pytest.mark.parametrize("second", [None, NOW + 2 * DAY])
@pytest.mark.parametrize("turned", [False, True])
def test_two_locations_on_one_network_make_one_key_until_the_later_end(
    second: datetime | None, turned: bool
) -> None:
    accesses = [reach("ann", "one", ends=NOW + DAY), reach("ann", "two", ends=second, roaming=True)]
    (key,) = keys(*(reversed(accesses) if turned else accesses)).wanted
    assert (key.location_id, key.ends) == ("one", second)


def test_order_of_place() -> None:
    net = replace(NET, limits=Limits(keys=None))
    accesses = [
        reach("roams-there", roaming=True),
        reach("young", age=1),
        reach("old", age=9),
        reach("b-old", age=9),
        reach("unvisited", age=99),
        reach("roams", roaming=True, age=99),
        reach("there"),
    ]
    order = ["there", "roams-there", "b-old", "old", "young", "unvisited", "roams"]
    present: dict[str, int | None] = {"there": None, "roams-there": None}
    unvisited = (account("unvisited", visited=False),)
    assert names(keys(*accesses, net=net, present=present, accounts=unvisited)) == order
    for limit in range(9):
        found = keys(
            *accesses,
            net=replace(NET, limits=Limits(keys=limit)),
            present=present,
            accounts=unvisited,
            foreign_count=1,
        )
        # Keys that exist stay, though there were too many of them.
        assert names(found) == order[: max(2, limit - 1)]
        assert waits(found) == dict.fromkeys(order[max(2, limit - 1) :], Wait.FULL)


def test_a_key_that_ends_frees_its_place() -> None:
    net = replace(NET, limits=Limits(keys=1))
    assert names(keys(reach("new"), net=net, present={"old": None})) == ["new"]


def test_on_first_visit_only_who_used_the_portal_but_nobody_loses_a_key() -> None:
    net = replace(NET, on_first_visit=True)
    never = (account("never", visited=False), account("has", visited=False))
    found = keys(reach("never"), reach("has"), reach("ann"), net=net, accounts=never, present={"has": None})
    assert (names(found), waits(found)) == (["has", "ann"], {})


def test_where_vlans_cannot_be_there_are_no_new_keys() -> None:
    net = replace(NET, broken=True)
    found = keys(
        reach("ann"),
        reach("has"),
        reach("moved"),
        reach("named"),
        net=net,
        present={"has": None, "moved": None, "named": 10},
        groups={"moved": GROUP, "named": GROUP},
    )
    assert sorted(names(found)) == ["has", "named"]
    assert waits(found) == {"ann": Wait.CANNOT_VLAN, "moved": Wait.CANNOT_VLAN}


@pytest.mark.parametrize("present", [{}, {"ann": None}, {"ann": 11}])
def test_without_a_number_nobody_is_mixed_with_others(present: dict[str, int | None]) -> None:
    found = keys(reach("ann"), without=frozenset({"ann"}), present=present)
    assert (names(found), waits(found)) == ([], {"ann": Wait.NO_VLAN})


def test_a_passphrase_that_somebody_else_uses_waits_to_be_replaced() -> None:
    found = keys(reach("ann"), reach("bob"), foreign=frozenset({"f-ann"}), present={"ann": None})
    assert (names(found), waits(found)) == (["bob"], {"ann": Wait.TAKEN})


# VLANs


COMPANIES = [("hq", f"c{number}") for number in range(6)]
POOLS = {
    "a": Pool("a", "site", [12, 10, 11]),
    "b": Pool("b", "site", [11, 12, 13]),
    "c": Pool("c", "other", [10]),
}


def test_the_lowest_free_number_that_nobody_uses() -> None:
    order = [(company, "a") for company in COMPANIES[:3]]
    found = allot(order, set(), (), POOLS, {"site": {10}, "other": {11}}, NOW)
    assert [(group.company, group.vlan) for group in found.groups] == [(COMPANIES[0], 11), (COMPANIES[1], 12)]
    assert found.without == {(COMPANIES[2], "a")}
    assert all(group.since == group.last_known == NOW for group in found.groups)


def test_one_company_shares_its_number_within_a_domain() -> None:
    order = [
        (COMPANIES[0], "a"),
        (COMPANIES[1], "a"),
        (COMPANIES[1], "b"),
        (COMPANIES[0], "b"),
        (COMPANIES[0], "c"),
    ]
    found = allot(order, set(), (), POOLS, {}, NOW).groups
    assert [group.vlan for group in found] == [10, 11, 11, 12, 10]  # 10 is not in pool b


def test_a_group_is_stable_and_freed_thirty_days_after_it_was_last_known() -> None:
    first = allot([(COMPANIES[0], "a")], {COMPANIES[0]}, (), POOLS, {}, NOW).groups
    later = allot([], {COMPANIES[0]}, first, {}, {"site": {10}}, NOW + 20 * DAY)  # switched off, and taken
    assert [(group.vlan, group.since, group.last_known) for group in later.groups] == [
        (10, NOW, NOW + 20 * DAY)
    ]
    kept = allot([], set(), later.groups, POOLS, {}, NOW + 50 * DAY - timedelta(seconds=1))
    assert (kept.groups, kept.freed) == (later.groups, ())
    freed = allot([(COMPANIES[1], "a")], set(), later.groups, POOLS, {}, NOW + 50 * DAY)
    assert freed.freed == later.groups
    assert [(group.company, group.vlan) for group in freed.groups] == [(COMPANIES[1], 10)]


def test_that_a_company_is_still_known_is_not_noted_at_every_look() -> None:
    """Else each look at any network would write all groups there are."""
    first = allot([(COMPANIES[0], "a")], {COMPANIES[0]}, (), POOLS, {}, NOW).groups
    soon = allot([(COMPANIES[0], "a")], {COMPANIES[0]}, first, POOLS, {}, NOW + timedelta(minutes=9))
    assert soon.groups == first
    later = allot([(COMPANIES[0], "a")], {COMPANIES[0]}, first, POOLS, {}, NOW + timedelta(minutes=10))
    assert [one.last_known for one in later.groups] == [NOW + timedelta(minutes=10)]


def test_a_network_that_moved_to_another_domain_gets_its_groups_anew() -> None:
    first = allot([(COMPANIES[0], "c"), (COMPANIES[1], "a")], set(), (), POOLS, {}, NOW).groups
    moved = POOLS | {"c": Pool("c", "site", [10, 11])}
    found = allot([(COMPANIES[0], "c"), (COMPANIES[1], "a")], set(), first, moved, {}, NOW)
    assert [group.company for group in found.freed] == [COMPANIES[0]]
    assert {(group.company, group.domain, group.vlan) for group in found.groups} == {
        (COMPANIES[0], "site", 11),
        (COMPANIES[1], "site", 10),
    }


def test_a_network_without_management_gets_no_group() -> None:
    assert allot([(COMPANIES[0], "unmanaged")], set(), (), POOLS, {}, NOW) == allot(
        [], set(), (), POOLS, {}, NOW
    )


demands = st.lists(st.tuples(st.sampled_from(COMPANIES), st.sampled_from("abc")), max_size=12)


@given(st.lists(st.tuples(demands, st.sets(st.sampled_from(COMPANIES)), st.integers(0, 40)), max_size=5))
def test_a_number_means_one_company_in_a_domain(
    rounds: list[tuple[list[tuple[tuple[str, str], str]], set[tuple[str, str]], int]],
) -> None:
    groups: tuple[Group, ...] = ()
    now = NOW
    for wanted, known, days in rounds:
        now += days * DAY
        taken = {"site": {13}}
        found = allot(wanted, known, groups, POOLS, taken, now)
        meant: dict[tuple[str, int], tuple[str, str]] = {}
        for group in found.groups:
            assert meant.setdefault((group.domain, group.vlan), group.company) == group.company
            assert group.vlan in POOLS[group.network_id].numbers
            assert group.vlan not in taken.get(group.domain, set())
        settled = {(group.company, group.network_id): group.vlan for group in found.groups}
        for group in groups:
            if group not in found.freed and group.company in known:
                assert settled[group.company, group.network_id] == group.vlan
        assert set(wanted) == {pair for pair in settled if pair in wanted} | found.without
        groups = found.groups


# Whose company


@pytest.fixture
def ann(world: World) -> World:
    world.person("ann", at="L2", company="acme")
    world.affiliate("ann", "L1")
    world.policy = Policy(roaming=True)
    return world


def company(world: World, at: str = "one", person: str = "ann") -> str | None:
    place = next(place for place in world.places if place.id == at)
    in_force = world.rights().in_force
    right = world.access()[person, at].right
    return company_of(world.accounts[f"a-{person}"], place, right, in_force, world.facts)


def test_no_company_there_is_the_company_of_the_right(ann: World) -> None:
    ann.companies["zeta"] = None
    ann.affiliate("ann", "L3", "zeta")
    ann.plan("s", "ann", at="L2")
    assert company(ann) == "acme"
    ann.plan("s", company="zeta", at=None)
    assert company(ann) == "zeta"
    assert company(ann, "two") == "acme"  # but their own affiliation comes first


def test_else_of_the_right_that_ends_last_else_the_lowest(ann: World) -> None:
    ann.override("ann", "one", NOW)
    ann.companies |= dict.fromkeys(("beta", "zeta"))
    assert company(ann) == "acme"
    ann.affiliate("ann", "L2", "zeta")
    ann.affiliate("ann", "L3", "beta")
    assert company(ann) == "beta"
    ann.plan("s", company="zeta", at="L2")
    assert company(ann) == "zeta"
    ann.affiliate("ann", "L2", "zeta", approved=False)
    assert company(ann) == "beta"


def test_two_records_at_one_place_never_bring_a_company_from_elsewhere(world: World) -> None:
    world.person("ann")
    world.accounts["a-ann"] = replace(world.accounts["a-ann"], person_ids=frozenset({"p", "q"}))
    world.people |= {"p": world.people["ann"], "q": world.people["ann"]}
    world.companies = dict.fromkeys(("acme", "beta", "zeta"))
    world.affiliate("p", "L1", "zeta")
    world.affiliate("q", "L1", "beta")
    world.affiliate("p", "L2", "acme")
    world.plan("far", company="acme", at="L2")
    world.override("ann", "one", NOW)
    assert company(world) == "beta"
    world.plan("near", company="zeta", at="L1")
    assert company(world) == "zeta"


def test_a_right_of_nobodys_company_says_nothing(world: World) -> None:
    world.person("ann")
    world.plan("s", "ann")
    assert company(world) is None
