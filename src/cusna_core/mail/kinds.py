"""Which letters are there? Those of signing in and of findings, and what other parts of the program write."""

from collections.abc import Mapping
from typing import Final

from cusna_core.mail import devices, letters, notes, notices
from cusna_core.mail.letters import Letter
from cusna_core.words import Language

KINDS: Final = {**letters.KINDS, **devices.KINDS, **notes.KINDS, **notices.KINDS}


def write(kind: str, language: Language, values: Mapping[str, object]) -> Letter:
    """A letter of a kind; raises pydantic's ValidationError where a value is missing, empty or odd."""
    model, say = KINDS[kind]
    return say(model.model_validate(values), language)
