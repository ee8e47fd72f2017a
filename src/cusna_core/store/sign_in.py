"""How does somebody prove that an address is theirs?

A flow is one press of *Continue* in one browser. Its mail carries a link and a code, two one-time
proofs that do not use up each other: a scanner that presses the link leaves the code alone.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cusna_core.store import desk_codes, devices, limits, outbox, sessions
from cusna_core.store.db import Tx
from cusna_core.store.desk_codes import CODE_LIFE as CODE_LIFE
from cusna_core.store.desk_codes import desk_code as desk_code
from cusna_core.store.instants import ms
from cusna_core.store.limits import BY_ADDRESS as BY_ADDRESS
from cusna_core.store.limits import BY_IP as BY_IP
from cusna_core.store.limits import VERIFY as VERIFY
from cusna_core.store.limits import Rules as Rules
from cusna_core.store.limits import address_key as address_key
from cusna_core.store.limits import allowed as allowed
from cusna_core.store.limits import ip_key as ip_key
from cusna_core.store.sessions import Session as Session
from cusna_core.store.sessions import alive as alive
from cusna_core.store.sessions import close_account as close_account
from cusna_core.store.sessions import close_admin as close_admin
from cusna_core.store.sessions import close_others as close_others
from cusna_core.store.sessions import close_others_of_admin as close_others_of_admin
from cusna_core.store.sessions import close_session as close_session
from cusna_core.store.sessions import fresh as fresh
from cusna_core.store.sessions import offer as offer
from cusna_core.store.sessions import offered as offered
from cusna_core.store.sessions import open_session as open_session
from cusna_core.store.sessions import others_of_admin as others_of_admin
from cusna_core.store.sessions import session as session
from cusna_core.store.vault import Vault, token_hash

LINK_LIFE: Final = timedelta(minutes=30)
ATTEMPTS: Final = 5
"""Codes that may be tried in one flow."""
LINKS: Final = 3
"""Unused links that stay good at a time, for an account."""


def new_flow_id() -> str:
    return secrets.token_hex(8)


def ask(
    tx: Tx,
    vault: Vault,
    flow_token: str,
    location: str,
    typed: str,
    email_key: str | None,
    ip: str,
    language: str,
    link_token: str,
    code: str,
    now: datetime,
    *,
    make_id: Callable[[], str] = new_flow_id,
) -> None:
    """Somebody typed an address: the same statements for everybody, known or not.

    The outbox gets a letter "sign-in" with {flow_id, location, typed, language, link_token, code,
    by_ip}. `location` '' means the console. An address that asks too often gets a letter that is
    dropped from the start, and a flow whose link and code can be used by nobody. `by_ip` false means
    that this IP asks too often: the worker writes to addresses that are known, and asks no source.
    """
    address = address_key(vault, email_key or typed.strip().lower())
    by_address = allowed(tx, "ask:address", address, now, BY_ADDRESS)
    by_ip = allowed(tx, "ask:ip", ip_key(vault, ip), now, BY_IP)
    flow_id = make_id()
    link_hash, code_hash = vault.token_hash(link_token), vault.code_hash(flow_id, code)
    tx.execute(
        "INSERT INTO flows (id, token_hash, address, location, created, link_hash, link_expires, code_hash, "
        "code_expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            flow_id,
            vault.token_hash(flow_token),
            address,
            location,
            ms(now),
            link_hash if by_address else None,
            ms(now + LINK_LIFE),
            code_hash if by_address else None,
            ms(now + CODE_LIFE),
        ),
    )
    outbox.put(
        tx,
        vault,
        "sign-in",
        f"sign-in:{flow_id}",
        {
            "flow_id": flow_id,
            "location": location,
            "typed": typed,
            "language": language,
            "link_token": link_token,
            "code": code,
            "by_ip": by_ip,
        },
        now,
        expires=now + LINK_LIFE,
        dropped=None if by_address else "too-often",
    )


def resolve(tx: Tx, flow_id: str, account_id: str) -> None:
    """The worker found whose address it is; of the account's unused links the newest three stay."""
    tx.execute("UPDATE flows SET account_id = ? WHERE id = ?", (account_id, flow_id))
    tx.execute(
        "UPDATE flows SET link_hash = NULL WHERE account_id = ?1 AND link_used IS NULL "
        "AND link_hash IS NOT NULL AND id NOT IN (SELECT id FROM flows "
        "WHERE account_id = ?1 AND link_used IS NULL AND link_hash IS NOT NULL "
        "ORDER BY created DESC, rowid DESC LIMIT ?2)",
        (account_id, LINKS),
    )


def resolve_admin(tx: Tx, flow_id: str, admin: str) -> None:
    """The address is an admin's and the flow is the console's."""
    tx.execute("UPDATE flows SET admin = ? WHERE id = ? AND location = ''", (admin, flow_id))


def admin_link(
    tx: Tx,
    vault: Vault,
    admin: str,
    link_token: str,
    now: datetime,
    *,
    make_id: Callable[[], str] = new_flow_id,
) -> None:
    """A link to the console without a mail, for `cusna admin-link`."""
    flow_id = make_id()
    tx.execute(
        "INSERT INTO flows (id, token_hash, address, location, admin, created, link_hash, link_expires, "
        "code_expires) VALUES (?1, ?2, ?3, '', ?4, ?5, ?6, ?7, ?5)",
        (
            flow_id,
            token_hash(secrets.token_urlsafe(32)),
            address_key(vault, admin),
            admin,
            ms(now),
            vault.token_hash(link_token),
            ms(now + LINK_LIFE),
        ),
    )


class LinkFate(StrEnum):
    FRESH = "fresh"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkState:
    state: LinkFate
    location: str | None = None
    """Where the flow began ('' for the console); None for an unknown link."""


def by_link(tx: Tx, vault: Vault, token: str, now: datetime) -> LinkState:
    """What a link is worth; changes nothing."""
    row = tx.execute(
        "SELECT location, link_used, link_expires FROM flows WHERE link_hash = ? "
        "AND (account_id IS NOT NULL OR admin IS NOT NULL)",
        (vault.token_hash(token),),
    ).fetchone()
    if row is None:
        return LinkState(LinkFate.UNKNOWN)
    if row["link_used"] is not None:
        return LinkState(LinkFate.USED, row["location"])
    if row["link_expires"] <= ms(now):
        return LinkState(LinkFate.EXPIRED, row["location"])
    return LinkState(LinkFate.FRESH, row["location"])


@dataclass(frozen=True, slots=True)
class Used:
    """A proof that was accepted, once: of an account, or of an admin."""

    flow_id: str
    account_id: str | None
    admin: str | None
    location: str
    """Where the flow began; '' for the console."""


def use_link(tx: Tx, vault: Vault, token: str, now: datetime) -> Used | None:
    """Exactly one caller gets an answer, whatever the number of those who try at once."""
    row = tx.execute(
        "UPDATE flows SET link_used = ?1 WHERE link_hash = ?2 AND link_used IS NULL AND link_expires > ?1 "
        "AND (account_id IS NOT NULL OR admin IS NOT NULL) RETURNING id, account_id, admin, location",
        (ms(now), vault.token_hash(token)),
    ).fetchone()
    return None if row is None else Used(row["id"], row["account_id"], row["admin"], row["location"])


# Of a browser's flows the newest that was mailed: "send again" too early must not kill the code that
# is on its way.
_ATTEMPT: Final = """
    UPDATE flows SET attempts = attempts + 1 WHERE attempts < ?2 AND id = (
        SELECT id FROM flows WHERE token_hash = ?1
        ORDER BY code_hash IS NULL, created DESC, rowid DESC LIMIT 1)
"""
_COMPARE: Final = """
    UPDATE flows SET compared = compared + 1 WHERE compared < attempts AND link_expires > ?2 AND id = (
        SELECT id FROM flows WHERE token_hash = ?1
        ORDER BY code_hash IS NULL, created DESC, rowid DESC LIMIT 1)
    RETURNING id, account_id, admin, address, location, code_hash, code_expires, code_used
"""


def attempt(tx: Tx, flow_token: str) -> bool:
    """Count a try *before* the comparison, in a committed transaction of its own; false: no more."""
    cursor = tx.execute(
        _ATTEMPT,
        (token_hash(flow_token), ATTEMPTS),
    )
    return cursor.rowcount == 1


def left(tx: Tx, flow_token: str) -> int:
    """How many tries this browser has left; the same count whoever it asked for."""
    row = tx.execute(
        "SELECT attempts FROM flows WHERE token_hash = ? "
        "ORDER BY code_hash IS NULL, created DESC, rowid DESC LIMIT 1",
        (token_hash(flow_token),),
    ).fetchone()
    return max(0, ATTEMPTS - int(row["attempts"])) if row is not None else 0


def use_code(tx: Tx, vault: Vault, flow_token: str, code: str, now: datetime) -> Used | None:
    """The code of this browser's flow, or one that the front desk gave to the same address.

    Every comparison spends one `attempt`; without one there is no answer.
    """
    flow = tx.execute(
        _COMPARE,
        (vault.token_hash(flow_token), ms(now)),
    ).fetchone()
    if flow is None:
        return None
    given = vault.code_hash(flow["id"], code)
    if hmac.compare_digest(given, flow["code_hash"] or ""):
        if flow["code_used"] is not None or flow["code_expires"] <= ms(now):
            return None
        if flow["account_id"] is None and flow["admin"] is None:
            return None
        tx.execute("UPDATE flows SET code_used = ? WHERE id = ?", (ms(now), flow["id"]))
        return Used(flow["id"], flow["account_id"], flow["admin"], flow["location"])
    if flow["location"] == "":
        return None  # the front desk opens no console
    desk = desk_codes.use(tx, vault, flow["address"], flow["account_id"], code, now)
    return None if desk is None else Used(flow["id"], desk, None, flow["location"])


def forget(tx: Tx, account_id: str) -> None:
    """End everything that lets an account in: sessions, links, codes. The next sign-in starts anew."""
    close_account(tx, account_id)
    tx.execute(
        "UPDATE flows SET link_hash = NULL, code_hash = NULL, account_id = NULL WHERE account_id = ?",
        (account_id,),
    )
    desk_codes.forget(tx, account_id)


def purge(tx: Tx, now: datetime) -> None:
    """Daily: everything of sign-in that has expired."""
    tx.execute("DELETE FROM flows WHERE link_expires <= ?", (ms(now),))
    desk_codes.purge(tx, now)
    devices.purge(tx, now)
    sessions.purge(tx, now)
    limits.purge(tx, now)
