"""What does a file of overrides mean, line by line, and what is wrong with it?

email, location, until, note: read whole before anything is done, and done whole or not at all.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cusna_core.admin.acts_people import clean, grant
from cusna_core.admin.people import days_at, home_of
from cusna_core.api import email_key
from cusna_core.engine.engine import Engine
from cusna_core.flow.rights import day_bounds
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Tx

MOST: Final = 2000
"""Rows of one file."""
BYTES: Final = 1024 * 1024
COLUMNS: Final = ("email", "location", "until", "note")
ALL: Final = ("all", "*")
DATES: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")


class Wrong(StrEnum):
    """What may be wrong with a file or a row; `words` of the page make sentences of it."""

    EMPTY = "empty"
    LARGE = "large"
    HEADER = "header"
    MANY = "many"
    BROKEN = "broken"
    NO_ADDRESS = "no-address"
    UNKNOWN = "unknown"
    NO_LOCATION = "no-location"
    LOCATION = "location"
    ELSEWHERE = "elsewhere"
    DATE = "date"
    OVER = "over"
    NOTE = "note"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Row:
    """One override to be given. `line` is where it stands in the file."""

    line: int
    account: str
    name: str
    location: str | None
    place: str
    """What the location is called; '' for all."""
    ends: datetime | None
    note: str
    zone: ZoneInfo
    there: bool = False
    """They have exactly this already: it is not given twice."""


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    """0: the file as a whole."""
    what: Wrong
    value: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    digest: str
    """Of exactly what would be done."""


class Sheet:
    """Reads files of overrides, and gives them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def read(self, text: str) -> Read:
        now = self._engine.clock.now()
        return await self._engine.db.read(lambda tx: self._read(tx, text, now))

    async def give(self, text: str, digest: str, who: str) -> Read | None:
        """All of it in one transaction; None, and nothing done, unless it is exactly what was shown."""
        now = self._engine.clock.now()

        def give(tx: Tx) -> Read | None:
            read = self._read(tx, text, now)
            if read.faults or read.digest != digest:
                return None
            new = [row for row in read.rows if not row.there]
            for row in new:
                grant(tx, row.account, row.location, now, row.ends, row.note, who, now)
            if new:
                audit.write(tx, "overrides-imported", now, who=who, data={"many": len(new)})
            return read

        return await self._engine.db.run(give)

    async def bring(self, read: Read) -> None:
        """Have the networks brought to it."""
        accounts = {row.account for row in read.rows}
        homes = await self._engine.db.read(
            lambda tx: {one.integration for name in accounts if (one := account_rows.get(tx, name))}
        )
        await self._engine.decide(sorted(homes))

    def _read(self, tx: Tx, text: str, now: datetime) -> Read:
        rows: list[Row] = []
        faults: list[Fault] = []
        seen: dict[tuple[str, str | None], int] = {}
        if len(text) > BYTES:
            return Read((), (Fault(0, Wrong.LARGE),), "")
        for line, cells in _cells(text, faults):
            found = self._row(tx, line, cells, now)
            if isinstance(found, Fault):
                faults.append(found)
                continue
            before = seen.setdefault((found.account, found.location), line)
            if before != line:
                faults.append(Fault(line, Wrong.TWICE, str(before)))
                continue
            rows.append(found)
        if not rows and not faults:
            faults.append(Fault(0, Wrong.EMPTY))
        told = "\n".join(f"{row.account}\t{row.location}\t{row.ends}\t{row.note}" for row in rows)
        return Read(tuple(rows), tuple(faults), hashlib.sha256(told.encode()).hexdigest()[:32])

    def _row(self, tx: Tx, line: int, cells: Mapping[str, str], now: datetime) -> Row | Fault:
        key = email_key(cells["email"])
        if key is None:
            return Fault(line, Wrong.NO_ADDRESS, cells["email"])
        if not cells["location"]:
            return Fault(line, Wrong.NO_LOCATION)
        people = [one for name in account_rows.ids(tx, "", key) if (one := account_rows.get(tx, name))]
        if not people:
            return Fault(line, Wrong.UNKNOWN, cells["email"])
        estate = self._engine.estate
        wanted = cells["location"].casefold()
        location: str | None = None
        if wanted in ALL:
            if len(people) > 1:
                return Fault(line, Wrong.ELSEWHERE, cells["location"])
            zone, person = days_at(home_of(self._engine, people[0])), people[0]
        else:
            here = [one for one in estate.locations.values() if wanted in (one.id, one.name.casefold())]
            if len(here) != 1:
                return Fault(line, Wrong.LOCATION, cells["location"])
            mine = [one for one in people if one.integration == here[0].place.integration]
            if not mine:
                return Fault(line, Wrong.ELSEWHERE, cells["location"])
            location, zone, person = here[0].id, here[0].place.zone, mine[0]
        ends: datetime | None = None
        if cells["until"]:
            day = _date(cells["until"])
            if day is None:
                return Fault(line, Wrong.DATE, cells["until"])
            ends = day_bounds(day, zone)[1]
            if ends <= now:
                return Fault(line, Wrong.OVER, cells["until"])
        note = clean(cells["note"])
        if not note:
            return Fault(line, Wrong.NOTE)
        place = estate.locations[location].name if location else ""
        there = any(
            (one.location_id, one.ends, one.note) == (location, ends, note) and one.starts <= now
            for one in right_rows.overrides_of(tx, person.id)
        )
        called = person.name or person.email or ""
        return Row(line, person.id, called, location, place, ends, note, zone, there)


def decoded(file: bytes) -> str:
    """A file's text as spreadsheets save it: UTF-8, UTF-16 with its mark, or what Windows did before."""
    if file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return file.decode("utf-16", "replace")
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.decode("cp1252", "replace")


def _cells(text: str, faults: list[Fault]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows with the line on which each begins; commas, semicolons and tabs are understood."""
    text = text.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    names: Sequence[str] | None = None
    line, many = 1, 0
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            plain = [cell.strip() for cell in cells]
            if not any(plain):
                continue
            if names is None:
                names = [cell.casefold() for cell in plain]
                if missing := [one for one in COLUMNS if one not in names]:
                    faults.append(Fault(begins, Wrong.HEADER, ", ".join(missing)))
                    return
                continue
            many += 1
            if many > MOST:
                faults.append(Fault(0, Wrong.MANY))
                return
            if len(plain) > len(names):
                faults.append(Fault(begins, Wrong.BROKEN))
                continue
            found = dict(zip(names, [*plain, *[""] * len(names)], strict=False))
            yield begins, {one: found[one] for one in COLUMNS}
    except csv.Error:
        faults.append(Fault(line, Wrong.BROKEN))


def _date(said: str) -> date | None:
    for one in DATES:
        try:
            day = datetime.strptime(said, one).date()  # noqa: DTZ007 - a day of the location's calendar
        except ValueError:
            continue
        return day if 2000 <= day.year <= 2200 else None
    return None
