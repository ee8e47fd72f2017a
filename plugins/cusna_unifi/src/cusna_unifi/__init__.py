"""What does this plugin bring? Keys on UniFi access points, as private pre-shared keys (PPSK)."""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Controller, Fake, hookimpl

__version__ = "0.1.0"


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    from cusna_unifi.driver import UnifiController

    return [UnifiController]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_unifi.fake import UnifiFake

    return [UnifiFake]
