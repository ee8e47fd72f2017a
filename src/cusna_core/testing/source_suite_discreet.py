"""Does a source keep secrets, let others work, and leave nothing behind?"""

import asyncio
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import BlockingError

from cusna_core.api import Finding, PluginError, Snapshot
from cusna_core.testing.faults import BAD_ANSWERS, Fault
from cusna_core.testing.secrecy import listening
from cusna_core.testing.source_suite_base import Desk, SourceBase, StoryDesk, outcome, watched

PATIENCE = 5.0
"""Seconds (real ones) in which a closed source must have let go of everything."""
SERVING = "RequestHandler.start"
"""The task of a connection at the fake's own side."""
SHORTEST = 4
"""Letters below which a word stands in texts by chance."""


class Discreet(SourceBase):
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_carry_no_credentials_away(self, boxed: StoryDesk, status: int) -> None:
        """Follow no redirect to another host: aiohttp hands on every header but `Authorization`, and a
        cookie or a key in the query as well."""
        asks = boxed.everything()
        paths: dict[str | None, None] = {None: None}
        for ask in asks.values():
            paths.update(dict.fromkeys(await boxed.calls_of(ask, warm=False)))
        for path in paths:
            for name, ask in asks.items():
                source = await boxed.source()
                where = None if path is None else f"^{path}$"
                fault = boxed.vendor.plan(Fault(path=where, redirect=status))
                got = await outcome(ask(source))
                boxed.vendor.clear()
                carried = [one for one in boxed.vendor.strays if any(map(one.__contains__, boxed.secrets()))]
                assert not carried, (
                    f"{name}() followed a redirect of {path or 'its first call'} to another host, and took "
                    f"the credentials along: {carried}."
                )
                if path is None and fault.hits:
                    said = isinstance(got, PluginError | Snapshot) or _findings(got)
                    assert said, f"{name}() was redirected to another host, and took that for an answer."
                if isinstance(got, Snapshot):
                    boxed.true(got, f"{name}() with redirects of {path}")

    async def test_a_certificate_that_nobody_vouches_for_is_refused(self, boxed: StoryDesk) -> None:
        """Never turn the check of certificates off: `HttpApi` does it, and takes an admin's `Tls` options."""
        given = {**await boxed.vendor.impostor(), **self.options}
        source = self.source(self.source.options_class.model_validate(given), boxed.context)
        try:
            await source.open()
            for name, ask in boxed.everything().items():
                got = await outcome(ask(source))
                assert not boxed.vendor.strays, (
                    f"{name}() called somebody who shows a certificate that nobody known here signed, and "
                    f"told {boxed.vendor.strays[0]!r}: whoever is in between would read it all."
                )
                said = isinstance(got, PluginError | Snapshot) or _findings(got)
                assert said, f"{name}() noticed nothing at an impostor."
        finally:
            await source.close()

    async def test_no_secret_is_told(self, desk: Desk) -> None:
        """No credential, token or member's address in a log at DEBUG, an error and its causes, a finding,
        a failure, a repr or on the output; not even when the vendor's answer holds them."""
        said: list[str] = []
        addresses: set[str] = set()
        with listening() as ear:
            if isinstance(desk, StoryDesk):
                addresses = set(desk.story.emails)
                said += await self._all_days(desk)
            else:
                source = await desk.source()
                snapshot = await desk.read(source)
                addresses = {one.email for one in snapshot.people if one.email}
                said += [
                    *snapshot.failures,
                    *map(str, await source.check()),
                    repr(source),
                    repr(desk.options),
                ]
        said += [f"{name}: {text}" for name, text in ear.heard]
        for text in said:
            place = text.partition(":")[0][:60]
            assert not any(one in text for one in desk.secrets() if len(one) >= SHORTEST), (
                f"A credential stands in what the source says ({place}). Log method, path and status alone, "
                "and raise errors outside of `except`, so that no cause with a URL or a body hangs on them."
            )
            assert not any(one.lower() in text.lower() for one in addresses), (
                f"A member's address stands in what the source says ({place}). Log no queries and no bodies."
            )

    async def _all_days(self, boxed: StoryDesk) -> Iterator[str]:
        said: list[str] = []
        days: list[Fault | None] = [None, Fault(drop="before")]
        for bad in BAD_ANSWERS:
            page = bad.fault(boxed.clock.now())
            if bad.status >= 400 or bad.name == "HTML":  # what vendors like to put into their error pages
                page.body = b" ".join(one.encode() for one in (*boxed.secrets(), *boxed.story.emails))
            days.append(page)
        for day in days:
            for warm in (False, True):
                source = await boxed.source()
                if warm:
                    await boxed.read(source)
                if day is not None:
                    boxed.vendor.plan(day)
                for ask in boxed.everything().values():
                    said += _words(await outcome(ask(source)))
                boxed.vendor.clear()
                said += [f"repr of the source: {source!r}", f"repr of the options: {source.options!r}"]
        return iter(said)

    async def test_nothing_blocks_the_loop(self, desk: Desk) -> None:
        """No time.sleep, requests or file reads in a coroutine: everybody else would wait as well."""
        try:
            with watched(self.source):
                source = await desk.source()
                snapshot = await desk.read(source)
                await source.check()
                await source.locations()
                await desk.find(source, desk.somebody(snapshot))
                if isinstance(desk, StoryDesk):
                    await desk.everything()["again"](source)
                    desk.vendor.plan(Fault(status=503))
                    await outcome(desk.read(source))
                    desk.vendor.clear()
                await source.close()
        except BlockingError as error:
            pytest.fail(f"{error} in a coroutine: it blocks everybody. Await, or use asyncio.to_thread.")

    # Opening and closing

    async def test_opening_makes_no_call(self, boxed: StoryDesk) -> None:
        """`open` only prepares: a vendor that is down must not keep Cusna from starting."""
        boxed.vendor.forget()
        source = await boxed.source()
        await source.open()
        assert boxed.vendor.calls() == 0, "open() made calls."
        boxed.whole(await boxed.read(source), "A snapshot after a second open()")
        await source.close()
        await self._quiet(boxed)

    async def test_closing_leaves_nothing_open(self, boxed: StoryDesk) -> None:
        """Twice, without a call, and after a bad day: no connection and no task is left."""
        before = asyncio.all_tasks()
        for name, ask in boxed.everything().items():
            for fault in (None, Fault(status=503), Fault(drop="before")):
                source = await boxed.source()
                if fault is not None:
                    boxed.vendor.plan(fault)
                await outcome(ask(source))
                boxed.vendor.clear()
                await source.close()
                await source.close()
                await self._quiet(boxed, f"after {name}()")
        unopened = self.source(boxed.options, boxed.context)
        await unopened.close()
        names = {_coroutine(one) for one in asyncio.all_tasks() - before} - {SERVING}
        assert not names, f"Tasks are left after close(): {sorted(names)}."

    async def test_closed_is_closed(self, boxed: StoryDesk) -> None:
        """A call afterwards raises a PluginError instead of hanging, or opening it again in secret."""
        source = await boxed.source()
        await boxed.read(source)
        await source.close()
        boxed.vendor.forget()
        for name, ask in boxed.everything().items():
            got = await outcome(ask(source))
            assert _heard(got), f"{name}() after close() came to a {type(got).__name__}, without a failure."
        assert boxed.vendor.calls() == 0, "A closed source still makes calls."
        await source.open()
        boxed.whole(await boxed.read(source), "A snapshot after opening it again")

    async def test_closing_in_the_middle_of_a_call(self, boxed: StoryDesk) -> None:
        """Who waits for an answer gets a PluginError (or what was read), and not for ever."""
        for name, ask in boxed.everything().items():
            source = await boxed.source()
            fault = boxed.vendor.plan(Fault(hang=True))
            task = asyncio.ensure_future(outcome(ask(source)))
            try:
                async with asyncio.timeout(PATIENCE):
                    await _hit(fault, task)
                    await source.close()
                    got = await task
            except TimeoutError:
                task.cancel()
                pytest.fail(f"close() in the middle of {name}() leaves its caller waiting for ever.")
            except asyncio.CancelledError:
                pytest.fail(
                    f"close() in the middle of {name}() cancels its caller instead of telling it why."
                )
            finally:
                boxed.vendor.clear()
            if fault.hits:
                assert _heard(got), f"close() in the middle of {name}() came to a {type(got).__name__}."
            await self._quiet(boxed, f"in the middle of {name}()")

    async def test_calling_off(self, boxed: StoryDesk) -> None:
        """The core gives up after a time: whoever is cancelled stops, and the source works on."""
        source = await boxed.source()
        for ask in boxed.everything().values():
            fault = boxed.vendor.plan(Fault(hang=True))
            task = asyncio.ensure_future(outcome(ask(source)))
            await _hit(fault, task)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=PATIENCE)
            boxed.vendor.clear()
            assert done, "A call that was cancelled goes on."
            assert task.cancelled() or not fault.hits, (
                "A call that was cancelled came to an end of its own: let CancelledError pass."
            )
        boxed.whole(await boxed.read(source), "A snapshot after calls were cancelled")

    async def _quiet(self, boxed: StoryDesk, when: str = "") -> None:
        """Connections end at the other side a moment later; nothing else is waited for."""
        try:
            async with asyncio.timeout(PATIENCE / 5):
                while boxed.vendor.connections():  # noqa: ASYNC110 - nobody tells when one is closed
                    await asyncio.sleep(0)
        except TimeoutError:
            pytest.fail(f"close() {when} leaves {boxed.vendor.connections()} connections open.")


async def _hit(fault: Fault, task: asyncio.Future[Any]) -> None:
    """Until the call hangs, or needs none."""
    while not fault.hits and not task.done():  # noqa: ASYNC110 - the fault is hit in another task
        await asyncio.sleep(0)


def _coroutine(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", task.get_name())


def _heard(got: Any) -> bool:
    """Whether the caller learns that something could not be asked."""
    return isinstance(got, PluginError) or (isinstance(got, Snapshot) and bool(got.failures) and not got.gone)


def _words(got: Any) -> Iterator[str]:
    """Everything that an answer or an error says to people."""
    if isinstance(got, Snapshot):
        yield from (f"failure: {one}" for one in got.failures)
    elif isinstance(got, PluginError):
        yield f"error: {got!r} {vars(got)}"
        for cause in _chain(got):
            yield f"cause of an error: {cause} {cause!r}"
        yield f"traceback: {''.join(traceback.format_exception(got))}"
    elif _findings(got):
        yield from (f"finding: {one}" for one in got)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    waiting = [error.__cause__, error.__context__]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def _findings(got: Any) -> bool:
    return isinstance(got, list | tuple) and bool(got) and all(isinstance(one, Finding) for one in got)
