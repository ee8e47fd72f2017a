"""How is a name written when it is looked for? Without case, accents and doubled spaces."""

import unicodedata

LONGEST = 400
"""A name or an address is never longer; a hostile one is cut for the search, not for people."""


def folded(text: str | None) -> str:
    """ "Müller,  Zoë" and "muller zoe" are found by the same letters."""
    apart = unicodedata.normalize("NFKD", (text or "")[:LONGEST])
    plain = "".join(one for one in apart if not unicodedata.combining(one))
    return " ".join(plain.casefold().replace("\0", " ").split())
