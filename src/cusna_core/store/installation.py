"""Which installation is this, and is the key file the one that belongs to it?"""

import secrets
import string
from collections.abc import Callable

from cusna_core.store.db import Tx
from cusna_core.store.vault import Tampered, Vault

_ALPHABET = string.ascii_lowercase + string.digits
PROOF = "installation:proof"


class WrongKeyFile(Exception):
    """The key file is a good one, but of another database."""


def identity(tx: Tx, choice: Callable[[str], str] = secrets.choice) -> str:
    """Six letters and digits, made once: what every label of ours carries."""
    row = tx.execute("SELECT value FROM installation WHERE name = 'identity'").fetchone()
    if row is not None:
        return str(row["value"])
    made = "".join(choice(_ALPHABET) for _ in range(6))
    tx.execute("INSERT INTO installation (name, value) VALUES ('identity', ?)", (made,))
    return made


def prove(tx: Tx, vault: Vault) -> None:
    """Raises WrongKeyFile where this vault did not seal this database; call before anything else."""
    row = tx.execute("SELECT value FROM installation WHERE name = 'proof'").fetchone()
    if row is None:
        # The keyed fingerprint as well: the index key cannot be told from what is sealed.
        sealed = vault.seal(vault.fingerprint(PROOF), PROOF)
        tx.execute("INSERT INTO installation (name, value) VALUES ('proof', ?)", (sealed,))
        return
    try:
        fits = vault.unseal(row["value"], PROOF) == vault.fingerprint(PROOF)
    except Tampered:
        fits = False
    if not fits:
        raise WrongKeyFile(
            "The key file does not belong to this database: its secrets cannot be read with it. "
            "Nothing was started and nothing was changed; WiFi stays as it is. Put the right key file back."
        )
