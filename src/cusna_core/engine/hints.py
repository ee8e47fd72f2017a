"""What is done about a webhook that a source's system sends?

It is a hint, never a fact: whoever is named is asked for again at the source, soon and once, however many
webhooks come. A few are asked for one by one; many, or one that names nobody, mean one read of everything.
"""

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cusna_core.api import Hint, PluginError, Section, Snapshot, Unsupported, email_key
from cusna_core.engine import troubles
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Integration
from cusna_core.engine.fence.calls import Fault
from cusna_core.store import accounts, events
from cusna_core.store import facts as fact_rows
from cusna_core.store.events import Heard
from cusna_core.store.merge import merge

log = logging.getLogger(__name__)

GATHER: Final = 0.2
"""Seconds that a first hint waits for those that come with it."""
PAUSE: Final = 1.0
TIMES: Final = 4.0
"""After asking, a rest of so many times as long as it took, and `PAUSE` at least."""
MOST: Final = 10
"""More people and bookings than this at a time: everything is read instead, once."""
APART: Final = timedelta(seconds=60)
"""Between two reads of everything that hints ask for."""
REMEMBERED: Final = 4096
"""Ids of messages; older ones are refused by their time."""
PATIENCE: Final = 15.0


@dataclass(slots=True)
class _Ear:
    """What was heard for one integration and is not dealt with yet."""

    emails: dict[str, None] = field(default_factory=dict)
    again: dict[tuple[Section, str], bool] = field(default_factory=dict)
    """What to ask for by its id, and whether whose it is was named too."""
    everything: bool = False
    many: int = 0
    arrived: datetime | None = None
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    read_at: datetime | None = None
    refused: datetime | None = None
    task: asyncio.Task[None] | None = None

    def hear(self, hint: Hint, now: datetime) -> None:
        if hint.id in self.seen:
            return
        self.seen[hint.id] = None
        while len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        self.many, self.arrived = self.many + 1, now
        if self.everything:
            return
        self.emails |= dict.fromkeys(hint.emails)
        self.again |= dict.fromkeys(hint.again, bool(hint.emails))
        if hint.everything or len(self.emails) + len(self.again) > MOST:
            self.emails, self.again, self.everything = {}, {}, True


class Hints:
    """Webhooks of all integrations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ears: dict[str, _Ear] = {}

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> bool | None:
        """Whether the webhook was believed; None where none are taken under this name.

        Answers at once: what there is to do is done afterwards.
        """
        integration = self._engine.estate.integrations.get(name)
        if integration is None:
            _as_long(body)
            return None
        now = self._engine.clock.now()
        try:
            hint = integration.source.hint(headers, body)
        except Unsupported:
            _as_long(body)
            return None
        except (PluginError, Fault) as error:
            log.warning("%s: a webhook met a bug (%s)", name, troubles.place(error))
            hint = None
        ear = self._ears.setdefault(name, _Ear())
        if hint is None:
            self._refuse(name, ear, now)
            return False
        ear.hear(hint, now)
        if ear.many and (ear.task is None or ear.task.done()):
            ear.task = asyncio.create_task(self._attend(name, ear), name=f"hints:{name}")
        return True

    def ready(self, name: str) -> bool:
        """Whether webhooks under this name are looked at at all."""
        integration = self._engine.estate.integrations.get(name)
        if integration is None:
            return False
        try:
            integration.source.hint({}, b"")
        except (PluginError, Fault):
            return False
        return True

    async def heard(self, name: str) -> Heard:
        """Whether any arrive, for the page of the integration."""
        found = await self._engine.db.read(lambda tx: events.heard(tx, name))
        ear = self._ears.get(name)
        if ear is None or not ear.many:
            return found
        return Heard(ear.arrived, found.many + ear.many, found.refused)

    async def close(self) -> None:
        tasks = [one.task for one in self._ears.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refuse(self, name: str, ear: _Ear, now: datetime) -> None:
        """Noted once a minute: anybody can send as many as they like."""
        if ear.refused is not None and now < ear.refused + APART:
            return
        ear.refused = now
        log.info("%s: a webhook came with no signature of its secret.", name)
        if ear.task is None or ear.task.done():
            ear.task = asyncio.create_task(self._attend(name, ear), name=f"hints:{name}")

    async def _attend(self, name: str, ear: _Ear) -> None:
        clock = self._engine.clock
        noted: datetime | None = None
        while ear.many or ear.emails or ear.again or ear.everything or ear.refused != noted:
            await clock.sleep(GATHER)
            refused = ear.refused if ear.refused != noted else None
            noted = ear.refused
            many, arrived, ear.many = ear.many, ear.arrived, 0
            emails, ear.emails = list(ear.emails), {}
            again, ear.again = ear.again, {}
            began = clock.monotonic()
            try:
                await self._note(name, many, arrived, refused)
                self._read(name, ear)
                await self._ask(name, emails, again)
            except Exception as error:  # noqa: BLE001 - the next round of the sync reads it all the same
                log.warning("%s: a hint met a bug (%s).", name, troubles.place(error))
            await clock.sleep(max(PAUSE, TIMES * (clock.monotonic() - began)))

    async def _note(self, name: str, many: int, arrived: datetime | None, refused: datetime | None) -> None:
        if many or refused:
            await self._engine.db.run(
                lambda tx: events.hear(tx, name, arrived=arrived, many=many, refused=refused)
            )

    def _read(self, name: str, ear: _Ear) -> None:
        """Everything, unless that was asked for just now."""
        now = self._engine.clock.now()
        if ear.everything and (ear.read_at is None or now >= ear.read_at + APART):
            ear.everything, ear.read_at = False, now
            self._engine.nudge(name)

    async def _ask(self, name: str, emails: list[str], again: Mapping[tuple[Section, str], bool]) -> None:
        integration = self._engine.estate.integrations.get(name)
        if integration is None or not (emails or again):
            return
        if not await self._engine.first_read(name, 0.0):
            return  # everything is being read for the first time just now
        for email in emails:
            snapshot = await self._engine.sync.find(integration, email)
            await self._take_up(name, email, snapshot)
        known = await self._engine.db.read(lambda tx: fact_rows.known(tx, name, again))
        if any(not named for one, named in again.items() if one not in known):
            # Something new, and nobody said whose it is: only a read of everything tells that.
            self._ears[name].everything = True
        if known:
            await self._look_again(integration, known)

    async def _take_up(self, name: str, email: str, snapshot: Snapshot | None) -> None:
        """What is new for one person works at once."""
        key = email_key(email)
        if snapshot is None or key is None:
            return
        row = await self._engine.db.read(lambda tx: accounts.by_email(tx, name, key))
        if row is not None:
            await self._engine.decisions.extend(row.id, snapshot)
            await self._engine.serve(row.id, PATIENCE)

    async def _look_again(self, integration: Integration, again: Sequence[tuple[Section, str]]) -> None:
        """Plans and bookings by their ids: what the source itself says of each now, ends included."""
        name = integration.id
        try:
            async with asyncio.timeout(PATIENCE):
                snapshot = await integration.source.again(again)
        except (PluginError, Fault, TimeoutError) as error:
            log.info("%s could not be asked about a hint (%s).", name, type(error).__name__)
            self._engine.nudge(name)
            return

        merged = await self._engine.db.run(lambda tx: merge(tx, name, snapshot, partial=True))
        if merged.changed:
            await self._engine.decide([name])


def _as_long(body: bytes) -> None:
    """The work of a signature, so that nobody can tell by the time which integrations there are."""
    hmac.digest(bytes(32), body, "sha256")
