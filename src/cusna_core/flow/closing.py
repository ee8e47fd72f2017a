"""What does a location that is switched off still give? What it promised, and nothing new."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from cusna_core.flow.rights import Rights
from cusna_core.flow.world import Refusal, Refused, Right


def closing(found: Rights, promised: Iterable[Right], closed: Collection[str]) -> Rights:
    """The rights without what would be new at closed locations; `promised` are those accepted so far.

    A right there ends when it was promised to end, or earlier by its own; it is not extended.
    """
    if not closed:
        return found
    before = {one.id: one for one in promised if one.location_id in closed}
    in_force: list[Right] = []
    refused = dict(found.refused)
    for right in found.in_force:
        known = before.get(right.id)
        if right.location_id not in closed:
            in_force.append(right)
        elif known is not None:
            in_force.append(_no_longer(right, known))
    going_on = {(one.account_id, one.location_id) for one in in_force}
    for right in (*found.in_force, *found.coming, *found.claimable):
        where = (right.account_id, right.location_id)
        if right.location_id in closed and where not in going_on:
            refused[where] = Refused(Refusal.CLOSED)
    return Rights(
        tuple(in_force),
        tuple(one for one in found.coming if one.location_id not in closed),
        tuple(one for one in found.claimable if one.location_id not in closed),
        refused,
    )


def _no_longer(right: Right, known: Right) -> Right:
    if known.ends is None or (right.ends is not None and right.ends <= known.ends):
        return right
    return replace(right, ends=known.ends)
