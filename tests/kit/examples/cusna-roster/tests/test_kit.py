"""Does the source keep every promise of the plugin interface? The kit asks, the fake answers."""

from cusna_core.testing import SourceSuite

from cusna_roster.fake import RosterFake
from cusna_roster.source import RosterSource


class TestRoster(SourceSuite):
    source = RosterSource
    fake = RosterFake
