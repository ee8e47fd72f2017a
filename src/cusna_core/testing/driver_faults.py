"""What does the driver make of a bad day: bad answers, half answers, lost answers, other hosts?"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from cusna_core.api import (
    Change,
    Controller,
    Create,
    EnsureSegment,
    Feature,
    Finding,
    Key,
    Level,
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
from cusna_core.testing.lab import Lab
from cusna_core.testing.vendor import FakeVendor

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST_CALLS = 40
"""More calls for one small change are not looked at one by one."""
HALF = [one for one in BAD_ANSWERS if one.name in ("404", "500", "HTML", "{}", "[]", "null", "truncated")]

Call = Callable[[], Awaitable[Any]]
Pair = tuple[Controller[Any, Any], Network[Any]]


class Faults(DriverBase):
    @pytest.mark.parametrize("when", ["cold", "warm"])
    @pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
    async def test_a_bad_answer_is_never_nobody(
        self, lab: Lab, vendor: FakeVendor, bad: Bad, when: str
    ) -> None:
        """A look that fails must raise the right error: an empty list would read as "everybody is gone".

        Check the shape of every answer before you believe it (`parse`, `Answer.json`), the status before
        that (`by_status`, or your own `failure`). Cold is the first call, login included; warm is later.
        """
        await lab.settled([lab.key()], "making a key")
        for name, truth in (await self._looks(lab, lab.controller, lab.network)).items():
            expected = _comparable(await truth())
            lab.later()
            pair = (lab.controller, lab.network) if when == "warm" else await lab.instance()
            vendor.forget()
            fault = vendor.plan(bad.fault(lab.clock.now()))
            result, error = await _tried((await self._looks(lab, *pair))[name], f"{name} ({bad})")
            vendor.clear()
            assert vendor.calls() or name != "controller.check", (
                "controller.check() made no call: it must at least try the credentials."
            )
            if error is not None:
                _right(error, bad, name)
            elif fault.hits and name.endswith("check"):
                assert any(isinstance(one, Finding) and one.level is Level.ERROR for one in result), (
                    f"{name} found nothing wrong, though every answer was {bad}: raise, or tell an ERROR."
                )
            elif fault.hits:
                told = f"{len(result)} of {len(expected)}"
                assert _comparable(result) == expected, (
                    f"{name} told {told} when the vendor answered {bad}: it must raise {_names(bad)}."
                )
                whole = f"{name} did not notice that the vendor answered {bad}: what it told is of yesterday."
                assert bad.spare is not None, whole

    @pytest.mark.parametrize("bad", HALF, ids=str)
    async def test_half_an_answer_is_no_answer(self, lab: Lab, vendor: FakeVendor, bad: Bad) -> None:
        """Whichever of a look's calls fails, the whole look must: a short list is as bad as an empty one."""
        keys = [lab.key(f"m{number}") for number in range(4)]
        await lab.settled(keys, "making keys")
        for vlan in await lab.vlans(3) if lab.has(Feature.VLAN) else []:
            await lab.rounds_ensure(vlan)
        vendor.pages(2)
        for name, look in (await self._looks(lab, lab.controller, lab.network)).items():
            if name.endswith("check"):
                continue
            expected = _comparable(await look())
            vendor.forget()
            await look()
            calls = min(vendor.calls(), MOST_CALLS)
            for number in range(calls):
                for times in (None, 1):
                    lab.later()
                    vendor.plan(bad.fault(lab.clock.now(), after=number, times=times))
                    result, _ = await _tried(look, f"{name} (call {number + 1} of {calls}: {bad})")
                    vendor.clear()
                    assert result is None or _comparable(result) == expected, (
                        f"{name} told {len(result)} of {len(expected)} when call {number + 1} of {calls} was "
                        f"answered with {bad}: raise, or tell the whole truth."
                    )

    @pytest.mark.parametrize("when", ["cold", "warm"])
    @pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
    async def test_a_bad_answer_to_a_change_is_no_success(
        self, lab: Lab, vendor: FakeVendor, bad: Bad, when: str
    ) -> None:
        """A change whose answer is bad has failed, with the right error; the next round finds the truth."""
        mia = lab.key("mia")
        await lab.settled([mia], "making a key")
        for name in await self._changes(lab, mia):
            pair = await lab.instance() if when == "cold" else (lab.controller, lab.network)
            change = (await self._changes(lab, mia))[name]
            lab.later()
            fault = vendor.plan(bad.fault(lab.clock.now()))
            told = await self._applied(pair[1], change, f"{name} ({bad})")
            vendor.clear()
            for one in told if fault.hits else []:
                if one.error is not None:
                    _right(one.error, bad, name)
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
                _right(one.error, bad, "apply")
            assert vendor.calls() < 20, (
                f"apply() made {vendor.calls()} calls for 20 keys when the vendor answered {bad} to each: "
                "stop at the first."
            )

    @pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
    async def test_after_a_bad_day_all_is_well(self, lab: Lab, vendor: FakeVendor, bad: Bad) -> None:
        """The same controller must work again when the vendor does: no error may stick."""
        keys = [lab.key("mia")]
        await lab.settled(keys, "making a key")
        vendor.plan(bad.fault(lab.clock.now()))
        for look in (await self._looks(lab, lab.controller, lab.network)).values():
            await _tried(look, str(bad))
        vendor.clear()
        await lab.settled([*keys, lab.key("ben")], f"a bad day ({bad})")

    # What is asked and done

    async def _looks(
        self, lab: Lab, controller: Controller[Any, Any], network: Network[Any]
    ) -> dict[str, Call]:
        looks: dict[str, Call] = {
            "controller.check": controller.check,
            "network.check": network.check,
            "networks": controller.networks,
            "read": network.read,
        }
        if lab.has(Feature.VLAN):
            looks["segments"] = network.segments
        if lab.has(Feature.CLIENTS):
            looks["clients"] = network.clients
        return looks

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

        result, error = await _tried(all_of_it, what)
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


async def _tried(call: Call, what: str) -> tuple[Any, PluginError | None]:
    try:
        return await call(), None
    except PluginError as error:
        return None, error
    except Exception as error:
        if type(error).__name__ == "BlockingError":
            raise
        raise AssertionError(
            f"{what}: raised {type(error).__name__}, which is no PluginError: what is the core to do?"
        ) from error


def _right(error: PluginError, bad: Bad, what: str) -> None:
    assert isinstance(error, bad.right), (
        f"{what} raised {type(error).__name__} when the vendor answered {bad}: it must be {_names(bad)}. "
        "The class of an error says what the core does next."
    )
    if bad.after is not None:
        after = getattr(error, "after", None)
        wrong = (
            f"{what} raised {type(error).__name__} with after={after}, and the vendor asked for "
            f"{bad.after:g} seconds in Retry-After: pass answer.retry_after on."
        )
        assert after is not None, wrong
        assert abs(after - bad.after) <= 1, wrong


def _names(bad: Bad) -> str:
    return " or ".join(one.__name__ for one in bad.right)


def _comparable(found: Sequence[Any]) -> list[str]:
    """A list without its order, secrets told apart by what they are."""
    return sorted(f"{one!r} {_plain(one)}" for one in found)


def _plain(one: Any) -> str:
    secret = getattr(one, "passphrase", None)
    return secret.get_secret_value() if isinstance(secret, Secret) else ""
