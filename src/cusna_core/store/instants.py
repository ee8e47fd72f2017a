"""How does an instant look in the database? As integer milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@overload
def ms(instant: datetime) -> int: ...
@overload
def ms(instant: datetime | None) -> int | None: ...
def ms(instant: datetime | None) -> int | None:
    """Whole milliseconds, rounded down; a naive datetime raises TypeError."""
    return None if instant is None else (instant - EPOCH) // _MILLISECOND


@overload
def at(value: int) -> datetime: ...
@overload
def at(value: int | None) -> datetime | None: ...
def at(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(milliseconds=value)
