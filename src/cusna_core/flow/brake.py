"""Which rights may be taken away earlier than was accepted, and which withdrawals are held?"""

import hashlib
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cusna_core.flow.access import latest
from cusna_core.flow.stated import stated_ends
from cusna_core.flow.world import Right

__all__ = ["Braked", "Past", "Withdrawal", "brake", "stated_ends"]

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
STATED_IN_AN_HOUR = 10


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A right that was (or would be) ended earlier than accepted."""

    right: Right
    """As accepted."""
    ends: datetime
    """The earlier end: now, or a new end that is nearer than the accepted one."""
    stated: bool
    """One person did it explicitly, or the source states it for that person, or an admin accepted it.

    False for a stated one that came with too many others of its kind and was counted like any other.
    """


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
    current = {right.id: right for right in in_force}
    # An end that was promised just comes: it is in the ledger, so no fact and no failure can move it nearer.
    before = [right for right in ledger if latest(right) > now]
    early = _early(current, before, now)
    limit = max(3, len(before) // 5)
    if frozen:
        kept = _kept(current, early)
        return Braked(kept, (), (), None, limit, _recent(past, now, DAY, stated=False), kept)

    explicit = [one for one in early if one.right.id in stated]
    if _recent(past, now, HOUR, stated=True) + len(explicit) > STATED_IN_AN_HOUR:
        # So many "explicit" acts at once are one mistake: a field that was renamed, a wrong import. None of
        # them can be told from the others, so all of them count like withdrawals that nobody stated.
        explicit = []
    free = {one.right.id for one in explicit}
    others = [one for one in early if one.right.id not in free]
    counted = _recent(past, now, DAY, stated=False) + len(others)
    digest = _digest(others, now) if others and counted > limit else None
    withdrawn = [replace(one, stated=True) for one in explicit]
    if digest is None or digest in accepted_digests:
        withdrawn += [replace(one, stated=digest is not None) for one in others]
        others, digest = [], None
    kept = _kept(current, others)
    return Braked(kept, tuple(withdrawn), tuple(others), digest, limit, counted, kept)


def _early(current: Mapping[str, Right], before: Collection[Right], now: datetime) -> list[Withdrawal]:
    """What would end earlier than accepted, and is not covered by another right of the same account there."""
    lasts: dict[tuple[str, str], datetime] = {}
    for right in current.values():
        where = right.account_id, right.location_id
        lasts[where] = max(lasts.get(where, now), latest(right))
    found = []
    for right in before:
        there = current.get(right.id)
        shorter = there is None or latest(there) < latest(right)
        if shorter and lasts.get((right.account_id, right.location_id), now) < latest(right):
            ends = now if there is None or there.ends is None else there.ends
            found.append(Withdrawal(right, ends, stated=False))
    return found


def _kept(current: Mapping[str, Right], held: Collection[Withdrawal]) -> tuple[Right, ...]:
    """The rights in force, with those that are held as they were accepted: the new ledger, too."""
    return tuple({**current, **{one.right.id: one.right for one in held}}.values())


def _recent(past: Collection[Past], now: datetime, span: timedelta, *, stated: bool) -> int:
    return sum(1 for one in past if one.stated is stated and one.at > now - span)


def _digest(held: Collection[Withdrawal], now: datetime) -> str:
    """Of the set, not of the moment: `now` must not enter, or an admin could never accept in time."""
    lines = sorted(
        f"{one.right.id}\t{_iso(one.right.ends)}\t{'gone' if one.ends <= now else _iso(one.ends)}"
        for one in held
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _iso(instant: datetime | None) -> str:
    return "open" if instant is None else instant.isoformat()
