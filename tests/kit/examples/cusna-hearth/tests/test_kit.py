"""Does the driver keep every promise of the plugin interface? The kit asks, the fake answers."""

from cusna_core.testing import DriverSuite

from cusna_hearth.driver import HearthController
from cusna_hearth.fake import HearthFake


class TestHearth(DriverSuite):
    driver = HearthController
    fake = HearthFake
    tight = {"max_keys": 6}
