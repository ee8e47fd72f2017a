"""How does an admin hear of a finding: once, and once when it is mended?"""

import logging
from collections.abc import Callable, Sequence

from cusna_core.api import Clock, Finding, Level
from cusna_core.store import findings as rows
from cusna_core.store import outbox
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)


class Findings:
    """Keeps the findings of each scope, and writes to the admins when an error comes or goes."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock, admins: Sequence[str], nudge: Callable[[], None]
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._admins = tuple(admins)
        self._nudge = nudge

    async def report(self, scope: str, findings: Sequence[Finding]) -> None:
        """These are the findings of a scope now; what is not among them is mended."""
        now = self._clock.now()

        def keep(tx: Tx) -> tuple[list[Finding], list[Finding]]:
            appeared, vanished = rows.sync(tx, scope, findings, now)
            new = [one.finding for one in appeared]
            gone = [one.finding for one in vanished]
            for stored in (*appeared, *vanished):
                if stored.finding.level is not Level.ERROR:
                    continue
                kind = "admin-finding" if stored in appeared else "admin-mended"
                since = int(stored.since.timestamp())
                for admin in self._admins:
                    outbox.put(
                        tx,
                        self._vault,
                        kind,
                        f"{kind}:{scope}:{stored.finding.code}:{stored.finding.about}:{since}:{admin}",
                        {
                            "to": admin,
                            "code": stored.finding.code,
                            "summary": stored.finding.summary,
                            "fix": stored.finding.fix,
                            "path": stored.finding.path,
                        },
                        now,
                    )
            return new, gone

        new, gone = await self._db.run(keep)
        for one in new:
            log.log(_LEVELS[one.level], "%s: %s %s", one.path or scope, one.summary, one.fix)
        for one in gone:
            log.info("%s: mended (%s)", one.path or scope, one.code)
        if any(one.level is Level.ERROR for one in (*new, *gone)):
            self._nudge()


_LEVELS = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.ERROR: logging.ERROR}
