"""What does an integration say now, as far as it was read?"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from cusna_core.api import Person, Section
from cusna_core.flow.world import Facts
from cusna_core.store import codec
from cusna_core.store.codec import SECTION
from cusna_core.store.db import Tx
from cusna_core.store.instants import ms

STATED: Final = timedelta(hours=48)
"""How long "the source said that it is no more" is remembered."""
OVER_KEPT: Final = {"booking": timedelta(hours=48), "subscription": timedelta(days=60)}
"""How long what has ended by itself is kept, for the reasons that people read. Only these are asked
for by id: of all else a source cannot be asked."""


def load(tx: Tx, integration: str) -> Facts:
    """Everything that still counts."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in SECTION}
    for kind, fact_id, data in tx.execute(
        "SELECT kind, id, data FROM facts WHERE integration = ?", (integration,)
    ):
        found[kind][fact_id] = codec.fact(kind, fact_id, data)
    return Facts(
        people=found["person"],
        affiliations=found["affiliation"],
        companies=found["company"],
        subscriptions=found["subscription"],
        bookings=found["booking"],
        blocked=frozenset(found["block"]),
    )


def people(tx: Tx, integration: str, ids: Iterable[str]) -> dict[str, Person]:
    """Those of these persons that still count."""
    found: dict[str, Person] = {}
    for person_id in sorted(ids):
        row = tx.execute(
            "SELECT data FROM facts WHERE integration = ? AND kind = 'person' AND id = ?",
            (integration, person_id),
        ).fetchone()
        if row is not None:
            person = codec.fact("person", person_id, row["data"])
            assert isinstance(person, Person)
            found[person_id] = person
    return found


def gone(tx: Tx, integration: str, now: datetime | None = None) -> frozenset[str]:
    """Ids of which the source said, when asked for exactly them, that they are no more.

    Of the last 48 hours before `now`, or before the last read.
    """
    since = ms(now - STATED) if now else 0
    rows = tx.execute("SELECT id FROM facts_gone WHERE integration = ? AND at >= ?", (integration, since))
    return frozenset(row["id"] for row in rows)


def known(tx: Tx, integration: str, asked: Collection[tuple[Section, str]]) -> list[tuple[Section, str]]:
    """Which of these subscriptions and bookings are stored."""
    kinds = {section: kind for kind, section in SECTION.items() if kind in OVER_KEPT}
    return [
        (section, fact_id)
        for section, fact_id in asked
        if section in kinds
        and tx.execute(
            "SELECT 1 FROM facts WHERE integration = ? AND kind = ? AND id = ?",
            (integration, kinds[section], fact_id),
        ).fetchone()
    ]
