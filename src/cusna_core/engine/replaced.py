"""What becomes of an account whose passphrase turned out to be somebody else's key? (Rule 8.)"""

from collections.abc import Callable, Iterable
from datetime import datetime

from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events, outbox
from cusna_core.store.db import Tx
from cusna_core.store.vault import Vault


def replace(
    tx: Tx, vault: Vault, account_ids: Iterable[str], new_passphrase: Callable[[], str], now: datetime
) -> frozenset[str]:
    """A new passphrase, a line in the log, a letter to the member; returns the integrations they are of."""
    found = set()
    for account in account_ids:
        row = account_rows.get(tx, account)
        if row is None:
            continue
        found.add(row.integration)
        account_rows.set_passphrase(tx, vault, account, new_passphrase(), now)
        account_rows.replaced(tx, account, True)
        audit.write(tx, "passphrase-replaced", now, who="cusna", account=account, data={})
        events.put(tx, "passphrase.changed", now, account=account, data={"by": "cusna"})
        if row.email:
            kind = "passphrase-replaced"
            key = f"{kind}:{account}:{int(now.timestamp())}"
            outbox.put(tx, vault, kind, key, {"account": account}, now)
    return frozenset(found)
