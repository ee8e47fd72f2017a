"""What do all tests share? Compiled templates: else each program that a test starts compiles them again.

And a log that nobody turns off: a test that looks for a line is not to depend on who ran before it.
"""

import functools
import logging
from collections.abc import Iterator
from types import CodeType
from typing import Any

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Kept as long as the source is the same, and what else decides the outcome."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(_name(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[_name(bucket)] = bucket.code


def _name(bucket: Bucket) -> tuple[object, ...]:
    made = bucket.environment
    escapes = made.autoescape if isinstance(made.autoescape, bool) else type(made.autoescape)
    # Filters and tests of constants are carried out by the compiler.
    used = (*sorted(made.filters.items()), *sorted(made.tests.items()), *made.extensions)
    layout = (made.trim_blocks, made.lstrip_blocks, made.keep_trailing_newline, made.is_async)
    return (bucket.key, bucket.checksum, escapes, *layout, *used)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    compiled = Compiled()
    plain = Environment.__init__

    @functools.wraps(plain)
    def made(self: Environment, *args: Any, **options: Any) -> None:
        plain(self, *args, **{"bytecode_cache": compiled} | options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "__init__", made)
        yield


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Whoever turns logging down for the whole process turns it up again."""
    before = logging.root.manager.disable, logging.root.level
    yield
    after = logging.root.manager.disable, logging.root.level
    logging.disable(before[0])
    logging.root.setLevel(before[1])
    assert after == before, "This test turned logging down (or up) for every test after it."
