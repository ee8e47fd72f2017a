"""How do a source's facts get into the database?"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cusna_core.api import Clock, Finding, PluginError, Section, Snapshot, Unreachable, Window
from cusna_core.engine import troubles
from cusna_core.engine import watch as watching
from cusna_core.engine.accounts import Accounts
from cusna_core.engine.estate import Estate, Integration
from cusna_core.engine.kept_out import admitted
from cusna_core.engine.watch import Progress, Watch
from cusna_core.flow.rights import day_bounds, local_day
from cusna_core.flow.world import Place
from cusna_core.store import audit, events, scopes
from cusna_core.store.db import Database, Tx
from cusna_core.store.merge import Merged, merge, of_the_past
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

SIGN_IN_PATIENCE = 5.0
"""Seconds that a source is given at a sign-in (design 5)."""
READ_PATIENCE = 15 * 60.0
"""Seconds after which a whole read is given up: a source that hangs must not stop the next one."""
AHEAD = timedelta(days=14)
"""How far a sign-in looks for the next booking, to tell it."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a read of a source came to."""

    changed: bool
    findings: tuple[Finding, ...]


def window(places: Iterable[Place], now: datetime, ahead: timedelta = timedelta(days=1)) -> Window:
    """From the earliest local day that is today somewhere to the end of the latest one, and `ahead`."""
    days = [day_bounds(local_day(now, place.zone), place.zone) for place in places]
    return Window(min(day[0] for day in days), max(day[1] for day in days) + ahead)


class Sync:
    """Reads sources. It withdraws nothing by itself: it only keeps what was told (rule 9)."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        accounts: Accounts,
        watch: Watch,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._accounts = accounts
        self._watch = watch
        self.estate = Estate()
        self._failing: set[str] = set()
        """Integrations whose last read failed."""

    async def read(self, integration: Integration) -> Synced:
        """Read everything of an integration once. Raises PluginError where nothing could be read."""
        topic = watching.integration(integration.id)
        self._watch.under_way(topic, Progress("read"))
        try:
            synced = await self._read(integration)
        except PluginError as error:
            await self._failed(integration.id, error)
            raise
        else:
            self._failing.discard(integration.id)
            return synced
        finally:
            self._watch.over(topic)

    async def _failed(self, integration: str, error: PluginError) -> None:
        sentence, now, first = str(error), self._clock.now(), integration not in self._failing

        def failed(tx: Tx) -> None:
            scopes.failed(tx, integration, sentence, now)
            if first:
                data = {"error": type(error).__name__}
                events.put(tx, "sync.failed", now, integration=integration, data=data)

        await self._db.run(failed)
        self._failing.add(integration)

    def read_so_far(self, name: str, records: int) -> None:
        """The source tells how much it has got, while it reads."""
        topic = watching.integration(name)
        now = self._watch.progress(topic)
        if now is not None and now.what == "read":
            self._watch.under_way(topic, Progress("read", now.done + records))

    async def _read(self, integration: Integration) -> Synced:
        places = self.estate.places(integration.id)
        if not places:
            return Synced(changed=False, findings=())
        now = self._clock.now()
        sources = sorted({place.source_id for place in places})
        span = window(places, now)
        await self._db.run(lambda tx: of_the_past(tx, integration.id, now))
        try:
            async with asyncio.timeout(READ_PATIENCE):
                told = await integration.source.snapshot(sources, span)
        except TimeoutError:
            raise _hangs(integration) from None
        snapshot = await self._admitted(integration, told)
        merged = await self._db.run(
            lambda tx: merge(tx, integration.id, snapshot, asked=sources, window=span)
        )
        changed, counts, failures = merged.changed, [merged.counts], list(snapshot.failures)
        if merged.ask_again:
            try:
                again = await self._again(integration, merged.ask_again)
            except PluginError as error:
                # What is missing stays until it is told; all else was read.
                failures.append(str(error))
            else:
                changed = changed or again.changed
                counts.append(again.counts)
        refused = await self._accounts.link(integration.id)
        if changed:
            await self._db.run(lambda tx: _log(tx, integration.id, counts, now))
        findings = (
            *(troubles.unread(integration, one) for one in failures),
            *troubles.short(integration, merged.short, self._called(integration.id)),
            *refused,
        )
        return Synced(changed=changed, findings=findings)

    def _called(self, integration: str) -> Mapping[str, str]:
        """The names of its locations, by what the source calls them."""
        mine = (one for one in self.estate.locations.values() if one.place.integration == integration)
        return {one.place.source_id: one.name for one in mine}

    async def _again(self, integration: Integration, missing: Sequence[tuple[Section, str]]) -> Merged:
        """Ask for exactly what is missing; what the source says of it counts."""
        try:
            async with asyncio.timeout(READ_PATIENCE):
                answer = await integration.source.again(missing)
        except TimeoutError:
            raise _hangs(integration) from None
        told = await self._admitted(integration, answer)
        return await self._db.run(lambda tx: merge(tx, integration.id, told, partial=True))

    async def find(self, integration: Integration, typed: str) -> Snapshot | None:
        """A fresh look at one address, kept; None when the source cannot tell now, or has nobody."""
        places = self.estate.places(integration.id)
        now = self._clock.now()
        sources = sorted({place.source_id for place in places})
        try:
            async with asyncio.timeout(SIGN_IN_PATIENCE):
                snapshot = await integration.source.find(typed, sources, window(places, now, AHEAD))
        except Exception as error:  # noqa: BLE001 - a plugin's bug must not keep anybody out
            # The portal keeps working from what is stored; the sync tells admins of the trouble.
            log.info("%s could not be asked at a sign-in (%s).", integration.id, type(error).__name__)
            return None
        if snapshot is None:
            return None
        snapshot = await self._admitted(integration, snapshot)
        await self._db.run(lambda tx: merge(tx, integration.id, snapshot, partial=True))
        await self._accounts.link(integration.id, snapshot.people)
        return snapshot

    async def _admitted(self, integration: Integration, snapshot: Snapshot) -> Snapshot:
        return await admitted(snapshot, integration.id, self._db, self._vault)


def _log(
    tx: Tx, integration: str, counts: Iterable[Mapping[str, tuple[int, int, int]]], now: datetime
) -> None:
    """What a read has brought: (new, different, gone) by kind. A read that brought nothing is no line."""
    sums: dict[str, tuple[int, int, int]] = {}
    for one in counts:
        for kind, (new, different, gone) in one.items():
            before = sums.get(kind, (0, 0, 0))
            sums[kind] = (before[0] + new, before[1] + different, before[2] + gone)
    audit.write(tx, "synced", now, who="source", data={"integration": integration, **sums})


def _hangs(integration: Integration) -> PluginError:
    return Unreachable(f"{integration.title} did not finish answering within 15 minutes.")
