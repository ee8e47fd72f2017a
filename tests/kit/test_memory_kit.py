"""Does the reference driver pass the kit?"""

from cusna_core.testing import DriverSuite
from cusna_core.testing.memory import Memory
from cusna_core.testing.memory_fake import MemoryFake


class TestMemory(DriverSuite):
    driver = Memory
    fake = MemoryFake
