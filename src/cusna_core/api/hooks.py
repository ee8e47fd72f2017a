"""Which hooks may a plugin implement?

Hooks declare, interfaces do: each is called once, at start, synchronously, and returns classes.
A plugin is a module named by an entry point in the group `cusna`:

    from cusna_core.api import hookimpl

    @hookimpl
    def cusna_drivers():
        return [MyController]
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pluggy

from cusna_core.api.clock import Clock
from cusna_core.api.driver import Controller
from cusna_core.api.sink import Sink
from cusna_core.api.source import Source

GROUP = "cusna"
"""The entry point group in which plugins are found."""

hookspec = pluggy.HookspecMarker("cusna")
hookimpl = pluggy.HookimplMarker("cusna")


class Fake(ABC):
    """A vendor in a box: a real HTTP server on loopback that behaves like the vendor's system.

    Tests make one directly. The demo finds it by the hook and only uses what stands here, so that
    the core names no vendor.
    """

    type: ClassVar[str]
    """The source's or driver's `type` that it stands in for."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    @abstractmethod
    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; returns the address."""

    @abstractmethod
    async def stop(self) -> None: ...

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Options (as in the file) with which a source or controller reaches this fake."""

    def pages(self, size: int) -> None:  # noqa: B027 - a vendor without pages has nothing to do
        """Answer lists in pages of this many, where the vendor's API has pages at all."""


class FakeSource(Fake):
    """A fake membership system, with the words that a demo needs. All ids are the source's own."""

    @abstractmethod
    def add_location(self, title: str, timezone: str) -> str: ...

    @abstractmethod
    def add_company(self, location: str, name: str) -> str: ...

    @abstractmethod
    def add_person(
        self, location: str, name: str, email: str, *, company: str | None = None, member: bool = True
    ) -> str:
        """A person with a record at the location (a second one, if the address exists already)."""

    @abstractmethod
    def subscribe(
        self, location: str, holder: str, plan: str, *, starts: Any, ends: Any = None, state: str = "active"
    ) -> str:
        """A plan for a person or company id; `starts` and `ends` are aware datetimes."""

    @abstractmethod
    def book(self, location: str, person: str, resource: str, kind: str, *, starts: Any, ends: Any) -> str:
        """A confirmed booking; `kind` is "desk" or "room"; the resource is made when it is new."""

    @abstractmethod
    def cancel(self, booking: str) -> None: ...

    @abstractmethod
    def block(self, person: str) -> None: ...

    @abstractmethod
    def answer_with_nobody(self, on: bool) -> None:
        """A bad day: every list is empty."""

    def tell(self, address: str) -> None:
        """Send a signed webhook to this address whenever something changes, where the system can.

        `options()` hold the secret from then on.
        """


class FakeWifi(Fake):
    """A fake controller with an air: stations join with a passphrase and get a VLAN, or do not."""

    @abstractmethod
    def network_options(self, ssid: str) -> dict[str, Any]:
        """Options (as in the file) of the network with this name; it is made when it is new."""

    @abstractmethod
    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        """A device joins: its VLAN (0 for the default network), or None when refused."""

    @abstractmethod
    def online(self, ssid: str) -> dict[str, int]:
        """MAC addresses that are connected now, each with its VLAN (0 for the default)."""

    @abstractmethod
    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None:
        """A key that somebody else made by hand (the printer's)."""

    @abstractmethod
    def foreign_keys(self, ssid: str) -> dict[str, str]:
        """Those keys as they are now: name to passphrase."""

    def add_foreign_segment(self, ssid: str, name: str, vlan: int) -> None:
        """A VLAN that somebody else set up by hand (for drivers with Feature.VLAN)."""
        raise NotImplementedError(f"{type(self).__name__} knows no VLANs.")

    def others(self, ssid: str) -> Mapping[str, Any]:
        """All there is that Cusna did not make, in the vendor's own words, to compare before and after."""
        return self.foreign_keys(ssid)

    @abstractmethod
    def break_down(self, on: bool) -> None:
        """A bad day: nothing answers but an error."""


@hookspec
def cusna_sources() -> Sequence[type[Source[Any]]]:
    """Membership sources of this plugin."""
    return []


@hookspec
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    """WiFi vendors of this plugin."""
    return []


@hookspec
def cusna_sinks() -> Sequence[type[Sink[Any]]]:
    """Where this plugin can deliver events to."""
    return []


@hookspec
def cusna_fakes() -> Sequence[type[Fake]]:
    """Stand-ins of this plugin's systems, for tests and the demo. Import them inside the hook."""
    return []
