"""Why is somebody on the WiFi, or not, and what can they do next?"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from cusna_core.flow.world import Because, Kind, Refusal, Refused
from cusna_core.words.language import Language
from cusna_core.words.told import Told
from cusna_core.words.when import day, last_day, moment


def because(reason: Because, language: Language, *, roaming_from: str | None = None) -> str:
    """The member's own reason: "because of your plan Hot desk".

    `roaming_from` names the place of a right that is elsewhere.
    """
    said = _because(reason, language)
    if roaming_from:
        return language.text("%(because)s at %(place)s", because=said, place=roaming_from)
    return said


def _because(reason: Because, language: Language) -> str:
    name = reason.name
    match reason.kind:
        case Kind.OVERRIDE:
            # Its note is the admins' own and may be about the member: never shown here.
            return language.text("because the team has given you access")
        case Kind.PLAN if reason.company_id is not None:
            if name:
                return language.text("because of your company's plan %(name)s", name=name)
            return language.text("because of your company's plan")
        case Kind.PLAN:
            if name:
                return language.text("because of your plan %(name)s", name=name)
            return language.text("because of your plan")
        case Kind.DESK:
            if name:
                return language.text("because of your booking of %(name)s today", name=name)
            return language.text("because of your desk booking today")
        case Kind.ROOM:
            if name:
                return language.text("because of your booking of %(name)s today", name=name)
            return language.text("because of your room booking today")
    assert_never(reason.kind)


def ground(reason: Because, language: Language, *, company: str | None = None) -> str:
    """The same reason for an admin, in few words: "plan Team office of Acme".

    `company` is the name of the company that holds the plan.
    """
    name = reason.name
    match reason.kind:
        case Kind.OVERRIDE:
            return (
                language.text("given by an admin (%(note)s)", note=name)
                if name
                else language.text("given by an admin")
            )
        case Kind.PLAN if reason.company_id is not None:
            holder = company or reason.company_id
            if name:
                return language.text("plan %(name)s of %(company)s", name=name, company=holder)
            return language.text("a plan of %(company)s", company=holder)
        case Kind.PLAN:
            return language.text("plan %(name)s", name=name) if name else language.text("a plan")
        case Kind.DESK:
            return (
                language.text("booking of %(name)s", name=name) if name else language.text("a desk booking")
            )
        case Kind.ROOM:
            return (
                language.text("booking of %(name)s", name=name) if name else language.text("a room booking")
            )
    assert_never(reason.kind)


def refused(
    why: Refused,
    language: Language,
    *,
    place: str,
    zone: ZoneInfo,
    now: datetime,
    places: Mapping[str, str] | None = None,
) -> Told:
    """Why there is no access at `place` now, and the next step. `places` names locations by id."""
    _ = language.text
    name, when = why.name, why.when
    today = now.astimezone(zone).date()
    match why.code:
        case Refusal.BLOCKED:
            return Told(_("You have been blocked at this space."), _("Please talk to the team."))
        case Refusal.SUSPENDED:
            return Told(_("The team has turned off your WiFi access."), _("Please talk to the team."))
        case Refusal.CLOSED:
            return Told(
                _("The WiFi at %(place)s is closed for newcomers just now.", place=place),
                _("Please ask at the front desk."),
            )
        case Refusal.UNAPPROVED:
            return Told(
                _("Your registration at %(place)s still has to be approved by the team.", place=place),
                _("Your WiFi starts as soon as they have. If it is urgent, ask at the front desk."),
            )
        case Refusal.NOT_STARTED:
            start = day(when.astimezone(zone).date(), today, language) if when else None
            if start and name:
                what = _("Your plan %(name)s starts on %(day)s.", name=name, day=start)
            elif start:
                what = _("Your plan starts on %(day)s.", day=start)
            else:
                what = _("Your plan has not started yet.")
            return Told(
                what, _("Your WiFi starts by itself on that day. If you come earlier, book a desk or a room.")
            )
        case Refusal.GRANTED_LATER:
            if when:
                start = day(when.astimezone(zone).date(), today, language)
                what = _("The team has given you WiFi from %(day)s on.", day=start)
            else:
                what = _("The team has given you WiFi, but not yet.")
            return Told(
                what, _("Your WiFi starts by itself on that day. If you come earlier, book a desk or a room.")
            )
        case Refusal.ENDED:
            return Told(_ended(name, when, zone, now, language), _book(language))
        case Refusal.PLAN_WITHOUT_WIFI:
            if name:
                what = _("Your plan %(name)s does not include WiFi.", name=name)
            else:
                what = _("Your plan does not include WiFi.")
            return Told(
                what,
                _("Book a desk or a room to have WiFi for that day, or ask the team for another plan."),
            )
        case Refusal.INCOMPLETE:
            if name:
                what = _("The purchase of your plan %(name)s is not finished.", name=name)
            else:
                what = _("The purchase of your plan is not finished.")
            return Told(what, _("Finish it where you started it, then check again here."))
        case Refusal.BOOKING_LATER:
            on = day(when.astimezone(zone).date(), today, language) if when else None
            if on and name:
                what = _(
                    "You have no booking for today. Your next one is %(name)s on %(day)s.", name=name, day=on
                )
            elif on:
                what = _("You have no booking for today. Your next one is on %(day)s.", day=on)
            else:
                what = _("You have no booking for today.")
            return Told(
                what,
                _("Open this page on the day of your booking and your WiFi works, with the same passphrase."),
            )
        case Refusal.UNCLAIMED:
            if name:
                what = _("You have booked %(name)s for today.", name=name)
            else:
                what = _("You have a booking for today.")
            return Told(what, _("Turn on your WiFi for today with the button on this page."))
        case Refusal.ELSEWHERE:
            other = (places or {}).get(why.location_id or "")
            if other:
                what = _("Your access is for %(other)s, not for %(place)s.", other=other, place=place)
            else:
                what = _("Your access is for another location, not for %(place)s.", place=place)
            return Told(
                what, _("Book a desk or a room here and your passphrase works here too for that day.")
            )
        case Refusal.NOTHING:
            return Told(
                _("You have no plan at %(place)s and no booking for today.", place=place), _book(language)
            )
    assert_never(why.code)


def _ended(name: str, when: datetime | None, zone: ZoneInfo, now: datetime, language: Language) -> str:
    _ = language.text
    if when is None:
        return _("Your plan %(name)s has ended.", name=name) if name else _("Your plan has ended.")
    last = last_day(when, zone)
    if last is not None:
        on = day(last, now.astimezone(zone).date(), language)
        if name:
            return _("Your plan %(name)s ran until the end of %(day)s.", name=name, day=on)
        return _("Your plan ran until the end of %(day)s.", day=on)
    at = moment(when, zone, now, language)
    if name:
        return _("Your plan %(name)s ended (%(moment)s).", name=name, moment=at)
    return _("Your plan ended (%(moment)s).", moment=at)


def _book(language: Language) -> str:
    return language.text(
        "Get a plan, or book a desk or a room for today, then check again. Your passphrase stays the same."
    )
