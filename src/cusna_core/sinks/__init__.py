"""Which sinks come with the core? A plugin like any other: `enable = ["webhook"]`."""

from typing import Any

from cusna_core.api import Sink, hookimpl
from cusna_core.sinks.webhook import Webhook


@hookimpl
def cusna_sinks() -> list[type[Sink[Any]]]:
    return [Webhook]
