"""What do RUCKUS One's tests share? A cloud in a box, and a clock that is moved by hand."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest

from cusna_core.api import Context, Key, Outcome, Revoke, Secret
from cusna_core.testing import HandClock
from cusna_ruckus.one.driver import RuckusOne
from cusna_ruckus.one.fake import CLIENT_SECRET, RuckusOneFake
from cusna_ruckus.one.network import RuckusOneNetwork
from cusna_ruckus.one.options import RuckusOneNetworkOptions, RuckusOneOptions

SSID = "Members"
PREFIX = "cusna-ab12-"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def context(clock: HandClock) -> Context:
    return Context("cloud", "ab12", clock, lambda passphrase: f"{hash(passphrase):x}")


@pytest.fixture
async def fake(clock: HandClock, caplog: pytest.LogCaptureFixture) -> AsyncIterator[RuckusOneFake]:
    caplog.set_level(logging.DEBUG)
    made = RuckusOneFake(clock)
    await made.start()
    yield made
    await made.stop()
    houses = made.tenants.values()
    secrets = {CLIENT_SECRET} | {
        row["passphrase"] for house in houses for pool in house.pools.values() for row in pool.rows.values()
    }
    told = caplog.text + repr(made.journal)
    assert not [secret for secret in secrets if secret in told], "a secret was logged"
    assert not [mail for house in houses for mail in house.mails], "a passphrase was mailed in clear"


@pytest.fixture
async def make_controller(fake: RuckusOneFake, context: Context) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> RuckusOne:
            made = RuckusOne(RuckusOneOptions.model_validate(fake.options() | options), context)
            stack.push_async_callback(made.close)
            await made.open()
            return made

        yield make


@pytest.fixture
async def controller(make_controller: Callable[..., Any]) -> RuckusOne:
    made = await make_controller()
    assert isinstance(made, RuckusOne)
    return made


@pytest.fixture
def make_network(fake: RuckusOneFake, controller: RuckusOne) -> Callable[..., RuckusOneNetwork]:
    def make(**options: Any) -> RuckusOneNetwork:
        chosen = fake.network_options(SSID) | options
        return controller.network(RuckusOneNetworkOptions.model_validate(chosen))

    return make


@pytest.fixture
def network(make_network: Callable[..., RuckusOneNetwork]) -> RuckusOneNetwork:
    return make_network()


@pytest.fixture
def key() -> Callable[..., Key]:
    """A key of ours: the member's name, the passphrase, and what else is said."""

    def make(
        member: str = "mia",
        passphrase: str = "k7mw-9xqf-2hdt-ju4n",
        vlan: int | None = None,
        ends: datetime | None = None,
    ) -> Key:
        return Key(f"{PREFIX}{member}", Secret(passphrase), vlan, ends)

    return make


@pytest.fixture
def end() -> Callable[..., Any]:
    """End keys as the core does: in one go, with their labels."""

    async def end(network: RuckusOneNetwork, *refs: Any) -> list[Outcome]:
        labels = {one.ref: one.label or "" for one in await network.read()}
        changes = [Revoke(ref, labels.get(ref, "")) for ref in refs]
        return [one async for one in network.apply(changes)]

    return end


@pytest.fixture
def told() -> Callable[[BaseException], str]:
    """Everything that an exception could tell a log: itself, and what it came from."""

    def tell(error: BaseException | None) -> str:
        text = ""
        while error is not None:
            text += f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or error.__context__
        return text

    return tell
