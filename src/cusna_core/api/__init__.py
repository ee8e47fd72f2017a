"""Everything that a plugin may import from the core.

from cusna_core.api import Controller, Network, hookimpl
"""

from cusna_core.api.answer import Answer, by_status, parse
from cusna_core.api.clock import Clock, SystemClock
from cusna_core.api.context import Context
from cusna_core.api.driver import Controller, Network
from cusna_core.api.errors import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Full,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Taken,
    Transient,
    Unreachable,
    Unsupported,
)
from cusna_core.api.facts import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Pause,
    Person,
    Plan,
    Scope,
    Section,
    Snapshot,
    SourceLocation,
    Subscription,
    SubscriptionState,
    Window,
    email_key,
    merged,
)
from cusna_core.api.findings import Finding, Level
from cusna_core.api.hooks import Fake, FakeSource, FakeWifi, hookimpl
from cusna_core.api.http import HttpApi, JsonApi
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
from cusna_core.api.options import Address, LocalFile, Options, Secret, Tls, is_loopback
from cusna_core.api.rate import RateLimit
from cusna_core.api.sink import EVENTS, Event, Sink
from cusna_core.api.source import Hint, Source

__all__ = [
    "EVENTS", "Address", "Affiliation", "Answer", "AuthFailed", "BadAnswer", "Block", "Booking",
    "BookingKind", "BookingState", "Change", "Client", "Clock", "Company", "ConfigError", "Context",
    "Controller", "Create", "EnsureSegment", "Event", "Fake", "FakeSource", "FakeWifi", "Feature",
    "Finding", "Full", "Gauge", "Hint", "HttpApi", "JsonApi", "Key", "KeyState", "Level", "Limits",
    "LocalFile", "Missing", "Network", "NetworkChoice", "Options", "Outcome", "Pause", "Person", "Plan",
    "PluginError", "RateLimit", "RateLimited", "Ref", "Rejected", "Revoke", "Scope", "Secret",
    "Section", "Segment", "SegmentState", "Sink", "Snapshot", "Source", "SourceLocation",
    "Subscription", "SubscriptionState", "SystemClock", "Taken", "Tls", "Transient", "Unreachable",
    "Unsupported", "Update", "Window", "by_status", "email_key", "hookimpl", "is_loopback", "merged",
    "parse",
]  # fmt: skip
