"""What do changes make of an SSID's list of PPSKs?

Pure. The list has neither names nor ids: an entry is known by the fingerprint of its passphrase. Entries
that no change names stay as they are, in their order, with fields nobody here knows; new ones go last.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cusna_core.api import AuthFailed, Create, Full, Key, Missing, Ref, Rejected, Revoke, Taken, Update

Entry = dict[str, Any]
KeyChange = Revoke | Update | Create

PASSPHRASE = re.compile(r"[\x20-\x7e]{8,63}")
MASKED = re.compile(r"([*•●xX.])\1+|[\[<(*]*(?i:redacted|hidden|masked)[\]>)*]*")
"""How a hidden password may look; written back, the mask would be the password."""


def password(entry: Entry) -> str:
    """An entry's passphrase; AuthFailed where the controller does not show it."""
    found = entry.get("password")
    if not isinstance(found, str) or len(found) < 8 or MASKED.fullmatch(found):
        raise AuthFailed(
            "UniFi hides the passphrases of this WiFi from Cusna's account. Saving the list would destroy "
            "them, so nothing is written. Give the account the role of an admin for Network."
        )
    return found


def network_id(entry: Entry) -> str:
    """Where an entry leads; empty: to the WLAN's own network."""
    return str(entry.get("networkconf_id") or "")


@dataclass(slots=True, repr=False)
class Plan:
    """What the list becomes (`target`), what became of each change, and which references it touches."""

    target: list[Entry]
    results: list[Ref | Rejected]
    touched: list[set[str]]
    writes: bool
    added: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, repr=False)
class Rules:
    """What a list must keep to. `bind` gives the network id of a VLAN, or raises Rejected."""

    fingerprint: Callable[[str], str]
    bind: Callable[[int | None], str]
    base: str | None
    """The SSID's own passphrase, which works next to the keys."""
    most: int
    anchor: str
    """A key that nobody knows, so that a list is never emptied: what UniFi makes of that is not known."""

    def plan(self, entries: Sequence[Entry], changes: Sequence[KeyChange], mine: set[str]) -> Plan:
        """`mine`: references that an earlier try of the same changes may have put there."""
        before = [one for one in entries if password(one) != self.anchor]
        work = [(self.fingerprint(password(one)), one) for one in before]
        plan = Plan([], [], [], writes=False)
        for change in changes:
            touched: set[str] = set()
            try:
                result: Ref | Rejected = self._step(work, change, touched, mine)
            except Rejected as error:
                result = error
                touched.clear()
            plan.results.append(result)
            plan.touched.append(touched)
            if isinstance(change, (Update, Create)):
                plan.added |= touched
        plan.target = [one for _, one in work]
        plan.writes = canonical(plan.target) != canonical(before)
        if not plan.target:
            plan.target = [{"password": self.anchor, "networkconf_id": ""}]
        return plan

    def _step(
        self, work: list[tuple[str, Entry]], change: KeyChange, touched: set[str], mine: set[str]
    ) -> Ref:
        if isinstance(change, Revoke):
            touched.add(change.ref)
            work[:] = [(ref, one) for ref, one in work if ref != change.ref]
            return change.ref
        new, entry = self._entry(change.key)
        there = {ref: place for place, (ref, _) in reversed(list(enumerate(work)))}
        touched.add(new)
        if isinstance(change, Update):
            touched.add(change.ref)
            place = there.get(change.ref, there.get(new) if new in mine else None)
            if place is None:
                raise Missing("The key that was to be changed is not on UniFi's list.")
            if there.get(new, place) != place:
                raise Taken("Another key of this WiFi has this passphrase already.")
            work[place] = (new, {**work[place][1], **entry})
        elif new not in there:
            if len(work) >= self.most:
                raise Full(f"The WiFi holds {len(work)} keys; max_keys allows {self.most}.")
            work.append((new, entry))
        elif new in mine:
            work[there[new]] = (new, {**work[there[new]][1], **entry})
        else:
            raise Taken("Another key of this WiFi has this passphrase already.")
        return Ref(new)

    def _entry(self, key: Key) -> tuple[str, Entry]:
        chosen = key.passphrase.get_secret_value()
        if not PASSPHRASE.fullmatch(chosen):
            raise Rejected("UniFi takes passphrases of 8 to 63 plain (ASCII) characters only.")
        if chosen in (self.base, self.anchor):
            raise Taken("The WiFi itself has this passphrase already.")
        return self.fingerprint(chosen), {"password": chosen, "networkconf_id": self.bind(key.vlan)}

    def missed(self, plan: Plan, entries: Sequence[Entry]) -> list[int]:
        """The changes (by their place) that are not in effect on the list as it is now.

        Only what a change touches is looked at: others may have changed theirs in the meantime.
        """
        should, does = self._bindings(plan.target), self._bindings(entries)
        return [
            place
            for place, touched in enumerate(plan.touched)
            if any(should.get(ref, []) != does.get(ref, []) for ref in touched)
        ]

    def _bindings(self, entries: Sequence[Entry]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in entries:
            found.setdefault(self.fingerprint(password(one)), []).append(network_id(one))
        return {ref: sorted(ids) for ref, ids in found.items()}


def canonical(entries: Sequence[Entry]) -> Counter[str]:
    """A list without its order, which UniFi does not promise to keep."""
    return Counter(json.dumps({"networkconf_id": "", **one}, sort_keys=True) for one in entries)
