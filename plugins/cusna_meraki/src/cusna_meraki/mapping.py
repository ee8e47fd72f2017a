"""How does a key become the fields of an identity PSK, and back?

Meraki's own end is a dead man's switch: it comes a grace after the one that Cusna carries out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from cusna_core.api import Key
from cusna_meraki.models import Psk

A_SECOND = timedelta(seconds=1)


def expiry(ends: datetime, grace: timedelta) -> datetime:
    """In whole seconds, never before the end that was promised."""
    whole = ends.astimezone(UTC).replace(microsecond=0)
    return grace + (whole if whole == ends else whole + A_SECOND)


def promised_end(psk: Psk, prefix: str, grace: timedelta) -> datetime | None:
    """When the key was meant to end; only ours carry a grace.

    To the nearest second: Meraki may give an instant back that lost a microsecond.
    """
    if psk.expires is None:
        return None
    whole = (psk.expires + A_SECOND / 2).replace(microsecond=0)
    return whole - grace if (psk.name or "").startswith(prefix) else whole


def fields(key: Key, policy: str, grace: timedelta) -> dict[str, Any]:
    """Of a new identity PSK."""
    body = {"name": key.label, "passphrase": key.passphrase.get_secret_value(), "groupPolicyId": policy}
    if key.ends is not None:
        body["expiresAt"] = _text(expiry(key.ends, grace))
    return body


def changes(now: Psk, key: Key, policy: str, grace: timedelta) -> dict[str, Any]:
    """The fields that differ. A passphrase that is not shown counts as different, a second does not."""
    body: dict[str, Any] = {}
    if now.name != key.label:
        body["name"] = key.label
    if now.passphrase != key.passphrase:
        body["passphrase"] = key.passphrase.get_secret_value()
    if now.policy_id != policy:
        body["groupPolicyId"] = policy
    if key.ends is None:
        if now.expires is not None:
            body["expiresAt"] = None
    else:
        wanted = expiry(key.ends, grace)
        if now.expires is None or abs(now.expires - wanted) > A_SECOND:
            body["expiresAt"] = _text(wanted)
    return body


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
