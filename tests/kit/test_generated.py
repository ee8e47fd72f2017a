"""Is a plugin that the command begins listed and red, and green when it is filled?"""

import shutil
from pathlib import Path

import pytest

from .laptop import Laptop

EXAMPLES = Path(__file__).parent / "examples"
ALIKE = ("__init__.py", "py.typed")
"""What nobody has to touch."""


@pytest.mark.parametrize(("kind", "name"), [("driver", "hearth"), ("source", "roster")])
def test_from_the_first_command_to_the_green_kit(kind: str, name: str, tmp_path: Path) -> None:
    """The third, Acme, is what the tutorial does: tests/docs/test_tutorial_driver.py."""
    example = EXAMPLES / f"cusna-{name}"
    with Laptop(tmp_path) as laptop:

        def done(command: str, code: int = 0) -> str:
            got, told = laptop.type(command)
            assert got == code, f"`{command}` ended with {got}:\n{told}"
            return told

        done(". .venv/bin/activate")
        commands = _next(done(f"cusna new-{kind} {name} --to .."))
        assert len(commands) == 3
        plugin = tmp_path / f"cusna-{name}"
        for one in commands[:2]:
            done(one)
        done("ruff check -q . && ruff format --check -q . && mypy")
        listed = [line.split() for line in done("cusna plugins").splitlines()]
        assert [name, "0.1.0", "yes", name] in listed
        red = done("pytest -q --tb=line", 1)
        assert "NotImplementedError: Write " in red
        assert " passed" not in red.splitlines()[-1] or red.splitlines()[-1].startswith(("1 ", "2 "))
        # The bug is a finding, and everything else goes on.
        assert "raised NotImplementedError in check()" in " ".join(done("cusna check", 1).split())

        for path in ALIKE:
            inside = f"src/cusna_{name}/{path}"
            assert (plugin / inside).read_bytes() == (example / inside).read_bytes()
        shutil.copytree(example / "src", plugin / "src", dirs_exist_ok=True)
        shutil.copytree(example / "tests", plugin / "tests", dirs_exist_ok=True)
        green = done("pytest -q").splitlines()[-1]
        assert " passed" in green
        assert "failed" not in green
        done("ruff check -q . && ruff format --check -q . && mypy")


def _next(told: str) -> list[str]:
    """The commands that it says come next."""
    return [line.strip() for line in told.splitlines() if line.startswith("  ")]
