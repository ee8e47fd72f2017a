"""Is the Andcards source what the core takes it for? The kit's own questions, on both ways to sign in."""

from collections.abc import Iterator
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.source import AndcardsSource
from cusna_core.api import FakeSource
from cusna_core.testing import SourceSuite


class TestAndcards(SourceSuite):
    source = AndcardsSource
    fake = AndcardsFake
    vendors: Any = None
    """The vendor's specification, where it is at hand: every call of the suite is held against it."""

    @pytest.fixture(autouse=True)
    def _held_against_the_specification(self, optional_specification: Any) -> Iterator[None]:
        self.vendors = optional_specification
        yield
        assert self.vendors is None or self.vendors.wrong == []

    def prepare(self, fake: FakeSource) -> None:
        assert isinstance(fake, AndcardsFake)
        fake.watch = self.vendors and self.vendors.check


class TestAndcardsWithTokens(TestAndcards):
    def prepare(self, fake: FakeSource) -> None:
        super().prepare(fake)
        assert isinstance(fake, AndcardsFake)
        fake.knobs.bearer = True
