"""How does a key become the fields of a group DPSK, and back?"""

from typing import Any

from cusna_core.api import Key, KeyState, Ref
from cusna_ruckus.smartzone.models import Dpsk


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
