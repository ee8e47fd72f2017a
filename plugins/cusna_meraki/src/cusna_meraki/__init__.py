"""How does Cusna work with Cisco Meraki? One identity PSK per member, without RADIUS."""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Controller, Fake, hookimpl

__version__ = "0.1.0"


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    from cusna_meraki.driver import Meraki

    return [Meraki]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_meraki.fake import MerakiFake

    return [MerakiFake]
