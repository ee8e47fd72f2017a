"""How is a result laid out? In columns that wrap on a terminal, and in one line each where it is piped.

Colours only where a terminal shows them, and NO_COLOR is not set.
"""

import os
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

Json = dict[str, Any]
NARROWEST = 24
"""Columns that a text keeps, however narrow the terminal is."""


def colours() -> Literal["auto"] | None:
    """None where NO_COLOR is set: rich would leave bold and dim, which are escape codes too."""
    return None if os.environ.get("NO_COLOR") else "auto"


class Sheet:
    """Writes to standard output, or to standard error."""

    def __init__(self, *, error: bool = False) -> None:
        self.console = Console(
            stderr=error,
            highlight=False,
            soft_wrap=True,
            emoji=False,
            markup=False,
            color_system=colours(),
        )

    @property
    def shown(self) -> bool:
        """Whether somebody looks at it."""
        return self.console.is_terminal

    def gap(self) -> None:
        self.console.print()

    def raw(self, text: str, style: str = "") -> None:
        """As it is, never wrapped: to be copied."""
        self.console.print(Text(text, style=style))

    def line(self, text: str | Text, style: str = "", *, indent: int = 0) -> None:
        self.row("", text, style, indent=indent, column=0)

    def row(
        self,
        label: str,
        text: str | Text,
        style: str = "",
        *,
        indent: int = 0,
        column: int = 9,
        label_style: str = "dim",
    ) -> None:
        """A label in a column of its own, and what it says beside it."""
        head = Text(" " * indent).append(f"{label:<{column}}", style=label_style)
        body = Text(text, style=style) if isinstance(text, str) else text
        if not self.shown:
            self.console.print(head + body)
            return
        width = max(NARROWEST, self.console.width - indent - column)
        lines = body.wrap(self.console, width) or [body]
        for number, one in enumerate(lines):
            one.rstrip()
            self.console.print((head if number == 0 else Text(" " * (indent + column))) + one)
