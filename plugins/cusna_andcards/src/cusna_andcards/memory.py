"""What did earlier reads tell that a later one can join with?"""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cusna_andcards import records
from cusna_core.api import Company, SourceLocation


@dataclass(slots=True)
class Memory:
    """It saves calls at a sign-in, and is only a help: whatever is not in it is asked for."""

    places: dict[str, SourceLocation] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """Membership id to user id."""
    companies: dict[str, Company] = field(default_factory=dict)
    resources: dict[str, records.Resource] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    """User ids of everybody who was told as a person."""
    spellings: dict[str, str] = field(default_factory=dict)
    """E-mail key to the address as the vendor stores it: its filter may heed the case."""

    def zone(self, name: str | None, place: str | None) -> ZoneInfo | None:
        known = self.places.get(place or "")
        for candidate in (name, known.timezone if known else None):
            if candidate and (zone := known_zone(candidate)):
                return zone
        return None


def known_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None
