"""What is a setting as it may be shown, and which of its values are secrets?"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, get_args

from cusna_core.api import Options
from cusna_core.config.references import is_secret
from cusna_core.config.setup import Kind, Origin, path

TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "æ": "ae"})
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is set up, as it may be shown: its secrets are left out, and only named in `given`."""

    kind: Kind
    name: str
    origin: Origin
    type: str
    """Of an integration or controller; of a network, its controller's."""
    title: str
    """What people call the system, where a plugin says so."""
    values: Mapping[str, Any]
    given: frozenset[str] = frozenset()
    """Dotted names of the secrets that are there."""
    version: int = 0
    changed: datetime | None = None
    by: str = ""
    off: str = ""
    """Why it cannot be used; empty if it is at work."""

    @property
    def path(self) -> str:
        return path(self.kind, self.name)

    @property
    def enabled(self) -> bool:
        """Whether nobody has switched it off."""
        return self.values.get("enabled", True) is not False

    @property
    def fixed(self) -> bool:
        """The file says so, and the console only shows it."""
        return self.origin == "file"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form asks for: core's own part and the plugin's, as models."""

    core: type[Options]
    own: type[Options] | None
    title: str = ""
    models: tuple[type[Options], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "models", (self.core, self.own) if self.own else (self.core,))


def slug(text: str) -> str:
    """ "Kreuzberg, Haus 2" as "kreuzberg-haus-2"; empty where no letter is left."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(TRANSLITERATED))
    plain = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-")


@lru_cache(maxsize=256)
def secrets(models: tuple[type[Options], ...], prefix: str = "") -> frozenset[str]:
    """The dotted names of all fields that hold a secret. Kept: a list of networks asks for each of them."""
    found: set[str] = set()
    for model in models:
        for name, info in model.model_fields.items():
            if is_secret(info.annotation):
                found.add(prefix + name)
            for arm in (info.annotation, *get_args(info.annotation)):
                if isinstance(arm, type) and issubclass(arm, Options):
                    found |= secrets((arm,), f"{prefix}{name}.")
    return frozenset(found)


def at(values: Mapping[str, Any], dotted: str) -> Any:
    """The value with a dotted name; None where there is none."""
    first, _, rest = dotted.partition(".")
    value = values.get(first)
    if not rest:
        return value
    return at(value, rest) if isinstance(value, Mapping) else None


def without(values: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """The values but for those with these dotted names."""
    done: dict[str, Any] = {}
    for name, value in values.items():
        below = [one.partition(".")[2] for one in hidden if one.startswith(f"{name}.")]
        if name not in hidden:
            done[name] = without(value, below) if below and isinstance(value, Mapping) else value
    return done


def merged(values: Mapping[str, Any], before: Mapping[str, Any], keep: Collection[str]) -> dict[str, Any]:
    """The new values, with the secrets that stay."""
    whole = dict(values)
    for dotted in keep:
        first, _, rest = dotted.partition(".")
        old = before.get(first)
        if rest and isinstance(old, Mapping):
            whole[first] = merged(whole.get(first, {}), old, [rest])
        elif not rest and old is not None and whole.get(first) is None:
            whole[first] = old
    return whole
