"""How does the source suite run on a real account (`pytest --cusna-live CONFIG`)? It only reads.

The account is the first integration of that file with the source's type; the locations are those that the
file maps to it, or all that there are.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cusna_core.api import AuthFailed, ConfigError, Source, SystemClock
from cusna_core.config.plugins import Registry
from cusna_core.config.resolve import resolve
from cusna_core.testing import live
from cusna_core.testing.source_suite_base import Desk


@asynccontextmanager
async def account(request: pytest.FixtureRequest, kind: type[Source[Any]]) -> AsyncIterator[Desk]:
    file = live.file_of(request)
    setup = resolve(file, Registry(sources={kind.type: kind}))
    integration = next((one for one in setup.integrations.values() if one.source is kind), None)
    mine = live.those(file, "integration", "type", {kind.type})
    off = [one for one in setup.off if one.kind == "integration" and one.name in mine]
    if integration is None and off:
        live.halt(" ".join(f"The integration {one.name} cannot be used: {one.why}." for one in off))
    if integration is None:
        live.skip(request, f'the file has no integration with type = "{kind.type}" that can be used')
    desk = Desk(kind, integration.options, SystemClock())
    try:
        source = await desk.source()
        try:
            there = await source.locations()
        except (AuthFailed, ConfigError) as error:
            live.halt(f"{integration.name} cannot be read: {type(error).__name__}: {error}")
        mapped = {
            one.source_location for one in setup.locations.values() if one.integration == integration.name
        }
        chosen = [one.id for one in there if not mapped or mapped & {one.id, one.title}]
        desk.places = tuple(chosen)
        yield desk
    finally:
        await desk.close()
