"""What may a new plugin be called, and what is everything else called then?"""

import keyword
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from cusna_core import api

GOOD = re.compile(r"[a-z][a-z0-9_]{0,17}")
PARTS = ("Api", "Controller", "Network", "Options", "NetworkOptions", "Source", "Fake")
"""What is hung on to the name to call the classes."""


class BadName(ValueError):
    """A name that will not do: a sentence with what will."""


@dataclass(frozen=True, slots=True)
class Names:
    """`name` is the plugin's, and the `type` of what it brings."""

    name: str

    @property
    def dashed(self) -> str:
        """As packages are called."""
        return self.name.replace("_", "-")

    @property
    def camel(self) -> str:
        """As classes are called."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def title(self) -> str:
        """As people may call it, until somebody writes it as the vendor does."""
        return " ".join(part.capitalize() for part in self.name.split("_"))

    @property
    def folder(self) -> str:
        return f"cusna-{self.dashed}"


def named(given: str, installed: Collection[str]) -> Names:
    """The names that follow from the one given, or BadName. `installed`: plugins and packages there are."""
    # As people write a name without its accents.
    letters = "".join(
        one for one in unicodedata.normalize("NFD", given.casefold()) if not unicodedata.combining(one)
    )
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    without = re.sub(r"^cusna_?", "", plain)
    if without != plain:
        instead = f"{without} instead of {given}" if _usable(without) else "only the vendor's name"
        raise BadName(f"Every plugin's package begins with cusna, so its name does not: say {instead}.")
    if not GOOD.fullmatch(given) or given.endswith("_") or "__" in given:
        hint = f" {plain} would do." if _usable(plain) else " Take one such as acme."
        raise BadName(
            f'"{given}" cannot be a plugin\'s name: it begins with a small letter, and has small letters, '
            f"digits and single _ only, at most 18.{hint}"
        )
    names = Names(given)
    if given == "core" or keyword.iskeyword(names.camel) or _clash(names):
        raise BadName(f'"{given}" is a word of Cusna or Python itself. Add something, such as {given}_wifi.')
    if names.camel.startswith("Test"):
        raise BadName(
            f'Classes of the plugin "{given}" would begin with Test, and pytest takes those for tests. '
            f"Put something before it, such as the_{given[:14].rstrip('_')}."
        )
    taken = {re.sub(r"[-_.]+", "-", one).lower() for one in installed}
    if names.dashed in taken or names.folder in taken:
        raise BadName(
            f"There is a plugin {given} installed here already, and two with one name are both refused. "
            "Take another name, or `pip uninstall` that one first."
        )
    return names


def _usable(name: str) -> bool:
    return GOOD.fullmatch(name) is not None and name != "core"


def _clash(names: Names) -> bool:
    return any(f"{names.camel}{part}" in api.__all__ for part in PARTS)
