"""A process that writes acknowledged transactions until somebody kills it (see test_crash)."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cusna_core.store import accounts, outbox
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

NOW = datetime(2024, 3, 4, tzinfo=UTC)


async def write(folder: Path) -> None:
    vault = Vault.open(folder / "cusna.key", database=folder / "cusna.db")
    db = await Database.open(folder / "cusna.db")
    number = await db.read(lambda tx: tx.execute("SELECT count(*) FROM accounts").fetchone()[0])
    os.write(1, b"up\n")
    while True:
        number += 1

        def one(tx: Tx, number: int = number) -> None:
            passphrase = f"passphrase-{number}"
            accounts.create(
                tx, vault, "hq", f"{number}@x.org", None, "", [], passphrase, NOW, make_id=lambda: f"{number}"
            )
            outbox.put(tx, vault, "notice", f"{number}", {"number": number}, NOW)

        await db.run(one)
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
