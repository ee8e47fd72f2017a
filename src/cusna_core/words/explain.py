"""Why is this person on, or not, step by step? For an admin, in the third person."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from cusna_core.api import Booking, BookingState, Subscription, SubscriptionState
from cusna_core.flow.brake import Withdrawal
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Refusal, Refused
from cusna_core.words.language import Language
from cusna_core.words.reasons import ground
from cusna_core.words.when import day, moment, until


def subscription(fact: Subscription, language: Language, *, zone: ZoneInfo, now: datetime) -> str:
    """ "Plan Hot desk: active, since Mon 2 Mar 2026, no end date."."""
    name = ", ".join(plan.name for plan in fact.plans) or fact.id
    parts = [_subscription_state(fact.state, language)]
    today = now.astimezone(zone).date()
    if fact.starts is not None:
        starts = _local(fact.starts, zone)
        said = day(starts, today, language)
        if starts > today:
            parts.append(language.text("starts on %(day)s", day=said))
        else:
            parts.append(language.text("since %(day)s", day=said))
    if isinstance(fact.ends, datetime):
        parts.append(until(fact.ends, zone, now, language))
    elif fact.ends is not None:
        parts.append(language.text("until %(day)s, end of the day", day=day(fact.ends, today, language)))
    else:
        parts.append(language.text("no end date"))
    return language.text("Plan %(name)s: %(state)s.", name=name, state=", ".join(parts))


def booking(
    fact: Booking, language: Language, *, zone: ZoneInfo, now: datetime, claimed: bool | None = None
) -> str:
    """One line about a booking; `claimed` is None where it is not of today."""
    parts = [_booking_state(fact.state, language)]
    if claimed is not None:
        parts.append(language.text("claimed") if claimed else language.text("not claimed in the portal yet"))
    return language.text(
        "Booking of %(name)s, %(starts)s to %(ends)s: %(state)s.",
        name=fact.resource or fact.id,
        starts=moment(fact.starts, zone, now, language),
        ends=moment(fact.ends, zone, now, language),
        state=", ".join(parts),
    )


def allowed(
    access: Access,
    language: Language,
    *,
    zone: ZoneInfo,
    now: datetime,
    company: str | None = None,
    places: Mapping[str, str] | None = None,
) -> str:
    """ "May be on until Fri 18 Dec 2026, 18:00: plan Hot desk, at Kreuzberg (roaming)."."""
    values = {
        "until": until(access.ends, zone, now, language),
        "ground": ground(access.right.because, language, company=company),
    }
    if access.roaming:
        at = access.right.location_id
        return language.text(
            "May be on, %(until)s: %(ground)s at %(place)s (roaming).",
            place=(places or {}).get(at, at),
            **values,
        )
    return language.text("May be on, %(until)s: %(ground)s.", **values)


def denied(
    why: Refused,
    language: Language,
    *,
    zone: ZoneInfo,
    now: datetime,
    places: Mapping[str, str] | None = None,
) -> str:
    """Why not: "May not be on: the plan Hot desk has ended (Fri 20 Nov, 00:00)."."""
    return language.text("May not be on: %(why)s.", why=_denied(why, language, zone, now, places or {}))


def held(one: Withdrawal, language: Language, *, zone: ZoneInfo, now: datetime) -> str:
    """A right that the brake keeps."""
    return language.text(
        "Held by the brake: would have ended (%(ends)s), but keeps what was promised (%(until)s).",
        ends=moment(one.ends, zone, now, language),
        until=until(one.right.ends, zone, now, language),
    )


def _denied(
    why: Refused, language: Language, zone: ZoneInfo, now: datetime, places: Mapping[str, str]
) -> str:
    _ = language.text
    name = why.name or "?"
    when = moment(why.when, zone, now, language) if why.when else "?"
    match why.code:
        case Refusal.BLOCKED:
            return _("the membership source says blocked")
        case Refusal.SUSPENDED:
            return _("disabled by an admin")
        case Refusal.UNAPPROVED:
            return _("the membership source says that the approval is still to come")
        case Refusal.NOT_STARTED:
            return _("the plan %(name)s has not started (%(when)s)", name=name, when=when)
        case Refusal.ENDED:
            return _("the plan %(name)s has ended (%(when)s)", name=name, when=when)
        case Refusal.PLAN_WITHOUT_WIFI:
            return _("the plan %(name)s is in plans_without_wifi", name=name)
        case Refusal.INCOMPLETE:
            return _("the purchase of the plan %(name)s is not finished", name=name)
        case Refusal.BOOKING_LATER:
            return _("the next booking is on another day (%(name)s, %(when)s)", name=name, when=when)
        case Refusal.UNCLAIMED:
            return _("today's booking (%(name)s) has not been claimed in the portal", name=name)
        case Refusal.ELSEWHERE:
            at = why.location_id or "?"
            return _("the right is at %(place)s, and roaming is off", place=places.get(at, at))
        case Refusal.NOTHING:
            return _("no plan, and no booking for today")
    assert_never(why.code)


def _subscription_state(of: SubscriptionState, language: Language) -> str:
    match of:
        case SubscriptionState.ACTIVE:
            return language.pgettext("plan state", "active")
        case SubscriptionState.SCHEDULED:
            return language.pgettext("plan state", "scheduled")
        case SubscriptionState.INCOMPLETE:
            return language.pgettext("plan state", "purchase not finished")
        case SubscriptionState.CANCELLED:
            return language.pgettext("plan state", "cancelled")
    assert_never(of)


def _booking_state(of: BookingState, language: Language) -> str:
    match of:
        case BookingState.CONFIRMED:
            return language.pgettext("booking state", "confirmed")
        case BookingState.TENTATIVE:
            return language.pgettext("booking state", "not confirmed")
        case BookingState.CANCELLED:
            return language.pgettext("booking state", "cancelled")
    assert_never(of)


def _local(start: datetime | date, zone: ZoneInfo) -> date:
    return start.astimezone(zone).date() if isinstance(start, datetime) else start
