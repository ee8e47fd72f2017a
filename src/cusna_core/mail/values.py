"""Which values does a letter of each kind need?

They come out of the outbox as JSON, and some are names that anybody may have given themselves: each is
cleaned here, and one that is missing or empty stops the letter instead of leaving a gap in it.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling in several scripts (and of emoji)."""


def clean(text: str, longest: int) -> str:
    """One line without control characters and without marks that turn the direction of writing."""
    plain = "".join(
        one if one in JOINERS or (unicodedata.category(one)[0] != "C" and one not in "\u2028\u2029") else " "
        for one in unicodedata.normalize("NFC", text)
    )
    line = " ".join(plain.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def greetable(name: str) -> str:
    """A name to greet with, or nothing where it is not plainly a name.

    Members choose theirs, and may register somebody else's address: a mail of ours must not carry their
    text ("You won, see evil.example") to that person.
    """
    line = clean(name, 60)
    plain = all(one.isalpha() or unicodedata.category(one)[0] == "M" or one in " -'’." for one in line)
    dotted = any(part.rstrip(".").count(".") for part in line.split())
    return line if plain and not dotted and len(line.split()) <= 5 else ""


Name = Annotated[str, AfterValidator(lambda text: clean(text, 80)), Field(min_length=1)]
Sentence = Annotated[str, AfterValidator(lambda text: clean(text, 1200)), Field(min_length=1)]
Link = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[0-9]{8}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9A-Za-z:_-]{4,128}$")]


class Values(BaseModel):
    """Inputs never show in errors: among them are tokens and codes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ToMember(Values):
    """What every letter to a member has."""

    place: Name
    portal: Link
    """The location's portal."""
    name: Annotated[str | None, AfterValidator(lambda text: (text and greetable(text)) or None)] = None
    accent: Annotated[str, Field(pattern=r"^(#[0-9a-f]{6})?$")] = ""
    """The location's colour, if it has one of its own."""


class SignIn(ToMember):
    link: Link
    code: Code
    link_minutes: int = 30
    code_minutes: int = 10


class Happened(ToMember):
    """A passphrase was changed or replaced, a desk code was made: when, as the place's clock says it."""

    when: Name


class ToAdmin(Values):
    site: Name
    """The host of `base_url`: admins may have several installations."""
    console: Link


class AdminSignIn(ToAdmin):
    link: Link
    code: Code
    link_minutes: int = 30
    code_minutes: int = 10


class Problem(ToAdmin):
    """An error finding. `where` is what it is about ("network members"), `command` shows it again."""

    where: Name
    summary: Sentence
    fix: Sentence
    path: Name | None = None
    command: Name = "cusna check"


class Mended(ToAdmin):
    where: Name
    summary: Sentence


class Held(ToAdmin):
    """A set of early ends that the brake keeps."""

    integration: Name
    people: int = Field(ge=1)
    limit: int
    counted: int
    digest: Digest
    names: tuple[Name, ...] = ()
    """Whose access would end, the first few."""
    cause: Sentence | None = None


class Test(ToAdmin):
    __test__ = False
