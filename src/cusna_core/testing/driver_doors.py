"""Does the driver open and close as often as it is asked to, and leave nothing behind?"""

import asyncio
import gc
import threading
import warnings
import weakref

import pytest

from cusna_core.api import PluginError
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.lab import Lab
from cusna_core.testing.vendor import FakeVendor

SOON = 5.0
"""Seconds (real ones) in which nothing may hang that waits for nobody."""


class Doors(DriverBase):
    async def test_it_opens_and_closes(self, lab: Lab) -> None:
        """open() makes no call; close() may come twice, without open(), and in the middle of a call."""
        if not lab.live:
            lab.vendor.forget()
        for opened in (True, False):
            controller = lab.driver(lab.options, lab.context)
            if opened:
                await controller.open()
            for time in ("first", "second"):
                try:
                    await controller.close()
                except Exception as error:
                    raise AssertionError(f"close() failed the {time} time: {error!r}.") from error
        controller = lab.driver(lab.options, lab.context)
        controller.network(lab.network_options)
        if not lab.live:
            assert not lab.vendor.journal, "open(), close() or network() made a call: they must make none."

    async def test_it_can_be_opened_again(self, lab: Lab) -> None:
        """After close() and open() the same controller works again, with a new session."""
        await lab.network.read()
        await lab.controller.close()
        try:
            await lab.network.read()
        except PluginError:
            pass
        except Exception as error:
            raise AssertionError(
                f"A call on a closed controller raised {error!r}, no PluginError."
            ) from error
        else:
            pytest.fail("A closed controller went on reading: it has let go of nothing.")
        await lab.controller.open()
        try:
            await lab.network.read()
        except PluginError as error:
            pytest.fail(f"After close() and open() again, read() raised {error!r}.")

    @pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21])
    async def test_it_can_be_closed_during_a_call(self, lab: Lab, vendor: FakeVendor, turns: int) -> None:
        """A call that is under way when close() comes ends soon, with its answer or a PluginError."""
        controller, network = await lab.instance()
        call = asyncio.ensure_future(network.read())
        for _ in range(turns):
            await asyncio.sleep(0)
        await controller.close()
        done, _ = await asyncio.wait([call], timeout=SOON)
        if not done:
            call.cancel()
            pytest.fail("A call hangs when the controller is closed during it.")
        error = None if call.cancelled() else call.exception()
        assert not call.cancelled(), "A call was cancelled by close(): raise Unreachable instead."
        assert error is None or isinstance(error, PluginError), (
            f"A call during which the controller was closed raised {type(error).__name__}: no PluginError."
        )

    async def test_it_leaves_nothing_open(self, lab: Lab) -> None:
        """close() closes every session, and ends every task that the driver started."""
        before, threads = asyncio.all_tasks(), set(threading.enumerate())
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            gone = await self._used(lab)
            for _ in range(20):
                await asyncio.sleep(0)
            # Before the garbage is taken out, or a task that was forgotten goes with it.
            tasks = [one for one in asyncio.all_tasks() - before if not _servers(one)]
            gc.collect()
            gc.collect()
        left = [one for one in said if issubclass(one.category, ResourceWarning)]
        assert not left, f"After close() something is open: {left[0].message}"
        assert not tasks, f"After close() a task of the driver still runs: {tasks[0].get_name()}."
        assert gone is not None
        # Those of the loop itself wait for its next work.
        on = [one for one in set(threading.enumerate()) - threads if not one.name.startswith("asyncio_")]
        assert not on, f"After close() a thread of the driver still runs: {on[0].name}."

    async def _used(self, lab: Lab) -> weakref.ref[object]:
        """A controller that was used, closed and forgotten."""
        controller = lab.driver(lab.options, lab.context)
        await controller.open()
        await controller.network(lab.network_options).read()
        await controller.close()
        return weakref.ref(controller)


def _servers(task: "asyncio.Task[object]") -> bool:
    """Whether a task serves the fake: the connections of servers end a little later."""
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", "")
    return name.startswith(("RequestHandler", "ServerRunner", "TCPSite", "Server"))
