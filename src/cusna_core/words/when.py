"""How is an instant said at a place?

An end is the first instant after, so an end at a local midnight is told as the day before it.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from cusna_core.words.language import Language

WEEK = timedelta(days=7)
"""Within so many days a date is clear without its year."""


def day(on: date, today: date, language: Language) -> str:
    """ "Mon 30 Nov", with the year where it is more than a week away."""
    if abs(on - today) <= WEEK:
        pattern = language.pgettext("date pattern", "EEE d MMM")
    else:
        pattern = language.pgettext("date pattern", "EEE d MMM y")
    return format_date(on, pattern, locale=language.locale)


def moment(instant: datetime, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """ "Fri 18 Dec 2026, 18:00", "today, 18:00"."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    time = format_time(local, language.pgettext("time pattern", "HH:mm"), locale=language.locale)
    if local.date() == today:
        return language.text("today, %(time)s", time=time)
    return language.text("%(day)s, %(time)s", day=day(local.date(), today, language), time=time)


def stamp(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """ "Mon 23 Nov 2026, 13:05", in full: for what is read on another day."""
    local = instant.astimezone(zone)
    pattern = language.pgettext("date pattern", "EEE d MMM y")
    return language.text(
        "%(day)s, %(time)s",
        day=format_date(local.date(), pattern, locale=language.locale),
        time=format_time(local, language.pgettext("time pattern", "HH:mm"), locale=language.locale),
    )


def last_day(ends: datetime, zone: ZoneInfo) -> date | None:
    """The day that ends with this instant, or None where the instant is within a day."""
    local = ends.astimezone(zone)
    before = (ends - timedelta(microseconds=1)).astimezone(zone)
    return before.date() if before.date() != local.date() else None


def until(ends: datetime | None, zone: ZoneInfo, now: datetime, language: Language) -> str:
    """ "until midnight tonight (Mon 23 → Tue 24)", "until Mon 30 Nov, end of the day", "no end date"."""
    if ends is None:
        return language.text("no end date")
    today = now.astimezone(zone).date()
    last = last_day(ends, zone)
    if last is None:
        return language.text("until %(moment)s", moment=moment(ends, zone, now, language))
    if last == today:
        pattern = language.pgettext("date pattern", "EEE d")
        return language.text(
            "until midnight tonight (%(today)s → %(tomorrow)s)",
            today=format_date(last, pattern, locale=language.locale),
            tomorrow=format_date(ends.astimezone(zone).date(), pattern, locale=language.locale),
        )
    return language.text("until %(day)s, end of the day", day=day(last, today, language))


def duration(seconds: float, language: Language) -> str:
    """ "30 s", "2 minutes", "1 hour": rounded up, for "allow about …"."""
    if seconds <= 90:
        return language.several("%(n)s second", "%(n)s seconds", max(1, round(seconds)))
    minutes = -(-int(seconds) // 60)
    if minutes <= 90:
        return language.several("%(n)s minute", "%(n)s minutes", minutes)
    return language.several("%(n)s hour", "%(n)s hours", -(-minutes // 60))
