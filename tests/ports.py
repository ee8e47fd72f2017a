"""On which port may a test's own server listen?

Not on one that the system would give out by itself: between the look and the server's start another test's
connection may get it. So from below those, and each worker of pytest from a stretch of its own.
"""

import itertools
import os
import re
import socket

FIRST, EACH, WORKERS = 20_000, 1_000, 12
"""Linux gives out ports from 32,768 on, and macOS from 49,152 on."""
_worker = int((re.findall(r"\d+", os.environ.get("PYTEST_XDIST_WORKER", "")) or ["0"])[0])
_turn = itertools.count(os.getpid())


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free(many: int = 1) -> int:
    """The first of so many free ports in a row."""
    while True:
        port = FIRST + _worker % WORKERS * EACH + next(_turn) % (EACH - many)
        if all(_is_free(port + one) for one in range(many)):
            return port
