"""What is a good new passphrase?

Easy to type on a phone, hard to guess for whoever records one handshake of the SSID (at least 77 bits),
and the same to every reader of a WIFI: string: only [a-z2-9-], and at least one letter that is no hex
digit, so that nothing takes it for a raw key.
"""

from functools import cache
from importlib.resources import files
from random import Random, SystemRandom

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which people mistake for one another."""
GROUPS, GROUP = 4, 4
WORDS = 6
HEX = frozenset("0123456789abcdef-")


def characters(random: Random | None = None) -> str:
    """`k7mw-9xqf-…`: four groups of four, 79 bits. Without `random` the system's own randomness is used."""
    random = random or SystemRandom()
    while True:
        # One draw for all symbols: as uniform as sixteen draws, and a sixteenth of the calls into the system.
        number = random.randrange(len(ALPHABET) ** (GROUPS * GROUP))
        symbols = []
        for _ in range(GROUPS * GROUP):
            number, symbol = divmod(number, len(ALPHABET))
            symbols.append(ALPHABET[symbol])
        text = "".join(symbols)
        if not HEX.issuperset(text):
            return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def words(random: Random | None = None) -> str:
    """`relay-oxygen-…`: six words of the EFF's list, 77.5 bits, at most 59 characters."""
    random = random or SystemRandom()
    known = vocabulary()
    while True:
        text = "-".join(random.choice(known) for _ in range(WORDS))
        if not HEX.issuperset(text):
            return text


@cache
def vocabulary() -> tuple[str, ...]:
    """The EFF's long list, without the four words that hold a hyphen themselves."""
    text = files("cusna_core.words").joinpath("eff_large.txt").read_text("ascii")
    return tuple(text.split())
