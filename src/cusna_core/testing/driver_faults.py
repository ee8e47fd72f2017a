"""What does the driver make of a bad answer, or of half a one?"""

import pytest

from cusna_core.api import Feature
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.faults import BAD_ANSWERS, Bad
from cusna_core.testing.judge import comparable, errors, names, right, tried
from cusna_core.testing.lab import Lab
from cusna_core.testing.tour import looks
from cusna_core.testing.vendor import FakeVendor

MOST_CALLS = 40
"""More calls for one look are not looked at one by one."""
HALF = [one for one in BAD_ANSWERS if one.name in ("404", "500", "HTML", "{}", "[]", "null", "truncated")]


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
        for name, truth in looks(lab, lab.controller, lab.network).items():
            expected = comparable(await truth())
            lab.later()
            pair = (lab.controller, lab.network) if when == "warm" else await lab.instance()
            vendor.forget()
            fault = vendor.plan(bad.fault(lab.clock.now()))
            result, error = await tried(looks(lab, *pair)[name], f"{name} ({bad})")
            vendor.clear()
            assert vendor.calls() or name != "controller.check", (
                "controller.check() made no call: it must at least try the credentials."
            )
            if error is not None:
                right(error, bad, name)
            elif fault.hits and name.endswith("check"):
                assert errors(result), (
                    f"{name} found nothing wrong, though every answer was {bad}: raise, or tell an ERROR."
                )
            elif fault.hits:
                told = f"{len(result)} of {len(expected)}"
                assert comparable(result) == expected, (
                    f"{name} told {told} when the vendor answered {bad}: it must raise {names(bad)}."
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
        for name, look in looks(lab, lab.controller, lab.network).items():
            if name.endswith("check"):
                continue
            expected = comparable(await look())
            vendor.forget()
            await look()
            calls = min(vendor.calls(), MOST_CALLS)
            for number in range(calls):
                for times in (None, 1):
                    lab.later()
                    vendor.plan(bad.fault(lab.clock.now(), after=number, times=times))
                    result, _ = await tried(look, f"{name} (call {number + 1} of {calls}: {bad})")
                    vendor.clear()
                    assert result is None or comparable(result) == expected, (
                        f"{name} told {len(result)} of {len(expected)} when call {number + 1} of {calls} was "
                        f"answered with {bad}: raise, or tell the whole truth."
                    )

    @pytest.mark.parametrize("bad", BAD_ANSWERS, ids=str)
    async def test_after_a_bad_day_all_is_well(self, lab: Lab, vendor: FakeVendor, bad: Bad) -> None:
        """The same controller must work again when the vendor does: no error may stick."""
        keys = [lab.key("mia")]
        await lab.settled(keys, "making a key")
        vendor.plan(bad.fault(lab.clock.now()))
        for look in looks(lab, lab.controller, lab.network).values():
            await tried(look, str(bad))
        vendor.clear()
        await lab.settled([*keys, lab.key("ben")], f"a bad day ({bad})")
