"""Is a feature that a driver claims, and then says it cannot, told and not asked for again?"""

from collections.abc import Sequence
from typing import Any

import pytest

from cusna_core.api import Client, Context, Feature, KeyState, Secret, Unsupported
from cusna_core.engine.fence import parts
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.fence.network import Network, broken_claims
from cusna_core.testing.clock import HandClock
from cusna_core.testing.memory import Memory, MemoryNetwork, MemoryNetworkOptions, MemoryOptions


class Boasts(MemoryNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        raise Unsupported("It cannot, after all.")

    async def clients(self) -> Sequence[Client]:
        raise Unsupported("It cannot, after all.")


class Boaster(Memory):
    def network(self, options: MemoryNetworkOptions) -> MemoryNetwork:
        return Boasts(self, options)


@pytest.fixture
def network() -> Network:
    options = MemoryOptions(url="http://127.0.0.1:1", token=Secret("memory-token"))
    context = Context("rack", "test1", HandClock(), lambda text: text)
    made: Any = parts.controller(Boaster, options, context, Hush())
    fenced: Network = made.network(MemoryNetworkOptions(ssid="Members"))
    return fenced


async def test_disconnecting(network: Network) -> None:
    assert Feature.DISCONNECT in network.features
    assert await network.disconnect([]) == 0
    assert Feature.DISCONNECT not in network.features
    [told] = broken_claims(network)
    assert (told.code, told.about) == ("network.false-claim", "DISCONNECT")
    assert "devices stay connected" in told.summary
    assert told.fix


async def test_listing_devices(network: Network) -> None:
    with pytest.raises(Fault, match=r"claims CLIENTS, and clients\(\) says that it cannot"):
        await network.clients()
