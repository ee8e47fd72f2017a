"""What has gone wrong lately, without whose it was?

The last warnings and errors of the log, kept in memory for a bug report. Of a line only its template is kept,
and of its values only numbers and names of error classes: everything else may be about a person.
"""

import logging
import re
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

KEPT: Final = 200
HIDDEN: Final = "•••"
NO_TEMPLATE: Final = "(a line without a template: its text is left out)"
ERROR_CLASS: Final = re.compile(
    r"\A[A-Z][A-Za-z]{2,39}(?:Error|Exception|Failed|Limited|Unreachable|Rejected|Missing|Taken|Full|Transient)\Z"
)
OURS: Final = "cusna_core"
FRAMES: Final = 12


class Harmless(str):
    """A value for the log that is about nobody: an address of ours with its placeholders, a reference."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the log, made anonymous; `frames` are "file:line function" of a traceback."""

    at: datetime
    level: str
    logger: str
    said: str
    error: str = ""
    frames: tuple[str, ...] = ()


class Ring(logging.Handler):
    """Holds the last troubles while it is installed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._kept: deque[Trouble] = deque(maxlen=KEPT)

    def install(self) -> None:
        logging.getLogger().addHandler(self)

    def uninstall(self) -> None:
        logging.getLogger().removeHandler(self)

    def recent(self) -> tuple[Trouble, ...]:
        """The newest first."""
        return tuple(reversed(self._kept))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._kept.append(_trouble(record))
        except Exception:  # noqa: BLE001 - a line that cannot be looked at is not kept
            return


def _trouble(record: logging.LogRecord) -> Trouble:
    kind, frames = "", tuple[str, ...]()
    if record.exc_info and record.exc_info[0] is not None:
        kind = record.exc_info[0].__name__
        found = traceback.extract_tb(record.exc_info[2])[-FRAMES:]
        frames = tuple(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in found)
    at = datetime.fromtimestamp(record.created, UTC)
    return Trouble(at, record.levelname.lower(), record.name, _said(record), kind, frames)


def _said(record: logging.LogRecord) -> str:
    """The template with what is safe of its values."""
    template = str(record.msg)
    if not record.args:
        # A plugin may have put anything together; and what the guard of the log masked is its whole text.
        ours = record.name.split(".", 1)[0] == OURS and HIDDEN not in template
        return template if ours else NO_TEMPLATE
    if isinstance(record.args, Mapping):
        return template
    parts = iter(record.args)
    return re.sub(r"%[-#0-9 +.]*[a-zA-Z]", lambda _: _safe(next(parts, None)), template)


def _safe(value: object) -> str:
    if isinstance(value, bool | int | float | Harmless):
        return str(value)
    if isinstance(value, str) and ERROR_CLASS.match(value):
        return value
    return HIDDEN
