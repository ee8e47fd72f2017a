"""Are calls counted, and does nothing cost more than it must? For the figures: `script/bench calls`."""

import asyncio
import json
from pathlib import Path
from typing import NoReturn

import pytest

from . import calls
from .space import template, vendors

REGISTRY, VENDORS = vendors()
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "calls.md"
CALLED = {"meraki": "Meraki", "ruckus_one": "RUCKUS One", "smartzone": "SmartZone", "unifi": "UniFi"}


def documented(heading: str, vendor: str) -> list[str]:
    """A vendor's row of the table under a heading of the page, without its name."""
    part = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    return next(row[1:] for row in rows if row[0] == CALLED[vendor])


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_unchanged_network_costs_its_list_calls(vendor: str) -> None:
    """Not one write, and no more calls for ten keys than for none."""
    costs = [(await calls.first_and_unchanged(REGISTRY, vendor, keys))[1] for keys in (0, 10)]
    assert costs[0].calls == costs[1].calls
    assert 1 <= costs[0].total <= 3
    assert not {method for method, _ in costs[0].calls} & {"PUT", "PATCH", "DELETE"}
    assert documented("Nothing new", vendor)[:2] == [str(one.total) for one in costs]


async def test_vlans_for_companies_cost_their_lists_and_nothing_else(vendor: str) -> None:
    figure = await calls.with_companies(REGISTRY, vendor, keys=6, companies=3)
    if figure is None:
        pytest.skip(f"{vendor} has no VLANs")
    assert set(figure.calls.values()) == {1}, "no list is asked for twice"
    assert not {method for method, _ in figure.calls} & {"PUT", "PATCH", "DELETE"}


async def test_vlans_are_not_asked_for_where_companies_get_none(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network has a pool, and its integration leaves VLANs alone: that is how everybody begins."""

    async def never() -> NoReturn:
        raise AssertionError("VLANs are asked for.")

    async with calls.staged(REGISTRY, vendor, 3) as here:
        (wifi,) = here.core.engine.estate.wifis.values()
        assert wifi.pool
        monkeypatch.setattr(wifi.network, "segments", never)
        here.members(3)
        await here.read()
        await here.bring()
        assert len(await wifi.network.read()) == 3


@pytest.mark.parametrize("keys", [200])
async def test_first_keys_at_meraki_go_in_batches(keys: int) -> None:
    """At this size the fixed costs still count; at 5,000 it is less than half of the goal."""
    if "meraki" not in VENDORS:
        pytest.skip("cusna-meraki is not installed: run script/setup")
    first, _ = await calls.first_and_unchanged(REGISTRY, "meraki", keys)
    assert first.total / keys <= 2 * calls.GOAL


async def test_a_change_costs_what_the_vendor_needs(vendor: str) -> None:
    figure = await calls.changed(REGISTRY, vendor, keys=5)
    assert figure.least is not None, f"say in minimum.py what {vendor} needs"
    assert figure.least.calls <= figure.total <= figure.least.calls + 1
    told = documented("A member changes the passphrase", vendor)
    assert told[:2] == [str(figure.total), str(figure.least.calls)], "of 5 as of 100"
    assert sum(count for (method, _), count in figure.calls.items() if method != "GET") >= 1


async def test_an_evening_ends_with_few_calls(vendor: str) -> None:
    figure = await calls.ended(REGISTRY, vendor, keys=4, staying=2)
    assert figure.least is not None
    assert figure.least.calls <= figure.total <= figure.least.calls + 8


def test_ids_are_left_out_of_paths() -> None:
    assert template("/api/v1/networks/N_1/wireless/ssids/0/identityPsks?perPage=3") == (
        "/api/v1/networks/{}/wireless/ssids/{}/identityPsks"
    )
    assert template("/proxy/network/api/s/default/rest/wlanconf") == (
        "/proxy/network/api/s/default/rest/wlanconf"
    )


def test_the_tables_and_the_json_tell_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = asyncio.run(calls.figures(REGISTRY, VENDORS[-1:], sizes=(0, 3)))
    assert [one.what for one in found] == [
        "unchanged",
        "unchanged",
        "companies",
        "first",
        "change",
        "midnight",
    ]
    told = json.loads(json.dumps([one.as_json() for one in found]))
    assert [one["total"] for one in told] == [sum(one["calls"].values()) for one in told]
    from rich.console import Console

    for table in calls.tables(found):
        Console().print(table)
    said = capsys.readouterr().out
    assert all(f"{one.total:,}" in said for one in found)
    assert "at least" in said


def test_a_vendor_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        calls.main(["--vendor", "acme"])
    assert "there is no fake of acme" in capsys.readouterr().err
