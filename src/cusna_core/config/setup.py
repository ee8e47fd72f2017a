"""What is set up here: which integrations, controllers, networks and locations, and what is switched off?

Each thing is judged for itself. A bad one is switched off with a finding, and so is what cannot do
without it; the others go on. Nothing here makes a call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cusna_core import api
from cusna_core.api import Finding, Options
from cusna_core.config.plugins import Registry
from cusna_core.config.program import General, Mail
from cusna_core.flow.notices import Notify
from cusna_core.flow.world import Policy

Kind = Literal["integration", "controller", "network", "location"]
Origin = Literal["file", "console"]
"""Things from the file are shown read-only in the console."""


@dataclass(frozen=True, slots=True)
class Integration:
    name: str
    origin: Origin
    source: type[api.Source[Any]]
    options: Options
    policy: Policy
    enabled: bool = True
    notify: Notify = field(default_factory=Notify)


@dataclass(frozen=True, slots=True)
class Controller:
    name: str
    origin: Origin
    driver: type[api.Controller[Any, Any]]
    options: Options
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    name: str
    origin: Origin
    controller: str
    options: Options
    """The driver's own, for `Controller.network`."""
    vlan_pool: tuple[int, ...]
    apply: bool
    on_first_visit: bool
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    name: str
    origin: Origin
    integration: str
    source_location: str
    """A title or an id, as the source has it."""
    networks: tuple[str, ...]
    """Those that are not switched off."""
    title: str | None
    """None: as the source calls it; likewise the zone."""
    timezone: ZoneInfo | None
    contact: str
    privacy_url: str | None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Sink:
    """From the file: the console makes none."""

    name: str
    sink: type[api.Sink[Any]]
    options: Options
    events: tuple[str, ...]
    """Types that it wants; none: all."""
    personal_data: bool


@dataclass(frozen=True, slots=True)
class Off:
    """Configured, but switched off until it is mended: its keys keep their promised ends."""

    kind: Kind
    name: str
    origin: Origin
    why: str


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that is configured and fit for use, by name."""

    general: General
    mail: Mail | None
    mail_origin: Origin
    plugins: Registry
    integrations: Mapping[str, Integration] = field(default_factory=dict)
    controllers: Mapping[str, Controller] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    sinks: Mapping[str, Sink] = field(default_factory=dict)
    bad_sinks: frozenset[str] = frozenset()
    """Configured, but not fit for use: their events wait."""
    off: tuple[Off, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Of the configuration, the plugins' ones included."""


def path(kind: Kind, name: str) -> str:
    """Where a thing stands in the file."""
    return f"{kind}s.{name}"
