"""How does an integrator's laptop look, without asking any network? A checkout that is set up, and a shell.

Set-up is not run again: its `.venv` would take minutes, so one is made that finds everything in ours and
keeps what is installed into it. pip runs for real, and is not let out.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import venv
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
END = "laptop-end-of-command"
PATIENCE = 400.0
COMMANDS = {
    "cusna": "from cusna_core.cli import main",
    "pip": "from pip._internal.cli.main import main",
    "pytest": "from pytest import main",
    "mypy": "from mypy.__main__ import console_entry as main",
}


class Laptop:
    """One shell, which keeps its folder, its environment and its background jobs between commands."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.folder = folder
        self._told: list[str] = []

    def __enter__(self) -> "Laptop":
        self.checkout.mkdir()
        shutil.copytree(ROOT / "script", self.checkout / "script")
        (self.checkout / "script/setup").write_text("#!/bin/sh\nexit 0\n")
        self._environment(self.checkout / ".venv")
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CUSNA", "PYTEST", "PIP_", "COV", "VIRTUAL_ENV", "FORCE_COLOR"))
        }
        here = str(Path(sys.executable).parent)
        path = os.pathsep.join(one for one in clean["PATH"].split(os.pathsep) if one != here)
        # What mypy knows of the core is the same as ours.
        clean["MYPY_CACHE_DIR"] = str(ROOT / ".mypy_cache")
        quiet = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=self.checkout,
            env={**clean, **quiet, "PATH": path, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._watchdog = threading.Timer(PATIENCE, self._shell.kill)
        self._watchdog.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        if self._shell.poll() is None:
            self._shell.stdin.write("kill $(jobs -p) 2>/dev/null; exit\n")
        self._shell.stdin.close()
        self._shell.stdout.read()
        self._shell.stdout.close()
        self._shell.wait()

    def _environment(self, place: Path) -> None:
        venv.create(place, with_pip=False, symlinks=True)
        [packages] = place.glob("lib/python3*/site-packages")
        ours = sysconfig.get_path("purelib")
        # As a folder of packages, so that editable ones are found as well.
        (packages / "outer.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        for name, loaded in COMMANDS.items():
            script = place / "bin" / name
            script.write_text(f"#!{place}/bin/python\nimport sys\n{loaded}\nsys.exit(main())\n")
            script.chmod(0o755)
        # Its Python module looks for the program beside itself, and would find itself.
        (place / "bin/ruff").symlink_to(Path(sysconfig.get_path("scripts")) / "ruff")

    def type(self, command: str) -> tuple[int, str]:
        """A line at the prompt: its exit code, and what it printed."""
        self._write(f"{command}\necho {END} $?\n")
        lines = []
        while not (line := self._line()).startswith(END):
            lines.append(line)
        return int(line.split()[1]), "".join(lines)

    def hear(self, text: str) -> str:
        """Wait until something in the background prints this."""
        lines = []
        while text not in (line := self._line()):
            lines.append(line)
        return "".join([*lines, line])

    def _write(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def _line(self) -> str:
        assert self._shell.stdout is not None
        line = self._shell.stdout.readline()
        self._told.append(line)
        assert line, "the shell has ended:\n" + "".join(self._told[-40:])
        return line

    def move_port(self, folder: Path, port: str) -> str:
        """Give the plugin's box a port that nobody else on this machine has."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            free = str(one.getsockname()[1])
        for path in [*folder.glob("*.toml"), *folder.glob("src/*/fake.py")]:
            path.write_text(re.sub(rf"\b{port}\b", free, path.read_text()))
        return free
