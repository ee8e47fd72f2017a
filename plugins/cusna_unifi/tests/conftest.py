"""What do the tests stand on? A clock that is moved by hand, and a console in a box."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cusna_core.api import (
    Change,
    Clock,
    Context,
    Create,
    EnsureSegment,
    Key,
    PluginError,
    Ref,
    Revoke,
    Secret,
    Update,
)
from cusna_unifi.driver import UnifiController
from cusna_unifi.fake import UnifiFake
from cusna_unifi.network import UnifiNetwork
from cusna_unifi.options import UnifiNetworkOptions, UnifiOptions


class HandClock(Clock):
    """Time passes when somebody sleeps or moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def fingerprint(text: str) -> str:
    return hmac.new(b"installation's key", text.encode(), hashlib.sha256).hexdigest()


class Rack:
    """A fake console with one WiFi called Members, and drivers that talk to it."""

    def __init__(self, fake: UnifiFake, clock: HandClock) -> None:
        self.fake = fake
        self.clock = clock
        self.opened: list[UnifiController] = []
        self.context = Context("rack", "abcd", clock, fingerprint)

    def key(self, passphrase: str, vlan: int | None = None) -> Key:
        return Key("cusna-abcd-account", Secret(passphrase), vlan=vlan)

    def new(self, passphrase: str, vlan: int | None = None) -> Create:
        return Create(self.key(passphrase, vlan))

    def ref(self, passphrase: str) -> Ref:
        return Ref(fingerprint(passphrase))

    def end(self, passphrase: str) -> Revoke:
        return Revoke(self.ref(passphrase), "cusna-abcd-account")

    def change(self, old: str, passphrase: str, vlan: int | None = None) -> Update:
        return Update(self.ref(old), self.key(passphrase, vlan))

    async def apply(self, network: UnifiNetwork, *changes: Change) -> list[PluginError | None]:
        """What became of each change: None is good."""
        outcomes = [one async for one in network.apply(changes)]
        assert [one.change for one in outcomes] == list(changes)
        assert all(
            (one.ref is None) == (one.error is not None) or isinstance(one.change, EnsureSegment)
            for one in outcomes
        )
        return [one.error for one in outcomes]

    @property
    def keys(self) -> dict[str, str]:
        """Passphrase -> name of its network ("" for the WLAN's own), as stored at the controller."""
        site = self.fake.site
        return {
            one["password"]: site.networks.get(one["networkconf_id"], {"name": one["networkconf_id"]})["name"]
            for one in site.ppsks("Members")
        }

    async def controller(self, **options: Any) -> UnifiController:
        made = UnifiController(UnifiOptions.model_validate(options or self.fake.options()), self.context)
        await made.open()
        self.opened.append(made)
        return made

    async def network(self, controller: UnifiController | None = None, **options: Any) -> UnifiNetwork:
        controller = controller or await self.controller()
        return controller.network(UnifiNetworkOptions.model_validate({"ssid": "Members"} | options))

    def puts(self) -> int:
        return len(self.fake.calls("PUT"))


MakeRack = Callable[..., Awaitable[Rack]]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def make_rack(clock: HandClock) -> AsyncIterator[MakeRack]:
    made: list[Rack] = []

    async def make(**how: Any) -> Rack:
        fake = UnifiFake(clock, **how)
        fake.site.add_wlan("Members")
        await fake.start()
        made.append(Rack(fake, clock))
        return made[-1]

    yield make
    for one in made:
        for controller in one.opened:
            await controller.close()
        await one.fake.stop()


@pytest.fixture
async def rack(make_rack: MakeRack) -> Rack:
    return await make_rack()
