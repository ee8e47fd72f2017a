"""A plugin of somebody else, with every bug there is: each driver has one.

The test copies this file into a folder of its own and installs it under the name `cusna_bad`.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cusna_core.api import (
    Change,
    Feature,
    Finding,
    Key,
    KeyState,
    Options,
    Outcome,
    Ref,
    Rejected,
    Revoke,
    Section,
    Snapshot,
    Source,
    SourceLocation,
    Unsupported,
    Window,
    hookimpl,
)
from cusna_core.testing.memory import Memory, MemoryNetwork, MemoryNetworkOptions

log = logging.getLogger(__name__)
DRIVERS: list[type[Memory]] = []


def driver(network: type[MemoryNetwork] = MemoryNetwork, base: type[Memory] = Memory) -> None:
    """A driver called like what is wrong with it."""

    def make(self: Memory, options: MemoryNetworkOptions) -> MemoryNetwork:
        return network(self, options)

    wrong = network if network is not MemoryNetwork else base
    name = wrong.__name__.lower()
    parts: dict[str, Any] = {"type": f"bad_{name}", "title": name, "__module__": __name__}
    if network is not MemoryNetwork:
        parts["network"] = make
    DRIVERS.append(type(f"Bad{name}", (base,), parts))


def reads(name: str, answer: Any) -> None:
    async def read(self: MemoryNetwork) -> Any:
        return answer(list(await MemoryNetwork.read(self)))

    driver(type(name, (MemoryNetwork,), {"read": read}))


def fails(name: str, error: Any) -> None:
    async def read(self: MemoryNetwork) -> Any:
        raise error

    driver(type(name, (MemoryNetwork,), {"read": read}))


OTHER: Any = KeyState(Ref("other"), "other")
reads("ReadsNone", lambda keys: None)
reads("ReadsTexts", lambda keys: ["a", "b"])
reads("ReadsDict", lambda keys: {one.ref: one for one in keys})
reads("ReadsGenerator", lambda keys: (one for one in keys))
reads("ReadsTwins", lambda keys: [OTHER, replace(OTHER, label="another")])
reads("ReadsNoRef", lambda keys: [replace(OTHER, ref=Ref(""))])
reads("ReadsNaive", lambda keys: [replace(OTHER, ends=datetime(2030, 1, 1))])  # noqa: DTZ001 - the bug
reads("ReadsOddVlan", lambda keys: [replace(OTHER, vlan="7")])
reads("ReadsPlainSecret", lambda keys: [replace(OTHER, passphrase="not-a-secret-type")])
reads("ReadsEndless", lambda keys: [OTHER] * 1_000_000)
fails("RaisesKeyError", KeyError("a-canary-in-a-bug"))
fails("RaisesAssertion", AssertionError("a-canary-in-a-bug"))
fails("RaisesExit", SystemExit(3))
fails("RaisesInterrupt", KeyboardInterrupt())
fails("RaisesCancelled", asyncio.CancelledError())
fails("RaisesGroup", BaseExceptionGroup("several", [SystemExit(1)]))


class Hangs(MemoryNetwork):
    async def read(self) -> Sequence[KeyState]:
        await asyncio.Event().wait()
        return []


class Stubborn(MemoryNetwork):
    async def read(self) -> Sequence[KeyState]:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                log.debug("not now")


class NoIdentity(MemoryNetwork):
    def identity(self) -> str:
        raise KeyError("a-canary-in-a-bug")


class EmptyIdentity(MemoryNetwork):
    def identity(self) -> str:
        return ""


class NoFeatures(MemoryNetwork):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        del self.features


class NoLimits(MemoryNetwork):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.limits = None  # type: ignore[assignment]  # the bug


class ChecksHanging(MemoryNetwork):
    async def check(self) -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []


class ChecksTexts(MemoryNetwork):
    async def check(self) -> Sequence[Finding]:
        return ["all is well"]  # type: ignore[list-item]  # the bug


class AppliesUnknown(MemoryNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        yield Outcome(Revoke(Ref("unheard-of"), "x"))


class AppliesTwice(MemoryNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        async for one in super().apply(changes):
            yield one
            yield one


class AppliesNothing(MemoryNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for one in changes[:0]:
            yield Outcome(one)


class AppliesNone(MemoryNetwork):
    def apply(self, changes: Sequence[Change]) -> Any:
        return None


class AppliesTexts(MemoryNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Any]:
        yield "done"


class AppliesNoRef(MemoryNetwork):
    async def create(self, key: Key) -> Ref:
        return None  # type: ignore[return-value]  # the bug


class AppliesBug(MemoryNetwork):
    async def create(self, key: Key) -> Ref:
        raise KeyError(key.passphrase.get_secret_value())


class AppliesOddError(MemoryNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        yield Outcome(changes[0], error=ValueError("no"))  # type: ignore[arg-type]  # the bug


class HidesLabel(MemoryNetwork):
    async def read(self) -> Sequence[KeyState]:
        return [replace(one, label=None) for one in await super().read()]


class HidesPassphrase(MemoryNetwork):
    async def read(self) -> Sequence[KeyState]:
        return [replace(one, passphrase=None) for one in await super().read()]


class ForgetsEnds(MemoryNetwork):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.features |= Feature.EXPIRY


class CannotUpdate(MemoryNetwork):
    async def update(self, ref: Ref, key: Key) -> Ref:
        raise Unsupported("No.")


class MakesThemUp(MemoryNetwork):
    """An honest one: it says that it cannot be told which passphrase to use."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.features &= ~Feature.CHOOSE_PASSPHRASE


class CannotDrop(MemoryNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        raise Unsupported("No.")


class NoSegments(MemoryNetwork):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.features |= Feature.VLAN


class SegmentsNone(NoSegments):
    async def segments(self) -> Any:
        return None


class Leaks(MemoryNetwork):
    """Tells every log there is, in every way."""

    async def create(self, key: Key) -> Ref:
        secret = key.passphrase.get_secret_value()
        log.warning("making %s", secret)
        log.info("making %d", secret)
        try:
            raise ValueError(secret)
        except ValueError:
            log.exception("it went wrong")
        logging.getLogger("somewhere.else").error({"psk": secret, "token": self._controller.options.token})
        raise Rejected(f"The key {secret} is no good.")


for one in (
    Hangs,
    Stubborn,
    NoIdentity,
    EmptyIdentity,
    NoFeatures,
    NoLimits,
    ChecksHanging,
    ChecksTexts,
    AppliesUnknown,
    AppliesTwice,
    AppliesNothing,
    AppliesNone,
    AppliesTexts,
    AppliesNoRef,
    AppliesBug,
    AppliesOddError,
    HidesLabel,
    HidesPassphrase,
    ForgetsEnds,
    CannotUpdate,
    MakesThemUp,
    CannotDrop,
    NoSegments,
    SegmentsNone,
    Leaks,
):
    driver(one)


class MakesNothing(Memory):
    def __init__(self, *args: Any) -> None:
        raise KeyError("a-canary-in-a-bug")


class OpensHanging(Memory):
    async def open(self) -> None:
        await asyncio.Event().wait()


class OpensNot(Memory):
    async def open(self) -> None:
        raise SystemExit(1)


class ClosesHanging(Memory):
    async def close(self) -> None:
        await super().close()
        await asyncio.Event().wait()


class NetworkNone(Memory):
    def network(self, options: MemoryNetworkOptions) -> Any:
        return None


class CheckHangs(Memory):
    async def check(self) -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []


class CheckBlocks(Memory):
    """Nobody else has a turn meanwhile."""

    async def check(self) -> Sequence[Finding]:
        time.sleep(600)
        return []


class CheckNone(Memory):
    async def check(self) -> Any:
        return None


class CheckRaises(Memory):
    async def check(self) -> Any:
        raise AssertionError("a-canary-in-a-bug")


class Choices(Memory):
    async def networks(self) -> Any:
        return [1, 2, 3]


for base in (
    MakesNothing,
    OpensHanging,
    OpensNot,
    ClosesHanging,
    NetworkNone,
    CheckHangs,
    CheckBlocks,
    CheckNone,
    CheckRaises,
    Choices,
):
    driver(base=base)


class Club(Source[Options]):
    """A source whose every answer can be chosen."""

    type = "bad_club"
    title = "Club"
    options_class = Options
    answer: Any = None

    async def check(self) -> Sequence[Finding]:
        return []

    async def locations(self) -> Sequence[SourceLocation]:
        return [SourceLocation("there", "There", "Europe/Berlin")]

    async def snapshot(self, locations: Sequence[str], window: Window) -> Snapshot:
        return self.answer  # type: ignore[no-any-return]  # the bug

    async def find(self, email: str, locations: Sequence[str], window: Window) -> Snapshot | None:
        raise KeyError(email)

    async def again(self, missing: Sequence[tuple[Section, str]]) -> Snapshot:
        raise NotImplementedError


@hookimpl
def cusna_drivers() -> list[type[Memory]]:
    return DRIVERS


@hookimpl
def cusna_sources() -> list[type[Club]]:
    return [Club]
