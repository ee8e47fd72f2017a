"""Do the numbers for the monitoring tell the truth, to whom they are for, and nothing about people?"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cusna_core.app import App
from cusna_core.cli.logs import Json
from cusna_core.config.problems import ConfigFileError
from cusna_core.demo.stage import until

from ..ports import free
from .house import House

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]
TOKEN = "a-token-of-some-length"


async def scraped(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


def values(text: str) -> Mapping[tuple[str, ...], float]:
    """By name and labels, which come in the order of their names."""
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def test_with_a_token_beside_the_portal(build: Build, serve: Serve) -> None:
    house = await build(("hall", "yard"))
    house.member("hall", "mara")
    house.member("hall", "tom", days=2)
    house.tables["metrics"] = {"token": TOKEN}
    house.tables["networks.yard"]["max_keys"] = 7
    app = await serve(house)
    assert await until(lambda: len(house.keys("hall")) == 2)
    await app.core.engine.check()
    for said in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        status, text = await scraped(f"{house.url}/metrics", **said)
        assert (status, text) == (401, "A token is needed.\n")
    right = {"Authorization": f"Bearer {TOKEN}"}
    told: Mapping[tuple[str, ...], float] = {}

    async def settled() -> bool:
        nonlocal told
        status, text = await scraped(f"http://127.0.0.1:{house.port}/metrics", **right)
        assert status == 200
        assert "mara" not in text
        assert "example.com" not in text
        told = values(text)
        return told.get(("cusna_keys", "hall", "working")) == 2 and ("cusna_network_keys", "yard") in told

    assert await until(settled), told
    assert told["cusna_accounts", "hq"] == 2
    assert told["cusna_people_on", "hq", "hall"] == 2
    assert ("cusna_people_on", "hq", "yard") not in told
    assert told["cusna_next_end_timestamp_seconds", "hq", "hall"] > house.clock.now().timestamp()
    assert told["cusna_network_keys", "hall"] == 3, "the printer's key is on it too"
    assert told["cusna_network_keys_limit", "yard"] == 7
    assert told["cusna_network_up", "hall"] == 1
    assert told["cusna_network_applied", "hall"] == 1
    assert told["cusna_integration_failing", "hq"] == 0
    assert told["cusna_integration_read_timestamp_seconds", "hq"] > 0
    assert told["cusna_findings", "error"] == 0
    assert told["process_resident_memory_bytes",] > 0


async def test_what_drivers_measure(build: Build, serve: Serve) -> None:
    house = await build(kinds={"hall": "meraki"})
    house.tables["metrics"] = {"token": TOKEN}
    await serve(house)
    told: Mapping[tuple[str, ...], float] = {}

    async def measured() -> bool:
        nonlocal told
        _, text = await scraped(f"{house.url}/metrics", Authorization=f"Bearer {TOKEN}")
        told = values(text)
        return told.get(("cusna_controller", "", "hall", "calls_per_second"), 0) > 0

    assert await until(measured), told
    assert told["cusna_controller_limit", "", "hall", "calls_per_second"] == 5
    assert told["cusna_controller", "", "hall", "action_batches"] == 0
    assert told["cusna_controller_limit", "", "hall", "action_batches"] == 5


async def test_a_dead_controller_shows(build: Build, serve: Serve) -> None:
    house = await build()
    house.member("hall", "mara")
    house.tables["metrics"] = {"token": TOKEN}
    house.wifis["hall"].break_down(True)
    await serve(house)

    async def down() -> bool:
        _, text = await scraped(f"{house.url}/metrics", Authorization=f"Bearer {TOKEN}")
        return values(text).get(("cusna_network_up", "hall")) == 0

    assert await until(down)


async def test_on_a_listener_of_its_own(build: Build, serve: Serve) -> None:
    house = await build()
    port = free()
    house.tables["metrics"] = {"listen": f"127.0.0.1:{port}"}
    await serve(house)
    status, text = await scraped(f"http://127.0.0.1:{port}/metrics")
    assert status == 200
    assert "cusna_info" in text
    assert (await scraped(f"{house.url}/metrics"))[0] == 404, "not at the portal's address"
    assert (await scraped(f"http://127.0.0.1:{port}/portal"))[0] == 404, "and the portal is not here"


async def test_a_port_that_is_taken_is_said_by_its_option(build: Build) -> None:
    house = await build()
    house.tables["metrics"] = {"listen": f"127.0.0.1:{house.inbox.port}"}
    with pytest.raises(ConfigFileError, match=r"metrics\.listen"):
        await App.start(house.write(), clock=house.clock)


async def test_without_the_table_nothing_is_served(build: Build, serve: Serve) -> None:
    house = await build()
    await serve(house)
    assert (await scraped(f"{house.url}/metrics"))[0] == 404


def test_log_lines_as_json() -> None:
    try:
        raise KeyError("x")
    except KeyError:
        import sys

        record = logging.LogRecord("cusna.x", logging.WARNING, "f", 1, "%s: näh\n", ("hall",), sys.exc_info())
    told = json.loads(Json().format(record))
    assert told.keys() == {"time", "level", "logger", "message", "error"}
    assert (told["level"], told["logger"], told["message"]) == ("warning", "cusna.x", "hall: näh\n")
    assert told["time"].endswith("+00:00")
    assert "KeyError" in told["error"]
    assert "\n" not in Json().format(record)


def test_a_masked_traceback_is_in_the_json_line_as_well() -> None:
    """Where a secret was masked in it, the record has the text and no exception any more."""
    record = logging.LogRecord("cusna.x", logging.ERROR, "f", 1, "it went wrong", (), None)
    record.exc_text = "ValueError: •••"
    assert json.loads(Json().format(record))["error"] == "ValueError: •••"
