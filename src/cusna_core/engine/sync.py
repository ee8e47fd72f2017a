"""How do a source's facts get into the database, and persons to their accounts?"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from cusna_core.api import (
    Clock,
    Finding,
    Level,
    Person,
    PluginError,
    Section,
    Snapshot,
    Unreachable,
    Window,
    email_key,
)
from cusna_core.engine import watch as watching
from cusna_core.engine.estate import Estate, Integration
from cusna_core.engine.watch import Progress, Watch
from cusna_core.flow.accounts import link
from cusna_core.flow.rights import day_bounds, local_day
from cusna_core.flow.world import Account, Facts, Place
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events
from cusna_core.store import erase as erase_rows
from cusna_core.store import facts as fact_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)

SIGN_IN_PATIENCE = 5.0
"""Seconds that a source is given at a sign-in (design 5)."""
READ_PATIENCE = 15 * 60.0
"""Seconds after which a whole read is given up: a source that hangs must not stop the next one."""
AHEAD = timedelta(days=14)
"""How far a sign-in looks for the next booking, to tell it."""
BATCH = 500
"""Accounts made in one transaction, so that a first sync lets others write in between."""


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
        new_passphrase: Callable[[], str],
        watch: Watch | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._new_passphrase = new_passphrase
        self._watch = watch or Watch()
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
            fact_rows.failed(tx, integration, sentence, now)
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
        try:
            async with asyncio.timeout(READ_PATIENCE):
                span = window(places, now)
                snapshot = await self._admitted(integration, await integration.source.snapshot(sources, span))
                merged = await self._db.run(
                    lambda tx: fact_rows.merge(tx, integration.id, snapshot, asked=sources, window=span)
                )
                changed, counts = merged.changed, [merged.counts]
                if merged.ask_again:
                    again = await self._admitted(
                        integration, await integration.source.again(merged.ask_again)
                    )
                    told = await self._db.run(
                        lambda tx: fact_rows.merge(tx, integration.id, again, partial=True)
                    )
                    changed = changed or told.changed
                    counts.append(told.counts)
        except TimeoutError:
            raise _hangs(integration) from None
        refused = await self.link(integration.id)
        if changed:
            await self._db.run(lambda tx: _log(tx, integration.id, counts, now))
        findings = (
            *(_unread(integration, one) for one in snapshot.failures),
            *(_short(integration, section, location) for section, location in merged.short),
            *refused,
        )
        return Synced(changed=changed, findings=findings)

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
        await self._db.run(lambda tx: fact_rows.merge(tx, integration.id, snapshot, partial=True))
        await self.link(integration.id, snapshot.people)
        return snapshot

    async def _admitted(self, integration: Integration, snapshot: Snapshot) -> Snapshot:
        """Without those who were erased and are to be kept out: nothing of them is even stored."""
        marks = await self._db.read(lambda tx: erase_rows.marks(tx, integration.id))
        if not marks:
            return snapshot
        return await asyncio.to_thread(admitted, snapshot, marks, self._vault)

    async def link(self, integration: str, only: Sequence[Person] | None = None) -> tuple[Finding, ...]:
        """Bring accounts to the persons that are known; every account gets its passphrase here.

        With `only` these persons and the accounts that they can concern are looked at, nobody else.
        """
        facts, accounts = await self._db.read(lambda tx: _concerned(tx, integration, only))
        links = await asyncio.to_thread(link, facts, accounts)
        creates, relinks = links.create, links.relink
        people = facts.people
        now = self._clock.now()
        for start in range(0, len(creates), BATCH):
            batch = creates[start : start + BATCH]

            def create(tx: Tx, batch: Sequence[tuple[str | None, frozenset[str]]] = batch) -> None:
                for key, ids in batch:
                    person = _speaker(people, key, ids)
                    account_rows.create(
                        tx,
                        self._vault,
                        integration,
                        key,
                        person.email if person else None,
                        person.name if person else "",
                        ids,
                        self._new_passphrase(),
                        now,
                    )

            await self._db.run(create)
            if only is None and len(creates) > BATCH:
                made = Progress("people", start + len(batch), len(creates))
                self._watch.under_way(watching.integration(integration), made)
        if relinks:

            def relink(tx: Tx) -> None:
                for account, key, ids in relinks:
                    self._relink(tx, account, key, ids, _speaker(people, key, ids), now)

            await self._db.run(relink)
        return tuple(_clash(integration, account) for account, _ in links.refused)

    def _relink(
        self,
        tx: Tx,
        account: str,
        key: str | None,
        ids: frozenset[str],
        person: Person | None,
        now: datetime,
    ) -> None:
        before = account_rows.get(tx, account)
        account_rows.relink(
            tx, account, key, person.email if person else None, person.name if person else "", ids
        )
        if before is not None and before.email_key != key:
            audit.write(tx, "address-changed", now, who="source", account=account, data={})


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


def admitted(snapshot: Snapshot, marks: Set[str], vault: Vault) -> Snapshot:
    """A snapshot without the persons whose id or address is marked, and without all that is theirs."""

    def marked(person: Person) -> bool:
        key = email_key(person.email)
        return (key is not None and erase_rows.address_mark(vault, key) in marks) or out(person.id)

    @cache
    def out(person_id: str) -> bool:
        return erase_rows.person_mark(vault, person_id) in marks

    away = {one.id for one in snapshot.people if marked(one)}

    def kept(person_id: str | None) -> bool:
        return person_id is None or not (person_id in away or out(person_id))

    return replace(
        snapshot,
        people=tuple([one for one in snapshot.people if one.id not in away]),
        affiliations=tuple([one for one in snapshot.affiliations if kept(one.person_id)]),
        subscriptions=tuple([one for one in snapshot.subscriptions if kept(one.person_id)]),
        bookings=tuple([one for one in snapshot.bookings if kept(one.person_id)]),
        blocks=tuple([one for one in snapshot.blocks if kept(one.person_id)]),
    )


def _concerned(tx: Tx, integration: str, only: Sequence[Person] | None) -> tuple[Facts, Sequence[Account]]:
    if only is None:
        return fact_rows.load(tx, integration), account_rows.everyone(tx, integration)
    ids = set[str]()
    for person in only:
        key = email_key(person.email)
        found = [account_rows.by_person(tx, integration, person.id)]
        if key is not None:
            found.append(account_rows.by_email(tx, integration, key))
        ids |= {row.id for row in found if row is not None}
    accounts = [one for one in (account_rows.one(tx, account) for account in sorted(ids)) if one]
    known = fact_rows.people(tx, integration, {person for one in accounts for person in one.person_ids})
    return Facts(people={**known, **{one.id: one for one in only}}), accounts


def _speaker(people: Mapping[str, Person], key: str | None, ids: frozenset[str]) -> Person | None:
    """The person record whose address and name the account shows: the one that carries its key."""
    known = [people[one] for one in sorted(ids) if one in people]
    return next((one for one in known if email_key(one.email) == key), known[0] if known else None)


def _hangs(integration: Integration) -> PluginError:
    return Unreachable(f"{integration.title} did not finish answering within 15 minutes.")


def _unread(integration: Integration, failure: str) -> Finding:
    return Finding(
        Level.WARNING,
        "source.incomplete",
        f"Not everything could be read from {integration.title}: {failure} "
        "Nobody loses access because of it.",
        "Nothing, if it passes. If it stays, check the integration's credentials and "
        f"the status of {integration.title}.",
        path=f"integrations.{integration.id}",
        about=failure,
    )


def _short(integration: Integration, section: Section, location: str | None) -> Finding:
    return Finding(
        Level.WARNING,
        "source.short",
        f"{integration.title} told of less than half of the {section.value} that it told of before. "
        "This is not believed until it says so three times in a row.",
        f"Look into {integration.title} whether they are really gone.",
        path=f"integrations.{integration.id}",
        about=f"{section.value}:{location}",
    )


def _clash(integration: str, account: str) -> Finding:
    return Finding(
        Level.WARNING,
        "account.merge-refused",
        "A person's e-mail address was changed to one that another account has already. "
        "The two are not joined by themselves.",
        f"See who it is with `cusna explain {account}`, and correct the address at the source.",
        path=f"integrations.{integration}",
        about=account,
    )
