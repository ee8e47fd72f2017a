"""What was said between a plugin and its vendor, and to whom else?"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

SECRET = re.compile(r"auth|cookie|key|token|secret|session|csrf|passw|ticket", re.IGNORECASE)
"""Names of headers and parameters that carry what nobody may see."""
SHORTEST = 6


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


def credentials(headers: Iterable[tuple[str, str]], query: str = "") -> Iterator[str]:
    """The secrets among a call's or an answer's headers and in its query, in all their pieces."""
    for name, value in (*headers, *parse_qsl(query)):
        if SECRET.search(name):
            yield from (one for one in _pieces(name.lower(), value) if len(one) >= SHORTEST)


def _pieces(name: str, value: str) -> Iterator[str]:
    if "cookie" in name:
        for pair in value.split(";")[: 1 if name == "set-cookie" else None]:
            yield pair.partition("=")[2].strip()
        return
    scheme, _, rest = value.partition(" ")
    yield rest or value
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(rest, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
