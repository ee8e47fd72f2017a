"""Files to read, and plugins to find: real modules with real metadata in a folder on sys.path."""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from textwrap import dedent

import pytest

from cusna_core.config import file, plugins, resolve
from cusna_core.config.file import ConfigFile
from cusna_core.config.plugins import Registry
from cusna_core.config.setup import Setup

TOP = """
base_url = "https://wifi.example.com"
admins = ["it@example.com"]
"""

PLUGIN = """
from typing import Any
from cusna_core.api import Controller, Network, Options, Secret, Source, Tls, hookimpl
from pydantic import Field

class SourceOptions(Options):
    client_id: str = Field(title="Client ID", description="From the source.")
    client_secret: Secret = Field(title="Client Secret", description="Next to it.", min_length=3)
    pages: int = Field(default=50, gt=0, le=100)

class BoxOptions(Options):
    url: str
    api_key: Secret | None = None
    tls: Tls = Tls()

class BoxNetworkOptions(Options):
    ssid: str = Field(min_length=1, max_length=32)

class Club(Source[SourceOptions]):
    type = "club"
    title = "Club"
    options_class = SourceOptions
    async def check(self): return []
    async def locations(self): return []
    async def snapshot(self, locations, window): raise NotImplementedError
    async def find(self, email, locations, window): return None
    async def again(self, missing): raise NotImplementedError

class Box(Controller[BoxOptions, BoxNetworkOptions]):
    type = "box"
    title = "Box"
    options_class = BoxOptions
    network_options_class = BoxNetworkOptions
    async def check(self): return []
    async def networks(self): return []
    def network(self, options): raise NotImplementedError

@hookimpl
def cusna_sources():
    return [Club]

@hookimpl
def cusna_drivers():
    return [Box]
"""

Distribute = Callable[..., str]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path, alone in offering plugins."""
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))

    def ours(*, group: str) -> list[EntryPoint]:
        points = entry_points(group=group)
        return [one for one in points if one.dist and Path(str(one.dist.locate_file(""))) == folder]

    monkeypatch.setattr("cusna_core.config.plugins.entry_points", ours)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("cusna_test_"):
            del sys.modules[name]


@pytest.fixture
def distribute(site: Path) -> Distribute:
    """Install a plugin: a module and the metadata that pip would have written."""

    def install(
        name: str,
        code: str | None,
        *,
        distribution: str = "",
        requires: str = "cusna-core>=0.1,<0.2",
        version: str = "1.2",
    ) -> str:
        package = distribution or f"cusna-{name}"
        module = f"cusna_test_{package.replace('-', '_')}"
        info = site / f"{package.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {package}\nVersion: {version}\n{needs}")
        (info / "entry_points.txt").write_text(f"[cusna]\n{name} = {module}\n")
        if code is not None:
            (site / f"{module}.py").write_text(dedent(code))
        return module

    return install


@pytest.fixture
def registry(distribute: Distribute) -> Registry:
    """What a good plugin "vendor" brings: the source club and the driver box."""
    distribute("vendor", PLUGIN)
    return plugins.load(["vendor"])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def to_file(text: str) -> Path:
        path = tmp_path / "cusna.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o640)
        return path

    return to_file


Read = Callable[..., ConfigFile]
Resolve = Callable[..., Setup]


@pytest.fixture
def read(write: Callable[[str], Path]) -> Read:
    def from_text(text: str, **env: str) -> ConfigFile:
        return file.read(write(TOP + text), env)

    return from_text


@pytest.fixture
def resolved(read: Read, registry: Registry) -> Resolve:
    def from_text(
        text: str, stored: Mapping[str, Mapping[str, Mapping[str, object]]] | None = None, **env: str
    ) -> Setup:
        return resolve.resolve(read(text, **env), registry, stored)

    return from_text
