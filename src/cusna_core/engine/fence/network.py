"""What does the engine hold instead of a plugin's network?

The same interface, with each call fenced and each answer looked at. A claim that a driver is seen to break is
not believed again, and an admin reads of it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from cusna_core import api
from cusna_core.api import (
    AuthFailed,
    Change,
    Client,
    ConfigError,
    Context,
    Create,
    EnsureSegment,
    Feature,
    Finding,
    Key,
    KeyState,
    Level,
    Limits,
    Outcome,
    PluginError,
    Ref,
    Revoke,
    Segment,
    SegmentState,
    Transient,
    Unsupported,
    Update,
)
from cusna_core.engine.fence import shapes
from cusna_core.engine.fence.calls import Fault, Fence
from cusna_core.engine.fence.shapes import Misfit, listed

T = TypeVar("T")
STOP = (Transient, AuthFailed, ConfigError)
"""After one of these a driver leaves the rest of its changes untried."""
MANY = 1000
"""So many keys are looked at beside the loop."""


class Network(api.Network[Any]):
    """An SSID, fenced. Its features are those that the driver claims and was not seen to lack."""

    def __init__(self, inner: api.Network[Any], fence: Fence, context: Context) -> None:
        self._inner = inner
        self._fence = fence
        self._clock = context.clock
        self._broken: dict[Feature, str] = {}
        self._made: dict[Ref, tuple[bool, float]] = {}
        """Keys that were written since the last look: whether each has an end, and when it was written."""
        self._identity = ""
        self._domain = ""
        self._take_up()

    @property
    def plugin(self) -> str:
        return self._fence.plugin

    def _take_up(self) -> None:
        """What the driver says of itself now."""
        inner, fence = self._inner, self._fence

        def said() -> tuple[Feature, Limits, str]:
            shapes.one(inner.features, Feature)
            limits: Limits = shapes.one(inner.limits, Limits)
            least = {"batch": 1, "keys": 0, "segments": 0, "write_interval": 0, "settle": 0}
            for name, bound in least.items():
                value = getattr(limits, name)
                if value is not None and value < bound:
                    raise Misfit(f"has a limit `{name}` of less than {bound}")
            return inner.features, inner.limits, shapes.one(inner.ssid, str)

        self.features, self.limits, self.ssid = fence.now("features and limits", said)
        for feature in self._broken:
            self.features &= ~feature

    def identity(self) -> str:
        if not self._identity:
            self._identity = self._fence.now("identity", lambda: shapes.text(self._inner.identity()))
        return self._identity

    def segment_domain(self) -> str:
        if not self._domain:
            self._domain = self._fence.now(
                "segment_domain", lambda: shapes.text(self._inner.segment_domain())
            )
        return self._domain

    async def check(self) -> Sequence[Finding]:
        found = await self._fence.call("check", self._inner.check, self._fence.findings)
        self._take_up()
        return found

    async def read(self) -> Sequence[KeyState]:
        answer = await self._fence.call("read", self._inner.read, lambda got: got)
        if isinstance(answer, Sequence) and len(answer) > MANY:
            states = await self._fence.beside("read", lambda: self._keys(answer))
        else:
            states = self._fence.now("read", lambda: self._keys(answer))
        self._take_up()
        self._doubt(states)
        return states

    def _keys(self, answer: object) -> tuple[KeyState, ...]:
        states = shapes.keys(answer)
        self._fence.hush.learn(*(one.passphrase.get_secret_value() for one in states if one.passphrase))
        return states

    async def segments(self) -> Sequence[SegmentState]:
        make = self._inner.segments
        return await self._claimed(Feature.VLAN, "segments", make, lambda got: listed(got, SegmentState))

    async def clients(self) -> Sequence[Client]:
        make = self._inner.clients
        return await self._claimed(Feature.CLIENTS, "clients", make, lambda got: listed(got, Client))

    async def _claimed(
        self, feature: Feature, what: str, make: Callable[[], Awaitable[object]], shape: Callable[[object], T]
    ) -> T:
        try:
            return await self._fence.call(what, make, shape)
        except Unsupported:
            raise self._fence.fault(f"claims {feature.name}, and {what}() says that it cannot") from None

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        try:
            make = lambda: self._inner.disconnect(ended)  # noqa: E731 - as short as it gets
            return await self._fence.call("disconnect", make, lambda got: got if isinstance(got, int) else 0)
        except Unsupported:
            self._unbelieved(Feature.DISCONNECT, "devices stay connected until they leave by themselves")
            return 0

    async def create(self, key: Key) -> Ref:
        return await self._alone(Create(key)) or Ref("")

    async def update(self, ref: Ref, key: Key) -> Ref:
        return await self._alone(Update(ref, key)) or ref

    async def revoke(self, ref: Ref) -> None:
        await self._alone(Revoke(ref, ""))

    async def ensure_segment(self, segment: Segment) -> None:
        await self._alone(EnsureSegment(segment))

    async def _alone(self, change: Change) -> Ref | None:
        async for outcome in self.apply([change]):
            if outcome.error is not None:
                raise outcome.error
            return outcome.ref
        return None

    # Writing

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """One task for the whole stream, as a driver may hold a lock or a timeout across its outcomes.

        Who calls gives it time, and ends it by closing.
        """
        told: asyncio.Queue[object] = asyncio.Queue()
        further = asyncio.Event()
        self._learn(changes)

        async def pump() -> None:
            outcomes: Any = self._inner.apply(changes)
            if not hasattr(outcomes, "__aiter__"):
                if hasattr(outcomes, "close"):
                    outcomes.close()
                raise self._fence.fault(
                    f"apply() gave {shapes.kind(outcomes)}: it has no outcomes to go through"
                )
            try:
                async for one in outcomes:
                    told.put_nowait(one)
                    await further.wait()
                    further.clear()
            finally:
                if hasattr(outcomes, "aclose"):
                    await outcomes.aclose()

        left, stopped = list(changes), False
        task = self._fence.begin("apply", pump)
        try:
            while True:
                getting = asyncio.ensure_future(told.get())
                try:
                    await asyncio.wait({getting, task}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    getting.cancel()
                if getting.cancelled() or not getting.done():
                    break
                outcome = self._outcome(getting.result(), left, changes)
                stopped = stopped or isinstance(outcome.error, STOP)
                yield outcome
                further.set()
        finally:
            if not task.done():
                await self._fence.end(task)
        self._fence.result("apply", task)
        if left and not stopped:
            raise self._fence.fault(f"apply() said nothing of {len(left)} of {len(changes)} changes")

    def _learn(self, changes: Sequence[Change]) -> None:
        keys = [one.key for one in changes if isinstance(one, Create | Update)]
        self._fence.hush.learn(*(one.passphrase.get_secret_value() for one in keys))

    def _outcome(self, answer: object, left: list[Change], given: Sequence[Change]) -> Outcome:
        """An outcome of one of these changes, with the very object that was given."""
        fault = self._fence.fault
        if not isinstance(answer, Outcome):
            raise fault(f"apply() gave {shapes.kind(answer)} where an Outcome belongs")
        number = next((n for n, one in enumerate(left) if one is answer.change), None)
        if number is None:
            number = next((n for n, one in enumerate(left) if _equal(one, answer.change)), None)
        if number is None:
            twice = any(one is answer.change for one in given)
            what = "told of one change twice" if twice else "told of a change that it was not given"
            raise fault(f"apply() {what}")
        change, error = left.pop(number), answer.error
        if error is not None:
            if not isinstance(error, PluginError):
                raise fault(f"apply() gave {shapes.kind(error)} as the error of an Outcome")
            if isinstance(error, Unsupported):
                self._cannot(change)
            return Outcome(change, error=self._fence.meant("apply", error))
        if not isinstance(change, Create | Update):
            return Outcome(change, ref=answer.ref if isinstance(answer.ref, str) else None)
        if not isinstance(answer.ref, str) or not answer.ref:
            raise fault("apply() says that a key was made, and not which (its `ref` is missing)")
        self._made[answer.ref] = (change.key.ends is not None, self._clock.monotonic())
        return Outcome(change, ref=answer.ref)

    # Claims

    def _cannot(self, change: Change) -> None:
        if isinstance(change, Update):
            self._unbelieved(Feature.UPDATE, "a changed key is revoked and made anew instead")

    def _doubt(self, states: Sequence[KeyState]) -> None:
        """Whether keys that were written are shown as the driver claims, once that had time to settle."""
        now = self._clock.monotonic()
        for state in states:
            ended, at = self._made.get(state.ref, (False, now))
            if state.ref not in self._made or now - at < self.limits.settle:
                continue
            del self._made[state.ref]
            if Feature.READ_PASSPHRASE in self.features and state.passphrase is None:
                self._unbelieved(Feature.READ_PASSPHRASE, "what works cannot be compared with what should")
            if Feature.EXPIRY in self.features and ended and state.ends is None:
                self._unbelieved(Feature.EXPIRY, "Cusna itself ends each key in time")
        there = {one.ref for one in states}
        self._made = {ref: made for ref, made in self._made.items() if ref in there or len(self._made) < MANY}

    def _unbelieved(self, feature: Feature, instead: str) -> None:
        self._broken[feature] = instead
        self.features &= ~feature

    def findings(self) -> list[Finding]:
        """Claims that the driver broke."""
        return [
            Finding(
                Level.ERROR,
                "network.false-claim",
                f"The plugin {self._fence.plugin} claims {feature.name} for {self.ssid}, and does not do it: "
                f"a bug in the plugin. It is not asked for it any more: {instead}.",
                "Update the plugin, or tell its author.",
                about=str(feature.name),
            )
            for feature, instead in self._broken.items()
        ]


def broken_claims(network: api.Network[Any]) -> list[Finding]:
    return network.findings() if isinstance(network, Network) else []


def no_label(network: api.Network[Any]) -> Fault:
    """What to raise where keys that are known to be ours are shown without their label."""
    plugin = network.plugin if isinstance(network, Network) else f"of {type(network).__name__}"
    return Fault(plugin, "claims LABEL, and shows our keys without one: nobody can tell whose they are")


def _equal(one: Change, other: object) -> bool:
    return type(one) is type(other) and one == other
