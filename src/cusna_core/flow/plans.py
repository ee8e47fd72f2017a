"""When does a plan give access?"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cusna_core.api import Plan, Subscription, SubscriptionState
from cusna_core.flow.days import EPOCH, Days, local_day
from cusna_core.flow.world import Because, Kind, Place, Policy

NEVER = 3000
"""Some sources write "no end" as the last date they know: from this year on, there is none."""


class Span(NamedTuple):
    """[starts, ends). It is in force when `starts` is not later than now, else it is coming."""

    starts: datetime
    ends: datetime | None


def spans(
    subscription: Subscription, places: Iterable[Place], policy: Policy, days: Days
) -> list[tuple[str, Span, Because]]:
    """(location, time, reason) at each of the places: their zones decide when its days begin."""
    plan = with_wifi(subscription, policy)
    if plan is None:
        return []
    because = Because(Kind.PLAN, plan.name, subscription.id, subscription.company_id)
    found = []
    for place in places:
        time = span(subscription, place.zone, days)
        if time is not None:
            found.append((place.id, time, because))
    return found


def with_wifi(subscription: Subscription, policy: Policy) -> Plan | None:
    """The first of its plans that gives WiFi. Without a named plan it does: what is not listed does."""
    if not subscription.plans:
        return Plan("", "")
    for plan in subscription.plans:
        if plan.id not in policy.plans_without_wifi and plan.name.lower() not in policy.plans_without_wifi:
            return plan
    return None


def span(subscription: Subscription, zone: ZoneInfo, days: Days) -> Span | None:
    """The present or next time of access by this plan at a place of this zone. The dates are trusted
    before the state: an active plan that has ended has ended."""
    if subscription.state not in (SubscriptionState.ACTIVE, SubscriptionState.SCHEDULED):
        return None
    starts, ends = EPOCH, end(subscription, zone, days)
    scheduled = subscription.state is SubscriptionState.SCHEDULED
    if subscription.starts is not None and subscription.starts.year >= EPOCH.year:
        if subscription.starts.year >= NEVER:
            return None
        first = subscription.starts
        day = local_day(first, zone) if isinstance(first, datetime) else first
        starts, midnight = days.bounds(day, zone)
        # The door opens at 00:00 of the start day, when the source (or our last read) still says "scheduled".
        # So it counts for that one day; a source that says so the day after means it.
        if scheduled and starts <= days.now:
            ends = min(ends or midnight, midnight)
    elif scheduled:
        return None
    begin = max(days.now, starts)
    pauses = subscription.pauses and sorted(subscription.pauses, key=lambda pause: pause.starts)
    for pause in pauses:
        if pause.ends is not None and pause.ends <= pause.starts:
            continue
        if pause.starts > begin:
            ends = min(ends or pause.starts, pause.starts)
            break
        if pause.ends is None:
            return None
        begin = max(begin, pause.ends)
    if ends is not None and ends <= begin:
        return None
    return Span(begin if begin > days.now else starts, ends)


def end(subscription: Subscription, zone: ZoneInfo, days: Days) -> datetime | None:
    """Its own end as an instant: a date is the last day, so the local midnight after it."""
    ends = subscription.ends
    if ends is None or ends.year >= NEVER:
        return None
    if ends.year < EPOCH.year:
        return EPOCH
    if isinstance(ends, datetime):
        return ends.astimezone(UTC)
    return days.bounds(ends, zone)[1]
