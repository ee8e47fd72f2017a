"""How is a number written?"""

from babel.numbers import format_decimal

from cusna_core.words.language import Language


def number(of: int, language: Language) -> str:
    """ "1,200", "1.200"."""
    return format_decimal(of, locale=language.locale)
