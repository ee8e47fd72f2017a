"""Is this membership source what the core takes it for? Derive a test class from this one, and see.

    from cusna_core.testing import SourceSuite

    class TestRoster(SourceSuite):
        source = RosterSource
        fake = RosterFake

The fake is a `FakeSource`: the suite tells it a story of people, companies, plans and bookings, and holds
what the source tells against it, on good days and on bad ones. Each test's docstring says what to do when it
fails. A test may be overridden only to expect its failure, with a reason that convinces and
`@pytest.mark.xfail(reason="...", strict=True)`.

With `pytest --cusna-live CONFIG` the tests that only read run against the real account of that configuration;
the others are skipped, and say why.
"""

from typing import Any

from cusna_core.testing.overrides import unreasoned
from cusna_core.testing.source_suite_bad import BadDays
from cusna_core.testing.source_suite_discreet import Discreet
from cusna_core.testing.source_suite_reads import Reads

OPEN = ("source", "fake", "options", "prepare")
"""What a plugin says of itself; everything else is the suite's."""
GUARD = "test_no_standard_test_is_overridden_without_a_reason"


class SourceSuite(Reads, BadDays, Discreet):
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if GUARD in vars(cls):
            raise TypeError(f"{cls.__name__} overrides the test that looks for overridden tests.")

    async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
        """Remove the override; or mark it xfail, strict, with a reason that an admin would accept."""
        wrong = unreasoned(type(self), SourceSuite, OPEN)
        assert not wrong, (
            f"{type(self).__name__} overrides {', '.join(wrong)}. Mark single tests with "
            '@pytest.mark.xfail(reason="...", strict=True) and a reason of some length, or let them be.'
        )
