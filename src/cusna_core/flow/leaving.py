"""Whose key may leave a network that their location has left?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

TO_REJOIN = timedelta(days=1)
"""So long the old WiFi goes on when the new one works: nobody is at the desk day and night."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a location's people leave a network."""

    since: datetime
    heirs: tuple[str, ...] = ()
    """The networks that they have there now; without any, a key stays until its right ends."""
    at_once: bool = False


def stays(
    leaving: Leaving,
    accounts: Collection[str],
    working: Mapping[str, Mapping[str, datetime]],
    now: datetime,
) -> frozenset[str]:
    """The accounts whose keys stay as long as their rights do. `working`: by network, since when it works.

    A key goes when it has worked for a day on everything that takes over, counted from the move: who waits
    there (it is full, it is only planned, its controller is down) keeps the old one.
    """
    if leaving.at_once:
        return frozenset()
    if not leaving.heirs:
        return frozenset(accounts)
    return frozenset(one for one in accounts if not _settled(one, leaving, working, now))


def _settled(
    account: str, leaving: Leaving, working: Mapping[str, Mapping[str, datetime]], now: datetime
) -> bool:
    for heir in leaving.heirs:
        since = working.get(heir, {}).get(account)
        if since is None or max(since, leaving.since) + TO_REJOIN > now:
            return False
    return True
