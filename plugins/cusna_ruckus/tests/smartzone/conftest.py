"""What do SmartZone's tests stand on? A controller in a box, a clock moved by hand, and no secret told."""

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from cusna_core.api import Change, Context, Create, Key, Outcome, PluginError, Secret
from cusna_core.testing import HandClock
from cusna_ruckus.smartzone.driver import SmartZone
from cusna_ruckus.smartzone.fake import PASSWORD, SmartZoneFake, Wlan
from cusna_ruckus.smartzone.network import SmartZoneNetwork
from cusna_ruckus.smartzone.options import SmartZoneNetworkOptions, SmartZoneOptions

PREFIX = "cusna-ab12cd-"


def fingerprint(text: str) -> str:
    return hmac.new(b"installation's key", text.encode(), hashlib.sha256).hexdigest()


class House:
    """A controller with a WLAN called Members, and drivers that talk to it."""

    def __init__(self, fake: SmartZoneFake, clock: HandClock) -> None:
        self.fake = fake
        self.clock = clock
        self.context = Context("rack", "ab12cd", clock, fingerprint)
        self.wlan: Wlan = fake.wlan("Members")
        self.opened: list[SmartZone] = []
        self._seen = 0

    @property
    def knobs(self) -> Any:
        return self.fake.knobs

    async def controller(self, **options: Any) -> SmartZone:
        chosen = {**self.fake.options(), **options}
        made = SmartZone(SmartZoneOptions.model_validate(chosen), self.context)
        self.opened.append(made)
        await made.open()
        return made

    async def network(self, controller: SmartZone | None = None, **options: Any) -> SmartZoneNetwork:
        controller = controller or await self.controller()
        chosen = {**self.fake.network_options("Members"), **options}
        return controller.network(SmartZoneNetworkOptions.model_validate(chosen))

    def key(self, member: str = "mia", passphrase: str | None = None, vlan: int | None = None) -> Key:
        return Key(PREFIX + member, Secret(passphrase or f"{member}-has-a-passphrase"), vlan)

    def new(self, member: str = "mia", passphrase: str | None = None, vlan: int | None = None) -> Create:
        return Create(self.key(member, passphrase, vlan))

    async def apply(self, network: SmartZoneNetwork, *changes: Change) -> list[Outcome]:
        outcomes = [one async for one in network.apply(changes)]
        assert [one.change for one in outcomes] == list(changes)[: len(outcomes)]
        return outcomes

    async def errors(self, network: SmartZoneNetwork, *changes: Change) -> list[type[PluginError] | None]:
        return [type(one.error) if one.error else None for one in await self.apply(network, *changes)]

    def asked(self) -> list[str]:
        """What the controller was asked since this was asked last; ids by their kind."""
        calls = self.fake.calls(self._seen)
        self._seen = len(self.fake.journal)
        zone, wlan = self.fake.zone.id, f"/wlans/{self.wlan.id}"
        return [
            one.replace(zone, "{zone}").replace(f"{wlan}/", "/wlans/{wlan}/").replace(wlan, "/wlans/{wlan}")
            for one in calls
        ]

    def labels(self) -> list[str]:
        return [str(one["userName"]) for one in self.fake.dpsks("Members")]


MakeHouse = Callable[..., Any]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def make_house(clock: HandClock, caplog: pytest.LogCaptureFixture) -> AsyncIterator[MakeHouse]:
    caplog.set_level(logging.DEBUG)
    made: list[House] = []

    async def make(**how: Any) -> House:
        fake = SmartZoneFake(clock, **how)
        await fake.start()
        made.append(House(fake, clock))
        return made[-1]

    yield make
    for house in made:
        for controller in house.opened:
            await controller.close()
        fake = house.fake
        await fake.stop()
        spoilt = fake.gate.down or any(one.times for one in fake.faults)
        assert not fake.gate.tickets or spoilt, "a ticket was not given back"
        passphrases = {one["passphrase"] for _, wlan in fake.cluster.wlans() for one in wlan.dpsks.values()}
        told = caplog.text + repr(fake.journal) + repr(house.opened)
        secrets = passphrases | {PASSWORD, *fake.gate.issued}
        assert not [one for one in secrets if one in told], "a secret was told"


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    made = await make_house()
    assert isinstance(made, House)
    return made


@pytest.fixture
def told() -> Callable[[BaseException | None], str]:
    """Everything that an exception could tell a log: itself, and what it came from."""

    def tell(error: BaseException | None) -> str:
        text = ""
        while error is not None:
            text += f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return text

    return tell
