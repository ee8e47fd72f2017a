"""How do many changes of one SSID become few calls, and what became of each?

Batches go beside each other only while they all do the same (all make keys, or all end some): what is
revoked must be over before what is created begins, for it frees names, passphrases and places.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import groupby

from cusna_core.api import (
    AuthFailed,
    Change,
    Clock,
    ConfigError,
    Create,
    EnsureSegment,
    Outcome,
    PluginError,
    RateLimited,
    Ref,
    Revoke,
    Transient,
    Unreachable,
)
from cusna_meraki.batches import MOST_ACTIONS, Action, Batches, Failed, Refused, Sent
from cusna_meraki.ends import Ends
from cusna_meraki.keys import Keys
from cusna_meraki.models import Created, Psk
from cusna_meraki.place import KNOWN_FOR, Place
from cusna_meraki.segments import Segments
from cusna_meraki.verdict import Work, by_looking, halves

PATIENCE, A_CHANGE = 90.0, 1.5
"""Seconds for all changes of one call, and more for each: less than the core has for the same."""
MOST_TRIES = 16
"""Batches in search of who is to blame: enough to find one among a hundred. What is left goes one by one."""
STOP = (Transient, AuthFailed, ConfigError)
"""What concerns all changes, not the one at which it showed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a network works with."""

    batches: Batches
    place: Place
    segments: Segments
    keys: Keys
    ends: Ends
    clock: Clock
    one: Callable[[Change], Awaitable[Ref | None]]
    """Carries out a single change by plain calls."""


@dataclass(slots=True)
class Bulk:
    """Many changes, once."""

    tools: Tools
    deadline: float
    stopped: bool = False
    flight: list[tuple[Sent, list[Work]]] = field(default_factory=list)

    async def apply(self, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        try:
            try:
                await self.tools.batches.clear(self.tools.place.site, self.deadline)
            except PluginError as error:
                yield Outcome(changes[0], error=error)
                return
            for group in _runs(changes):
                outcomes = self._segments(group) if isinstance(group[0], EnsureSegment) else self._keys(group)
                async with aclosing(outcomes):
                    async for outcome in outcomes:
                        yield self._noted(outcome)
                if self.stopped:
                    return
        finally:
            for sent, _ in self.flight:
                self.tools.batches.give_up(sent)

    async def _segments(self, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        vlans = {one.segment.vlan: one for one in changes if isinstance(one, EnsureSegment)}
        try:
            there = await self.tools.segments.ensure_all(tuple(vlans), self.deadline)
        except PluginError as error:
            yield Outcome(changes[0], error=error)
            return
        for vlan in there:
            yield Outcome(vlans[vlan])
        for change in changes:
            if isinstance(change, EnsureSegment) and change.segment.vlan not in there and not self.stopped:
                yield self._noted(await self._singly(change))

    async def _keys(self, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        for start in range(0, len(changes), MOST_ACTIONS):
            part = changes[start : start + MOST_ACTIONS]
            outcomes, work = await self._prepare(part)
            for outcome in outcomes:
                yield self._noted(outcome)
            while self.flight and (self.stopped or self._must_wait(work)):
                for outcome in await self._landed():
                    yield self._noted(outcome)
            if self.stopped:
                return
            if not work:
                continue
            try:
                opened = await self._open(work)
            except Failed:
                opened = await self._sift(work)
            except Refused:
                async with aclosing(
                    self._one_by_one([one for one, _ in work], changes[start + len(part) :])
                ) as rest:
                    async for outcome in rest:
                        yield outcome
                return
            if isinstance(opened, Sent):
                self.flight.append((opened, work))
            else:
                for outcome in opened:
                    yield self._noted(outcome)
        while self.flight:
            for outcome in await self._landed():
                yield self._noted(outcome)

    async def _one_by_one(self, *parts: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        """Where there are no batches to be had; what is under way already is waited for first."""
        while self.flight:
            for outcome in await self._landed():
                yield self._noted(outcome)
        for change in [change for part in parts for change in part]:
            if self.stopped:
                return
            yield self._noted(await self._singly(change))

    def _must_wait(self, work: Sequence[Work]) -> bool:
        under_way = [*work, *(one for _, other in self.flight for one in other)]
        return self.tools.batches.full or len({action.operation for _, action in under_way}) > 1

    def _noted(self, outcome: Outcome) -> Outcome:
        self.stopped = self.stopped or isinstance(outcome.error, STOP)
        return outcome

    async def _prepare(self, changes: Sequence[Change]) -> tuple[list[Outcome], list[Work]]:
        """The changes as actions, and what became of those that need none or cannot be."""
        outcomes: list[Outcome] = []
        work: list[Work] = []
        now: Mapping[str, Psk] = {}
        for change in changes:
            try:
                if not now and not isinstance(change, Create):
                    now = {psk.id: psk for psk in await self.tools.place.psks(lately=KNOWN_FOR)}
                action = await self.tools.keys.action(change, now)
            except PluginError as error:
                outcomes.append(Outcome(change, error=error))
                if isinstance(error, STOP):
                    break
                continue
            if action is None:
                outcomes.append(Outcome(change, ref=_ref(change)))
            else:
                work.append((change, action))
        return outcomes, work

    async def _open(self, work: Sequence[Work]) -> Sent | list[Outcome]:
        """A batch under way, or what became of it at once. Raises Failed and Refused."""
        if len(work) == 1:
            return [await self._singly(work[0][0])]
        try:
            sent = await self.tools.batches.start(
                self.tools.place.site, [action for _, action in work], self.deadline
            )
        except (RateLimited, AuthFailed, ConfigError) as error:
            return [Outcome(work[0][0], error=error)]  # Meraki did not take it
        except PluginError as error:
            return await self._read_back(work, error)
        return await self._close(sent, work) if sent.batch.finished else sent

    async def _close(self, sent: Sent, work: Sequence[Work]) -> list[Outcome]:
        """Wait for a batch; what became of it. Raises Failed."""
        try:
            created = await self.tools.batches.wait(sent, self.deadline)
        except PluginError as error:
            return await self._read_back(work, error)
        self.tools.place.wrote()
        return await self._done(work, created)

    async def _landed(self) -> list[Outcome]:
        """What became of the batch that has been under way longest."""
        sent, work = self.flight.pop(0)
        try:
            return await self._close(sent, work)
        except Failed:
            return await self._sift(work)

    async def _done(self, work: Sequence[Work], created: Sequence[Created]) -> list[Outcome]:
        """All of it. What was created is named in the order of the batch; if not, its name is looked for."""
        made = [action.resource for _, action in work if action.operation == "create"]
        told = [one.uri.startswith(path) for one, path in zip(created, made, strict=False)]
        if len(created) != len(made) or not all(told):
            return await self._read_back(work, Unreachable("A key that Meraki says was made is not there."))
        ids = iter(created)
        outcomes: list[Outcome] = []
        for change, action in work:
            ref = Ref(next(ids).id) if action.operation == "create" else _ref(change)
            self.tools.ends.note(ref or "", action.body)
            outcomes.append(Outcome(change, ref=ref))
        return outcomes

    async def _read_back(self, work: Sequence[Work], error: PluginError) -> list[Outcome]:
        """An answer was lost: what is so was done, of the rest nobody knows."""
        self.tools.place.wrote()
        try:
            psks = await self.tools.place.psks()
        except PluginError:
            return [Outcome(change, error=error) for change, _ in work]
        there = {psk.id: psk for psk in psks}
        named = {psk.name: psk for psk in psks}
        outcomes: list[Outcome] = []
        for change, action in work:
            if isinstance(change, Create):
                psk = named.get(change.key.label)
                done = psk is not None and psk.passphrase in (None, change.key.passphrase)
                ref = Ref(psk.id) if psk is not None else None
            else:
                ref = _ref(change)
                psk = there.get(ref or "")
                done = psk is None if isinstance(change, Revoke) else bool(psk) and _holds(action, psk)
            if done:
                self.tools.ends.note(ref or "", action.body)
            outcomes.append(Outcome(change, ref=ref) if done else Outcome(change, error=error))
        return outcomes

    async def _sift(self, work: Sequence[Work]) -> list[Outcome]:
        """A batch failed, and nothing of it was done: find who is to blame, and do the rest."""
        self.tools.place.wrote()
        self.tools.segments.forget()
        try:
            outcomes, rest = by_looking(work, await self.tools.place.psks(), self.tools.keys.most)
        except PluginError as error:
            return [Outcome(work[0][0], error=error)]
        again, anew = await self._prepare([change for change, _ in rest])
        outcomes += again
        if any(isinstance(one.error, STOP) for one in again):
            return outcomes
        same = len(anew) == len(work) and [one for _, one in anew] == [one for _, one in work]
        pieces = halves(anew) if same else [anew] if anew else []
        tries = MOST_TRIES
        while pieces and not any(isinstance(one.error, STOP) for one in outcomes):
            piece = pieces.pop(0)
            if tries == 0:
                pieces[:0] = [[one] for one in piece[1:]]
                piece = piece[:1]
            tries -= len(piece) > 1
            try:
                opened = await self._open(piece)
                outcomes += await self._close(opened, piece) if isinstance(opened, Sent) else opened
            except Failed:
                pieces[:0] = halves(piece)
            except Refused:
                pieces[:0], tries = [piece], 0
        return outcomes

    async def _singly(self, change: Change) -> Outcome:
        if self.tools.clock.monotonic() > self.deadline:
            return Outcome(change, error=Unreachable("Meraki was too slow for all changes; the rest follow."))
        try:
            return Outcome(change, ref=await self.tools.one(change))
        except PluginError as error:
            return Outcome(change, error=error)


def _runs(changes: Sequence[Change]) -> list[list[Change]]:
    """Segments apart from keys, in their order."""
    runs = groupby(changes, key=lambda change: isinstance(change, EnsureSegment))
    return [list(group) for _, group in runs]


def _ref(change: Change) -> Ref | None:
    return None if isinstance(change, (Create, EnsureSegment)) else change.ref


def _holds(action: Action, psk: Psk | None) -> bool:
    """Whether a key shows what an update was to make of it."""
    if psk is None:
        return False
    shown = {
        "name": psk.name,
        "groupPolicyId": psk.policy_id,
        "passphrase": psk.passphrase.get_secret_value() if psk.passphrase else None,
        "expiresAt": psk.expires.strftime("%Y-%m-%dT%H:%M:%SZ") if psk.expires else None,
    }
    return all(shown[name] == value for name, value in action.body.items())
