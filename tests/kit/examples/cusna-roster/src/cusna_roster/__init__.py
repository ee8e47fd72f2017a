"""How does Cusna work with Roster?"""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Fake, Source, hookimpl

__version__ = "0.1.0"


@hookimpl
def cusna_sources() -> Sequence[type[Source[Any]]]:
    from cusna_roster.source import RosterSource

    return [RosterSource]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_roster.fake import RosterFake

    return [RosterFake]
