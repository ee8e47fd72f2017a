"""Where does the demo play? Fakes, mail server and the real program, all on loopback."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cusna_core.api import FakeSource, FakeWifi
from cusna_core.app import App
from cusna_core.config.plugins import Registry
from cusna_core.demo.clock import JumpingClock
from cusna_core.demo.file import written
from cusna_core.demo.inbox import Inbox
from cusna_core.demo.people import BAIXA, HAFEN, KREUZBERG, SPOTS, Cast, Somebody, Spot

SSID = "Members"
PRINTER = "printer-do-not-touch-2019"
ALWAYS = (KREUZBERG, HAFEN, BAIXA)


class NothingToPlay(Exception):
    """No source or no WiFi vendor can be played: a sentence."""


@dataclass(slots=True)
class Device:
    """A phone or laptop in somebody's hands."""

    mac: str
    name: str
    spot: Spot
    vlan: int | None
    """None: refused."""


@dataclass(slots=True)
class Stage:
    """Everything that runs in the demo."""

    clock: JumpingClock
    inbox: Inbox
    source: FakeSource
    air: dict[str, FakeWifi]
    """By location: the controller there."""
    cast: Cast
    app: App
    devices: list[Device] = field(default_factory=list)
    nobody: bool = False
    broken: set[str] = field(default_factory=set)
    _titles: dict[str, str] = field(default_factory=dict)
    given: bool = False
    """Nothing but the general part of the file was written: the rest is for the console."""

    @classmethod
    async def build(
        cls,
        folder: Path,
        registry: Registry,
        port: int,
        *,
        given: bool = False,
        bare: bool = False,
        clock: JumpingClock | None = None,
        hooks: bool = False,
    ) -> "Stage":
        """Start the fakes, fill them, write a configuration file, and start the program on it.

        With `given` the file holds only the general part, so that the Settings path can be walked; with
        `bare` not even a mail server.
        With `hooks` the source tells the program of every change at once.
        A clock that was jumped before chooses the day on which the story begins.
        """
        clock = clock or JumpingClock()
        told_by = _fake(registry, FakeSource, ("andcards",))
        _fake(registry, FakeWifi, ())
        inbox = Inbox()
        await inbox.start()
        source = told_by(clock)
        await source.start()
        air = await _air(registry, clock)
        cast = Cast(source, clock.now(), [one for one in SPOTS if one.slug in air])
        cast.fill()
        if hooks:
            # In the demo's file the integration is called hq; the console suggests the name of its type.
            source.tell(f"http://localhost:{port}/hooks/{source.type if given else 'hq'}")
        path = written(folder, port, inbox.port, source, air, registry, given=given, bare=bare)
        app = await App.start(path, clock=clock)
        titles = {name: one.title for name, one in registry.drivers.items()}
        return cls(clock, inbox, source, air, cast, app, given=given or bare, _titles=titles)

    async def stop(self) -> None:
        await self.app.stop()
        await self.source.stop()
        for vendor in self.vendors():
            await vendor.stop()
        await self.inbox.stop()

    def vendors(self) -> list[FakeWifi]:
        return list({id(one): one for one in self.air.values()}.values())

    def vendor(self, spot: Spot) -> str:
        """What people call the WiFi system there."""
        return self._titles.get(self.air[spot.slug].type, self.air[spot.slug].type)

    def settings(self) -> list[tuple[str, dict[str, str]]]:
        """What to type into the console's Settings: for each system, its options' names and values."""
        told = [(f"Integration: {self.source.type}", _flat(self.source.options()))]
        for vendor in self.vendors():
            told.append((f"Controller: {vendor.type}", _flat(vendor.options())))
            told.append((f"Network on it: {SSID}", _flat(vendor.network_options(SSID))))
        return told

    async def join(self, spot: Spot, passphrase: str, name: str) -> Device:
        """A device tries to join the WiFi at a location."""
        known = next((one for one in self.devices if (one.name, one.spot) == (name, spot)), None)
        mac = known.mac if known else _mac(len(self.devices) + 1)
        vlan = await self.air[spot.slug].join(SSID, passphrase, mac)
        if known:
            known.vlan = vlan
            return known
        device = Device(mac, name, spot, vlan)
        self.devices.append(device)
        return device

    def online(self, device: Device) -> bool:
        return device.mac in self.air[device.spot.slug].online(SSID)

    async def jump(self, to: datetime) -> None:
        await self.clock.jump(to)

    def midnight(self, spot: Spot) -> datetime:
        """Just after the next local midnight there."""
        cast = Cast(self.source, self.clock.now())
        return cast.day(spot)[1] + timedelta(seconds=5)

    def book_now(self, who: Somebody, spot: Spot, resource: str, kind: str = "desk") -> str:
        """A booking made this minute, for the rest of the local day's working hours."""
        now = self.clock.now()
        ends = min(now + timedelta(hours=4), self.midnight(spot) - timedelta(minutes=1))
        return self.source.book(
            self.cast.locations[spot.slug], who.person, resource, kind, starts=now, ends=ends
        )

    def let_nobody_be_told(self, on: bool) -> None:
        self.nobody = on
        self.source.answer_with_nobody(on)

    def break_down(self, spot: Spot, on: bool) -> None:
        (self.broken.add if on else self.broken.discard)(spot.slug)
        self.air[spot.slug].break_down(on)


def _fake(registry: Registry, kind: type[Any], preferred: tuple[str, ...]) -> type[Any]:
    """A stand-in from the enabled plugins: the first preferred type that has one."""
    found = {name: one for name, one in registry.fakes.items() if issubclass(one, kind)}
    for name in (*preferred, *found):
        if name in found:
            return found[name]
    raise NothingToPlay(
        "No plugin that is installed here brings a vendor in a box. Install some beside cusna-core; "
        "in a checkout script/demo does it."
    )


async def _air(registry: Registry, clock: JumpingClock) -> dict[str, FakeWifi]:
    """The controller at each location.

    The first three stand whatever is installed; each other one only with its own vendor.
    """
    vendors: dict[str, FakeWifi] = {}
    air: dict[str, FakeWifi] = {}
    for spot in SPOTS:
        if spot in ALWAYS or spot.vendor in registry.fakes:
            of = _fake(registry, FakeWifi, (spot.vendor, "memory"))
            if of.type not in vendors:
                vendor = vendors[of.type] = of(clock)
                await vendor.start()
                vendor.network_options(SSID)
                vendor.add_foreign_key(SSID, "printer", PRINTER)
            air[spot.slug] = vendors[of.type]
    return air


def _flat(options: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = str(value)
    return found


def _mac(number: int) -> str:
    return f"02:00:00:00:{number // 256:02x}:{number % 256:02x}"


async def until(condition: Any, seconds: float = 10.0) -> bool:
    """Wait until something is seen to be so, in real time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return True
        if loop.time() > end:
            return False
        await asyncio.sleep(0.05)
