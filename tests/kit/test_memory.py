"""Is the memory driver a true reference, and is its WiFi as strict as it says?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.metadata import entry_points

import pytest

from cusna_core.api import (
    AuthFailed,
    Change,
    Clock,
    ConfigError,
    Context,
    Create,
    FakeWifi,
    Feature,
    Full,
    Key,
    Missing,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Segment,
    Taken,
    Unreachable,
    Unsupported,
    Update,
)
from cusna_core.testing.memory import (
    Memory,
    MemoryNetwork,
    MemoryNetworkOptions,
    MemoryOptions,
    cusna_drivers,
    cusna_fakes,
)
from cusna_core.testing.memory_fake import MemoryFake

MAC = "02:00:00:00:00:01"


class StillClock(Clock):
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here should wait")


@pytest.fixture
def context() -> Context:
    return Context("shelf", "ab12", StillClock(), lambda passphrase: f"{hash(passphrase):x}")


@pytest.fixture
async def fake(context: Context) -> AsyncIterator[MemoryFake]:
    made = MemoryFake(context.clock, most=3)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def controller(fake: MemoryFake, context: Context) -> AsyncIterator[Memory]:
    made = Memory(MemoryOptions.model_validate(fake.options()), context)
    await made.open()
    yield made
    await made.close()
    await made.close()


@pytest.fixture
def network(fake: MemoryFake, controller: Memory) -> MemoryNetwork:
    return controller.network(MemoryNetworkOptions.model_validate(fake.network_options("Members")))


def key(member: str, passphrase: str) -> Key:
    return Key(f"cusna-ab12-{member}", Secret(passphrase))


async def test_a_key_from_its_first_to_its_last_day(fake: MemoryFake, network: MemoryNetwork) -> None:
    ref = await network.create(key("mia", "green-river-42"))
    assert await fake.join("Members", "green-river-42", MAC) == 0
    assert await fake.join("Members", "green-river-43", MAC) is None
    assert await network.update(ref, key("mia", "blue-mountain-7")) == ref
    assert await fake.join("Members", "green-river-42", MAC) is None
    assert await fake.join("Members", "blue-mountain-7", MAC) == 0
    [state] = await network.read()
    assert (state.ref, state.label) == (ref, "cusna-ab12-mia")
    assert state.passphrase == Secret("blue-mountain-7")
    await network.revoke(ref)
    await network.revoke(ref)
    assert await network.read() == []
    assert await fake.join("Members", "blue-mountain-7", MAC) is None


REFUSED: list[tuple[str, Key, type[Rejected]]] = [
    ("label", key("mia", "blue-mountain-7"), Taken),
    ("passphrase", key("ben", "green-river-42"), Taken),
    ("too short", key("ben", "short"), Rejected),
    ("too long", key("ben", "x" * 64), Rejected),
    ("long label", key("b" * 60, "blue-mountain-7"), Rejected),
]


@pytest.mark.parametrize(("wanted", "error"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
async def test_what_is_refused(
    fake: MemoryFake, network: MemoryNetwork, wanted: Key, error: type[Rejected]
) -> None:
    await network.create(key("mia", "green-river-42"))
    other = await network.create(key("eve", "white-cloud-99"))
    for call in (network.create(wanted), network.update(other, wanted)):
        with pytest.raises(Rejected) as caught:
            await call
        assert type(caught.value) is error
        assert wanted.passphrase.get_secret_value() not in f"{caught.value!r}"
    assert sorted(one["label"] for one in fake.airs["Members"].keys.values()) == [
        "cusna-ab12-eve",
        "cusna-ab12-mia",
    ]


async def test_a_key_that_is_gone_cannot_be_changed(network: MemoryNetwork) -> None:
    with pytest.raises(Missing):
        await network.update(Ref("k99"), key("mia", "green-river-42"))


async def test_one_key_too_many(network: MemoryNetwork) -> None:
    for n in range(3):
        await network.create(key(f"m{n}", f"passphrase-{n}"))
    with pytest.raises(Full):
        await network.create(key("m3", "passphrase-3"))
    assert network.limits.keys == 3


async def test_work_in_bulk(network: MemoryNetwork) -> None:
    ref = await network.create(key("old", "white-cloud-99"))
    changes: list[Change] = [
        Revoke(ref, "cusna-ab12-old"),
        Update(Ref("k99"), key("x", "passphrase-x")),
        Create(key("mia", "green-river-42")),
    ]
    outcomes = [outcome async for outcome in network.apply(changes)]
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Missing, type(None)]
    assert [state.ref for state in await network.read()] == [outcomes[2].ref]


async def test_a_network_that_is_not_there_is_never_an_empty_one(controller: Memory) -> None:
    nowhere = controller.network(MemoryNetworkOptions(ssid="Nowhere"))
    with pytest.raises(ConfigError) as caught:
        await nowhere.read()
    assert caught.value.path == "ssid"
    assert [finding.path for finding in await nowhere.check()] == ["ssid"]


async def test_a_bad_day(fake: MemoryFake, network: MemoryNetwork) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    fake.break_down(True)
    with pytest.raises(Unreachable):
        await network.read()
    fake.break_down(False)
    assert [state.label for state in await network.read()] == ["Printer"]


async def test_a_wrong_token(fake: MemoryFake, context: Context) -> None:
    controller = Memory(MemoryOptions.model_validate(fake.options() | {"token": "wrong"}), context)
    await controller.open()
    with pytest.raises(AuthFailed):
        await controller.check()
    await controller.close()


async def test_devices(fake: MemoryFake, network: MemoryNetwork) -> None:
    fake.add_foreign_key("Members", "Printer", "printer-printer")
    ref = await network.create(key("mia", "green-river-42"))
    await fake.join("Members", "green-river-42", MAC)
    await fake.join("Members", "printer-printer", "02:00:00:00:00:ff")
    assert {client.mac: client.ref == ref for client in await network.clients()} == {
        MAC: True,
        "02:00:00:00:00:ff": False,
    }
    states = await network.read()
    await network.revoke(ref)
    assert len(fake.online("Members")) == 2
    assert await network.disconnect([state for state in states if state.ref == ref]) == 1
    assert fake.online("Members") == {"02:00:00:00:00:ff": 0}
    assert fake.foreign_keys("Members") == {"Printer": "printer-printer"}


async def test_controllers_share_the_air_at_one_address(
    fake: MemoryFake, network: MemoryNetwork, context: Context
) -> None:
    second = Memory(MemoryOptions.model_validate(fake.options()), context)
    await second.open()
    await network.create(key("mia", "green-river-42"))
    same = second.network(MemoryNetworkOptions(ssid="Members"))
    assert same.identity() == network.identity()
    assert same.segment_domain() == network.segment_domain()
    assert len(await same.read()) == 1
    await second.close()


async def test_networks_to_choose_from(fake: MemoryFake, controller: Memory, network: MemoryNetwork) -> None:
    fake.network_options("Studio 2")
    choices = await controller.networks()
    assert [choice.ssid for choice in choices] == ["Members", "Studio 2"]
    studio = controller.network(MemoryNetworkOptions.model_validate(choices[1].options))
    assert await studio.check() == await network.check() == await controller.check() == []
    assert await studio.read() == []
    assert studio.ssid == "Studio 2"
    assert studio.identity() != network.identity()


async def test_it_knows_no_vlans(network: MemoryNetwork) -> None:
    assert Feature.VLAN not in network.features
    with pytest.raises(Unsupported):
        await network.segments()
    with pytest.raises(Unsupported):
        await network.ensure_segment(Segment(120, "x"))
    with pytest.raises(Unsupported):
        await network.create(Key("cusna-ab12-mia", Secret("green-river-42"), vlan=120))
    assert await network.read() == []


def test_it_is_found_as_a_plugin() -> None:
    [found] = entry_points(group="cusna", name="memory")
    assert found.value == "cusna_core.testing.memory"
    assert [driver.type for driver in cusna_drivers()] == ["memory"]
    [fake] = cusna_fakes()
    assert issubclass(fake, FakeWifi)
    assert fake.type == "memory"
