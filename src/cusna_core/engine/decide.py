"""Who may be on, after the brake? Decisions are made for an integration, or extended for one account."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cusna_core.api import Clock, Snapshot
from cusna_core.engine.estate import Estate
from cusna_core.engine.news import of_access
from cusna_core.engine.own import overlaid, own_facts
from cusna_core.flow.brake import Braked, Past, brake, stated_ends
from cusna_core.flow.closing import closing
from cusna_core.flow.rights import Access, Rights, access, day_bounds, local_day, rights
from cusna_core.flow.world import Account, Claim, Facts, Override, Place, Refused, Right
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events
from cusna_core.store import facts as fact_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Database, Tx

DAY = timedelta(days=1)
CLAIMS_KEPT = timedelta(days=40)
"""A claimed booking may go on for weeks; a claim older than this renews nothing."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What is known of one account: its own facts, and what they give."""

    account: Account
    facts: Facts
    rights: Rights
    in_force: tuple[Right, ...]
    """After the brake, as the ledger has it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One location in numbers."""

    on: int = 0
    """People with a right in force; who is suspended has none."""
    ends: datetime | None = None
    """The next promised end."""
    held: int = 0
    """Rights that the brake holds."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for an integration at an instant, and for some accounts since."""

    integration: str
    at: datetime
    facts: Facts
    accounts: Mapping[str, Account]
    rights: Rights
    braked: Braked
    by_account: Mapping[str, tuple[Right, ...]]
    """The rights in force, after the brake."""
    counted: Mapping[str, "Figure"] = field(default_factory=dict)
    """By location, for overviews: reckoned once, beside the event loop."""
    suspended: int = 0
    """Accounts that an admin has disabled."""
    plans: tuple[str, ...] = ()
    """The names of the plans that the source tells of."""
    accesses: tuple[Access, ...] = ()
    """Where everybody works, reckoned once beside the event loop: each of many networks asks for it."""
    steady: datetime | None = None
    """`accesses` hold from the decision on until this instant; None: until the next decision."""
    since: Mapping[str, Mine] = field(default_factory=dict)
    """Accounts that were looked at by themselves after this decision."""

    def account(self, account_id: str) -> Account | None:
        own = self.since.get(account_id)
        return own.account if own else self.accounts.get(account_id)

    def facts_of(self, account_id: str) -> Facts:
        """Facts that hold everything about the account, and maybe more."""
        own = self.since.get(account_id)
        return own.facts if own else self.facts

    def rights_of(self, account_id: str) -> tuple[Right, ...]:
        """One account's rights in force."""
        own = self.since.get(account_id)
        return own.in_force if own else self.by_account.get(account_id, ())

    def claimable_of(self, account_id: str) -> tuple[Right, ...]:
        own = self.since.get(account_id)
        some = (own.rights if own else self.rights).claimable
        return tuple(one for one in some if one.account_id == account_id)

    def refused_of(self, account_id: str, location_id: str) -> Refused | None:
        own = self.since.get(account_id)
        return (own.rights if own else self.rights).refused.get((account_id, location_id))

    def in_force(self) -> Iterator[Right]:
        """Everybody's rights in force."""
        for right in self.braked.in_force:
            if right.account_id not in self.since:
                yield right
        for own in self.since.values():
            yield from own.in_force

    def coming(self) -> Iterator[Right]:
        """Everybody's automatic rights that start later."""
        for right in self.rights.coming:
            if right.account_id not in self.since:
                yield right
        for own in self.since.values():
            yield from own.rights.coming

    def figures(self) -> Mapping[str, "Figure"]:
        """How it stands at each location; who was looked at since counts as they are now."""
        if not self.since:
            return self.counted
        found = dict(self.counted)
        for account, own in self.since.items():
            _add(found, self.by_account.get(account, ()), self.at, -1)
            if not own.account.suspended:
                _add(found, own.in_force, self.at, 1)
        return found

    def next_event(self, places: Iterable[Place]) -> datetime | None:
        """When the next promised end, start or local midnight changes this decision."""
        ends = (one.ends for one in self.in_force() if one.ends is not None)
        starts = (one.starts for one in self.coming())
        midnights = (day_bounds(local_day(self.at, place.zone), place.zone)[1] for place in places)
        return min((one for one in (*ends, *starts, *midnights) if one > self.at), default=None)


class Decisions:
    """The latest decision of each integration. One round at a time for each."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._latest: dict[str, Decision] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._placed: dict[str, tuple[tuple[Access, ...], dict[str, list[Access]]]] = {}
        """What is asked for again and again, by location, and what it was made of."""
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
        found = closing(found, known.ledger, self.estate.closed(integration))
        stated = stated_ends(known.ledger, known.facts, known.accounts, known.gone, places)
        braked = brake(
            found.in_force,
            known.ledger,
            stated,
            known.past,
            known.accepted,
            now,
            frozen=integration not in self.estate.integrations,
        )
        by_account: dict[str, tuple[Right, ...]] = {}
        for right in braked.in_force:
            by_account[right.account_id] = (*by_account.get(right.account_id, ()), right)
        counted: dict[str, Figure] = {}
        for account, some in by_account.items():
            known_as = known.accounts.get(account)
            if known_as is None or not known_as.suspended:
                _add(counted, some, now, 1)
        for one in braked.held:
            where = one.right.location_id
            counted[where] = replace(counted.get(where, Figure()), held=counted.get(where, Figure()).held + 1)
        suspended = sum(1 for one in known.accounts.values() if one.suspended)
        plans = {each.name for one in known.facts.subscriptions.values() for each in one.plans if each.name}
        edges = (one for right in braked.in_force for one in (right.starts, right.ends) if one is not None)
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
            self._accesses(integration, braked.in_force, found.coming, now),
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
            claims, overrides, ledger = await self._db.read(
                lambda tx: (
                    right_rows.claims_of(tx, account_id, (now - CLAIMS_KEPT).date()),
                    right_rows.overrides_of(tx, account_id),
                    right_rows.ledger_of(tx, name, account_id),
                )
            )
            places, policy = self.estate.places(name), self.estate.policy(name)
            found = rights(facts, places, [account], claims, overrides, policy, now)
            found = closing(found, ledger, self.estate.closed(name))
            grown = _grown(ledger, found.in_force)
            if grown:
                await self._db.run(lambda tx: _grant(tx, name, grown, now))
            merged = {one.id: one for one in (*ledger, *grown)}
            mine = Mine(account, facts, found, tuple(merged.values()))
            decision = replace(latest, since={**latest.since, account_id: mine})
            self._latest[name] = decision
            return decision

    async def own(self, account: Account, decision: Decision) -> Mine:
        """One account looked at by itself, for telling why: nothing is kept, nothing is granted."""
        now, account_id = self._clock.now(), account.id
        claims, overrides = await self._db.read(
            lambda tx: (
                right_rows.claims_of(tx, account_id, (now - CLAIMS_KEPT).date()),
                right_rows.overrides_of(tx, account_id),
            )
        )
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
        known = self._placed.get(integration)
        if known is None or known[0] is not everywhere:
            index: dict[str, list[Access]] = {}
            for one in everywhere:
                index.setdefault(one.location_id, []).append(one)
            known = self._placed[integration] = (everywhere, index)
        return tuple(known[1].get(next(iter(places)), ()))

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
        return cls(
            facts=fact_rows.load(tx, integration),
            accounts={one.id: one for one in account_rows.everyone(tx, integration)},
            claims=tuple(right_rows.claims(tx, integration, (now - CLAIMS_KEPT).date())),
            overrides=tuple(right_rows.overrides(tx, integration)),
            ledger=tuple(right_rows.ledger(tx, integration)),
            past=tuple(right_rows.past(tx, integration, now - DAY)),
            accepted=right_rows.accepted(tx, integration),
            gone=fact_rows.gone(tx, integration, now)
            | right_rows.ended_overrides(tx, integration, now - 2 * DAY),
        )


def _keep(tx: Tx, decision: Decision, known: _Known) -> None:
    """The ledger, the withdrawals, the held set and the audit log, in one transaction."""
    name, braked, now = decision.integration, decision.braked, decision.at
    right_rows.save_ledger(tx, name, braked.ledger)
    right_rows.record(tx, name, braked.withdrawn, now)
    before_held = right_rows.held(tx, name) is not None
    news = right_rows.set_held(tx, name, braked.held, braked.digest, braked.limit, braked.counted, now)
    if news:
        told = {
            "integration": name,
            "digest": braked.digest,
            "people": len({one.right.account_id for one in braked.held}),
            "limit": braked.limit,
            "counted": braked.counted,
        }
        audit.write(tx, "held", now, who="cusna", data=told)
    before, after = {one.id: one for one in known.ledger}, {one.id for one in braked.ledger}
    early = {one.right.id for one in braked.withdrawn}
    lines = [_line("granted", right) for right in braked.ledger if right.id not in before]
    lines += [
        _line("extended", right)
        for right in braked.ledger
        if right.id in before and _longer(right, before[right.id])
    ]
    lines += [
        _line("withdrawn" if right.id in early else "ended", right)
        for right in known.ledger
        if right.id not in after
    ]
    audit.write_many(tx, lines, now)
    if bool(braked.held) != before_held:
        kind = "held.opened" if braked.held else "held.closed"
        events.put(tx, kind, now, integration=name, data={"rights": len(braked.held)})
    events.put_many(tx, of_access(name, known.ledger, braked.ledger), now)


def _add(found: dict[str, Figure], some: Iterable[Right], now: datetime, people: int) -> None:
    """Count one account's rights, once for each location; -1 takes it out again (its end stays)."""
    for where in {one.location_id for one in some if _valid(one, now)}:
        before = found.get(where, Figure())
        ends = [one.ends for one in some if one.ends is not None and one.location_id == where]
        ends = [one for one in ends if one > now and people > 0]
        soonest = min((*ends, *([before.ends] if before.ends else ())), default=None)
        found[where] = replace(before, on=before.on + people, ends=soonest)


def _valid(right: Right, now: datetime) -> bool:
    return right.starts <= now and (right.ends is None or right.ends > now)


def _grant(tx: Tx, integration: str, grown: tuple[Right, ...], now: datetime) -> None:
    ledger = right_rows.ledger_of(tx, integration, grown[0].account_id)
    before = {one.id for one in ledger}
    right_rows.grant(tx, integration, grown)
    after = {one.id: one for one in (*ledger, *grown)}
    events.put_many(tx, of_access(integration, ledger, after.values()), now)
    audit.write_many(tx, [_line("extended" if one.id in before else "granted", one) for one in grown], now)


def _line(kind: str, right: Right) -> audit.Line:
    return audit.Line(
        kind,
        "cusna",
        account=right.account_id,
        location=right.location_id,
        data={
            "because": right.because.kind.value,
            "name": right.because.name,
            "until": right.ends.isoformat() if right.ends else None,
        },
    )


def _grown(ledger: Iterable[Right], found: Iterable[Right]) -> tuple[Right, ...]:
    """An account's rights that are new, or last longer than was accepted."""
    before = {one.id: one for one in ledger}
    return tuple(one for one in found if one.id not in before or _longer(one, before[one.id]))


def _longer(new: Right, old: Right) -> bool:
    return old.ends is not None and (new.ends is None or new.ends > old.ends)
