"""How does Cusna work with Acme?"""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Controller, Fake, hookimpl

__version__ = "0.1.0"


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    from cusna_acme.driver import AcmeController

    return [AcmeController]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_acme.fake import AcmeFake

    return [AcmeFake]
