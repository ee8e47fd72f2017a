"""What happened, when, and who did it? Sentences with links, filters that stand in the address, and files."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from markupsafe import Markup

from cusna_core.admin.activity import ANY_ADMIN, GROUPS, Activity, Asked, Line, as_json, kinds_of
from cusna_core.web.console.paper import BENCH, SETTINGS, page, who, zone
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.security import FORM
from cusna_core.web.site import SITE
from cusna_core.words import Language
from cusna_core.words import activity as words

HERE = "/console/activity"
LONGEST: Final = 254
NUMBER: Final = re.compile(r"\A[0-9]{1,18}\Z")
FIELDS: Final = ("group", "person", "admin", "place", "from", "to")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""
COLUMNS: Final = ("at", "kind", "who", "what", "person", "account", "location", "network")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for, as it was typed and as it is meant."""

    typed: Mapping[str, str]
    asked: Asked
    wrong: tuple[str, ...]
    """Fields that could not be read; they count as empty."""

    @property
    def any(self) -> bool:
        return any(self.typed.values())

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self.typed.items() if value})


@dataclass(frozen=True, slots=True)
class Said:
    at: datetime
    kind: str
    group: str
    sentence: Markup
    by: str


def routes() -> tuple[Route, ...]:
    return (get(HERE, show, Who.ADMIN), post(f"{HERE}/export", export, Who.ADMIN))


async def show(request: web.Request) -> web.Response:
    site, bench = request.app[SITE], request.app[BENCH]
    activity = Activity(bench.workshop.engine)
    wanted = await _filter(request.query, activity, zone(request))
    typed = request.query.get("before", "")
    before = int(typed) if NUMBER.match(typed) else None
    shown = await activity.page(wanted.asked, before)
    language, local, now = site.language(request), zone(request), site.clock.now()
    groups = {kind: name for name, kinds in GROUPS.items() for kind in kinds}
    return page(
        request,
        "activity.html",
        at="activity",
        log=[
            Said(
                one.entry.at,
                one.entry.kind,
                groups.get(one.entry.kind, ""),
                _linked(one, language, local, now),
                words.by(one.entry.who, language),
            )
            for one in shown.lines
        ],
        filter=wanted,
        older=f"{HERE}?{_joined(wanted.query, f'before={shown.before}')}" if shown.before else "",
        newest=f"{HERE}?{wanted.query}" if before is not None else "",
        kinds=[(name, words.group(name, language)) for name in GROUPS],
        admins=await activity.admins(),
        any_admin=ANY_ADMIN,
        locations=[(one.id, one.name) for one in site.members.doors()],
        networks=[(one.id, one.ssid) for one in bench.workshop.engine.estate.wifis.values()],
    )


def _joined(*parts: str) -> str:
    return "&".join(part for part in parts if part)


def _linked(line: Line, language: Language, local: ZoneInfo, now: datetime) -> Markup:
    """The sentence, with links to whom and what it is about."""
    one = line.entry

    def link(address: str, name: str | None) -> Markup:
        return Markup('<a href="{}">{}</a>').format(address, name) if name else Markup()

    said = words.sentence(
        one.kind,
        one.data,
        language,
        person=link(f"/console/people/{one.account}", line.person),
        place=link(f"{SETTINGS}/locations/{one.location}", line.location),
        network=link(f"{SETTINGS}/networks/{one.network}", line.network),
        zone=local,
        now=now,
    )
    assert isinstance(said, Markup)
    return said


async def _filter(fields: Mapping[str, str], activity: Activity, local: ZoneInfo) -> Filter:
    """Whatever was sent: what makes no sense asks for nothing, and is told."""
    typed = {name: fields.get(name, "").strip()[:LONGEST].replace("\0", "") for name in FIELDS}
    wrong: list[str] = []
    if typed["group"] and typed["group"] not in GROUPS:
        wrong.append("group")
    table, _, name = typed["place"].partition(":")
    if typed["place"] and (table not in ("location", "network") or not name):
        wrong.append("place")
        name = ""
    days: dict[str, date] = {}
    for field in ("from", "to"):
        try:
            if typed[field]:
                days[field] = date.fromisoformat(typed[field])
        except ValueError:
            wrong.append(field)
    asked = Asked(
        kinds=kinds_of([typed["group"]]),
        admin=typed["admin"],
        accounts=await activity.accounts(typed["person"]) if typed["person"] else None,
        location=name if table == "location" else "",
        network=name if table == "network" else "",
        since=_midnight(days.get("from"), local),
        until=_midnight(_next(days.get("to")), local),
    )
    return Filter(typed, asked, tuple(wrong))


def _next(day: date | None) -> date | None:
    return day + timedelta(days=1) if day is not None and day < date.max else None


def _midnight(day: date | None, local: ZoneInfo) -> datetime | None:
    """The first instant of a local day; days that no log has are no bound."""
    if day is None or not 1971 <= day.year <= 9000:
        return None
    return datetime.combine(day, time(), tzinfo=local)


async def export(request: web.Request) -> web.StreamResponse:
    """A file of what is filtered. By POST, since it is written down that personal data left the house."""
    site, form = request.app[SITE], request[FORM]
    activity = Activity(request.app[BENCH].workshop.engine)
    wanted = await _filter(form, activity, zone(request))
    kind = "csv" if form.get("as") == "csv" else "jsonl"
    await activity.exported(who(request), kind, wanted.asked)
    day = site.clock.now().astimezone(zone(request)).date().isoformat()
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8"
            if kind == "csv"
            else "application/jsonl; charset=utf-8",
            "Content-Disposition": f'attachment; filename="cusna-activity-{day}.{kind}"',
        }
    )
    await response.prepare(request)
    chunks = activity.all(wanted.asked)
    language, local, now = site.language(request), zone(request), site.clock.now()
    parts = _csv(chunks, language, local, now) if kind == "csv" else _jsonl(chunks)
    async for part in parts:
        await response.write(part.encode())
    await response.write_eof()
    return response


async def _jsonl(chunks: AsyncIterator[Sequence[Line]]) -> AsyncIterator[str]:
    async for lines in chunks:
        yield "".join(f"{as_json(one)}\n" for one in lines)


async def _csv(
    chunks: AsyncIterator[Sequence[Line]], language: Language, local: ZoneInfo, now: datetime
) -> AsyncIterator[str]:
    yield "\ufeff" + _rows([COLUMNS])  # the mark, so that spreadsheets read it as UTF-8
    async for lines in chunks:
        yield _rows(
            (
                one.entry.at.astimezone(local).isoformat(timespec="seconds"),
                one.entry.kind,
                words.by(one.entry.who, language),
                words.sentence(
                    one.entry.kind,
                    one.entry.data,
                    language,
                    person=one.person or "",
                    place=one.location or "",
                    network=one.network or "",
                    zone=local,
                    now=now,
                ),
                one.person or "",
                one.entry.account or "",
                one.entry.location or "",
                one.entry.network or "",
            )
            for one in lines
        )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    made = io.StringIO()
    csv.writer(made).writerows([safe(cell) for cell in row] for row in rows)
    return made.getvalue()


def safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: names come from outside."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) or cell.startswith(FORMULA) else cell
