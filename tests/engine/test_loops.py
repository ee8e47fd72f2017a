"""Does what runs in the background end without a word, whenever it is ended?"""

from cusna_core.api import SystemClock
from cusna_core.engine.loops import Loops


async def test_what_was_called_off_before_it_began_leaves_nothing() -> None:
    """A coroutine that is never awaited is warned of, and a warning fails a test."""
    began = []

    async def work() -> None:
        began.append(1)

    loops = Loops(SystemClock())
    loops.aside(work())
    await loops.end_all()
    assert not began
