"""What stands around the whole program in a test? Vendors in a box, a mail server, and a file naming them.

Everything listens on loopback. Tests change `tables` before they `write` the file.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from cusna_core.api import Clock, FakeSource, FakeWifi, SystemClock
from cusna_core.config import plugins
from cusna_core.demo.inbox import Inbox
from cusna_core.testing.memory_fake import MemoryFake

from ..ports import free

SSID = "Members"
ADMIN = "it@space.example"
FOREIGN = "printer-do-not-touch-2019"
Table = dict[str, Any]


@dataclass(slots=True)
class House:
    """A space with as many locations as controllers; the first is called like its controller."""

    folder: Path
    clock: Clock
    source: FakeSource
    wifis: dict[str, FakeWifi]
    """By location, controller and network: they have one name."""
    inbox: Inbox
    port: int
    tables: dict[str, Table] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """The source's ids of the locations."""

    @classmethod
    async def build(
        cls,
        folder: Path,
        names: Sequence[str] = ("hall",),
        *,
        clock: Clock | None = None,
        zones: Mapping[str, str] | None = None,
        kinds: Mapping[str, str] | None = None,
        source: str = "andcards",
    ) -> Self:
        """`kinds` says which vendor stands where; "memory" if nothing is said."""
        clock = clock or SystemClock()
        kinds = dict.fromkeys(names, "memory") | dict(kinds or {})
        fakes: dict[str, Any] = dict(plugins.load([source, *set(kinds.values())], fakes=True).fakes)
        fakes.setdefault("memory", MemoryFake)
        inbox = Inbox()
        await inbox.start()
        house = cls(folder, clock, fakes[source](clock), {}, inbox, free())
        await house.source.start()
        for name, kind in kinds.items():
            wifi = fakes[kind](clock)
            await wifi.start()
            wifi.network_options(SSID)
            wifi.add_foreign_key(SSID, "printer", FOREIGN)
            house.wifis[name] = wifi
            house.places[name] = house.source.add_location(
                name.title(), (zones or {}).get(name, "Europe/Berlin")
            )
        house._tabled(source, kinds)
        return house

    def _tabled(self, source: str, kinds: Mapping[str, str]) -> None:
        self.tables = {
            "": {
                "base_url": f"http://localhost:{self.port}",
                "listen": f"127.0.0.1:{self.port}",
                "data_dir": "data",
                "admins": [ADMIN],
            },
            "plugins": {"enable": sorted({source, *kinds.values()})},
            "mail": {
                "host": "127.0.0.1",
                "port": self.inbox.port,
                "security": "none",
                "sender": "WiFi <wifi@space.example>",
            },
            "integrations.hq": {"type": source, **self.source.options()},
        }
        for name, wifi in self.wifis.items():
            self.tables[f"controllers.{name}"] = {"type": kinds[name], **wifi.options()}
            self.tables[f"networks.{name}"] = {"controller": name, **wifi.network_options(SSID)}
            self.tables[f"locations.{name}"] = {
                "integration": "hq", "source_location": self.places[name], "networks": [name]
            }  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write(self) -> Path:
        """The configuration file, as the tables are now."""
        path = self.folder / "cusna.toml"
        lines: list[str] = []
        for name, values in self.tables.items():
            lines += _table(name, values)
        path.write_text("\n".join(lines))
        path.chmod(0o600)
        return path

    def member(self, location: str, name: str, *, days: float | None = None) -> str:
        """Somebody with a plan there, open-ended or for so many days from now."""
        now, place = self.clock.now(), self.places[location]
        person = self.source.add_person(place, name.title(), f"{name}@example.com")
        ends = None if days is None else now + timedelta(days=days)
        self.source.subscribe(place, person, "Hot desk", starts=now - timedelta(days=9), ends=ends)
        return person

    async def child(self, log: Path) -> asyncio.subprocess.Process:
        """The program in a process of its own; what it says is added to `log`."""
        command = Path(sys.executable).with_name("cusna")
        with log.open("ab") as said:
            return await asyncio.create_subprocess_exec(
                command, "serve", "-c", self.folder / "cusna.toml", stdout=said, stderr=said, cwd=self.folder
            )

    def keys(self, name: str) -> list[str]:
        """The passphrases on a memory WiFi, those of others left out."""
        wifi = self.wifis[name]
        assert isinstance(wifi, MemoryFake)
        air = wifi.airs[SSID]
        return [key["passphrase"] for ref, key in air.keys.items() if ref not in air.foreign]

    async def stop(self) -> None:
        everything: tuple[Any, ...] = (self.source, *self.wifis.values(), self.inbox)
        for one in everything:
            with suppress(Exception):
                await one.stop()


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    plain = {key: one for key, one in values.items() if not isinstance(one, Mapping)}
    head = [f"[{name}]"] if name else []
    lines = [*head, *(f"{key} = {json.dumps(one)}" for key, one in plain.items()), ""]
    for key, one in values.items():
        if isinstance(one, Mapping):
            lines += _table(f"{name}.{key}", one)
    return lines
