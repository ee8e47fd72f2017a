"""Is the RUCKUS One driver what the core takes it for? The conformance kit asks."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cusna_core.testing import DriverSuite
from cusna_ruckus.one.driver import RuckusOne
from cusna_ruckus.one.fake import RuckusOneFake


class TestRuckusOne(DriverSuite):
    driver = RuckusOne
    fake = RuckusOneFake
    tight: ClassVar[Mapping[str, Any]] = {"max_keys": 6}
