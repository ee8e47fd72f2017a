"""What does a plugin implement to tell who may be in the space?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from cusna_core.api.context import Context
from cusna_core.api.facts import Section, Snapshot, SourceLocation, Window
from cusna_core.api.findings import Finding
from cusna_core.api.options import Options

OptionsT = TypeVar("OptionsT", bound=Options)
OptionsClass = type[Options]


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
