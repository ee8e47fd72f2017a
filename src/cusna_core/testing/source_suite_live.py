"""How does the source suite run on a real account (`pytest --cusna-live CONFIG`)? It only reads.

The account is the first integration of that file with the source's type; the locations are those that the
file maps to it, or all that there are.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cusna_core.api import Source, SystemClock
from cusna_core.config.file import read
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.resolve import resolve
from cusna_core.config.setup import Setup
from cusna_core.testing import live
from cusna_core.testing.source_suite_base import Desk


def _setup(given: str, kind: type[Source[Any]]) -> Setup:
    try:
        file = read(Path(given).absolute(), os.environ)
    except ConfigFileError as error:
        pytest.fail(f"--cusna-live: {error}", pytrace=False)
    return resolve(file, Registry(sources={kind.type: kind}))


@asynccontextmanager
async def account(request: pytest.FixtureRequest, kind: type[Source[Any]]) -> AsyncIterator[Desk]:
    setup = _setup(request.config.getoption("cusna_live"), kind)
    integration = next((one for one in setup.integrations.values() if one.source is kind), None)
    if integration is None:
        live.skip(request, f'the file has no integration with type = "{kind.type}" that can be used')
    desk = Desk(kind, integration.options, SystemClock())
    try:
        source = await desk.source()
        there = await source.locations()
        mapped = {
            one.source_location for one in setup.locations.values() if one.integration == integration.name
        }
        chosen = [one.id for one in there if not mapped or mapped & {one.id, one.title}]
        desk.places = tuple(chosen)
        yield desk
    finally:
        await desk.close()
