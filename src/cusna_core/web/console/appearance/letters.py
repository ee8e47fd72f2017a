"""How would each letter look that this location's members get?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from cusna_core.engine.views import Door
from cusna_core.mail.compose import Composer
from cusna_core.mail.kinds import KINDS
from cusna_core.mail.samples import sample, to_members
from cusna_core.web.console.appearance.form import bare, here, looks
from cusna_core.web.console.connect import needed
from cusna_core.web.console.paper import page, who
from cusna_core.web.security import CSP
from cusna_core.web.site import SITE
from cusna_core.words import Language, languages

STILL = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""A mail carries its style within, as mailboxes want it. It may do nothing else here."""


@dataclass(frozen=True, slots=True)
class Shown:
    kind: str
    member: bool
    subject: str
    text: str
    html: str


async def listed(request: web.Request) -> web.Response:
    """All kinds, each as plain text; what members get first."""
    language = _language(request)
    letters = await _letters(request, KINDS, language)
    return page(
        request,
        "look_mails.html",
        at="location",
        kept=await needed(request, "location"),
        bare=bare(request),
        letters=sorted(letters, key=lambda one: not one.member),
        said=language,
        base_address=here(request).removesuffix("/look") + "/mails",
    )


async def show(request: web.Request) -> web.Response:
    """One letter as a mailbox shows it."""
    kind = request.match_info["kind"]
    if kind not in KINDS:
        raise web.HTTPNotFound
    (letter,) = await _letters(request, [kind], _language(request))
    return web.Response(text=letter.html, content_type="text/html", headers={CSP: STILL})


def _language(request: web.Request) -> Language:
    """`in` is the letter's; the console's own switch is another one."""
    return languages().get(request.query.get("in", "")) or request.app[SITE].language(request)


async def _letters(request: web.Request, kinds: Iterable[str], language: Language) -> list[Shown]:
    site, plain = request.app[SITE], bare(request)
    state = await looks(request).state(plain.id, who(request))
    door = looks(request).tried(plain, state.values)
    # One for all of them: it compiles its templates.
    composer = Composer("WiFi <wifi@example.com>", site.base)
    return [_letter(composer, kind, language, door, site.base, site.clock.now()) for kind in kinds]


def _letter(composer: Composer, kind: str, language: Language, door: Door, base: str, now: datetime) -> Shown:
    mail = composer.compose(
        kind,
        language,
        sample(kind, door, base, language, now),
        to="mara@example.com",
        letter="preview",
        now=now,
    )
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return Shown(kind, to_members(kind), str(mail["Subject"]), text.get_content(), html.get_content())
