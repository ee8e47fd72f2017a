"""What does a person need to read? What is the case, and what they can do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """`do` is empty where nothing needs to be done."""

    what: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.do}".rstrip()
