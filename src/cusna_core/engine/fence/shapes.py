"""Is what a plugin answered of the kind that its interface promises?

Nothing here looks at what a vendor means by a value: only whether it is what the type says, all the way down.
What is told of a misfit is where it is and what kind of thing it is, never the value itself.
"""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cusna_core.api import KeyState, Secret, Snapshot

T = TypeVar("T")
Check = Callable[[object, str], None]
MOST = 100_000
"""No list of a co-working space is longer; a plugin that goes on and on must not fill the memory."""
LONGEST = 20_000
"""Letters of one text."""
FURTHEST = 2**53


class Misfit(Exception):
    """An answer that is not what was promised. Its text holds no value."""


def listed(answer: object, of: type[T]) -> tuple[T, ...]:
    """A list (or other sequence) of these, looked at one by one. Raises Misfit."""
    if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Sequence):
        raise Misfit(f"gave {kind(answer)} instead of a list of {of.__name__}")
    items = list(islice(answer, MOST + 1))
    if len(items) > MOST:
        raise Misfit(f"gave a list of more than {MOST:,} {of.__name__}")
    check = shape(cast("Any", of))
    for number, one in enumerate(items):
        check(one, f"number {number + 1} of the list")
    return tuple(cast("list[T]", items))


def one(answer: object, of: Any) -> Any:
    """A single thing of this type. Raises Misfit."""
    shape(of)(answer, "the answer")
    return answer


def keys(answer: object) -> tuple[KeyState, ...]:
    """What `read` gave: each reference names one key."""
    found: dict[str, KeyState] = {}
    for state in listed(answer, KeyState):
        if not state.ref:
            raise Misfit("gave a key without a reference")
        if found.setdefault(state.ref, state) != state:
            raise Misfit("gave two different keys with one reference")
        if state.vlan is not None and not 0 <= state.vlan <= 4095:
            raise Misfit("gave a key with a VLAN that no network has")
    return tuple(found.values())


def snapshot(answer: object, now: datetime) -> Snapshot:
    """What a read of a source gave; one that began in the future could remove what is newer than it."""
    told: Snapshot = one(answer, Snapshot)
    if (told.began - now).total_seconds() > 60:
        raise Misfit("gave a snapshot that began in the future")
    for number, subscription in enumerate(told.subscriptions):
        if (subscription.person_id is None) == (subscription.company_id is None):
            raise Misfit(f"gave a subscription (number {number + 1}) with no holder or with two")
    return told


def text(answer: object) -> str:
    """A name that something can be told by. Raises Misfit."""
    shape(str)(answer, "the answer")
    if not answer:
        raise Misfit("gave an empty text")
    return str(answer)


def kind(value: object) -> str:
    """What sort of thing it is, in a word or two."""
    if value is None:
        return "nothing (None)"
    if isinstance(value, types.GeneratorType | types.AsyncGeneratorType):
        return "a generator"
    return f"an object of {type(value).__name__[:60]}"


@cache
def shape(hint: Any) -> Check:
    """What looks whether a value is of this type; made once for each."""
    if isinstance(hint, NewType):
        return shape(hint.__supertype__)
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _either(tuple(map(shape, args)))
    if origin is tuple and args[-1:] == (Ellipsis,):
        return _many(tuple, shape(args[0]))
    if origin is tuple:
        return _row(tuple(map(shape, args)))
    if origin is frozenset:
        return _many(frozenset, shape(args[0]))
    if origin is dict:
        return _kind(dict, shape(args[0]))
    return _plain(hint)


def _plain(hint: Any) -> Check:
    known: dict[Any, Check] = {
        str: _text,
        int: _number,
        float: _real,
        datetime: _instant,
        date: _day,
        Secret: _secret,
    }
    if hint in known:
        return known[hint]
    if is_dataclass(hint):
        parts = get_type_hints(hint)
        return _record(cast("type", hint), {one.name: shape(parts[one.name]) for one in fields(hint)})
    return _kind(type(None) if hint is None else hint)


def _kind(wanted: type, inner: Check | None = None) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, wanted):
            raise Misfit(f"gave {kind(value)} as {where}, where {wanted.__name__} belongs")
        if inner is not None:
            for name in cast("Any", value):
                inner(name, where)

    return check


def _either(checks: Sequence[Check]) -> Check:
    def check(value: object, where: str) -> None:
        first: Misfit | None = None
        for each in checks:
            try:
                each(value, where)
            except Misfit as misfit:
                first = first or misfit
            else:
                return
        raise first or Misfit(where)

    return check


def _many(wanted: type, inner: Check) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, wanted):
            raise Misfit(f"gave {kind(value)} as {where}, where a {wanted.__name__} belongs")
        several = cast("tuple[object, ...]", value)
        if len(several) > MOST:
            raise Misfit(f"gave more than {MOST:,} as {where}")
        for each in several:
            inner(each, f"one of {where}")

    return check


def _row(checks: Sequence[Check]) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, tuple) or len(value) != len(checks):
            raise Misfit(f"gave {kind(value)} as {where}, where {len(checks)} values belong")
        for each, inner in zip(value, checks, strict=True):
            inner(each, where)

    return check


def _record(wanted: type, parts: Mapping[str, Check]) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, wanted):
            raise Misfit(f"gave {kind(value)} as {where}, where {wanted.__name__} belongs")
        for name, inner in parts.items():
            try:
                part = getattr(value, name)
            except AttributeError:
                raise Misfit(f"gave a {wanted.__name__} without {name}") from None
            inner(part, f"{name} of a {wanted.__name__}")

    return check


def _text(value: object, where: str) -> None:
    if not isinstance(value, str):
        raise Misfit(f"gave {kind(value)} as {where}, where text belongs")
    if len(value) > LONGEST:
        raise Misfit(f"gave more than {LONGEST:,} letters as {where}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Misfit(f"gave broken text as {where}") from None


def _number(value: object, where: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > FURTHEST:
        raise Misfit(f"gave {kind(value)} as {where}, where a whole number belongs")


def _real(value: object, where: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Misfit(f"gave {kind(value)} as {where}, where a number belongs")


def _instant(value: object, where: str) -> None:
    if not isinstance(value, datetime):
        raise Misfit(f"gave {kind(value)} as {where}, where an instant belongs")
    if value.tzinfo is None or value.utcoffset() is None:
        raise Misfit(f"gave a time without a zone as {where}")


def _day(value: object, where: str) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Misfit(f"gave {kind(value)} as {where}, where a date belongs")


def _secret(value: object, where: str) -> None:
    if not isinstance(value, Secret):
        raise Misfit(f"gave {kind(value)} as {where}, where a Secret belongs")
    _text(value.get_secret_value(), where)
    if not value.get_secret_value():
        raise Misfit(f"gave an empty Secret as {where}")
