"""Does who follows "Your first driver" to the letter, on a clean clone, end green?"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..kit.laptop import Laptop

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/tutorial/your-first-driver.md"
EXAMPLES = ROOT / "tests/kit/examples"
BLOCK = re.compile(
    r"(?:^(?P<before>[^\n]+)\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
PORT = "8099"


@dataclass(frozen=True)
class Step:
    """A fenced block, and the line above it."""

    kind: str
    body: str
    before: str

    @property
    def file(self) -> str:
        """Which file of the plugin this is, whole."""
        found = re.fullmatch(r"`(src/\S+)`:", self.before)
        return found[1] if found else ""

    @property
    def excerpt(self) -> str:
        """Of which file this is a part, as the page links it."""
        found = re.fullmatch(r"From \[[\w.]+\]\((\S+)\):", self.before)
        return found[1] if found else ""


def steps() -> Iterator[Step]:
    for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield Step(found["kind"], found["body"], found["before"] or "")


def plain(text: str) -> str:
    """Without the blanks that make columns."""
    return " ".join(text.split())


def test_the_code_of_the_page_is_that_of_the_tested_examples() -> None:
    files = {step.file: step.body for step in steps() if step.file}
    assert len(files) == 4
    for path, shown in files.items():
        tested = (EXAMPLES / "cusna-acme" / path).read_text(encoding="utf-8")
        assert shown == tested, f"{path} is another one now"
    excerpts = [step for step in steps() if step.excerpt]
    assert len(excerpts) == 3
    for step in excerpts:
        whole = (PAGE.parent / step.excerpt).read_text(encoding="utf-8")
        assert step.body in whole, f"{step.excerpt} has no such part now:\n{step.body}"
    assert {step.kind for step in steps()} == {"sh", "text", "python"}
    assert all(step.file or step.excerpt for step in steps() if step.kind == "python")


def test_the_example_is_under_forty_lines() -> None:
    """Client and driver, without imports, blank lines, docstrings and comments."""
    folder = EXAMPLES / "cusna-acme/src/cusna_acme"
    counted = [line for name in ("client.py", "driver.py") for line in code(folder / name)]
    assert 30 < len(counted) < 40, f"{len(counted)} lines"


def code(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            told.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return [one for number, one in lines if one.strip() and number not in told and one.strip()[0] != "#"]


def test_the_page_followed_to_the_letter_ends_green(tmp_path: Path) -> None:
    """Each command and each file in their order; each printed line must come.

    Two things are not to the letter: set-up has been run before, and the box gets a free port.
    """
    port = PORT
    plugin = tmp_path / "cusna-acme"
    todo = list(steps())
    kits = []
    with Laptop(tmp_path) as laptop:
        for step, after in zip(todo, [*todo[1:], Step("", "", "")], strict=True):
            if step.file:
                assert (plugin / step.file).exists(), f"the folder came without {step.file}"
                (plugin / step.file).write_text(step.body, encoding="utf-8")
                if step.file.endswith("fake.py"):
                    port = laptop.move_port(plugin, PORT)
            if step.kind != "sh":
                continue
            printed = after.body.replace(PORT, port) if after.kind == "text" else ""
            told = typed(laptop, step.body.splitlines(), printed)
            for line in printed.splitlines():
                assert plain(line) in plain(told), f"after {step.body}this does not come: {line}\n{told}"
            if step.body.startswith("pytest"):
                kits.append(plain(told).strip("= ").rpartition("=")[2].strip())
    assert len(kits) == 3
    assert "1 error" in kits[0]
    assert "1 failed" in kits[1]
    assert re.fullmatch(r"1\d\d passed, \d+ skipped in .*", kits[2]), kits[2]


def typed(laptop: Laptop, lines: list[str], printed: str) -> str:
    """What came; only the last line may fail, and must where the page prints an error."""
    told = ""
    for line in lines:
        code_, output = laptop.type(line)
        red = printed.startswith(("E ", "error ")) and line == lines[-1]
        assert bool(code_) is red, f"`{line}` ended with {code_}:\n{output}"
        told += output
        if line.endswith("&"):
            told += laptop.hear(printed.strip())
    return told
