"""What is given to the driver suite, and what does it give to its tests?"""

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

from cusna_core.api import Controller, FakeWifi, Feature
from cusna_core.testing import live
from cusna_core.testing.clock import HandClock
from cusna_core.testing.ground import (
    FOREIGN_SEGMENT,
    FOREIGN_VLAN,
    PRINTER,
    PRINTER_PASSPHRASE,
    SSID,
)
from cusna_core.testing.lab import Lab
from cusna_core.testing.vendor import FakeVendor


class DriverBase:
    """What a plugin says of itself, and the fixtures."""

    pytestmark = pytest.mark.asyncio

    driver: ClassVar[type[Controller[Any, Any]]]
    """The controller class."""
    fake: ClassVar[type[FakeWifi] | Callable[[HandClock], FakeWifi]]
    """The vendor in a box, made with a clock."""
    tight: ClassVar[Mapping[str, Any]] = {}
    """Network options with which the limit of keys (and of segments) is small enough to be met."""
    network: ClassVar[Mapping[str, Any]] = {}
    """More network options for every test, where the fake's own leave a feature out."""

    def tighten(self, fake: FakeWifi) -> Mapping[str, Any]:
        """Make the fake's own limits as small as `tight` says, where it has any; returns `tight`."""
        return self.tight

    @pytest_asyncio.fixture
    async def lab(self, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
        """The controller, with one foreign key and one foreign VLAN beside it."""
        if live.wanted(request.config):
            async with live.lab(request, self.driver) as made:
                yield made
            return
        with watched(self.driver):
            async for made in self._boxed():
                yield made

    @pytest_asyncio.fixture
    async def tight_lab(self, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
        """The same where little is enough to fill it."""
        if live.wanted(request.config):
            live.skip(request, "the limits of a real controller are not filled up")
        with watched(self.driver):
            async for made in self._boxed(tight=True):
                yield made

    @pytest_asyncio.fixture
    async def vendor(self, lab: Lab, request: pytest.FixtureRequest) -> FakeVendor:
        """The vendor with its faults and its journal: what only a fake can offer."""
        if lab.live:
            live.skip(request, "a real controller cannot be made to fail on purpose")
        return lab.vendor

    @pytest_asyncio.fixture
    async def fake_wifi(self, lab: Lab, request: pytest.FixtureRequest) -> FakeWifi:
        """The fake with its air and its other people."""
        if lab.live:
            live.skip(request, "nobody can join, or read the vendor's own books, at a real controller")
        return lab.fake

    async def _boxed(self, *, tight: bool = False) -> AsyncIterator[Lab]:
        clock = HandClock()
        fake = type(self).fake(clock)
        extra = self.tighten(fake) if tight else {}
        vendor = FakeVendor(fake, clock)
        await vendor.start()
        try:
            given = {**fake.network_options(SSID), **self.network, **extra}
            made = Lab(
                self.driver,
                self.driver.options_class.model_validate(vendor.options()),
                self.driver.network_options_class.model_validate(vendor.led_here(given)),
                clock,
                vendor,
            )
            fake.add_foreign_key(SSID, PRINTER, PRINTER_PASSPHRASE)
            try:
                await made.start()
                if Feature.VLAN in made.network.features:
                    fake.add_foreign_segment(SSID, FOREIGN_SEGMENT, FOREIGN_VLAN)
                yield made
            finally:
                vendor.clear()
                await made.close()
        finally:
            await vendor.stop()


@contextmanager
def watched(driver: type[Controller[Any, Any]]) -> Iterator[None]:
    """Whoever blocks the event loop in the driver's own code gets an error instead."""
    with blockbuster_ctx([_package(driver)]):
        yield


def _package(driver: type) -> ModuleType:
    """The package that the driver came in, all of it; its module only where that is within the core or a
    folder of tests."""
    top = importlib.import_module(driver.__module__.partition(".")[0])
    if top.__name__ != "cusna_core" and top.__file__ is not None:
        return top
    return sys.modules[driver.__module__]
