"""May this test of a suite be overridden? Only to expect its failure, with a reason that convinces."""

import inspect
from collections.abc import Collection

import pytest

LEAST_REASON = 40
"""Letters of a reason that says something."""


def unreasoned(given: type, suite: type, open_to: Collection[str]) -> list[str]:
    """What a class overrides of the suite without a strict xfail and its reason, or skips as a whole.

    Fixtures and whatever tests share count as well, but for what the plugin is to fill in.
    """
    wrong = []
    for name in dir(suite):
        own, ours = (inspect.getattr_static(one, name, None) for one in (given, suite))
        if own is ours or name in (*open_to, "pytestmark") or name.startswith("__"):
            continue
        if not (name.startswith("test_") and _expected(own)):
            wrong.append(name)
    return wrong + [mark.name for mark in _marks(given) if mark.name in ("skip", "skipif", "xfail")]


def _expected(test: object) -> bool:
    return any(
        mark.name == "xfail"
        and not mark.args
        and not mark.kwargs.keys() & {"condition", "run"}
        and mark.kwargs.get("strict") is True
        and len(str(mark.kwargs.get("reason", ""))) >= LEAST_REASON
        for mark in _marks(test)
    )


def _marks(what: object) -> list[pytest.Mark]:
    found = getattr(what, "pytestmark", [])
    marks = found if isinstance(found, list) else [found]
    return [one.mark if isinstance(one, pytest.MarkDecorator) else one for one in marks]
