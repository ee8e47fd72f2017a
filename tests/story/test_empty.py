"""`demo --empty`: nothing is set up, and whoever walks the Settings path knows what to type."""

from pathlib import Path

import aiohttp
import pytest

from cusna_core.config.plugins import Registry

from .conftest import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_to_type_stands_on_the_start_page(tmp_path: Path, registry: Registry) -> None:
    async with opened(tmp_path / "space", registry, given=True) as space, aiohttp.ClientSession() as browser:
        async with browser.get(space.panel) as answer:
            page = await answer.text()
        told = dict(space.stage.settings())
        assert {"client_id", "client_secret", "base_url"} <= told["Integration: andcards"].keys()
        for options in told.values():
            assert all(f"<code>{value}</code>" in page for value in options.values())
        async with browser.get(f"{space.portal}/portal") as answer:
            assert answer.status == 200, "a portal without a location has no page"
        assert space.stage.app.core.engine.estate.integrations == {}
