"""Plugins are switched on in one file; a broken one stops nobody."""

from importlib.metadata import entry_points
from pathlib import Path

import aiohttp
import pytest

from cusna_core.app import App
from cusna_core.store import findings

from ..ports import free

pytestmark = pytest.mark.asyncio(loop_scope="module")


def install_a_broken_plugin(folder: Path) -> None:
    about = folder / "cusna_broken-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: cusna-broken\nVersion: 1.0\nRequires-Dist: cusna-core>=0.1,<0.2\n"
    )
    (about / "entry_points.txt").write_text("[cusna]\nbroken = cusna_broken\n")
    (folder / "cusna_broken.py").write_text("raise RuntimeError('a bug in a plugin of somebody else')\n")


async def test_plugins_are_switched_on_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "meraki" not in {point.name for point in entry_points(group="cusna")}:
        pytest.skip("The plugin meraki is not installed: run script/setup")
    install_a_broken_plugin(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    port = free()
    path = tmp_path / "cusna.toml"
    path.write_text(
        f'base_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n'
        '[plugins]\nenable = ["meraki", "broken", "misspelt"]\n'
    )
    app = await App.start(path, env={})
    try:
        assert set(app.core.registry.drivers) == {"meraki"}, "not exactly what the file names"
        stored = await app.core.db.read(findings.current)
        told = {one.finding.about: one.finding for one in stored}
        assert {"broken", "misspelt"} <= set(told)
        assert all(one.fix for one in told.values()), "a finding does not say what to do"
        portal = f"http://localhost:{port}/portal"
        async with aiohttp.ClientSession() as session, session.get(portal) as answer:
            assert answer.status == 200, "a broken plugin takes the portal down"
    finally:
        await app.stop()
