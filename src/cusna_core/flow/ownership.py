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
    """Rule 11: ours is what label *and* memory say; where keys have no label, what the memory's references say."""
    raise NotImplementedError
