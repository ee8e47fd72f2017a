"""Is every page of the console found and asked? For the figures: `script/bench console`."""

import asyncio
import json
from pathlib import Path

from . import console
from .console import Timing, parameters, pattern


async def test_a_small_house_has_everything(tmp_path: Path) -> None:
    """Made once, and served again from what was kept: people, keys, companies, and all pages."""
    async with console.site(tmp_path, 120, 2, lines=500) as here:
        found = await console.measured(here, 1)
        counted = here.app.core.db
        many = await counted.read(lambda tx: tx.execute("SELECT count(*) FROM accounts").fetchone()[0])
        keys = await counted.read(
            lambda tx: tx.execute("SELECT count(*) FROM key_states WHERE state = 'working'").fetchone()[0]
        )
        lines = await counted.read(lambda tx: tx.execute("SELECT count(*) FROM audit").fetchone()[0])
    assert many == 120
    assert 60 < keys <= 120
    assert lines >= 500
    shown = {one.route: one for one in found}
    for route in ("/console", "/console/people", "/console/settings/networks", "/console/changes"):
        assert (shown[route].status, shown[route].bytes > 5000) == (200, True)
    assert len(shown) > 50
    assert [one.address for one in found if one.status not in (200, 303)] == []
    async with asyncio.timeout(60), console.site(tmp_path, 120, 2) as again:
        state = await again.get("/console/changes/networks/members-000")
    assert state[0] == 200


def test_parameters_are_filled_with_what_there_is() -> None:
    names = {"networks": "members", "account": "a1"}
    assert parameters("/console/networks/{name}/edit", names) == "/console/networks/members/edit"
    assert parameters("/console/people/{account:[0-9a-z]{1,64}}", names) == "/console/people/a1"
    assert parameters("/console/riddles/{riddle}", names) == ""
    assert pattern("/console/people/{account:[0-9/]{1,64}}/x").fullmatch("/console/people/a1/x")
    assert not pattern("/console/people/{account}").fullmatch("/console/people/a1/x")


def test_the_table_tells_which_pages_are_slow() -> None:
    good = Timing("/console", "/console", 200, 12.0, 150.0, 11.0, 9000)
    slow = Timing("/console/people", "/console/people", 200, 120.0, 201.0, 90.0, 9000)
    broken = Timing("/console/x/{name}", "/console/x/1", 500, 1.0, 1.0, 1.0, 90)
    assert [one.good for one in (good, slow, broken)] == [True, False, False]
    shown = console.table([good, slow, broken])
    assert [str(one.style) for one in shown.rows] == ["red", "", "red"]
    assert json.dumps([one.route for one in (good, slow)])
