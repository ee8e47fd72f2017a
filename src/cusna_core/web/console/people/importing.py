"""How do many people get access at once? A file is shown, row by row; then all of it is done, or nothing."""

from typing import Final

from aiohttp import web

from cusna_core.admin.people_csv import BYTES, COLUMNS, MOST, Fault, Read, Sheet, Wrong, decoded
from cusna_core.web.console.paper import page, who
from cusna_core.web.console.people.area import HERE, engine
from cusna_core.web.security import FILES, FORM, see
from cusna_core.web.site import SITE
from cusna_core.words import Language

BODY: Final = 8 * BYTES
"""What is larger than may be is told on the page; what is far larger is not even read."""
SHOWN: Final = 200
SECONDS: Final = 3.0


async def show(request: web.Request) -> web.Response:
    return _page(request, "", None)


async def take(request: web.Request) -> web.Response:
    """The first press shows what it means; the second one does exactly that."""
    form, site = request[FORM], request.app[SITE]
    sent = request.get(FILES, {}).get("file", b"")
    text = decoded(sent) if sent else form.get("text", "")
    sheet = Sheet(engine(request))
    if form.get("digest") and "give" in form and not sent:
        given = await sheet.give(text, form["digest"], who(request))
        if given is not None:
            await site.soon(sheet.bring(given), SECONDS)
            return see(f"{HERE}?imported={sum(1 for row in given.rows if not row.there)}")
        return _page(request, text, await sheet.read(text), changed=True, status=409)
    read = await sheet.read(text)
    return _page(request, text, read, status=422 if read.faults else 200)


def _page(
    request: web.Request, text: str, read: Read | None, *, changed: bool = False, status: int = 200
) -> web.Response:
    language = request.app[SITE].language(request)
    faults = sorted(read.faults, key=lambda one: one.line) if read else []
    return page(
        request,
        "people_import.html",
        at="people",
        here=f"{HERE}/import",
        status=status,
        text=text if len(text) <= BYTES else "",
        read=read,
        new=sum(1 for row in read.rows if not row.there) if read else 0,
        faults=[(one.line, wrong(one, language)) for one in faults[:SHOWN]],
        more=max(0, len(faults) - SHOWN),
        rows=read.rows[:SHOWN] if read else (),
        rest=max(0, len(read.rows) - SHOWN) if read else 0,
        changed=changed,
        most=MOST,
        columns=",".join(COLUMNS),
    )


def wrong(fault: Fault, language: Language) -> str:
    _, value = language.text, fault.value[:80]
    match fault.what:
        case Wrong.EMPTY:
            return _("There is nothing in it.")
        case Wrong.LARGE:
            return _("The file is larger than %(n)s KB.", n=BYTES // 1024)
        case Wrong.HEADER:
            return _("The first line has to name the columns. Missing: %(columns)s.", columns=value)
        case Wrong.MANY:
            return _("It has more than %(n)s rows. Make several files of it.", n=MOST)
        case Wrong.BROKEN:
            return _("This row has more cells than the first line, or a quote that does not end.")
        case Wrong.NO_ADDRESS:
            return _("“%(value)s” is no e-mail address.", value=value)
        case Wrong.UNKNOWN:
            return _("Nobody here has the address %(value)s.", value=value)
        case Wrong.NO_LOCATION:
            return _("Name a location, or write all.")
        case Wrong.LOCATION:
            return _("There is no location “%(value)s”, or there are several.", value=value)
        case Wrong.ELSEWHERE:
            return _(
                "This person belongs to another integration than “%(value)s”, or to several.", value=value
            )
        case Wrong.DATE:
            return _("“%(value)s” is no date. Write it as 2026-12-31.", value=value)
        case Wrong.OVER:
            return _("%(value)s is over already.", value=value)
        case Wrong.NOTE:
            return _("Say why, in the column note.")
        case Wrong.TWICE:
            return _("This person has this location on line %(line)s already.", line=value)
