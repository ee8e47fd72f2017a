"""Does the suite try a lab controller with scratch keys only, tidy up, and say what it left out?

The controller is a fake, reached by an ordinary file; pytest runs as an integrator would run it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kit.orchard_fake import PASSWORD, USER, OrchardFake

from cusna_core.api import SystemClock

ROOT = Path(__file__).parents[2]
SPARE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""What takes a second to load, and is not looked at."""
SUITE = "tests/kit/test_driver_suite.py::TestOrchard"
PRINTER = "printer-4711-on-3rd-floor"


@pytest.fixture
async def fake() -> AsyncIterator[OrchardFake]:
    made = OrchardFake(SystemClock())
    await made.start()
    made.network_options("Members")
    made.network_options("Guests")
    made.add_foreign_key("Members", "Printer", PRINTER)
    for vlan in (120, 121, 122):
        made.add_foreign_segment("Members", f"Company {vlan}", vlan)
    yield made
    await made.stop()


def config(tmp_path: Path, fake: OrchardFake, *networks: str) -> Path:
    path = tmp_path / "lab.toml"
    path.write_text(
        'base_url = "http://127.0.0.1:8080"\n'
        f'[controllers.lab]\ntype = "orchard"\nurl = "{fake.address}"\n'
        f'user = "{USER}"\npassword = "env:ORCHARD_PASSWORD"\n'
        + "".join(
            f'[networks.{ssid.lower()}]\ncontroller = "lab"\nssid = "{ssid}"\nvlan_pool = "120-130"\n'
            for ssid in networks
        )
    )
    return path


async def started(path: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", *SPARE, "--cusna-live", str(path), *more,
        cwd=ROOT, env={**os.environ, "ORCHARD_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def run(path: Path, *more: str) -> tuple[int, str]:
    process = await started(path, *more)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_it_works_with_scratch_keys_and_leaves_all_as_it_was(tmp_path: Path, fake: OrchardFake) -> None:
    before = repr((fake.ssids, fake.vlans))
    code, said = await run(config(tmp_path, fake, "Members"), SUITE)
    assert code == 0, said
    assert repr((fake.ssids, fake.vlans)) == before
    told = said.partition("not tried on the real system")[2]
    for name in ("a_bad_answer_is_never_nobody", "as_many_keys_as_the_limit_says", "pages_past_the_first"):
        assert told.count(f"test_{name}") == 1, told
    for name in ("a_new_key_works", "a_second_round_changes_nothing", "many_changes_at_once"):
        assert f"test_{name}\n" not in told, "these need no fake"
    for secret in (PASSWORD, PRINTER):
        assert secret not in said


async def test_a_failing_test_leaves_no_key_behind(tmp_path: Path, fake: OrchardFake) -> None:
    """A driver that shows an end otherwise than it was written: its keys are there when the test fails."""
    (tmp_path / "test_wrong.py").write_text(
        "from tests.kit.drivers_broken import EndsRead, on\n"
        "from tests.kit.test_driver_suite import TestOrchard as Suite\n\n\n"
        "class TestWrong(Suite):\n    driver = on(EndsRead)\n\n\ndel Suite\n"
    )
    before = repr(fake.ssids)
    path = config(tmp_path, fake, "Members")
    wrong = f"{tmp_path}/test_wrong.py::TestWrong::test_a_second_round_changes_nothing"
    code, said = await run(path, wrong)
    assert code == 1, said
    assert "still something to change" in said
    assert repr(fake.ssids) == before


async def test_an_interrupt_leaves_no_key_behind(tmp_path: Path, fake: OrchardFake) -> None:
    (tmp_path / "test_slow.py").write_text(
        "import asyncio\n\nfrom tests.kit.test_driver_suite import TestOrchard as Suite\n\n\n"
        "class TestSlow(Suite):\n"
        "    async def test_it_waits(self, lab):\n"
        "        await lab.create(lab.key())\n"
        # In short turns: a signal that comes just before a long sleep is heard after it.
        "        for _ in range(600):\n"
        "            await asyncio.sleep(0.1)\n\n\ndel Suite\n"
    )
    before = repr(fake.ssids)
    process = await started(
        config(tmp_path, fake, "Members"), f"{tmp_path}/test_slow.py::TestSlow::test_it_waits"
    )
    while len(fake.ssids["Members"].keys) < 2:
        assert process.returncode is None
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGTERM)  # as whoever runs the job does; it goes the way of Ctrl+C
    said, _ = await process.communicate()
    assert process.returncode == 2, said.decode()
    assert repr(fake.ssids) == before, said.decode()


async def test_keys_that_cannot_be_taken_away_are_named(tmp_path: Path, fake: OrchardFake) -> None:
    (tmp_path / "test_stuck.py").write_text(
        "from tests.kit.drivers_broken import RevokesNothing, on\n"
        "from tests.kit.test_driver_suite import TestOrchard as Suite\n\n\n"
        "class TestStuck(Suite):\n    driver = on(RevokesNothing)\n\n\ndel Suite\n"
    )
    stuck = f"{tmp_path}/test_stuck.py::TestStuck::test_a_new_key_works"
    code, said = await run(config(tmp_path, fake, "Members"), stuck)
    assert code == 1, said
    assert "scratch keys that are still there" in said
    assert "Take them away by hand: cusna-kit" in said
    assert len(fake.ssids["Members"].keys) == 2


async def test_what_is_refused_is_not_asked_by_every_test(tmp_path: Path, fake: OrchardFake) -> None:
    """A controller locks out who comes with a wrong password a hundred times."""
    path = config(tmp_path, fake, "Members")
    path.write_text(path.read_text().replace("env:ORCHARD_PASSWORD", "not-the-password"))
    code, said = await run(path, SUITE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert said.count("the network members cannot be read: AuthFailed") == 1
    assert fake.refused == 1
    path.write_text(path.read_text().replace("not-the-password", "env:NOT_SET_ANYWHERE"))
    code, said = await run(path, SUITE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "The controller lab cannot be used: " in said
    assert "NOT_SET_ANYWHERE is not set" in said


async def test_which_network(tmp_path: Path, fake: OrchardFake) -> None:
    path, one = config(tmp_path, fake, "Members", "Guests"), f"{SUITE}::test_a_new_key_works"
    code, said = await run(path, SUITE)
    assert code == pytest.ExitCode.USAGE_ERROR, (
        "a run in which nothing is tried is not to look like a good one"
    )
    assert said.count("choose a network with --cusna-live-network: guests, members") == 1
    fake.add_foreign_key("Guests", "cusna-kit0a1b2c-mia", "of-a-run-that-was-killed")
    code, said = await run(path, one, "--cusna-live-network", "guests")
    assert code == 0
    assert "1 passed" in said
    assert "scratch keys of another run" in said
    assert "take them away by hand: cusna-kit0a1b2c-mia\n" in said
    assert list(fake.foreign_keys("Guests")) == ["cusna-kit0a1b2c-mia"]
    assert len(fake.ssids["Guests"].keys) == 1
    code, said = await run(config(tmp_path, fake), one)
    assert code == 0
    assert 'has no network on a controller of type = "orchard"' in said
