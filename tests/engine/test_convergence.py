"""Whatever goes wrong between Cusna and a controller: when it is over, do exactly the right keys work?

A storm of random faults on every call, while people come, leave and change their passphrases, an admin saves,
and Cusna is restarted. More storms: CUSNA_STORMS=1000 (the first seed: CUSNA_STORM=17).
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cusna_core.api import Clock, Feature, SubscriptionState, Unreachable
from cusna_core.demo.stage import until
from cusna_core.engine import apply, worker
from cusna_core.store import keys as key_rows
from cusna_core.store.db import Tx, Unwritable
from cusna_core.testing.memory_fake import MemoryFake

from .conftest import SSID, House, built

FIRST = int(os.environ.get("CUSNA_STORM", "1"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("CUSNA_STORMS", "3")))
INTERVAL = 900
"""Seconds between two looks that nothing but the clock asks for."""
SHARES = {
    "error": 0.30,
    "hang": 0.02,
    "late": 0.02,
    "lost": 0.06,
    "cut": 0.06,
    "busy": 0.08,
    "nonsense": 0.06,
}
"""How often a call meets what; the rest of them are answered."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stormy(MemoryFake):
    """Answers as the dice fall, while it storms."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.dice: random.Random | None = None
        self.over = asyncio.Event()
        self.met: Counter[str] = Counter()
        self.revoked: list[str] = []
        """Labels of keys that were taken away."""

    def clear(self) -> None:
        self.dice = None
        self.over.set()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        what = "answer"
        if self.dice is not None:
            (what,) = self.dice.choices([*SHARES, "answer"], [*SHARES.values(), 1 - sum(SHARES.values())])
        self.met[what] += 1
        match what:
            case "error":
                return web.Response(status=random.Random(len(self.journal)).choice([500, 502, 503, 504]))
            case "busy":
                return web.Response(status=429, headers={"Retry-After": "7"})
            case "nonsense":
                return web.Response(
                    text="<html>Sign in to the hotel's network</html>", content_type="text/html"
                )
            case "hang":
                await self.over.wait()
            case "cut":
                return self._cut(request)
        if request.method == "DELETE" and "/keys/" in request.path:
            gone = self.airs[SSID].keys.get(request.match_info["id"])
            self.revoked += [gone["label"]] if gone else []
        answer: web.StreamResponse = await super()._gate(request, handler)
        if what == "late":
            await self.over.wait()
        return self._cut(request) if what == "lost" else answer

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


class Story:
    """Who may be on, as it goes on; and who has never had another passphrase."""

    def __init__(self, house: House, dice: random.Random, features: Feature | None) -> None:
        self.house = house
        self.dice = dice
        self.features = features
        self.people: dict[str, str] = {}
        """Names, by person."""
        self.on: set[str] = set()
        self.ever_off: set[str] = set()
        self.changed: set[str] = set()

    @property
    def fake(self) -> Stormy:
        assert isinstance(self.house.fake, Stormy)
        return self.house.fake

    def estate(self) -> Any:
        estate = self.house.estate()
        if self.features is not None:
            estate.wifis["members"].network.features &= ~self.features
        return estate

    def come(self) -> None:
        name = f"member{len(self.people)}"
        person = self.house.source.add(name)
        self.people[person] = name
        self.on.add(name)

    def go(self) -> None:
        self._plan_is(self.dice.choice(sorted(self.people)), SubscriptionState.CANCELLED)

    def come_back(self) -> None:
        self._plan_is(self.dice.choice(sorted(self.people)), SubscriptionState.ACTIVE)

    def _plan_is(self, person: str, state: SubscriptionState) -> None:
        source, name = self.house.source, self.people[person]
        source.subscriptions = [
            replace(one, state=state) if one.person_id == person else one for one in source.subscriptions
        ]
        if state is SubscriptionState.ACTIVE:
            self.on.add(name)
        else:
            self.on.discard(name)
            self.ever_off.add(name)

    async def change(self) -> None:
        name = self.dice.choice(sorted(self.on))
        row = await self.house.db.read(
            lambda tx: tx.execute("SELECT id FROM accounts WHERE name = ?", (name.title(),)).fetchone()
        )
        if row is not None:
            new = f"chosen-{name}-{self.dice.randrange(10**6)}"
            changing = asyncio.create_task(self.house.members.change(row["id"], "here", new))
            await asyncio.wait([changing], timeout=0.2)
            self.changed.add(name)
            changing.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def save(self) -> None:
        with suppress(Unwritable):
            await self.house.engine.take(self.estate())

    async def restart(self) -> None:
        await self.house.engine.stop()
        while True:
            with suppress(Unwritable):  # else the program ends, and is started again
                await self.house.engine.start(self.estate())
                return

    def source_falters(self) -> None:
        source = self.house.source
        source.fails = None if source.fails else Unreachable("It is down.")

    async def live(self) -> None:
        """One thing happens, and some time passes."""
        happens = self.dice.choice(
            [self.come, self.come, self.go, self.come_back, self.change, self.change, self.save,
             self.restart, self.source_falters]
        )  # fmt: skip
        made = happens()
        if made is not None:
            await made
        self.house.engine.nudge()
        heard = sum(self.fake.met.values())
        await until(lambda: sum(self.fake.met.values()) > heard + self.dice.randrange(8), 0.2)
        await self.house.later(seconds=self.dice.choice([1, 5, 30, 300]))

    async def settled(self) -> bool:
        """Exactly those who may be on have their key, with the passphrase that is theirs now."""
        known = await self.house.db.read(
            lambda tx: tx.execute("SELECT id, email_key FROM accounts").fetchall()
        )
        accounts = {row["email_key"].partition("@")[0]: row["id"] for row in known}
        if not self.on <= accounts.keys():
            return False
        expected = [await self.house.members.passphrase(accounts[name]) for name in self.on]
        if sorted(self.house.on_air()) != sorted(expected):
            return False
        counts = await self.house.db.read(lambda tx: key_rows.counts(tx, "members"))
        return (
            counts.get("working", 0) == len(expected) and not {"intended", "made", "failed"} & counts.keys()
        )


@pytest.mark.parametrize(
    ("without", "disk"),
    [(None, 0.0), (Feature.UPDATE, 0.0), (None, 0.1)],
    ids=["whole", "without update", "with a bad disk"],
)
@pytest.mark.parametrize("seed", SEEDS)
async def test_when_the_storm_is_over_all_is_as_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, without: Feature | None, disk: float
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.3)
    monkeypatch.setattr(apply, "PATIENCE", 0.3)
    monkeypatch.setattr(apply, "A_CHANGE", 0.02)
    dice = random.Random(f"{seed} {without} {disk}")
    async with built(tmp_path, Stormy) as house:
        house.fake.add_foreign_key(SSID, "printer", "printer-do-not-touch-2019")
        story = Story(house, dice, without)
        for _ in range(6):
            story.come()
        await house.engine.start(story.estate())
        story.fake.dice = dice
        run = house.db.run

        async def falter(fn: Callable[[Tx], Any]) -> Any:
            if dice.random() < disk:
                raise Unwritable("The database cannot be written: disk I/O error.")
            return await run(fn)

        monkeypatch.setattr(house.db, "run", falter)
        for _ in range(12):
            await story.live()
        assert story.fake.met.keys() >= {"error", "answer"}
        story.fake.clear()
        monkeypatch.setattr(house.db, "run", run)
        house.source.fails = None
        house.engine.nudge()
        for _ in range(2):
            await house.later(seconds=INTERVAL)
            if await _settled(story):
                break
        assert await story.settled(), f"storm {seed}: {story.fake.met}"
        assert house.fake.foreign_keys(SSID) == {"printer": "printer-do-not-touch-2019"}
        labels = [key["label"] for key in house.fake.airs[SSID].keys.values()]
        assert len(set(labels)) == len(labels)
        assert not await _taken_from(story, story.on - story.ever_off - story.changed), "nobody said so"
        # And there is nothing left to do.
        house.fake.journal.clear()
        brought = await house.engine.bring(house.engine.estate.wifis["members"])
        assert brought.error is None
        assert [one for one in house.fake.journal if not one.startswith("GET")] == []


async def _settled(story: Story) -> bool:
    for _ in range(40):
        if await story.settled():
            return True
        await asyncio.sleep(0.05)
    return False


async def _taken_from(story: Story, names: set[str]) -> set[str]:
    """Who of them lost a key on the way."""
    accounts = {await story.house.account(name): name for name in names}
    return {accounts[one] for label in story.fake.revoked if (one := label.rsplit("-", 1)[-1]) in accounts}
