"""Whose rights end soon, and in which language are they told?"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from cusna_core.flow.world import Right
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Tx
from cusna_core.store.instants import ms


def ending(
    tx: Tx, integration: str, now: datetime, until: datetime
) -> dict[tuple[str, str], Sequence[Right]]:
    """By account and location, where a right ends in (now, until]: all rights of the account there.

    Who is disabled, or has no address, is left out.
    """
    rows = tx.execute(
        "SELECT DISTINCT l.account_id, l.location_id FROM ledger l JOIN accounts a ON a.id = l.account_id "
        "WHERE l.integration = ? AND l.ends > ? AND l.ends <= ? AND l.kind IN ('plan', 'override') "
        "AND a.suspended = 0 AND a.email IS NOT NULL",
        (integration, ms(now), ms(until)),
    ).fetchall()
    wanted = {(row["account_id"], row["location_id"]) for row in rows}
    found: defaultdict[tuple[str, str], list[Right]] = defaultdict(list)
    for account in {account for account, _ in wanted}:
        for right in right_rows.ledger_of(tx, integration, account):
            place = (account, right.location_id)
            if place in wanted and right.starts <= now and (right.ends is None or right.ends > now):
                found[place].append(right)
    return dict(found)


def speaks(tx: Tx, account_id: str, language: str) -> None:
    """Remember the language in which somebody reads the portal."""
    tx.execute("UPDATE accounts SET language = ?2 WHERE id = ?1 AND language <> ?2", (account_id, language))


def language(tx: Tx, account_id: str) -> str:
    """The language somebody last read the portal in; '' if that is not known."""
    row = tx.execute("SELECT language FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return str(row["language"]) if row is not None else ""


def still_ends(tx: Tx, integration: str, account_id: str, location_id: str, end: datetime) -> bool:
    """Whether the access of an account at a location still ends then, for a letter that waited."""
    rights = [
        one for one in right_rows.ledger_of(tx, integration, account_id) if one.location_id == location_id
    ]
    ends = [one.ends for one in rights]
    return bool(ends) and None not in ends and max(one for one in ends if one is not None) == end
