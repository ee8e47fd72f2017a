"""What of a decision do sinks hear? When somebody's access at a location starts, moves its end, or ends.

One right that takes over from another is no end: a receiver hears of people and places, not of rights.
"""

from collections.abc import Iterable
from datetime import datetime

from cusna_core.flow.world import Right
from cusna_core.store.events import News
from cusna_core.store.instants import ms


def of_access(integration: str, before: Iterable[Right], after: Iterable[Right]) -> list[News]:
    """What changed from one set of rights in force to another."""
    was, now = _by_place(before), _by_place(after)
    told: list[News] = []
    for (account, location), right in now.items():
        old = was.get((account, location))
        if old is None:
            kind = "access.started"
        elif ms(old.ends) != ms(right.ends):  # as precise as what is stored
            kind = "access.changed"
        else:
            continue
        data = {"until": _iso(right.ends), "because": right.because.kind.value}
        told.append(News(kind, integration, location, account=account, data=data))
    told += [
        News(
            "access.ended",
            integration,
            location,
            account=account,
            data={"until": _iso(right.ends), "because": right.because.kind.value},
        )
        for (account, location), right in was.items()
        if (account, location) not in now
    ]
    return told


def _by_place(rights: Iterable[Right]) -> dict[tuple[str, str], Right]:
    """Of several rights of one person at a place, the one that ends last."""
    found: dict[tuple[str, str], Right] = {}
    for right in rights:
        other = found.get((right.account_id, right.location_id))
        if other is None or (other.ends is not None and (right.ends is None or right.ends > other.ends)):
            found[right.account_id, right.location_id] = right
    return found


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None
