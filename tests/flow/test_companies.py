"""Rule 5 beyond the first number: pins of admins, companies that are one firm, and numbers that rest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.flow.allotment import Allotment, allot
from cusna_core.flow.firms import Company, alike, firm, joined, parted, stands_for
from cusna_core.flow.groups import Group
from cusna_core.flow.numbers import At, Denied, Hindrance, Pin, Pool, Rest, Rules

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C, D = (("hq", one) for one in "abcd")
POOLS = {
    "net": Pool("net", "site", [10, 11, 12], lowest=1, highest=99),
    "ost": Pool("ost", "site", [11, 12, 13], lowest=1, highest=99),
    "far": Pool("far", "other", [10]),
}


def group(company: Company, vlan: int, network: str = "net", since: datetime = NOW) -> Group:
    return Group(company, network, POOLS[network].domain, vlan, since, NOW)


def pin(company: Company, vlan: int, network: str = "net") -> Pin:
    return Pin(company, network, POOLS[network].domain, vlan)


def rest(company: Company, vlan: int, network: str = "net", since: datetime = NOW) -> Rest:
    return Rest(company, network, POOLS[network].domain, vlan, since)


def run(
    wanted: Sequence[At] = (),
    groups: Sequence[Group] = (),
    *,
    pins: Sequence[Pin] = (),
    rests: Sequence[Rest] = (),
    links: Mapping[Company, Company] | None = None,
    taken: frozenset[int] = frozenset(),
    now: datetime = NOW,
    pools: Mapping[str, Pool] = POOLS,
) -> Allotment:
    known = {one.company for one in groups}
    return allot(wanted, known, groups, pools, {"site": taken}, now, Rules(pins, rests, links or {}))


def numbers(found: Allotment) -> dict[tuple[str, str], int]:
    return {(one.company[1], one.network_id): one.vlan for one in found.groups}


# Pins


def test_a_pinned_company_gets_its_number_and_nobody_else_does() -> None:
    order = [(A, "net"), (B, "net"), (C, "net")]
    found = run(order, pins=[pin(B, 10)])
    assert numbers(found) == {("a", "net"): 11, ("b", "net"): 10, ("c", "net"): 12}
    assert found.denied == ()
    elsewhere = run([(A, "ost")], pins=[pin(B, 11), pin(C, 12, "far")])
    assert numbers(elsewhere) == {("a", "ost"): 12}, "numbers are of a domain, not of a network"


def test_a_pin_outside_the_pool_holds() -> None:
    found = run([(A, "net")], pins=[pin(A, 77)])
    assert numbers(found) == {("a", "net"): 77}
    later = run([(A, "net")], found.groups, pins=[pin(A, 77)], taken=frozenset({10}))
    assert (later.groups, later.rests, later.denied) == (found.groups, (), ())


def test_a_pin_moves_who_has_another_number_and_that_rests() -> None:
    found = run([(B, "net")], [group(A, 10)], pins=[pin(A, 77)], now=NOW + DAY)
    assert numbers(found) == {("a", "net"): 77, ("b", "net"): 11}
    assert found.groups[0].since == NOW + DAY
    assert found.rests == (rest(A, 10, since=NOW + DAY),)
    full = run([(B, "net"), (C, "net"), (D, "net")], found.groups, rests=found.rests, pins=[pin(A, 77)])
    assert full.without == {(D, "net")}, "10 is nobody's for a while"
    after = run([(D, "net")], full.groups, rests=full.rests, pins=[pin(A, 77)], now=NOW + 31 * DAY)
    assert numbers(after)["d", "net"] == 10
    assert after.rests == ()


def test_unpinned_it_keeps_its_number() -> None:
    assert numbers(run([(A, "net")], [group(A, 77)])) == {("a", "net"): 77}


@pytest.mark.parametrize(
    ("groups", "rests", "taken", "pins", "expected"),
    [
        ([group(B, 77)], [], set(), [pin(A, 77)], Denied(pin(A, 77), Hindrance.COMPANY, B)),
        ([group(B, 77, "ost")], [], set(), [pin(A, 77)], Denied(pin(A, 77), Hindrance.COMPANY, B)),
        ([], [], set(), [pin(B, 77, "ost"), pin(A, 77)], Denied(pin(A, 77), Hindrance.COMPANY, B)),
        ([], [rest(B, 77)], set(), [pin(A, 77)], Denied(pin(A, 77), Hindrance.RESTING, B)),
        ([], [], {77}, [pin(A, 77)], Denied(pin(A, 77), Hindrance.FOREIGN)),
        ([], [], set(), [pin(A, 100)], Denied(pin(A, 100), Hindrance.RANGE)),
    ],
)
def test_a_pin_that_cannot_be_is_told_and_mixes_nobody(
    groups: list[Group], rests: list[Rest], taken: set[int], pins: list[Pin], expected: Denied
) -> None:
    found = run([(A, "net")], groups, rests=rests, pins=pins, taken=frozenset(taken))
    assert found.denied == (expected,)
    assert numbers(found)["a", "net"] == 10, "it is in a VLAN of its own until the number is free"
    kept = run([(A, "net")], [*groups, group(A, 12)], rests=rests, pins=pins, taken=frozenset(taken))
    assert numbers(kept)["a", "net"] == 12


def test_its_own_number_elsewhere_or_resting_is_no_hindrance() -> None:
    assert numbers(run([(A, "net")], [group(A, 13, "ost")], pins=[pin(A, 13)]))["a", "net"] == 13
    back = run([(A, "net")], rests=[rest(A, 77)], pins=[pin(A, 77)])
    assert (numbers(back), back.rests) == ({("a", "net"): 77}, ())
    own = run([(A, "net")], [group(A, 77)], pins=[pin(A, 77)], taken=frozenset({77}))
    assert own.denied == (), "what it has is in use: by itself"


def test_a_pin_of_a_network_that_is_not_at_hand_only_reserves() -> None:
    found = run([(A, "ost")], [group(B, 10)], pins=[pin(B, 11)], pools={"ost": POOLS["ost"]})
    assert numbers(found) == {("b", "net"): 10, ("a", "ost"): 12}


def test_a_pin_follows_its_network_to_another_domain() -> None:
    moved = {**POOLS, "net": Pool("net", "other", [10, 11])}
    found = run([(A, "net"), (B, "far")], [group(A, 77)], pins=[pin(A, 77)], pools=moved)
    assert [(one.company, one.domain, one.vlan) for one in found.groups] == [
        (A, "other", 77),
        (B, "other", 10),
    ]
    assert found.rests == ()


# Firms


def test_one_firm_has_one_number_on_each_network() -> None:
    groups = [group(A, 10), group(B, 11), group(B, 12, "ost")]
    found = run([(A, "net"), (B, "net")], groups, links={B: A})
    assert numbers(found) == {("a", "net"): 10, ("a", "ost"): 12}, "nobody moves where only one had a number"
    assert found.rests == (rest(B, 11),)
    assert found.without == frozenset()
    again = run([(B, "net")], found.groups, rests=found.rests, links={B: A}, now=NOW + DAY)
    assert (numbers(again), again.rests) == (numbers(found), found.rests)
    strangers = run([(C, "net"), (D, "net")], found.groups, rests=found.rests, links={B: A})
    assert strangers.without == {(C, "net"), (D, "net")}, "10 and 12 are the firm's, and 11 rests"


def test_a_company_that_stands_by_itself_again_gets_its_old_number() -> None:
    apart = run([(B, "net")], [group(A, 10)], rests=[rest(B, 12)], now=NOW + 29 * DAY)
    assert (numbers(apart), apart.rests) == ({("a", "net"): 10, ("b", "net"): 12}, ())
    late = run([(B, "net")], [group(A, 10)], rests=[rest(B, 12)], now=NOW + 30 * DAY - timedelta(seconds=1))
    assert numbers(late)["b", "net"] == 12
    over = allot([(B, "net")], {A}, [group(A, 10)], POOLS, {}, NOW + 30 * DAY, Rules(rests=[rest(B, 12)]))
    assert numbers(over)["b", "net"] == 11


def test_the_oldest_number_of_those_that_joined_is_kept() -> None:
    groups = [group(B, 10, since=NOW), group(C, 11, since=NOW - DAY)]
    found = run([(A, "net")], groups, links={B: A, C: A})
    assert (numbers(found), found.rests) == ({("a", "net"): 11}, (rest(B, 10),))


def test_a_firm_is_known_while_one_of_it_is() -> None:
    found = allot([], {B}, [group(A, 10)], POOLS, {}, NOW + 60 * DAY, Rules(links={B: A}))
    assert found.groups[0].last_known == NOW + 60 * DAY
    assert allot([], {C}, [group(A, 10)], POOLS, {}, NOW + 60 * DAY, Rules(links={B: A})).freed


def test_the_pin_of_who_stands_for_the_firm_counts() -> None:
    pins = [pin(B, 50), pin(A, 60)]
    assert numbers(run([(B, "net")], pins=pins, links={B: A})) == {("a", "net"): 60}
    assert numbers(run([(B, "net")], pins=pins[:1], links={B: A})) == {("a", "net"): 50}


@pytest.mark.parametrize(
    ("links", "first", "other", "expected"),
    [
        ({}, A, B, {B: A}),
        ({B: A}, A, B, {B: A}),
        ({B: A}, B, A, {B: A}),
        ({B: A}, B, C, {B: A, C: A}),
        ({B: A, D: C}, A, D, {B: A, C: A, D: A}),
        ({B: A}, C, B, {A: C, B: C}),
    ],
)
def test_joining(
    links: dict[Company, Company], first: Company, other: Company, expected: dict[Company, Company]
) -> None:
    after = joined(links, first, other)
    assert after == expected
    assert all(head not in after for head in after.values()), "one step"


@pytest.mark.parametrize(
    ("links", "company", "expected"),
    [
        ({}, A, {}),
        ({B: A}, B, {}),
        ({B: A}, A, {}),
        ({B: A, C: A}, B, {C: A}),
        ({B: A, C: A, D: A}, A, {C: B, D: B}),
        ({B: A, D: C}, B, {D: C}),
    ],
)
def test_parting(links: dict[Company, Company], company: Company, expected: dict[Company, Company]) -> None:
    after = parted(links, company)
    assert after == expected
    assert firm(company, after) == (company,)


def test_who_stands_for_whom() -> None:
    links = {C: A, B: A}
    assert [stands_for(one, links) for one in (A, B, C, D)] == [A, A, A, D]
    assert firm(C, links) == (A, B, C)


def test_equal_names_are_only_said() -> None:
    names = {A: "Nordlicht  Studio", B: "NORDLICHT studio ", C: "Kiez", D: ""}
    assert alike(names, {}) == [(A, B)]
    assert alike(names, {B: A}) == []
    assert alike({A: "", D: " "}, {}) == []
    assert alike({**names, C: "nordlicht studio"}, {B: A}) == [(A, B, C)]


# All of it at once

companies = st.sampled_from([A, B, C, D])
networks = st.sampled_from(["net", "ost"])
rounds = st.lists(
    st.tuples(
        st.lists(st.tuples(companies, networks), max_size=6),
        st.lists(st.tuples(companies, networks, st.sampled_from([10, 11, 12, 13, 50])), max_size=3),
        st.lists(st.tuples(companies, companies), max_size=2),
        st.sets(st.sampled_from([10, 13, 50]), max_size=1),
        st.integers(0, 40),
    ),
    max_size=6,
)


@given(rounds)
def test_a_number_never_goes_from_one_company_to_another_at_once(
    told: list[
        tuple[
            list[At],
            list[tuple[Company, str, int]],
            list[tuple[Company, Company]],
            set[int],
            int,
        ]
    ],
) -> None:
    groups: tuple[Group, ...] = ()
    rests: tuple[Rest, ...] = ()
    links: dict[Company, Company] = {}
    now = NOW
    for wanted, pinned, joins, taken, days in told:
        now += days * DAY
        for one, other in joins:
            links = joined(links, one, other) if one != other else parted(links, one)
        pins = list({(one, at): Pin(one, at, "site", vlan) for one, at, vlan in pinned}.values())
        before = {(one.domain, one.vlan): one.company for one in groups}
        ours = {one.vlan for one in groups} | {one.vlan for one in rests}
        found = allot(
            wanted, {A, B, C, D}, groups, POOLS, {"site": taken - ours}, now, Rules(pins, rests, links)
        )
        meant: dict[tuple[str, int], Company] = {}
        for group in found.groups:
            at = group.domain, group.vlan
            assert meant.setdefault(at, group.company) == group.company, "two companies in one VLAN"
            was = before.get(at)
            assert was is None or stands_for(was, links) == stands_for(group.company, links)
            assert group.vlan not in taken - ours
        for left in found.rests:
            holder = meant.get((left.domain, left.vlan))
            assert holder is None or holder == stands_for(left.company, links)
        assert len({(one.network_id, one.vlan) for one in found.groups}) == len(found.groups)
        groups, rests = found.groups, found.rests
