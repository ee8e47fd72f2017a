"""How does an admin hear of a finding: once, and once when it is mended?

What comes and goes by itself within minutes (a controller that restarts after an update) is shown in the
console and in the log, but makes no mail: a letter waits for `GRACE`, and is taken back if the trouble
is over by then. What was mailed within the last hours waits longer, so that a system that flaps does
not fill a mailbox. The same trouble that several meet (a check, a worker) is one letter.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from cusna_core.api import Clock, Finding, Level
from cusna_core.store import audit, events, outbox
from cusna_core.store import findings as rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

GRACE: Final = timedelta(minutes=2)
"""How long an error is there before it is mailed."""
CALM: Final = timedelta(hours=6)
"""What was mailed within so long waits `LONGER` the next time."""
LONGER: Final = timedelta(minutes=30)
AT_ONCE: Final = frozenset({"brake.held"})
"""Codes that are never over by themselves, and that people are asked to act on."""


class Findings:
    """Keeps the findings of each scope, and writes to the admins when an error comes or goes."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        admins: Sequence[str],
        nudge: Callable[[], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._admins = tuple(admins)
        self._nudge = nudge
        self._changed = changed

    async def report(self, scope: str, findings: Sequence[Finding]) -> None:
        """These are the findings of a scope now; what is not among them is mended."""
        await self._report(scope, lambda _: findings)

    async def _report(self, scope: str, findings: Callable[[Tx], Sequence[Finding]]) -> None:
        now = self._clock.now()

        def keep(tx: Tx) -> tuple[list[Finding], list[Finding]]:
            appeared, vanished = rows.sync(tx, scope, findings(tx), now)
            elsewhere = {_trouble(one.finding): one for one in rows.current(tx) if one.scope != scope}
            for one in vanished:
                if _trouble(one.finding) in elsewhere:
                    continue
                _log(tx, "finding-mended", one.finding, now)
                _event(tx, "finding.closed", one.finding, now)
                if one.finding.level is Level.ERROR:
                    self._mended(tx, one, now)
            for one in appeared:
                if _trouble(one.finding) in elsewhere:
                    continue
                _log(tx, "finding", one.finding, now)
                _event(tx, "finding.opened", one.finding, now)
                if one.finding.level is Level.ERROR:
                    self._tell(tx, one, now)
            return [one.finding for one in appeared], [one.finding for one in vanished]

        new, gone = await self._db.run(keep)
        for one in new:
            log.log(_LEVELS[one.level], "%s: %s %s", one.path or scope, one.summary, one.fix)
        for one in gone:
            log.info("%s: mended (%s)", one.path or scope, one.code)
        if any(one.level is Level.ERROR for one in (*new, *gone)):
            self._nudge()
        if new or gone:
            self._changed()

    async def mended(self, scope: str, codes: Collection[str]) -> None:
        """These findings of a scope are over; its others stay."""

        def rest(tx: Tx) -> Sequence[Finding]:
            return [one.finding for one in rows.current(tx, scope) if one.finding.code not in codes]

        stored = await self._db.read(lambda tx: rows.current(tx, scope))
        if any(one.finding.code in codes for one in stored):
            # Looked at again as it is written: somebody may have told of something else meanwhile.
            await self._report(scope, rest)

    async def forget(self, speaks: Callable[[str], bool]) -> None:
        """Drop the findings of scopes of which nobody tells any more."""
        stored = await self._db.read(rows.current)
        for scope in sorted({one.scope for one in stored if not speaks(one.scope)}):
            await self.report(scope, ())

    def _tell(self, tx: Tx, one: rows.Stored, now: datetime) -> None:
        key = _key("admin-finding", one.finding)
        last = outbox.last_sent(tx, key)
        wait = LONGER if last is not None and last > now - CALM else GRACE
        due = now if one.finding.code in AT_ONCE else now + wait
        self._put(tx, "admin-finding", one.finding, now, due)

    def _mended(self, tx: Tx, one: rows.Stored, now: datetime) -> None:
        """To those who heard of it; a letter that still waits is taken back."""
        key, mended = _key("admin-finding", one.finding), _key("admin-mended", one.finding)
        if outbox.take_back(tx, key, "mended", now):
            return
        told, over = outbox.last_sent(tx, key), outbox.last_put(tx, mended)
        if told is not None and (over is None or over < told):
            self._put(tx, "admin-mended", one.finding, now, now)

    def _put(self, tx: Tx, kind: str, one: Finding, now: datetime, due: datetime) -> None:
        for admin in self._admins:
            letter = {
                "to": admin, "code": one.code, "summary": one.summary, "fix": one.fix, "path": one.path
            }  # fmt: skip
            key = f"{_key(kind, one)}{int(now.timestamp() * 1000)}:{admin}"
            outbox.put(tx, self._vault, kind, key, letter, now, due)


def _trouble(one: Finding) -> tuple[str, str, str, Level]:
    return (one.code, one.path, one.about, one.level)


def _event(tx: Tx, kind: str, one: Finding, now: datetime) -> None:
    """Without its words, which are an admin's and may name somebody."""
    table, _, rest = one.path.partition(".")
    name = rest.partition(".")[0]
    events.put(
        tx,
        kind,
        now,
        integration=name if table == "integrations" else None,
        location=name if table == "locations" else None,
        network=name if table == "networks" else None,
        data={"code": one.code, "level": one.level.value, "path": one.path},
    )


def _log(tx: Tx, kind: str, one: Finding, now: datetime) -> None:
    table, _, rest = one.path.partition(".")
    name = rest.partition(".")[0]
    audit.write(
        tx,
        kind,
        now,
        who="cusna",
        location=name if table == "locations" else None,
        network=name if table == "networks" else None,
        data={"code": one.code, "level": one.level.value, "summary": one.summary, "path": one.path},
    )


def _key(kind: str, one: Finding) -> str:
    return f"{kind}:{one.code}:{one.path}:{one.about}:"


_LEVELS = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.ERROR: logging.ERROR}
