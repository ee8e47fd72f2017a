"""Who was erased and is to be kept out, though the source goes on telling of them?"""

import asyncio
from collections.abc import Set
from dataclasses import replace
from functools import cache

from cusna_core.api import Person, Snapshot, email_key
from cusna_core.store import erase as erase_rows
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault


async def admitted(snapshot: Snapshot, integration: str, db: Database, vault: Vault) -> Snapshot:
    """Without those who are kept out, and all that is theirs: nothing of them is even stored."""
    marks = await db.read(lambda tx: erase_rows.marks(tx, integration))
    return await asyncio.to_thread(_without, snapshot, marks, vault) if marks else snapshot


def _without(snapshot: Snapshot, marks: Set[str], vault: Vault) -> Snapshot:
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
