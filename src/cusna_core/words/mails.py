"""What is a letter called in the log, and why was one not sent?"""

from collections.abc import Callable, Mapping
from typing import Final

from cusna_core.words.language import Language

Said = Callable[[Language], str]


def called(kind: str, why: str, language: Language) -> str:
    """ "sign-in", or "sign-in: it would have come too late". What has no words is told as it is."""
    kinds, whys = LETTERS.get(kind), UNSENT.get(why)
    name = kinds(language) if kinds else kind
    reason = whys(language) if whys else why
    return f"{name}: {reason}" if reason else name


LETTERS: Final[Mapping[str, Said]] = {
    "sign-in": lambda language: language.pgettext("letter", "sign-in"),
    "passphrase-changed": lambda language: language.pgettext("letter", "changed passphrase"),
    "passphrase-rotated": lambda language: language.pgettext("letter", "new passphrase from the team"),
    "passphrase-replaced": lambda language: language.pgettext("letter", "replaced passphrase"),
    "passphrase-revealed": lambda language: language.pgettext("letter", "an admin saw the passphrase"),
    "desk-code": lambda language: language.pgettext("letter", "code for the desk"),
    "access-ends": lambda language: language.pgettext("letter", "access ends soon"),
    "new-device": lambda language: language.pgettext("letter", "sign-in on a new device"),
    "admin-sign-in": lambda language: language.pgettext("letter", "sign-in to the console"),
    "admin-new-device": lambda language: language.pgettext("letter", "console on a new device"),
    "admin-finding": lambda language: language.pgettext("letter", "finding"),
    "admin-mended": lambda language: language.pgettext("letter", "mended finding"),
    "admin-held": lambda language: language.pgettext("letter", "early ends held back"),
    "test": lambda language: language.pgettext("letter", "test"),
}
"""A test knows that no kind is without a name."""
UNSENT: Final[Mapping[str, Said]] = {
    "too-late": lambda language: language.pgettext("unsent", "it would have come too late"),
    "over": lambda language: language.pgettext("unsent", "it was no longer so"),
    "undeliverable": lambda language: language.pgettext("unsent", "the mail server refused the address"),
    "no-address": lambda language: language.pgettext("unsent", "there is no address"),
    "no-location": lambda language: language.pgettext("unsent", "the location is gone"),
    "no-admin": lambda language: language.pgettext("unsent", "the address is no admin's"),
    "unknown": lambda language: language.pgettext("unsent", "nobody here has the address"),
    "about-mail": lambda language: language.pgettext("unsent", "it was about mail itself"),
    "invalid": lambda language: language.pgettext("unsent", "it could not be written"),
    "unknown-kind": lambda language: language.pgettext("unsent", "this version has no such letter"),
}
