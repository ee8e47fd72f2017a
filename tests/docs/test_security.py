"""Does the table of the security page name a test for each requirement, and is each of them there?"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/security.md"
ROW = re.compile(
    r"^\|(?P<numbers>[^|]*)\| [^|]+ \| \[(?P<test>test_\w+)\]\((?P<file>[^)]+)\) \|$", re.MULTILINE
)
LETTERS = {"M": 38, "P": 6, "Q": 3}
"""How many requirements of each kind there are."""
OF_ITSELF = {"P3"}
"""P3 is about the licence of a list of words, which lies beside it."""


def test_each_requirement_has_a_test_that_exists() -> None:
    text = PAGE.read_text()
    rows = [one.groupdict() for one in ROW.finditer(text)]
    assert len(rows) == sum("[test_" in line for line in text.splitlines())
    for row in rows:
        found = (PAGE.parent / row["file"]).resolve()
        assert re.search(rf"^(async )?def {row['test']}\(", found.read_text(), re.MULTILINE), row
    named = {number for row in rows for number in re.findall(r"[MPQ]\d+", row["numbers"])}
    wanted = {f"{letter}{number}" for letter, many in LETTERS.items() for number in range(1, many + 1)}
    assert named == wanted - OF_ITSELF
