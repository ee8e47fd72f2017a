"""What does an integration say now, and what has vanished from it? (Rule 9.)

Facts carry the instant at which the read that told them *began*. A read removes only what was last
seen before it began, only in sections that it read to the end, and mere absence counts when a second
complete read agrees. Subscriptions and bookings are first asked for by id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cusna_core.api import Section, Snapshot, Window
from cusna_core.flow.world import Facts
from cusna_core.store.db import Tx


@dataclass(frozen=True, slots=True)
class Merged:
    ask_again: tuple[tuple[Section, str], ...]
    """Missing in complete reads for the second time: ask `Source.again`, and merge its answer."""
    short: tuple[tuple[Section, str | None], ...]
    """Answers under half of the last good one, treated as incomplete until three agree."""
    removed: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Read:
    """How the reads of a section at a location (None: the whole integration) went."""

    section: Section
    location: str | None
    last_good: datetime | None
    count: int
    """Facts in the last good one."""
    last_failure: datetime | None
    failure: str
    """Why the last read did not come to the end; empty if it did."""


def merge(
    tx: Tx,
    integration: str,
    snapshot: Snapshot,
    *,
    partial: bool = False,
    asked: Collection[str] | None = None,
    window: Window | None = None,
) -> Merged:
    raise NotImplementedError


def load(tx: Tx, integration: str) -> Facts:
    raise NotImplementedError


def gone(tx: Tx, integration: str, now: datetime | None = None) -> frozenset[str]:
    raise NotImplementedError


def reads(tx: Tx, integration: str) -> list[Read]:
    raise NotImplementedError


def failed(tx: Tx, integration: str, sentence: str, now: datetime) -> None:
    raise NotImplementedError
