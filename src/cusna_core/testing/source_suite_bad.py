"""What does a source believe on a bad day?"""

import re
from typing import Any

import pytest

from cusna_core.api import AuthFailed, Finding, Level, PluginError, RateLimited, Snapshot
from cusna_core.testing.faults import BAD_ANSWERS, Bad, Fault
from cusna_core.testing.source_suite_base import Ask, SourceBase, StoryDesk, outcome
from cusna_core.testing.source_suite_story import ANN

WARM = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
EACH_BAD = pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)


class BadDays(SourceBase):
    @EACH_BAD
    @WARM
    async def test_nothing_but_bad_answers(self, boxed: StoryDesk, bad: Bad, warm: bool) -> None:
        """Where nothing at all can be read, raise the right error: its class tells the core what to do
        (wait, tell an admin). Check the shape of every answer before believing it."""
        for name, ask in boxed.everything().items():
            source = await self._ready(boxed, warm=warm)
            fault = boxed.vendor.plan(bad.fault(boxed.clock.now()))
            got = await outcome(ask(source))
            hits = fault.hits
            boxed.vendor.clear()
            if hits == 0 or (name in ("find", "again") and bad.status == 404):
                continue  # nothing was asked; or "it is not there" may be the very answer
            if name == "check" and _complains(got):
                continue
            if name == "again" and isinstance(got, Snapshot):
                assert got.failures, f"again() was answered nothing but {bad}, and does not say so."
                assert not got.gone, (
                    f"again() was answered nothing but {bad}, and says that something is gone."
                )
                continue
            assert isinstance(got, PluginError), (
                f"{name}() was answered nothing but {bad}, and returned {_told(got)} instead of raising "
                f"{_names(bad)}."
            )
            self._right(got, bad, name, login=not warm)

    @EACH_BAD
    @WARM
    async def test_one_bad_answer_among_good_ones(self, boxed: StoryDesk, bad: Bad, warm: bool) -> None:
        """A list that could not be read leaves its section out of `complete`, and says so in `failures`;
        it never counts as read with fewer records than there are."""
        used = await self._ready(boxed, warm=warm)
        for path in await self._paths(boxed, boxed.read, warm=warm):
            source = used if warm else await boxed.source()
            fault = boxed.vendor.plan(bad.fault(boxed.clock.now(), path=f"^{re.escape(path)}$"))
            got = await outcome(boxed.read(source))
            boxed.vendor.clear()
            if fault.hits:
                self._honest(boxed, got, f"A snapshot with {bad} from {path}")
                if isinstance(got, PluginError):
                    self._right(got, bad, "snapshot", login=not warm)

    @EACH_BAD
    async def test_a_lookup_that_fails_knows_nobody_less(self, boxed: StoryDesk, bad: Bad) -> None:
        """None means that nobody has the address. Where it could not be asked, raise; and `again` says
        "gone" only if the vendor said so."""
        if bad.status == 404:
            return  # "it is not there" may be the very answer
        for name in ("find", "again"):
            ask = boxed.everything()[name]
            for path in await self._paths(boxed, ask, warm=False):
                source = await boxed.source()
                fault = boxed.vendor.plan(bad.fault(boxed.clock.now(), path=f"^{re.escape(path)}$"))
                got = await outcome(ask(source))
                boxed.vendor.clear()
                if not fault.hits:
                    continue
                assert got is not None, (
                    f"find() was answered {bad} from {path}, and says that nobody has the address."
                )
                if isinstance(got, Snapshot):
                    self._honest(boxed, got, f"{name}() with {bad} from {path}", partial=True)
                    assert not got.gone, (
                        f"again() was answered {bad} from {path}, and says that something is gone: it could "
                        "not be asked, so it is neither there nor gone."
                    )

    @WARM
    async def test_the_vendor_goes_down_in_the_middle(self, boxed: StoryDesk, warm: bool) -> None:
        """At any call: what was read so far is true, and what was not counts as unread."""
        boxed.vendor.pages(2)
        used = await self._ready(boxed, warm=warm)
        count = len(await boxed.calls_of(boxed.read, warm=warm))
        for call in range(1, count):
            source = used if warm else await boxed.source()
            boxed.vendor.plan(Fault(after=call, status=503))
            got = await outcome(boxed.read(source))
            boxed.vendor.clear()
            self._honest(boxed, got, f"A snapshot whose call {call + 1} of {count} and all later ones failed")

    @WARM
    async def test_a_later_page_fails(self, boxed: StoryDesk, warm: bool) -> None:
        """Keep the pages that were read, leave the section out of `complete`, and go on with the others."""
        boxed.vendor.pages(2)
        paths = await boxed.calls_of(boxed.read, warm=warm)
        long = list(dict.fromkeys(one for one in paths if paths.count(one) > len(boxed.places)))
        for path in long:
            source = await self._ready(boxed, warm=warm)
            fault = boxed.vendor.plan(Fault(path=f"^{re.escape(path)}$", after=1, status=503))
            got = await outcome(boxed.read(source))
            boxed.vendor.clear()
            what = f"A snapshot with {path} failing after its first answer"
            self._honest(boxed, got, what)
            assert isinstance(got, Snapshot) or path == long[0], (
                f"{what} raised {type(got).__name__}, although other lists were read: return what was read."
            )
            if fault.hits and isinstance(got, Snapshot):
                assert got.people or got.companies or got.subscriptions or got.bookings or got.blocks, (
                    f"{what} kept nothing of what was read."
                )

    @pytest.mark.parametrize("drop", ["before", "after"])
    async def test_connections_are_cut(self, boxed: StoryDesk, drop: Any) -> None:
        """No answer is no statement: raise a Transient, or say what was not read."""
        for path in (None, *await self._paths(boxed, boxed.read, warm=False)):
            source = await boxed.source()
            where = None if path is None else f"^{re.escape(path)}$"
            boxed.vendor.plan(Fault(path=where, drop=drop))
            got = await outcome(boxed.read(source))
            boxed.vendor.clear()
            self._honest(boxed, got, f"A snapshot with connections to {path or 'everything'} cut")
            if path is None:
                assert isinstance(got, PluginError), "Nothing could be read, and snapshot() did not raise."

    async def test_a_bad_day_passes(self, boxed: StoryDesk) -> None:
        """Afterwards the same source reads everything again, without a restart."""
        source = await boxed.source()
        for bad in BAD_ANSWERS:
            if bad.right != (AuthFailed,):
                boxed.vendor.plan(bad.fault(boxed.clock.now()))
                await outcome(boxed.read(source))
                await outcome(boxed.find(source, ANN))
                boxed.vendor.clear()
                boxed.vendor.clock.advance(600)
        got = await outcome(boxed.read(source))
        assert isinstance(got, Snapshot), f"After a bad day, snapshot() still raises {type(got).__name__}."
        boxed.whole(got, "A snapshot after a bad day")

    async def test_refused_credentials(self, boxed: StoryDesk) -> None:
        """401 for everything, the login included: AuthFailed, so that the core stops and tells an admin."""
        for warm in (False, True):
            source = await self._ready(boxed, warm=warm)
            boxed.vendor.plan(Fault(status=401, body=b"{}"))
            got = await outcome(source.check())
            boxed.vendor.clear()
            assert isinstance(got, AuthFailed) or _complains(got), (
                f"check() with refused credentials came to {_told(got)} instead of AuthFailed."
            )

    # What is right

    async def _ready(self, boxed: StoryDesk, *, warm: bool) -> Any:
        source = await boxed.source()
        if warm:
            await boxed.read(source)
        return source

    async def _paths(self, boxed: StoryDesk, ask: Ask, *, warm: bool) -> list[str]:
        return list(dict.fromkeys(await boxed.calls_of(ask, warm=warm)))

    def _honest(self, boxed: StoryDesk, got: Any, what: str, *, partial: bool = False) -> None:
        """An error; or a snapshot that tells nothing untrue, and says what it could not read."""
        if isinstance(got, PluginError):
            return
        assert isinstance(got, Snapshot), f"{what} came to {_told(got)}."
        if partial:
            lies = [one for one in boxed.story.lies(got) if "count as read" not in one]
        else:
            lies = boxed.story.lies(got)
        assert not lies, f"{what}: {' '.join(lies)}"
        unread = {scope for scope in boxed.story.scopes(boxed.places) if scope not in got.complete}
        unread -= {scope for scope in unread if (scope[0], None) in got.complete}
        assert partial or not unread or got.failures, (
            f"{what} left {sorted(map(str, unread))} unread without a word in `failures`."
        )

    def _right(self, error: PluginError, bad: Bad, name: str, *, login: bool) -> None:
        right = bad.right
        if login and bad.status == 404:
            right = (*right, AuthFailed)  # a login that is not there, or refuses so
        assert isinstance(error, right), (
            f"{name}() was answered {bad} and raised {type(error).__name__} instead of {_names(bad)}: the "
            "class of an error tells the core what to do next."
        )
        if isinstance(error, RateLimited):
            assert error.after == bad.after, (
                f"{name}() was answered {bad}, and its error says after={error.after} instead of {bad.after}."
            )


def _names(bad: Bad) -> str:
    return " or ".join(one.__name__ for one in bad.right)


def _told(got: Any) -> str:
    """What came back, without its contents."""
    if isinstance(got, PluginError):
        return f"{type(got).__name__}"
    if isinstance(got, list | tuple):
        return f"{len(got)} entries"
    return "None" if got is None else f"a {type(got).__name__}"


def _complains(got: Any) -> bool:
    if not isinstance(got, list | tuple):
        return False
    return any(isinstance(one, Finding) and one.level is Level.ERROR for one in got)
