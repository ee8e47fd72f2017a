"""What must be changed so that a network has the keys it should, in which order, and because of what?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cusna_core.api import Feature, Ref, Segment, SegmentState
from cusna_core.flow.keys import Should, Wanted
from cusna_core.flow.ownership import Memory, Owned, Seen


class Verb(StrEnum):
    REVOKE = "revoke"
    ENSURE = "ensure"
    UPDATE = "update"
    CREATE = "create"


class Cause(StrEnum):
    """Why a change is made; `words` makes a sentence of it."""

    NEW = "new"
    ENDED = "ended"
    """No right any more, or suspended, or waiting."""
    TWIN = "twin"
    PASSPHRASE = "passphrase"
    VLAN = "vlan"
    END = "end"
    RETURNED = "returned"
    """Revoked before, and there again."""
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Step:
    verb: Verb
    causes: tuple[Cause, ...]
    account_id: str | None = None
    ref: Ref | None = None
    wanted: Wanted | None = None
    segment: Segment | None = None
    was: Seen | None = None
    """The key as read, for REVOKE and UPDATE."""


def changes(
    should: Should,
    owned: Owned,
    segments: Collection[SegmentState],
    needed: Mapping[int, Segment],
    memory: Collection[Memory],
    features: Feature,
) -> tuple[Step, ...]:
    """Revokes first (they free places and passphrases), then segments, updates and creates, each in a stable order.

    Where the network has no UPDATE, an update is a revoke and a create. `needed` are the segments of the wanted VLANs;
    those that exist already are not ensured again. Ends are compared to the second, and only where the vendor keeps them (EXPIRY).
    Where the passphrase cannot be read, the memory's fingerprint tells what the key was made with.
    """
    raise NotImplementedError
