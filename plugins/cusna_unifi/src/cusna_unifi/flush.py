"""How do changes become one write of the list, and how is that write believed?

There is no locking and `ok` is no confirmation: read, compute, write once if anything differs, read back,
and once more if something is not in effect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cusna_core.api import Outcome, PluginError, RateLimited, Rejected, Revoke, Transient
from cusna_unifi.ppsk import Entry, KeyChange, Plan, Rules
from cusna_unifi.site import A_MOMENT
from cusna_unifi.vlans import Networks
from cusna_unifi.wire import Wlan

MOST = 16
"""Writes that a flush may take when UniFi refuses a list and the key to blame must be found."""


@dataclass(frozen=True, slots=True, repr=False)
class View:
    """The SSID and its site's networks as they are at a moment."""

    wlan: Wlan
    networks: Networks
    new: bool
    """Whether the networks were looked up for it, and not a moment ago."""

    @property
    def entries(self) -> list[Entry]:
        return self.wlan.private_preshared_keys


class Flush:
    """One batch of changes to one list.

    `look` reads the list, and may take networks that are so many seconds old; `put` says whether its answer
    echoed the list.
    """

    def __init__(
        self,
        look: Callable[[float], Awaitable[View]],
        rules: Callable[[View], Rules],
        put: Callable[[str, dict[str, list[Entry]]], Awaitable[bool]],
    ) -> None:
        self._look = look
        self._rules = rules
        self._put_list = put
        self.written = 0

    async def run(
        self, view: View | None, changes: Sequence[KeyChange], refusal: Rejected | None = None
    ) -> list[Outcome]:
        """One write for all; where UniFi refuses the list, the key to blame is found by halving.

        A refused write disturbs nobody: access points reload for those that are taken only.
        """
        if refusal is not None and self.written >= MOST:
            return [Outcome(one, error=refusal) for one in changes]
        try:
            return await self._attempt(view or await self._look(0.0), changes)
        except Rejected as error:
            if view is not None and not view.new:
                return await self.run(None, changes)  # a network may have gone just now
            refusal = error
            if len(changes) == 1:
                return [Outcome(changes[0], error=error)]
        except PluginError as error:
            return [Outcome(one, error=error) for one in changes]
        first: Sequence[KeyChange] = [one for one in changes if isinstance(one, Revoke)]
        rest: Sequence[KeyChange] = [one for one in changes if not isinstance(one, Revoke)]
        if not first or not rest:  # else ends come first, whatever is wrong with the new keys
            half = len(changes) // 2
            first, rest = changes[:half], changes[half:]
        return [*await self.run(None, first, refusal), *await self.run(None, rest, refusal)]

    async def _attempt(self, view: View, changes: Sequence[KeyChange]) -> list[Outcome]:
        plan, view, lost = await self._try(view, changes, set())
        if self._rules(view).missed(plan, view.entries):
            plan, view, lost = await self._try(view, changes, plan.added)
        missed = self._rules(view).missed(plan, view.entries)
        late = lost or Transient(
            "UniFi said that it saved the keys, but they are not as they should be. Is somebody else "
            "changing this WiFi just now?"
        )
        outcomes = []
        for place, (change, result) in enumerate(zip(changes, plan.results, strict=True)):
            if isinstance(result, Rejected):
                outcomes.append(Outcome(change, error=result))
            elif place in missed:
                outcomes.append(Outcome(change, error=late))
            else:
                outcomes.append(Outcome(change, ref=result))
        return outcomes

    async def _try(
        self, view: View, changes: Sequence[KeyChange], mine: set[str]
    ) -> tuple[Plan, View, Transient | None]:
        """The plan, the SSID after it, and the error if the answer to the write was lost."""
        plan = self._rules(view).plan(view.entries, changes, mine)
        if not plan.writes:
            return plan, view, None
        lost = await self._put(view.wlan, plan)
        return plan, await self._look(A_MOMENT), lost

    async def _put(self, wlan: Wlan, plan: Plan) -> Transient | None:
        """Write the list. A lost answer is returned, not raised: reading back decides.

        An answer without an echo is a silent no, and reading back finds that out as well.
        """
        self.written += 1
        try:
            await self._put_list(wlan.id, {"private_preshared_keys": plan.target})
        except RateLimited:
            raise
        except Transient as error:
            return error
        return None
