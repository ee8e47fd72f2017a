"""How is a plugin called, so that whatever it does stays its own trouble?

Each call runs in a task of its own: it may hang, refuse to be cancelled, or raise what would end the program,
and whoever called gets one of two things in time: an answer, or an error that says what to do.
"""

import asyncio
import inspect
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from cusna_core.api import ConfigError, Finding, PluginError, Transient, Unreachable
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.fence.shapes import Misfit, kind, listed
from cusna_core.engine.fence.stall import Stalled

log = logging.getLogger(__name__)

T = TypeVar("T")
SECONDS: Final[Mapping[str, float]] = {
    "open": 10.0,
    "close": 3.0,
    "check": 60.0,
    "networks": 60.0,
    "locations": 60.0,
    "snapshot": 15 * 60.0,
    "again": 15 * 60.0,
    "find": 5.0,
    "read": 120.0,
    "segments": 120.0,
    "clients": 120.0,
    "disconnect": 120.0,
    "deliver": 20.0,
}
"""How long each call may take. Writing has its own limit, by how much is written."""
GRACE: Final = 1.0
"""Seconds that a call has to end once it is cancelled, before it is left to itself."""
LONGEST_PAUSE: Final = 3600.0
"""A vendor may ask us to wait so long; a plugin that asks for a year is not believed."""
LONGEST_SENTENCE: Final = 1000
MOST_FINDINGS: Final = 100


class Fault(Exception):
    """A plugin's bug: what it did, in words that hold nothing of its own."""

    def __init__(self, plugin: str, what: str, where: str = "") -> None:
        super().__init__(f"the plugin {plugin} {what}")
        self.where = where
        """In which line, where there is one."""


class Fence:
    """Around one source or controller, and all its networks."""

    def __init__(self, plugin: str, name: str, hush: Hush) -> None:
        self.plugin = plugin
        self.name = name
        self.hush = hush
        self._strays: set[asyncio.Task[Any]] = set()
        """Calls that do not end though they were cancelled."""

    def fault(self, what: str) -> Fault:
        return Fault(self.plugin, what)

    async def call(
        self,
        what: str,
        make: Callable[[], Awaitable[object]],
        shape: Callable[[object], T],
        *,
        calm: bool = False,
    ) -> T:
        """What a method answers. Raises PluginError, or Fault for what is a bug of the plugin.

        `calm`: the method makes no call to anybody, so that taking long is a bug as well.
        """
        seconds = SECONDS[what]
        task = self.begin(what, make)
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            late = not task.done()
            if late:
                await self.end(task)
        if late and calm:
            raise self.fault(f"did not finish {what}() within {seconds:.0f} seconds")
        if late:
            raise Unreachable(f"It did not answer within {seconds:.0f} seconds.")
        answer = self.result(what, task)
        try:
            return shape(answer)
        except Misfit as misfit:
            raise self.fault(f"{what}() {misfit}") from None
        except Exception as error:  # noqa: BLE001 - an object that cannot even be looked at
            raise self.fault(f"{what}() gave an object that raises {type(error).__name__}") from None

    def begin(self, what: str, make: Callable[[], Awaitable[object]]) -> asyncio.Task[object]:
        """Have a method run in a task of its own."""
        task = asyncio.create_task(self._contained(what, make), name=f"plugin:{self.name}:{what}")
        task.add_done_callback(_seen)
        return task

    async def end(self, task: asyncio.Task[object]) -> None:
        """Cancel a call; one that shrugs it off is torn down where it waits, so that the program can end."""
        task.cancel()
        self._strays.add(task)
        task.add_done_callback(self._strays.discard)
        await asyncio.wait({task}, timeout=GRACE)
        if task.done():
            return
        with suppress(BaseException):
            coroutine: Any = task.get_coro()
            coroutine.close()
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done():
            log.warning("%s: a call of the plugin %s cannot be stopped.", self.name, self.plugin)

    def result(self, what: str, task: asyncio.Task[object]) -> object:
        if task.cancelled():
            raise self.fault(f"cancelled itself in {what}()")
        stalled = task.exception()
        if isinstance(stalled, Stalled):  # broken off on the last inch
            raise self._bug(what, stalled) from None
        return task.result()

    def now(self, what: str, make: Callable[[], T]) -> T:
        """What a plain (not async) method answers."""
        try:
            return make()
        except PluginError as error:
            raise self.meant(what, error) from None
        except Misfit as misfit:
            raise self.fault(f"{what}() {misfit}") from None
        except BaseException as error:  # noqa: BLE001 - a plugin's SystemExit must not end the program
            raise self._bug(what, error) from None

    async def beside(self, what: str, look: Callable[[], T]) -> T:
        """Look at a long answer beside the loop."""
        return await asyncio.to_thread(self.now, what, look)

    async def _contained(self, what: str, make: Callable[[], Awaitable[object]]) -> object:
        """Run by a task, where a SystemExit would stop the loop and everybody on it."""
        try:
            made = make()
            if not inspect.isawaitable(made):
                raise self.fault(f"{what}() gave {kind(made)}: it is no async method")
            return await made
        except PluginError as error:
            raise self.meant(what, error) from None
        except Fault:
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise self._bug(what, error) from None
        except BaseException as error:  # noqa: BLE001 - see above
            raise self._bug(what, error) from None

    def findings(self, answer: object) -> tuple[Finding, ...]:
        """What a `check` gave, in words that hold no secret."""
        found = listed(answer, Finding)[:MOST_FINDINGS]
        if any(not one.code or not one.summary for one in found):
            raise Misfit("gave a finding without a code or without words")
        said = self._said
        return tuple(
            Finding(one.level, one.code, said(one.summary), said(one.fix), said(one.path), said(one.about))
            for one in found
        )

    def _said(self, text: str) -> str:
        return self.hush.masked(text)[:LONGEST_SENTENCE]

    def meant(self, what: str, error: PluginError) -> PluginError:
        """What the plugin raised on purpose, without secrets in its words or nonsense in its fields."""
        try:
            said = str(error)
            clean = (
                self.hush.masked(said)[:LONGEST_SENTENCE] or f"It said no more than {type(error).__name__}."
            )
            if clean != said:
                error.args = (clean, *error.args[1:])
                clean = str(error)
                if self.hush.masked(clean) != clean:
                    return PluginError("It failed, with words that hold a secret.")
            if isinstance(error, Transient):
                error.after = _pause(error.after)
            if isinstance(error, ConfigError):
                error.path = _text(error.path)
        except Exception as bug:  # noqa: BLE001 - an error that cannot be read is one more bug
            raise self._bug(what, bug) from None
        return error

    def _bug(self, what: str, error: BaseException) -> Fault:
        if isinstance(error, Stalled):
            said = f"kept the whole program waiting in {what}(), and was broken off: it must block nobody"
            return Fault(self.plugin, said, place(error))
        name = type(error).__name__[:60]
        return Fault(self.plugin, f"raised {name} in {what}()", place(error))


GUARDED: Final = frozenset({Fence._contained.__code__, Fence.now.__code__})
"""Within these a plugin's code runs."""


def place(error: BaseException) -> str:
    """Where a bug is, without its text, which may hold anything."""
    if isinstance(error, Fault):
        return f"{error}; {error.where}" if error.where else str(error)
    trace, steps = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' < '.join(reversed(steps[-3:])) or 'an unknown place'}"


def _pause(after: object) -> float | None:
    if isinstance(after, bool) or not isinstance(after, int | float) or not math.isfinite(after):
        return None
    return min(max(0.0, float(after)), LONGEST_PAUSE)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seen(task: asyncio.Task[object]) -> None:
    """Nobody may be there any more to hear how it ended."""
    if not task.cancelled():
        task.exception()
