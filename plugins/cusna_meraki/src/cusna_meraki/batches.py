"""How do many changes go to Meraki in one call, and what became of them?

Action batches are all or nothing. Five of an organisation may be under way, other programs' included: the
slots here are shared by all networks of a controller, and what others took is waited for.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cusna_core.api import Context, Missing, RateLimited, Rejected, Transient, Unreachable
from cusna_meraki.client import Busy, Dashboard, Forbidden
from cusna_meraki.models import Batch, Created

log = logging.getLogger(__name__)

MOST_ACTIONS, MOST_AT_ONCE = 100, 20
"""Actions of a batch, and of a synchronous one."""
FIRST_LOOK, LONGEST_PAUSE = 2.0, 10.0
"""Seconds until a batch is first asked after, and at most between two looks."""
LONGEST_PACE = 60.0
HOGGED = 60.0
"""Seconds that other programs may keep all batches from us; then the changes at hand go without."""
STUCK = 900.0
"""Seconds after which a batch that was given up holds nothing up any more: promised ends have to come."""
AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Action:
    """One change of a batch. The body holds passphrases."""

    operation: str
    resource: str
    body: dict[str, Any] = field(repr=False)

    def json(self) -> dict[str, Any]:
        return {"operation": self.operation, "resource": self.resource, "body": self.body}


@dataclass(slots=True)
class Sent:
    """A batch that is under way. It holds a slot until it is finished, or given up."""

    id: str
    at: float
    site: str
    batch: Batch


class Failed(Exception):
    """Nothing of the batch was done."""


class Refused(Exception):
    """There are no action batches for this: the key may not use any, or others have them all."""


class Batches:
    """The action batches of one organisation: all that a controller's networks send."""

    def __init__(self, api: Dashboard, organization: str, context: Context, most: int) -> None:
        self._api = api
        self._organization = organization
        self._clock = context.clock
        self._name = context.name
        self._slots = asyncio.Semaphore(most)
        self._pace = FIRST_LOOK
        self._refused: float | None = None
        self._given_up: dict[str, Sent] = {}
        self._under_way = 0
        self.most = most

    @property
    def usable(self) -> bool:
        """Whether the key may use them, as far as we know; asked again after an hour."""
        return self._refused is None or self._clock.monotonic() - self._refused > AN_HOUR

    @property
    def full(self) -> bool:
        """Whether one more would have to wait for one of ours to end."""
        return self._slots.locked()

    @property
    def under_way(self) -> int:
        return self._under_way + len(self._given_up)

    async def count(self) -> int | None:
        """How many of the organisation's batches are under way, everybody's; None where we may not know."""
        try:
            pending = await self._api.pending_batches(self._organization)
        except (Forbidden, Missing):
            self._refuse()
            return None
        self._refused = None
        return sum(1 for one in pending if one.confirmed)

    async def start(self, site: str, actions: Sequence[Action], deadline: float) -> Sent:
        """Send a batch; a small one is finished then. Raises Failed, Refused, or what stops all of it."""
        await self._slots.acquire()
        self._under_way += 1
        try:
            batch = await self._start(actions, deadline)
        except BaseException:
            self._release()
            raise
        return Sent(batch.id, self._clock.monotonic(), site, batch)

    async def wait(self, sent: Sent, deadline: float) -> Sequence[Created]:
        """What a batch created, in its order. Raises Failed; or Unreachable if nobody knows by then."""
        try:
            await self._watch(sent, deadline)
        except BaseException:
            self.give_up(sent)
            raise
        self._release()
        if sent.batch.status.failed:
            raise Failed
        return sent.batch.status.created

    async def clear(self, site: str, deadline: float) -> None:
        """Wait for what was given up in this Meraki network before. Raises Unreachable if it goes on.

        One that goes on for ever is left to itself: whatever it still does, the next look puts right.
        """
        for sent in [one for one in self._given_up.values() if one.site == site]:
            if self._clock.monotonic() - sent.at < STUCK:
                with suppress(Missing):  # nobody knows of it any more
                    await self._watch(sent, deadline)
            else:
                log.warning("%s: an action batch does not end; it is not waited for.", self._name)
            self._given_up.pop(sent.id, None)

    def give_up(self, sent: Sent) -> None:
        """Nobody waits for it any more; it may still be carried out."""
        self._given_up[sent.id] = sent
        self._release()

    async def _start(self, actions: Sequence[Action], deadline: float) -> Batch:
        synchronous = len(actions) <= MOST_AT_ONCE
        body = [action.json() for action in actions]
        enough = min(deadline, self._clock.monotonic() + HOGGED)
        pause = 1.0
        while True:
            try:
                return await self._api.start_batch(self._organization, body, synchronous=synchronous)
            except Busy:
                if self._clock.monotonic() + pause > enough:
                    raise Refused from None
            except Rejected as error:
                if isinstance(error, Missing):
                    self._refuse()
                    raise Refused from None
                raise Failed from None
            except Forbidden:
                self._refuse()
                raise Refused from None
            except RateLimited:
                raise
            except Transient:
                found = await self._find(actions)
                if found is None:
                    raise
                return found
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _find(self, actions: Sequence[Action]) -> Batch | None:
        """The batch whose answer was lost, if it is under way."""
        asked = [(one.resource, one.operation, one.body.get("name")) for one in actions]
        for batch in await self._api.pending_batches(self._organization):
            told = [(one.resource, one.operation, one.body and one.body.name) for one in batch.actions]
            if batch.confirmed and told == asked:
                return batch
        return None

    async def _watch(self, sent: Sent, deadline: float) -> None:
        """Look after a batch until it is finished; the first look is when the last ones were done."""
        now = self._clock.monotonic
        pause = max(0.0, sent.at + self._pace - now())
        looks = 0
        while not sent.batch.finished:
            if now() + pause > deadline:
                raise Unreachable("Meraki has not finished an action batch in time; it may still do so.")
            await self._clock.sleep(pause)
            looks += 1
            try:
                sent.batch = await self._api.batch(self._organization, sent.id)
            except Transient:
                if now() >= deadline:
                    raise
            pause = min(FIRST_LOOK * 2 ** (looks - 1), LONGEST_PAUSE)
        if looks:
            took = now() - sent.at
            self._pace = max(FIRST_LOOK, min(took, LONGEST_PACE) if looks > 1 else 0.9 * self._pace)

    def _refuse(self) -> None:
        if self.usable:
            log.warning(
                "%s: Meraki refuses action batches to this API key: changes go one by one.", self._name
            )
        self._refused = self._clock.monotonic()

    def _release(self) -> None:
        self._under_way -= 1
        self._slots.release()
