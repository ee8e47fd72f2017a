"""How do secrets come from an older key to the newest one?"""

from typing import Final

from cusna_core.store import accounts, outbox, sessions, settings
from cusna_core.store.db import Database, Tx
from cusna_core.store.installation import PROOF
from cusna_core.store.vault import Vault

BATCH: Final = 500


def rotate(tx: Tx, vault: Vault, limit: int = BATCH) -> int:
    """Seal up to `limit` secrets anew; 0 means that everything is sealed with the newest key.

    What is still old is found by what is written in it, so this can be stopped and begun again at
    any time. Raises Tampered at a secret that cannot be read.
    """
    newest = f"v1:{vault.sealing}:%"
    done = 0
    for select, update, about in (
        (
            "SELECT value, 'proof' FROM installation WHERE name = 'proof' AND value NOT LIKE ? LIMIT ?",
            "UPDATE installation SET value = ? WHERE name = ?",
            lambda _: PROOF,
        ),
        (
            "SELECT passphrase, id FROM accounts WHERE passphrase NOT LIKE ? LIMIT ?",
            "UPDATE accounts SET passphrase = ? WHERE id = ?",
            accounts.about,
        ),
        (
            "SELECT payload, id FROM outbox WHERE payload NOT LIKE ? LIMIT ?",
            "UPDATE outbox SET payload = ? WHERE id = ?",
            outbox.about,
        ),
        (
            "SELECT offer, id FROM sessions WHERE offer NOT LIKE ? LIMIT ?",
            "UPDATE sessions SET offer = ? WHERE id = ?",
            sessions.offer_about,
        ),
        (
            "SELECT payload, kind, name FROM settings WHERE payload NOT LIKE ? LIMIT ?",
            "UPDATE settings SET payload = ? WHERE kind = ? AND name = ?",
            settings.about,
        ),
    ):
        for sealed, *identity in tx.execute(select, (newest, limit - done)).fetchall():
            name = about(*identity)
            tx.execute(update, (vault.seal(vault.unseal(sealed, name), name), *identity))
            done += 1
    return done


async def rotate_all(db: Database, vault: Vault) -> int:
    """Batch by batch, so that nobody waits for long; returns how many secrets were sealed anew."""
    total = 0
    while done := await db.run(lambda tx: rotate(tx, vault)):
        total += done
    return total
