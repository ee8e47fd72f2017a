"""Which members, plans and bookings does Andcards (today Spacebring) know?"""

from typing import Any

from cusna_andcards.source import AndcardsSource, SpacebringSource
from cusna_core.api import Fake, Source, hookimpl


@hookimpl
def cusna_sources() -> list[type[Source[Any]]]:
    return [AndcardsSource, SpacebringSource]


@hookimpl
def cusna_fakes() -> list[type[Fake]]:
    from cusna_andcards.fake import AndcardsFake  # a server: nothing for everyday's start

    return [AndcardsFake]
