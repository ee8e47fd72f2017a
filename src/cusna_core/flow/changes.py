"""What must be changed so that a network has the keys it should, in which order, and because of what?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    PASSPHRASE = "passphrase"  # noqa: S105 - the word, not one
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
    """Revokes first (they free places and passphrases), then segments, updates and creates.

    Revokes are in the order of accounts, the rest in the order of place. Where the network has no UPDATE, an
    update is a revoke and a create. `needed` are the segments of the wanted VLANs; those that exist already
    are not ensured again, whatever their name. Ends are compared to the second, and only where the vendor
    keeps them (EXPIRY). Where the passphrase cannot be read, the memory's fingerprint tells what the key was
    made with.
    """
    remembered: dict[str, list[Memory]] = {}
    for made in memory:
        remembered.setdefault(made.account_id, []).append(made)
    wanted = {one.account_id: one for one in should.wanted}
    revokes = [
        step
        for account_id, keys in sorted(owned.ours.items())
        for step in _surplus(account_id, keys, remembered.get(account_id, []), kept=account_id in wanted)
    ]
    updates, creates = [], []
    for one in should.wanted:
        keys = owned.ours.get(one.account_id, ())
        if not keys:
            creates.append(Step(Verb.CREATE, (Cause.NEW,), one.account_id, wanted=one))
            continue
        key = keys[0]
        causes = tuple(_differences(one, key, remembered.get(one.account_id, []), features))
        if causes and Feature.UPDATE in features:
            updates.append(Step(Verb.UPDATE, causes, one.account_id, key.state.ref, one, was=key))
        elif causes:
            revokes.append(Step(Verb.REVOKE, causes, one.account_id, key.state.ref, was=key))
            creates.append(Step(Verb.CREATE, causes, one.account_id, wanted=one))
    return (*revokes, *_segments(should, segments, needed), *updates, *creates)


def _surplus(
    account_id: str, keys: Sequence[Seen], memory: Collection[Memory], *, kept: bool
) -> Iterator[Step]:
    """All keys of an account that should have none, and all but the first of one that should."""
    for number, key in enumerate(keys):
        if kept and number == 0:
            continue
        made = _memory(key, memory)
        cause = Cause.TWIN if number else Cause.ENDED
        if made is not None and made.revoked:
            cause = Cause.RETURNED
        yield Step(Verb.REVOKE, (cause,), account_id, key.state.ref, was=key)


def _differences(wanted: Wanted, key: Seen, memory: Collection[Memory], features: Feature) -> Iterator[Cause]:
    fingerprint = key.fingerprint
    if fingerprint is None:
        made = _memory(key, memory)
        fingerprint = None if made is None else made.fingerprint
    if Feature.CHOOSE_PASSPHRASE in features and fingerprint != wanted.fingerprint:
        yield Cause.PASSPHRASE
    if Feature.VLAN in features and key.state.vlan != wanted.vlan:
        yield Cause.VLAN
    if Feature.EXPIRY in features and not _same_second(key.state.ends, wanted.ends):
        yield Cause.END


def _same_second(one: datetime | None, other: datetime | None) -> bool:
    """Vendors round, some up and some down."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < timedelta(seconds=1)


def _memory(key: Seen, memory: Collection[Memory]) -> Memory | None:
    """The memory of just this key: by reference, else by its passphrase, the living before the revoked."""

    def unlike(one: Memory) -> tuple[bool, bool, bool]:
        return one.ref != key.state.ref, one.fingerprint != key.fingerprint, one.revoked

    return min(memory, key=unlike, default=None)


def _segments(
    should: Should, segments: Collection[SegmentState], needed: Mapping[int, Segment]
) -> Iterator[Step]:
    existing = {one.vlan for one in segments}
    used = {one.vlan for one in should.wanted if one.vlan is not None}
    for vlan in sorted(used & needed.keys() - existing):
        yield Step(Verb.ENSURE, (Cause.SEGMENT,), segment=needed[vlan])
