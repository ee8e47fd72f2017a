"""How often may somebody try? Rolling counters, keyed by fingerprints, never by clear addresses."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cusna_core.store.db import Tx
from cusna_core.store.instants import ms
from cusna_core.store.vault import Vault

Rules = Sequence[tuple[int, timedelta]]
"""(how many, within), each a rolling window; all must hold."""

BY_ADDRESS: Final[Rules] = (
    (1, timedelta(seconds=60)),
    (5, timedelta(hours=1)),
    (15, timedelta(days=1)),
)
BY_IP: Final[Rules] = ((30, timedelta(minutes=10)), (200, timedelta(hours=1)))
"""Room for a whole house behind one address."""
VERIFY: Final[Rules] = ((30, timedelta(minutes=5)),)
LONGEST: Final = timedelta(days=1)


def address_key(vault: Vault, address: str) -> str:
    return vault.fingerprint(f"address:{address}")


def ip_key(vault: Vault, ip: str) -> str:
    """IPv6 by /64, which is what one household has; an IPv4 address in IPv6 clothes is IPv4."""
    try:
        parsed = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return vault.fingerprint(f"ip:{ip}")
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return vault.fingerprint(f"ip:{parsed.ipv4_mapped}")
        return vault.fingerprint(f"ip:{ipaddress.ip_network((parsed, 64), strict=False).network_address}/64")
    return vault.fingerprint(f"ip:{parsed}")


def allowed(tx: Tx, kind: str, key: str, now: datetime, rules: Rules) -> bool:
    """Count one try if the rules have room for it; one that is refused does not count.

    One statement whatever the answer, so that it costs the same for everybody.
    """
    room = " AND ".join(
        "(SELECT count(*) FROM hits WHERE kind = ? AND key = ? AND at > ? AND at <= ?) < ?" for _ in rules
    )
    values: list[object] = [kind, key, ms(now)]
    for count, within in rules:
        values += [kind, key, ms(now - within), ms(now), count]  # a clock set back locks nobody out
    # The text is made of constants only; every value is a parameter.
    cursor = tx.execute(f"INSERT INTO hits (kind, key, at) SELECT ?, ?, ? WHERE {room}", values)
    return cursor.rowcount == 1


def purge(tx: Tx, now: datetime) -> None:
    tx.execute("DELETE FROM hits WHERE at <= ?", (ms(now - LONGEST),))
