"""What does a plugin implement to be told what happened?

An event says that something happened; it is no copy of what is stored. It never holds a passphrase, and
who it is about is an account id, with the e-mail address only where the configuration says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Generic, TypeVar

from cusna_core.api.context import Context
from cusna_core.api.findings import Finding
from cusna_core.api.options import Options

OptionsClass = type[Options]
SinkOptionsT = TypeVar("SinkOptionsT", bound=Options)

EVENTS: Final[Mapping[str, str]] = {
    "access.started": "Somebody may be on the WiFi of a location from now on.",
    "access.changed": "The end of somebody's access at a location moved.",
    "access.ended": "Somebody has no access of their own at a location any more.",
    "account.disabled": "An admin disabled an account.",
    "account.restored": "An admin restored an account.",
    "passphrase.changed": "An account has another passphrase.",
    "key.working": "An account's passphrase was read back from a network: it works there.",
    "finding.opened": "Something needs an admin's attention.",
    "finding.closed": "It does not any more.",
    "sync.failed": "An integration could not be read. Told once, until a read succeeds.",
    "held.opened": "The brake holds early ends of access, until an admin accepts them.",
    "held.closed": "Nothing is held any more.",
    "test": "Somebody pressed the button for a test event. Only that sink gets it.",
}
"""Every type of event, and what it means. New types may come; what is here stays as it is."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. It may be delivered more than once, always with the same `id`."""

    id: str
    type: str
    """One of `EVENTS`."""
    time: datetime
    integration: str | None = None
    location: str | None = None
    network: str | None = None
    account: str | None = None
    email: str | None = field(default=None, repr=False)
    """Only where the sink's `personal_data` says so."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What belongs to this type: text, numbers, switches, None."""

    def plain(self) -> dict[str, Any]:
        """As JSON takes it: always the same fields, but for `email`."""
        about: dict[str, Any] = {
            "integration": self.integration,
            "location": self.location,
            "network": self.network,
            "account": self.account,
        }
        if self.email is not None:
            about["email"] = self.email
        stamp = self.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"id": self.id, "type": self.type, "timestamp": stamp, "data": about | dict(self.data)}


class Sink(ABC, Generic[SinkOptionsT]):
    """Somewhere events go: a webhook, a queue, a chat.

    Events about one account come in their order, one after the other; others may come side by side.
    The errors of `cusna_core.api.errors` are instructions: Transient and its kin mean "again later",
    for three days; AuthFailed and ConfigError the same, and an admin is told at once; Rejected means
    that this event will never be taken, and the next ones go on.
    """

    type: ClassVar[str]
    """What `type =` names in the configuration."""
    title: ClassVar[str]
    """What people call it."""
    options_class: ClassVar[OptionsClass]

    def __init__(self, options: SinkOptionsT, context: Context) -> None:
        self.options = options
        self.context = context

    async def open(self) -> None:
        """Prepare (open a session); make no call."""

    async def close(self) -> None:
        """Let go of everything that `open` took. May be called twice."""

    async def check(self) -> Sequence[Finding]:
        """What an admin should know, without delivering anything."""
        return ()

    @property
    def target(self) -> str:
        """Where events go, in a few words for people and without a secret (a host name)."""
        return ""

    @abstractmethod
    async def deliver(self, event: Event) -> None:
        """Hand over one event; done when this returns. Given at most twenty seconds."""
