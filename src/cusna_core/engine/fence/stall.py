"""What if a plugin does not let go of the loop at all (time.sleep, requests, an endless loop)?

Then nothing else goes on: no portal, no promised end, and no timeout either. So the system's own alarm rings,
which every turn of the loop puts off. It rings once for a machine that was asleep; when it rings again, and a
plugin's call is what is running, `Stalled` is raised there. Who cannot be told apart from us is let be.
"""

import asyncio
import signal
import threading
from collections.abc import Collection
from types import CodeType, FrameType
from typing import Final

LONGEST: Final = 5.0
"""Seconds without a turn of the loop until it rings."""
AGAIN: Final = 1.0
"""And so much later once more."""


class Stalled(BaseException):
    """Raised in the middle of a call that blocks; no `except Exception` is to swallow it."""


class Alarm:
    """One for the process, as its signal is; only where the loop runs in the main thread."""

    def __init__(self, guarded: Collection[CodeType]) -> None:
        self._guarded = guarded
        """What stands on the stack while a plugin's call runs."""
        self._rang = False
        self._next: asyncio.TimerHandle | None = None

    def install(self) -> None:
        """From within the loop. Somebody who uses the signal already keeps it."""
        free = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if free and signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, None):
            signal.signal(signal.SIGALRM, self._rings)
            self._put_off(asyncio.get_running_loop())

    def uninstall(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _put_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._rang = False
        signal.setitimer(signal.ITIMER_REAL, LONGEST, AGAIN)
        self._next = loop.call_later(LONGEST / 4, self._put_off, loop)

    def _rings(self, _: int, frame: FrameType | None) -> None:
        if not self._rang:
            self._rang = True
            return
        while frame is not None:
            if frame.f_code in self._guarded:
                raise Stalled
            frame = frame.f_back
