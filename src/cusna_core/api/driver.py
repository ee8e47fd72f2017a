"""What does a plugin implement to make keys work on a vendor's WiFi?

A driver never decides, plans, retries or owns. It reads what is there and does what it is told.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Generic, TypeVar, assert_never

from cusna_core.api.context import Context
from cusna_core.api.errors import AuthFailed, ConfigError, PluginError, Transient, Unsupported
from cusna_core.api.findings import Finding
from cusna_core.api.keys import (
    Change,
    Client,
    Create,
    EnsureSegment,
    Feature,
    Gauge,
    Key,
    KeyState,
    Limits,
    NetworkChoice,
    Outcome,
    Ref,
    Revoke,
    Segment,
    SegmentState,
    Update,
)
from cusna_core.api.options import Options

OptionsClass = type[Options]
C = TypeVar("C", bound=Options)
N = TypeVar("N", bound=Options)


class Network(ABC, Generic[N]):
    """One SSID of a controller. Set `features` and `limits` in `__init__`."""

    features: Feature
    limits: Limits
    ssid: str = ""
    """What people see in their list of networks; known at the latest after `check` or `read`."""

    @abstractmethod
    def identity(self) -> str:
        """The same for every way to name this SSID on this controller: two networks never share it."""

    @abstractmethod
    def segment_domain(self) -> str:
        """Within this string a VLAN number means one thing (UniFi site, Meraki network …)."""

    async def check(self) -> Sequence[Finding]:
        """Everything an admin should know of this SSID, errors first. Raises like any call.

        This default only tries whether the keys can be read.
        """
        await self.read()
        return []

    @abstractmethod
    async def read(self) -> Sequence[KeyState]:
        """Every key that works now, ours or not. Never empty because of a failure: raise instead."""

    async def segments(self) -> Sequence[SegmentState]:
        """The VLANs that exist in the segment domain (Feature.VLAN)."""
        raise Unsupported(f"{type(self).__name__} knows no VLANs.")

    @abstractmethod
    async def create(self, key: Key) -> Ref:
        """Make a key work. Raises Taken, Full or Rejected for this key only."""

    @abstractmethod
    async def revoke(self, ref: Ref) -> None:
        """End a key. One that is gone already is no error."""

    async def update(self, ref: Ref, key: Key) -> Ref:
        """Bring a key to a new passphrase, VLAN or end (Feature.UPDATE); returns its reference."""
        raise Unsupported(f"{type(self).__name__} cannot change a key in place.")

    async def ensure_segment(self, segment: Segment) -> None:
        """Have the VLAN exist, ready to be named by a key (Feature.VLAN)."""
        raise Unsupported(f"{type(self).__name__} knows no VLANs.")

    async def clients(self) -> Sequence[Client]:
        """Devices that are connected now (Feature.CLIENTS)."""
        raise Unsupported(f"{type(self).__name__} cannot list clients.")

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        """Drop the clients of keys that were revoked, and say how many (Feature.DISCONNECT).

        The states are those read before the keys went, so that their VLANs are known.
        """
        raise Unsupported(f"{type(self).__name__} cannot disconnect clients.")

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """Carry out changes in their order, one outcome each; what has no outcome was not tried.

        This default goes one by one, and stops at what concerns all of them. Vendors that write
        whole objects or batches override it.
        """
        for change in changes:
            try:
                ref = await self._one(change)
            except PluginError as error:
                yield Outcome(change, error=error)
                if isinstance(error, (Transient, AuthFailed, ConfigError)):
                    return
            else:
                yield Outcome(change, ref=ref)

    async def _one(self, change: Change) -> Ref | None:
        match change:
            case Update(_, key) | Create(key) if key.vlan is not None and Feature.VLAN not in self.features:
                # On the default network it would mix a company's traffic with strangers'.
                raise Unsupported(f"{type(self).__name__} knows no VLANs.")
            case EnsureSegment(segment):
                await self.ensure_segment(segment)
                return None
            case Revoke(ref):
                await self.revoke(ref)
                return ref
            case Update(ref, key):
                return await self.update(ref, key)
            case Create(key):
                return await self.create(key)
            case _:
                assert_never(change)


class Controller(ABC, Generic[C, N]):
    """One login at one vendor system, with one rate budget for all its networks."""

    type: ClassVar[str]
    """What `type =` names in the configuration: "unifi", "ruckus_one"."""
    title: ClassVar[str]
    options_class: ClassVar[OptionsClass]
    network_options_class: ClassVar[OptionsClass]

    def __init__(self, options: C, context: Context) -> None:
        self.options = options
        self.context = context

    async def open(self) -> None:
        """Prepare (open a session); make no call."""

    async def close(self) -> None:
        """Let go of everything that `open` took. May be called twice."""

    async def check(self) -> Sequence[Finding]:
        """Try the credentials and look for what an admin should know. Raises like any call.

        This default only tries whether the SSIDs can be listed.
        """
        await self.networks()
        return []

    @abstractmethod
    async def networks(self) -> Sequence[NetworkChoice]:
        """The SSIDs that could be configured."""

    def gauges(self) -> Sequence[Gauge]:
        """What has a cap at the vendor and how far it is used, as far as is known without a call."""
        return ()

    @abstractmethod
    def network(self, options: N) -> Network[N]:
        """The SSID that these options name; makes no call."""
