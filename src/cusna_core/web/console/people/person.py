"""Who is this, may they be on, why and until when, and what happened?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from cusna_core.admin.activity import Activity, Asked
from cusna_core.admin.people import Person
from cusna_core.store import people as rows
from cusna_core.web.console.paper import page, zone
from cusna_core.web.console.people.area import address, engine, needed, people
from cusna_core.web.console.people.listing import labels
from cusna_core.web.site import SITE
from cusna_core.words import Language
from cusna_core.words import activity as happened
from cusna_core.words.explain import Line, steps

HISTORY: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    kind: str
    sentence: Markup
    by: str
    note: str
    """An admin's reason."""


async def show(request: web.Request) -> web.Response:
    return await shown(request, await needed(request))


async def shown(
    request: web.Request,
    one: Person,
    problems: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """The person's page. `problems` are those of a form on it, by field; `said` is what was typed there."""
    site, language, now = (
        request.app[SITE],
        request.app[SITE].language(request),
        request.app[SITE].clock.now(),
    )
    told = await people(request).explained(one.row.id)
    if not told:
        raise web.HTTPNotFound
    typed = request.query.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else None
    history, older = await _history(request, one, language, before)
    account = one.row.id
    overrides, sessions = await site.db.read(
        lambda tx: (rows.overrides(tx, account), rows.sessions(tx, account, now))
    )
    lines = steps(told, language, now)
    access, rest = _split(told["locations"], [line for line in lines if line.of == "access"])
    estate = engine(request).estate
    return page(
        request,
        "people_one.html",
        at="people",
        here=address(account),
        status=status,
        one=one,
        labels=labels(language),
        access=access,
        elsewhere=rest,
        keys=[line for line in lines if line.of == "key"],
        facts=grouped([line for line in lines if line.of not in ("access", "key")]),
        overrides=overrides,
        sessions=sessions,
        names={one.id: one.name for one in estate.locations.values()},
        zones={one.id: one.place.zone for one in estate.locations.values()},
        places=[(place.id, estate.locations[place.id].name) for place in estate.places(one.row.integration)],
        history=history,
        older=older,
        newest=before is not None,
        done=request.query.get("done", ""),
        late=[one["ssid"] for one in told["keys"] if one["late"]],
        problems=problems or {},
        said=said or {},
    )


def _split(locations: Sequence[Mapping[str, Any]], lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Where there is something to tell first; plain "no plan, no booking" of many places stand apart."""
    near: list[Line] = []
    far: list[Line] = []
    for place, line in zip(locations, lines, strict=True):
        nothing = not place["access"] and (place["refused"] or {"code": "nothing"})["code"] in (
            "nothing",
            "elsewhere",
        )
        (far if nothing else near).append(line)
    return (near, far) if near and len(far) > 3 else ([*near, *far], [])


def grouped(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Lines of one step belong together."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.label, []).append(line)
    return list(found.items())


async def _history(
    request: web.Request, one: Person, language: Language, before: int | None
) -> tuple[list[Entry], int | None]:
    now, local = request.app[SITE].clock.now(), zone(request)
    log = await Activity(engine(request)).page(Asked(accounts=frozenset({one.row.id})), before, HISTORY)
    name = Markup.escape(one.row.name or one.row.email or one.row.id)
    places = engine(request).estate.locations
    found = []
    for line in log.lines:
        entry = line.entry
        there = places.get(entry.location or "")
        sentence = happened.sentence(
            entry.kind,
            entry.data,
            language,
            person=name,
            place=Markup.escape(line.location or ""),
            network=Markup.escape(line.network or ""),
            zone=there.place.zone if there else local,
            now=now,
        )
        note = str(entry.data.get("reason", ""))
        found.append(Entry(entry.at, entry.kind, Markup(sentence), happened.by(entry.who, language), note))  # noqa: S704 - escaped there
    return found, log.before
