"""Is this WiFi driver what the core takes it for? Derive a test class from this one, and see.

    class TestAcme(DriverSuite):
        driver = AcmeController
        fake = AcmeFake
        tight = {"max_keys": 6}

Each test's docstring says what to do when it fails. A test may be overridden only to expect its failure, with
`@pytest.mark.xfail(reason="...", strict=True)` and a reason that convinces.
"""

from typing import Any

import pytest

from cusna_core.testing.driver_faults import Faults
from cusna_core.testing.driver_limits import Limits
from cusna_core.testing.driver_truth import Truth
from cusna_core.testing.driver_works import Works

LEAST_REASON = 40
"""Letters of a reason that says something."""


class DriverSuite(Works, Truth, Limits, Faults):
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "test_no_standard_test_is_overridden_without_a_reason" in vars(cls):
            raise TypeError(f"{cls.__name__} overrides the test that looks for overridden tests.")

    async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
        """Remove the override; or mark it xfail, strict, with a reason that an admin would accept."""
        for name in dir(DriverSuite):
            given = getattr(type(self), name)
            if not name.startswith("test_") or given is getattr(DriverSuite, name):
                continue
            marks = [one for one in getattr(given, "pytestmark", []) if one.name == "xfail"]
            reasons = [one.kwargs.get("reason", "") for one in marks if one.kwargs.get("strict") is True]
            assert any(len(one) >= LEAST_REASON for one in reasons), (
                f"{type(self).__name__} overrides {name}. Mark it "
                '@pytest.mark.xfail(reason="...", strict=True) with a reason of some length, or let it be.'
            )
        skipped = [one.name for one in _marks(type(self)) if one.name in ("skip", "skipif", "xfail")]
        assert not skipped, f"{type(self).__name__} as a whole is marked {skipped}: mark single tests."


def _marks(cls: type) -> list[pytest.Mark]:
    found = getattr(cls, "pytestmark", [])
    return [
        one.mark if hasattr(one, "mark") else one for one in (found if isinstance(found, list) else [found])
    ]
