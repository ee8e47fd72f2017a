"""How does what Cusna knows become a sentence for a person?

Reasons travel as data through the rules and the store; only here do they become words. The English
text is the message's id, so the code reads as the page does; other languages are catalogues.

    language = choose(request.headers.get("Accept-Language"), request.cookies.get("language"))
    until(access.ends, zone, clock.now(), language)     # "until midnight tonight (Mon 23 → Tue 24)"
    language.text("Your WiFi at %(place)s", place=door.name)
"""

from cusna_core.words.findings import level, problem
from cusna_core.words.held import lost, waits
from cusna_core.words.language import Language, choose, language, languages
from cusna_core.words.numbers import number
from cusna_core.words.plans import cause, causes, verb
from cusna_core.words.reasons import because, ground, refused
from cusna_core.words.states import State, settle, state, state_label, waiting
from cusna_core.words.told import Told
from cusna_core.words.when import day, duration, moment, stamp, until

__all__ = [
    "Language", "State", "Told", "because", "cause", "causes", "choose", "day", "duration", "ground",
    "language", "languages", "level", "lost", "moment", "number", "problem", "refused", "settle", "stamp",
    "state", "state_label", "until", "verb", "waiting", "waits",
]  # fmt: skip
