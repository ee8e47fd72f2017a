"""What would have to change on one network now, and because of what?"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cusna_core.api import Clock, Feature, Ref, Segment, SegmentState
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Wifi
from cusna_core.engine.fence.network import no_label
from cusna_core.engine.grouping import Grouping
from cusna_core.flow.changes import Step, changes
from cusna_core.flow.keys import Should, should
from cusna_core.flow.leaving import stays
from cusna_core.flow.numbers import Denied
from cusna_core.flow.ownership import Memory, Owned, Seen, own
from cusna_core.flow.rights import Access
from cusna_core.flow.world import Account
from cusna_core.store import fingerprints
from cusna_core.store import keys as key_rows
from cusna_core.store import retired as retired_rows
from cusna_core.store.db import Database, Tx, Unwritable
from cusna_core.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps for one network, with what they were made from."""

    wifi: Wifi
    at: datetime
    steps: tuple[Step, ...]
    should: Should
    owned: Owned
    accounts: Mapping[str, Account]
    collided: tuple[str, ...]
    """Accounts whose passphrase somebody else's key has now (rule 8)."""
    keys: int
    """Keys on the network when it was read."""
    only: str | None = None
    """The one account that the plan is about; None: everybody."""
    denied: tuple[Denied, ...] = ()
    """Pins of companies that cannot be."""
    leaving: frozenset[str] = frozenset()
    """Accounts that have a key here only until it works where their location is now."""

    @property
    def digest(self) -> str:
        """Of exactly these steps."""
        told = [f"{one.verb} {one.account_id} {one.ref} {one.wanted} {one.segment}" for one in self.steps]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the database has to say about a network."""

    memory: tuple[Memory, ...]
    collided: tuple[str, ...]


class Planner:
    """Reads a network and compares it with what should be there."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, decisions: Decisions, prefix: str) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._decisions = decisions
        self._prefix = prefix
        self.grouping = Grouping(db, decisions, prefix)

    async def plan(self, wifi: Wifi, *, only: str | None = None, now: datetime | None = None) -> Plan:
        """The plan for a network, or for one account's key on it (then nobody else's is in it)."""
        seen = await self.look(wifi)
        segments: tuple[SegmentState, ...] = ()
        if self.grouping.manages(wifi, self._decisions.integrations()):
            segments = tuple(await wifi.network.segments())
        now = now or self._clock.now()
        told = await self._told(wifi, seen)
        _believe(wifi, seen, told.memory)
        owned = own(seen, told.memory, wifi.network.features)
        accesses, accounts = self._who(wifi, only, now)
        if wifi.closed:
            # Nothing new, and what is there is looked after until it ends.
            accesses = tuple(one for one in accesses if one.account_id in owned.ours)
        accesses, leaving = await self._leaving(wifi, accesses, owned, now)
        chosen = await self.grouping.choose(wifi, accesses, accounts, segments, owned, now)
        present = {
            account: keys[0].state.vlan
            for account, keys in owned.ours.items()
            if only is None or account == only
        }
        foreign_count = len(owned.foreign)
        if only is not None:
            foreign_count += sum(1 for account in owned.ours if account != only)
        wanted = should(
            wifi.net(),
            accesses,
            accounts,
            chosen.by_account,
            chosen.without,
            present,
            frozenset(one.fingerprint for one in owned.foreign if one.fingerprint),
            foreign_count,
            self._prefix,
        )
        steps = changes(
            wanted,
            _narrowed(owned, only),
            segments,
            {one.vlan: Segment(one.vlan, self.grouping.segment_name(one.vlan)) for one in chosen.groups},
            told.memory,
            wifi.network.features,
        )
        collided = tuple(one for one in told.collided if only is None or one == only)
        return Plan(
            wifi, now, steps, wanted, owned, accounts, collided, len(seen), only, chosen.denied, leaving
        )

    async def look(self, wifi: Wifi) -> tuple[Seen, ...]:
        """The keys on a network, each with the fingerprint of its passphrase where that can be read."""
        states = await wifi.network.read()
        return tuple(
            Seen(one, self._vault.fingerprint(one.passphrase.get_secret_value()) if one.passphrase else None)
            for one in states
        )

    async def _leaving(
        self, wifi: Wifi, accesses: tuple[Access, ...], owned: Owned, now: datetime
    ) -> tuple[tuple[Access, ...], frozenset[str]]:
        """Without those who need their key here no longer; and who has one only until the new one works."""
        if not wifi.leaving:
            return accesses, frozenset()
        heirs = {heir for one in wifi.leaving.values() for heir in one.heirs}
        working = await self._db.read(lambda tx: retired_rows.working(tx, heirs))
        staying = {
            location: stays(one, owned.ours.keys(), working, now) for location, one in wifi.leaving.items()
        }
        left = tuple(
            one
            for one in accesses
            if one.location_id not in staying or one.account_id in staying[one.location_id]
        )
        at_home = {one.account_id for one in left if one.location_id not in staying}
        return left, frozenset(one.account_id for one in left) - at_home

    async def _told(self, wifi: Wifi, seen: tuple[Seen, ...]) -> _Told:
        try:
            # A read: mostly the foreign keys are those that were there before, and nothing is written.
            return await self._db.read(lambda tx: self._tell(tx, wifi, seen))
        except Unwritable:
            return await self._db.read(lambda tx: _Told(tuple(key_rows.memory(tx, wifi.id)), ()))

    def _tell(self, tx: Tx, wifi: Wifi, seen: tuple[Seen, ...]) -> _Told:
        memory = tuple(key_rows.memory(tx, wifi.id))
        foreign = own(seen, memory, wifi.network.features).foreign
        collided = fingerprints.foreign(
            tx, wifi.id, frozenset(one.fingerprint for one in foreign if one.fingerprint)
        )
        return _Told(memory, tuple(collided))

    def _who(
        self, wifi: Wifi, only: str | None, now: datetime
    ) -> tuple[tuple[Access, ...], dict[str, Account]]:
        """The accesses at this network's locations, of all integrations."""
        accesses: list[Access] = []
        accounts: dict[str, Account] = {}
        for integration in self._decisions.integrations():
            decision = self._decisions.latest(integration)
            if decision is None:
                continue
            found = (
                self._decisions.accesses_at(integration, wifi.location_ids, now)
                if only is None
                else self._decisions.accesses_of(integration, only, now)
            )
            for one in found:
                if one.location_id in wifi.location_ids:
                    account = decision.account(one.account_id)
                    if account is not None and not account.suspended:
                        accesses.append(one)
                        accounts[account.id] = account
        return tuple(accesses), accounts


def _narrowed(owned: Owned, only: str | None) -> Owned:
    """Only one account's keys, so that a plan for it can touch nobody else's."""
    if only is None:
        return owned
    return Owned({account: keys for account, keys in owned.ours.items() if account == only}, owned.foreign)


def _believe(wifi: Wifi, seen: Iterable[Seen], memory: Iterable[Memory]) -> None:
    """Raise where a driver that claims LABEL shows none of our keys' labels.

    They would be taken for somebody else's: each would be made again, and its passphrase replaced.
    """
    if Feature.LABEL not in wifi.network.features:
        return
    made = {one.ref for one in memory if one.ref is not None and not one.revoked}
    ours = [one.state.label for one in seen if one.state.ref in made]
    if ours and all(label is None for label in ours):
        raise no_label(wifi.network)


def reference(vault: Vault, features: Feature, passphrase: str) -> Ref | None:
    """How a key will be found again, where that is known before it is made (networks without labels)."""
    return None if Feature.LABEL in features else Ref(vault.fingerprint(passphrase))
