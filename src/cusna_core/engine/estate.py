"""What is configured, made and open right now?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cusna_core.api import Controller, Feature, Finding, Network, Source
from cusna_core.flow.keys import Net
from cusna_core.flow.leaving import Leaving
from cusna_core.flow.notices import Notify
from cusna_core.flow.world import Place, Policy


@dataclass(frozen=True, slots=True)
class Integration:
    """A membership source at work."""

    id: str
    title: str
    """What people call the system ("Andcards")."""
    source: Source[Any]
    policy: Policy
    on_first_visit: bool = False
    notify: Notify = field(default_factory=Notify)


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    name: str
    place: Place
    network_ids: tuple[str, ...]
    contact: str = ""
    privacy_url: str = ""
    closed: bool = False
    """Switched off, or its integration is: what was promised there is kept, and nothing new is given."""


@dataclass(frozen=True, slots=True)
class Wifi:
    """A network at work: one SSID, with what the file says of it."""

    id: str
    controller_id: str
    network: Network[Any]
    pool: tuple[int, ...]
    apply: bool
    location_ids: frozenset[str]
    """Also of locations that are configured no longer: while the brake holds their rights, keys stay."""
    on_first_visit: bool = False
    broken: bool = False
    """VLAN management is wanted here, and the driver cannot."""
    closed: bool = False
    """Switched off, or its controller is: keys that are there stay until they end, none is added."""
    leaving: Mapping[str, Leaving] = field(default_factory=dict)
    """Of these locations only who has a key here counts, until the new network works for them."""
    retired: bool = False
    """Nothing but what has to be emptied: it was moved, or removed."""

    @property
    def ssid(self) -> str:
        """What people see; the configured name until the controller told."""
        return self.network.ssid or self.id

    def net(self) -> Net:
        """This network as the rules need it."""
        return Net(
            id=self.id,
            location_ids=self.location_ids,
            features=self.network.features,
            limits=self.network.limits,
            on_first_visit=self.on_first_visit,
            broken=self.broken,
        )

    @property
    def manages_vlans(self) -> bool:
        return bool(self.pool) and Feature.VLAN in self.network.features


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that works, and findings about what does not."""

    integrations: Mapping[str, Integration] = field(default_factory=dict)
    controllers: Mapping[str, Controller[Any, Any]] = field(default_factory=dict)
    wifis: Mapping[str, Wifi] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    last_policies: Mapping[str, Policy] = field(default_factory=dict)
    """Of integrations that are switched off: what they last worked with."""

    def has(self, scope: str) -> bool:
        """Whether what this is about ("network:members:run") is still here; true of all else."""
        kind, _, rest = scope.partition(":")
        of: Mapping[str, Mapping[str, object]] = {
            "integration": self.integrations,
            "controller": self.controllers,
            "network": self.wifis,
        }
        return kind not in of or rest.partition(":")[0] in of[kind]

    def places(self, integration: str) -> tuple[Place, ...]:
        return tuple(one.place for one in self.locations.values() if one.place.integration == integration)

    def closed(self, integration: str) -> frozenset[str]:
        """Its locations that are switched off."""
        return frozenset(
            one.id for one in self.locations.values() if one.closed and one.place.integration == integration
        )

    def wifis_at(self, location_id: str) -> Iterator[Wifi]:
        """Also those on which its people only still have keys."""
        return (one for one in self.wifis.values() if location_id in one.location_ids)

    def wifis_of(self, location_id: str) -> Iterator[Wifi]:
        location = self.locations.get(location_id)
        for name in location.network_ids if location else ():
            if name in self.wifis:
                yield self.wifis[name]

    def policy(self, integration: str) -> Policy:
        """Its choices; one that is switched off keeps those it had: nobody loses roaming or a VLAN."""
        known = self.integrations.get(integration)
        return known.policy if known else self.last_policies.get(integration, Policy())
