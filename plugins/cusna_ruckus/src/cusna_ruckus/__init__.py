"""How does Cusna work with RUCKUS? One dynamic PSK (DPSK) per member, on RUCKUS One or SmartZone."""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Controller, Fake, hookimpl

__version__ = "0.1.0"


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    from cusna_ruckus.one.driver import RuckusOne
    from cusna_ruckus.smartzone.driver import SmartZone

    return [RuckusOne, SmartZone]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_ruckus.one.fake import RuckusOneFake
    from cusna_ruckus.smartzone.fake import SmartZoneFake

    return [RuckusOneFake, SmartZoneFake]
