"""How does the front desk let somebody in whose mail does not come?"""

import hmac
from datetime import datetime, timedelta
from typing import Final

from cusna_core.store.db import Tx
from cusna_core.store.instants import ms
from cusna_core.store.limits import address_key
from cusna_core.store.vault import Vault

CODE_LIFE: Final = timedelta(minutes=10)
ATTEMPTS: Final = 10
"""Tries at one such code, over all flows of its address."""


def desk_code(tx: Tx, vault: Vault, account_id: str, code: str, now: datetime, by: str) -> bool:
    """Make `code` good for ten minutes in a flow of the account's address; an earlier one ends.

    False for an account without an address: there is no flow in which to type it.
    """
    row = tx.execute("SELECT email_key FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if row is None or row["email_key"] is None:
        return False
    tx.execute(
        "INSERT INTO desk_codes (account_id, address, code_hash, expires, by) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (account_id) DO UPDATE SET address = excluded.address, code_hash = excluded.code_hash, "
        "expires = excluded.expires, by = excluded.by, used = NULL, compared = 0",
        (
            account_id,
            address_key(vault, row["email_key"]),
            vault.code_hash(_scope(account_id), code),
            ms(now + CODE_LIFE),
            by,
        ),
    )
    return True


def use(tx: Tx, vault: Vault, address: str, account_id: str | None, code: str, now: datetime) -> str | None:
    """The account that a code of this address (a fingerprint) lets in, once.

    `account_id` is whose flow it is, where the worker has found out already.
    """
    given = tx.execute(
        "UPDATE desk_codes SET compared = compared + 1 WHERE address = ?1 AND used IS NULL AND expires > ?2 "
        "AND compared < ?3 AND (?4 IS NULL OR account_id = ?4) RETURNING account_id, code_hash",
        (address, ms(now), ATTEMPTS, account_id),
    ).fetchall()
    for row in given:
        if hmac.compare_digest(vault.code_hash(_scope(row["account_id"]), code), row["code_hash"]):
            tx.execute("UPDATE desk_codes SET used = ? WHERE account_id = ?", (ms(now), row["account_id"]))
            return str(row["account_id"])
    return None


def forget(tx: Tx, account_id: str) -> None:
    tx.execute("DELETE FROM desk_codes WHERE account_id = ?", (account_id,))


def purge(tx: Tx, now: datetime) -> None:
    tx.execute("DELETE FROM desk_codes WHERE expires <= ?", (ms(now),))


def _scope(account_id: str) -> str:
    return f"desk:{account_id}"
