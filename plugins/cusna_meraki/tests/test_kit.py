"""Is the Meraki driver what the core takes it for?"""

from collections.abc import Mapping
from typing import Any, ClassVar

from cusna_core.api import FakeWifi
from cusna_core.testing import DriverSuite
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import MerakiFake


class TestMeraki(DriverSuite):
    driver = Meraki
    fake = MerakiFake
    tight: ClassVar[Mapping[str, Any]] = {"max_keys": 6, "max_group_policies": 6}

    def tighten(self, fake: FakeWifi) -> Mapping[str, Any]:
        assert isinstance(fake, MerakiFake)
        fake.knobs.max_psks = fake.knobs.max_group_policies = 6
        return self.tight


class TestMerakiDisconnecting(TestMeraki):
    """With the beta call."""

    network: ClassVar[Mapping[str, Any]] = {"disconnect": True}
