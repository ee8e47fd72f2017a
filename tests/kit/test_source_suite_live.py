"""Does the suite read a real account, and say which questions it could not ask?

The account is a fake with another town in it, reached by an ordinary configuration file; pytest runs as an
integrator would run it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kit.sources_fake import KEY, ClubFake

from cusna_core.api import FakeSource
from cusna_core.testing.clock import HandClock

ROOT = Path(__file__).parents[2]
SPARE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""What takes a second to load, and is not looked at."""
TESTS = "tests/kit/test_source_suite.py::TestClub"


@pytest.fixture
async def fake() -> AsyncIterator[ClubFake]:
    made = ClubFake(HandClock())
    await made.start()
    _populate(made)
    yield made
    await made.stop()


def _populate(fake: FakeSource) -> None:
    now = fake.clock.now()
    dock = fake.add_location("Dock", "Europe/Lisbon")
    fake.add_location("Not mapped", "Europe/Lisbon")
    firm = fake.add_company(dock, "Firm")
    una = fake.add_person(dock, "Una", "una@real.example", company=firm)
    fake.subscribe(dock, firm, "Office", starts=now)
    fake.book(dock, una, "Desk", "desk", starts=now, ends=now.replace(year=2999))


async def run(tmp_path: Path, *tests: str, integration: str) -> tuple[int, str]:
    """Its exit code, and what it said."""
    config = tmp_path / "lab.toml"
    config.write_text(
        'base_url = "http://127.0.0.1:8080"\n'
        f"{integration}\n"
        '[locations.dock]\nintegration = "hq"\nsource_location = "Dock"\nnetworks = []\n'
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", *SPARE, "--cusna-live", str(config), *tests,
        cwd=ROOT, env={**os.environ, "CLUB_KEY": KEY},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_real_account_is_only_read(tmp_path: Path, fake: ClubFake) -> None:
    before = repr(fake.tables)
    code, said = await run(
        tmp_path,
        TESTS,
        integration=f'[integrations.hq]\ntype = "club"\nurl = "{fake.address}"\nkey = "env:CLUB_KEY"',
    )
    assert code == 0, said
    assert "passed" in said
    assert "cannot be made to fail on purpose" in said
    told = said.partition("not tried on the real system")[2]
    for name in ("test_one_bad_answer_among_good_ones", "test_closing_leaves_nothing_open"):
        assert told.count(name) == 1, told
    assert KEY not in said
    assert repr(fake.tables) == before


async def test_an_account_that_is_not_there(tmp_path: Path) -> None:
    code, said = await run(tmp_path, f"{TESTS}::test_locations", integration="")
    assert code == 0
    assert 'has no integration with type = "club"' in said


async def test_credentials_that_are_wrong(tmp_path: Path, fake: ClubFake) -> None:
    code, said = await run(
        tmp_path,
        f"{TESTS}::test_locations",
        integration=f'[integrations.hq]\ntype = "club"\nurl = "{fake.address}"\nkey = "wrong-wrong"',
    )
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "AuthFailed" in said
    assert "wrong-wrong" not in said
