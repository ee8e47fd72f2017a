"""Which sign-ins were refused, and why? With a fingerprint of the address, never the address (M30).

Whoever wants to fill the log from outside finds it bounded: one line for an address, a reason and an hour,
and a few hundred in all.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from cusna_core.store import audit
from cusna_core.store.db import Tx
from cusna_core.store.instants import ms
from cusna_core.store.limits import Rules, allowed
from cusna_core.store.vault import token_hash

Why = Literal["unknown", "too-often", "wrong-code", "spent", "fast", "link-used", "link-expired", "no-admin"]
KIND: Final = "sign-in-refused"
EACH: Final[Rules] = ((1, timedelta(hours=1)),)
ALL: Final[Rules] = ((100, timedelta(hours=1)), (500, timedelta(days=1)))
SHOWN: Final = 16
"""Letters of the fingerprint: enough to see that two lines are about one address."""


def write(
    tx: Tx, why: Why, now: datetime, *, address: str, location: str | None, account: str | None = None
) -> None:
    """`address` is `limits.address_key` of it; `location` '' is the console."""
    if not allowed(tx, "log:refused", f"{why}:{location}:{address}", now, EACH):
        return
    console = location == ""
    data: dict[str, object] = {
        "why": why,
        "address": address[:SHOWN],
        **({"console": True} if console else {}),
    }
    if not allowed(tx, "log:refused", "", now, ALL):
        if not allowed(tx, "log:refused", "many", now, EACH):
            return
        data = {"why": "many"}
        account = location = None
    who = "cusna" if account is None else "member"
    audit.write(tx, KIND, now, who=who, account=account, location=location or None, data=data)


def of_letter(tx: Tx, why: Why, now: datetime, flow_id: str) -> None:
    """The mail worker found out."""
    row = tx.execute("SELECT address, location, account_id FROM flows WHERE id = ?", (flow_id,)).fetchone()
    if row is not None:
        write(tx, why, now, address=row["address"], location=row["location"], account=row["account_id"])


def of_flow(tx: Tx, why: Why, now: datetime, flow_token: str) -> None:
    """A code that was typed in this browser did not do."""
    row = tx.execute(
        "SELECT address, location, account_id FROM flows WHERE token_hash = ? "
        "ORDER BY code_hash IS NULL, created DESC, rowid DESC LIMIT 1",
        (token_hash(flow_token),),
    ).fetchone()
    if row is not None:
        write(tx, why, now, address=row["address"], location=row["location"], account=row["account_id"])


def of_link(tx: Tx, why: Why, now: datetime, link_hash: str) -> None:
    """A link that was pressed did not do."""
    row = tx.execute(
        "SELECT address, location, account_id FROM flows WHERE link_hash = ?", (link_hash,)
    ).fetchone()
    if row is not None:
        write(tx, why, now, address=row["address"], location=row["location"], account=row["account_id"])


def overlooked(tx: Tx, since: datetime, now: datetime) -> None:
    """Write down who asked too often since then; the requests themselves do the same work for everybody."""
    rows = tx.execute(
        "SELECT key FROM outbox WHERE dropped = 'too-often' AND done >= ? LIMIT 200", (ms(since),)
    ).fetchall()
    for row in rows:
        of_letter(tx, "too-often", now, row["key"].partition(":")[2])
