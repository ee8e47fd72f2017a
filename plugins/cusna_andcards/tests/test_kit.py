"""Is the Andcards source what the core takes it for? The kit's own questions, on both ways to sign in."""

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import FakeSource
from cusna_core.testing.source_suite import SourceSuite


class TestAndcards(SourceSuite):
    source = AndcardsSource
    fake = AndcardsFake


class TestAndcardsWithTokens(TestAndcards):
    def prepare(self, fake: FakeSource) -> None:
        assert isinstance(fake, AndcardsFake)
        fake.knobs.bearer = True
