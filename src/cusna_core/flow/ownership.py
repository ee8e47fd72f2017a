"""Which of the keys on a network are ours?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cusna_core.api import Feature, KeyState, Ref


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of a key that we made, or meant to make (an intent is recorded before the call).

    Revoked ones are remembered as well, so that a key that somebody's stale save resurrects is known as ours.
    """

    account_id: str
    label: str
    ref: Ref | None
    """None between intent and answer, on networks with labels. Elsewhere it is known beforehand."""
    fingerprint: str
    """Of the passphrase that the key was (or was to be) made with."""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A key as read, with the fingerprint of its passphrase where that can be read."""

    state: KeyState
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Owned:
    ours: Mapping[str, tuple[Seen, ...]]
    """By account, the one to keep first; more than one is a twin to be revoked."""
    foreign: tuple[Seen, ...]


def own(seen: Collection[Seen], memory: Collection[Memory], features: Feature) -> Owned:
    """Rule 11: ours is what label *and* memory say; where keys have no label, what memory's references say.

    A label with our prefix that is not in memory is somebody else's: another installation's, or of before a
    lost database. And a label alone does not make a key ours: who copies one of our keys and gives the
    copy a passphrase of their own has made a key that we did not make.
    """
    labelled: dict[str, list[Memory]] = {}
    referred: dict[str, list[Memory]] = {}
    for one in memory:
        labelled.setdefault(one.label, []).append(one)
        if one.ref is not None:
            referred.setdefault(one.ref, []).append(one)
    found: dict[str, list[tuple[bool, bool, str, Seen]]] = {}
    foreign: list[Seen] = []
    for key in seen:
        if Feature.LABEL in features:
            remembered = [one for one in labelled.get(key.state.label or "", []) if _made(one, key, features)]
        else:
            remembered = referred.get(key.state.ref, [])
        if not remembered:
            foreign.append(key)
            continue
        # Of twins, the one that is remembered as alive stays; then the one whose reference we know.
        current = [one for one in remembered if not one.revoked]
        known = any(one.ref == key.state.ref for one in current)
        account_id = (current or remembered)[0].account_id
        found.setdefault(account_id, []).append((not known, not current, key.state.ref, key))
    ours = {
        account_id: tuple(key for *_, key in sorted(twins, key=lambda twin: twin[:3]))
        for account_id, twins in found.items()
    }
    return Owned(ours, tuple(foreign))


def _made(one: Memory, key: Seen, features: Feature) -> bool:
    """Whether a key with the label of this memory is the one remembered: by reference, else by passphrase.

    The reference may be unknown to us after a lost answer. Then the passphrase decides, where it is ours to
    choose and can be read; elsewhere the label has to do.
    """
    if one.ref == key.state.ref or key.fingerprint is None or Feature.CHOOSE_PASSPHRASE not in features:
        return True
    return one.fingerprint == key.fingerprint
