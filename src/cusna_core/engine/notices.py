"""Who is told that their access ends soon? Letters are put into the outbox, one for each promised end."""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from cusna_core.api import Clock
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Estate
from cusna_core.flow.notices import ending
from cusna_core.flow.world import Right
from cusna_core.store import notices as notice_rows
from cusna_core.store import outbox
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

EVERY = 900.0
"""Seconds between two looks; each asks only for what ends within the notice."""


class Notices:
    """Looks every quarter of an hour who is to be told."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock, decisions: Decisions, nudge_mail: Callable[[], None]
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._decisions = decisions
        self._nudge_mail = nudge_mail

    async def run(self) -> None:
        while True:
            await self.look()
            await self._clock.sleep(EVERY)

    async def look(self) -> int:
        """Put the letters that are due; returns how many."""
        now = self._clock.now()
        put = 0
        for name, integration in self._decisions.estate.integrations.items():
            if integration.notify.ending_days > 0:
                put += await self._look(name, integration.notify.ending_days, now)
        if put:
            self._nudge_mail()
        return put

    async def _look(self, integration: str, days: int, now: datetime) -> int:
        until = now + timedelta(days=days)
        soon = await self._db.read(lambda tx: notice_rows.ending(tx, integration, now, until))
        if not soon:
            return 0
        coming = self._coming(integration, {account for account, _ in soon})
        told = []
        for (account, location), rights in soon.items():
            place = self._estate.locations.get(location)
            if place is None:
                continue
            here = [one for one in coming[account] if one.location_id == location]
            last = ending(rights, here, now, place.place.zone, days)
            if last is not None:
                told.append(last)
        return await self._db.run(lambda tx: sum(self._put(tx, one, now) for one in told)) if told else 0

    @property
    def _estate(self) -> Estate:
        return self._decisions.estate

    def _coming(self, integration: str, accounts: set[str]) -> defaultdict[str, list[Right]]:
        found: defaultdict[str, list[Right]] = defaultdict(list)
        decision = self._decisions.latest(integration)
        for right in decision.coming() if decision else ():
            if right.account_id in accounts:
                found[right.account_id].append(right)
        return found

    def _put(self, tx: Tx, right: Right, now: datetime) -> bool:
        """One letter for one end: told once, whatever happens in between."""
        assert right.ends is not None
        end = int(right.ends.timestamp())
        key = f"access-ends:{right.account_id}:{right.location_id}:{end}"
        because = {
            "kind": right.because.kind.value,
            "name": right.because.name,
            "company": right.because.company_id,
        }
        payload = {
            "account": right.account_id,
            "location": right.location_id,
            "ends": right.ends.isoformat(),
            "because": because,
        }
        return outbox.put(tx, self._vault, "access-ends", key, payload, now, expires=right.ends)
