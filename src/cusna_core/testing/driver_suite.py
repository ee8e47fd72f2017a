"""Is this WiFi driver what the core takes it for? Derive a test class from this one, and see.

    class TestAcme(DriverSuite):
        driver = AcmeController
        fake = AcmeFake
        tight = {"max_keys": 6}

Each test's docstring says what to do when it fails. A test may be overridden only to expect its failure, with
`@pytest.mark.xfail(reason="...", strict=True)` and a reason that convinces.
"""

from typing import Any

from cusna_core.testing.driver_doors import Doors
from cusna_core.testing.driver_faults import Faults
from cusna_core.testing.driver_limits import Limits
from cusna_core.testing.driver_manners import Manners
from cusna_core.testing.driver_neighbours import Neighbours
from cusna_core.testing.driver_secrets import Secrets
from cusna_core.testing.driver_truth import Truth
from cusna_core.testing.driver_works import Works
from cusna_core.testing.driver_writes import Writes
from cusna_core.testing.overrides import LEAST_REASON, unreasoned

OPEN = ("driver", "fake", "tight", "network", "tighten")
"""What a plugin says of itself; everything else is the suite's."""


class DriverSuite(Works, Truth, Limits, Faults, Writes, Secrets, Neighbours, Doors, Manners):
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "test_no_standard_test_is_overridden_without_a_reason" in vars(cls):
            raise TypeError(f"{cls.__name__} overrides the test that looks for overridden tests.")

    async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
        """Remove the override; or mark it xfail, strict, with a reason that an admin would accept."""
        wrong = unreasoned(type(self), DriverSuite, OPEN)
        assert not wrong, (
            f"{type(self).__name__} overrides or switches off {', '.join(wrong)}. Mark it "
            f'@pytest.mark.xfail(reason="...", strict=True) and a reason of {LEAST_REASON} letters or more, '
            "or let it be."
        )
