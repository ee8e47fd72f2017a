"""What is remembered of one network between two looks: when its turn is, who waits, what is left to do?

Instants are monotonic seconds, and are given: nothing here asks a clock.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from cusna_core.api import PluginError, Transient
from cusna_core.engine.estate import Wifi
from cusna_core.engine.plan import Plan
from cusna_core.flow.changes import Step
from cusna_core.store.db import Unwritable

LONGEST_PAUSE = 300.0
PROBE = 10.0
"""Seconds between two tries of a controller in trouble while members wait for it."""
AGAIN = 30.0
"""Seconds until a network is looked at again that did not show what it was given, and longer later."""
PATIENT = 120.0
"""Seconds beyond what a vendor takes to settle, after which what it did not show is no longer on its way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a network stands, for whoever looks from outside."""

    plan: Plan | None = None
    """The latest whole plan: what would change (or did)."""
    left: tuple[Step, ...] = ()
    """Its steps that were not tried so far: all of them where nothing is applied."""
    said: str = ""
    """Why it is not brought up to date just now; empty where it is."""
    in_trouble: bool = False
    """Whether its controller does not answer just now."""
    gathers: float = 0.0
    """Seconds until the next disturbing write, where one has to wait; else 0."""


@dataclass(slots=True)
class Job:
    """The work on one network."""

    wifi: Wifi
    due: float | None = 0.0
    """When the network is to be looked at; None: not before it is marked."""
    wrote: float = float("-inf")
    tried: float = float("-inf")
    failures: int = 0
    stopped: bool = False
    """It refuses us, and asking often would make that worse."""
    said: str = ""
    """Why it does not go on; empty while it does."""
    unkept: float | None = None
    """Since when it says yes to changes and does not show them; None: it shows what it was given."""
    plan: Plan | None = None
    left: tuple[Step, ...] = ()
    asked: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    """Accounts whose key a member is waiting for."""

    def standing(self, now: float) -> Standing:
        gathers = self.rested - now if self.left and self.too_soon(now) else 0.0
        return Standing(self.plan, self.left, self.said, self.failures > 0, gathers)

    # When its turn is

    def sooner(self, at: float) -> None:
        self.due = at if self.due is None else min(self.due, at)

    def is_due(self, now: float) -> bool:
        return self.due is not None and self.due <= now

    @property
    def rested(self) -> float:
        """When it may be disturbed by a write again: the first goes at once, later ones gather."""
        return self.wrote + self.wifi.network.limits.write_interval

    @property
    def disturbs(self) -> bool:
        """Whether writing to it disturbs who is on."""
        return self.wifi.network.limits.write_interval > 0

    def too_soon(self, now: float) -> bool:
        return self.disturbs and now < self.rested

    def showed(self, all_of_it: bool, now: float) -> None:
        """Whether what was written could be read back; if not, it is looked at again."""
        if all_of_it:
            self.unkept = None
            return
        self.unkept = now if self.unkept is None else self.unkept
        self.sooner(now + min(max(AGAIN, now - self.unkept), LONGEST_PAUSE))

    def breaks_its_word(self, now: float) -> bool:
        since = self.unkept
        return since is not None and now - since > PATIENT + self.wifi.network.limits.settle

    def failed(self, error: Exception, now: float, share: float) -> None:
        """It gets a pause, which doubles from trouble to trouble; `share` (up to 1) of it is waited."""
        self.said = _sentence(error)
        self.tried = now
        if isinstance(error, Unwritable):
            self.due = now + AGAIN  # the controller answers: what ends meanwhile still goes at once
            return
        self.failures += 1
        self.stopped = not isinstance(error, (Transient, TimeoutError))
        # Refused credentials, a wrong option, a bug: it is an admin who mends it.
        pause = LONGEST_PAUSE if self.stopped else min(LONGEST_PAUSE, 2.0 ** min(self.failures, 9)) * share
        if isinstance(error, Transient) and error.after is not None:
            pause = max(pause, error.after)
        self.due = now + pause

    def recovered(self) -> bool:
        """Whether it was in trouble before."""
        before, self.failures, self.stopped, self.said = self.failures, 0, False, ""
        return before > 0

    # Who waits for it

    def ask(self, account: str) -> asyncio.Future[None]:
        """Done when the account's key was tried, or nobody works here any more."""
        future = asyncio.get_running_loop().create_future()
        self.asked.setdefault(account, []).append(future)
        return future

    def answer_all(self) -> None:
        for account in tuple(self.asked):
            answer(self.asked.pop(account))


def answer(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def _sentence(error: Exception) -> str:
    if isinstance(error, (PluginError, Unwritable)):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The controller did not answer in time."
    return "The plugin met a bug; the log says where it happened."
