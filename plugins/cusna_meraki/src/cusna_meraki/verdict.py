"""A batch failed, and nothing of it was done: what can be told by looking at the keys there are?"""

from collections.abc import Sequence
from typing import TypeVar

from cusna_core.api import Change, Create, Missing, Outcome, Ref, Revoke, Taken, Update
from cusna_meraki.batches import Action
from cusna_meraki.keys import KEY_TAKEN, full, taken
from cusna_meraki.models import Psk

T = TypeVar("T")

Work = tuple[Change, Action]


def by_looking(work: Sequence[Work], psks: Sequence[Psk], most: int) -> tuple[list[Outcome], list[Work]]:
    """Whose fate is plain, and who has to be tried again.

    A key that is to be made and is there, name and passphrase, was made by a batch whose answer was lost.
    Keys that the batch itself was to change or end stand in nobody's way: they may have made room.
    """
    targets = {change.ref for change, _ in work if isinstance(change, (Update, Revoke))}
    there = {psk.id for psk in psks}
    others = [psk for psk in psks if psk.id not in targets]
    names = {psk.name: psk for psk in others}
    secrets = {psk.passphrase.get_secret_value() for psk in others if psk.passphrase is not None}
    room = (
        most - len(psks) + sum(1 for change, _ in work if isinstance(change, Revoke) and change.ref in there)
    )
    outcomes: list[Outcome] = []
    rest: list[Work] = []
    for change, action in work:
        match change:
            case Revoke(ref) if ref not in there:
                outcomes.append(Outcome(change, ref=ref))
            case Update(ref) if ref not in there:
                gone = Missing("The identity PSK that was to be changed is not there any more.")
                outcomes.append(Outcome(change, error=gone))
            case Create(key) if key.label in names and names[key.label].passphrase == key.passphrase:
                outcomes.append(Outcome(change, ref=Ref(names[key.label].id)))
            case Create(key) | Update(_, key) if key.label in names:
                outcomes.append(Outcome(change, error=taken(key, [names[key.label]])))
            case Create(key) | Update(_, key) if key.passphrase.get_secret_value() in secrets:
                outcomes.append(Outcome(change, error=Taken(KEY_TAKEN)))
            case Create() if room <= 0:
                outcomes.append(Outcome(change, error=full(len(psks))))
            case _:
                room -= isinstance(change, Create)
                rest.append((change, action))
    return outcomes, rest


def halves(work: Sequence[T]) -> list[list[T]]:
    """In their order."""
    middle = (len(work) + 1) // 2
    return [part for part in (list(work[:middle]), list(work[middle:])) if part]
