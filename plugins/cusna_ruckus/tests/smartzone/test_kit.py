"""Is the SmartZone driver what the core takes it for? The conformance kit asks."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cusna_core.testing import DriverSuite
from cusna_ruckus.smartzone.driver import SmartZone
from cusna_ruckus.smartzone.fake import SmartZoneFake


class TestSmartZone(DriverSuite):
    driver = SmartZone
    fake = SmartZoneFake
    tight: ClassVar[Mapping[str, Any]] = {"max_group_keys": 6}
