"""Who is there? Searched, filtered, and a page at a time."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from cusna_core.admin.people import People, Person, State, Wanted
from cusna_core.api import email_key
from cusna_core.store import audit, erase
from cusna_core.web.console.paper import page, who
from cusna_core.web.console.people.area import HERE, engine, people, perform
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE
from cusna_core.words import Language
from cusna_core.words.explain import why_not
from cusna_core.words.reasons import ground

FIELDS: Final = ("q", "state", "location", "company", "integration")
LONGEST: Final = 200
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""
COLUMNS: Final = (
    "name",
    "email",
    "companies",
    "integration",
    "state",
    "why",
    "locations",
    "until",
    "overrides",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, as it was typed and as it is meant."""

    typed: Mapping[str, str]
    wanted: Wanted

    @property
    def any(self) -> bool:
        return any(self.typed.values())

    def address(self, **changes: str) -> str:
        values = {name: value for name, value in ({**self.typed, **changes}).items() if value}
        return f"{HERE}?{urlencode(values)}" if values else HERE


def asked(query: Mapping[str, str], of: People) -> Asked:
    typed = {name: query.get(name, "")[:LONGEST].strip() for name in FIELDS}
    wanted = of.wanted(typed["q"], typed["state"], typed["location"], typed["company"], typed["integration"])
    return Asked(typed, wanted)


async def show(request: web.Request) -> web.Response:
    of, estate = people(request), engine(request).estate
    filter_ = asked(request.query, of)
    found = await of.page(
        filter_.wanted, after=request.query.get("after", ""), before=request.query.get("before", "")
    )
    counts = await of.counts(filter_.wanted)
    site = request.app[SITE]
    typed = email_key(filter_.typed["q"]) if not found.people else None
    out = await site.db.read(lambda tx: erase.kept_out(tx, site.vault, typed)) if typed else []
    language, now = site.language(request), site.clock.now()
    return page(
        request,
        "people.html",
        at="people",
        here=filter_.address(),
        filter=filter_,
        found=found,
        counts=counts,
        states=tuple(State),
        labels=labels(language),
        said=lambda one: said(one, language, now),
        company=of.company(filter_.wanted) if filter_.wanted.company else "",
        integrations=[(one.id, one.title) for one in estate.integrations.values()],
        locations=sorted(
            ((one.id, one.name) for one in estate.locations.values()), key=lambda one: one[1].casefold()
        ),
        out=out,
        erased="erased" in request.query,
        admitted="admitted" in request.query,
        imported=request.query.get("imported", ""),
        everybody=counts[None] if not filter_.any else -1,
    )


def labels(language: Language) -> Mapping[State, str]:
    return {
        State.ON: language.pgettext("people", "May be on"),
        State.OFF: language.pgettext("people", "No access"),
        State.DISABLED: language.pgettext("people", "Disabled"),
        State.WAITING: language.pgettext("people", "Waiting"),
        State.OVERRIDE: language.pgettext("people", "Override"),
    }


def said(one: Person, language: Language, now: datetime) -> str:
    """Why, in few words: the ground of the access, or what is missing."""
    if one.because is not None:
        return ground(one.because, language, company=one.holder)
    if one.state is State.DISABLED:
        return language.text("disabled by an admin")
    return why_not(one.why_not, one.zone, language, now)


async def export(request: web.Request) -> web.StreamResponse:
    """The people that the filter shows, as a file for a spreadsheet. That it left the house is kept."""
    site, of = request.app[SITE], people(request)
    filter_, now, by = asked(request[FORM], of), site.clock.now(), who(request)
    # Not what was typed: it may be somebody's name.
    data = {"asked": sorted(name for name, value in filter_.typed.items() if value)}
    await site.db.run(lambda tx: audit.write(tx, "people-exported", now, who=by, data=data))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="people.csv"',
        }
    )
    await response.prepare(request)
    language = site.language(request)
    # The mark tells spreadsheets that it is UTF-8.
    await response.write(b"\xef\xbb\xbf" + lines([COLUMNS]))
    async for some in of.all(filter_.wanted):
        await response.write(lines([_cells(one, language, now) for one in some]))
    await response.write_eof()
    return response


def lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows of a CSV file; no cell of which can be a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[plain(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def plain(cell: str) -> str:
    """Names are chosen by members: one that begins like a formula is shown as text."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) or cell.startswith(FORMULA) else cell


def _cells(one: Person, language: Language, now: datetime) -> Sequence[str]:
    return (
        one.row.name,
        one.row.email or "",
        ", ".join(one.companies),
        one.row.integration,
        labels(language)[one.state],
        said(one, language, now),
        ", ".join(one.places),
        one.until.astimezone(one.zone).isoformat() if one.until else "",
        str(one.overrides or ""),
    )


async def let_in(request: web.Request) -> web.Response:
    """Somebody who was erased may be told of again."""
    typed = request[FORM].get("email", "")
    done = await perform(request, "let-back-in", {"email": typed})
    if done.refused is not None:
        return see(HERE)
    return see(f"{HERE}?admitted")
