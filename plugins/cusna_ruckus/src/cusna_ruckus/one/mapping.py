"""How does a key become the fields of a passphrase in a pool, and back?

RUCKUS One's own end is a dead man's switch: it comes a grace after the one that Cusna carries out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from cusna_core.api import Key, Limits, Rejected
from cusna_ruckus.one.models import Row

A_SECOND = timedelta(seconds=1)
REASON = "cusna: access ended"
"""Stands at a passphrase that we revoked, and tells it from one that somebody else revoked."""


def expiry(ends: datetime, grace: timedelta) -> datetime:
    """In whole seconds, never before the end that was promised."""
    whole = ends.astimezone(UTC).replace(microsecond=0)
    return grace + (whole if whole == ends else whole + A_SECOND)


def promised_end(row: Row, prefix: str, grace: timedelta) -> datetime | None:
    """When the key was meant to end; only ours carry a grace."""
    if row.expires is None:
        return None
    whole = (row.expires + A_SECOND / 2).replace(microsecond=0)
    return whole - grace if (row.label or "").startswith(prefix) else whole


def fields(key: Key, devices: int | None, grace: timedelta) -> dict[str, Any]:
    """Of a new passphrase. No address of anybody's: RUCKUS One would mail it the passphrase."""
    body = {"username": key.label, "passphrase": key.passphrase.get_secret_value()} | _allowed(devices)
    if key.vlan is not None:
        body["vlanId"] = key.vlan
    if key.ends is not None:
        body["expirationDate"] = _text(expiry(key.ends, grace))
    return body


def changes(now: Row, key: Key, devices: int | None, grace: timedelta) -> dict[str, Any]:
    """The fields that differ. A passphrase that is not shown counts as different, a second does not."""
    body = lacks(now, key, grace)
    if now.passphrase is None:
        body["passphrase"] = key.passphrase.get_secret_value()
    if now.limit != devices:
        body |= _allowed(devices)
    return body


def everything(key: Key, devices: int | None, grace: timedelta) -> dict[str, Any]:
    """All fields, for a passphrase of which nobody knows what is being made of it."""
    return {"vlanId": None, "expirationDate": None} | fields(key, devices, grace)


def lacks(now: Row, key: Key, grace: timedelta) -> dict[str, Any]:
    """What must be as it was asked for, or the change has failed.

    Not the number of devices: RUCKUS One adjusts that as it likes, and says nothing.
    """
    body: dict[str, Any] = {}
    if now.label != key.label:
        body["username"] = key.label
    if now.passphrase is not None and now.passphrase != key.passphrase:
        body["passphrase"] = key.passphrase.get_secret_value()
    if now.vlan != key.vlan:
        body["vlanId"] = key.vlan
    if key.ends is None:
        if now.expires is not None:
            body["expirationDate"] = None
    else:
        wanted = expiry(key.ends, grace)
        if now.expires is None or abs(now.expires - wanted) > A_SECOND:
            body["expirationDate"] = _text(wanted)
    return body


def fit(key: Key, limits: Limits) -> None:
    """Raises Rejected for what RUCKUS One would refuse, or quietly make something else of.

    It takes a passphrase of 64 characters on, and fails later; and it stores others to the letter.
    """
    passphrase = key.passphrase.get_secret_value()
    if not 1 <= len(key.label) <= limits.label_max:
        raise Rejected(f"The key's label is longer than {limits.label_max} characters.")
    if not limits.passphrase_min <= len(passphrase) <= limits.passphrase_max:
        raise Rejected(
            f"The pool takes passphrases of {limits.passphrase_min} to {limits.passphrase_max} characters."
        )
    if not all(" " <= sign <= "~" for sign in passphrase):
        raise Rejected("A passphrase may hold plain letters, digits and signs only.")
    if key.vlan is not None and not limits.vlan_min <= key.vlan <= limits.vlan_max:
        raise Rejected(f"A VLAN is a number from {limits.vlan_min} to {limits.vlan_max}.")


def _allowed(devices: int | None) -> dict[str, Any]:
    """Said in so many words: left out, the pool's own limit counts."""
    if devices is None:
        return {"numberOfDevicesType": "UNLIMITED"}
    return {"numberOfDevicesType": "LIMITED", "numberOfDevices": devices}


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
