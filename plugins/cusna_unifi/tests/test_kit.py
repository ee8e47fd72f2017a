"""Does the driver keep every promise that the core relies on?"""

from typing import ClassVar

from cusna_core.testing import DriverSuite
from cusna_unifi.driver import UnifiController
from cusna_unifi.fake import UnifiFake


class TestUnifi(DriverSuite):
    driver = UnifiController
    fake = UnifiFake
    tight: ClassVar = {"max_keys": 6}
