"""What does the engine hold instead of a plugin's source and controller?

The same interfaces, with each call fenced and each answer looked at: with `network` beside it the one place
where what comes out of a plugin is judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from cusna_core import api
from cusna_core.api import (
    Context,
    Event,
    Finding,
    Gauge,
    Hint,
    NetworkChoice,
    Options,
    Section,
    Snapshot,
    SourceLocation,
    Window,
)
from cusna_core.engine.fence import shapes
from cusna_core.engine.fence.calls import LONGEST_SENTENCE, Fence
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.fence.network import Network
from cusna_core.engine.fence.shapes import listed

T = TypeVar("T")


def source(of: type[api.Source[Any]], options: Options, context: Context, hush: Hush) -> "Source":
    """Make a plugin's source, fenced."""
    fence = _fence(of, options, context, hush)
    inner = fence.now("__init__", lambda: of(options, context))
    return _alike(Source, of)(inner, fence)


def controller(
    of: type[api.Controller[Any, Any]], options: Options, context: Context, hush: Hush
) -> "Controller":
    """Make a plugin's controller, fenced."""
    fence = _fence(of, options, context, hush)
    inner = fence.now("__init__", lambda: of(options, context))
    return _alike(Controller, of)(inner, fence)


def sink(of: type[api.Sink[Any]], options: Options, context: Context, hush: Hush) -> "Sink":
    """Make a plugin's sink, fenced."""
    fence = _fence(of, options, context, hush)
    inner = fence.now("__init__", lambda: of(options, context))
    return _alike(Sink, of)(inner, fence)


def _alike(ours: type[T], of: Any) -> type[T]:
    """Our class with what the plugin's class says of itself."""
    said = ("type", "title", "options_class", "network_options_class", "hints")
    return type(ours.__name__, (ours,), {name: getattr(of, name) for name in said if hasattr(of, name)})


def _fence(of: Any, options: Options, context: Context, hush: Hush) -> Fence:
    module = str(of.__module__).partition(".")[0]
    plugin = f'"{of.type}" ({module})'
    hush.learn_options(options)
    if module != "cusna_core":
        hush.belongs(module, plugin)
    return Fence(plugin, context.name, hush)


class Source(api.Source[Any]):
    """A membership source, fenced."""

    def __init__(self, inner: api.Source[Any], fence: Fence) -> None:
        super().__init__(inner.options, inner.context)
        self._inner = inner
        self._fence = fence

    async def open(self) -> None:
        await self._fence.call("open", self._inner.open, _nothing, calm=True)

    async def close(self) -> None:
        await self._fence.call("close", self._inner.close, _nothing, calm=True)

    async def check(self) -> Sequence[Finding]:
        return await self._fence.call("check", self._inner.check, self._fence.findings)

    async def locations(self) -> Sequence[SourceLocation]:
        return await self._fence.call(
            "locations", self._inner.locations, lambda got: listed(got, SourceLocation)
        )

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        return await self._told("snapshot", lambda: self._inner.snapshot(locations, window))

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        make = lambda: self._inner.find(email, locations, window)  # noqa: E731 - as short as it gets
        return await self._fence.call("find", make, lambda got: None if got is None else self._snapshot(got))

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        return await self._told("again", lambda: self._inner.again(missing))

    def hint(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        found: Hint | None = self._fence.now(
            "hint", lambda: shapes.one(self._inner.hint(headers, body), Hint | None)
        )
        return found

    async def _told(self, what: str, make: Callable[[], Any]) -> Snapshot:
        answer = await self._fence.call(what, make, lambda got: got)
        # A house of thousands is looked at beside the loop.
        return await self._fence.beside(what, lambda: self._snapshot(answer))

    def _snapshot(self, answer: object) -> Snapshot:
        told = shapes.snapshot(answer, self.context.clock.now())
        failures = tuple(self._fence.hush.masked(one)[:LONGEST_SENTENCE] for one in told.failures[:50])
        return told if failures == told.failures else replace(told, failures=failures)


class Controller(api.Controller[Any, Any]):
    """A controller, fenced; so are its networks."""

    def __init__(self, inner: api.Controller[Any, Any], fence: Fence) -> None:
        super().__init__(inner.options, inner.context)
        self._inner = inner
        self._fence = fence

    async def open(self) -> None:
        await self._fence.call("open", self._inner.open, _nothing, calm=True)

    async def close(self) -> None:
        await self._fence.call("close", self._inner.close, _nothing, calm=True)

    async def check(self) -> Sequence[Finding]:
        return await self._fence.call("check", self._inner.check, self._fence.findings)

    async def networks(self) -> Sequence[NetworkChoice]:
        return await self._fence.call(
            "networks", self._inner.networks, lambda got: listed(got, NetworkChoice)
        )

    def gauges(self) -> Sequence[Gauge]:
        return self._fence.now("gauges", lambda: listed(self._inner.gauges(), Gauge))

    def network(self, options: Options) -> "Network":
        made = self._fence.now("network", lambda: self._inner.network(options))
        self._fence.hush.learn_options(options)
        if not isinstance(made, api.Network):
            raise self._fence.fault(f"network() gave {shapes.kind(made)}")
        return Network(made, self._fence, self.context)


class Sink(api.Sink[Any]):
    """A sink, fenced."""

    def __init__(self, inner: api.Sink[Any], fence: Fence) -> None:
        super().__init__(inner.options, inner.context)
        self._inner = inner
        self._fence = fence

    @property
    def target(self) -> str:
        return self._fence.hush.masked(self._fence.now("target", lambda: str(self._inner.target)))[:200]

    async def open(self) -> None:
        await self._fence.call("open", self._inner.open, _nothing, calm=True)

    async def close(self) -> None:
        await self._fence.call("close", self._inner.close, _nothing, calm=True)

    async def check(self) -> Sequence[Finding]:
        return await self._fence.call("check", self._inner.check, self._fence.findings)

    async def deliver(self, event: Event) -> None:
        await self._fence.call("deliver", lambda: self._inner.deliver(event), _nothing)


def _nothing(_: object) -> None:
    return None
