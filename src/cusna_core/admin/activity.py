"""What happened here, as people ask for it? Lines of the log with names, a page at a time or all of them."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from cusna_core.admin.companies import all_called
from cusna_core.api import email_key
from cusna_core.engine.engine import Engine
from cusna_core.store import activity as rows
from cusna_core.store import audit
from cusna_core.store.activity import ANY_ADMIN as ANY_ADMIN
from cusna_core.store.activity import Asked as Asked
from cusna_core.store.audit import Entry
from cusna_core.store.db import Tx

PAGE: Final = 50
CHUNK: Final = 500
"""Lines that an export reads at a time, so that everybody else's requests go in between."""
MOST: Final = 100_000
"""Lines of one export, the newest."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "access": ("granted", "extended", "ended", "withdrawn", "claimed", "held", "held-accepted"),
        "passphrases": (
            "passphrase-shown",
            "passphrase-revealed",
            "passphrase-changed",
            "passphrase-rotated",
            "passphrase-replaced",
        ),
        "sign-ins": ("signed-in", "signed-out", "new-device", "sign-in-refused", "desk-code", "admin-link"),
        "keys": ("key-create", "key-update", "key-revoke"),
        "people": (
            "disabled",
            "restored",
            "override-given",
            "override-ended",
            "overrides-imported",
            "erased",
            "let-back-in",
            "people-exported",
            "address-changed",
        ),
        "companies": (
            "vlan-given",
            "vlan-moved",
            "vlan-freed",
            "company-pinned",
            "company-unpinned",
            "companies-joined",
            "company-parted",
        ),
        "sync": ("synced",),
        "findings": ("finding", "finding-mended"),
        "settings": (
            "setting-made",
            "setting-changed",
            "setting-removed",
            "look-changed",
            "network-retired",
            "network-emptied",
            "network-hurried",
            "network-given-up",
            "left",
            "activity-exported",
            "diagnostics-taken",
        ),
        "mail": ("mail-sent", "mail-dropped", "quiet", "not-quiet"),
    }
)
"""What somebody may want to see by itself. A test knows that no kind is in none of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, with what its ids are called now."""

    entry: Entry
    person: str | None
    """None: nobody in particular, or somebody who was erased since."""
    location: str | None
    network: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    lines: tuple[Line, ...]
    before: int | None
    """What turns the page; None on the last one."""


class Activity:
    """The log as the console knows it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(self, asked: Asked, before: int | None = None, size: int = PAGE) -> Shown:
        """The newest first."""
        lines = await self._engine.db.read(lambda tx: self._lines(tx, asked, size + 1, before))
        more = len(lines) > size
        return Shown(tuple(lines[:size]), lines[size - 1].entry.seq if more else None)

    async def all(self, asked: Asked) -> AsyncIterator[Sequence[Line]]:
        """The newest first, at most `MOST`, in chunks: nothing is held in memory."""
        before: int | None = None
        left = MOST
        while left > 0:
            shown = await self.page(asked, before, min(CHUNK, left))
            if shown.lines:
                yield shown.lines
            left -= len(shown.lines)
            before = shown.before
            if before is None:
                return

    async def accounts(self, text: str) -> frozenset[str]:
        """Whom a typed address (or an id) means."""
        key = email_key(text)
        return await self._engine.db.read(lambda tx: rows.accounts(tx, text, key))

    async def admins(self) -> list[str]:
        return await self._engine.db.read(rows.admins)

    async def exported(self, who: str, kind: str, asked: Asked) -> None:
        """Personal data leave the house: that is something that happened, too."""
        now = self._engine.clock.now()
        data = {"as": kind, "asked": _told(asked)}
        await self._engine.db.run(lambda tx: audit.write(tx, "activity-exported", now, who=who, data=data))

    def _lines(self, tx: Tx, asked: Asked, size: int, before: int | None) -> list[Line]:
        found = rows.page(tx, asked, size, before)
        names = rows.names(tx, {one.account for one in found if one.account is not None})
        networks = all_called(self._engine.estate)
        return [self._line(one, names, networks) for one in found]

    def _line(self, entry: Entry, names: Mapping[str, str], networks: Mapping[str, str]) -> Line:
        location = self._engine.estate.locations.get(entry.location or "")
        network = entry.network or ""
        return Line(
            entry,
            names.get(entry.account or ""),
            location.name if location else entry.location or None,
            networks.get(network, network) or None,
        )


def kinds_of(groups: Iterable[str]) -> frozenset[str]:
    return frozenset(kind for one in groups for kind in GROUPS.get(one, ()))


def _told(asked: Asked) -> dict[str, Any]:
    """What was asked for, as plain data; of a person only the account."""
    plain = {
        "kinds": sorted(asked.kinds),
        "admin": asked.admin,
        "accounts": sorted(asked.accounts or ()),
        "location": asked.location,
        "network": asked.network,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
    }
    return {name: value for name, value in plain.items() if value}


def as_json(line: Line) -> str:
    """One line of JSON; instants in UTC."""
    one = line.entry
    plain: dict[str, Any] = {
        "seq": one.seq,
        "at": one.at.isoformat(),
        "kind": one.kind,
        "who": one.who,
        "account": one.account,
        "person": line.person,
        "location": one.location,
        "network": one.network,
        "data": one.data,
    }
    return json.dumps({name: value for name, value in plain.items() if value is not None}, ensure_ascii=False)
