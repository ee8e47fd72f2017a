"""How does each location look, and how is another look tried before members see it?

What the configuration file says of a location (its name, whom to ask) counts before what is chosen here;
colour, logo and texts are the console's own, whoever made the location.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cusna_core.api import Clock
from cusna_core.engine.appearance.pictures import Picture
from cusna_core.engine.appearance.tones import HEX
from cusna_core.engine.views import Door, Look
from cusna_core.store import appearance as rows
from cusna_core.store import audit
from cusna_core.store.appearance import Logo, Values
from cusna_core.store.appearance import Look as Stored
from cusna_core.store.db import Database, Tx

LONGEST = {"name": 80, "help": 1000, "contact": 500, "privacy": 20_000}


@dataclass(frozen=True, slots=True)
class State:
    """What members see, and what this admin tries."""

    live: Stored | None
    draft: Stored | None

    @property
    def values(self) -> Values:
        shown = self.draft or self.live
        return shown.values if shown else Values()

    @property
    def version(self) -> int:
        """What saving is compared with: that of a draft is the one it was made from."""
        shown = self.draft or self.live
        return shown.version if shown else 0


class Appearance:
    """The looks, in memory as doors need them at once."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._looks: Mapping[str, Stored] = {}
        self._sides: Mapping[str, tuple[int, int]] = {}
        self._fixed: Mapping[str, Collection[str]] = {}

    def heed(self, tables: Mapping[str, Any]) -> None:
        """What the configuration file says of locations stays as it is there."""
        self._fixed = {
            name: [one for one, value in table.items() if value]
            for name, table in tables.items()
            if isinstance(table, Mapping)
        }

    async def load(self) -> None:
        self._looks, self._sides = await self._db.read(lambda tx: (rows.all(tx), rows.sides(tx)))

    def looks(self, location: str) -> object:
        """What a door's look is made of: as long as it is equal, so is the look."""
        look = self._looks.get(location)
        return look and (look.values, self._sides.get(look.values.logo), self._fixed.get(location))

    def dressed(self, door: Door) -> Door:
        """A location's door as its members see it."""
        look = self._looks.get(door.id)
        return self.tried(door, look.values) if look else door

    def tried(self, door: Door, values: Values) -> Door:
        look = Look(
            values.accent, values.logo, self._sides.get(values.logo, (0, 0)), values.help, values.privacy
        )
        fixed = self._fixed.get(door.id, ())
        name = door.name if "name" in fixed else values.name or door.name
        contact = door.contact if "contact" in fixed else values.contact or door.contact
        return replace(door, name=name, contact=contact, look=look)

    async def state(self, location: str, by: str) -> State:
        return await self._db.read(lambda tx: State(rows.get(tx, location), rows.get(tx, location, by)))

    async def try_out(self, location: str, values: Values, version: int, by: str) -> None:
        """Keep a draft, which only this admin sees."""
        now = self._clock.now()
        await self._db.run(lambda tx: rows.draft(tx, location, values, version, now, by))

    async def publish(self, location: str, values: Values, version: int, by: str) -> None:
        """Members see it from now on. Raises `settings.Conflict` where somebody else saved meanwhile."""
        now = self._clock.now()

        def write(tx: Tx) -> None:
            before = rows.get(tx, location)
            rows.publish(tx, location, values, version, now, by)
            was = before.values if before else Values()
            touched = [one for one in Values.__slots__ if getattr(was, one) != getattr(values, one)]
            audit.write(tx, "look-changed", now, who=by, location=location, data={"fields": touched})

        await self._db.run(write)
        await self.load()

    async def discard(self, location: str, by: str) -> None:
        await self._db.run(lambda tx: rows.drop(tx, location, by))

    async def keep(self, picture: Picture) -> str:
        """Store a logo; returns the name under which it is served."""
        name = f"{hashlib.sha256(picture.data).hexdigest()[:32]}.{picture.ending}"
        logo = Logo(name, picture.type, picture.width, picture.height, picture.data)
        await self._db.run(lambda tx: rows.add_logo(tx, logo))
        await self.load()
        return name


def tidied(said: Mapping[str, str]) -> Values:
    """What was typed, without what nobody sees."""
    return Values(
        name=_line(said.get("name", "")),
        accent=_colour(said.get("accent", "")),
        logo=said.get("logo", ""),
        help=_text(said.get("help", "")),
        contact=_line(said.get("contact", "")),
        privacy=_text(said.get("privacy", "")),
    )


def wrong(values: Values) -> dict[str, str]:
    """By field: "colour" or "long"."""
    found = {name: "long" for name, longest in LONGEST.items() if len(getattr(values, name)) > longest}
    if values.accent and not HEX.match(values.accent):
        found["accent"] = "colour"
    return found


def _colour(said: str) -> str:
    plain = said.strip().lower()
    short = plain.removeprefix("#")
    if len(short) == 3 and all(one in "0123456789abcdef" for one in short):
        short = "".join(one * 2 for one in short)
    return f"#{short}" if short else ""


def _line(said: str) -> str:
    return " ".join(_text(said).split())


def _text(said: str) -> str:
    """Without control characters and marks that turn the direction of writing; at most one empty line."""
    plain = unicodedata.normalize("NFC", said.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(one for one in plain if one in "\n\u200c\u200d" or unicodedata.category(one)[0] != "C")
    lines = [line.rstrip() for line in kept.split("\n")]
    paragraphs = [one.strip("\n") for one in "\n".join(lines).split("\n\n")]
    return "\n\n".join(one for one in paragraphs if one.strip())
