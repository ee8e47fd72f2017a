"""What does a plugin declare, and what must a fake be able to do?"""

from typing import Any

import pluggy
import pytest

from cusna_core.api import Clock, Fake, FakeSource, FakeWifi, hookimpl, hooks
from cusna_core.testing.memory import Memory


class Box(FakeWifi):
    type = "box"

    async def start(self, port: int = 0) -> str:
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None: ...

    def options(self) -> dict[str, Any]:
        return {}

    def network_options(self, ssid: str) -> dict[str, Any]:
        return {"ssid": ssid}

    async def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        return None

    def online(self, ssid: str) -> dict[str, int]:
        return {}

    def add_foreign_key(self, ssid: str, name: str, passphrase: str) -> None: ...

    def foreign_keys(self, ssid: str) -> dict[str, str]:
        return {}

    def break_down(self, on: bool) -> None: ...


class Plugin:
    @hookimpl
    def cusna_drivers(self) -> list[type[Memory]]:
        return [Memory]

    @hookimpl
    def cusna_fakes(self) -> list[type[Fake]]:
        return [Box]


def test_each_hook_collects_what_the_plugins_declare() -> None:
    hall = pluggy.PluginManager(hooks.GROUP)
    hall.add_hookspecs(hooks)
    hall.register(Plugin())
    hall.register(Plugin())
    hall.check_pending()
    assert hall.hook.cusna_drivers() == [[Memory], [Memory]]
    assert hall.hook.cusna_fakes() == [[Box], [Box]]
    assert hall.hook.cusna_sources() == []


def test_a_hook_that_does_not_exist_is_found_out() -> None:
    class Misspelt:
        @hookimpl
        def cusna_driver(self) -> list[Any]:
            return []

    hall = pluggy.PluginManager(hooks.GROUP)
    hall.add_hookspecs(hooks)
    hall.register(Misspelt())
    with pytest.raises(pluggy.PluginValidationError):
        hall.check_pending()


@pytest.mark.parametrize(
    "hook", [hooks.cusna_sources, hooks.cusna_drivers, hooks.cusna_sinks, hooks.cusna_fakes]
)
def test_a_hook_alone_declares_nothing(hook: Any) -> None:
    assert hook() == []


def test_a_fake_lives_by_the_clock_it_is_given(clock: Clock) -> None:
    assert Box(clock).clock is clock


@pytest.mark.parametrize("shape", [Fake, FakeSource, FakeWifi])
def test_a_fake_must_be_whole(shape: type[Fake], clock: Clock) -> None:
    for name in shape.__abstractmethods__:
        assert callable(getattr(shape, name))
    with pytest.raises(TypeError, match="abstract"):
        shape(clock)


@pytest.mark.parametrize("missing", sorted(FakeWifi.__abstractmethods__))
def test_the_demo_can_count_on_every_word(missing: str, clock: Clock) -> None:
    parts = {name: vars(Box)[name] for name in FakeWifi.__abstractmethods__ - {missing}}
    partial = type("Partial", (FakeWifi,), parts)
    with pytest.raises(TypeError, match=missing):
        partial(clock)


def test_a_fake_without_pages_and_vlans_says_what_it_has(clock: Clock) -> None:
    box = Box(clock)
    box.pages(2)
    assert box.others("Members") == box.foreign_keys("Members")
    with pytest.raises(NotImplementedError, match="Box knows no VLANs"):
        box.add_foreign_segment("Members", "Printers", 40)
