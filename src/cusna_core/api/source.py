"""What does a plugin implement to tell who may be in the space?"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from cusna_core.api.context import Context
from cusna_core.api.errors import Unsupported
from cusna_core.api.facts import Section, Snapshot, SourceLocation, Window
from cusna_core.api.findings import Finding
from cusna_core.api.options import Options

OptionsT = TypeVar("OptionsT", bound=Options)
OptionsClass = type[Options]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook says has changed. It carries no facts: it names what is worth asking for again.

    One that names nothing is believed, and nothing is done.
    """

    id: str
    """The sender's own id of this message: one that came before is ignored."""
    emails: tuple[str, ...] = field(default=(), repr=False)
    """Addresses to ask for by `find`."""
    again: tuple[tuple[Section, str], ...] = ()
    """Subscriptions and bookings to ask for by `again`, as far as they are known."""
    everything: bool = False
    """Something changed that cannot be named: read everything soon."""


class Source(ABC, Generic[OptionsT]):
    """A membership system, read only.

    Methods raise the errors of `cusna_core.api.errors`. A read that fails in the middle returns what
    it has, with the sections that it did not finish left out of `complete`; it raises only where
    nothing at all could be read. A source never turns a failed read into "nobody".
    """

    type: ClassVar[str]
    """What `type =` names in the configuration."""
    title: ClassVar[str]
    """What people call the system."""
    options_class: ClassVar[OptionsClass]
    hints: ClassVar[bool] = False
    """Whether the system can send webhooks, and `hint` understands them."""

    def __init__(self, options: OptionsT, context: Context) -> None:
        self.options = options
        self.context = context

    async def open(self) -> None:
        """Prepare (open a session); make no call."""

    async def close(self) -> None:
        """Let go of everything that `open` took. May be called twice."""

    @abstractmethod
    async def check(self) -> Sequence[Finding]:
        """Try the credentials and look for what an admin should know. Raises like any call."""

    @abstractmethod
    async def locations(self) -> Sequence[SourceLocation]:
        """All places of the account."""

    @abstractmethod
    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        """Everything about these locations (source ids); bookings that overlap the window."""

    @abstractmethod
    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        """What is known of one address right now, or None if nobody has it.

        Asked at every sign-in and given at most five seconds. It adds and extends, and withdraws
        nobody; its `complete` is ignored.
        """

    @abstractmethod
    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        """Ask for subscriptions and bookings by id that a complete read no longer showed.

        What still exists is returned as it is; what the source says is no more goes into `gone`;
        what could not be asked is in neither.
        """

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        """What a webhook says, once its signature was checked; None for one that nobody should believe.

        A plain method: it makes no call. The body comes from anybody on the internet: look at the signature
        before anything else, and at no more of it than is needed. Names of headers are in small letters.
        Raise Unsupported where no webhooks are taken: the options hold no secret to check them with.
        """
        raise Unsupported(f"{self.title} sends no webhooks.")
