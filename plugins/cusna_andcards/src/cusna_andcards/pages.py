"""What is in the envelope that a list comes in?"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from cusna_andcards.records import Record
from cusna_core.api import BadAnswer

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Records in the vendor's order, and how many more there were that could not be read."""

    records: tuple[R, ...]
    unreadable: int


def envelope(answer: Any, key: str, path: str) -> list[Any]:
    records = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise BadAnswer(f"GET {path} answered without its list “{key}”.")
    return records


def read(model: type[R], data: list[Any]) -> Page[R]:
    """One record in a wrong shape must not hide the others; it is counted."""
    good = tuple(record for record in (_one(model, one) for one in data) if record is not None)
    return Page(good, len(data) - len(good))


def _one(model: type[R], data: Any) -> R | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None
