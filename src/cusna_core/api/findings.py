"""What should an admin know, and what mends it?"""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an admin should know. It appears once and vanishes when it is gone.

    `code` is stable and in dots (`unifi.ppsk-off`); together with `about` it is the finding's
    identity. `summary` says what happened and what it means, `fix` says what to do. `path` is the
    place in the configuration, below the object that was checked (`ssid`), where there is one.
    """

    level: Level
    code: str
    summary: str
    fix: str
    path: str = ""
    about: str = ""
