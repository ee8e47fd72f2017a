"""How is a finding told?

Whoever makes a finding writes it as English sentences; those that a catalogue knows are said in its language.
"""

from typing import assert_never

from cusna_core.api import Finding, Level
from cusna_core.words.language import Language
from cusna_core.words.told import Told


def problem(finding: Finding, language: Language) -> Told:
    """What happened and what it means; what mends it."""
    return Told(language.retold(finding.summary), language.retold(finding.fix))


def level(of: Level, language: Language) -> str:
    match of:
        case Level.INFO:
            return language.pgettext("level", "Note")
        case Level.WARNING:
            return language.pgettext("level", "Warning")
        case Level.ERROR:
            return language.pgettext("level", "Error")
    assert_never(of)
