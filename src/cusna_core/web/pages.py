"""How does a page become bytes?"""

import gzip
import hashlib
from collections.abc import Hashable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from multidict import CIMultiDict

from cusna_core import words
from cusna_core.web.paragraphs import paragraphs
from cusna_core.web.tint import sheet
from cusna_core.words import Language, languages

SMALL = 1000
"""Below so many bytes a packet is one packet anyway."""
QUICK = 3
"""How hard a page is packed that is made for one request: harder takes twice as long for a twentieth less."""
HTML = "text/html; charset=utf-8"
KEPT = 1000
"""Parts of pages kept in memory: locations, SSIDs and devices, in each language."""
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Body:
    """Bytes that are sent as they are, plain or packed, and the headers that go with them."""

    __slots__ = ("_headers", "_packed", "_plain")

    def __init__(self, plain: bytes, type_: str = HTML, level: int = 9) -> None:
        self._plain, self._packed = plain, gzip.compress(plain, level, mtime=0)
        self._headers = CIMultiDict({"Content-Type": type_, "Vary": "Accept-Encoding"})

    def answer(self, request: web.Request, status: int = 200) -> web.Response:
        headers = self._headers.copy()
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return web.Response(body=self._packed, status=status, headers=headers)
        return web.Response(body=self._plain, status=status, headers=headers)


def code(sentence: str) -> Markup:
    """A sentence in which `this` is set as code: findings name commands so."""
    parts = str(sentence).split("`")
    if len(parts) % 2 == 0:  # a lone backtick is only that
        return escape(sentence)
    return Markup("").join(  # the format escapes what it is given
        Markup("<code>{}</code>").format(one) if number % 2 else escape(one)
        for number, one in enumerate(parts)
    )


def iso(instant: datetime | None) -> str:
    """An instant for `data-value`; nothing for an open end."""
    return instant.isoformat() if instant is not None else ""


class Pages:
    """The templates and the static files, read once. A static file's address holds its digest."""

    def __init__(self) -> None:
        self.static: dict[str, Body] = {}
        self._address: dict[str, str] = {}
        self._icons: dict[str, Markup] = {}
        self._kept: dict[tuple[Hashable, ...], Markup] = {}
        for file in files("cusna_core.web").joinpath("static").iterdir():
            stem, dot, suffix = file.name.rpartition(".")
            if not dot or dot + suffix not in TYPES:
                continue
            body = file.read_bytes()
            name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"
            self.static[name] = Body(body, TYPES[dot + suffix])
            self._address[file.name] = f"/static/{name}"
        self.templates = Environment(
            loader=PackageLoader("cusna_core.web"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["code"] = code
        self.templates.filters["paragraphs"] = paragraphs
        self.templates.globals["static"] = self._address.__getitem__
        # In a context dictionary the words would be the page's; as globals they are the program's.
        self.templates.globals.update(
            languages=languages,
            named_languages=tuple((code, one.name) for code, one in languages().items()),
            icon=self.icon,
            kept=self.kept,
            sheet=sheet,
            because=words.because,
            refused=words.refused,
            state=words.state,
            state_label=words.state_label,
            until=words.until,
            moment=words.moment,
            duration=words.duration,
            number=words.number,
            lost=words.lost,
            waits=words.waits,
            problem=words.problem,
            level=words.level,
            verb=words.verb,
            causes=words.causes,
            ground=words.ground,
            iso=iso,
        )
        # Read and compiled now, so that nobody's request waits for a file.
        for template in self.templates.list_templates(extensions=["html"]):
            self.templates.get_template(template)

    def icon(self, name: str) -> Markup:
        """A drawing, made once: a page has a dozen of them."""
        drawn = self._icons.get(name)
        if drawn is None:
            drawn = self._icons[name] = self._part("icons.html", "icon", name)
        return drawn

    def kept(self, template: str, macro: str, language: Language, *values: Hashable) -> Markup:
        """A part that is the same on many pages, made once for each language and its values: no secrets."""
        key = (template, macro, language.code, *values)
        made = self._kept.get(key)
        if made is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            made = self._kept[key] = self._part(template, macro, *values, language)
        return made

    def _part(self, template: str, macro: str, *values: object) -> Markup:
        made = getattr(self.templates.get_template(template).module, macro)(*values)
        assert isinstance(made, Markup)
        return made

    def render(self, template: str, language: Language, values: Mapping[str, Any]) -> bytes:
        return (
            self.templates.get_template(template)
            .render(
                values,
                language=language,
                _=language.text,
                several=language.several,
                markup=language.markup,
            )
            .encode()
        )

    def answer(
        self,
        request: web.Request,
        template: str,
        language: Language,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        secret: bool = False,
    ) -> web.Response:
        """A page. One that holds a secret is not packed: its length would speak of the secret (BREACH)."""
        plain = self.render(template, language, values)
        if secret or len(plain) < SMALL or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=plain, status=status, headers={"Content-Type": HTML})
        return Body(plain, level=QUICK).answer(request, status)
