"""The whole program is killed in the middle of things: is anything lost, made twice, or left behind?

A long run: CUSNA_KILLS=1000, a dozen to each house.
"""

import asyncio
import math
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cusna_core.demo.stage import until
from cusna_core.testing.memory_fake import MemoryFake

from .house import FOREIGN, SSID, House
from .people import Member

Build = Callable[..., Awaitable[House]]

KILLS = 12
LONG = int(os.environ.get("CUSNA_KILLS", "0"))
HOUSES = range(max(1, math.ceil(LONG / KILLS)))
BUDGET = math.inf if LONG else 32.0
"""Seconds; a machine with other things to do gets through fewer kills."""
FEWEST = 5
GONE = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError)


@dataclass(slots=True)
class Story:
    """What somebody was told, and what is left open because the program died before it answered."""

    who: Member
    asked: bool = False
    """The page said that a mail is on its way."""
    inside: bool = False
    told: list[str] = field(default_factory=list)
    """Passphrases that the page said are theirs now, in order."""
    open: str | None = None
    over: bool = False

    async def live(self) -> None:
        """Sign in, then change the passphrase again and again, whatever happens."""
        while not (self.over and self.inside):
            try:
                if not self.asked:
                    self.asked = (await self.who.ask("hall")).url.endswith("/sent")
                elif not self.inside:
                    await self._enter()
                else:
                    await self._change()
            except GONE:
                await asyncio.sleep(0.05)

    async def _enter(self) -> None:
        mail = await self.who.mail()
        if mail is None:
            return
        link = next(one for one in mail["text"].split() if "/link/" in one)
        try:
            page = await self.who.open(link.removeprefix(self.who.portal))
        except GONE:
            self.who.read -= 1  # the same mail again
            raise
        # Used up by the try that was killed: whoever has the cookie is inside.
        self.inside = page.url.endswith("/wifi") or (await self.who.wifi("hall")).field("ssid") is not None
        if not self.inside:
            await asyncio.Event().wait()

    async def _change(self) -> None:
        if self.open is not None:
            shown = await self.who.passphrase("hall")
            assert shown is not None
            if shown == self.open:
                self.told.append(shown)
            self.open = None
        offered = await self.who.offered("hall")
        if not offered:
            return
        self.open = offered[0]
        if await self.who.choose("hall"):
            self.told.append(offered[0])
            self.open = None


@pytest.mark.parametrize("number", HOUSES)
async def test_kill_nine_loses_nothing_and_leaves_nothing_behind(
    build: Build, tmp_path: Path, number: int
) -> None:
    chance = random.Random(11 + number)
    house = await build(("hall", "loft"), kinds={"loft": "unifi"})
    house.tables["networks.loft"] |= {"write_interval": 0, "settle": 0}
    house.tables["integrations.hq"]["roaming"] = True
    house.write()
    log = tmp_path / "log"
    stories: list[Story] = []
    lives: list[asyncio.Task[None]] = []
    kills, began = 0, time.monotonic()
    try:
        while kills < KILLS and (kills < FEWEST or time.monotonic() - began < BUDGET):
            name = f"member{kills}"
            house.member("hall", name)
            house.member("hall", f"quiet{kills}")
            story = Story(Member.of(house.url, f"{name}@example.com", house.inbox))
            stories.append(story)
            lives.append(asyncio.create_task(story.live()))
            child = await house.child(log)
            # Every third dies while it starts; the others in the middle of their work.
            if kills % 3 != 2:
                await _serves(house)
            before = _told(stories)
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            if kills % 3 == 0:
                # A busy machine may do nothing in that time, and nothing would be tried.
                await until(lambda: _told(stories) > before, 20)  # noqa: B023 - it has ended with the turn
            assert child.returncode is None, log.read_text()
            child.kill()
            await child.wait()
            kills += 1
        child = await house.child(log)
        assert _told(stories) * 3 >= kills, "they died before anybody was told anything"
        try:
            await until(lambda: _told(stories) > kills, 60)
            await _all_is_well(house, stories, lives)
        finally:
            child.terminate()
            assert await child.wait() == 0
        # What they went through is worth the name of a test.
        assert _told(stories) > kills
        assert "Traceback" not in log.read_text()
        assert " bug" not in log.read_text()
    finally:
        for task in lives:
            task.cancel()
        ended = await asyncio.gather(*lives, return_exceptions=True)
        for one in stories:
            await one.who.session.close()
    assert not [one for one in ended if isinstance(one, Exception)], ended


def _told(stories: list[Story]) -> int:
    return sum(len(one.told) for one in stories)


async def _serves(house: House) -> None:
    """However long a busy machine takes to start it."""
    async with aiohttp.ClientSession() as session:
        while True:
            with suppress(*GONE):
                async with session.get(f"{house.url}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


async def _all_is_well(house: House, stories: list[Story], lives: list[asyncio.Task[None]]) -> None:
    kills = len(stories)
    hall, loft = house.wifis["hall"], house.wifis["loft"]
    assert isinstance(hall, MemoryFake)

    assert await until(lambda: all(one.asked and one.who.read > 0 for one in stories), 60), (
        "a mail that was promised never came"
    )
    assert await until(lambda: sum(one.inside for one in stories) >= kills // 2, 60)
    settled = [one for one in stories if one.inside]
    for one in stories:
        one.over = True
    assert await until(
        lambda: all(task.done() for one, task in zip(stories, lives, strict=True) if one in settled)
    )
    shown: dict[str, str] = {}
    for one in settled:
        with suppress(*GONE):
            await one.who.until_working("hall")
        passphrase = await one.who.passphrase("hall")
        assert passphrase is not None
        assert not one.told or passphrase in (one.told[-1], one.open), "what was told is lost"
        shown[one.who.email] = passphrase

    def keys() -> list[str]:
        air = hall.airs[SSID]
        return [key["passphrase"] for ref, key in air.keys.items() if ref not in air.foreign]

    everybody = 2 * kills
    assert await until(lambda: len(keys()) == everybody and set(shown.values()) <= set(keys()), 60)
    labels = [key["label"] for key in hall.airs[SSID].keys.values()]
    assert len(set(labels)) == len(labels) == everybody + 1, "a twin or an orphan"

    def others() -> list[str]:
        entries: list[dict[str, Any]] = loft.site.ppsks(SSID)  # type: ignore[attr-defined]  # a UniFi's
        return sorted(one["password"] for one in entries if one["password"] != FOREIGN)

    assert await until(lambda: others() == sorted(keys()), 60), "without labels there is a twin or an orphan"
    for number, one in enumerate(settled):
        mac = f"02:00:00:00:00:{number:02x}"
        for wifi in (hall, loft):
            assert await wifi.join(SSID, shown[one.who.email], mac) is not None
            for old in set(one.told) - {shown[one.who.email]}:
                assert await wifi.join(SSID, old, mac) is None, "an old passphrase still works"
    for wifi in (hall, loft):
        assert wifi.foreign_keys(SSID) == {"printer": FOREIGN}
