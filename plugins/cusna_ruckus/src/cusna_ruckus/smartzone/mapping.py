"""How does a key become the fields of a group DPSK, and back?"""

import re
from typing import Any

from cusna_core.api import Key, KeyState, Limits, Ref, Rejected
from cusna_ruckus.smartzone.models import Dpsk

LABEL = re.compile(r"[A-Za-z0-9_.-]{2,}")
"""The API's general rule for names; none is known for this field."""
PASSPHRASE = re.compile(r"[\x20-\x7e]+")


def fit(key: Key, limits: Limits) -> None:
    """Refuse what must not be left to the controller: it names no rule for any of these."""
    passphrase = key.passphrase.get_secret_value()
    if not LABEL.fullmatch(key.label) or len(key.label) > limits.label_max:
        raise Rejected(
            f"A DPSK's name here has 2 to {limits.label_max} letters, digits, dots and hyphens; not this one."
        )
    if not limits.passphrase_min <= len(passphrase) <= limits.passphrase_max:
        raise Rejected(
            f"A passphrase has {limits.passphrase_min} to {limits.passphrase_max} characters; not this one."
        )
    if not PASSPHRASE.fullmatch(passphrase):
        raise Rejected("A passphrase has plain (ASCII) characters only; this one does not.")
    fit_vlan(key.vlan, limits)


def fit_vlan(vlan: int | None, limits: Limits) -> None:
    if vlan is not None and not limits.vlan_min <= vlan <= limits.vlan_max:
        raise Rejected(f"A key's VLAN is {limits.vlan_min} to {limits.vlan_max}; {vlan} is not.")


def fields(key: Key) -> dict[str, Any]:
    """Of one new DPSK. In a group: others bind to the first device that comes, and let no second one in."""
    body: dict[str, Any] = {
        "amount": 1,
        "userName": key.label,
        "passphraseList": [key.passphrase.get_secret_value()],
        "groupDpsk": True,
    }
    if key.vlan is not None:
        body["vlanId"] = key.vlan
    return body


def state(dpsk: Dpsk) -> KeyState:
    return KeyState(Ref(dpsk.id), label=dpsk.label, passphrase=dpsk.passphrase, vlan=dpsk.vlan)


def same(dpsk: Dpsk, key: Key) -> bool:
    """Whether a DPSK is this key in everything that we choose."""
    return (
        dpsk.label == key.label
        and dpsk.passphrase == key.passphrase
        and dpsk.vlan == key.vlan
        and dpsk.group is True
    )


def wrong(dpsk: Dpsk, key: Key) -> str:
    """In what a new DPSK differs from the key that was asked for, in words without a secret."""
    found = []
    if dpsk.label != key.label:
        found.append("its name")
    if dpsk.passphrase != key.passphrase:
        found.append("its passphrase")
    if dpsk.vlan != key.vlan:
        found.append("its VLAN")
    if dpsk.group is not True:
        found.append("that it takes many devices")
    return ", ".join(found)
