"""What is stored that a decision rests on, and what is written down of it?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cusna_core.engine.decision import Decision
from cusna_core.engine.news import of_access
from cusna_core.flow.brake import DAY, Past
from cusna_core.flow.world import Account, Claim, Facts, Override, Right
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events
from cusna_core.store import facts as fact_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Tx

CLAIMS_KEPT = timedelta(days=40)
"""A claimed booking may go on for weeks; a claim older than this renews nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a whole integration."""

    facts: Facts
    accounts: Mapping[str, Account]
    claims: tuple[Claim, ...]
    overrides: tuple[Override, ...]
    ledger: tuple[Right, ...]
    past: tuple[Past, ...]
    accepted: frozenset[str]
    gone: frozenset[str]
    """Ids of facts of which the source says so, of the last days."""
    revoked: frozenset[str]
    """Ids of overrides that an admin has ended, of the last days."""

    @classmethod
    def load(cls, tx: Tx, integration: str, now: datetime) -> "Known":
        return cls(
            facts=fact_rows.load(tx, integration),
            accounts={one.id: one for one in account_rows.everyone(tx, integration)},
            claims=tuple(right_rows.claims(tx, integration, (now - CLAIMS_KEPT).date())),
            overrides=tuple(right_rows.overrides(tx, integration)),
            ledger=tuple(right_rows.ledger(tx, integration)),
            past=tuple(right_rows.past(tx, integration, now - DAY)),
            accepted=right_rows.accepted(tx, integration),
            gone=fact_rows.gone(tx, integration, now),
            revoked=right_rows.ended_overrides(tx, integration, now - 2 * DAY),
        )


def asked_for(tx: Tx, account_id: str, now: datetime) -> tuple[list[Claim], list[Override]]:
    """What one account took in the portal, and what an admin granted it."""
    claims = right_rows.claims_of(tx, account_id, (now - CLAIMS_KEPT).date())
    return claims, right_rows.overrides_of(tx, account_id)


def keep(tx: Tx, decision: Decision, known: Known) -> None:
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


def grant(tx: Tx, integration: str, grown: tuple[Right, ...], now: datetime) -> None:
    """One account's rights that have `grown`: added to the ledger, or given their later end."""
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


def grown(ledger: Iterable[Right], found: Iterable[Right]) -> tuple[Right, ...]:
    """An account's rights that are new, or last longer than was accepted."""
    before = {one.id: one for one in ledger}
    return tuple(one for one in found if one.id not in before or _longer(one, before[one.id]))


def _longer(new: Right, old: Right) -> bool:
    return old.ends is not None and (new.ends is None or new.ends > old.ends)
