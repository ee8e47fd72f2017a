"""Does the driver behave in the house: does it block nobody, only look when it looks, and know its name?"""

import asyncio
import math
from time import thread_time

import pytest
from blockbuster import BlockingError
from pydantic import ValidationError

from cusna_core.api import Feature, Level, PluginError
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.lab import Lab
from cusna_core.testing.tour import looks, tour
from cusna_core.testing.vendor import FakeVendor

OTHER = "Studio"
LONGEST_STEP = 0.5
"""Seconds of the processor (not of the clock: others may use the machine) between two awaits."""
FEW, SOME = 2, 12
"""Keys on a network when its calls are counted."""


class Manners(DriverBase):
    async def test_it_says_what_it_is(self, lab: Lab) -> None:
        """`type` names it in the configuration, `title` to people; options have a title and a description."""
        assert lab.driver.type.isidentifier(), f"type is {lab.driver.type!r}: letters, digits and _ only."
        assert lab.driver.title, "title is empty: what do people call this system?"
        for model in (lab.driver.options_class, lab.driver.network_options_class):
            for name, field in model.model_fields.items():
                assert field.title, f"The option {name} has no title: the console labels its field with it."
                assert field.description, f"The option {name} has no description: the console helps with it."

    async def test_a_healthy_network_has_no_errors(self, lab: Lab) -> None:
        """check() must find nothing of level ERROR where keys work: an error is told to admins by mail."""
        for what, found in (
            ("controller", await lab.controller.check()),
            ("network", await lab.network.check()),
        ):
            errors = [one for one in found if one.level is Level.ERROR]
            assert not errors, f"check() of the healthy {what} finds {errors[0].code}: {errors[0].summary}"
            for one in found:
                assert all((one.code, one.summary, one.fix)), (
                    f"A finding of the {what} lacks code, words or fix."
                )
        assert lab.network.ssid, "After check(), network.ssid must be what people see in their list."

    async def test_identity_is_the_ssid(self, lab: Lab, fake_wifi: object) -> None:
        """identity() is the same for every instance and at every time, and another for another SSID."""
        mine, domain = lab.network.identity(), lab.network.segment_domain()
        _, twin = await lab.instance()
        other = lab.network_of(OTHER)
        await lab.network.read()
        await twin.check()
        assert twin.identity() == lab.network.identity() == mine, (
            "Two instances of one SSID (before and after a call) do not have the same identity()."
        )
        assert twin.segment_domain() == lab.network.segment_domain() == domain, (
            "Two instances of one SSID do not have the same segment_domain()."
        )
        assert other.identity() != mine, "Two SSIDs have the same identity()."
        assert all((mine, domain)), "identity() and segment_domain() must say something."

    async def test_networks_can_be_chosen(self, lab: Lab) -> None:
        """networks() offers each SSID with options that lead to it: the console fills them in."""
        if not lab.live:
            lab.network_of(OTHER)  # so that there is something to mix up
        choices = await lab.controller.networks()
        await lab.network.check()
        for one in choices:
            try:
                lab.driver.network_options_class.model_validate(one.options)
            except ValidationError as error:
                raise AssertionError(
                    f"networks() offers {one.ssid!r} with options that network_options_class refuses: {error}"
                ) from error
        same = [one for one in choices if one.ssid == lab.network.ssid]
        assert len(same) == 1, f"networks() offers {len(same)} times the SSID {lab.network.ssid!r}."
        chosen = same[0]
        options = lab.driver.network_options_class.model_validate(chosen.options)
        network = lab.controller.network(options)
        try:
            assert await network.check() is not None
            shown = {one.ref for one in await network.read()}
        except PluginError as error:
            pytest.fail(f"The options that networks() offers lead nowhere: {error!r}.")
        assert shown == {one.ref for one in await lab.network.read()}, (
            "The options that networks() offers lead to another SSID than they name."
        )
        given = lab.network_options.model_dump()
        if all(given.get(name) == value for name, value in chosen.options.items()):
            assert network.identity() == lab.network.identity(), (
                "The options that networks() offers lead to another identity() than the same in the file."
            )

    async def test_networks_do_not_mix(self, lab: Lab, fake_wifi: object) -> None:
        """A key of one SSID is no key of another one of the same controller."""
        other = lab.network_of(OTHER)
        key = lab.key()
        ref = await lab.create(key)
        assert ref not in {one.ref for one in await other.read()}, (
            "A key shows on an SSID it was not made for."
        )
        lab.advance(lab.network.limits.settle)
        vlan = await lab.fake.join(OTHER, key.passphrase.get_secret_value(), lab.mac())
        assert vlan is None, "A key works on an SSID that it was not made for."

    async def test_looking_changes_nothing(self, lab: Lab, vendor: FakeVendor) -> None:
        """Whatever looks must only look: no key to try, no tidying up. (A login may be a POST.)"""
        await lab.settled([lab.key()], "making a key")
        for name, look in looks(lab, lab.controller, lab.network).items():
            vendor.forget()
            await look()
            wrote = [one for one in vendor.journal if one.method in ("PUT", "PATCH", "DELETE")]
            assert not wrote, f"{name} wrote something: {wrote[0].method} {wrote[0].path}."

    async def test_reading_costs_no_call_a_key(self, lab: Lab, vendor: FakeVendor) -> None:
        """read() is asked every few minutes, for ever: use the vendor's lists, and its largest pages."""
        cost: dict[int, int] = {}
        keys = [lab.key(f"m{number}") for number in range(SOME)]
        for count in (FEW, SOME):
            await lab.settled(keys[:count], f"{count} keys")
            vendor.forget()
            await lab.network.read()
            cost[count] = vendor.calls()
        assert cost[SOME] - cost[FEW] < (SOME - FEW) // 2, (
            f"read() of {FEW} keys makes {cost[FEW]} calls, and of {SOME} keys {cost[SOME]}."
        )

    async def test_instances_share_nothing(self, lab: Lab) -> None:
        """What another process did must show in the next read(): keep no list of keys between calls."""
        controller, other = await lab.instance()
        key = lab.key()
        await other.read()
        ref = await lab.create(key)
        assert ref in {one.ref for one in await other.read()}, "A second instance does not see a new key."
        await other.revoke(ref)
        assert ref not in {one.ref for one in await lab.network.read()}, (
            "A key that another revoked is shown."
        )
        await controller.close()
        await lab.network.read()

    async def test_nothing_blocks_the_loop(
        self, lab: Lab, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While one driver waits, portals answer: no time.sleep, no requests, no files in async code.

        Use HttpApi, `context.clock.sleep` and `asyncio.to_thread`.
        """
        blocked: list[str] = []
        init, run = BlockingError.__init__, asyncio.Handle._run

        def noted(self: BlockingError, what: str) -> None:
            blocked.append(what)
            init(self, what)

        def timed(self: asyncio.Handle) -> None:
            began = thread_time()
            run(self)
            if thread_time() - began > LONGEST_STEP:
                blocked.append(f"{thread_time() - began:.1f} seconds of arithmetic")

        monkeypatch.setattr(BlockingError, "__init__", noted)
        monkeypatch.setattr(asyncio.Handle, "_run", timed)
        try:
            await tour(lab)
            if lab.has(Feature.DISCONNECT):
                await lab.network.disconnect([])
        except BlockingError:
            pass  # said below, also where the driver swallowed it
        assert not blocked, f"The driver blocks the event loop: {', '.join(sorted(set(blocked)))}."

    async def test_gauges_are_plain_numbers(self, lab: Lab) -> None:
        """gauges() tells what is known without a call: it is asked at every look of the monitoring."""
        await lab.network.read()
        if not lab.live:
            lab.vendor.forget()
        said = lab.controller.gauges()
        assert lab.live or not lab.vendor.journal, "gauges() made a call: tell what is known without one."
        places = [(one.name, one.about) for one in said]
        assert len(set(places)) == len(places), "gauges() tells two numbers of one name and thing."
        for one in said:
            assert one.name.isidentifier(), f"A gauge is called {one.name!r}: letters, digits and _ only."
            assert one.most is None or one.most > 0, f"The cap of {one.name} is {one.most}: None or a number."
            assert math.isfinite(one.value), f"The gauge {one.name} is {one.value}."
