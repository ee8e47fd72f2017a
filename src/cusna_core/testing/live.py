"""How does the driver suite run on a real controller (`pytest --cusna-live CONFIG`)?

Only with scratch keys of its own, which it takes away whatever happens; and it says what it could not try.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest

from cusna_core.api import Controller
from cusna_core.testing.lab import Lab


def wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("cusna_live", default=None))


def skip(request: pytest.FixtureRequest, why: str) -> NoReturn:
    pytest.skip(f"cusna-live: {why}.")


@asynccontextmanager
async def lab(request: pytest.FixtureRequest, driver: type[Controller[Any, Any]]) -> AsyncIterator[Lab]:
    raise NotImplementedError
    yield
