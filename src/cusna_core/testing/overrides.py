"""May this test of a suite be overridden? Only to expect its failure, with a reason that convinces."""

import pytest

LEAST_REASON = 40
"""Letters of a reason that says something."""


def unreasoned(given: type, suite: type) -> list[str]:
    """The suite's tests that a class overrides without a strict xfail and its reason, or skips as a whole."""
    wrong = []
    for name in dir(suite):
        own = getattr(given, name)
        if name.startswith("test_") and own is not getattr(suite, name) and not _expected(own):
            wrong.append(name)
    return wrong + [mark.name for mark in _marks(given) if mark.name in ("skip", "skipif", "xfail")]


def _expected(test: object) -> bool:
    return any(
        mark.name == "xfail"
        and mark.kwargs.get("strict") is True
        and len(str(mark.kwargs.get("reason", ""))) >= LEAST_REASON
        for mark in _marks(test)
    )


def _marks(what: object) -> list[pytest.Mark]:
    found = getattr(what, "pytestmark", [])
    marks = found if isinstance(found, list) else [found]
    return [one.mark if isinstance(one, pytest.MarkDecorator) else one for one in marks]
