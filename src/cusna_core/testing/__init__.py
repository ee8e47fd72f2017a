"""What does an integrator need to prove a plugin? Strict references, and kits that ask hard questions.

from cusna_core.testing import DriverSuite

class TestAcme(DriverSuite):
    driver = AcmeController
    fake = AcmeFake
    tight = {"max_keys": 6}
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cusna_core.testing.clock import HandClock as HandClock
    from cusna_core.testing.driver_suite import DriverSuite as DriverSuite
    from cusna_core.testing.faults import Fault as Fault
    from cusna_core.testing.source_suite import SourceSuite as SourceSuite
    from cusna_core.testing.vendor import Exchange as Exchange
    from cusna_core.testing.vendor import FakeVendor as FakeVendor

__all__ = ["DriverSuite", "Exchange", "FakeVendor", "Fault", "HandClock", "SourceSuite"]

_WHERE = {
    "DriverSuite": "driver_suite",
    "Exchange": "vendor",
    "FakeVendor": "vendor",
    "Fault": "faults",
    "HandClock": "clock",
    "SourceSuite": "source_suite",
}


def __getattr__(name: str) -> Any:
    """Only when asked for: the memory driver lives here as well, and runs where there is no pytest."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
