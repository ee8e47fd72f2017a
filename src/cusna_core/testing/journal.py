"""What was said between a plugin and its vendor, and to whom else?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call, without anything that could be a secret."""

    method: str
    path: str
    status: int
    """What the vendor (or a fault) answered; 0 if the connection was cut before."""
    lost: bool = False
    """Whether the caller never heard of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Stray:
    """Something that reached the other host, as text: to look for what must not be there."""

    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    body: str

    def __contains__(self, text: str) -> bool:
        pieces = (self.target, self.body, *(value for _, value in self.headers))
        return any(text in piece for piece in pieces)

    def __repr__(self) -> str:
        return f"<{self.method} {self.target.partition('?')[0]} with {', '.join(n for n, _ in self.headers)}>"
