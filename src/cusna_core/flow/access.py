"""Where does an account work, and until when?"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cusna_core.flow.world import Kind, Place, Policy, Right

OPEN = datetime.max.replace(tzinfo=UTC)
"""For comparing: an open end is later than any other."""
_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Access:
    """An account works at a location until an instant: the latest end of its rights (rules 3 and 6)."""

    account_id: str
    location_id: str
    ends: datetime | None
    right: Right
    """The right that is named: a plan before a booking, then the latest end, then the lowest id."""
    roaming: bool
    """True where the right is at another location."""


def access(
    in_force: Collection[Right],
    places: Sequence[Place],
    policy: Policy,
    coming: Collection[Right] = (),
) -> tuple[Access, ...]:
    """`coming` rights prolong what they follow without a gap: who changes plans is not told of an end."""
    of: dict[str, dict[str, list[Right]]] = {}
    for right in in_force:
        of.setdefault(right.account_id, {}).setdefault(right.location_id, []).append(right)
    later: dict[tuple[str, str], list[Right]] = defaultdict(list)
    for right in sorted(coming, key=lambda right: right.starts):
        later[right.account_id, right.location_id].append(right)

    found: list[Access] = []
    for account_id, here in of.items():
        ends = {
            location_id: _prolonged(
                max(latest(one) for one in rights), later.get((account_id, location_id), ())
            )
            for location_id, rights in here.items()
        }
        if not policy.roaming:
            for location_id, rights in here.items():
                at = ends[location_id]
                found.append(Access(account_id, location_id, _end(at), _named(rights), roaming=False))
            continue
        furthest = _end(max(ends.values()))
        anywhere = _named(right for rights in here.values() for right in rights)
        # A held right may be at a location that is configured no longer: it goes on there as well.
        for location_id in dict.fromkeys([*here, *(place.id for place in places)]):
            own = here.get(location_id)
            named = _named(own) if own else anywhere
            found.append(Access(account_id, location_id, furthest, named, roaming=own is None))
    return tuple(found)


def latest(right: Right) -> datetime:
    return OPEN if right.ends is None else right.ends


def _end(at: datetime) -> datetime | None:
    return None if at == OPEN else at


def _prolonged(ends: datetime, later: Iterable[Right]) -> datetime:
    for right in later:
        if right.starts <= ends:
            ends = max(ends, latest(right))
    return ends


def _named(rights: Iterable[Right]) -> Right:
    return min(rights, key=lambda one: (_RANK[one.because.kind], -latest(one).timestamp(), one.id))
