"""How is a system connected? Choose a type, fill in what it asks for, and it is tried at once.

Integrations and controllers go the same way: both are a type, options of a plugin, and credentials.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cusna_core.admin.kept import Kept, Shape
from cusna_core.admin.trial import Refused
from cusna_core.config.setup import Kind
from cusna_core.store.settings import Conflict
from cusna_core.web.console.forms import Answer, Field, Form, draw, labels, read, split, typed, wrong
from cusna_core.web.console.paper import BENCH, SETTINGS, fresh, page, who
from cusna_core.web.security import FORM, see
from cusna_core.web.site import SITE
from cusna_core.words import Language

STALE = 403
CONFLICT = 409


def own_address(kind: Kind, name: str = "") -> str:
    return f"{SETTINGS}/{kind}s" + (f"/{name}" if name else "")


async def needed(request: web.Request, kind: Kind) -> Kept:
    """The thing in the address, or 404."""
    kept = await request.app[BENCH].workshop.kept(kind, request.match_info["name"])
    if kept is None:
        raise web.HTTPNotFound
    return kept


def called(request: web.Request, kept: Kept) -> dict[str, str]:
    """What the options of something are called."""
    shape = request.app[BENCH].workshop.shape(kept.kind, kept.type)
    return labels(shape.models, request.app[SITE].language(request)) if shape else {}


def changeable(kept: Kept) -> Kept:
    """The file's things are changed in the file."""
    if kept.fixed:
        raise web.HTTPNotFound
    return kept


def version(request: web.Request) -> int:
    """The version that the form was made from; one that nothing has, where it says none."""
    said = request[FORM].get("version", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else -1


def slug_field(language: Language, default: str, label: str = "", hint: str = "") -> Field:
    return Field(
        "slug",
        label or language.text("Name"),
        hint or language.text("Stands in findings and in the log: small letters, digits and hyphens."),
        "text",
        True,
        default,
    )


async def saved(
    language: Language, fields: Sequence[Field], save: Callable[[], Awaitable[None]]
) -> tuple[int, dict[str, str]] | None:
    """None if it was stored; else a status and what is wrong, by field."""
    try:
        await save()
    except Refused as refused:
        return 422, wrong(refused.problems, fields, language)
    except Conflict:
        told = language.text(
            "Somebody else changed this while you did. What you typed is still here: look at what is there "
            "now, and save again if yours should count."
        )
        return CONFLICT, {"": told}
    return None


@dataclass(frozen=True, slots=True)
class Connect:
    """The pages of one kind that has credentials: "integration" or "controller"."""

    kind: Kind

    async def choose(self, request: web.Request) -> web.Response:
        types = request.app[BENCH].workshop.types(self.kind)
        return page(request, "choose.html", at=self.kind, kind=self.kind, types=types)

    async def new(self, request: web.Request) -> web.Response:
        shape = self._shape(request)
        default = await self._free_name(request)
        return self._new(request, shape, self._fields(request, shape, default), {})

    def _shape(self, request: web.Request) -> Shape:
        shape = request.app[BENCH].workshop.shape(self.kind, request.match_info["type"])
        if shape is None or shape.own is None:
            raise web.HTTPNotFound
        return shape

    async def _free_name(self, request: web.Request) -> str:
        return await request.app[BENCH].workshop.free_name(self.kind, request.match_info["type"])

    def _fields(self, request: web.Request, shape: Shape, slug: str = "") -> list[Field]:
        assert shape.own is not None
        language = request.app[SITE].language(request)
        fields = draw([shape.own], language)
        return [*fields, slug_field(language, slug)] if slug else fields

    def _new(
        self,
        request: web.Request,
        shape: Shape,
        fields: Sequence[Field],
        said: dict[str, str],
        problems: dict[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        first, more = _parts(fields)
        return page(
            request,
            "connect.html",
            at=self.kind,
            status=status,
            kind=self.kind,
            title=shape.title,
            kept=None,
            version=0,
            fresh=fresh(request),
            posted=request.method == "POST",
            form=Form(first, more, said, frozenset(), problems or {}),
        )

    async def set_up(self, request: web.Request) -> web.Response:
        """*Setup*: tried at once, and active when this returns."""
        site, workshop = request.app[SITE], request.app[BENCH].workshop
        shape = self._shape(request)
        fields = self._fields(request, shape, await self._free_name(request))
        answer = read(fields, request[FORM])
        if not fresh(request):
            return self._new(request, shape, fields, answer.typed, status=STALE)
        name = str(answer.typed.get("slug", ""))
        values = {"type": request.match_info["type"], **_options(answer)}
        failed = await saved(
            site.language(request),
            fields,
            lambda: workshop.save(self.kind, name, values, by=who(request), version=0),
        )
        if failed is not None:
            status, problems = failed
            return self._new(request, shape, fields, answer.typed, problems, status)
        return see(own_address(self.kind, name) + "?connected")

    async def edit(self, request: web.Request) -> web.Response:
        kept = changeable(await needed(request, self.kind))
        return self._edit(request, kept, typed(kept.values))

    def _edit(
        self,
        request: web.Request,
        kept: Kept,
        said: dict[str, str],
        problems: dict[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        shape = request.app[BENCH].workshop.shape(self.kind, kept.type)
        if shape is None:
            raise web.HTTPNotFound
        first, more = _parts(self._fields(request, shape))
        return page(
            request,
            "connect.html",
            at=self.kind,
            status=status,
            kind=self.kind,
            title=shape.title,
            kept=kept,
            version=kept.version,
            fresh=fresh(request),
            posted=request.method == "POST",
            form=Form(first, more, said, kept.given, problems or {}),
        )

    async def change(self, request: web.Request) -> web.Response:
        site, workshop = request.app[SITE], request.app[BENCH].workshop
        kept = changeable(await needed(request, self.kind))
        shape = workshop.shape(self.kind, kept.type)
        if shape is None:
            raise web.HTTPNotFound
        fields = self._fields(request, shape)
        answer = read(fields, request[FORM], kept.given)
        if not fresh(request):
            return self._edit(request, kept, answer.typed, status=STALE)
        core = {name: value for name, value in kept.values.items() if name in shape.core.model_fields}
        failed = await saved(
            site.language(request),
            fields,
            lambda: workshop.save(
                self.kind,
                kept.name,
                {**core, **_options(answer)},
                by=who(request),
                version=version(request),
                keep=answer.keep,
            ),
        )
        if failed is not None:
            status, problems = failed
            kept = await needed(request, self.kind)
            return self._edit(request, kept, answer.typed, problems, status)
        return see(own_address(self.kind, kept.name) + "?connected")


def _parts(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The name has a default that is good: it stands with the rest."""
    first, more = split([one for one in fields if one.name != "slug"])
    return first, (*more, *(one for one in fields if one.name == "slug"))


def _options(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.values.items() if name != "slug"}
