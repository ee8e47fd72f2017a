"""Who may be on, after the brake? Decisions are made for an integration, or extended for one account."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cusna_core.api import Clock, Snapshot
from cusna_core.engine.estate import Estate
from cusna_core.flow.brake import Braked, Past, brake, stated_ends
from cusna_core.flow.rights import Access, Rights, access, day_bounds, local_day, rights
from cusna_core.flow.world import Account, Claim, Facts, Override, Place, Right
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store import facts as fact_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Database, Tx

DAY = timedelta(days=1)
CLAIMS_KEPT = timedelta(days=40)
"""A claimed booking may go on for weeks; a claim older than this renews nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for an integration at an instant."""

    integration: str
    at: datetime
    facts: Facts
    accounts: Mapping[str, Account]
    rights: Rights
    braked: Braked
    by_account: Mapping[str, tuple[Right, ...]]
    """The rights in force, after the brake."""

    def rights_of(self, account_id: str) -> tuple[Right, ...]:
        """One account's rights in force."""
        return self.by_account.get(account_id, ())

    def next_event(self, places: Iterable[Place]) -> datetime | None:
        """When the next promised end, start or local midnight changes this decision."""
        ends = (one.ends for one in self.braked.in_force if one.ends is not None)
        starts = (one.starts for one in self.rights.coming)
        midnights = (day_bounds(local_day(self.at, place.zone), place.zone)[1] for place in places)
        return min((one for one in (*ends, *starts, *midnights) if one > self.at), default=None)


class Decisions:
    """The latest decision of each integration. One round at a time for each."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._latest: dict[str, Decision] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.estate = Estate()

    def latest(self, integration: str) -> Decision | None:
        return self._latest.get(integration)

    def _lock(self, integration: str) -> asyncio.Lock:
        return self._locks.setdefault(integration, asyncio.Lock())

    async def decide(self, integration: str, now: datetime | None = None) -> Decision:
        """Rules 1 to 3 and 10 over everything stored of the integration; the ledger is brought up to it.

        `now` may be held back after the clock stepped. An integration that is switched off is frozen:
        nothing is withdrawn, promised ends come.
        """
        now = now or self._clock.now()
        async with self._lock(integration):
            known = await self._db.read(lambda tx: _Known.load(tx, integration, now))
            decision = await asyncio.to_thread(self._judge, integration, known, now)
            await self._db.run(lambda tx: _keep(tx, decision, known))
            self._latest[integration] = decision
            return decision

    def _judge(self, integration: str, known: "_Known", now: datetime) -> Decision:
        places = self.estate.places(integration)
        policy = self.estate.policy(integration)
        found = rights(
            known.facts, places, known.accounts.values(), known.claims, known.overrides, policy, now
        )
        stated = stated_ends(known.ledger, known.facts, known.accounts, known.gone)
        braked = brake(
            found.in_force,
            known.ledger,
            stated,
            known.past,
            known.accepted,
            now,
            frozen=integration not in self.estate.integrations,
        )
        return Decision(
            integration, now, known.facts, known.accounts, found, braked, _by_account(braked.in_force)
        )

    async def extend(self, account_id: str, fresh: Snapshot | None = None) -> Decision | None:
        """Take up what is new for one account. Grants and extends; can end nobody's right."""
        row = await self._db.read(lambda tx: account_rows.get(tx, account_id))
        if row is None:
            return None
        latest = self._latest.get(row.integration) or await self.decide(row.integration)
        now = self._clock.now()
        async with self._lock(row.integration):
            latest = self._latest.get(row.integration, latest)
            facts = overlaid(latest.facts, fresh) if fresh is not None else latest.facts

            def load(tx: Tx) -> "_Known":
                return _Known.load_one(tx, row.integration, account_id, facts, now)

            known = await self._db.read(load)
            account = known.accounts.get(account_id)
            if account is None:
                return None
            places = self.estate.places(row.integration)
            policy = self.estate.policy(row.integration)
            found = rights(facts, places, [account], known.claims, known.overrides, policy, now)
            grown = _grown(known.ledger, found.in_force, account_id)
            if grown:
                await self._db.run(lambda tx: _grant(tx, row.integration, known.ledger, grown, now))
            decision = _with_account(latest, facts, account, found, grown, now)
            self._latest[row.integration] = decision
            return decision

    def accesses(self, integration: str, now: datetime) -> tuple[Access, ...]:
        """Where the accounts of an integration work at `now`, by its latest decision."""
        decision = self._latest.get(integration)
        if decision is None:
            return ()
        return self._accesses(integration, decision.braked.in_force, now)

    def accesses_of(self, integration: str, account_id: str, now: datetime) -> tuple[Access, ...]:
        """The same for one account."""
        decision = self._latest.get(integration)
        return self._accesses(integration, decision.rights_of(account_id), now) if decision else ()

    def _accesses(self, integration: str, some: Iterable[Right], now: datetime) -> tuple[Access, ...]:
        valid = [one for one in some if one.starts <= now and (one.ends is None or one.ends > now)]
        return access(valid, self.estate.places(integration), self.estate.policy(integration))

    def integrations(self) -> tuple[str, ...]:
        return tuple(self._latest)

    def forget(self, integration: str) -> None:
        """Drop what is cached: its accounts were changed from outside."""
        self._latest.pop(integration, None)


@dataclass(frozen=True, slots=True)
class _Known:
    facts: Facts
    accounts: Mapping[str, Account]
    claims: tuple[Claim, ...]
    overrides: tuple[Override, ...]
    ledger: tuple[Right, ...]
    past: tuple[Past, ...]
    accepted: frozenset[str]
    gone: frozenset[str]

    @classmethod
    def load(cls, tx: Tx, integration: str, now: datetime) -> "_Known":
        facts = fact_rows.load(tx, integration)
        accounts = {one.id: one for one in account_rows.everyone(tx, integration)}
        return cls._with(tx, integration, facts, accounts, now)

    @classmethod
    def load_one(cls, tx: Tx, integration: str, account: str, facts: Facts, now: datetime) -> "_Known":
        one = account_rows.one(tx, account)
        return cls._with(tx, integration, facts, {account: one} if one else {}, now)

    @classmethod
    def _with(
        cls, tx: Tx, integration: str, facts: Facts, accounts: Mapping[str, Account], now: datetime
    ) -> "_Known":
        return cls(
            facts=facts,
            accounts=accounts,
            claims=tuple(right_rows.claims(tx, integration, (now - CLAIMS_KEPT).date())),
            overrides=tuple(right_rows.overrides(tx, integration)),
            ledger=tuple(right_rows.ledger(tx, integration)),
            past=tuple(right_rows.past(tx, integration, now - DAY)),
            accepted=right_rows.accepted(tx, integration),
            gone=fact_rows.gone(tx, integration),
        )


def _keep(tx: Tx, decision: Decision, known: _Known) -> None:
    """The ledger, the withdrawals, the held set and the audit log, in one transaction."""
    name, braked, now = decision.integration, decision.braked, decision.at
    before = {one.id: one for one in known.ledger}
    right_rows.save_ledger(tx, name, braked.ledger)
    right_rows.record(tx, name, braked.withdrawn, now)
    right_rows.set_held(tx, name, braked.held, braked.digest, braked.limit, braked.counted, now)
    after = {one.id: one for one in braked.ledger}
    early = {one.right.id for one in braked.withdrawn}
    for right in braked.ledger:
        if right.id not in before:
            _note(tx, "granted", right, now)
    for right in known.ledger:
        if right.id not in after:
            _note(tx, "withdrawn" if right.id in early else "ended", right, now)


def _grant(
    tx: Tx, integration: str, ledger: Iterable[Right], grown: tuple[Right, ...], now: datetime
) -> None:
    merged = {one.id: one for one in ledger} | {one.id: one for one in grown}
    right_rows.save_ledger(tx, integration, tuple(merged.values()))
    for right in grown:
        _note(tx, "granted", right, now)


def _note(tx: Tx, kind: str, right: Right, now: datetime) -> None:
    audit.write(
        tx,
        kind,
        now,
        who="cusna",
        account=right.account_id,
        location=right.location_id,
        data={
            "because": right.because.kind.value,
            "name": right.because.name,
            "until": right.ends.isoformat() if right.ends else None,
        },
    )


def _by_account(some: Iterable[Right]) -> dict[str, tuple[Right, ...]]:
    found: dict[str, list[Right]] = {}
    for right in some:
        found.setdefault(right.account_id, []).append(right)
    return {account: tuple(mine) for account, mine in found.items()}


def _grown(ledger: Iterable[Right], found: Iterable[Right], account_id: str) -> tuple[Right, ...]:
    """Rights of one account that are new, or last longer than was accepted."""
    before = {one.id: one for one in ledger if one.account_id == account_id}

    def longer(new: Right, old: Right) -> bool:
        return old.ends is not None and (new.ends is None or new.ends > old.ends)

    return tuple(one for one in found if one.id not in before or longer(one, before[one.id]))


def _with_account(
    latest: Decision, facts: Facts, account: Account, found: Rights, grown: tuple[Right, ...], now: datetime
) -> Decision:
    """The latest decision with one account's part replaced: its rights only ever grow here."""

    def others(some: Iterable[Right]) -> tuple[Right, ...]:
        return tuple(one for one in some if one.account_id != account.id)

    renewed = {one.id for one in grown}
    in_force = (*(one for one in latest.braked.in_force if one.id not in renewed), *grown)
    mine = tuple(one for one in in_force if one.account_id == account.id)
    refused = {key: value for key, value in latest.rights.refused.items() if key[0] != account.id}
    return replace(
        latest,
        facts=facts,
        accounts={**latest.accounts, account.id: account},
        rights=Rights(
            in_force=(*others(latest.rights.in_force), *found.in_force),
            coming=(*others(latest.rights.coming), *found.coming),
            claimable=(*others(latest.rights.claimable), *found.claimable),
            refused={**refused, **found.refused},
        ),
        braked=replace(latest.braked, in_force=in_force, ledger=in_force),
        by_account={**latest.by_account, account.id: mine},
    )


def overlaid(facts: Facts, fresh: Snapshot) -> Facts:
    """Facts with those of a fresh look at one person on top."""
    return Facts(
        people={**facts.people, **{one.id: one for one in fresh.people}},
        affiliations={**facts.affiliations, **{one.id: one for one in fresh.affiliations}},
        companies={**facts.companies, **{one.id: one for one in fresh.companies}},
        subscriptions={**facts.subscriptions, **{one.id: one for one in fresh.subscriptions}},
        bookings={**facts.bookings, **{one.id: one for one in fresh.bookings}},
        blocked=facts.blocked | {one.person_id for one in fresh.blocks},
    )


def next_local_midnight(places: Iterable[Place], now: datetime) -> datetime | None:
    """The nearest midnight among the places, in UTC."""
    ends = (day_bounds(local_day(now, place.zone), place.zone)[1] for place in places)
    return min((one.astimezone(UTC) for one in ends if one > now), default=None)
