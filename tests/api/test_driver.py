"""What does a driver do that implements no more than it must?"""

from collections.abc import Sequence
from typing import Any

import pytest

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    Change,
    ConfigError,
    Context,
    Controller,
    Create,
    EnsureSegment,
    Feature,
    Finding,
    Full,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    NetworkChoice,
    Options,
    Outcome,
    PluginError,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Segment,
    Source,
    Taken,
    Transient,
    Unreachable,
    Unsupported,
    Update,
)


class Air(Network[Options]):
    """The least that a driver can be. It refuses what `errors` names."""

    def __init__(self) -> None:
        self.features = Feature.LABEL
        self.limits = Limits()
        self.errors: dict[str, Exception] = {}
        self.done: list[str] = []

    def identity(self) -> str:
        return "air"

    def segment_domain(self) -> str:
        return "air"

    async def check(self) -> Sequence[Finding]:
        return []

    async def read(self) -> Sequence[KeyState]:
        return []

    async def create(self, key: Key) -> Ref:
        self._do(key.label)
        return Ref(f"ref of {key.label}")

    async def revoke(self, ref: Ref) -> None:
        self._do(ref)

    def _do(self, what: str) -> None:
        if what in self.errors:
            raise self.errors[what]
        self.done.append(what)


class Whole(Air):
    async def update(self, ref: Ref, key: Key) -> Ref:
        self._do(f"{ref} to {key.label}")
        return Ref(f"new {ref}")

    async def ensure_segment(self, segment: Segment) -> None:
        self._do(f"VLAN {segment.vlan}")


class Tower(Controller[Options, Options]):
    type = "air"
    title = "Air"
    options_class = Options
    network_options_class = Options

    async def check(self) -> Sequence[Finding]:
        return []

    async def networks(self) -> Sequence[NetworkChoice]:
        return []

    def network(self, options: Options) -> Network[Options]:
        return Air()


def key(label: str) -> Key:
    return Key(label, Secret("a-passphrase"))


async def outcomes(network: Network[Options], changes: Sequence[Change]) -> list[Outcome]:
    return [one async for one in network.apply(changes)]


ALL: list[Change] = [
    EnsureSegment(Segment(104, "cusna-ab12-g1")),
    Revoke(Ref("old"), "cusna-ab12-1"),
    Update(Ref("two"), key("k2")),
    Create(key("k3")),
]


async def test_changes_go_in_their_order_with_one_outcome_each() -> None:
    network = Whole()
    found = await outcomes(network, ALL)
    assert network.done == ["VLAN 104", "old", "two to k2", "k3"]
    assert [one.change for one in found] == ALL
    assert [one.ref for one in found] == [None, "old", "new two", "ref of k3"]
    assert [one.error for one in found] == [None] * 4
    assert await outcomes(network, []) == []


@pytest.mark.parametrize(
    "error",
    [
        Transient("No."), RateLimited("No.", after=3), Unreachable("No."), BadAnswer("No."),
        AuthFailed("No."), ConfigError("No.", path="ssid"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
async def test_what_concerns_all_keys_stops_the_rest(error: PluginError) -> None:
    network = Whole()
    network.errors["old"] = error
    found = await outcomes(network, ALL)
    assert network.done == ["VLAN 104"]
    assert [one.error for one in found] == [None, error]
    assert found[1].ref is None


@pytest.mark.parametrize(
    "error", [Rejected("No."), Missing("No."), Taken("No."), Full("No."), Unsupported("No."), PluginError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
async def test_what_concerns_one_key_lets_the_others_go_on(error: PluginError) -> None:
    network = Whole()
    network.errors["old"] = error
    found = await outcomes(network, ALL)
    assert network.done == ["VLAN 104", "two to k2", "k3"]
    assert [one.error for one in found] == [None, error, None, None]


async def test_a_bug_in_a_driver_is_not_mistaken_for_an_answer() -> None:
    network = Whole()
    network.errors["old"] = KeyError("name")
    with pytest.raises(KeyError):
        await outcomes(network, ALL)


async def test_a_driver_that_implements_no_more_says_what_it_cannot() -> None:
    network = Air()
    found = await outcomes(network, ALL)
    assert network.done == ["old", "k3"]
    assert [type(one.error) for one in found] == [Unsupported, type(None), Unsupported, type(None)]
    for asked in (network.segments(), network.clients(), network.disconnect([])):
        with pytest.raises(Unsupported, match="Air"):
            await asked


async def test_a_controller_without_a_session_has_nothing_to_open(context: Context) -> None:
    tower = Tower(Options(), context)
    assert tower.options == Options()
    assert tower.context is context
    await tower.open()
    await tower.close()
    await tower.close()


async def test_a_source_without_a_session_has_nothing_to_open(context: Context) -> None:
    class Book(Source[Options]):
        type = "book"
        title = "Book"
        options_class = Options

        async def check(self) -> Sequence[Finding]:
            return []

        async def locations(self) -> Any:
            return []

        async def snapshot(self, locations: Sequence[str], window: Any) -> Any: ...

        async def find(self, email: str, locations: Sequence[str], window: Any) -> Any: ...

        async def again(self, missing: Any) -> Any: ...

    book = Book(Options(), context)
    assert (book.options, book.context) == (Options(), context)
    await book.open()
    await book.close()
    await book.close()


@pytest.mark.parametrize("shape", [Network, Controller, Source, Air], ids=lambda shape: shape.__name__)
def test_what_a_driver_must_do_is_asked_when_it_is_made(shape: type) -> None:
    if shape is Air:
        shape()
        return
    with pytest.raises(TypeError, match="abstract"):
        shape()


def test_no_repr_shows_a_passphrase_or_the_installations_key(context: Context) -> None:
    class Vault:
        def __repr__(self) -> str:
            return "the installation's key"

        def fingerprint(self, text: str) -> str:
            return text

    shown = Context("rack", "ab12", context.clock, Vault().fingerprint)
    assert "installation's key" not in repr(shown)
    assert shown.label_prefix == "cusna-ab12-"
    state = KeyState(Ref("r"), "label", Secret("a-passphrase"))
    for one in (ALL, Outcome(ALL[3], Ref("r")), state):
        assert "a-passphrase" not in repr(one)
