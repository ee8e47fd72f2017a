"""How do mails go out, and do they? The mail server, a test mail, and the letters that wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cusna_core.config.program import Mail
from cusna_core.mail.settings import Kept, NotTaken
from cusna_core.web.console.connect import CONFLICT, STALE, saved, version
from cusna_core.web.console.forms import Field, Form, draw, labels, read, typed
from cusna_core.web.console.paper import BENCH, MUCH, SETTINGS, fresh, page, who
from cusna_core.web.routes import Route, Who, get, post
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE

HERE = f"{SETTINGS}/mail"
FIRST = ("host", "security", "port", "username", "password", "sender")
"""What one looks for on a provider's page, in that order."""
NOT_TAKEN = 422


def routes() -> tuple[Route, ...]:
    return (
        get(HERE, show, Who.ADMIN),
        post(HERE, change, Who.ADMIN, body=MUCH),
        post(f"{HERE}/test", test, Who.ADMIN),
        get(f"{HERE}/remove", remove, Who.ADMIN),
        post(f"{HERE}/remove", remove, Who.ADMIN),
    )


async def show(request: web.Request) -> web.Response:
    kept = await request.app[BENCH].mail.kept()
    return await _show(request, kept, typed(kept.values) if kept else {})


def _fields(request: web.Request) -> list[Field]:
    return draw([Mail], request.app[SITE].language(request))


def _parts(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    first = tuple(sorted((one for one in fields if one.name in FIRST), key=lambda one: FIRST.index(one.name)))
    return first, tuple(one for one in fields if one.name not in FIRST)


async def _show(
    request: web.Request,
    kept: Kept | None,
    said: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    status: int = 200,
    *,
    refused: str = "",
    tested: Any = None,
) -> web.Response:
    bench = request.app[BENCH]
    first, more = _parts(_fields(request))
    given = kept.given if kept else frozenset()
    return page(
        request,
        "mail.html",
        at="mail",
        here=HERE,
        status=status,
        kept=kept,
        labels=labels([Mail], request.app[SITE].language(request)),
        form=Form(first, more, said, given, problems or {}),
        version=kept.version if kept else 0,
        fresh=fresh(request),
        posted=request.method == "POST",
        refused=refused,
        tested=tested,
        saved="saved" in request.query,
        untaken="untaken" in request.query,
        removed="removed" in request.query,
        letters=await bench.mail.state(),
        findings=await bench.survey.findings("mail"),
        file=bench.workshop.file.path,
    )


async def change(request: web.Request) -> web.Response:
    """Tried by a test mail to who saves it. What the server does not take is stored only on demand."""
    mail, form = request.app[BENCH].mail, request[FORM]
    language = request.app[SITE].language(request)
    kept = await mail.kept()
    if kept is not None and kept.fixed:
        raise web.HTTPNotFound
    fields = _fields(request)
    answer = read(fields, form, kept.given if kept else ())
    if not fresh(request):
        return await _show(request, kept, answer.typed, status=STALE)
    sent = True

    async def save() -> None:
        nonlocal sent
        told = await mail.save(
            answer.values,
            by=who(request),
            version=version(request),
            language=language,
            keep=answer.keep,
            anyway="anyway" in form,
        )
        sent = told.sent

    try:
        failed = await saved(language, fields, save)
    except NotTaken as error:
        return await _show(request, kept, answer.typed, status=NOT_TAKEN, refused=error.said)
    if failed is not None:
        status, problems = failed
        return await _show(request, await mail.kept(), answer.typed, problems, status)
    return see(f"{HERE}?saved" if sent else f"{HERE}?untaken")


async def test(request: web.Request) -> web.Response:
    """*Send a test mail*, by what is at work."""
    mail = request.app[BENCH].mail
    tested = await mail.try_now(who(request), request.app[SITE].language(request))
    kept = await mail.kept()
    return await _show(request, kept, typed(kept.values) if kept else {}, tested=tested)


async def remove(request: web.Request) -> web.Response:
    mail = request.app[BENCH].mail
    kept = await mail.kept()
    if kept is None or kept.fixed:
        raise web.HTTPNotFound
    problems: Mapping[str, str] = {}
    status = 200
    if request.method == "POST" and "sure" in request[FORM]:
        failed = await saved(
            request.app[SITE].language(request),
            (),
            lambda: mail.remove(by=who(request), version=version(request)),
        )
        if failed is None:
            return see(f"{HERE}?removed")
        status, problems = failed
    return page(
        request,
        "mail_remove.html",
        at="mail",
        here=f"{HERE}/remove",
        status=status,
        kept=kept if status != CONFLICT else await mail.kept() or kept,
        letters=await mail.state(),
        problems=problems,
    )
