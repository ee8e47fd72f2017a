"""How does every person get an account, and keep it when the source tells of them in another way?"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from cusna_core.api import Clock, Finding, Level, Person, email_key
from cusna_core.engine import watch as watching
from cusna_core.engine.watch import Progress, Watch
from cusna_core.flow.accounts import link
from cusna_core.flow.world import Account, Facts
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store import facts as fact_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

BATCH = 500
"""Accounts made in one transaction, so that a first sync lets others write in between."""


class Accounts:
    """Brings accounts to the persons that are known; every account gets its passphrase here."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock, new_passphrase: Callable[[], str], watch: Watch
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._new_passphrase = new_passphrase
        self._watch = watch
        self._linking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One at a time for each integration: two that find somebody new at once would make two accounts."""

    async def link(self, integration: str, only: Sequence[Person] | None = None) -> tuple[Finding, ...]:
        """With `only` these persons and the accounts that they can concern are looked at, nobody else."""
        async with self._linking[integration]:
            return await self._link(integration, only)

    async def _link(self, integration: str, only: Sequence[Person] | None) -> tuple[Finding, ...]:
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
                    _relink(tx, account, key, ids, _speaker(people, key, ids), now)

            await self._db.run(relink)
        return tuple(_clash(integration, account) for account, _ in links.refused)


def _relink(
    tx: Tx, account: str, key: str | None, ids: frozenset[str], person: Person | None, now: datetime
) -> None:
    before = account_rows.get(tx, account)
    account_rows.relink(
        tx, account, key, person.email if person else None, person.name if person else "", ids
    )
    if before is not None and before.email_key != key:
        audit.write(tx, "address-changed", now, who="source", account=account, data={})


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
