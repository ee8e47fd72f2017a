"""A space around the real command: vendors and a mail server on loopback, and a file that names them.

`space.cusna("plan")` runs the program's own entry in a thread, since the vendors answer in this one. No
command may print a secret: every run is held to that.
"""

import asyncio
import contextlib
import io
import json
import logging
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cusna_core import cli
from cusna_core.api import FakeSource, SystemClock
from cusna_core.app import App
from cusna_core.config import plugins
from cusna_core.demo.inbox import Inbox
from cusna_core.testing.memory_fake import TOKEN, MemoryFake

from ..ports import free

SSID = "Members"
ADMIN = "it@space.example"
FOREIGN = "printer-do-not-touch-2019"
ESCAPE = "\x1b"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def plain(self) -> str:
        """Standard output with every run of blanks as one."""
        return re.sub(r"\s+", " ", self.out)


@dataclass
class Space:
    folder: Path
    source: FakeSource
    wifi: MemoryFake
    inbox: Inbox
    port: int
    place: str
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    @property
    def file(self) -> Path:
        return self.folder / "cusna.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write(self) -> Path:
        lines: list[str] = []
        for name, values in self.tables.items():
            lines += [f"[{name}]"] if name else []
            lines += [f"{key} = {json.dumps(one)}" for key, one in values.items()]
        self.file.write_text("\n".join(lines) + "\n")
        self.file.chmod(0o600)
        return self.file

    def member(self, name: str, email: str = "", *, days: float | None = None) -> str:
        """Somebody with a plan, open-ended or for so many days from now."""
        now = self.source.clock.now()
        person = self.source.add_person(self.place, name, email or f"{name.lower()}@example.com")
        ends = None if days is None else now + timedelta(days=days)
        self.source.subscribe(self.place, person, "Hot desk", starts=now - timedelta(days=9), ends=ends)
        return person

    def ours(self) -> list[str]:
        """The passphrases that are there and that nobody made by hand."""
        air = self.wifi.airs[SSID]
        return [key["passphrase"] for ref, key in air.keys.items() if ref not in air.foreign]

    async def cusna(self, *args: str, config: Path | None = None) -> Said:
        self.secrets |= set(self.ours())
        named = [*args, "--config", str(config or self.file)]
        said = await asyncio.to_thread(run, *named)
        self.secrets |= set(self.ours())
        told = said.out + said.err
        assert not [one for one in self.secrets if one in told], "a secret was printed"
        assert ESCAPE not in told, "an escape code was written to a pipe"
        return said

    async def child(self, *args: str, env: Mapping[str, str] | None = None) -> Said:
        """The command in a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from cusna_core.cli import main; main()",
            *args,
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Said(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[App]:
        app = await App.start(self.write())
        try:
            yield app
        finally:
            await app.stop()


def run(*args: str) -> Said:
    """The entry `cusna` itself, with its exit code."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        mock.patch.object(sys, "argv", ["cusna", *args]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests decides how it looks."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CUSNA_CONFIG", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)


@pytest.fixture
async def space(tmp_path: Path) -> AsyncIterator[Space]:
    clock = SystemClock()
    fakes = plugins.load(["andcards", "memory"], fakes=True).fakes
    made: Any = fakes["andcards"]
    source: FakeSource = made(clock)
    wifi, inbox = MemoryFake(clock), Inbox()
    for one in (source, wifi, inbox):
        await one.start()
    place = source.add_location("Hall", "Europe/Berlin")
    network = wifi.network_options(SSID)
    wifi.add_foreign_key(SSID, "printer", FOREIGN)
    space = Space(tmp_path, source, wifi, inbox, free(), place)
    space.tables = {
        "": {
            "base_url": f"http://localhost:{space.port}",
            "listen": f"127.0.0.1:{space.port}",
            "data_dir": "data",
            "admins": [ADMIN],
        },
        "plugins": {"enable": ["andcards", "memory"]},
        "mail": {
            "host": "127.0.0.1",
            "port": inbox.port,
            "security": "none",
            "sender": "WiFi <wifi@space.example>",
        },
        "integrations.hq": {"type": "andcards", **source.options()},
        "controllers.air": {"type": "memory", **wifi.options()},
        "networks.members": {"controller": "air", **network},
        "locations.hall": {"integration": "hq", "source_location": place, "networks": ["members"]},
    }
    space.secrets = {TOKEN, FOREIGN, str(source.options()["client_secret"])}
    space.write()
    yield space
    for one in (source, wifi, inbox):
        await one.stop()
