"""Does the driver keep every promise of the plugin interface? The kit asks, the fake answers."""

from cusna_core.testing import DriverSuite

from cusna_acme.driver import AcmeController
from cusna_acme.fake import AcmeFake


class TestAcme(DriverSuite):
    driver = AcmeController
    fake = AcmeFake
