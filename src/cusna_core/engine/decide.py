"""Who may be on, after the brake, and where? For a whole integration at once, or for one account ahead."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from cusna_core.api import Clock, Snapshot
from cusna_core.engine import ledger
from cusna_core.engine.decision import Decision, Figure, Mine, add
from cusna_core.engine.estate import Estate
from cusna_core.engine.ledger import Known
from cusna_core.engine.own import overlaid, own_facts
from cusna_core.flow.brake import brake, stated_ends
from cusna_core.flow.closing import closing
from cusna_core.flow.rights import Access, access, rights
from cusna_core.flow.world import Account, Claim, Override, Right
from cusna_core.store import accounts as account_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Database


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

    def integrations(self) -> tuple[str, ...]:
        return tuple(self._latest)

    def _lock(self, integration: str) -> asyncio.Lock:
        return self._locks.setdefault(integration, asyncio.Lock())

    async def decide(self, integration: str, now: datetime | None = None) -> Decision:
        """Rules 1 to 3 and 10 over everything stored of the integration; the ledger is brought up to it.

        `now` may be held back after the clock stepped. An integration that is switched off is frozen:
        nothing is withdrawn, promised ends come.
        """
        now = now or self._clock.now()
        async with self._lock(integration):
            known = await self._db.read(lambda tx: Known.load(tx, integration, now))
            decision = await asyncio.to_thread(self._judge, integration, known, now)
            await self._db.run(lambda tx: ledger.keep(tx, decision, known))
            self._latest[integration] = decision
            return decision

    def _judge(self, integration: str, known: Known, now: datetime) -> Decision:
        places = self.estate.places(integration)
        policy = self.estate.policy(integration)
        found = rights(
            known.facts, places, known.accounts.values(), known.claims, known.overrides, policy, now
        )
        found = closing(found, known.ledger, self.estate.closed(integration))
        gone = known.gone | known.revoked
        stated = stated_ends(known.ledger, known.facts, known.accounts, gone, places)
        frozen = integration not in self.estate.integrations
        # What admins have given they may take, though nothing else of a frozen integration is taken away.
        kept = [one for one in known.ledger if not (frozen and one.because.fact_id in known.revoked)]
        braked = brake(found.in_force, kept, stated, known.past, known.accepted, now, frozen=frozen)
        by_account: dict[str, tuple[Right, ...]] = {}
        for right in braked.in_force:
            by_account[right.account_id] = (*by_account.get(right.account_id, ()), right)
        counted: dict[str, Figure] = {}
        for account, some in by_account.items():
            known_as = known.accounts.get(account)
            if known_as is None or not known_as.suspended:
                add(counted, some, now, 1)
        for one in braked.held:
            where = one.right.location_id
            counted[where] = replace(counted.get(where, Figure()), held=counted.get(where, Figure()).held + 1)
        suspended = sum(1 for one in known.accounts.values() if one.suspended)
        plans = {each.name for one in known.facts.subscriptions.values() for each in one.plans if each.name}
        edges = (one for right in braked.in_force for one in (right.starts, right.ends) if one is not None)
        accesses = self._accesses(integration, braked.in_force, found.coming, now)
        placed: dict[str, list[Access]] = {}
        for each in accesses:
            placed.setdefault(each.location_id, []).append(each)
        return Decision(
            integration,
            now,
            known.facts,
            known.accounts,
            found,
            braked,
            by_account,
            counted,
            suspended,
            tuple(sorted(plans)),
            accesses,
            placed,
            min((one for one in edges if one > now), default=None),
        )

    async def extend(self, account_id: str, fresh: Snapshot | None = None) -> Decision | None:
        """Take up what is new for one account. Grants and extends; can end nobody's right.

        `fresh` is what the source has just told of this person. Only the account's own facts are
        looked at, so that a sign-in costs the same in a house of ten and of a hundred thousand.
        """
        account = await self._db.read(lambda tx: account_rows.one(tx, account_id))
        if account is None:
            return None
        name = account.integration
        if name not in self._latest:
            await self.decide(name)
        async with self._lock(name):
            latest, now = self._latest[name], self._clock.now()
            facts = own_facts(latest.facts_of(account_id), account)
            if fresh is not None:
                facts = own_facts(overlaid(facts, fresh), account)
            (claims, overrides), promised = await self._db.read(
                lambda tx: (
                    ledger.asked_for(tx, account_id, now),
                    right_rows.ledger_of(tx, name, account_id),
                )
            )
            places, policy = self.estate.places(name), self.estate.policy(name)
            found = rights(facts, places, [account], claims, overrides, policy, now)
            found = closing(found, promised, self.estate.closed(name))
            grown = ledger.grown(promised, found.in_force)
            if grown:
                await self._db.run(lambda tx: ledger.grant(tx, name, grown, now))
            merged = {one.id: one for one in (*promised, *grown)}
            mine = Mine(account, facts, found, tuple(merged.values()))
            decision = replace(latest, since={**latest.since, account_id: mine})
            self._latest[name] = decision
            return decision

    async def own(self, account: Account, decision: Decision) -> Mine:
        """One account looked at by itself, for telling why: nothing is kept, nothing is granted."""
        now, account_id = self._clock.now(), account.id
        claims, overrides = await self._db.read(lambda tx: ledger.asked_for(tx, account_id, now))
        return self.mine(account, decision, claims, overrides, now)

    def mine(
        self,
        account: Account,
        decision: Decision,
        claims: Collection[Claim],
        overrides: Collection[Override],
        now: datetime,
    ) -> Mine:
        """The same from claims and overrides that were read already."""
        name = account.integration
        facts = own_facts(decision.facts_of(account.id), account)
        found = rights(
            facts, self.estate.places(name), [account], claims, overrides, self.estate.policy(name), now
        )
        return Mine(account, facts, found, decision.rights_of(account.id))

    def accesses_by(self, mine: Mine, decision: Decision, now: datetime) -> tuple[Access, ...]:
        """Where that account works at `now`."""
        return self._accesses(decision.integration, mine.in_force, mine.rights.coming, now)

    def accesses(self, integration: str, now: datetime) -> tuple[Access, ...]:
        """Where the accounts of an integration work at `now`, by its latest decision."""
        decision = self._latest.get(integration)
        if decision is None:
            return ()
        if now < decision.at or (decision.steady is not None and now >= decision.steady):
            return self._accesses(integration, decision.in_force(), decision.coming(), now)
        if not decision.since:
            return decision.accesses
        own = (one for account in decision.since for one in self.accesses_of(integration, account, now))
        return (*(one for one in decision.accesses if one.account_id not in decision.since), *own)

    def accesses_at(self, integration: str, places: Collection[str], now: datetime) -> Iterable[Access]:
        """Those of `accesses` at these locations, in their order; each network asks for its own."""
        everywhere = self.accesses(integration, now)
        decision = self._latest.get(integration)
        if decision is None or everywhere is not decision.accesses or len(places) != 1:
            # Reckoned for this moment only, or of a network that several locations share.
            return [one for one in everywhere if one.location_id in places]
        return decision.placed.get(next(iter(places)), ())

    def accesses_of(self, integration: str, account_id: str, now: datetime) -> tuple[Access, ...]:
        """The same for one account."""
        decision = self._latest.get(integration)
        if decision is None:
            return ()
        coming = [one for one in decision.coming() if one.account_id == account_id]
        return self._accesses(integration, decision.rights_of(account_id), coming, now)

    def _accesses(
        self, integration: str, some: Iterable[Right], coming: Iterable[Right], now: datetime
    ) -> tuple[Access, ...]:
        valid = [one for one in some if one.starts <= now and (one.ends is None or one.ends > now)]
        places, policy = self.estate.places(integration), self.estate.policy(integration)
        return access(valid, places, policy, tuple(coming))
