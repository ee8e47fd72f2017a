"""Is the reference driver what it says?"""

from collections.abc import Mapping
from typing import Any, ClassVar

from cusna_core.api import FakeWifi
from cusna_core.testing import DriverSuite
from cusna_core.testing.memory import Memory
from cusna_core.testing.memory_fake import MemoryFake


class TestMemory(DriverSuite):
    driver = Memory
    fake = MemoryFake
    tight: ClassVar = {"max_keys": 6}

    def tighten(self, fake: FakeWifi) -> Mapping[str, Any]:
        assert isinstance(fake, MemoryFake)
        fake.most = 6  # its driver leaves counting to the WiFi
        return self.tight
