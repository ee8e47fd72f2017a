"""One thing is wrong: is it told with its place and its cure, and does everything else go on?"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from cusna_core.api import Finding, Level
from cusna_core.app import App
from cusna_core.demo.clock import JumpingClock
from cusna_core.demo.stage import until
from cusna_core.store import findings
from cusna_core.testing.memory import Memory

from ..ports import free
from .house import FOREIGN, SSID, House

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]
Break = Callable[[House, pytest.MonkeyPatch], None]


def unknown_place(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["locations.loft"]["source_location"] = "Atlantis"


def unreachable(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["controllers.loft"]["url"] = f"http://127.0.0.1:{free()}"


def refused(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["controllers.loft"]["token"] = "a-wrong-token"


def wpa3(house: House, _: pytest.MonkeyPatch) -> None:
    house.wifis["loft"].edit(SSID, wpa3_support=True)  # type: ignore[attr-defined]  # a UniFi's


def broken_option(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["networks.loft"]["max_keys"] = "plenty"


def misspelt_option(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["networks.loft"]["ssdi"] = SSID


def wrong_ssid(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["networks.loft"]["ssid"] = "Elsewhere"


def check_with_a_bug(house: House, patch: pytest.MonkeyPatch) -> None:
    real, loft = Memory.check, house.tables["controllers.loft"]["url"]

    async def check(self: Memory) -> Sequence[Finding]:
        if self.options.url == loft:
            raise RuntimeError("what nobody may read")
        return await real(self)

    patch.setattr(Memory, "check", check)


def full(house: House, _: pytest.MonkeyPatch) -> None:
    house.tables["networks.loft"]["max_keys"] = 1


@pytest.mark.parametrize(
    ("wrong", "kind", "code", "path"),
    [
        (unknown_place, "memory", "location.unknown", "locations.loft.source_location"),
        (unreachable, "memory", "controller.unreachable", "controllers.loft"),
        (refused, "memory", "controller.auth", "controllers.loft"),
        (wpa3, "unifi", "unifi.wpa3", "networks.loft"),
        (broken_option, "memory", "config.network", "networks.loft.max_keys"),
        (misspelt_option, "memory", "config.network", "networks.loft.ssdi"),
        (wrong_ssid, "memory", "network.options", "networks.loft.ssid"),
        (check_with_a_bug, "memory", "controller.bug", "controllers.loft"),
        (full, "memory", "network.full", "networks.loft"),
    ],
)
async def test_what_is_wrong_is_told_and_the_rest_goes_on(
    build: Build,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Break,
    kind: str,
    code: str,
    path: str,
) -> None:
    house = await build(("hall", "loft"), kinds={"loft": kind})
    house.member("hall", "mara")
    house.member("loft", "lena")
    wrong(house, monkeypatch)
    app = await serve(house)

    async def told() -> list[findings.Stored]:
        stored = await app.core.db.read(findings.current)
        return [one for one in stored if one.finding.code == code]

    assert await until(told), [one.finding for one in await app.core.db.read(findings.current)]
    one = (await told())[0].finding
    assert one.level is Level.ERROR
    assert one.path.startswith(path), one.path
    assert one.summary.endswith((".", "?")), one.summary
    assert one.fix.endswith((".", "?")), one.fix
    assert "nobody may read" not in one.summary
    assert await until(lambda: len(house.keys("hall")) == 1), "the other network waits"
    assert house.wifis["hall"].foreign_keys(SSID) == {"printer": FOREIGN}
    assert house.wifis["loft"].foreign_keys(SSID) == {"printer": FOREIGN}
    about = await app.core.db.read(findings.current)
    assert not [
        it.finding for it in about if it.finding.path.startswith(("networks.hall", "controllers.hall"))
    ]


async def test_the_source_refuses_us_and_ends_still_come(build: Build, serve: Serve) -> None:
    clock = JumpingClock()
    house = await build(clock=clock)
    house.member("hall", "mara")
    house.member("hall", "theo", days=2)
    app = await App.start(house.write(), clock=clock)
    try:
        assert await until(lambda: len(house.keys("hall")) == 2)
    finally:
        await app.stop()
    house.source.regenerate_credentials()  # type: ignore[attr-defined]  # an Andcards'
    app = await serve(house)

    async def told() -> list[Finding]:
        stored = await app.core.db.read(findings.current)
        return [one.finding for one in stored if one.finding.code == "source.auth"]

    assert await until(told)
    (one, *_) = await told()
    assert (one.level, one.path) == (Level.ERROR, "integrations.hq")
    assert "Nobody loses access" in one.summary
    assert one.fix
    assert len(house.keys("hall")) == 2
    await clock.jump(clock.now() + timedelta(days=2, minutes=1))
    assert await until(lambda: len(house.keys("hall")) == 1), "a promised end does not come"
