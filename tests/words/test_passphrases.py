"""Are passphrases as hard to guess, and as easy to type, as they are said to be? (P1, P2, Q1)"""

import math
import re
import tomllib
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.words import passphrases
from cusna_core.words.passphrases import ALPHABET, GROUP, GROUPS, WORDS, characters, vocabulary, words

ROOT = Path(__file__).parents[2]


def test_entropy() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set(ALPHABET) & set("ilo01")
    bits = GROUPS * GROUP * math.log2(len(ALPHABET))
    hexes = len(set(ALPHABET) & set("0123456789abcdef"))
    refused = (hexes / len(ALPHABET)) ** (GROUPS * GROUP)
    assert bits + math.log2(1 - refused) >= 79
    assert len(set(vocabulary())) == len(vocabulary()) == 7772
    assert WORDS * math.log2(len(vocabulary())) >= 77.5


def test_the_word_list() -> None:
    assert all(re.fullmatch("[a-z]{3,9}", word) for word in vocabulary())
    # Nobody can read one word as another and the beginning of a third.
    assert len({"-".join(pair) for pair in zip(vocabulary(), vocabulary()[1:], strict=False)}) == 7771
    notice = (ROOT / "licences/EFF.txt").read_text()
    assert "Creative Commons Attribution 3.0" in notice
    assert (ROOT / "src/cusna_core/words/eff_large.LICENCE.txt").read_text() == notice
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert built["packages"] == ["src/cusna_core"]  # the list and its notice go with it


def test_the_system_s_randomness_is_the_default() -> None:
    with patch.object(passphrases, "SystemRandom", wraps=SystemRandom) as asked:
        characters()
        words()
    assert asked.call_count == 2


def fit(text: str) -> None:
    assert 8 <= len(text) <= 63
    assert re.fullmatch("[a-z2-9-]+", text)
    assert re.search("[g-z]", text)
    assert not re.fullmatch("[0-9a-f]{64}", text)
    assert not re.search('[;:,"%\\\\ ]', text)


@given(st.integers())
def test_characters_are_fit_for_wpa_and_qr(seed: int) -> None:
    text = characters(Random(seed))
    fit(text)
    assert [len(part) for part in text.split("-")] == [4, 4, 4, 4]


@given(st.integers())
def test_words_are_fit_for_wpa_and_qr(seed: int) -> None:
    text = words(Random(seed))
    fit(text)
    assert len(text.split("-")) == WORDS
    assert len(text) <= 59


class Scripted(Random):
    """Gives what a test wants first."""

    def __init__(self, first: list[int]) -> None:
        super().__init__(1)
        self.first = first

    def randrange(self, *limits: int) -> int:  # type: ignore[override]
        return self.first.pop(0) if self.first else super().randrange(*limits)

    def choice(self, of):  # type: ignore[no-untyped-def]
        return of[self.first.pop(0)] if self.first else super().choice(of)


def test_a_passphrase_of_hex_digits_only_is_drawn_again() -> None:
    assert "g" not in ALPHABET[:6]
    fit(characters(Scripted([0])))  # aaaa-aaaa-aaaa-aaaa
    decade = vocabulary().index("decade")
    fit(words(Scripted([decade] * WORDS)))


def test_a_million_symbols_are_uniform() -> None:
    count: Counter[str] = Counter()
    random = Random(20261123)
    for _ in range(62_500):
        count.update(characters(random))
    del count["-"]
    total = sum(count.values())
    assert total == 1_000_000
    expected = total / 31
    chi2 = sum((count[one] - expected) ** 2 / expected for one in ALPHABET)
    assert chi2 < 59.7  # 30 degrees of freedom, p = 0.001


def test_every_place_is_uniform() -> None:
    random = Random(7)
    drawn = [characters(random).replace("-", "") for _ in range(31_000)]
    for place in range(16):
        count = Counter(text[place] for text in drawn)
        assert sum((count[one] - 1000) ** 2 / 1000 for one in ALPHABET) < 73  # p = 2e-5, sixteen times


def test_a_million_passphrases_have_no_twins() -> None:
    random = SystemRandom()
    assert len({characters(random) for _ in range(1_000_000)}) == 1_000_000


@pytest.mark.parametrize("make", [characters, words])
def test_the_same_randomness_gives_the_same(make) -> None:  # type: ignore[no-untyped-def]
    assert make(Random(5)) == make(Random(5)) != make(Random(6))
