"""In which language does somebody read, and how is a message said in it?

A language is `catalogues/CODE.po`; large parts of the program may keep theirs beside it as
`CODE.PART.po`. They are read as they are, so that a checkout and a wheel need no build step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup

from cusna_core.words.sentences import Sentence, patterns

SOURCE = "en"
"""The language of the message ids."""
REGION = {"en": "en_GB"}
"""Whose dates a language without a region writes."""
MADE_ELSEWHERE = ("findings", "vendors")
"""The parts with sentences that are made elsewhere: by the core, and by the plugins that come with it."""
LONGEST = 1000
"""Of what a browser says of its languages, so much is read."""


@dataclass(frozen=True, slots=True)
class Language:
    """`text` is what a template calls `_`.

    Placeholders are `%(name)s`; a literal % in a message with values is %%.
    """

    code: str
    locale: Locale = field(repr=False)
    catalogue: NullTranslations = field(repr=False)
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)
    """How to say again what was said in English, with its values in it."""

    @property
    def name(self) -> str:
        """The language's own name for itself: "Deutsch"."""
        return str(Locale(self.code).get_display_name(self.code)).capitalize()

    def text(self, message: str, /, **values: object) -> str:
        """The message with its values; a value that is not given is an error, never a gap."""
        said = self.catalogue.gettext(message)
        return said % values if values else said

    def retold(self, said: str) -> str:
        """A whole English sentence, its values in it already; as it was said where nobody knows it."""
        plain = self.catalogue.gettext(said) if said else ""
        if plain != said:
            return plain
        for one in self.sentences:
            values = one.values(said)
            if values is not None:
                return self.text(one.message, **{name: self.retold(each) for name, each in values.items()})
        return said

    def several(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`one` or `many` as this language counts; `n` is given to the message as %(n)s."""
        return self.catalogue.ngettext(one, many, n) % {"n": n, **values}

    def pgettext(self, context: str, message: str) -> str:
        """A message that means something else elsewhere, or a date pattern."""
        return self.catalogue.pgettext(context, message)

    def markup(self, message: str, /, **values: object) -> Markup:
        """A message that holds tags; its values are escaped."""
        return Markup(self.catalogue.gettext(message)) % values  # noqa: S704  # catalogues are ours


def _catalogues(code: str) -> tuple[NullTranslations, tuple[Sentence, ...]]:
    """The parts of one language, as one. English is in the code itself."""
    joined: Translations | None = None
    made: list[str] = []
    for part in sorted(files("cusna_core.words").joinpath("catalogues").iterdir(), key=lambda one: one.name):
        if part.name.endswith(".po") and part.name.split(".", 1)[0] == code:
            compiled = BytesIO()
            with part.open("rb") as source:
                read_in = read_po(source, locale=code)
            if part.name.split(".")[1] in MADE_ELSEWHERE:
                made += [str(one.id) for one in read_in if one.id]
            write_mo(compiled, read_in)
            compiled.seek(0)
            read = Translations(compiled, domain="messages")
            joined = read if joined is None else joined.merge(read)
    return joined or NullTranslations(), patterns(made)


@cache
def languages() -> Mapping[str, Language]:
    """Every language there is, English first. Reads the catalogues once: call it before serving."""
    folder = files("cusna_core.words").joinpath("catalogues")
    codes = sorted(
        {one.name.split(".", 1)[0] for one in folder.iterdir() if one.name.endswith(".po")} - {SOURCE}
    )
    found = {
        code: Language(code, Locale.parse(REGION.get(code, code)), *_catalogues(code))
        for code in (SOURCE, *codes)
    }
    for one in found.values():
        _ = one.locale.date_formats  # babel reads a locale's data when it is first asked
    return found


def language(code: str | None) -> Language:
    """The language of a code as it was remembered; English for what is not known (any more)."""
    known = languages()
    return known.get(code or SOURCE, known[SOURCE])


def choose(accept_language: str | None, cookie: str | None = None) -> Language:
    """The language somebody chose (the cookie), else the one that their browser likes most, else English."""
    known = languages()
    if cookie is not None and cookie in known:
        return known[cookie]
    for code in _preferred((accept_language or "")[:LONGEST]):
        if code in known:
            return known[code]
    return known[SOURCE]


@lru_cache(maxsize=256)
def _preferred(header: str) -> tuple[str, ...]:
    """Language codes without region, the most wanted first."""
    wanted: list[tuple[float, int, str]] = []
    for place, item in enumerate(header.split(",")[:32]):
        tag, _, parameters = item.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        if tag and 0 < weight <= 1:
            wanted.append((-weight, place, tag.strip().split("-", 1)[0].lower()))
    return tuple(code for _, _, code in sorted(wanted))
