"""What becomes of a change on a bad day: refused, misunderstood, or done and never heard of?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from cusna_core.api import (
    Change,
    Create,
    EnsureSegment,
    Feature,
    Key,
    Network,
    Outcome,
    PluginError,
    Revoke,
    Secret,
    Transient,
    Update,
)
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.faults import BAD_ANSWERS, Bad, Fault
from cusna_core.testing.judge import right, tried
from cusna_core.testing.lab import Lab
from cusna_core.testing.vendor import FakeVendor

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST_CALLS = 40
"""More calls for one small change are not looked at one by one."""


class Writes(DriverBase):
    @pytest.mark.parametrize("when", ["cold", "warm"])
    @pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
    async def test_a_bad_answer_to_a_change_is_no_success(
        self, lab: Lab, vendor: FakeVendor, bad: Bad, when: str
    ) -> None:
        """A change whose answer is bad has failed, with the right error; the next round finds the truth.

        Repeat nothing that writes: the core tries again, when it is time. (A login may be renewed once.)
        """
        mia = lab.key("mia")
        await lab.settled([mia], "making a key")
        for name in await self._changes(lab, mia):
            pair = await lab.instance() if when == "cold" else (lab.controller, lab.network)
            change = (await self._changes(lab, mia))[name]
            lab.later()
            fault = vendor.plan(bad.fault(lab.clock.now()))
            vendor.forget()
            told = await self._applied(pair[1], change, f"{name} ({bad})")
            vendor.clear()
            wrote = Counter((one.method, one.path) for one in vendor.journal if one.method in WRITES)
            again = [call for call, count in wrote.items() if count > (2 if bad.status == 401 else 1)]
            assert not again, f"A {name} that was answered with {bad} was sent again: {again[0]}."
            for one in told if fault.hits else []:
                if one.error is not None:
                    right(one.error, bad, name)
                # A key that is not there is revoked; and of a plain "200" only reading tells what it meant.
                elif not (isinstance(change, Revoke) and bad.status == 404):
                    assert bad.status < 400, f"{name} told of success when the vendor answered {bad}."
            assert told, f"apply() told nothing of a {name} that the vendor answered with {bad}."
            await lab.settled([mia], f"{name}, answered with {bad}")

    @pytest.mark.parametrize("how", ["after", "before"])
    @pytest.mark.parametrize(
        "what", ["create", "create in a VLAN", "passphrase", "vlan", "end", "revoke", "many"]
    )
    async def test_a_lost_answer_makes_neither_twin_nor_orphan(
        self, lab: Lab, vendor: FakeVendor, what: str, how: Literal["after", "before"]
    ) -> None:
        """The vendor did as asked ("after"; or never heard of it), and the connection was cut.

        Raise Unreachable and repeat nothing: the core reads in its next round, and knows its own again.
        """
        needs = {"create in a VLAN": Feature.VLAN, "vlan": Feature.VLAN, "end": Feature.EXPIRY}
        needs |= {"passphrase": Feature.CHOOSE_PASSPHRASE}
        lab.require(*([needs[what]] if what in needs else []))
        before = repr(lab.others())
        for number in range(MOST_CALLS):
            old, new = await self._scene(lab, what)
            await lab.settled(old, "setting the scene")
            fault = vendor.plan(Fault(WRITES, after=number, times=1, drop=how))
            try:
                told = [one.error for one in await lab.rounds.run(new)]
            except PluginError as error:
                told = [error]
            vendor.clear()
            wrong = [one for one in told if one is not None and not isinstance(one, Transient)]
            assert not wrong, f"A lost answer gave {wrong[0]!r}: nobody knows what happened, so Unreachable."
            await lab.settled(new, f"a lost answer to write {number + 1} of a change ({what}, cut {how})")
            if lab.has(Feature.VLAN):
                numbers = [one.vlan for one in await lab.network.segments()]
                twins = {
                    one for one in numbers if numbers.count(one) > 1 and one in {key.vlan for key in new}
                }
                assert not twins, f"A lost answer made VLAN {sorted(twins)} twice."
            assert repr(lab.others()) == before, "A lost answer made the driver change what is not ours."
            await lab.settled([], "ending everything")
            if not fault.hits:
                return

    async def test_a_stop_concerns_the_rest(self, lab: Lab, vendor: FakeVendor) -> None:
        """Transient, AuthFailed and ConfigError end an apply(): the rest would only hammer on."""
        lab.require(Feature.CHOOSE_PASSPHRASE)
        await lab.network.read()
        for bad in BAD_ANSWERS:
            if bad.name not in ("401", "429 with seconds", "503"):
                continue
            lab.later()
            vendor.plan(bad.fault(lab.clock.now()))
            vendor.forget()
            keys = [lab.key(f"m{number}") for number in range(20)]
            told = [one async for one in lab.network.apply([Create(one) for one in keys])]
            vendor.clear()
            assert told, f"apply() told nothing when the vendor answered {bad}."
            for one in told:
                assert one.error is not None, f"apply() told of success when the vendor answered {bad}."
                right(one.error, bad, "apply")
            assert vendor.calls() < 20, (
                f"apply() made {vendor.calls()} calls for 20 keys when the vendor answered {bad} to each: "
                "stop at the first."
            )

    # What is done

    async def _changes(self, lab: Lab, mia: Key) -> dict[str, Change]:
        """Changes that must not happen: `mia` is to be as before, and nothing else is to be there."""
        [state] = lab.mine(await lab.network.read())
        changes: dict[str, Change] = {
            "create": Create(lab.key("ben")),
            "revoke": Revoke(state.ref, mia.label),
        }
        if lab.has(Feature.UPDATE):
            changes["update"] = Update(state.ref, replace(mia, passphrase=Secret(lab.passphrase())))
        if lab.has(Feature.VLAN):
            changes["ensure"] = EnsureSegment(lab.segment_of((await lab.vlans(1))[0]))
        return changes

    async def _applied(self, network: Network[Any], change: Change, what: str) -> Sequence[Outcome]:
        async def all_of_it() -> list[Outcome]:
            return [one async for one in network.apply([change])]

        result, error = await tried(all_of_it, what)
        assert error is None, f"{what}: apply() raised {error!r} instead of yielding an Outcome with it."
        told: Sequence[Outcome] = result
        return told

    async def _scene(self, lab: Lab, what: str) -> tuple[list[Key], list[Key]]:
        """The keys before and after the change."""
        mia, ben = lab.key("mia"), lab.key("ben")
        match what:
            case "create":
                return [], [mia]
            case "create in a VLAN":
                return [ben], [ben, replace(mia, vlan=(await lab.vlans(1))[0])]
            case "passphrase":
                return [mia, ben], [replace(mia, passphrase=Secret(lab.passphrase())), ben]
            case "vlan":
                return [mia, ben], [replace(mia, vlan=(await lab.vlans(1))[0]), ben]
            case "end":
                ends = lab.clock.now() + timedelta(days=30)
                return [replace(mia, ends=ends), ben], [replace(mia, ends=ends + timedelta(days=1)), ben]
            case "revoke":
                return [mia, ben], [ben]
            case _:
                changed = replace(mia, passphrase=Secret(lab.passphrase()))
                return [mia, ben], [changed, *(lab.key(f"m{number}") for number in range(3))]
