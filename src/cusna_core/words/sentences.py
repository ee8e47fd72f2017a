"""Which sentence is it, when somebody made it in English with its values in it already?

Findings, refusals and plugins' errors are whole sentences by the time they are shown. A catalogue knows
them as patterns, "%(title)s could not be read. %(said)s …", and the values are found in what was said.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

VALUE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A pattern of a catalogue: what stands between the values, and what the values are called."""

    message: str
    between: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, message: str) -> "Sentence":
        parts = VALUE.split(message)
        return cls(message, tuple(parts[::2]), tuple(parts[1::2]))

    def values(self, said: str) -> dict[str, str] | None:
        """The values of a sentence that is made like this one; None for another. Looks at each sign once."""
        first, *rest = self.between
        if not said.startswith(first):
            return None
        found, place = {}, len(first)
        for number, (name, then) in enumerate(zip(self.names, rest, strict=True), 1):
            end = said.find(then, place + 1) if number < len(rest) else len(said) - len(then)
            if end <= place or not said.startswith(then, end):
                return None
            found[name] = said[place:end]
            place = end + len(then)
        return found


def patterns(messages: Iterable[str]) -> tuple[Sentence, ...]:
    """Those that say the most by themselves first: a short one might take what a longer one knows."""
    made = (Sentence.of(one) for one in messages if VALUE.search(one))
    return tuple(sorted(made, key=lambda one: -len("".join(one.between))))
