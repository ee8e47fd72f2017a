"""Is a plugin that blocks the whole program broken off, and nobody else?"""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from cusna_core.engine.fence import stall
from cusna_core.engine.fence.calls import GUARDED, Fault, Fence
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.fence.stall import Alarm, Stalled


@pytest.fixture
async def alarm(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Alarm]:
    monkeypatch.setattr(stall, "LONGEST", 0.2)
    monkeypatch.setattr(stall, "AGAIN", 0.1)
    before = signal.getsignal(signal.SIGALRM)
    made = Alarm(GUARDED)
    made.install()
    yield made
    made.uninstall()
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.fixture
def fence() -> Fence:
    return Fence('"acme" (cusna_acme)', "rack", Hush())


def sleeps() -> None:
    time.sleep(30)


def spins() -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        pass


def insists() -> None:
    """Whatever happens, it goes on."""
    for _ in range(3):
        try:
            time.sleep(30)
        except Exception:  # noqa: BLE001 - the bug
            continue


def waits_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=30)


@pytest.mark.parametrize("block", [sleeps, spins, insists, waits_for_a_lock])
@pytest.mark.usefixtures("alarm")
async def test_a_call_that_blocks_is_broken_off(fence: Fence, block: Callable[[], None]) -> None:
    async def check() -> list[str]:
        await asyncio.sleep(0)
        block()
        return []

    other = asyncio.create_task(asyncio.sleep(0.01, "goes on"))
    began = time.monotonic()
    with pytest.raises(Fault, match=r"kept the whole program waiting in check\(\)"):
        await fence.call("check", check, lambda got: got)
    assert time.monotonic() - began < 10
    assert await other == "goes on"


@pytest.mark.usefixtures("alarm")
async def test_a_plain_method_that_blocks_is_broken_off(fence: Fence) -> None:
    with pytest.raises(Fault, match=r"kept the whole program waiting in identity\(\)"):
        fence.now("identity", sleeps)


@pytest.mark.usefixtures("alarm")
async def test_who_only_takes_long_is_let_be(fence: Fence) -> None:
    async def read() -> str:
        for _ in range(7):
            await asyncio.sleep(0.05)
        return "all"

    assert await fence.call("read", read, lambda got: got) == "all"


@pytest.mark.usefixtures("alarm")
async def test_what_is_no_plugins_is_let_be() -> None:
    time.sleep(0.35)


async def test_a_machine_that_was_asleep_is_no_bug(fence: Fence, alarm: Alarm) -> None:
    """The alarm rings once when it wakes up, in the middle of whatever was running."""

    def woken() -> str:
        signal.raise_signal(signal.SIGALRM)
        return "here"

    assert fence.now("identity", woken) == "here"
    await asyncio.sleep(0.1)  # a turn of the loop: all is well
    assert fence.now("identity", woken) == "here"
    with pytest.raises(Fault):
        fence.now("identity", lambda: [woken() for _ in range(2)])


async def test_a_signal_that_somebody_uses_is_theirs() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        alarm = Alarm(GUARDED)
        alarm.install()
        alarm.uninstall()
        signal.raise_signal(signal.SIGALRM)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


async def test_broken_off_on_the_last_inch(fence: Fence) -> None:
    """After the plugin's own code, and before anybody has its answer."""

    async def late() -> None:
        raise Stalled

    task = asyncio.ensure_future(late())
    await asyncio.wait({task})
    with pytest.raises(Fault, match="kept the whole program waiting"):
        fence.result("check", task)
