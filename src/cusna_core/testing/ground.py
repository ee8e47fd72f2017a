"""What do the driver suite's tests stand on? A controller with one network, and scratch keys on it.

Beside it stands the vendor in a box with its air and its faults; or, with `--cusna-live`, a real controller,
and then there is no air to try and nothing to break.
"""

import hashlib
import hmac
import itertools
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest

from cusna_core.api import (
    Clock,
    Context,
    Controller,
    FakeWifi,
    Feature,
    Key,
    KeyState,
    Network,
    Options,
    Ref,
    Secret,
    Segment,
)
from cusna_core.testing.clock import HandClock
from cusna_core.testing.rounds import Rounds
from cusna_core.testing.vendor import FakeVendor

SSID = "Members"
PRINTER, PRINTER_PASSPHRASE = "Printer", "printer-4711-on-3rd-floor"
FOREIGN_VLAN, FOREIGN_SEGMENT = 66, "Cameras"
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
ROUND = 60.0
"""Seconds between a round of the core and its next one, beyond what the vendor takes to settle."""


def fingerprint(text: str) -> str:
    """As the core makes them: keyed, one way."""
    return hmac.new(b"the key of a scratch installation", text.encode(), hashlib.sha256).hexdigest()


class Ground:
    """The controller, its network, the time, and what is ours on it."""

    def __init__(
        self,
        driver: type[Controller[Any, Any]],
        options: Options,
        network_options: Options,
        clock: Clock,
        vendor: FakeVendor | None = None,
        *,
        installation: str = "kit1",
        vlans: Sequence[int] | None = None,
    ) -> None:
        self.driver = driver
        self.options = options
        self.network_options = network_options
        self.clock = clock
        self.context = Context("lab", installation, clock, fingerprint)
        self.given_vlans = vlans
        self.controller: Controller[Any, Any]
        self.network: Network[Any]
        self.rounds: Rounds
        self._vendor = vendor
        self._stack = AsyncExitStack()
        self._count = itertools.count(1)
        self.passphrases: set[str] = set()
        """Of all keys that a test made up."""
        self.refs: set[Ref] = set()

    # Its parts

    @property
    def live(self) -> bool:
        return self._vendor is None

    @property
    def vendor(self) -> FakeVendor:
        if self._vendor is None:
            pytest.skip("cusna-live: a real controller cannot be made to fail on purpose.")
        return self._vendor

    @property
    def fake(self) -> FakeWifi:
        fake = self.vendor.fake
        assert isinstance(fake, FakeWifi), f"{type(fake).__name__} is no FakeWifi: derive it from there."
        return fake

    @property
    def ssid(self) -> str:
        return SSID

    async def start(self) -> None:
        self.controller, self.network = await self.instance()
        self.rounds = Rounds(self.network, self.context)

    async def instance(self) -> tuple[Controller[Any, Any], Network[Any]]:
        """One more controller as the core makes them, with the same network; closed after the test."""
        controller = self.driver(self.options, self.context)
        self._stack.push_async_callback(controller.close)
        await controller.open()
        return controller, controller.network(self.network_options)

    def network_of(self, ssid: str) -> Network[Any]:
        """Another SSID of the same controller, as the fake has it."""
        given = self.vendor.led_here(self.fake.network_options(ssid))
        network: Network[Any] = self.controller.network(
            self.driver.network_options_class.model_validate(given)
        )
        return network

    async def close(self) -> None:
        await self._stack.aclose()

    def has(self, *features: Feature) -> bool:
        return all(one in self.network.features for one in features)

    def require(self, *features: Feature) -> None:
        missing = [str(one.name) for one in features if one not in self.network.features]
        if missing:
            names = ", ".join(missing)
            pytest.skip(f"The network does not claim {names}. (That it is absent then is proven elsewhere.)")

    # Keys

    def passphrase(self, length: int | None = None) -> str:
        """A new one, made as Cusna's own are: small letters and digits, and hyphens that belong to it."""
        limits = self.network.limits
        length = length or max(limits.passphrase_min, min(20, limits.passphrase_max))
        seed = f"{self.context.installation} {next(self._count)}"
        signs = b"".join(hashlib.sha256(f"{seed} {part}".encode()).digest() for part in range(8))
        groups = [
            ALPHABET[sign % len(ALPHABET)] + "-" * (number % 4 == 3) for number, sign in enumerate(signs)
        ]
        made = "".join(groups)[:length].removesuffix("-").ljust(length, ALPHABET[-1])
        self.passphrases.add(made)
        return made

    def key(
        self,
        member: str = "mia",
        vlan: int | None = None,
        ends: datetime | None = None,
        passphrase: str | None = None,
    ) -> Key:
        if passphrase is None:
            passphrase = self.passphrase()
        self.passphrases.add(passphrase)
        return Key(f"{self.context.label_prefix}{member}", Secret(passphrase), vlan, ends)

    async def vlans(self, count: int) -> list[int]:
        """VLANs that keys may be given; on a fake they are nobody's yet, and are to be ensured."""
        used = {one.vlan for one in await self.network.segments()}
        if self.given_vlans is not None:
            free = [one for one in self.given_vlans if one in used][:count]
            if len(free) < count:
                pytest.skip(
                    f"cusna-live: {count} VLANs of the network's vlan_pool must exist at the controller."
                )
            return free
        limits = self.network.limits
        free = [one for one in range(max(120, limits.vlan_min), limits.vlan_max + 1) if one not in used]
        free += [one for one in range(limits.vlan_min, min(120, limits.vlan_max + 1)) if one not in used]
        return free[:count]

    async def segment(self) -> int:
        """A VLAN that exists, made by the driver where it does not."""
        [vlan] = await self.vlans(1)
        await self.rounds_ensure(vlan)
        return vlan

    async def rounds_ensure(self, vlan: int) -> None:
        if vlan not in {one.vlan for one in await self.network.segments()}:
            await self.network.ensure_segment(self.rounds.segment(vlan))

    def segment_of(self, vlan: int) -> Segment:
        return self.rounds.segment(vlan)

    def mac(self) -> str:
        number = next(self._count)
        return f"02:00:00:00:{number >> 8 & 255:02x}:{number & 255:02x}"

    def mine(self, states: Sequence[KeyState]) -> list[KeyState]:
        """Scratch keys among these: by label, else by passphrase, else by what create() returned."""
        prints = {fingerprint(one) for one in self.passphrases}

        def ours(one: KeyState) -> bool:
            if self.has(Feature.LABEL):
                return (one.label or "").startswith(self.context.label_prefix)
            if one.passphrase is not None:
                return fingerprint(one.passphrase.get_secret_value()) in prints
            return one.ref in self.refs

        return [one for one in states if ours(one)]

    # Time and rounds

    def advance(self, seconds: float) -> None:
        if not isinstance(self.clock, HandClock):
            pytest.skip("cusna-live: a real controller's clock cannot be moved.")
        self.clock.advance(seconds)

    def later(self) -> None:
        """Until the core's next round, when the vendor has settled."""
        limits = self.network.limits
        if isinstance(self.clock, HandClock):
            self.clock.advance(max(limits.settle, limits.write_interval) + ROUND)

    def others(self) -> Mapping[str, Any]:
        return self.fake.others(self.ssid)
