"""What was acknowledged is there, whenever the process dies."""

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from cusna_core.store import accounts, migrations, outbox
from cusna_core.store.db import connect
from cusna_core.store.vault import Vault

from .conftest import NOW

KILLS = 40
BUDGET = 15.0
"""Seconds; a machine with other things to do gets through fewer kills."""
FEWEST = 5


def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(7)
    writer = Path(__file__).with_name("writer.py")
    acknowledged = 0
    kills = 0
    began = time.monotonic()
    while kills < KILLS and (kills < FEWEST or time.monotonic() - began < BUDGET):
        child = subprocess.Popen([sys.executable, str(writer), str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        with child.stdout as said:
            assert said.readline() == b"up\n"
            timer = threading.Timer(chance.uniform(0.01, 0.15), child.send_signal, [signal.SIGKILL])
            timer.start()
            numbers = [int(line) for line in said.read().split(b"\n")[:-1]]
            timer.join()
        assert child.wait() == -signal.SIGKILL
        kills += 1
        acknowledged = max(numbers, default=acknowledged)
        with closing(sqlite3.connect(tmp_path / "cusna.db")) as connection:
            assert migrations.problems(connection) == []
            written = [int(row[0]) for row in connection.execute("SELECT id FROM accounts")]
            letters = [int(row[0]) for row in connection.execute("SELECT key FROM outbox")]
        # At most one more than was acknowledged: it was on the disk before the word got out.
        assert sorted(written) == list(range(1, len(written) + 1))
        assert acknowledged <= len(written) <= acknowledged + 1
        assert sorted(letters) == sorted(written)
        acknowledged = len(written)
    assert acknowledged > kills
    vault = Vault.open(tmp_path / "cusna.key", database=tmp_path / "cusna.db")
    with closing(connect(tmp_path / "cusna.db")) as tx:
        assert accounts.passphrase(tx, vault, str(acknowledged)) == f"passphrase-{acknowledged}"
        assert outbox.due(tx, vault, NOW, 1)[0].payload == {"number": 1}
