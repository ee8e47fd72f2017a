"""Which rights may be taken away earlier than was accepted, and which withdrawals are held?"""

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime

from cusna_core.flow.world import Right


@dataclass(frozen=True, slots=True)
class Accepted:
    """A right in the ledger with its last accepted end."""

    right: Right
    """As last accepted: `right.ends` is the accepted end."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A right that was (or would be) ended earlier than accepted."""

    right: Right
    """As accepted."""
    ends: datetime
    """The earlier end: now, or a new end that is nearer than the accepted one."""
    stated: bool
    """One person did it explicitly, or the source states it for that person."""


@dataclass(frozen=True, slots=True)
class Past:
    """A withdrawal that happened."""

    at: datetime
    stated: bool


@dataclass(frozen=True, slots=True)
class Braked:
    in_force: tuple[Right, ...]
    """What goes on to the keys: current rights, and held ones with their accepted ends."""
    withdrawn: tuple[Withdrawal, ...]
    held: tuple[Withdrawal, ...]
    digest: str | None
    """Of exactly the held set; accepting it lets exactly it pass."""
    limit: int
    counted: int
    """How many withdrawals the limit was held against, those of the last 24 hours included."""
    ledger: tuple[Right, ...]
    """The new ledger: everything accepted and not ended."""


def brake(
    in_force: Collection[Right],
    ledger: Collection[Right],
    stated: Set[str],
    past: Collection[Past],
    accepted_digests: Set[str],
    now: datetime,
    *,
    frozen: bool = False,
) -> Braked:
    """Rule 10, for one integration.

    `stated` are right ids whose early end one person (or the source for that person) stated.
    A right that is gone or shorter while another right in force of the same account and location
    lasts at least as long as the accepted end is no withdrawal: nothing is taken away.
    `frozen` (the integration's configuration is broken): nothing is withdrawn and nothing is held.
    """
    raise NotImplementedError


def stated_ends(*args: object) -> frozenset[str]:
    """Of rights in the ledger: whose end does a present fact state? See the helper's signature."""
    raise NotImplementedError
