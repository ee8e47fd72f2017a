"""What is changed on a network, tried on one in memory with every combination of features."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cusna_core.api import Feature, KeyState, Ref, Secret, Segment, SegmentState
from cusna_core.flow.changes import Cause, Step, Verb, changes
from cusna_core.flow.keys import Should, Wanted
from cusna_core.flow.ownership import Memory, Seen, own
from cusna_core.flow.world import Because, Kind

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
BECAUSE = Because(Kind.PLAN, "Hot desk", "s")
FULL = Feature.VLAN | Feature.LABEL | Feature.READ_PASSPHRASE | Feature.CHOOSE_PASSPHRASE | Feature.EXPIRY
COMBINATIONS = [
    Feature(bits)
    for bits in range((FULL | Feature.UPDATE).value + 1)
    if Feature(bits) in FULL | Feature.UPDATE
    # A network whose keys have no label finds them again by their passphrase, which must be ours to choose.
    and (Feature.LABEL in Feature(bits) or Feature.CHOOSE_PASSPHRASE in Feature(bits))
]


def wanted(name: str, passphrase: str = "", vlan: int | None = None, ends: datetime | None = None) -> Wanted:
    return Wanted(name, "net", f"cusna-x-{name}", passphrase or f"f-{name}", vlan, ends, BECAUSE, "one")


@dataclass
class Net:
    """A network in memory with its memory. Fingerprints stand for passphrases."""

    features: Feature
    keys: dict[str, tuple[str | None, str, int | None, datetime | None]] = field(default_factory=dict)
    """Reference to (label, passphrase, VLAN, end)."""
    vlans: dict[int, str] = field(default_factory=dict)
    memory: list[Memory] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def read(self) -> list[Seen]:
        readable = Feature.READ_PASSPHRASE in self.features
        return [
            Seen(KeyState(Ref(ref), label, Secret(passphrase), vlan, ends), passphrase if readable else None)
            for ref, (label, passphrase, vlan, ends) in self.keys.items()
        ]

    def plan(self, *should: Wanted) -> tuple[Step, ...]:
        owned = own(self.read(), self.memory, self.features)
        needed = {one.vlan: Segment(one.vlan, f"cusna-{one.vlan}") for one in should if one.vlan is not None}
        segments = [SegmentState(vlan, name) for vlan, name in self.vlans.items()]
        return changes(Should(should, ()), owned, segments, needed, self.memory, self.features)

    def apply(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if step.verb is Verb.ENSURE:
                assert step.segment is not None
                assert step.segment.vlan not in self.vlans
                self.vlans[step.segment.vlan] = step.segment.name
            if step.verb in (Verb.REVOKE, Verb.UPDATE):
                assert step.was is not None
                assert step.ref == step.was.state.ref
                del self.keys[str(step.ref)]  # a KeyError here would be a change of what is not there
                self.memory = [
                    replace(one, revoked=True) if one.ref == step.ref else one for one in self.memory
                ]
            if step.verb in (Verb.UPDATE, Verb.CREATE):
                assert step.wanted is not None
                self.put(step.wanted, step.ref)

    def put(self, key: Wanted, ref: Ref | None = None) -> None:
        label = key.label if Feature.LABEL in self.features else None
        chosen = Feature.CHOOSE_PASSPHRASE in self.features
        passphrase = key.fingerprint if chosen else f"made-up-{next(self.numbers)}"
        if label is None:
            ref = Ref(f"of-{passphrase}")
        ref = ref or Ref(f"id-{next(self.numbers)}")
        assert ref not in self.keys
        vlan = key.vlan if Feature.VLAN in self.features else None
        if vlan is not None:
            assert vlan in self.vlans, "the segment is there before the key that names it"
        ends = key.ends if Feature.EXPIRY in self.features else None
        self.keys[ref] = (label, passphrase, vlan, None if ends is None else ends.replace(microsecond=0))
        self.memory = [one for one in self.memory if one.ref != ref]
        self.memory.append(Memory(key.account_id, key.label, ref, key.fingerprint))


def verbs(steps: tuple[Step, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.verb.value, tuple(cause.value for cause in step.causes)) for step in steps]


PASSPHRASES = st.integers(0, 2)
PEOPLE = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(
        PASSPHRASES,
        st.sampled_from([None, 10, 11]),
        st.sampled_from([None, NOW, NOW + timedelta(microseconds=7), NOW + timedelta(hours=1)]),
    ),
)


@pytest.mark.parametrize("features", COMBINATIONS, ids=str)
@settings(max_examples=25, deadline=None)
@given(
    rounds=st.lists(PEOPLE, min_size=1, max_size=4), foreign=st.sampled_from([None, "printer", "cusna-y-a"])
)
def test_changes_applied_leave_nothing_to_change(
    features: Feature, rounds: list[dict[str, tuple[int, int | None, datetime | None]]], foreign: str | None
) -> None:
    label = foreign if Feature.LABEL in features else None
    theirs = {"f0": (label, "secret-0", 99, None), "f1": (None, "secret-1", None, None)}
    net = Net(features, dict(theirs), {99: "Office"})
    for people in rounds:
        should = [
            wanted(name, f"f-{name}-{number}", vlan if Feature.VLAN in features else None, ends)
            for name, (number, vlan, ends) in people.items()
        ]
        steps = net.plan(*should)
        assert not {str(step.ref) for step in steps} & theirs.keys(), "no change names a foreign key"
        order = [list(Verb).index(step.verb) for step in steps]
        assert order == sorted(order)
        assert all(step.causes for step in steps)
        net.apply(steps)
        assert net.plan(*should) == ()
        assert len(net.keys) == len(theirs) + len(people)
        assert {ref: net.keys[ref] for ref in theirs} == theirs
        assert net.vlans[99] == "Office"


def test_each_change_says_why() -> None:
    net = Net(FULL | Feature.UPDATE)
    net.apply(net.plan(wanted("ann"), wanted("bob"), wanted("cid")))
    steps = net.plan(
        wanted("new", vlan=11),
        wanted("bob", vlan=10, ends=NOW),
        wanted("ann", "another"),
    )
    assert verbs(steps) == [
        ("revoke", ("ended",)),
        ("ensure", ("segment",)),
        ("ensure", ("segment",)),
        ("update", ("vlan", "end")),
        ("update", ("passphrase",)),
        ("create", ("new",)),
    ]
    assert [step.account_id for step in steps] == ["cid", None, None, "bob", "ann", "new"]
    assert [step.segment.vlan for step in steps if step.segment] == [10, 11]


def test_without_update_it_is_a_revoke_and_a_create() -> None:
    net = Net(FULL)
    net.apply(net.plan(wanted("ann")))
    assert verbs(net.plan(wanted("ann", "another"))) == [
        ("revoke", ("passphrase",)),
        ("create", ("passphrase",)),
    ]


def test_an_existing_segment_is_used_whatever_its_name() -> None:
    net = Net(FULL, vlans={10: "Acme by hand"})
    assert verbs(net.plan(wanted("ann", vlan=10))) == [("create", ("new",))]


def test_ends_are_compared_to_the_second() -> None:
    net = Net(FULL | Feature.UPDATE)
    net.apply(net.plan(wanted("ann", ends=NOW)))
    assert net.plan(wanted("ann", ends=NOW + timedelta(microseconds=999_999))) == ()
    assert verbs(net.plan(wanted("ann", ends=NOW + timedelta(seconds=1)))) == [("update", ("end",))]
    assert verbs(net.plan(wanted("ann"))) == [("update", ("end",))]
    unkept = Net((FULL | Feature.UPDATE) & ~Feature.EXPIRY)
    unkept.apply(unkept.plan(wanted("ann", ends=NOW)))
    assert unkept.plan(wanted("ann")) == ()


@pytest.mark.parametrize("features", [FULL, FULL & ~Feature.READ_PASSPHRASE], ids=["readable", "unreadable"])
def test_a_twin_is_revoked_and_the_known_one_stays(features: Feature) -> None:
    net = Net(features)
    net.apply(net.plan(wanted("ann")))
    (known,) = net.keys
    net.keys = {"a-twin": net.keys[known], **net.keys}
    (step,) = net.plan(wanted("ann"))
    assert (step.verb, step.causes, step.ref) == (Verb.REVOKE, (Cause.TWIN,), "a-twin")
    assert verbs(net.plan()) == [("revoke", ("ended",)), ("revoke", ("twin",))]


@pytest.mark.parametrize("features", [FULL, FULL & ~Feature.LABEL], ids=["label", "no label"])
def test_a_revoked_key_that_returned_is_revoked_again(features: Feature) -> None:
    net = Net(features)
    net.apply(net.plan(wanted("ann")))
    before = dict(net.keys)
    net.apply(net.plan())
    assert net.keys == {}
    net.keys = before  # somebody saved a page that was old
    assert verbs(net.plan()) == [("revoke", ("returned",))]
    assert net.plan(wanted("ann")) == ()  # a right came back first: it is just the key it should be


def test_an_unread_passphrase_is_known_from_memory() -> None:
    net = Net((FULL | Feature.UPDATE) & ~Feature.READ_PASSPHRASE)
    net.apply(net.plan(wanted("ann")))
    assert net.plan(wanted("ann")) == ()
    assert verbs(net.plan(wanted("ann", "another"))) == [("update", ("passphrase",))]


def test_a_lost_answer_makes_neither_twin_nor_orphan() -> None:
    net = Net(FULL)
    net.put(wanted("ann"))
    net.memory = [Memory("ann", "cusna-x-ann", None, "f-ann")]  # the intent; the answer never came
    assert net.plan(wanted("ann")) == ()
    assert verbs(net.plan()) == [("revoke", ("ended",))]


# Whose is it? (rule 11)


def seen(ref: str, label: str | None = None, passphrase: str | None = None) -> Seen:
    return Seen(KeyState(Ref(ref), label), passphrase)


MEMORY = [
    Memory("ann", "cusna-x-ann", Ref("1"), "f-ann"),
    Memory("ann", "cusna-x-ann", Ref("0"), "f-old", revoked=True),
]


@pytest.mark.parametrize(
    ("key", "features", "ours"),
    [
        (seen("1", "cusna-x-ann", "f-ann"), FULL, True),
        (seen("1", "cusna-x-ann", "changed by hand"), FULL, True),
        (seen("9", "cusna-x-ann", "f-ann"), FULL, True),  # a twin after a lost answer
        (seen("9", "cusna-x-ann", "f-old"), FULL, True),  # an old one that came back under another id
        (seen("9", "cusna-x-ann", "their own"), FULL, False),  # somebody copied ours: not what we made
        (seen("9", "cusna-x-ann", None), FULL, True),
        (seen("9", "cusna-x-ann", "made up"), FULL & ~Feature.CHOOSE_PASSPHRASE, True),
        (seen("1", "cusna-x-eve", "f-ann"), FULL, False),  # our prefix, but not in memory
        (seen("1", "cusna-y-ann", "f-ann"), FULL, False),  # another installation's
        (seen("1", "Printer", "f-ann"), FULL, False),
        (seen("1", None, "f-ann"), FULL, False),
        (seen("1", None, "f-ann"), FULL & ~Feature.LABEL, True),
        (seen("0", None, None), FULL & ~Feature.LABEL, True),
        (seen("9", "cusna-x-ann", "f-ann"), FULL & ~Feature.LABEL, False),
    ],
)
def test_ours_is_what_label_and_memory_say(key: Seen, features: Feature, ours: bool) -> None:
    owned = own([key], MEMORY, features)
    assert owned.ours == ({"ann": (key,)} if ours else {})
    assert owned.foreign == (() if ours else (key,))


def test_the_one_to_keep_comes_first() -> None:
    keys = [
        seen("0", "cusna-x-ann", "f-old"),
        seen("9", "cusna-x-ann", "f-ann"),
        seen("1", "cusna-x-ann", "f-ann"),
    ]
    owned = own(keys, MEMORY, FULL)
    assert [key.state.ref for key in owned.ours["ann"]] == ["1", "9", "0"]
