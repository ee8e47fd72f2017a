"""What does an integrator see whose driver has one bug? A whole run of pytest, red where it is wrong only."""

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = """
from tests.kit import drivers_broken as broken
from tests.kit.test_driver_suite import TestOrchard as Suite


class TestSwallows(Suite):
    driver = broken.on(broken.Swallows)


class TestNoVlan(Suite):
    driver = broken.on(broken.NoVlan)


class TestQuiet(Suite):
    async def test_a_new_key_works(self):
        pass


del Suite
"""
ASKED = "TestSwallows and not (cold or many) or new_key or converges or is_logged or overridden"
"""The whole suite once, warm; of the others what is looked at below."""


async def test_a_bug_fails_the_suite_where_it_shows(tmp_path: Path) -> None:
    (tmp_path / "test_wrong.py").write_text(FILE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-rf", "--tb=no", "-p", "no:cacheprovider",
        "-p", "no:hypothesispytest", f"{tmp_path}/test_wrong.py", "-k", ASKED, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    heard, _ = await process.communicate()
    said = heard.decode()
    assert process.returncode == 1, said
    failed: dict[str, set[str]] = {}
    for suite, test in re.findall(r"^FAILED \S*::(\w+)::(\w+)", said, re.MULTILINE):
        failed.setdefault(suite, set()).add(test)
    assert failed["TestSwallows"] == {
        "test_a_bad_answer_is_never_nobody",
        "test_half_an_answer_is_no_answer",
        "test_it_can_be_opened_again",
        "test_a_certificate_that_nobody_vouches_for_is_refused",
        "test_wrong_credentials_are_refused",
    }
    assert {"test_a_new_key_works_in_its_vlan", "test_a_changed_key_converges"} <= failed["TestNoVlan"]
    assert not {"test_a_new_key_works", "test_no_secret_is_logged"} & failed["TestNoVlan"]
    assert failed["TestQuiet"] == {"test_no_standard_test_is_overridden_without_a_reason"}
